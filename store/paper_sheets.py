"""Sheets as they came back, in paper.db: pages that bear one number, and the random key that the answer is handed in under.

Neither the number nor the order of scanning goes anywhere with an answer: the key is drawn apart, and goes when the batch is
accepted; sheets are handed in in the order of their keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlite_utils import Database


class SheetStanding(StrEnum):
    """in: it counts once its batch is accepted; out: a person left it out."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet. `number` is printed on it; `copy` counts sheets that bear one number; `key` is 16 random bytes, None once handed in
    and accepted."""

    id: int
    batch: str
    number: str
    copy: int
    layout: str
    language: str
    standing: SheetStanding
    handed_in: bool
    key: bytes | None


_COLUMNS = "id, batch, number, copy, layout, language, standing, handed_in, key"


def add(
    db: Database, batch: str, *, number: str, copy: int, layout: str, language: str, key: bytes
) -> Sheet:
    """Keep a new sheet. Raises sqlite3.IntegrityError where the batch has this copy of the number."""
    row = db.execute(
        "INSERT INTO sheet (batch, number, copy, layout, language, key) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - a constant
        f" RETURNING {_COLUMNS}",
        (batch, number, copy, layout, language, key),
    ).fetchone()
    return _sheet(row)


def of_batch(db: Database, batch: str) -> list[Sheet]:
    """The sheets of a batch in the order in which their first pages were scanned."""
    return _sheets(db, "WHERE batch = ? ORDER BY id", (batch,))


def find(db: Database, sheet: int) -> Sheet | None:
    """One sheet, or None."""
    found = _sheets(db, "WHERE id = ?", (sheet,))
    return found[0] if found else None


def leave_out(db: Database, sheet: int) -> None:
    """A person says that this sheet does not count."""
    db.execute("UPDATE sheet SET standing = 'out' WHERE id = ? AND handed_in = 0", (sheet,))


def take_in(db: Database, sheet: int) -> None:
    """A person says that it counts after all."""
    db.execute("UPDATE sheet SET standing = 'in' WHERE id = ?", (sheet,))


def remove_empty(db: Database, batch: str) -> None:
    """Remove sheets of which no page is left."""
    db.execute(
        "DELETE FROM sheet WHERE batch = ? AND handed_in = 0 AND NOT EXISTS"
        " (SELECT 1 FROM page WHERE page.sheet = sheet.id)",
        (batch,),
    )


def to_hand_in(db: Database, batch: str, limit: int) -> list[Sheet]:
    """Sheets whose answer has not been noted as received, in the order of their random keys."""
    return _sheets(
        db,
        "WHERE batch = ? AND standing = 'in' AND handed_in = 0 ORDER BY key LIMIT ?",
        (batch, limit),
    )


def handed_in(db: Database, sheet: int) -> None:
    """Note that intake has received the answer under the sheet's key. Killed before this, it is sent again under the same key."""
    db.execute("UPDATE sheet SET handed_in = 1 WHERE id = ?", (sheet,))


def forget_keys(db: Database, batch: str) -> None:
    """Forget what the answers of an accepted batch were handed in under."""
    db.execute("UPDATE sheet SET key = NULL WHERE batch = ? AND handed_in = 1", (batch,))


def _sheets(db: Database, where: str, parameters: Sequence[Any]) -> list[Sheet]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM sheet {where}", tuple(parameters))  # noqa: S608 - constants
    return [_sheet(row) for row in rows]


def _sheet(row: Sequence[Any]) -> Sheet:
    return Sheet(
        id=row[0],
        batch=row[1],
        number=row[2],
        copy=row[3],
        layout=row[4],
        language=row[5],
        standing=SheetStanding(row[6]),
        handed_in=bool(row[7]),
        key=row[8],
    )
