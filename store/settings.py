"""Settings that belong to the data and not to the machine, and the restore epoch."""

from __future__ import annotations

from sqlite_utils import Database

RESTORE_EPOCH = "restore_epoch"


def read(db: Database, name: str) -> str | None:
    """The value of a setting, or None where it was never set."""
    row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def write(db: Database, name: str, value: str) -> None:
    """Set a setting."""
    db.execute(
        "INSERT INTO setting (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def remove(db: Database, name: str) -> None:
    """Forget a setting."""
    db.execute("DELETE FROM setting WHERE name = ?", (name,))


def restore_epoch(db: Database) -> int:
    """How many times this data was restored from a backup. When it rises, tablets send again what they still keep."""
    return int(read(db, RESTORE_EPOCH) or 0)


def raise_restore_epoch(db: Database) -> int:
    """Note a restore; the new epoch. In the write transaction that applies the deletions since the backup."""
    epoch = restore_epoch(db) + 1
    write(db, RESTORE_EPOCH, str(epoch))
    return epoch
