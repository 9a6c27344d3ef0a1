"""Leases: one process at a time does a thing, and another may take over when it has died."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from store.instants import instant_text


def acquire(db: Database, name: str, holder: str, *, now: datetime, until: datetime) -> bool:
    """Take the lease, renew one's own, or take over one that has expired; False while another holds it.

    `holder` is a random word of the process. Call it in a write transaction, and again well before `until`.
    """
    row = db.execute(
        "INSERT INTO lease (name, holder, until) VALUES (:name, :holder, :until)"
        " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until"
        " WHERE lease.holder = excluded.holder OR lease.until <= :now RETURNING holder",
        {
            "name": name,
            "holder": holder,
            "now": instant_text(now),
            "until": instant_text(until),
        },
    ).fetchone()
    return row is not None


def release(db: Database, name: str, holder: str) -> bool:
    """Give the lease back; False when another holds it."""
    cursor = db.execute("DELETE FROM lease WHERE name = ? AND holder = ?", (name, holder))
    return bool(cursor.rowcount == 1)


def holder_of(db: Database, name: str, now: datetime) -> str | None:
    """Who holds the lease at this instant, or None."""
    row = db.execute(
        "SELECT holder FROM lease WHERE name = ? AND until > ?", (name, instant_text(now))
    ).fetchone()
    return None if row is None else str(row[0])


def held(db: Database, beginning: str, now: datetime) -> bool:
    """Whether any lease whose name begins like this is held at this instant."""
    row = db.execute(
        "SELECT 1 FROM lease WHERE substr(name, 1, length(:beginning)) = :beginning AND until > :now LIMIT 1",
        {"beginning": beginning, "now": instant_text(now)},
    ).fetchone()
    return row is not None
