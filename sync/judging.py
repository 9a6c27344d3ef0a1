"""Judging what waits: unseal a submission, check its answers, say what becomes of it. Nothing is written here.

Unsealing costs as much CPU as everything else in a mix. Where much waits, a forked process judges ahead, batch after
batch, while the mixing process keeps what was judged: two cores, one mix. The fork holds the same private key and lives
only as long as the mix; where it cannot be had (little waits, one core, other threads about, which a fork must not
inherit) or dies, the mixing process judges by itself. Threads do not help: HPKE keeps the interpreter's lock.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from forms.answers import Checker, compile_check
from forms.document import from_plain
from forms.personal_data import mask_cpr
from forms.questionnaire import PLACES_OF_UNITS, Promise
from forms.report_plan import CompiledPlan, compile_plan
from forms.simple_checks import AnswerRow
from forms.versions import Version
from store import receipts, round_units, submissions, versions
from store.database import Store
from store.rounds import Round
from store.submissions import Submission
from sync.envelope import ON_PAPER, OVERHEAD, CannotOpen, Header, open_sealed, read_header
from sync.payload import BadPayload, unpad

#: A batch is never smaller than this unless it is the only one: whoever is mixed is mixed among others.
SMALLEST_MIX = 10

#: Submissions in one transaction of the main file: long enough to be fast, short enough not to hold up the desk.
BATCH = 1_000

#: How long a fork that was told to stop may take, in seconds, before it is ended.
PATIENCE = 10


class Opened(NamedTuple):
    """A submission that checked, ready to be kept (a tuple: it crosses from process to process by the thousand). `texts` are (place, text), CPR numbers masked."""

    key: bytes
    digest: bytes
    version: str
    channel: str
    sent_by: str | None
    unit: str | None
    language: str
    rows: tuple[AnswerRow, ...]
    texts: tuple[tuple[str, str], ...]


class Refused(NamedTuple):
    """A submission that goes to quarantine, with the codes that say why."""

    key: bytes
    digest: bytes
    channel: str
    sent_by: str | None
    codes: tuple[str, ...]


Judged = Opened | Refused


@dataclass(frozen=True, slots=True)
class _Known:
    """One version of the round, compiled. `keeps_unit`: whether a response may keep the unit it came from."""

    checker: Checker
    plan: CompiledPlan
    sealed_length: int
    languages: frozenset[str]
    keeps_unit: bool


class Judge:
    """What stays the same over all submissions of a round."""

    def __init__(self, store: Store, found: Round, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._store = store
        self._round = found.id
        self._private_key = private_key
        self._units = frozenset(one.unit for one in round_units.listed(store.main, found.id))
        self._versions = {
            name: _compile(versions.read(store.main, name), found.promise)
            for name in found.versions
        }

    def plan(self, version: str) -> CompiledPlan:
        """The compiled report plan of one of the round's versions."""
        return self._versions[version].plan

    def batches(self, batch: int) -> Iterator[list[Judged]]:
        """All that waits, judged, in portions of about `batch`; by a fork ahead of the caller where that pays."""
        after: bytes | None = None
        if _fork_pays(submissions.waiting_count(self._store.waiting, self._round), batch):
            for judged in self._ahead(batch):
                yield judged
                after = judged[-1].key
        # What is left when the fork is through is nothing, unless it died: then its work is taken up here.
        yield from self._here(batch, after)

    def _here(self, batch: int, after: bytes | None) -> Iterator[list[Judged]]:
        for portion in _portions(self._store, self._round, batch, after):
            known = receipts.digest_of(self._store.main, [one.key for one in portion])
            yield [self._judge(one, known.get(one.key)) for one in portion]

    def _ahead(self, batch: int) -> Iterator[list[Judged]]:
        fork = multiprocessing.get_context("fork")
        receiver, sender = fork.Pipe(duplex=False)
        process = fork.Process(target=self._send_all, args=(receiver, sender, batch), daemon=True)
        process.start()
        sender.close()
        try:
            while True:
                try:
                    judged = receiver.recv()
                except EOFError:
                    return
                yield judged
        finally:
            receiver.close()
            process.join(PATIENCE)
            if process.is_alive():
                process.kill()
                process.join()

    def _send_all(self, receiver: Connection, sender: Connection, batch: int) -> None:
        """The fork's work. A fault ends it early and quietly: the mixing process meets the same one and says it."""
        receiver.close()
        try:
            for judged in self._here(batch, None):
                sender.send(judged)
        except Exception:
            os._exit(1)
        finally:
            sender.close()

    def _judge(self, submission: Submission, receipt: bytes | None) -> Judged:
        header = read_header(submission.header)
        if receipt is not None and receipt != submission.digest:
            return _refused(submission, header, ("key-conflict",))
        known = self._versions.get(header.version)
        if known is None:
            return _refused(submission, header, ("unknown-version",))
        codes = []
        if header.unit is not None and header.unit not in self._units:
            codes.append("foreign-unit")
        if len(submission.sealed) != known.sealed_length:
            codes.append("wrong-size")
        if codes:
            return _refused(submission, header, tuple(codes))
        try:
            payload = unpad(open_sealed(submission.header, submission.sealed, self._private_key))
        except CannotOpen:
            return _refused(submission, header, ("undecryptable",))
        except BadPayload as bad:
            return _refused(submission, header, (bad.code,))
        if payload.language not in known.languages:
            return _refused(submission, header, ("bad-language",))
        try:
            checked = known.checker.check(
                payload.answers, units=self._units, on_paper=header.channel in ON_PAPER
            )
        except Exception:
            # The check promises never to raise. Should it all the same, one answer must not hold up all the others.
            return _refused(submission, header, ("unexpected",))
        if checked.faults:
            # The codes alone: a place may hold what somebody wrote.
            codes = sorted({fault.code for fault in checked.faults})
            return _refused(submission, header, tuple(codes))
        return Opened(
            submission.key,
            submission.digest,
            header.version,
            header.channel,
            header.unit,
            header.unit if known.keeps_unit else None,
            payload.language,
            checked.rows,
            tuple((place, mask_cpr(text)) for place, text in checked.texts),
        )


def _fork_pays(waiting: int, batch: int) -> bool:
    return (
        waiting > 2 * batch
        and (os.cpu_count() or 1) > 1
        and threading.active_count() == 1
        and "fork" in multiprocessing.get_all_start_methods()
    )


def _portions(
    store: Store, round_id: str, batch: int, after: bytes | None
) -> Iterator[list[Submission]]:
    """What waits, in portions of about `batch`, none of them smaller than SMALLEST_MIX unless it is the only one.

    In the order of their lots (store/lots.py), which says nothing of arrival. What arrives meanwhile may be taken too.
    """
    while True:
        found = submissions.take(store.waiting, round_id, batch + SMALLEST_MIX, after=after)
        if len(found) < batch + SMALLEST_MIX:
            if found:
                yield found
            return
        yield found[:batch]
        after = found[batch - 1].key


def _refused(submission: Submission, header: Header, codes: tuple[str, ...]) -> Refused:
    return Refused(submission.key, submission.digest, header.channel, header.unit, codes)


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
        or any(name in PLACES_OF_UNITS for table in plan.tables for name in table.by),
    )
