"""Looks at a file of ours without changing anything of it: whether it is whole. consistency.py recomputes what it holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database


@contextmanager
def look_at(path: Path, *, copy: bool = False) -> Iterator[Database]:
    """The file, for reading only, in the form it has. `copy`: nobody writes to it, so that nothing is made beside it.

    Raises sqlite3.Error for a file that is not there or is no database.
    """
    options = "mode=ro&immutable=1" if copy else "mode=ro"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{options}", uri=True, timeout=10)
    try:
        yield Database(connection)
    finally:
        connection.close()


def quick_check(db: Database) -> str:
    """'' for a whole file, else SQLite's first complaint. Raises sqlite3.DatabaseError for what is no database."""
    said = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if said == "ok" else said
