"""SQLite: every sheet of a dataset as a table of one file, by sqlite-utils. No statement is written here."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from sqlite_utils import Database

from exports.datasets.sheets import Kind, Sheet

_TYPES = {Kind.TEXT: str, Kind.WHOLE: int, Kind.NUMBER: float, Kind.MIXED: float}


def write_database(path: Path, sheets: tuple[Sheet, ...]) -> None:
    """The sheets as tables, named and with columns named for programs. The same sheets give the same bytes."""
    path.unlink(missing_ok=True)
    db = Database(path)
    try:
        for sheet in sheets:
            # A column with numbers and states takes both only where types are not strict.
            strict = all(column.kind is not Kind.MIXED for column in sheet.columns)
            table = db.table(sheet.name)
            table.create(
                {column.name: _TYPES[column.kind] for column in sheet.columns}, strict=strict
            )
            names = [column.name for column in sheet.columns]
            table.insert_all(chain([names], sheet.rows), batch_size=1000)
    finally:
        db.close()
