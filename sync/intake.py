"""The one way in for answers: a sealed answer is received exactly once, whatever is retried.

Intake reads the envelope's header and nothing else of a request: no address, no user agent, no time is passed in that
could be kept. It writes waiting.db only, through the joined writer, and returns after the commit.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric import ec

from forms.answers import AnswerFault, Checker
from forms.problems import Fault, Problem, ProblemError
from forms.questionnaire import Promise
from store import invitations, rounds, versions
from store.database import Store
from store.invitations import CodeState
from store.joined_commits import Entry, JoinedWriter
from store.rounds import Round, RoundState
from store.submissions import Outcome, Submission, Ticket
from sync import invitation_codes
from sync.batches import Item
from sync.envelope import ON_PAPER, Envelope, key_of, unpack
from sync.keys import public_from_text
from sync.sealing import seal_answers

#: How long what is known of a round may be used before it is read again, in seconds.
FACTS_TIME = 1.0
#: Rounds remembered at a time; only rounds that exist are.
MOST_FACTS = 1000
#: When a sender that found a round full should try again, in seconds: a person has to raise the ceiling first.
FULL_RETRY_AFTER = 3600
#: The longest that a sender is asked to wait for a round that has not opened, in seconds.
LONGEST_WAIT = 3600

#: The channel of what a tablet sends under its token.
TABLET = "tablet"

#: What a tablet sent that no mix could take, by the code under which it lies in quarantine.
UNKNOWN_ROUND = "unknown-round"
UNKNOWN_VERSION = "unknown-version"
FROM_REVOKED = "tablet-revoked"
#: How much may lie in quarantine of each: a lost tablet, or an app with a fault, must not fill the disk.
MOST_ASIDE = {UNKNOWN_ROUND: 20_000, UNKNOWN_VERSION: 20_000, FROM_REVOKED: 5_000}


class GuessBrake(Protocol):
    """What slows the guessing of codes, by round."""

    def require(self, name: str) -> None:
        """Raises ProblemError(SLOW_DOWN) when too many of this round were wrong."""

    def count(self, name: str) -> None:
        """One more was wrong."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told. `key` is 32 and `digest` 64 hex digits: SHA-256 of the whole envelope.

    `repeated` says that it was known already; it never shows on the wire. `digest` is empty where an earlier answer
    under the one-time key of a page without JavaScript is what is kept.
    """

    key: str
    digest: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the sender of one item of a batch is told when it was not kept.

    `retry_after` is when another try may help, in seconds; None where only a person can help. `key` is None where it
    could not be read.
    """

    key: str | None
    code: str
    retry_after: int | None


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """What intake knows of a round. `sizes`: padded size by hash of each of its versions; `invited`: it asks for codes."""

    id: str
    planned_until: datetime | None
    kid: str
    public_key: ec.EllipticCurvePublicKey
    ceiling: int
    sizes: Mapping[str, int]
    signed: bool = False
    invited: bool = False


class InvalidAnswers(ProblemError):  # noqa: N818 - what a person wrote, not a programming error
    """Answers of a page without JavaScript that do not check; `answer_faults` is what the page shows beside them."""

    def __init__(self, answer_faults: tuple[AnswerFault, ...]) -> None:
        super().__init__(
            Problem.INVALID_ANSWERS,
            faults=tuple(
                Fault(fault.place, fault.code, "This answer needs to be looked at.", "Correct it.")
                for fault in answer_faults
            ),
        )
        self.answer_faults = answer_faults


def _no_brake(_round_id: str) -> None:
    """Let every request through."""


def read_facts(store: Store, round_id: str) -> RoundFacts | None:
    """What the store knows of a round; None when there is none, or none that can receive (it has no key yet)."""
    found = rounds.find(store.main, round_id)
    if found is None or found.kid is None or found.public_key is None:
        return None
    return RoundFacts(
        id=found.id,
        planned_until=_planned_until(found),
        kid=found.kid,
        public_key=public_from_text(found.public_key),
        ceiling=found.ceiling,
        sizes={name: versions.read(store.main, name).padded_size for name in found.versions},
        invited=found.by_invitation,
        signed=found.promise == Promise.SIGNED,
    )


