"""Runs of scheduled jobs: each period of each job exactly once, however many processes try, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from store.instants import instant_text, read_instant, read_optional_instant


class RunState(StrEnum):
    """running → finished, or → failed → running again (another attempt)."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One period of one job, such as ('mix', 'k7m2pq4t 2022-03-21T11:00'). `message` says what it did, or why not."""

    id: int
    name: str
    period: str
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    attempts: int
    message: str


#: What the message of a run begins with that was ended because a later period did its work; the period follows.
SUPERSEDED = "superseded by "

_COLUMNS = "id, name, period, state, started_at, finished_at, attempts, message"


def try_begin(db: Database, name: str, period: str, now: datetime) -> Run | None:
    """Begin a period of a job, unless somebody has: then None. Exactly one of all processes gets the run."""
    row = db.execute(
        "INSERT INTO run (name, period, state, started_at) VALUES (?, ?, 'running', ?)"  # noqa: S608 - a constant
        f" ON CONFLICT (name, period) DO NOTHING RETURNING {_COLUMNS}",
        (name, period, instant_text(now)),
    ).fetchone()
    return None if row is None else _run(row)


def retry(
    db: Database, name: str, period: str, now: datetime, *, attempts: int, stale_before: datetime
) -> Run | None:
    """Begin again a period that failed, or that has been running since before `stale_before` (its process died).

    None when it is finished, running, unknown, or has had `attempts` attempts. Exactly one of all processes gets it.
    """
    row = db.execute(
        "UPDATE run SET state = 'running', started_at = :now, finished_at = NULL,"  # noqa: S608 - a constant
        " attempts = attempts + 1, message = ''"
        " WHERE name = :name AND period = :period AND attempts < :attempts"
        " AND (state = 'failed' OR (state = 'running' AND started_at < :stale_before))"
        f" RETURNING {_COLUMNS}",
        {
            "name": name,
            "period": period,
            "now": instant_text(now),
            "attempts": attempts,
            "stale_before": instant_text(stale_before),
        },
    ).fetchone()
    return None if row is None else _run(row)


def finish(db: Database, run: Run, now: datetime, message: str = "") -> bool:
    """Note that this attempt has done its work; False when another attempt has taken over since."""
    return _end(db, run, RunState.FINISHED, now, message)


def fail(db: Database, run: Run, now: datetime, message: str) -> bool:
    """Note that this attempt failed, and why (never anything that was answered); False as for `finish`."""
    return _end(db, run, RunState.FAILED, now, message)


def supersede(db: Database, run: Run, now: datetime, by: str) -> bool:
    """End a run that failed or was left running, since nobody tries it again: the period `by` of its job does its work.
    False when another attempt has taken over since."""
    cursor = db.execute(
        "UPDATE run SET state = 'finished', finished_at = :now, message = :message"
        " WHERE id = :id AND attempts = :attempts AND state <> 'finished'",
        {
            "id": run.id,
            "attempts": run.attempts,
            "now": instant_text(now),
            "message": f"{SUPERSEDED}{by}",
        },
    )
    return bool(cursor.rowcount == 1)


def superseded_by(run: Run) -> str | None:
    """The period that does the work of a run that was superseded; None for any other."""
    if run.state is not RunState.FINISHED or not run.message.startswith(SUPERSEDED):
        return None
    return run.message.removeprefix(SUPERSEDED)


def find(db: Database, name: str, period: str) -> Run | None:
    """The run of a period, or None where nobody has begun it."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM run WHERE name = ? AND period = ?",  # noqa: S608 - a constant
        (name, period),
    ).fetchone()
    return None if row is None else _run(row)


def listed(db: Database, *, name: str | None = None, limit: int = 100) -> list[Run]:
    """The latest runs, of one job when given, the newest first."""
    return [
        _run(row)
        for row in db.execute(
            f"SELECT {_COLUMNS} FROM run WHERE (:name IS NULL OR name = :name)"  # noqa: S608 - a constant
            " ORDER BY started_at DESC, id DESC LIMIT :limit",
            {"name": name, "limit": limit},
        )
    ]


def of_round(db: Database, name: str, round_id: str) -> list[Run]:
    """The runs of a job whose periods begin with the id of a round, the newest first."""
    return [
        _run(row)
        for row in db.execute(
            f"SELECT {_COLUMNS} FROM run WHERE name = :name AND period > :first AND period < :last"  # noqa: S608 - a constant
            " ORDER BY started_at DESC, id DESC",
            # A space, and the sign that follows it.
            {"name": name, "first": f"{round_id} ", "last": f"{round_id}!"},
        )
    ]


def unfinished(db: Database) -> list[Run]:
    """Runs that failed or are still marked running, the oldest first: what a scheduler looks at when it starts."""
    return [
        _run(row)
        for row in db.execute(
            f"SELECT {_COLUMNS} FROM run WHERE state <> 'finished' ORDER BY started_at, id"  # noqa: S608 - a constant
        )
    ]


def _end(db: Database, run: Run, state: RunState, now: datetime, message: str) -> bool:
    cursor = db.execute(
        "UPDATE run SET state = :state, finished_at = :now, message = :message"
        " WHERE id = :id AND attempts = :attempts AND state = 'running'",
        {
            "id": run.id,
            "attempts": run.attempts,
            "state": state.value,
            "now": instant_text(now),
            "message": message,
        },
    )
    return bool(cursor.rowcount == 1)


def _run(row: Sequence[Any]) -> Run:
    return Run(
        id=row[0],
        name=row[1],
        period=row[2],
        state=RunState(row[3]),
        started_at=read_instant(row[4]),
        finished_at=read_optional_instant(row[5]),
        attempts=row[6],
        message=row[7],
    )
