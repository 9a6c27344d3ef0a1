"""Mixes that a person ordered from the process that keeps the keys: of what came late to a finished round, or of a test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from store.instants import instant_text, read_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class MixOrder:
    """One order. `account` is who gave it, None where that account is gone."""

    round: str
    account: int | None
    at: datetime


def place(db: Database, round_id: str, *, account: int | None, now: datetime) -> None:
    """Order a mix of all that waits in a round; an order that stands already stays with its new hour."""
    db.execute(
        "INSERT INTO mix_order (round, account, at) VALUES (?, ?, ?)"
        " ON CONFLICT (round) DO UPDATE SET account = excluded.account, at = excluded.at",
        (round_id, account, instant_text(now)),
    )


def find(db: Database, round_id: str) -> MixOrder | None:
    """The order that stands for a round, or None."""
    return next((one for one in listed(db) if one.round == round_id), None)


def listed(db: Database) -> list[MixOrder]:
    """All orders that have not been carried out, by round. There are few: each lives for some seconds."""
    return [
        MixOrder(round=round_id, account=account, at=read_instant(at))
        for round_id, account, at in db.execute(
            "SELECT round, account, at FROM mix_order ORDER BY round"
        )
    ]


def done(db: Database, order: MixOrder) -> bool:
    """Take an order away that was carried out; False when it has been given again meanwhile, and stands."""
    cursor = db.execute(
        "DELETE FROM mix_order WHERE round = ? AND at = ?", (order.round, instant_text(order.at))
    )
    return bool(cursor.rowcount == 1)
