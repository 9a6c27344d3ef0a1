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


def restore_epoch(db: Database) -> str:
    """The word of this data's restore epoch (16 hex digits). Another one tells tablets to send again what they still keep."""
    found = read(db, RESTORE_EPOCH)
    assert found is not None  # the migration has drawn the first one
    return found


def change_restore_epoch(db: Database, new: str) -> None:
    """Note that this data was restored from a backup. `new` is random, 16 hex digits."""
    write(db, RESTORE_EPOCH, new)
