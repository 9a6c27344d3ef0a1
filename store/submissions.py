"""Sealed answers on their way, in waiting.db, and how many of each round wait there.

Intake writes nothing but this. Nothing here has a time or an order: submissions leave in the order of their random
keys, which says nothing of their arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlite_utils import Database


class Outcome(StrEnum):
    """What became of one submission that was put."""

    #: Kept now.
    NEW = "new"
    #: The same bytes are known already: the same receipt, and nothing changed.
    REPEATED = "repeated"
    #: Other bytes are known under this key: nothing changed.
    CONFLICT = "conflict"
    #: The round holds as many as it may: nothing changed.
    FULL = "full"


class Submission(NamedTuple):
    """One sealed answer. `key` 16 bytes, `digest` 32 bytes (SHA-256 of the envelope), `header` the envelope's JSON."""

    key: bytes
    digest: bytes
    round: str
    header: str
    sealed: bytes


def put(
    db: Database,
    items: Sequence[Submission],
    *,
    known: Mapping[bytes, bytes],
    room: Mapping[str, int],
) -> list[Outcome]:
    """Keep what is new; one outcome for each item, in the same order. Call it in a write transaction on waiting.db.

    `known` holds the digests of those keys that have a receipt in the main file, read after this transaction began
    (mixing commits its receipts before it removes what waited, so a key is always seen in at least one place).
    `room` is, for a round, how many may wait at once: its ceiling less what it has received already; a round that is
    not in it has no limit. A repeat is never `FULL`.
    """
    cursor = db.conn.cursor()
    outcomes: list[Outcome] = []
    waiting: dict[str, int] = {}
    added: dict[str, int] = {}
    for item in items:
        digest = known.get(item.key)
        if digest is None:
            limit = room.get(item.round)
            if limit is not None:
                if item.round not in waiting:
                    waiting[item.round] = waiting_count(db, item.round)
                if waiting[item.round] + added.get(item.round, 0) >= limit:
                    digest = _waiting_digest(db, item.key)
                    if digest is None:
                        outcomes.append(Outcome.FULL)
                        continue
        if digest is None:
            cursor.execute(
                "INSERT INTO submission (key, digest, round, header, sealed) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (key) DO NOTHING",
                item,
            )
            if cursor.rowcount == 1:
                added[item.round] = added.get(item.round, 0) + 1
                outcomes.append(Outcome.NEW)
                continue
            digest = _waiting_digest(db, item.key)
        outcomes.append(Outcome.REPEATED if digest == item.digest else Outcome.CONFLICT)
    for round_id, number in added.items():
        cursor.execute(
            "INSERT INTO round_load (round, waiting) VALUES (?, ?)"
            " ON CONFLICT (round) DO UPDATE SET waiting = round_load.waiting + excluded.waiting",
            (round_id, number),
        )
    return outcomes


def _waiting_digest(db: Database, key: bytes) -> bytes | None:
    row = db.conn.execute("SELECT digest FROM submission WHERE key = ?", (key,)).fetchone()
    return None if row is None else row[0]


def take(
    db: Database, round_id: str, limit: int, *, after: bytes | None = None
) -> list[Submission]:
    """Up to `limit` submissions of a round in key order, those after the key `after` when given. Takes nothing away:
    that is `remove`, after the commit that keeps the answers."""
    return [
        Submission(*row)
        for row in db.conn.execute(
            "SELECT key, digest, round, header, sealed FROM submission"
            " WHERE round = ? AND key > ? ORDER BY key LIMIT ?",
            (round_id, after or b"", limit),
        )
    ]


def waiting_count(db: Database, round_id: str) -> int:
    """How many submissions of the round wait."""
    row = db.conn.execute("SELECT waiting FROM round_load WHERE round = ?", (round_id,)).fetchone()
    return 0 if row is None else int(row[0])


def waiting_counts(db: Database) -> dict[str, int]:
    """How many submissions wait, by round; rounds where none waits are left out."""
    return dict(
        db.conn.execute("SELECT round, waiting FROM round_load WHERE waiting > 0 ORDER BY round")
    )


def remove(db: Database, round_id: str, keys: Iterable[bytes]) -> int:
    """Remove sealed copies of a round; how many there were. Keys that are gone already do no harm: it may be repeated.

    Call it in a write transaction on waiting.db, after the main file's transaction with their receipts has committed.
    """
    cursor = db.conn.cursor()
    cursor.executemany(
        "DELETE FROM submission WHERE key = ? AND round = ?", ((key, round_id) for key in keys)
    )
    removed = max(cursor.rowcount, 0)
    if removed:
        cursor.execute(
            "UPDATE round_load SET waiting = waiting - ? WHERE round = ?", (removed, round_id)
        )
    return removed
