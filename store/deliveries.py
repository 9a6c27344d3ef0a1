"""Deliveries: editions on their way to the working group of their round, and whom each was told by mail.

A period of a round is its *receive until*, a Monday, the first of a month, or the instant at which a person asked for it
again. Its row is kept in the transaction that keeps its edition, so that whoever takes it up after a crash has the same
figures; it is delivered in the transaction that writes its mails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from store.instants import instant_text, read_instant, read_optional_instant
from store.outbox import MessageState

#: The job in the table of runs; a period there is '<round> <period>'.
DELIVERY = "delivery"


class Occasion(StrEnum):
    """Why there is a delivery."""

    END = "end"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    #: A person asked for it.
    AGAIN = "again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery. `number` is its edition's; `folder` is below the root of all export folders, '' where it went to none;
    `delivered_at` is None while it is on its way."""

    id: int
    round: str
    period: str
    occasion: Occasion
    edition: str
    number: int
    made_at: datetime
    delivered_at: datetime | None
    folder: str

    @property
    def run_period(self) -> str:
        """What its period is called in the table of runs."""
        return run_period(self.round, self.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Somebody who is told of a delivery by mail. `state` is None where the outbox has forgotten the message; `doubts` counts the
    attempts whose end nobody knows: the mail may have come so many times more."""

    delivery: int
    account: int
    name: str
    email: str
    message: int
    state: MessageState | None
    sent_at: datetime | None
    doubts: int
    trying: bool
    error: str


def run_period(round_id: str, period: str) -> str:
    """What a period of a round is called in the table of runs."""
    return f"{round_id} {period}"


def add(
    db: Database,
    *,
    round_id: str,
    period: str,
    occasion: Occasion,
    edition: str,
    now: datetime,
) -> bool:
    """Keep a delivery that is on its way; False where the period has one already. Raises sqlite3.IntegrityError for an unknown
    round or edition."""
    row = db.execute(
        "INSERT INTO delivery (round, period, occasion, edition, made_at)"
        " VALUES (:round, :period, :occasion, :edition, :now)"
        " ON CONFLICT (round, period) DO NOTHING RETURNING id",
        {
            "round": round_id,
            "period": period,
            "occasion": occasion.value,
            "edition": edition,
            "now": instant_text(now),
        },
    ).fetchone()
    return row is not None


def delivered(db: Database, delivery: int, *, folder: str, now: datetime) -> bool:
    """Note that it lies in its folder; False when that was noted before, so that whoever gets True writes the mails."""
    cursor = db.execute(
        "UPDATE delivery SET delivered_at = ?, folder = ? WHERE id = ? AND delivered_at IS NULL",
        (instant_text(now), folder, delivery),
    )
    return bool(cursor.rowcount == 1)


def keep_told(db: Database, delivery: int, account: int, message: int) -> None:
    """Note which message tells an account of it. Raises sqlite3.IntegrityError where one does already."""
    db.execute(
        "INSERT INTO delivery_mail (delivery, account, message) VALUES (?, ?, ?)",
        (delivery, account, message),
    )


def find(db: Database, round_id: str, period: str) -> Delivery | None:
    """The delivery of a period of a round, or None."""
    found = _deliveries(db, "d.round = ? AND d.period = ?", (round_id, period))
    return found[0] if found else None


def of_round(db: Database, round_id: str) -> list[Delivery]:
    """All deliveries of a round, the newest first."""
    return _deliveries(db, "d.round = ?", (round_id,))


def on_their_way(db: Database) -> list[Delivery]:
    """All that are not delivered, the newest first."""
    return _deliveries(db, "d.delivered_at IS NULL", ())


def listed(db: Database, *, limit: int) -> list[Delivery]:
    """The newest deliveries of all rounds, the newest first."""
    return _deliveries(db, "1 = 1", ())[:limit]


def told(db: Database, deliveries: Sequence[int]) -> list[Told]:
    """Whom these deliveries are told, by name."""
    if not deliveries:
        return []
    marks = ", ".join("?" * len(deliveries))
    return [
        Told(
            delivery=row[0],
            account=row[1],
            name=row[2],
            email=row[3],
            message=row[4],
            state=None if row[5] is None else MessageState(row[5]),
            sent_at=read_optional_instant(row[6]),
            doubts=row[7] or 0,
            trying=bool(row[8]),
            error=row[9] or "",
        )
        for row in db.execute(
            "SELECT t.delivery, t.account, a.name, a.email, t.message, m.state, m.sent_at, m.doubts, m.trying, m.error"  # noqa: S608 - constants
            " FROM delivery_mail t JOIN delivery d ON d.id = t.delivery JOIN account a ON a.id = t.account"
            # Numbers of messages come again when the outbox has forgotten them all.
            " LEFT JOIN message m ON m.id = t.message AND m.written_at = d.delivered_at"
            f" AND m.kind = '{DELIVERY}' WHERE t.delivery IN ({marks}) ORDER BY a.name, a.id",
            list(deliveries),
        )
    ]


def ended(db: Database) -> list[tuple[str, datetime]]:
    """(round, *receive until*) of what has been mixed wholly and whose end has no finished run of a delivery. No tests."""
    return [
        (round_id, read_instant(at))
        for round_id, at in db.execute(
            "SELECT r.id, r.receive_until FROM round r WHERE r.state = 'finished' AND r.test_of IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM run WHERE run.name = :job"
            " AND run.period = r.id || ' ' || r.receive_until AND run.state = 'finished')"
            " ORDER BY r.receive_until, r.id",
            {"job": DELIVERY},
        )
    ]


def _deliveries(db: Database, condition: str, values: Sequence[Any]) -> list[Delivery]:
    return [
        Delivery(
            id=row[0],
            round=row[1],
            period=row[2],
            occasion=Occasion(row[3]),
            edition=row[4],
            number=row[5],
            made_at=read_instant(row[6]),
            delivered_at=read_optional_instant(row[7]),
            folder=row[8],
        )
        for row in db.execute(
            "SELECT d.id, d.round, d.period, d.occasion, d.edition, e.number, d.made_at, d.delivered_at, d.folder"  # noqa: S608 - constants
            f" FROM delivery d JOIN edition e ON e.id = d.edition WHERE {condition} ORDER BY d.id DESC",
            list(values),
        )
    ]
