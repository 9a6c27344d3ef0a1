"""What persons do to a batch of paper: begin, say that all is sent, void, move, give the review away, confirm. Each step is
kept with its audit entry; what follows from it in paper.db is done by the process that reads (server/paper/reader.py)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlite_utils import Database

from forms.problems import Fault, Problem, ProblemError
from store import (
    audit,
    paper_batches,
    paper_files,
    paper_findings,
    paper_readings,
    paper_sheets,
    round_units,
    units,
)
from store.database import Store
from store.paper_batches import Batch, BatchState
from store.paper_files import FileState
from store.paper_sheets import SheetStanding
from store.piles import Pile
from store.rounds import Round


def begin(
    store: Store,
    round_: Round,
    *,
    pile: Pile | None,
    unit: str | None,
    account: int,
    actor: str,
    now: datetime,
    scans_until: datetime | None = None,
) -> Batch:
    """A new batch of a pile, or of a round where nobody knows the pile; then `unit` says who handed out. `scans_until`: scans
    that are here already go then at the latest.

    Raises ProblemError(INVALID_INPUT) for a unit that does not take part.
    """
    whose = pile.unit if pile else unit
    until = now + timedelta(days=round_.scan_days)
    if pile is None:
        _require_unit(store, round_, whose)
    batch = Batch(
        id=secrets.token_hex(8),
        round=round_.id,
        pile=pile.id if pile else None,
        unit=whose,
        late=round_.test_of is None and now >= round_.receive_until,
        account=account,
        made_at=now,
        expected=pile.sheets if pile else None,
        scans_until=min(until, scans_until or until),
    )
    with store.write() as db:
        paper_batches.make(db, batch)
        note(db, batch, action="batch begun", actor=actor, now=now, late=batch.late)
    return batch


def all_sent(store: Store, batch: Batch, *, actor: str, now: datetime) -> None:
    """A person says that all files are there. Raises ProblemError: BATCH_DECIDED, INVALID_INPUT where there is no file."""
    files = paper_files.of_batch(store.paper, batch.id)
    if not any(one.state is not FileState.FAILED for one in files):
        raise _wrong("files", "nothing-chosen", "There is no file.", "Upload the scans first.")
    waiting = any(one.state is FileState.WAITING for one in files)
    to = BatchState.READING if waiting else BatchState.REVIEW
    with store.write() as db:
        if not paper_batches.step(db, batch.id, to, of={BatchState.UPLOADING}):
            raise ProblemError(Problem.BATCH_DECIDED)
        note(db, batch, action="batch sent", actor=actor, now=now, files=len(files))


def void(store: Store, batch: Batch, *, actor: str, now: datetime) -> None:
    """End it without a count; its scans go at the scheduler's next tick. Raises ProblemError(BATCH_DECIDED)."""
    with store.write() as db:
        if not paper_batches.void(db, batch.id, now=now):
            raise ProblemError(Problem.BATCH_DECIDED)
        note(db, batch, action="batch voided", actor=actor, now=now)


def move(
    store: Store, round_: Round, batch: Batch, unit: str | None, *, actor: str, now: datetime
) -> None:
    """Another unit handed these out. Raises ProblemError: BATCH_DECIDED, INVALID_INPUT for a unit that does not take part."""
    _require_unit(store, round_, unit)
    with store.write() as db:
        if not paper_batches.move(db, batch.id, unit):
            raise ProblemError(Problem.BATCH_DECIDED)
        note(
            db,
            batch,
            action="batch moved",
            actor=actor,
            now=now,
            **{"from": batch.unit or "", "to": unit or ""},
        )


def give_review(store: Store, batch: Batch, unit: str | None, *, actor: str, now: datetime) -> None:
    """Another unit looks at the marks; None: the one that handed out. Any unit of the installation can be asked.

    Raises ProblemError: BATCH_DECIDED, INVALID_INPUT for an unknown unit.
    """
    if unit is not None and all(one.id != unit for one in units.listed(store.main)):
        raise _wrong("unit", "unknown-unit", "There is no such unit.", "Choose one of the list.")
    with store.write() as db:
        if not paper_batches.give_review(db, batch.id, None if unit == batch.unit else unit):
            raise ProblemError(Problem.BATCH_DECIDED)
        note(
            db,
            batch,
            action="review of a batch given to a unit",
            actor=actor,
            now=now,
            to=unit or "",
        )


def obstacles(store: Store, batch: Batch) -> list[str]:
    """What stands in the way of confirming: 'reading', 'findings', 'marks', 'empty'; nothing where it can be confirmed."""
    paper = store.paper
    files = paper_files.of_batch(paper, batch.id)
    found = []
    if batch.state is not BatchState.REVIEW or any(one.state is FileState.WAITING for one in files):
        found.append("reading")
    if paper_findings.open_number(paper, batch.id):
        found.append("findings")
    if any(one.needs for one in paper_readings.of_batch(paper, batch.id)):
        found.append("marks")
    if not sheets_that_count(store, batch):
        found.append("empty")
    return found


def sheets_that_count(store: Store, batch: Batch) -> int:
    """How many sheets are found and not left out."""
    listed = paper_sheets.of_batch(store.paper, batch.id)
    return sum(one.standing is SheetStanding.IN for one in listed)


def confirm(store: Store, batch: Batch, *, sheets: int, actor: str, now: datetime) -> None:
    """A person confirms unit and number; the sheets are then handed in, and nothing takes that back.

    `sheets` is the number that the person was shown. Raises ProblemError: BATCH_DECIDED, BATCH_NOT_READY where something
    is to be looked at first, INVALID_INPUT where the number is another by now.
    """
    with store.write() as db:
        # Looked at in the lock that a file takes that comes in: none slips in between.
        if obstacles(store, batch):
            raise ProblemError(Problem.BATCH_NOT_READY)
        if sheets != sheets_that_count(store, batch):
            raise _wrong("sheets", "changed", "The number is another by now.", "Look at it again.")
        done = paper_batches.confirm(db, batch.id, sheets) and paper_batches.step(
            db, batch.id, BatchState.ACCEPTING, of={BatchState.REVIEW}
        )
        if not done:
            raise ProblemError(Problem.BATCH_DECIDED)
        note(
            db,
            batch,
            action="batch confirmed",
            actor=actor,
            now=now,
            sheets=sheets,
            unit=batch.unit or "",
        )


def _require_unit(store: Store, round_: Round, unit: str | None) -> None:
    taking_part = round_units.ids(store.main, round_.test_of or round_.id)
    if unit is None and not taking_part:
        return
    if unit not in taking_part:
        raise _wrong("unit", "choose", "Choose the unit.", "Choose one that takes part.")


def _wrong(place: str, code: str, message: str, remedy: str) -> ProblemError:
    return ProblemError(Problem.INVALID_INPUT, faults=(Fault(place, code, message, remedy),))


def note(
    db: Database, batch: Batch, *, action: str, actor: str, now: datetime, **details: str | int
) -> None:
    """Note what was done to a batch, in the transaction of the change."""
    audit.note(
        db,
        at=now,
        actor=actor,
        action=action,
        subject=f"batch:{batch.id}",
        details={"round": batch.round, **details},
    )
