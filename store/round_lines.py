"""Rounds as lists show them, a line each: read for many rounds in one statement, without what only a round's own page needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from store.instants import instant_text, read_instant
from store.plain_json import read_json
from store.rounds import RoundState


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundLine:
    """One round in a list. `mixed` is what came back and is mixed; `edition` the newest edition's number, None before
    the first; `working_group` the group's name, '' for none,
    `group` its id."""

    id: str
    title: Mapping[str, str]
    state: RoundState
    promise: str
    approved: bool
    opens_at: datetime
    answer_until: datetime
    receive_until: datetime
    working_group: str
    group: str | None
    mixed: int
    edition: int | None


_COLUMNS = (
    "r.id, r.title, r.state, r.promise, r.approved, r.opens_at, r.answer_until, r.receive_until, coalesce(g.name, ''),"
    " (SELECT coalesce(sum(n), 0) FROM returned WHERE round = r.id),"
    " (SELECT max(number) FROM edition WHERE round = r.id), r.working_group"
)
_FROM = "FROM round r LEFT JOIN working_group g ON g.id = r.working_group"

#: No test rounds; all rounds where :account is NULL, else those of its working groups and units.
VISIBLE = (
    "r.test_of IS NULL AND (:account IS NULL OR r.working_group IN"
    " (SELECT working_group FROM account_role WHERE account = :account) OR r.id IN (SELECT ru.round"
    " FROM account_role ar JOIN round_unit ru ON ru.unit = ar.unit WHERE ar.account = :account))"
)


def listed(
    db: Database,
    *,
    account: int | None,
    state: RoundState | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[RoundLine]:
    """Rounds that are under way before those that have ended, the next *receive until* of the former and the latest of the
    latter first; of one state when given, and those that one account has a role for when given."""
    return _lines(
        db,
        f"{VISIBLE} AND (:state IS NULL OR r.state = :state)"
        " ORDER BY CASE WHEN r.state IN ('planned', 'open') THEN 0 ELSE 1 END,"
        " CASE WHEN r.state IN ('planned', 'open') THEN r.receive_until END,"
        " r.receive_until DESC, r.id LIMIT :limit OFFSET :offset",
        {"account": account, "state": state, "limit": limit, "offset": offset},
    )


def numbers(db: Database, *, account: int | None) -> dict[RoundState, int]:
    """How many rounds there are in each state; of one account's when given."""
    counted = dict(
        db.execute(
            f"SELECT r.state, count(*) FROM round r WHERE {VISIBLE} GROUP BY r.state",  # noqa: S608 - constants
            {"account": account},
        ).fetchall()
    )
    return {state: counted.get(state.value, 0) for state in RoundState}


def next_to_happen(
    db: Database, now: datetime, *, account: int | None, limit: int
) -> list[RoundLine]:
    """Rounds that open, or end their answering or receiving, after `now`: the next first."""
    return _lines(
        db,
        f"{VISIBLE} AND r.state IN ('planned', 'open') AND r.receive_until > :now ORDER BY CASE"
        " WHEN r.opens_at > :now THEN r.opens_at WHEN r.answer_until > :now THEN r.answer_until"
        " ELSE r.receive_until END, r.id LIMIT :limit",
        {"account": account, "now": instant_text(now), "limit": limit},
    )


def not_approved(db: Database, *, limit: int) -> list[RoundLine]:
    """Planned rounds that wait for a person to open them, the one whose opening comes first on top."""
    return _lines(
        db,
        f"{VISIBLE} AND r.state = 'planned' AND r.approved = 0 ORDER BY r.opens_at, r.id LIMIT :limit",
        {"account": None, "limit": limit},
    )


def without_edition(db: Database, *, account: int | None, limit: int) -> list[RoundLine]:
    """Finished rounds of which no edition has been made, those that ended first on top."""
    return _lines(
        db,
        f"{VISIBLE} AND r.state = 'finished'"  # noqa: S608 - constants
        " AND NOT EXISTS (SELECT 1 FROM edition e WHERE e.round = r.id)"
        " ORDER BY r.receive_until, r.id LIMIT :limit",
        {"account": account, "limit": limit},
    )


def of_ids(db: Database, ids: Sequence[str], *, account: int | None) -> dict[str, RoundLine]:
    """Those of the rounds with these ids that are visible, by id."""
    marks = {f"id{number}": one for number, one in enumerate(ids)}
    names = ", ".join(f":{name}" for name in marks)
    found = _lines(db, f"{VISIBLE} AND r.id IN ({names})", {"account": account, **marks})
    return {line.id: line for line in found}


def _lines(db: Database, condition: str, values: dict[str, Any]) -> list[RoundLine]:
    return [
        RoundLine(
            id=row[0],
            title=read_json(row[1]),
            state=RoundState(row[2]),
            promise=row[3],
            approved=bool(row[4]),
            opens_at=read_instant(row[5]),
            answer_until=read_instant(row[6]),
            receive_until=read_instant(row[7]),
            working_group=row[8],
            mixed=row[9],
            edition=row[10],
            group=row[11],
        )
        for row in db.execute(
            f"SELECT {_COLUMNS} {_FROM} WHERE {condition}",
            values,
        )
    ]
