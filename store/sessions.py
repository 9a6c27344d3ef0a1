"""Who is signed in. Only a hash of the token is kept: the data folder alone signs nobody in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from store.instants import instant_text, read_instant


class Stage(StrEnum):
    """How far signing in has come: the second factor is asked for, or has to be set up first, or all is done."""

    SECOND_FACTOR = "second-factor"
    SET_UP = "set-up"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in account. Sessions are of the desk; those who answer have none.

    `id` is what its owner ends it by and opens nothing. `expires_at` moves with use, `ends_at` never. `browser` is a
    coarse name such as 'Firefox, Windows', so that people know their own sessions apart.
    """

    id: str
    account: int
    stage: Stage
    browser: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ends_at: datetime


_COLUMNS = (
    "s.id, s.account, s.stage, s.browser, s.created_at, s.last_seen_at, s.expires_at, s.ends_at"
)


def add(
    db: Database,
    *,
    token_hash: bytes,
    session: str,
    account: int,
    stage: Stage,
    browser: str,
    now: datetime,
    expires_at: datetime,
    ends_at: datetime,
) -> None:
    """Keep a new session under the SHA-256 (32 bytes) of its token; `session` is its random id, 16 hex digits."""
    db.execute(
        "INSERT INTO session (token_hash, id, account, stage, browser, created_at, last_seen_at, expires_at, ends_at)"
        " VALUES (:token_hash, :id, :account, :stage, :browser, :now, :now, :expires_at, :ends_at)",
        {
            "token_hash": token_hash,
            "id": session,
            "account": account,
            "stage": stage.value,
            "browser": browser,
            "now": instant_text(now),
            "expires_at": instant_text(expires_at),
            "ends_at": instant_text(ends_at),
        },
    )


def find(db: Database, token_hash: bytes, now: datetime) -> Session | None:
    """The session, unless it has expired or its account is closed."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM session s JOIN account a ON a.id = s.account"  # noqa: S608 - constants
        " WHERE s.token_hash = ? AND s.expires_at > ? AND a.active = 1",
        (token_hash, instant_text(now)),
    ).fetchone()
    return None if row is None else _session(row)


def of_account(db: Database, account: int, now: datetime) -> list[Session]:
    """The account's sessions that have not expired, the one used last first."""
    return [
        _session(row)
        for row in db.execute(
            f"SELECT {_COLUMNS} FROM session s WHERE s.account = ? AND s.expires_at > ?"  # noqa: S608 - constants
            " ORDER BY s.last_seen_at DESC, s.id",
            (account, instant_text(now)),
        )
    ]


def seen(db: Database, token_hash: bytes, *, now: datetime, expires_at: datetime) -> None:
    """Note that the session was used and when it ends now, at its end at the latest. Once in a minute is enough: it is
    a durable write."""
    db.execute(
        "UPDATE session SET last_seen_at = ?, expires_at = min(?, ends_at) WHERE token_hash = ?",
        (instant_text(now), instant_text(expires_at), token_hash),
    )


def end(db: Database, token_hash: bytes) -> bool:
    """End a session; False when there was none."""
    return bool(db.execute("DELETE FROM session WHERE token_hash = ?", (token_hash,)).rowcount == 1)


def end_own(db: Database, account: int, session: str) -> bool:
    """End one session of an account by its id; False when the account has none of that id."""
    cursor = db.execute("DELETE FROM session WHERE account = ? AND id = ?", (account, session))
    return bool(cursor.rowcount == 1)


def end_others(db: Database, account: int, keep: bytes) -> int:
    """End all sessions of an account but the one with the token hash `keep`; how many."""
    cursor = db.execute(
        "DELETE FROM session WHERE account = ? AND token_hash <> ?", (account, keep)
    )
    return int(cursor.rowcount)


def end_all(db: Database, account: int) -> int:
    """End all sessions of an account; how many."""
    return int(db.execute("DELETE FROM session WHERE account = ?", (account,)).rowcount)


def end_expired(db: Database, now: datetime) -> int:
    """Remove the sessions that have expired; how many."""
    return int(
        db.execute("DELETE FROM session WHERE expires_at <= ?", (instant_text(now),)).rowcount
    )


def _session(row: tuple[Any, ...]) -> Session:
    return Session(
        id=row[0],
        account=row[1],
        stage=Stage(row[2]),
        browser=row[3],
        created_at=read_instant(row[4]),
        last_seen_at=read_instant(row[5]),
        expires_at=read_instant(row[6]),
        ends_at=read_instant(row[7]),
    )
