"""Answers as they were read from sheets, and what persons decided of them, in paper.db.

An answer of a sheet is known by the sheet and its place (`trust`, `care/met`). What it says is, in this order: what was settled
between two readers, what a person decided, what was read. Each is the list of values that the place's field of a form has
(`["4"]`, `["~dont_know"]`, `["Tak"]`), `[]` for unanswered, so that what was read and what was typed come together in one form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from store.paper_batches import PaperTotals
from store.plain_json import json_text, read_json


class ReadingState(StrEnum):
    """sure: it was read; doubtful: a person decides; type: digits or text, typed by a person."""

    SURE = "sure"
    DOUBTFUL = "doubtful"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says an answer is: the values of its field, none for unanswered. `by` is an account, None for what was read."""

    value: tuple[str, ...]
    by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReading:
    """What was read of a place: `said` where the state is sure. `second_wanted`: a second person reads it too."""

    place: str
    page: int
    state: ReadingState
    said: Said | None = None
    second_wanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An answer of a sheet. `turn` orders decisions of the batch."""

    sheet: int
    place: str
    page: int
    state: ReadingState
    said: Said | None
    decided: Said | None
    second_wanted: bool
    second: Said | None
    settled: Said | None
    turn: int | None

    @property
    def first(self) -> Said | None:
        """What a second reader's word is compared with."""
        return self.decided or self.said

    @property
    def disagreed(self) -> bool:
        """Whether the two readers say different things."""
        return (
            self.second is not None
            and self.first is not None
            and sorted(self.second.value) != sorted(self.first.value)
        )

    @property
    def final(self) -> Said | None:
        """What the answer is; None while nobody knows."""
        return self.settled or self.first

    @property
    def needs(self) -> str:
        """What it waits for: 'decision', 'second', 'settling', or '' for nothing."""
        if self.first is None:
            return "decision"
        if self.second_wanted and self.second is None:
            return "second"
        return "settling" if self.disagreed and self.settled is None else ""


_COLUMNS = (
    "r.sheet, r.place, r.page, r.state, r.said, r.decided, r.decided_by, r.second_wanted, r.second, r.second_by, r.settled,"
    " r.settled_by, r.turn"
)
_OF_BATCH = "JOIN sheet s ON s.id = r.sheet WHERE s.batch = :batch AND s.standing = 'in'"


def add(db: Database, sheet: int, readings: Iterable[NewReading]) -> None:
    """Keep what was read of a sheet. What is kept of a place already stays: a decision is never lost to reading again."""
    db.conn.executemany(
        "INSERT INTO reading (sheet, place, page, state, said, second_wanted) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (sheet, place) DO NOTHING",
        (
            (
                sheet,
                one.place,
                one.page,
                one.state.value,
                json_text(list(one.said.value)) if one.said else None,
                int(one.second_wanted),
            )
            for one in readings
        ),
    )


def exchange(db: Database, one: int, other: int, pages: Mapping[int, int]) -> None:
    """Give what was read and decided of pages to another sheet: `pages` says which sheet, `one` or `other`, each page is in now."""
    rows = db.execute(
        "SELECT sheet, place, page, state, said, decided, decided_by, second_wanted, second, second_by, settled, settled_by, turn"
        " FROM reading WHERE sheet IN (?, ?)",
        (one, other),
    ).fetchall()
    moved = [(pages[row[2]], *row[1:]) for row in rows if pages.get(row[2], row[0]) != row[0]]
    for row in rows:
        if pages.get(row[2], row[0]) != row[0]:
            db.execute("DELETE FROM reading WHERE sheet = ? AND place = ?", (row[0], row[1]))
    db.conn.executemany(
        "INSERT INTO reading (sheet, place, page, state, said, decided, decided_by, second_wanted, second, second_by, settled,"
        " settled_by, turn) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        moved,
    )


def forget_page(db: Database, page: int) -> None:
    """Forget what was read and decided of a page that is taken out of its sheet."""
    db.execute("DELETE FROM reading WHERE page = ?", (page,))


def forget(db: Database, batch: str) -> None:
    """Forget every single answer of an accepted batch, who decided what, and the words that were typed: its totals are kept."""
    db.execute(
        "DELETE FROM reading WHERE sheet IN (SELECT id FROM sheet WHERE batch = ?)", (batch,)
    )


def of_batch(db: Database, batch: str) -> list[Reading]:
    """All answers of the sheets that count, by sheet and place."""
    return _readings(db, f"{_OF_BATCH} ORDER BY r.sheet, r.place", {"batch": batch})


def of_sheet(db: Database, sheet: int) -> list[Reading]:
    """The answers of a sheet by place."""
    return _readings(db, "WHERE r.sheet = :sheet ORDER BY r.place", {"sheet": sheet})


def find(db: Database, sheet: int, place: str) -> Reading | None:
    """One answer, or None."""
    found = _readings(
        db, "WHERE r.sheet = :sheet AND r.place = :place", {"sheet": sheet, "place": place}
    )
    return found[0] if found else None


def to_look_at(db: Database, batch: str) -> list[Reading]:
    """The answers that wait for a person: doubtful ones first, then what is to be typed, then second readings; all of one place
    together. Of a second reading the one who decided first does not do it: see `Reading.first`."""
    found = [one for one in of_batch(db, batch) if one.needs]
    rank = {ReadingState.DOUBTFUL: 0, ReadingState.TYPE: 1, ReadingState.SURE: 2}
    needs = {"decision": 0, "second": 1, "settling": 2}
    return sorted(found, key=lambda one: (needs[one.needs], rank[one.state], one.place, one.sheet))


