"""Mixing: what waits is unsealed, checked, shuffled, kept and counted, and its sealed copies are removed.

Only the process that holds private keys mixes. The order of steps makes it safe to be killed anywhere:

1. what does not check is copied to quarantine (waiting.db);
2. one transaction on the main file: responses under new random keys, free text, counts, numbers returned, receipts;
3. the sealed copies are removed (waiting.db).

Killed before 2 commits, nothing has happened that matters; killed between 2 and 3, the next mix finds the receipts and
only removes. A receipt and the answers it stands for are thus always kept together, once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec

from forms.answers import Checked, Checker, compile_check
from forms.document import from_plain
from forms.personal_data import mask_cpr
from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise
from forms.report_plan import CompiledPlan, compile_plan
from forms.versions import Version
from store import (
    counts,
    quarantine,
    receipts,
    responses,
    round_units,
    rounds,
    submissions,
    versions,
)
from store.counts import Tally
from store.database import Store
from store.receipts import ReceiptState
from store.responses import AnswerRow, ResponseRow, TextRow
from store.rounds import Round
from store.submissions import Submission
from sync.envelope import OVERHEAD, CannotOpen, Header, open_sealed, read_header
from sync.keys import KeyFolder, kid_of
from sync.payload import BadPayload, unpad

#: A regular mix leaves fewer than this many waiting: whoever is mixed is mixed among others.
SMALLEST_MIX = 10

#: Submissions in one transaction of the main file: long enough to be fast, short enough not to hold up the desk.
BATCH = 1_000

#: Where the tests kill a mix: called with the name of each point as it is passed.
Passing = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class MixReport:
    """How many submissions a mix mixed and quarantined, and how many still wait."""

    mixed: int
    quarantined: int
    left: int


@dataclass(frozen=True, slots=True)
class _Opened:
    """A submission that checked, ready to be kept."""

    submission: Submission
    header: Header
    unit: str | None
    language: str
    checked: Checked
    plan: CompiledPlan


@dataclass(frozen=True, slots=True)
class _Refused:
    """A submission that goes to quarantine, with the codes that say why."""

    submission: Submission
    header: Header
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """One version of the round, compiled. `keeps_unit`: whether a response may keep the unit it came from."""

    checker: Checker
    plan: CompiledPlan
    sealed_length: int
    languages: frozenset[str]
    keeps_unit: bool


def mix(
    store: Store,
    keys: KeyFolder,
    round_id: str,
    *,
    rng: random.Random,
    whole: bool,
    now: datetime,
    progress: Callable[[int], object] = lambda _number: None,
    at: Passing = lambda _point: None,
) -> MixReport:
    """Mix a round: all that waits, or, when fewer than SMALLEST_MIX wait and not `whole`, nothing.

    `rng` is secrets.SystemRandom() but in tests. `whole` mixes the few that are left when a round has stopped receiving.
    `progress` is called with the number of submissions after each batch. `at` is for fault injection. Only one process at a time should mix a round (the scheduler's lease); a second one
    does no harm but finds nothing to do.

    Raises NO_SUCH_ROUND, KEYS_MISSING (also when the key here is not the round's), STILL_RECEIVING when `whole` is asked
    for while the round receives and fewer than SMALLEST_MIX wait, BUSY.
    """
    found = rounds.read(store.main, round_id)
    _remove_what_was_kept(store, round_id)
    waiting = submissions.waiting_count(store.waiting, round_id)
    if waiting < SMALLEST_MIX:
        if whole and found.receiving(now):
            raise ProblemError(Problem.STILL_RECEIVING)
        if not whole or not waiting:
            return MixReport(0, 0, waiting)
    private_key = keys.private(round_id)
    if kid_of(private_key.public_key()) != found.kid:
        raise ProblemError(Problem.KEYS_MISSING, "The key that is here is not the round's.")
    mixer = _Mixer(store, found, private_key, rng, at)
    mixed = quarantined = 0
    for batch in _batches(store, round_id):
        kept, refused = mixer.mix_batch(batch)
        mixed += kept
        quarantined += refused
        progress(len(batch))
    # The removed pages are overwritten in the file (secure_delete); until now the log still holds them.
    store.empty_logs()
    at("emptied")
    return MixReport(mixed, quarantined, submissions.waiting_count(store.waiting, round_id))


def _batches(store: Store, round_id: str) -> Iterator[list[Submission]]:
    """What waits, in portions of about BATCH, none of them smaller than SMALLEST_MIX unless it is the only one.

    In the order of the senders' random keys, which says nothing of arrival. What arrives meanwhile may be taken too.
    """
    after: bytes | None = None
    while True:
        found = submissions.take(store.waiting, round_id, BATCH + SMALLEST_MIX, after=after)
        if len(found) < BATCH + SMALLEST_MIX:
            if found:
                yield found
            return
        yield found[:BATCH]
        after = found[BATCH - 1].key


def _remove_what_was_kept(store: Store, round_id: str) -> None:
    """Finish a mix that was killed after its commit: what has its receipt is only removed.

    Before anything is counted, so that what is mixed next is never a handful among copies.
    """
    after: bytes | None = None
    while found := submissions.waiting_digests(store.waiting, round_id, BATCH, after=after):
        after = found[-1][0]
        known = receipts.digest_of(store.main, [key for key, _ in found])
        done = [key for key, digest in found if known.get(key) == digest]
        if done:
            with store.write_waiting() as db:
                submissions.remove(db, round_id, done)


class _Mixer:
    """What stays the same over all batches of a mix."""

    def __init__(
        self,
        store: Store,
        found: Round,
        private_key: ec.EllipticCurvePrivateKey,
        rng: random.Random,
        at: Passing,
    ) -> None:
        self._store = store
        self._round = found.id
        self._private_key = private_key
        self._rng = rng
        self._at = at
        self._units = frozenset(one.unit for one in round_units.listed(store.main, found.id))
        self._versions = {
            name: _compile(versions.read(store.main, name), found.promise)
            for name in found.versions
        }

    def mix_batch(self, batch: Sequence[Submission]) -> tuple[int, int]:
        """Mix one batch; how many were kept and how many quarantined."""
        known = receipts.digest_of(self._store.main, [one.key for one in batch])
        judged = [self._judge(one, known.get(one.key)) for one in batch]
        self._at("opened")
        opened = [one for one in judged if isinstance(one, _Opened)]
        refused = [one for one in judged if isinstance(one, _Refused)]
        if refused:
            with self._store.write_waiting() as db:
                quarantine.move(db, self._round, {one.submission.key: one.codes for one in refused})
        self._at("quarantined")
        kept = self._keep(opened, refused)
        self._at("kept")
        with self._store.write_waiting() as db:
            submissions.remove(db, self._round, [one.key for one in batch])
        self._at("removed")
        return kept

    def _judge(self, submission: Submission, receipt: bytes | None) -> _Opened | _Refused:
        header = read_header(submission.header)
        if receipt is not None and receipt != submission.digest:
            return _Refused(submission, header, ("key-conflict",))
        known = self._versions.get(header.version)
        if known is None:
            return _Refused(submission, header, ("unknown-version",))
        codes = []
        if header.unit is not None and header.unit not in self._units:
            codes.append("foreign-unit")
        if len(submission.sealed) != known.sealed_length:
            codes.append("wrong-size")
        if codes:
            return _Refused(submission, header, tuple(codes))
        try:
            payload = unpad(open_sealed(submission.header, submission.sealed, self._private_key))
        except CannotOpen:
            return _Refused(submission, header, ("undecryptable",))
        except BadPayload as bad:
            return _Refused(submission, header, (bad.code,))
        if payload.language not in known.languages:
            return _Refused(submission, header, ("bad-language",))
        try:
            checked = known.checker.check(payload.answers, units=self._units)
        except Exception:
            # The check promises never to raise. Should it all the same, one answer must not hold up all the others.
            return _Refused(submission, header, ("unexpected",))
        if checked.faults:
            # The codes alone: a place may hold what somebody wrote.
            codes = sorted({fault.code for fault in checked.faults})
            return _Refused(submission, header, tuple(codes))
        unit = header.unit if known.keeps_unit else None
        return _Opened(submission, header, unit, payload.language, checked, known.plan)

    def _keep(self, opened: Sequence[_Opened], refused: Sequence[_Refused]) -> tuple[int, int]:
        """The one transaction on the main file. What has a receipt by now is left out."""
        with self._store.write() as db:
            judged: list[_Opened | _Refused] = [*opened, *refused]
            known = receipts.digest_of(db, [one.submission.key for one in judged])
            if known:
                opened = [one for one in opened if one.submission.key not in known]
                refused = [one for one in refused if one.submission.key not in known]
            rows, answers, texts, tally = self._shuffled(opened)
            responses.keep(db, rows, answers, texts)
            counts.add(db, self._round, tally)
            self._at("writing")
            counts.add_returned(db, self._round, _returned([*opened, *refused]))
            receipts.add(db, _receipts(opened), ReceiptState.MIXED)
            receipts.add(db, _receipts(refused), ReceiptState.QUARANTINED)
            self._at("written")
        return len(opened), len(refused)

    def _shuffled(
        self, opened: Sequence[_Opened]
    ) -> tuple[list[ResponseRow], list[AnswerRow], list[TextRow], Tally]:
        """The rows of a batch under new random keys, in the order of those keys: that order is the shuffle.

        A free text has a key of its own and is sorted by it, so that nothing ties it to its response.
        """
        tally = Tally()
        rows: list[ResponseRow] = []
        answers: list[AnswerRow] = []
        texts: list[TextRow] = []
        new_key = self._rng.randbytes
        drawn = sorted(new_key(16) for _ in opened)
        mixed = list(opened)
        self._rng.shuffle(mixed)
        for key, one in zip(drawn, mixed, strict=True):
            header, checked = one.header, one.checked
            one.plan.add_to(tally.cells, checked, one.unit, one.language, header.channel)
            rows.append((key, self._round, header.version, one.unit, one.language, header.channel))
            answers += [(key, *row) for row in checked.rows]
            texts += [
                (new_key(16), self._round, place, mask_cpr(text), one.language)
                for place, text in checked.texts
            ]
        return rows, answers, sorted(texts), tally


def _compile(kept: versions.KeptVersion, promise: str) -> _Known:
    questionnaire = from_plain(dict(kept.document))
    version = Version(hash=kept.hash, questionnaire=questionnaire, padded_size=kept.padded_size)
    plan = compile_plan(version)
    return _Known(
        checker=compile_check(version),
        plan=plan,
        sealed_length=kept.padded_size + OVERHEAD,
        languages=frozenset(language.tag for language in questionnaire.languages),
        # An anonymous answer keeps the unit it came from only where a promised table is broken down by it.
        keeps_unit=promise != Promise.ANONYMOUS
        or any(name in _BY_UNIT for table in plan.tables for name in table.by),
    )


_BY_UNIT: Collection[str] = frozenset({"unit", "area", "region"})


def _returned(judged: Sequence[_Opened | _Refused]) -> dict[tuple[str | None, str], int]:
    numbers: dict[tuple[str | None, str], int] = {}
    for one in judged:
        place = (one.header.unit, one.header.channel)
        numbers[place] = numbers.get(place, 0) + 1
    return numbers


def _receipts(judged: Sequence[_Opened | _Refused]) -> list[tuple[bytes, bytes]]:
    return sorted((one.submission.key, one.submission.digest) for one in judged)
