"""Hands the sheets of a confirmed batch to the intake, each once, and closes the batch with its totals; single decisions go.

A sheet goes under the random key that was drawn when it was first kept, in the order of those keys and not of scanning. Killed
anywhere, it is handed in again under the same key, which intake knows. Answers that break a constraint are told before a person
can confirm (`faults_of_batch`). A batch of which a round that is full takes nothing goes back to its review, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forms.answers import Checker
from forms.document import from_plain
from forms.problems import Problem, ProblemError
from forms.questionnaire import Questionnaire
from store import (
    audit,
    paper_batches,
    paper_findings,
    paper_readings,
    paper_sheets,
    piles,
    round_units,
    rounds,
    versions,
)
from store.database import Store
from store.paper_batches import Batch
from store.paper_findings import Finding
from store.paper_sheets import Sheet
from sync.intake import Intake
from sync.paper.answers import answers_of

CHANNEL = "paper"
#: Sheets taken from the store at a time.
_AT_ONCE = 50

#: The compiled check of a version, by its hash.
CheckerOf = Callable[[str], Checker]


@dataclass(frozen=True, slots=True)
class SheetFaults:
    """A finished sheet whose answers do not check: what is wrong, (place, code)."""

    sheet: int
    faults: tuple[tuple[str, str], ...]


def answers_of_sheet(store: Store, sheet: Sheet, questionnaire: Questionnaire) -> dict[str, Any]:
    """What a finished sheet says. Raises ProblemError(BATCH_NOT_READY) while a person is needed for it."""
    fields = paper_readings.final_fields(store.paper, sheet.id)
    if fields is None:
        raise ProblemError(Problem.BATCH_NOT_READY)
    return answers_of(questionnaire, fields)


def faults_of_batch(store: Store, batch: Batch, checker_of: CheckerOf) -> list[SheetFaults]:
    """The finished sheets that would not be taken in as they are, to be decided on again or left out."""
    units = round_units.ids(store.main, batch.round)
    found = []
    known: dict[str, tuple[str, Questionnaire]] = {}
    for sheet in paper_sheets.of_batch(store.paper, batch.id):
        if sheet.standing is not paper_sheets.SheetStanding.IN:
            continue
        if sheet.layout not in known:
            known[sheet.layout] = _version(store, sheet)
        version, questionnaire = known[sheet.layout]
        try:
            answers = answers_of_sheet(store, sheet, questionnaire)
        except ProblemError:
            continue
        checked = checker_of(version).check(answers, units=units, on_paper=True)
        if checked.faults:
            found.append(
                SheetFaults(sheet.id, tuple((one.place, one.code) for one in checked.faults))
            )
    return found


def hand_in(
    store: Store,
    intake: Intake,
    batch: Batch,
    *,
    checker_of: CheckerOf,
    now: datetime,
    at: Callable[[str], None] = lambda _point: None,
) -> bool:
    """Hand in what is left of a batch that is being accepted, and accept it; False where it is not being accepted any more.

    Raises ProblemError as Intake.receive_plain (BUSY …): the batch stays as it is, and it is tried again. `at` is for fault
    injection.
    """
    round_ = rounds.read(store.main, batch.round)
    units = round_units.ids(store.main, batch.round)
    while sheets := paper_sheets.to_hand_in(store.paper, batch.id, _AT_ONCE):
        for sheet in sheets:
            at("before a sheet")
            try:
                _hand_in_one(store, intake, batch, sheet, checker_of, units, now)
            except ProblemError as error:
                if error.problem is Problem.ROUND_FULL and _give_back(store, batch, now):
                    return False
                raise
            at("received")
            with store.write_paper() as db:
                paper_sheets.handed_in(db, sheet.id)
    at("before accepting")
    totals = paper_readings.totals(store.paper, batch.id)
    until = batch.scans_until or now
    # What is handed in after *receive until* waits for a person to mix it, whenever it was scanned: the batch says so.
    late = round_.test_of is None and now >= round_.receive_until
    with store.write() as db:
        if not paper_batches.accepted(db, batch.id, totals, now=now, scans_until=until, late=late):
            return False
        audit.note(
            db,
            at=now,
            actor=audit.SCHEDULER,
            action="batch accepted",
            subject=f"batch:{batch.id}",
            details={"round": batch.round, "sheets": totals.sheets, "late": late or batch.late},
        )
    at("accepted")
    forget_single_answers(store, batch.id)
    return True


def _give_back(store: Store, batch: Batch, now: datetime) -> bool:
    """The round takes no more: a batch of which nothing has been handed in waits for a person again; False where something has."""
    if any(sheet.handed_in for sheet in paper_sheets.of_batch(store.paper, batch.id)):
        return False
    with store.write() as db:
        if not paper_batches.give_back(db, batch.id):
            return False
        audit.note(
            db,
            at=now,
            actor=audit.SCHEDULER,
            action="batch given back: the round is full",
            subject=f"batch:{batch.id}",
            details={"round": batch.round},
        )
        with store.write_paper() as paper:
            paper_findings.add(
                paper, Finding(batch=batch.id, kind="full", details={}, binding=False)
            )
    return True


def forget_single_answers(store: Store, batch: str) -> None:
    """Of an accepted batch its totals stay: what was read and decided of each sheet, and the key of its answer, go."""
    with store.write_paper() as db:
        paper_sheets.forget_keys(db, batch)
        paper_readings.forget(db, batch)
    store.empty_paper_log()


def _hand_in_one(
    store: Store,
    intake: Intake,
    batch: Batch,
    sheet: Sheet,
    checker_of: CheckerOf,
    units: Collection[str],
    now: datetime,
) -> None:
    version, questionnaire = _version(store, sheet)
    assert sheet.key is not None
    intake.receive_plain(
        answers_of_sheet(store, sheet, questionnaire),
        round_id=batch.round,
        version=version,
        checker=checker_of(version),
        language=sheet.language,
        key=sheet.key.hex(),
        now=now,
        unit=batch.unit,
        units=units,
        channel=CHANNEL,
    )


def _version(store: Store, sheet: Sheet) -> tuple[str, Questionnaire]:
    layout = piles.layout(store.main, sheet.layout)
    assert layout is not None
    return layout.version, from_plain(dict(versions.read(store.main, layout.version).document))