def _planned_until(found: Round) -> datetime | None:
    """Until when nothing is taken in: a planned round opens on its day, but only once a person has approved it."""
    if found.state is not RoundState.PLANNED:
        return None
    return found.opens_at if found.approved else datetime.max.replace(tzinfo=UTC)


class Intake:
    """Receives answers for all threads of a process.

    `brake` is called with the id of a round that exists, once a request, and raises SLOW_DOWN when there are too many:
    buckets by round, in memory only, never by address. `wrong_codes` is the brake on guessing codes: `require` raises
    SLOW_DOWN when too many were wrong, before another is looked at; `count` is told of each wrong one. `seconds` is a clock that only runs forward.
    """

    def __init__(
        self,
        writer: JoinedWriter,
        store: Store,
        *,
        brake: Callable[[str], object] = _no_brake,
        wrong_codes: GuessBrake | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._writer = writer
        self._store = store
        self._brake = brake
        self._wrong_codes = wrong_codes
        self._seconds = seconds
        self._facts: dict[str, tuple[float, RoundFacts]] = {}

    def receive(
        self,
        raw: bytes,
        *,
        now: datetime,
        round_id: str | None = None,
        from_anybody: bool = False,
        code: str = "",
    ) -> Receipt:
        """Keep one sealed answer; returns after the commit, for a repeat of the same bytes as for the first time.

        `round_id` is given where the address names a round that the header has to agree with; `from_anybody` where no
        account stands behind it: a round of signed returns then takes nothing in (they are the units' own). What arrives after
        *receive until* is received too and waits for a supplementary mix. Raises ProblemError: BAD_ENVELOPE, WRONG_SIZE,
        NO_SUCH_ROUND, ROUND_NOT_OPEN (planned, and its opening has not come), SLOW_DOWN, KEY_CONFLICT, ROUND_FULL, BUSY.

        `code` is what was sent as the code of an invitation; an open round does not look at it. An invited round raises
        CODE_MISSING, CODE_UNKNOWN, CODE_USED, but never for a repeat of what it kept.
        """
        envelope = unpack(raw)
        header = envelope.header
        if from_anybody and header.channel == TABLET:
            raise ProblemError(Problem.BAD_ENVELOPE, "A tablet sends with its token, in batches.")
        facts = self._known(header.round, now)
        if round_id is not None and header.round != round_id:
            raise ProblemError(Problem.BAD_ENVELOPE, "It names another round than its address.")
        _fits(envelope, facts, from_anybody=from_anybody)
        return self._keep(envelope, raw, facts, code)

    def receive_batch(
        self, items: Sequence[Item], *, now: datetime, from_tablet: bool
    ) -> list[Receipt | Refusal]:
        """Keep the sealed answers of a batch, in one commit; what became of each, in order. No item holds up another.

        `from_tablet`: a tablet that is enrolled sends them (channel 'tablet', no brake: the caller has one by tablet), and
        what names a round or a version that is not known goes to quarantine and has its receipt. Else anybody sends
        them, and the rules are those of `receive`. Raises ProblemError(BUSY) for all of them.
        """
        found: list[Receipt | Refusal | None] = [None] * len(items)
        entries: list[Entry] = []
        places: list[int] = []
        for place, item in enumerate(items):
            try:
                entries.append(self._entry(item, now, from_tablet=from_tablet))
                places.append(place)
            except ProblemError as error:
                found[place] = _refusal(key_of(item.envelope), error)
        for place, entry, outcome in zip(
            places, entries, self._writer.submit_all(entries), strict=True
        ):
            one = entry.submission
            key = one.key.hex()
            problem = self._problem(outcome, one.round, items[place].code)
            if outcome is Outcome.FULL and entry.aside is not None:
                problem = ProblemError(Problem.ASIDE_FULL, extra={"retry_after": FULL_RETRY_AFTER})
            found[place] = (
                Receipt(key, one.digest.hex(), repeated=outcome is Outcome.REPEATED)
                if problem is None
                else _refusal(key, problem)
            )
        return [one for one in found if one is not None]

    def set_aside(self, items: Sequence[Item]) -> None:
        """Keep in quarantine what a tablet sent that is refused, so that it is not lost with the tablet. Nothing is said
        of it to the sender; sent again by a tablet that may, it is received and its copy goes. Raises BUSY."""
        entries = []
        for item in items:
            try:
                submission = _submission(unpack(item.envelope), item.envelope)
            except ProblemError:
                continue
            entries.append(Entry(submission, aside=FROM_REVOKED))
        self._writer.submit_all(entries)

    def _entry(self, item: Item, now: datetime, *, from_tablet: bool) -> Entry:
        """One item of a batch, ready to be written. Raises ProblemError where it is refused."""
        envelope = unpack(item.envelope)
        header = envelope.header
        if (header.channel == TABLET) is not from_tablet:
            raise ProblemError(Problem.BAD_ENVELOPE, "It is sent the way of another channel.")
        try:
            facts = self._known(header.round, now, braked=not from_tablet)
        except ProblemError as error:
            if error.problem is not Problem.NO_SUCH_ROUND or not from_tablet:
                raise
            return Entry(_submission(envelope, item.envelope), aside=UNKNOWN_ROUND)
        _fits(envelope, facts, from_anybody=True)
        submission = _submission(envelope, item.envelope)
        if from_tablet and header.version not in facts.sizes:
            return Entry(submission, aside=UNKNOWN_VERSION)
        return Entry(submission, facts.ceiling, self._ticket(facts, item.code))

    def receive_plain(
        self,
        answers: Mapping[str, Any],
        *,
        round_id: str,
        version: str,
        checker: Checker,
        language: str,
        key: str,
        now: datetime,
        unit: str | None = None,
        units: Collection[str] = (),
        channel: str = "web",
        code: str = "",
    ) -> Receipt:
        """Check answers of a page without JavaScript or from paper, seal them to the round's key and forget the plain text.

        `key` is the page's one-time key (32 hex digits): what is posted again under it counts as received, and what
        was posted first stays. A channel of paper may leave out what must be answered, and needs no code of a letter: the
        sheet came to the desk. Raises as `receive` does but for KEY_CONFLICT, NO_SUCH_VERSION for a version that is
        not the round's, and InvalidAnswers.
        """
        facts = self._known(round_id, now)
        size = facts.sizes.get(version)
        if size is None:
            raise ProblemError(Problem.NO_SUCH_VERSION)
        on_paper = channel in ON_PAPER
        checked = checker.check(dict(answers), units=units, on_paper=on_paper)
        if checked.faults:
            raise InvalidAnswers(checked.faults)
        raw = seal_answers(
            checked.answers,
            language=language,
            round_id=round_id,
            version=version,
            padded_size=size,
            public_key=facts.public_key,
            key=key,
            channel=channel,
            unit=unit,
        )
        try:
            return self._keep(
                unpack(raw), raw, replace(facts, invited=False) if on_paper else facts, code
            )
        except ProblemError as error:
            if error.problem is not Problem.KEY_CONFLICT:
                raise
        # Sealing is never the same twice, so a page that is posted again conflicts with itself.
        return Receipt(key, "", repeated=True)

    def _known(self, round_id: str, now: datetime, *, braked: bool = True) -> RoundFacts:
        """The round's facts, once it may receive and the brake lets the request through."""
        seconds = self._seconds()
        read_at, facts = self._facts.get(round_id, (0.0, None))
        if facts is None or not 0 <= seconds - read_at < FACTS_TIME:
            facts = read_facts(self._store, round_id)
            if facts is None:
                self._facts.pop(round_id, None)
                raise ProblemError(Problem.NO_SUCH_ROUND)
            if len(self._facts) >= MOST_FACTS:
                self._facts.clear()
            self._facts[round_id] = (seconds, facts)
        if facts.planned_until is not None and now < facts.planned_until:
            wait = (facts.planned_until - now).total_seconds()
            raise ProblemError(
                Problem.ROUND_NOT_OPEN,
                extra={"retry_after": max(1, min(LONGEST_WAIT, int(wait) + 1))},
            )
        if braked:
            self._brake(round_id)
        return facts

    def look_at_code(self, round_id: str, code: str, *, now: datetime) -> None:
        """Say whether a code can be used now, without using it, as a page asks before a person begins.

        Raises as `receive` does for codes, NO_SUCH_ROUND, ROUND_NOT_OPEN, SLOW_DOWN. It can be asked for guessing no faster
        than sending can: both brakes are the same.
        """
        facts = self._known(round_id, now)
        if not facts.invited:
            return
        ticket = self._ticket(facts, code)
        if ticket is None or ticket.code is None:
            raise ProblemError(Problem.CODE_UNKNOWN if code.strip() else Problem.CODE_MISSING)
        state = invitations.state(self._store.waiting, round_id, ticket.code)
        if state is CodeState.UNKNOWN:
            raise self._guessed(facts.id)
        if state is CodeState.USED:
            raise ProblemError(Problem.CODE_USED)

    def _ticket(self, facts: RoundFacts, code: str) -> Ticket | None:
        """What the code is worth trying with; None where the round asks for none."""
        if not facts.invited:
            return None
        if self._wrong_codes is not None:
            self._wrong_codes.require(facts.id)
        plain = invitation_codes.read(code)
        return Ticket(None if plain is None else invitation_codes.code_hash(facts.id, plain))

    def _guessed(self, round_id: str) -> ProblemError:
        """Count a code that could have been one and is none; what to raise. A used one is not guessed, a slip of the pen
        is found by its check sign: neither is counted."""
        if self._wrong_codes is not None:
            self._wrong_codes.count(round_id)
        return ProblemError(Problem.CODE_UNKNOWN)

    def _keep(self, envelope: Envelope, raw: bytes, facts: RoundFacts, code: str) -> Receipt:
        submission = _submission(envelope, raw)
        outcome = self._writer.submit(
            submission, ceiling=facts.ceiling, ticket=self._ticket(facts, code)
        )
        problem = self._problem(outcome, facts.id, code)
        if problem is not None:
            raise problem
        return Receipt(
            envelope.header.key, submission.digest.hex(), repeated=outcome is Outcome.REPEATED
        )

    def _problem(self, outcome: Outcome, round_id: str, code: str) -> ProblemError | None:
        """Why an outcome is no receipt; None where it is one."""
        match outcome:
            case Outcome.NEW | Outcome.REPEATED:
                return None
            case Outcome.CONFLICT:
                return ProblemError(Problem.KEY_CONFLICT)
            case Outcome.FULL:
                return ProblemError(Problem.ROUND_FULL, extra={"retry_after": FULL_RETRY_AFTER})
            case Outcome.NO_CODE:
                return ProblemError(Problem.CODE_UNKNOWN if code.strip() else Problem.CODE_MISSING)
            case Outcome.CODE_UNKNOWN:
                return self._guessed(round_id)
            case Outcome.CODE_USED:
                return ProblemError(Problem.CODE_USED)


def _submission(envelope: Envelope, raw: bytes) -> Submission:
    header = envelope.header
    return Submission(
        bytes.fromhex(header.key),
        hashlib.sha256(raw).digest(),
        header.round,
        envelope.header_text,
        envelope.sealed,
    )


def _fits(envelope: Envelope, facts: RoundFacts, *, from_anybody: bool) -> None:
    """Raises ProblemError where an envelope is not for this round, or not as long as its version's are."""
    header = envelope.header
    if from_anybody and facts.signed:
        raise ProblemError(Problem.NO_SUCH_ROUND, "Signed returns are sent at the desk.")
    if from_anybody and header.channel in ON_PAPER:
        # Who could send as paper could leave out what must be answered, and be counted as a sheet.
        raise ProblemError(Problem.BAD_ENVELOPE, "What was on paper comes in at the desk.")
    if header.kid != facts.kid:
        raise ProblemError(Problem.BAD_ENVELOPE, "It is sealed to a key that is not the round's.")
    size = facts.sizes.get(header.version)
    # A version that the round does not know is kept all the same: somebody answered it. Mixing quarantines it.
    if size is not None and size != envelope.padded_size:
        raise ProblemError(Problem.WRONG_SIZE)


def _refusal(key: str | None, error: ProblemError) -> Refusal:
    wait = error.extra.get("retry_after")
    return Refusal(key, error.problem.code, None if wait is None else int(wait))
