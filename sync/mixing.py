"""Mixing: what waits is unsealed, checked, shuffled, kept and counted, and its sealed copies are removed.

Only the process that holds private keys mixes. The order of steps makes it safe to be killed anywhere:

1. what does not check is copied to quarantine (waiting.db);
2. one transaction on the main file: responses under new random keys, free text, counts, numbers returned, receipts;
3. the sealed copies are removed (waiting.db), and with them what lies in quarantine of submissions that were mixed.

Killed before 2 commits, nothing has happened that matters; killed between 2 and 3, the next mix finds the receipts and
only removes. A receipt and the answers it stands for are thus always kept together, once. A mix that is killed between
1 and 2 leaves a copy in quarantine; should the next one be able to read the submission, 3 takes that copy away.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from forms.problems import Problem, ProblemError
from store import counts, quarantine, receipts, responses, rounds, submissions
from store.counts import Tally
from store.database import Store
from store.receipts import ReceiptState
from store.responses import AnswerRow, ResponseRow, TextRow
from sync.judging import BATCH, SMALLEST_MIX, Judge, Judged, Opened, Refused
from sync.keys import KeyFolder, kid_of

#: Where the tests kill a mix: called with the name of each point as it is passed.
Passing = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class MixReport:
    """How many submissions a mix mixed and quarantined, and how many still wait."""

    mixed: int
    quarantined: int
    left: int


def mix(
    store: Store,
    keys: KeyFolder,
    round_id: str,
    *,
    rng: random.Random,
    whole: bool,
    now: datetime,
    promised: bool = False,
    progress: Callable[[int], object] = lambda _number: None,
    at: Passing = lambda _point: None,
) -> MixReport:
    """Mix a round: all that waits, or, when fewer than SMALLEST_MIX wait and not `whole`, nothing.

    `rng` is secrets.SystemRandom() but in tests. `whole` mixes the few that are left when a round has stopped receiving.
    `promised` mixes the few although the round receives: people were told of this instant, or it is a test.
    `progress` is called with the number of submissions after each batch. `at` is for fault injection. Only one process at a time
    should mix a round (the scheduler's lease); a second one does no harm but finds nothing to do.

    Raises NO_SUCH_ROUND, KEYS_MISSING (also when the key here is not the round's), STILL_RECEIVING when `whole` is asked
    for while the round receives and fewer than SMALLEST_MIX wait and it is not `promised`, BUSY.
    """
    found = rounds.read(store.main, round_id)
    _remove_what_was_kept(store, round_id)
    waiting = submissions.waiting_count(store.waiting, round_id)
    if waiting < SMALLEST_MIX:
        if whole and found.receiving(now) and not promised:
            raise ProblemError(Problem.STILL_RECEIVING)
        if not whole or not waiting:
            return MixReport(0, 0, waiting)
    private_key = keys.private(round_id)
    if kid_of(private_key.public_key()) != found.kid:
        raise ProblemError(Problem.KEYS_MISSING, "The key that is here is not the round's.")
    judge = Judge(store, found, private_key)
    mixer = _Mixer(store, found.id, judge, rng, at)
    mixed = quarantined = 0
    for batch in judge.batches(BATCH):
        kept, refused = mixer.mix_batch(batch)
        mixed += kept
        quarantined += refused
        progress(len(batch))
    # The removed pages are overwritten in the file (secure_delete); until now the log still holds them.
    store.empty_logs()
    at("emptied")
    return MixReport(mixed, quarantined, submissions.waiting_count(store.waiting, round_id))


def _remove_what_was_kept(store: Store, round_id: str) -> None:
    """Finish a mix that was killed after its commit: what has its receipt is only removed, from the logs as well.

    Before anything is counted, so that what is mixed next is never a handful among copies.
    """
    after: bytes | None = None
    removed = False
    while found := submissions.waiting_digests(store.waiting, round_id, BATCH, after=after):
        after = found[-1][0]
        known = receipts.digest_of(store.main, [key for key, _ in found])
        done = [key for key, digest in found if known.get(key) == digest]
        if done:
            _remove_copies(store, round_id, done)
            removed = True
    if removed:
        store.empty_logs()


def _remove_copies(store: Store, round_id: str, keys: Sequence[bytes]) -> None:
    """The last step, after the commit: sealed copies go, and of what was mixed those in quarantine too."""
    mixed = receipts.mixed_digest_of(store.main, keys)
    with store.write_waiting() as db:
        submissions.remove(db, round_id, keys)
        quarantine.remove(db, mixed.items())


class _Mixer:
    """What stays the same over all batches of a mix."""

    def __init__(
        self, store: Store, round_id: str, judge: Judge, rng: random.Random, at: Passing
    ) -> None:
        self._store = store
        self._round = round_id
        self._judge = judge
        self._rng = rng
        self._at = at

    def mix_batch(self, judged: Sequence[Judged]) -> tuple[int, int]:
        """Mix one batch; how many were kept and how many quarantined."""
        self._at("opened")
        opened = [one for one in judged if isinstance(one, Opened)]
        refused = [one for one in judged if isinstance(one, Refused)]
        if refused:
            with self._store.write_waiting() as db:
                quarantine.move(db, self._round, {one.key: one.codes for one in refused})
        self._at("quarantined")
        kept = self._keep(opened, refused)
        self._at("kept")
        _remove_copies(self._store, self._round, [one.key for one in judged])
        self._at("removed")
        return kept

    def _keep(self, opened: Sequence[Opened], refused: Sequence[Refused]) -> tuple[int, int]:
        """The one transaction on the main file. What has a receipt by now is left out."""
        with self._store.write() as db:
            judged: list[Judged] = [*opened, *refused]
            known = receipts.digest_of(db, [one.key for one in judged])
            if known:
                opened = [one for one in opened if one.key not in known]
                refused = [one for one in refused if one.key not in known]
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
        self, opened: Sequence[Opened]
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
            plan = self._judge.plan(one.version)
            plan.add_to(tally.cells, one, one.unit, one.language, one.channel)
            rows.append((key, self._round, one.version, one.unit, one.language, one.channel))
            answers += [(key, *row) for row in one.rows]
            texts += [
                (new_key(16), self._round, place, text, one.language) for place, text in one.texts
            ]
        return rows, answers, sorted(texts), tally


def _returned(judged: Sequence[Judged]) -> dict[tuple[str | None, str], int]:
    numbers: dict[tuple[str | None, str], int] = {}
    for one in judged:
        place = (one.sent_by, one.channel)
        numbers[place] = numbers.get(place, 0) + 1
    return numbers


def _receipts(judged: Sequence[Judged]) -> list[tuple[bytes, bytes]]:
    return sorted((one.key, one.digest) for one in judged)
