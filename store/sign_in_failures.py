"""Wrong passwords and codes of people of the desk, in a row for one name: counted here, so that all processes count together.

A name is known as 32 bytes of a keyed hash: what somebody typed as an address may be anybody's.
"""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from store.instants import instant_text, read_instant

#: Most names that are remembered at once; beyond them the one whose latest attempt is oldest is forgotten.
MOST_REMEMBERED = 10_000


def find(db: Database, name: bytes) -> tuple[int, datetime] | None:
    """How many in a row, and when the latest was; None for none."""
    row = db.execute("SELECT count, since FROM sign_in_failure WHERE name = ?", (name,)).fetchone()
    return None if row is None else (int(row[0]), read_instant(row[1]))


def keep(db: Database, name: bytes, count: int, now: datetime) -> None:
    """Keep that so many in a row were wrong, the latest now. In a write transaction."""
    db.execute(
        "INSERT INTO sign_in_failure (name, count, since) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET count = excluded.count, since = excluded.since",
        (name, count, instant_text(now)),
    )
    db.execute(
        "DELETE FROM sign_in_failure WHERE name IN (SELECT name FROM sign_in_failure"
        " ORDER BY since DESC, name LIMIT -1 OFFSET ?)",
        (MOST_REMEMBERED,),
    )


def remove(db: Database, name: bytes) -> None:
    """Forget the wrong ones of a name."""
    db.execute("DELETE FROM sign_in_failure WHERE name = ?", (name,))


def remove_old(db: Database, before: datetime) -> int:
    """Forget those whose latest was before this; how many names."""
    cursor = db.execute("DELETE FROM sign_in_failure WHERE since < ?", (instant_text(before),))
    return int(cursor.rowcount)
