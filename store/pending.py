"""What waits for a person, over all rounds in one statement each: for the desk's front page.

Each function gives at most `limit` places, so that a page costs the same however many rounds there are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from store.editions import ENDED
from store.instants import instant_text, read_instant
from store.not_returned import NOT_RETURNED, WAITS, waiting_text
from store.plain_json import json_text, read_json
from store.round_lines import VISIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Something that waits in a round: its deadline, the unit it is about ('' for none), and how much of it there is."""

    round: str
    title: Mapping[str, str]
    at: datetime
    unit: str = ""
    unit_name: str = ""
    number: int = 0


def unread_texts(db: Database, *, account: int | None, limit: int) -> list[Pending]:
    """Rounds that have stopped receiving and have free text that nobody has decided about."""
    return _pending(
        db,
        "SELECT r.id, r.title, r.receive_until, '', '', t.n FROM (SELECT round, count(*) AS n FROM free_text"  # noqa: S608 - constants
        " WHERE state = 'unread' GROUP BY round) t JOIN round r ON r.id = t.round"
        f" WHERE {VISIBLE} AND r.state IN ('closed', 'finished') ORDER BY r.receive_until, r.id LIMIT :limit",
        account=account,
        limit=limit,
    )


def released_by_place(
    db: Database, *, since: datetime, account: int | None
) -> list[tuple[str, str, int]]:
    """(round, place, how many released texts) of finished rounds that received until after `since`. No signed returns: what
    they hold stands with their answers, read or not."""
    return list(
        db.execute(
            "SELECT t.round, t.place, count(*) FROM free_text t JOIN round r ON r.id = t.round"  # noqa: S608 - constants
            f" WHERE {VISIBLE} AND r.state = 'finished' AND r.promise <> 'signed' AND r.receive_until > :since"
            " AND t.state = 'released' GROUP BY t.round, t.place ORDER BY r.receive_until, t.round, t.place",
            {"account": account, "since": instant_text(since)},
        )
    )


