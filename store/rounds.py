"""Rounds: a version or several compatible ones, opened to a circle for a time under a promise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from forms.problems import Problem, ProblemError
from store import promised_mixes
from store.instants import instant_text, read_instant
from store.plain_json import json_text, read_json


class RoundState(StrEnum):
    """planned → open → closed (receives no more; may be opened again) → finished (mixed wholly; never goes back)."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    FINISHED = "finished"


class Interim(StrEnum):
    """How often an edition is made and delivered while a round receives; chosen before it opens."""

    NONE = "none"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round as it is kept. Instants are aware; texts are by language tag.

    `versions` are hashes, the newest (highest number) last: the one that pages and bundles serve. `survey` is 'total'
    or 'sample', `population` the number of people it speaks of where known; `access` is 'public' or 'invited'.
    A planned round opens by itself once it is `approved`. `test_of` is the round that a test round tries out; a test round
    has the instants of that round, so that its pages say what the real ones will say, but answers are taken while it lasts.
    Scans of paper are kept `scan_days` at the most (1 to 30); of `second_share` sure readings in a hundred a second person
    reads again, and of 100 all, doubtful ones too. `typed_twice`: sheets that are typed without a scanner are typed twice.
    `turn_minutes` is how long a turn on a tablet may rest before it is wiped. `interim` is how often an edition is made and
    delivered while the round receives.
    `single_answers`: analysts may have an anonymous round's answers one by one (docs/disclosure.md).
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
    scan_days: int = 30
    second_share: int = 5
    typed_twice: bool = False
    state: RoundState = RoundState.PLANNED
    public_key: str | None = None
    kid: str | None = None
    turn_minutes: int = 30
    interim: Interim = Interim.NONE
    single_answers: bool = False

    @property
    def version(self) -> str:
        """The hash of the version that new answers are given to."""
        return self.versions[-1]

    @property
    def by_invitation(self) -> bool:
        """Whether an answer needs the code of a letter; a test round never asks for one."""
        return self.access == "invited" and self.test_of is None

    @property
    def gives_single_answers(self) -> bool:
        """Whether analysts may have the answers one by one: where that was chosen, and where the promise says that those who
        work with the answers read them (confidential, signed). A test round gives none."""
        return self.test_of is None and (self.single_answers or self.promise != "anonymous")

    def answering(self, now: datetime) -> bool:
        """Whether a person may begin an answer at this instant."""
        return self._between(now, self.answer_until)

    def receiving(self, now: datetime) -> bool:
        """Whether a sealed answer is taken in at this instant. *answer until* is the people's deadline, not this."""
        return self._between(now, self.receive_until)

    def _between(self, now: datetime, until: datetime) -> bool:
        if self.state is not RoundState.OPEN:
            return False
        return self.test_of is not None or self.opens_at <= now < until


_COLUMNS = (
    "id, collection, title, promise, state, opens_at, answer_until, receive_until, languages, channels,"
    " smallest_group, survey, population, ceiling, access, contact, privacy_notice, working_group, public_key, kid,"
    " approved, test_of, scan_days, second_share, typed_twice, turn_minutes, interim, single_answers"
)


def add(db: Database, new: Round) -> None:
    """Keep a new, planned round with its versions; its collection, working group and versions must be kept already.

    `id` is short and random, from an alphabet without look-alikes; the caller draws it. Call it in a write
    transaction. Raises sqlite3.IntegrityError when the id is taken or the database's rules are broken.
    """
    values = _values(new)
    names = ", ".join(f":{name}" for name in values)
    db.execute(f"INSERT INTO round ({_COLUMNS}) VALUES ({names})", values)  # noqa: S608 - constants
    for version in new.versions:
        add_version(db, new.id, version)


#: What a person sets up, and may set anew while a round is planned.
_SET_UP = (
    "collection", "title", "promise", "opens_at", "answer_until", "receive_until", "languages", "channels",
    "smallest_group", "survey", "population", "ceiling", "access", "contact", "privacy_notice", "working_group", "scan_days", "second_share",
    "typed_twice",
    "turn_minutes",
    "interim",
    "single_answers",
)  # fmt: skip


def set_up_anew(db: Database, round_: Round) -> None:
    """Keep what was changed in a planned round, or in a test round; id, state, key and approval stay as they are kept.

    In a write transaction. Raises ProblemError(ROUND_NOT_OPEN) for a round that has opened (and is no test),
    sqlite3.IntegrityError when the database's rules are broken, also for a version that has answers and is left out.
    """
    kept = read(db, round_.id)
    if kept.state is not RoundState.PLANNED and kept.test_of is None:
        raise ProblemError(Problem.ROUND_NOT_OPEN, "It has opened.")
    values = _values(round_)
    _change(
        db,
        round_.id,
        ", ".join(f"{name} = :{name}" for name in _SET_UP),
        **{name: values[name] for name in _SET_UP},
    )
    for version in set(kept.versions) - set(round_.versions):
        db.execute(
            "DELETE FROM round_version WHERE round = ? AND version = ?", (round_.id, version)
        )
    for version in round_.versions:
        add_version(db, round_.id, version)


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


