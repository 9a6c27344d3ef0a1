"""The one way in for answers: a sealed answer is received exactly once, whatever is retried.

Intake reads the envelope's header and nothing else of a request: no address, no user agent, no time is passed in that
could be kept. It writes waiting.db only, through the joined writer, and returns after the commit.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
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
from store.joined_commits import JoinedWriter
from store.rounds import Round, RoundState
from store.submissions import Outcome, Submission, Ticket
from sync import invitation_codes
from sync.envelope import ON_PAPER, Envelope, unpack
from sync.keys import public_from_text
from sync.sealing import seal_answers

#: How long what is known of a round may be used before it is read again, in seconds.
FACTS_TIME = 1.0
#: Rounds remembered at a time; only rounds that exist are.
MOST_FACTS = 1000
#: When a sender that found a round full should try again, in seconds: a person has to raise the ceiling first.
FULL_RETRY_AFTER = 3600


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
        facts = self._known(header.round, now)
        if from_anybody and facts.signed:
            raise ProblemError(Problem.NO_SUCH_ROUND, "Signed returns are sent at the desk.")
        if from_anybody and header.channel in ON_PAPER:
            # Who could send as paper could leave out what must be answered, and be counted as a sheet.
            raise ProblemError(Problem.BAD_ENVELOPE, "What was on paper comes in at the desk.")
        if round_id is not None and header.round != round_id:
            raise ProblemError(Problem.BAD_ENVELOPE, "It names another round than its address.")
        if header.kid != facts.kid:
            raise ProblemError(
                Problem.BAD_ENVELOPE, "It is sealed to a key that is not the round's."
            )
        size = facts.sizes.get(header.version)
        # A version that the round does not know is kept all the same: somebody answered it. Mixing quarantines it.
        if size is not None and size != envelope.padded_size:
            raise ProblemError(Problem.WRONG_SIZE)
        return self._keep(envelope, raw, facts, code)

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

    def _known(self, round_id: str, now: datetime) -> RoundFacts:
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
            raise ProblemError(Problem.ROUND_NOT_OPEN)
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
            raise self._guessed(facts)
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

    def _guessed(self, facts: RoundFacts) -> ProblemError:
        """Count a code that could have been one and is none; what to raise. A used one is not guessed, a slip of the pen
        is found by its check sign: neither is counted."""
        if self._wrong_codes is not None:
            self._wrong_codes.count(facts.id)
        return ProblemError(Problem.CODE_UNKNOWN)

    def _keep(self, envelope: Envelope, raw: bytes, facts: RoundFacts, code: str) -> Receipt:
        digest = hashlib.sha256(raw)
        key = envelope.header.key
        submission = Submission(
            bytes.fromhex(key), digest.digest(), facts.id, envelope.header_text, envelope.sealed
        )
        outcome = self._writer.submit(
            submission, ceiling=facts.ceiling, ticket=self._ticket(facts, code)
        )
        if outcome is Outcome.CONFLICT:
            raise ProblemError(Problem.KEY_CONFLICT)
        if outcome is Outcome.FULL:
            raise ProblemError(Problem.ROUND_FULL, extra={"retry_after": FULL_RETRY_AFTER})
        if outcome is Outcome.NO_CODE:
            raise ProblemError(Problem.CODE_UNKNOWN if code.strip() else Problem.CODE_MISSING)
        if outcome is Outcome.CODE_UNKNOWN:
            raise self._guessed(facts)
        if outcome is Outcome.CODE_USED:
            raise ProblemError(Problem.CODE_USED)
        return Receipt(key, digest.hexdigest(), repeated=outcome is Outcome.REPEATED)
