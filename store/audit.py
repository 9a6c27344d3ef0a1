"""The audit log: what people of the desk and the service's own processes did. Added to, never changed.

An entry is written in the transaction of the change that it tells of, so that neither is there without the other. Each
entry's hash covers the one before it, so that a changed, removed or inserted entry breaks the chain from there on; what a
chain alone cannot show, that its end was cut off, shows against a head that somebody noted elsewhere (`svarboks audit
head`). Respondents are never in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from store.instants import instant_text, read_instant
from store.plain_json import json_text, read_json

#: What the first entry's hash is chained to.
BEGINNING = bytes(32)

#: Who did it, where it was no account.
COMMAND_LINE = "command-line"
SCHEDULER = "scheduler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `actor` is 'account:7', 'command-line' or 'scheduler'; `subject` is what was changed, as 'round:k7m2pq',
    'account:7', 'unit:assens'; `details` is what a reader needs to know, never a secret."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]
    hash: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found: how many entries hold, the hash of the last of them (hex), and the first number that does
    not hold, None where all do."""

    entries: int
    head: str
    broken_at: int | None


_COLUMNS = "number, at, actor, action, subject, details, hash"


def by_account(account: int) -> str:
    """The actor that stands for an account."""
    return f"account:{account}"


def note(
    db: Database,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry, in the write transaction of the change. `action` is a verb in the past with its object: 'round
    opened'. Raises RuntimeError outside a transaction."""
    if not db.conn.in_transaction:
        raise RuntimeError("an audit entry belongs into the transaction of its change")
    row = db.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    number, previous = (row[0] + 1, row[1]) if row else (1, BEGINNING)
    values = (number, instant_text(at), actor, action, subject, json_text(dict(details or {})))
    db.execute(
        f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constants
        (*values, _hash(previous, values)),
    )


def listed(
    db: Database, *, subject: str | None = None, before: int | None = None, limit: int = 50
) -> list[Entry]:
    """Entries, the newest first, those with a number below `before` when given; of one subject when given."""
    return [
        _entry(row)
        for row in db.execute(
            f"SELECT {_COLUMNS} FROM audit WHERE (:subject IS NULL OR subject = :subject)"  # noqa: S608 - constants
            " AND (:before IS NULL OR number < :before) ORDER BY number DESC LIMIT :limit",
            {"subject": subject, "before": before, "limit": limit},
        )
    ]


def verify(db: Database, *, head: str | None = None) -> Verdict:
    """Recompute the chain. With `head` (hex, noted earlier) the chain must also still hold an entry of that hash;
    `broken_at` is then one past the last entry when it does not."""
    previous, number, seen = BEGINNING, 0, head is None
    for row in db.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY number"):  # noqa: S608 - constants
        expected = _hash(previous, row[:6])
        if row[0] != number + 1 or row[6] != expected:
            return Verdict(number, previous.hex() if number else "", number + 1)
        previous, number = expected, row[0]
        seen = seen or previous.hex() == head
    return Verdict(number, previous.hex() if number else "", None if seen else number + 1)


def _hash(previous: bytes, values: Sequence[Any]) -> bytes:
    return hashlib.sha256(previous + json_text(list(values)).encode()).digest()


def _entry(row: Sequence[Any]) -> Entry:
    return Entry(
        number=row[0],
        at=read_instant(row[1]),
        actor=row[2],
        action=row[3],
        subject=row[4],
        details=read_json(row[5]),
        hash=row[6],
    )