def texts_in_newest_edition(db: Database, round_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """{round: {question: how many texts its newest edition tells}}, of rounds that have one and for the questions of its plan."""
    told: dict[str, dict[str, int]] = {}
    for round_id, question, number in db.execute(
        "SELECT e.round, json_extract(f.value, '$.question'), json_array_length(f.value, '$.texts')"
        " FROM json_each(:rounds) w JOIN edition e ON e.round = w.value"
        " AND e.number = (SELECT max(number) FROM edition WHERE round = w.value)"
        " JOIN json_each(e.figures, '$.free_text') f",
        {"rounds": json_text(list(round_ids))},
    ):
        told.setdefault(round_id, {})[question] = number
    return told


def ending(db: Database, *, until: datetime) -> dict[str, str]:
    """The promise of each open round that ends answering before `until`."""
    return dict(
        db.execute(
            "SELECT id, promise FROM round WHERE test_of IS NULL AND state = 'open' AND answer_until < ?",
            (instant_text(until),),
        ).fetchall()
    )


def units_not_returned(
    db: Database, *, until: datetime, limit: int, waiting: Collection[tuple[str, str]]
) -> list[Pending]:
    """Open rounds that end answering before `until`, with how many of their units have not returned (store/not_returned.py).
    `waiting` has the (round, unit) of what waits to be mixed in the rounds of `ending`, '' for no unit."""
    return _pending(
        db,
        f"{WAITS} SELECT r.id, r.title, r.answer_until, '', '', count(*) FROM round r"  # noqa: S608 - constants
        " JOIN round_unit ru ON ru.round = r.id WHERE r.test_of IS NULL AND r.state = 'open'"
        f" AND r.answer_until < :until AND {NOT_RETURNED}"
        " GROUP BY r.id, r.title, r.answer_until ORDER BY r.answer_until, r.id LIMIT :limit",
        account=None,
        limit=limit,
        until=instant_text(until),
        waiting=waiting_text(waiting),
    )


def numbers_to_type(db: Database, *, account: int, limit: int) -> list[Pending]:
    """Units that an account coordinates, in rounds that have opened, whose numbers are not all reported."""
    return _pending(
        db,
        "SELECT r.id, r.title, r.answer_until, u.id, u.name, 0 FROM account_role ar"  # noqa: S608 - constants
        " JOIN round_unit ru ON ru.unit = ar.unit JOIN round r ON r.id = ru.round JOIN unit u ON u.id = ru.unit"
        " WHERE ar.account = :account AND ar.role = 'coordinator' AND r.test_of IS NULL AND r.promise <> 'signed'"
        " AND r.state IN ('open', 'closed', 'finished') AND (ru.eligible IS NULL OR ru.offered IS NULL"
        " OR ru.declined IS NULL OR ru.unable IS NULL)"
        f" AND NOT {ENDED} ORDER BY r.answer_until, r.id, u.name LIMIT :limit",
        account=account,
        limit=limit,
    )


def returns_to_send(db: Database, *, account: int, limit: int) -> list[Pending]:
    """Signed returns of units that an account answers for, in open rounds, that were not sent. `number` is the newest
    revision, 0 where nobody has begun."""
    return _pending(
        db,
        "SELECT r.id, r.title, r.answer_until, u.id, u.name, (SELECT coalesce(max(revision), 0) FROM return_revision v"
        " WHERE v.round = r.id AND v.unit = u.id) FROM account_role ar"
        " JOIN round_unit ru ON ru.unit = ar.unit JOIN round r ON r.id = ru.round JOIN unit u ON u.id = ru.unit"
        " WHERE ar.account = :account AND ar.role = 'respondent' AND r.test_of IS NULL AND r.promise = 'signed'"
        " AND r.state = 'open'"
        " AND NOT EXISTS (SELECT 1 FROM return_sent s WHERE s.round = ru.round AND s.unit = ru.unit)"
        " ORDER BY r.answer_until, r.id, u.name LIMIT :limit",
        account=account,
        limit=limit,
    )


def interviews_to_hold(db: Database, *, now: datetime, account: int, limit: int) -> list[Pending]:
    """Units that an account interviews or registers for, in confidential rounds that are being answered."""
    return _pending(
        db,
        "SELECT r.id, r.title, r.answer_until, u.id, u.name, 0 FROM account_role ar"
        " JOIN round_unit ru ON ru.unit = ar.unit JOIN round r ON r.id = ru.round JOIN unit u ON u.id = ru.unit"
        " WHERE ar.account = :account AND ar.role = 'interviewer' AND r.test_of IS NULL"
        " AND r.promise = 'confidential' AND r.state = 'open' AND r.opens_at <= :now AND r.answer_until > :now"
        " ORDER BY r.answer_until, r.id, u.name LIMIT :limit",
        account=account,
        limit=limit,
        now=instant_text(now),
    )


def new_reports(db: Database, *, since: datetime, account: int | None, limit: int) -> list[Pending]:
    """Rounds whose newest edition was made after `since`; `at` is when, `number` the edition's."""
    return _pending(
        db,
        "SELECT r.id, r.title, e.made_at, '', '', e.number FROM round r JOIN edition e ON e.round = r.id"  # noqa: S608 - constants
        " AND e.number = (SELECT max(number) FROM edition WHERE round = r.id)"
        f" WHERE {VISIBLE} AND e.made_at > :since ORDER BY e.made_at DESC, r.id LIMIT :limit",
        account=account,
        limit=limit,
        since=instant_text(since),
    )


def _pending(
    db: Database, select: str, *, account: int | None, limit: int, **values: str
) -> list[Pending]:
    return [
        Pending(
            round=row[0],
            title=read_json(row[1]),
            at=read_instant(row[2]),
            unit=row[3],
            unit_name=row[4],
            number=row[5],
        )
        for row in db.execute(select, {"account": account, "limit": limit, **values})
    ]
