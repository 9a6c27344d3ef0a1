"""Batches of scanned sheets, in the main file: whose they are, how far they are, and their totals once they are accepted.

What is on the sheets lies in paper.db (paper_files, paper_sheets, paper_readings, paper_findings) and goes when it is due
(paper_removal). The two files are never written in one transaction: the state here is what counts, and what follows from it
in paper.db can be done again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from store.bulk import marks
from store.instants import instant_text, read_instant, read_optional_instant


class BatchState(StrEnum):
    """uploading → reading → review → accepting (its answers are handed in) → accepted; or, before accepting, → void."""

    UPLOADING = "uploading"
    READING = "reading"
    REVIEW = "review"
    ACCEPTING = "accepting"
    ACCEPTED = "accepted"
    VOID = "void"


#: While a batch is in one of these, it can be voided, moved and added to.
UNDECIDED = frozenset({BatchState.UPLOADING, BatchState.READING, BatchState.REVIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTotals:
    """What remains of a batch's readings: sheets and pages; boxes read, and of them those in answers that a person decided; answers
    that a second person read, and of them those where the two disagreed."""

    sheets: int = 0
    pages: int = 0
    boxes: int = 0
    boxes_decided: int = 0
    second_read: int = 0
    disagreed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch. `id` is 16 random hex digits. `unit` handed out, `reviewed_by` looks at the marks where that is another unit.

    `expected` is how many sheets should be there, `confirmed` how many a person said there are (None: nobody has yet).
    `late`: made, or handed in, after *receive until*. `scans_until`: None once the scans are gone. `totals` count once it is accepted.
    """

    id: str
    round: str
    made_at: datetime
    pile: str | None = None
    unit: str | None = None
    unit_name: str = ""
    reviewed_by: str | None = None
    reviewed_by_name: str = ""
    state: BatchState = BatchState.UPLOADING
    late: bool = False
    account: int | None = None
    expected: int | None = None
    confirmed: int | None = None
    ended_at: datetime | None = None
    scans_until: datetime | None = None
    totals: PaperTotals = field(default_factory=PaperTotals)

    @property
    def undecided(self) -> bool:
        """Whether it can still be voided, moved and added to."""
        return self.state in UNDECIDED and self.confirmed is None


_SELECT = (
    "SELECT b.id, b.round, b.made_at, b.pile, b.unit, coalesce(u.name, ''), b.reviewed_by, coalesce(r.name, ''), b.state, b.late,"
    " b.account, b.expected, b.confirmed, b.ended_at, b.scans_until, b.sheets, b.pages, b.boxes, b.boxes_decided, b.second_read,"
    " b.disagreed FROM batch b LEFT JOIN unit u ON u.id = b.unit LEFT JOIN unit r ON r.id = b.reviewed_by"
)


def make(db: Database, batch: Batch) -> None:
    """Keep a new batch, to which files may be uploaded. Raises sqlite3.IntegrityError for an unknown round, pile or unit."""
    db.execute(
        "INSERT INTO batch (id, round, pile, unit, late, account, made_at, expected, scans_until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            batch.id,
            batch.round,
            batch.pile,
            batch.unit,
            int(batch.late),
            batch.account,
            instant_text(batch.made_at),
            batch.expected,
            instant_text(batch.scans_until) if batch.scans_until else None,
        ),
    )


def find(db: Database, batch: str) -> Batch | None:
    """The batch with this id, or None."""
    row = db.execute(f"{_SELECT} WHERE b.id = ?", (batch,)).fetchone()
    return None if row is None else _batch(row)


def of_round(db: Database, round_id: str) -> list[Batch]:
    """The batches of a round, the newest first."""
    return _batches(db, "WHERE b.round = ? ORDER BY b.made_at DESC, b.id", (round_id,))


def of_pile(db: Database, pile: str) -> list[Batch]:
    """The batches of a pile, the newest first."""
    return _batches(db, "WHERE b.pile = ? ORDER BY b.made_at DESC, b.id", (pile,))


def in_state(db: Database, *states: BatchState) -> list[Batch]:
    """All batches in one of these states, the oldest first: what a process that reads or hands in has to do."""
    named = tuple(state.value for state in states)
    return _batches(db, f"WHERE b.state IN {marks(len(named))} ORDER BY b.made_at, b.id", named)


def to_review(db: Database, units: Collection[str] | None, limit: int) -> list[Batch]:
    """Batches that wait for a person: of these units, or given to them to look at; None: of all. The oldest first."""
    where = "WHERE b.state = 'review'"
    parameters: tuple[Any, ...] = ()
    if units is not None and not units:
        return []
    if units is not None:
        named = tuple(sorted(units))
        where += f" AND (b.unit IN {marks(len(named))} OR b.reviewed_by IN {marks(len(named))})"
        parameters = (*named, *named)
    return _batches(db, f"{where} ORDER BY b.made_at, b.id LIMIT ?", (*parameters, limit))


def step(db: Database, batch: str, to: BatchState, *, of: Collection[BatchState]) -> bool:
    """Go on to a state from one of `of`; False where it is in none of them (somebody was faster). Not for ends: see `accepted`, `void`."""
    named = tuple(sorted(state.value for state in of))
    cursor = db.execute(
        f"UPDATE batch SET state = ? WHERE id = ? AND state IN {marks(len(named))}",  # noqa: S608 - constants
        (to.value, batch, *named),
    )
    return bool(cursor.rowcount == 1)


def confirm(db: Database, batch: str, number: int | None) -> bool:
    """Note how many sheets a person confirms for its unit (None: take that back); False where it is not in review."""
    cursor = db.execute(
        "UPDATE batch SET confirmed = ? WHERE id = ? AND state = 'review'", (number, batch)
    )
    return bool(cursor.rowcount == 1)


