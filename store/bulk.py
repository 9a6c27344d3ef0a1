"""Statements over many keys at once.

Python's sqlite3 gives up its interpreter lock at each step of each statement, and under load waits to get it back; one
statement over sixty keys is worth far more than sixty look-ups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TypeVar

from sqlite_utils import Database

#: Keys in one statement. Every number of keys is a statement of its own to prepare, and few are kept prepared.
LARGEST = 60

T = TypeVar("T")


def portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in order, at most LARGEST at a time."""
    for start in range(0, len(items), LARGEST):
        yield items[start : start + LARGEST]


def found_by_key(db: Database, select: str, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """Key and value of those of the keys that `select` finds: a statement of ours that ends in ``key IN``."""
    found: dict[bytes, bytes] = {}
    for some in portions(keys):
        found.update(db.conn.execute(f"{select} {marks(len(some))}", some).fetchall())
    return found


@cache
def marks(number: int) -> str:
    """`(?, ?, ?)` with this many marks."""
    return f"({', '.join('?' * number)})"


@cache
def rows_of_marks(rows: int, columns: int) -> str:
    """`(?, ?), (?, ?), (?, ?)` for a statement that inserts several rows."""
    return ", ".join([marks(columns)] * rows)
