"""Receipts: what is known of a submission after it was mixed. A key, a digest, a state; no time and no order.

They outlive the sealed copy, so that a tablet that sends again long after mixing gets its receipt. All functions work
on the main file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from sqlite_utils import Database

from store.bulk import found_by_key


class ReceiptState(StrEnum):
    """What became of the submission."""

    MIXED = "mixed"
    QUARANTINED = "quarantined"


def digest_of(db: Database, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """The digests (32 bytes) of those of the keys (16 bytes) that have a receipt."""
    return found_by_key(db, "SELECT key, digest FROM receipt WHERE key IN", keys)


def mixed_digest_of(db: Database, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """As `digest_of`, of those only whose answers were kept: what went to quarantine is left out."""
    return found_by_key(
        db, "SELECT key, digest FROM receipt WHERE state = 'mixed' AND key IN", keys
    )


def state_of(db: Database, key: bytes) -> ReceiptState | None:
    """What became of one submission; None when it was never mixed."""
    row = db.conn.execute("SELECT state FROM receipt WHERE key = ?", (key,)).fetchone()
    return None if row is None else ReceiptState(row[0])


def add(
    db: Database,
    receipts: Iterable[tuple[bytes, bytes]],
    state: ReceiptState = ReceiptState.MIXED,
) -> None:
    """Keep receipts (key, digest) in the transaction that keeps the answers. In key order is fastest.

    Raises sqlite3.IntegrityError when a key has one already: such a submission must not be mixed again.
    """
    word = state.value
    db.conn.executemany(
        "INSERT INTO receipt (key, digest, state) VALUES (?, ?, ?)",
        ((key, digest, word) for key, digest in receipts),
    )


def take_back(db: Database, key: bytes, digest: bytes) -> bool:
    """Forget that a submission went to quarantine, so that it may be mixed after all; False where it has no such receipt."""
    cursor = db.conn.execute(
        "DELETE FROM receipt WHERE key = ? AND digest = ? AND state = 'quarantined'", (key, digest)
    )
    return bool(cursor.rowcount == 1)


def note_gone(db: Database, key: bytes, digest: bytes) -> bool:
    """Give a submission that is deleted from quarantine its receipt, so that it never comes back; False where it has one."""
    cursor = db.conn.execute(
        "INSERT INTO receipt (key, digest, state) VALUES (?, ?, 'quarantined') ON CONFLICT (key) DO NOTHING",
        (key, digest),
    )
    return bool(cursor.rowcount == 1)