def give_back(db: Database, batch: str) -> bool:
    """Let a batch that is being accepted wait for a person again; False where it is not being accepted."""
    cursor = db.execute(
        "UPDATE batch SET state = 'review', confirmed = NULL WHERE id = ? AND state = 'accepting'",
        (batch,),
    )
    return bool(cursor.rowcount == 1)


def set_expected(db: Database, batch: str, number: int | None) -> bool:
    """Say how many sheets should be there; False where it is decided."""
    return _change(db, batch, "expected = ?", number)


def move(db: Database, batch: str, unit: str | None) -> bool:
    """Say that another unit handed out; False once it is confirmed, accepted or void."""
    return _change(db, batch, "unit = ?", unit)


def give_review(db: Database, batch: str, unit: str | None) -> bool:
    """Let another unit look at the marks, or (None) the one that handed out; False where it is decided."""
    return _change(db, batch, "reviewed_by = ?", unit)


def void(db: Database, batch: str, *, now: datetime) -> bool:
    """End a batch without an answer of it being kept, and make its scans due at once; False once it is confirmed or ended."""
    return _change(
        db, batch, "state = 'void', ended_at = ?, scans_until = ?", *[instant_text(now)] * 2
    )


def accepted(
    db: Database,
    batch: str,
    totals: PaperTotals,
    *,
    now: datetime,
    scans_until: datetime,
    late: bool = False,
) -> bool:
    """Note that all its sheets are handed in, what remains of its readings, when its scans go, and whether it was late by then;
    False where it is not being accepted."""
    cursor = db.execute(
        "UPDATE batch SET state = 'accepted', ended_at = :now, scans_until = :until, late = max(late, :late),"
        " sheets = :sheets, pages = :pages,"
        " boxes = :boxes, boxes_decided = :boxes_decided, second_read = :second_read, disagreed = :disagreed"
        " WHERE id = :batch AND state = 'accepting'",
        {
            "batch": batch,
            "now": instant_text(now),
            "until": instant_text(scans_until),
            "late": int(late),
            "sheets": totals.sheets,
            "pages": totals.pages,
            "boxes": totals.boxes,
            "boxes_decided": totals.boxes_decided,
            "second_read": totals.second_read,
            "disagreed": totals.disagreed,
        },
    )
    return bool(cursor.rowcount == 1)


def due(db: Database, now: datetime) -> list[Batch]:
    """Batches whose scans have to go now: accepted and void ones, and those that nobody decided about in time."""
    return _batches(
        db,
        "WHERE b.scans_until <= ? AND b.state <> 'accepting' ORDER BY b.scans_until, b.id",
        (instant_text(now),),
    )


def scans_gone(db: Database, batch: str, *, now: datetime) -> None:
    """Note that no scan of a batch is left; one that was undecided is void by that."""
    db.execute(
        "UPDATE batch SET scans_until = NULL, ended_at = coalesce(ended_at, ?),"
        " state = CASE WHEN state = 'accepted' THEN state ELSE 'void' END WHERE id = ?",
        (instant_text(now), batch),
    )


def with_scans(db: Database) -> frozenset[str]:
    """The ids of the batches whose scans are to be there: what lies in paper.db under another belongs to nothing any more."""
    return frozenset(
        row[0] for row in db.execute("SELECT id FROM batch WHERE scans_until IS NOT NULL")
    )


def totals_of_round(db: Database, round_id: str) -> PaperTotals:
    """The totals of all accepted batches of a round: what its report says of paper."""
    row = db.execute(
        "SELECT coalesce(sum(sheets), 0), coalesce(sum(pages), 0), coalesce(sum(boxes), 0), coalesce(sum(boxes_decided), 0),"
        " coalesce(sum(second_read), 0), coalesce(sum(disagreed), 0) FROM batch WHERE round = ? AND state = 'accepted'",
        (round_id,),
    ).fetchone()
    return _totals(row)


def accepted_sheets(db: Database, round_id: str) -> dict[str, int]:
    """How many sheets of accepted batches each unit of a round has; '' for those of no unit."""
    return dict(
        db.execute(
            "SELECT coalesce(unit, ''), sum(sheets) FROM batch WHERE round = ? AND state = 'accepted' GROUP BY unit",
            (round_id,),
        ).fetchall()
    )


def _change(db: Database, batch: str, assignment: str, *values: Any) -> bool:
    cursor = db.execute(
        f"UPDATE batch SET {assignment} WHERE id = ? AND confirmed IS NULL AND state IN ('uploading', 'reading', 'review')",  # noqa: S608 - constants
        (*values, batch),
    )
    return bool(cursor.rowcount == 1)


def _batches(db: Database, where: str, parameters: Sequence[Any]) -> list[Batch]:
    return [_batch(row) for row in db.execute(f"{_SELECT} {where}", tuple(parameters))]


def _totals(row: Sequence[int]) -> PaperTotals:
    return PaperTotals(
        sheets=row[0],
        pages=row[1],
        boxes=row[2],
        boxes_decided=row[3],
        second_read=row[4],
        disagreed=row[5],
    )


def _batch(row: Sequence[Any]) -> Batch:
    return Batch(
        id=row[0],
        round=row[1],
        made_at=read_instant(row[2]),
        pile=row[3],
        unit=row[4],
        unit_name=row[5],
        reviewed_by=row[6],
        reviewed_by_name=row[7],
        state=BatchState(row[8]),
        late=bool(row[9]),
        account=row[10],
        expected=row[11],
        confirmed=row[12],
        ended_at=read_optional_instant(row[13]),
        scans_until=read_optional_instant(row[14]),
        totals=_totals(row[15:21]),
    )
