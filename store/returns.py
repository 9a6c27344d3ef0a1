"""Signed returns: what a unit writes in its own name, revision upon revision, until it is sent. Plain, since it is signed.

A revision is never changed. Whoever saves names the revision they began from, so that nobody's words are overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from store.instants import instant_text, read_instant
from store.plain_json import json_text, read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision; `number` counts from 1. `name` is that of the account that saved it, '' where it is gone."""

    number: int
    answers: Mapping[str, Any]
    language: str
    account: int | None
    name: str
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRevision:
    """A revision in a list: who and when, without what was written."""

    number: int
    name: str
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SentReturn:
    """The revision that a unit sent."""

    revision: int
    name: str
    sent_at: datetime


def save(
    db: Database,
    round_id: str,
    unit: str,
    *,
    based_on: int,
    answers: Mapping[str, Any],
    language: str,
    account: int,
    now: datetime,
) -> int | None:
    """Keep the next revision; its number. None, with nothing kept, when `based_on` (0: nothing yet) is not the latest,
    or the return has been sent. Call it in a write transaction. Raises sqlite3.IntegrityError for a unit that is not
    the round's."""
    row = db.execute(
        "SELECT coalesce(max(revision), 0) FROM return_revision WHERE round = ? AND unit = ?",
        (round_id, unit),
    ).fetchone()
    if row[0] != based_on or sent(db, round_id, unit) is not None:
        return None
    db.execute(
        "INSERT INTO return_revision (round, unit, revision, answers, language, account, saved_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            round_id,
            unit,
            based_on + 1,
            json_text(dict(answers)),
            language,
            account,
            instant_text(now),
        ),
    )
    return based_on + 1


def latest(db: Database, round_id: str, unit: str) -> Revision | None:
    """The newest revision, or None where nobody has begun."""
    return _revision(db, round_id, unit, None)


def read(db: Database, round_id: str, unit: str, number: int) -> Revision | None:
    """One revision, or None."""
    return _revision(db, round_id, unit, number)


def listed(db: Database, round_id: str, unit: str, *, limit: int = 20) -> list[SavedRevision]:
    """Who saved when, the newest first."""
    return [
        SavedRevision(number=number, name=name or "", saved_at=read_instant(saved_at))
        for number, name, saved_at in db.execute(
            "SELECT rr.revision, a.name, rr.saved_at FROM return_revision rr"
            " LEFT JOIN account a ON a.id = rr.account WHERE rr.round = ? AND rr.unit = ?"
            " ORDER BY rr.revision DESC LIMIT ?",
            (round_id, unit, limit),
        )
    ]


def send(
    db: Database, round_id: str, unit: str, *, revision: int, account: int, now: datetime
) -> bool:
    """Note that a unit sends this revision; False when it has sent before. Call it in a write transaction, and hand the
    answers over after its commit: nothing else can be sent then. Raises sqlite3.IntegrityError for no such revision."""
    cursor = db.execute(
        "INSERT INTO return_sent (round, unit, revision, account, sent_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (round, unit) DO NOTHING",
        (round_id, unit, revision, account, instant_text(now)),
    )
    return bool(cursor.rowcount == 1)


def take_back(db: Database, round_id: str, unit: str) -> bool:
    """Note that what was to be sent was not taken in after all; False where nothing was sent."""
    cursor = db.execute("DELETE FROM return_sent WHERE round = ? AND unit = ?", (round_id, unit))
    return bool(cursor.rowcount == 1)


def sent(db: Database, round_id: str, unit: str) -> SentReturn | None:
    """What a unit sent, or None."""
    row = db.execute(
        "SELECT rs.revision, a.name, rs.sent_at FROM return_sent rs"
        " LEFT JOIN account a ON a.id = rs.account WHERE rs.round = ? AND rs.unit = ?",
        (round_id, unit),
    ).fetchone()
    if row is None:
        return None
    return SentReturn(revision=row[0], name=row[1] or "", sent_at=read_instant(row[2]))


def of_round(db: Database, round_id: str) -> Mapping[str, datetime | None]:
    """The units of a round that have begun their return, each with when it was sent, None for not yet."""
    return {
        unit: read_instant(sent_at) if sent_at else None
        for unit, sent_at in db.execute(
            "SELECT DISTINCT rr.unit, rs.sent_at FROM return_revision rr LEFT JOIN return_sent rs"
            " ON rs.round = rr.round AND rs.unit = rr.unit WHERE rr.round = ? ORDER BY rr.unit",
            (round_id,),
        )
    }


def _revision(db: Database, round_id: str, unit: str, number: int | None) -> Revision | None:
    row = db.execute(
        "SELECT rr.revision, rr.answers, rr.language, rr.account, a.name, rr.saved_at"
        " FROM return_revision rr LEFT JOIN account a ON a.id = rr.account"
        " WHERE rr.round = :round AND rr.unit = :unit AND (:number IS NULL OR rr.revision = :number)"
        " ORDER BY rr.revision DESC LIMIT 1",
        {"round": round_id, "unit": unit, "number": number},
    ).fetchone()
    if row is None:
        return None
    return Revision(
        number=row[0],
        answers=read_json(row[1]),
        language=row[2],
        account=row[3],
        name=row[4] or "",
        saved_at=read_instant(row[5]),
    )
