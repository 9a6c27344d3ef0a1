"""Codes of invited rounds, in waiting.db: what letters there are, which codes were used. Never who, when, or for which answer.

A code is spent by `spend` in the transaction that keeps the answer it came with (submissions.put), so that of two who send
with one code exactly one is kept, and a crash leaves neither or both. The mark is one bit in place: the row keeps its place,
which is given by the hash of the code, and no other table names it. What one commit wrote lies together in the write-ahead
log until the log is emptied; store/joined_commits.py empties it after each commit that spent a code. What remains to one
who can read the files between the two, or again and again, is told in docs/invited-rounds.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlite_utils import Database


class CodeState(StrEnum):
    """What a code is."""

    UNUSED = "unused"
    USED = "used"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterNumbers:
    """Of one round: letters made, letters that were sent (None: nobody has said, so all that were made), codes used."""

    made: int = 0
    sent: int | None = None
    used: int = 0

    @property
    def unused(self) -> int:
        """Letters whose code nobody has used."""
        return self.made - self.used

    @property
    def base(self) -> int:
        """What the response rate is of: the letters sent."""
        return self.made if self.sent is None else self.sent

    @property
    def rate(self) -> float | None:
        """Codes used of letters sent; None before there are letters, and where fewer are said to be sent than came back."""
        return self.used / self.base if self.base and self.used <= self.base else None


def seed(db: Database, round_id: str) -> bytes | None:
    """What the codes of a round are made from (32 bytes); None before it has any."""
    row = db.conn.execute(
        "SELECT seed FROM invitation_round WHERE round = ?", (round_id,)
    ).fetchone()
    return None if row is None else bytes(row[0])


def keep_seed(db: Database, round_id: str, new: bytes) -> bytes:
    """Give a round its seed, once; the one that it has."""
    db.conn.execute(
        "INSERT INTO invitation_round (round, seed) VALUES (?, ?) ON CONFLICT (round) DO NOTHING",
        (round_id, new),
    )
    found = seed(db, round_id)
    assert found is not None
    return found


def add(db: Database, round_id: str, hashes: Mapping[int, bytes]) -> None:
    """Keep new codes: the hash (32 bytes) by the number of its letter. In a write transaction on waiting.db.

    Raises sqlite3.IntegrityError when a letter or a hash is there already.
    """
    db.conn.executemany(
        "INSERT INTO invitation (hash, round, letter) VALUES (?, ?, ?)",
        sorted((code, round_id, letter) for letter, code in hashes.items()),
    )


def set_sent(db: Database, round_id: str, sent: int | None) -> None:
    """Say how many letters were really sent; None: all that were made."""
    db.conn.execute("UPDATE invitation_round SET sent = ? WHERE round = ?", (sent, round_id))


def numbers(db: Database, round_id: str) -> LetterNumbers:
    """How many letters of a round there are, and how many of their codes were used."""
    made, used = db.conn.execute(
        "SELECT count(*), coalesce(sum(used), 0) FROM invitation WHERE round = ?", (round_id,)
    ).fetchone()
    row = db.conn.execute(
        "SELECT sent FROM invitation_round WHERE round = ?", (round_id,)
    ).fetchone()
    return LetterNumbers(made=made, used=used, sent=None if row is None else row[0])


def letters(
    db: Database,
    round_id: str,
    *,
    first: int = 1,
    limit: int = -1,
    only_unused: bool = False,
) -> list[int]:
    """Numbers of letters, ascending, from `first` on: at most `limit` of them (-1: all)."""
    return [
        row[0]
        for row in db.conn.execute(
            "SELECT letter FROM invitation WHERE round = ? AND letter >= ? AND used <= ?"
            " ORDER BY letter LIMIT ?",
            (round_id, first, 0 if only_unused else 1, limit),
        )
    ]


def last_letter(db: Database, round_id: str) -> int:
    """The highest number of a letter; 0 before there is one."""
    row = db.conn.execute(
        "SELECT max(letter) FROM invitation WHERE round = ?", (round_id,)
    ).fetchone()
    return int(row[0] or 0)


def state(db: Database, round_id: str, code: bytes) -> CodeState:
    """What the code with this hash is in a round."""
    row = db.conn.execute(
        "SELECT used FROM invitation WHERE hash = ? AND round = ?", (code, round_id)
    ).fetchone()
    if row is None:
        return CodeState.UNKNOWN
    return CodeState.USED if row[0] else CodeState.UNUSED


def spend(db: Database, round_id: str, code: bytes) -> CodeState:
    """Use a code: what it was. Only from UNUSED does anything change. In the transaction that keeps the answer."""
    cursor = db.conn.execute(
        "UPDATE invitation SET used = 1 WHERE hash = ? AND round = ? AND used = 0",
        (code, round_id),
    )
    return CodeState.UNUSED if cursor.rowcount == 1 else state(db, round_id, code)


def give_back(db: Database, codes: Iterable[bytes]) -> None:
    """Undo `spend` for answers that are not kept after all, in the same transaction."""
    db.conn.executemany(
        "UPDATE invitation SET used = 0 WHERE hash = ?", ((code,) for code in codes)
    )
