"""Rounds: a version or several compatible ones, opened to a circle for a time under a promise; and their collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from forms.problems import Problem, ProblemError
from store.instants import instant_text, read_instant
from store.plain_json import json_text, read_json


class RoundState(StrEnum):
    """planned → open → closed (receives no more; may be opened again) → finished (mixed wholly; never goes back)."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round as it is kept. Instants are aware; texts are by language tag.

    `versions` are hashes, the newest (highest number) last: the one that pages and bundles serve. `survey` is 'total'
    or 'sample', `population` the number of people it speaks of where known; `access` is 'public' or 'invited'.
    A planned round opens by itself once it is `approved`. `test_of` is the round that a test round tries out.
    `public_key` (base64url of the point) and `kid` stay None until the process that keeps keys has made them.
    """

    id: str
    collection: str
    title: Mapping[str, str]
    promise: str
    opens_at: datetime
    answer_until: datetime
    receive_until: datetime
    languages: tuple[str, ...]
    channels: tuple[str, ...]
    versions: tuple[str, ...]
    privacy_notice: Mapping[str, Any]
    smallest_group: int = 5
    survey: str = "total"
    population: int | None = None
    ceiling: int = 100_000
    access: str = "public"
    contact: Mapping[str, str] = field(default_factory=dict)
    working_group: str | None = None
    approved: bool = True
    test_of: str | None = None
    state: RoundState = RoundState.PLANNED
    public_key: str | None = None
    kid: str | None = None

    @property
    def version(self) -> str:
        """The hash of the version that new answers are given to."""
        return self.versions[-1]

    def answering(self, now: datetime) -> bool:
        """Whether a person may begin an answer at this instant."""
        return self.state is RoundState.OPEN and self.opens_at <= now < self.answer_until

    def receiving(self, now: datetime) -> bool:
        """Whether a sealed answer is taken in at this instant. *answer until* is the people's deadline, not this."""
        return self.state is RoundState.OPEN and self.opens_at <= now < self.receive_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Rounds that belong together."""

    id: str
    title: Mapping[str, str]


_COLUMNS = (
    "id, collection, title, promise, state, opens_at, answer_until, receive_until, languages, channels,"
    " smallest_group, survey, population, ceiling, access, contact, privacy_notice, working_group, public_key, kid,"
    " approved, test_of"
)


def keep_collection(db: Database, collection: Collection) -> None:
    """Keep a collection, or its new title."""
    db.execute(
        "INSERT INTO collection (id, title) VALUES (?, ?)"
        " ON CONFLICT (id) DO UPDATE SET title = excluded.title",
        (collection.id, json_text(dict(collection.title))),
    )


def collections(db: Database) -> list[Collection]:
    """All collections by id."""
    return [
        Collection(id=identity, title=read_json(title))
        for identity, title in db.execute("SELECT id, title FROM collection ORDER BY id")
    ]


def add(db: Database, new: Round) -> None:
    """Keep a new, planned round with its versions; its collection, working group and versions must be kept already.

    `id` is short and random, from an alphabet without look-alikes; the caller draws it. Call it in a write
    transaction. Raises sqlite3.IntegrityError when the id is taken or the database's rules are broken.
    """
    values: dict[str, Any] = {
        "id": new.id,
        "collection": new.collection,
        "title": json_text(dict(new.title)),
        "promise": str(new.promise),
        "state": new.state.value,
        "opens_at": instant_text(new.opens_at),
        "answer_until": instant_text(new.answer_until),
        "receive_until": instant_text(new.receive_until),
        "languages": json_text(list(new.languages)),
        "channels": json_text(list(new.channels)),
        "smallest_group": new.smallest_group,
        "survey": new.survey,
        "population": new.population,
        "ceiling": new.ceiling,
        "access": new.access,
        "contact": json_text(dict(new.contact)),
        "privacy_notice": json_text(dict(new.privacy_notice)),
        "working_group": new.working_group,
        "public_key": new.public_key,
        "kid": new.kid,
        "approved": int(new.approved),
        "test_of": new.test_of,
    }
    names = ", ".join(f":{name}" for name in values)
    db.execute(f"INSERT INTO round ({_COLUMNS}) VALUES ({names})", values)  # noqa: S608 - constants
    for version in new.versions:
        add_version(db, new.id, version)


def add_version(db: Database, round_id: str, version: str) -> None:
    """Let a round take answers to one more version (compatible: the caller has compared them)."""
    db.execute(
        "INSERT INTO round_version (round, version) VALUES (?, ?)"
        " ON CONFLICT (round, version) DO NOTHING",
        (round_id, version),
    )


def find(db: Database, round_id: str) -> Round | None:
    """The round with this id, or None."""
    found = _rounds(db, "WHERE r.id = :id", {"id": round_id})
    return found[0] if found else None


def read(db: Database, round_id: str) -> Round:
    """The round with this id. Raises ProblemError(NO_SUCH_ROUND)."""
    found = find(db, round_id)
    if found is None:
        raise ProblemError(Problem.NO_SUCH_ROUND)
    return found


def listed(
    db: Database,
    *,
    account: int | None = None,
    state: RoundState | None = None,
    with_tests: bool = False,
) -> list[Round]:
    """All rounds, test rounds only `with_tests`, those that open last first; of one state when given, and those of the working groups
    and units that one account has a role for, when given."""
    return _rounds(
        db,
        "WHERE (:tests OR r.test_of IS NULL) AND (:state IS NULL OR r.state = :state) AND (:account IS NULL OR r.working_group IN"
        " (SELECT working_group FROM account_role WHERE account = :account) OR r.id IN (SELECT ru.round"
        " FROM round_unit ru JOIN account_role ar ON ar.unit = ru.unit WHERE ar.account = :account))",
        {"state": state.value if state else None, "account": account, "tests": with_tests},
    )


def due_to_open(db: Database, now: datetime) -> list[Round]:
    """Planned rounds that a person has approved, whose key is there and whose opening has come."""
    return _rounds(
        db,
        "WHERE r.state = 'planned' AND r.approved = 1 AND r.public_key IS NOT NULL AND r.opens_at <= :now",
        {"now": instant_text(now)},
    )


def due_to_close(db: Database, now: datetime) -> list[Round]:
    """Open rounds whose *receive until* has passed."""
    return _rounds(
        db, "WHERE r.state = 'open' AND r.receive_until <= :now", {"now": instant_text(now)}
    )


def without_key(db: Database) -> list[Round]:
    """Planned rounds that wait for the process that keeps keys."""
    return _rounds(db, "WHERE r.state = 'planned' AND r.public_key IS NULL", {})


def set_key(db: Database, round_id: str, public_key: str, kid: str) -> None:
    """Give a round its public key, once. Raises sqlite3.IntegrityError when it has another one."""
    _change(db, round_id, "public_key = :public_key, kid = :kid", public_key=public_key, kid=kid)


def set_state(db: Database, round_id: str, state: RoundState) -> None:
    """Move a round on. Raises sqlite3.IntegrityError for a step back, or for opening without a key."""
    _change(db, round_id, "state = :state", state=state.value)


def set_instants(
    db: Database,
    round_id: str,
    *,
    opens_at: datetime,
    answer_until: datetime,
    receive_until: datetime,
) -> None:
    """Set the three instants together. Raises sqlite3.IntegrityError when they are not in this order."""
    _change(
        db,
        round_id,
        "opens_at = :opens_at, answer_until = :answer_until, receive_until = :receive_until",
        opens_at=instant_text(opens_at),
        answer_until=instant_text(answer_until),
        receive_until=instant_text(receive_until),
    )


def set_smallest_group(db: Database, round_id: str, smallest_group: int) -> None:
    """Set the smallest group. Raises sqlite3.IntegrityError below 5, and for less than before once it has opened."""
    _change(db, round_id, "smallest_group = :smallest_group", smallest_group=smallest_group)


def approve(db: Database, round_id: str, approved: bool = True) -> None:
    """Let a planned round open by itself when its time comes, or not."""
    _change(db, round_id, "approved = :approved", approved=int(approved))


def set_ceiling(db: Database, round_id: str, ceiling: int) -> None:
    """Set how many answers the round may hold."""
    _change(db, round_id, "ceiling = :ceiling", ceiling=ceiling)


def set_population(db: Database, round_id: str, population: int | None) -> None:
    """Set the number of people that the round speaks of; None where nobody knows."""
    _change(db, round_id, "population = :population", population=population)


def _change(db: Database, round_id: str, assignments: str, **values: Any) -> None:
    cursor = db.execute(
        f"UPDATE round SET {assignments} WHERE id = :id",  # noqa: S608 - constants above
        {"id": round_id, **values},
    )
    if cursor.rowcount == 0:
        raise ProblemError(Problem.NO_SUCH_ROUND)


def _rounds(db: Database, where: str, parameters: dict[str, Any]) -> list[Round]:
    columns = ", ".join(f"r.{name.strip()}" for name in _COLUMNS.split(","))
    rows = db.execute(
        f"SELECT {columns} FROM round r {where} ORDER BY r.opens_at DESC, r.id",  # noqa: S608 - constants
        parameters,
    ).fetchall()
    versions = _versions(db, rows[0][0]) if len(rows) == 1 else _all_versions(db)
    return [_round(row, tuple(versions.get(row[0], ()))) for row in rows]


def _versions(db: Database, round_id: str) -> dict[str, list[str]]:
    return _by_round(db, "WHERE rv.round = ?", (round_id,))


def _all_versions(db: Database) -> dict[str, list[str]]:
    return _by_round(db, "", ())


def _by_round(db: Database, where: str, parameters: Sequence[str]) -> dict[str, list[str]]:
    """The hashes of each round's versions, the newest last: one statement, however many rounds."""
    found: dict[str, list[str]] = {}
    for round_id, version in db.execute(
        "SELECT rv.round, v.hash FROM round_version rv JOIN version v ON v.hash = rv.version"  # noqa: S608 - constants
        f" {where} ORDER BY rv.round, v.number, v.hash",
        parameters,
    ):
        found.setdefault(round_id, []).append(version)
    return found


def _round(row: Sequence[Any], versions: tuple[str, ...]) -> Round:
    return Round(
        id=row[0],
        collection=row[1],
        title=read_json(row[2]),
        promise=row[3],
        state=RoundState(row[4]),
        opens_at=read_instant(row[5]),
        answer_until=read_instant(row[6]),
        receive_until=read_instant(row[7]),
        languages=tuple(read_json(row[8])),
        channels=tuple(read_json(row[9])),
        smallest_group=row[10],
        survey=row[11],
        population=row[12],
        ceiling=row[13],
        access=row[14],
        contact=read_json(row[15]),
        privacy_notice=read_json(row[16]),
        working_group=row[17],
        public_key=row[18],
        kid=row[19],
        approved=bool(row[20]),
        test_of=row[21],
        versions=versions,
    )