def of_collection(db: Database, collection: str) -> list[Round]:
    """The rounds of a collection, test rounds left out, those that open last first."""
    return _rounds(
        db, "WHERE r.collection = :collection AND r.test_of IS NULL", {"collection": collection}
    )


def of_ids(db: Database, ids: Iterable[str]) -> list[Round]:
    """The rounds with these ids, test rounds too, those that open last first."""
    wanted = sorted(ids)
    where = "WHERE r.id IN (SELECT value FROM json_each(:ids))"
    return _rounds(db, where, {"ids": json_text(wanted)}) if wanted else []


def for_unit(db: Database, unit: str) -> list[Round]:
    """Rounds that are not finished, in which a unit takes part or that are not divided by units; no test rounds; those that open
    last first."""
    return _rounds(
        db,
        "WHERE r.test_of IS NULL AND r.state <> 'finished'"
        " AND (EXISTS (SELECT 1 FROM round_unit WHERE round = r.id AND unit = :unit)"
        " OR NOT EXISTS (SELECT 1 FROM round_unit WHERE round = r.id))",
        {"unit": unit},
    )


def with_interim(db: Database) -> list[Round]:
    """Open rounds that deliver interim editions."""
    return _rounds(db, "WHERE r.state = 'open' AND r.test_of IS NULL AND r.interim <> 'none'", {})


def due_to_open(db: Database, now: datetime) -> list[Round]:
    """Planned rounds that a person has approved, whose key is there and whose opening has come."""
    return _rounds(
        db,
        "WHERE r.state = 'planned' AND r.approved = 1 AND r.public_key IS NOT NULL AND r.opens_at <= :now",
        {"now": instant_text(now)},
    )


def due_to_close(db: Database, now: datetime) -> list[Round]:
    """Open rounds whose *receive until* has passed. A test round lasts as long as the round that it tries out is planned."""
    return _rounds(
        db,
        "WHERE r.state = 'open' AND r.test_of IS NULL AND r.receive_until <= :now",
        {"now": instant_text(now)},
    )


def without_key(db: Database) -> list[Round]:
    """Planned rounds that wait for the process that keeps keys."""
    return _rounds(db, "WHERE r.state = 'planned' AND r.public_key IS NULL", {})


def set_key(db: Database, round_id: str, public_key: str, kid: str) -> None:
    """Give a round its public key, once. Raises sqlite3.IntegrityError when it has another one."""
    _change(db, round_id, "public_key = :public_key, kid = :kid", public_key=public_key, kid=kid)


def set_state(db: Database, round_id: str, state: RoundState) -> None:
    """Move a round on; from its opening on its *receive until* is promised. Raises sqlite3.IntegrityError for a step
    back, or for opening without a key."""
    _change(db, round_id, "state = :state", state=state.value)
    promised_mixes.add(db, round_id)


def set_instants(
    db: Database,
    round_id: str,
    *,
    opens_at: datetime,
    answer_until: datetime,
    receive_until: datetime,
) -> None:
    """Set the three instants together. A *receive until* that people were told stays promised: a new one is added.
    Raises sqlite3.IntegrityError when they are not in this order."""
    _change(
        db,
        round_id,
        "opens_at = :opens_at, answer_until = :answer_until, receive_until = :receive_until",
        opens_at=instant_text(opens_at),
        answer_until=instant_text(answer_until),
        receive_until=instant_text(receive_until),
    )
    promised_mixes.add(db, round_id)


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


def _values(round_: Round) -> dict[str, Any]:
    """The columns of a round."""
    return {
        "id": round_.id,
        "collection": round_.collection,
        "title": json_text(dict(round_.title)),
        "promise": str(round_.promise),
        "state": round_.state.value,
        "opens_at": instant_text(round_.opens_at),
        "answer_until": instant_text(round_.answer_until),
        "receive_until": instant_text(round_.receive_until),
        "languages": json_text(list(round_.languages)),
        "channels": json_text(list(round_.channels)),
        "smallest_group": round_.smallest_group,
        "survey": round_.survey,
        "population": round_.population,
        "ceiling": round_.ceiling,
        "access": round_.access,
        "contact": json_text(dict(round_.contact)),
        "privacy_notice": json_text(dict(round_.privacy_notice)),
        "working_group": round_.working_group,
        "public_key": round_.public_key,
        "kid": round_.kid,
        "approved": int(round_.approved),
        "test_of": round_.test_of,
        "scan_days": round_.scan_days,
        "second_share": round_.second_share,
        "typed_twice": int(round_.typed_twice),
        "turn_minutes": round_.turn_minutes,
        "interim": round_.interim.value,
        "single_answers": int(round_.single_answers),
    }


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
        scan_days=row[22],
        second_share=row[23],
        typed_twice=bool(row[24]),
        turn_minutes=row[25],
        interim=Interim(row[26]),
        single_answers=bool(row[27]),
        versions=versions,
    )