def numbers_to_look_at(db: Database, batches: Collection[str]) -> dict[str, int]:
    """How many answers wait for a person, by batch."""
    return {batch: len(to_look_at(db, batch)) for batch in batches}


def decide(
    db: Database, batch: str, sheet: int, place: str, value: Sequence[str], *, by: int
) -> bool:
    """Say what an answer is, also over what was read or decided before; False where the batch has no such answer, or a second
    person (or this one as the second) has read it."""
    return _say(
        db, batch, sheet, place, value, by=by,
        what="decided = :value, decided_by = :by",
        where="second IS NULL",
    )  # fmt: skip


def decide_second(
    db: Database, batch: str, sheet: int, place: str, value: Sequence[str], *, by: int
) -> bool:
    """Say what a second reader sees; False for who decided it first, and where nobody has or a second has."""
    return _say(
        db, batch, sheet, place, value, by=by,
        what="second = :value, second_by = :by",
        where="second IS NULL AND coalesce(decided_by, 0) <> :by AND (decided IS NOT NULL OR said IS NOT NULL)",
    )  # fmt: skip


def settle(
    db: Database, batch: str, sheet: int, place: str, value: Sequence[str], *, by: int
) -> bool:
    """Say what an answer is where two readers disagree; False where no second has read it."""
    return _say(
        db, batch, sheet, place, value, by=by,
        what="settled = :value, settled_by = :by",
        where="second IS NOT NULL",
    )  # fmt: skip


def _say(
    db: Database, batch: str, sheet: int, place: str, value: Sequence[str], *, by: int, what: str, where: str
) -> bool:  # fmt: skip
    """Set `what` of an answer that has not been handed in, as the batch's next turn, where it is as `where` says (both are
    constants); whether it was."""
    cursor = db.execute(
        f"UPDATE reading SET {what}, turn = :turn WHERE sheet = :sheet AND place = :place AND {where}"  # noqa: S608 - constants
        " AND sheet IN (SELECT id FROM sheet WHERE batch = :batch AND handed_in = 0)",
        {
            "value": json_text(list(value)),
            "by": by,
            "turn": _next_turn(db, batch),
            "sheet": sheet,
            "place": place,
            "batch": batch,
        },
    )
    return bool(cursor.rowcount == 1)


def undo(db: Database, batch: str, *, by: int) -> Reading | None:
    """Take back the last thing that this account said in the batch; the answer as it is now, None where there is nothing of theirs."""
    found = _readings(
        db,
        f"{_OF_BATCH} AND s.handed_in = 0 AND r.turn IS NOT NULL ORDER BY r.turn DESC",
        {"batch": batch},
    )
    for one in found:
        last = "settled" if one.settled else "second" if one.second else "decided"
        if getattr(one, last) is None or getattr(one, last).by != by:
            continue
        db.execute(
            f"UPDATE reading SET {last} = NULL, {last}_by = NULL,"  # noqa: S608 - constants
            f" turn = CASE WHEN '{last}' = 'decided' THEN NULL ELSE turn END WHERE sheet = :sheet AND place = :place",
            {"sheet": one.sheet, "place": one.place},
        )
        return find(db, one.sheet, one.place)
    return None


def final_fields(db: Database, sheet: int) -> Mapping[str, tuple[str, ...]] | None:
    """The fields of a finished sheet's form: the values of each place that is answered. None while a person is needed."""
    found = of_sheet(db, sheet)
    if any(one.needs for one in found):
        return None
    return {
        one.place: one.final.value for one in found if one.final is not None and one.final.value
    }


def totals(db: Database, batch: str) -> PaperTotals:
    """What the readings of a batch come to, over the sheets that count."""
    sheets, pages = db.execute(
        "SELECT count(DISTINCT s.id), count(p.id) FROM sheet s JOIN page p ON p.sheet = s.id AND p.standing = 'in'"
        " WHERE s.batch = ? AND s.standing = 'in'",
        (batch,),
    ).fetchone()
    boxes, decided = db.execute(
        "SELECT count(*), coalesce(sum(r.decided IS NOT NULL OR r.settled IS NOT NULL), 0) FROM box b"
        " JOIN page p ON p.id = b.page AND p.standing = 'in'"
        " JOIN sheet s ON s.id = p.sheet AND s.standing = 'in'"
        " LEFT JOIN reading r ON r.sheet = s.id AND r.place = b.place WHERE s.batch = ?",
        (batch,),
    ).fetchone()
    seconds = [one for one in of_batch(db, batch) if one.second is not None]
    return PaperTotals(
        sheets=sheets,
        pages=pages,
        boxes=boxes,
        boxes_decided=decided,
        second_read=len(seconds),
        disagreed=sum(one.disagreed for one in seconds),
    )


def _next_turn(db: Database, batch: str) -> int:
    row = db.execute(
        "SELECT coalesce(max(r.turn), 0) + 1 FROM reading r JOIN sheet s ON s.id = r.sheet WHERE s.batch = ?",
        (batch,),
    ).fetchone()
    return int(row[0])


def _readings(db: Database, where: str, parameters: Mapping[str, Any]) -> list[Reading]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM reading r {where}", dict(parameters))  # noqa: S608 - constants
    return [_reading(row) for row in rows]


def _said(value: str | None, by: int | None) -> Said | None:
    return None if value is None else Said(tuple(read_json(value)), by)


def _reading(row: Sequence[Any]) -> Reading:
    return Reading(
        sheet=row[0],
        place=row[1],
        page=row[2],
        state=ReadingState(row[3]),
        said=_said(row[4], None),
        decided=_said(row[5], row[6]),
        second_wanted=bool(row[7]),
        second=_said(row[8], row[9]),
        settled=_said(row[10], row[11]),
        turn=row[12],
    )
