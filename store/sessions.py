"""Who is signed in. Only a hash of the token is kept: the data folder alone signs nobody in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from store.instants import instant_text, read_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in account. Sessions are of the desk; those who answer have none."""

    account: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def add(
    db: Database, *, token_hash: bytes, account: int, now: datetime, expires_at: datetime
) -> None:
    """Keep a new session under the SHA-256 (32 bytes) of its token."""
    db.execute(
        "INSERT INTO session (token_hash, account, created_at, last_seen_at, expires_at)"
        " VALUES (:token_hash, :account, :now, :now, :expires_at)",
        {
            "token_hash": token_hash,
            "account": account,
            "now": instant_text(now),
            "expires_at": instant_text(expires_at),
        },
    )


def find(db: Database, token_hash: bytes, now: datetime) -> Session | None:
    """The session, unless it has expired or its account is closed."""
    row = db.execute(
        "SELECT s.account, s.created_at, s.last_seen_at, s.expires_at FROM session s"
        " JOIN account a ON a.id = s.account"
        " WHERE s.token_hash = ? AND s.expires_at > ? AND a.active = 1",
        (token_hash, instant_text(now)),
    ).fetchone()
    if row is None:
        return None
    account, created_at, last_seen_at, expires_at = row
    return Session(
        account=account,
        created_at=read_instant(created_at),
        last_seen_at=read_instant(last_seen_at),
        expires_at=read_instant(expires_at),
    )


def seen(db: Database, token_hash: bytes, *, now: datetime, expires_at: datetime) -> None:
    """Note that the session was used and when it ends now. Once in some minutes is enough: it is a durable write."""
    db.execute(
        "UPDATE session SET last_seen_at = ?, expires_at = ? WHERE token_hash = ?",
        (instant_text(now), instant_text(expires_at), token_hash),
    )


def end(db: Database, token_hash: bytes) -> bool:
    """End a session; False when there was none."""
    return bool(db.execute("DELETE FROM session WHERE token_hash = ?", (token_hash,)).rowcount == 1)


def end_expired(db: Database, now: datetime) -> int:
    """Remove the sessions that have expired; how many."""
    return int(
        db.execute("DELETE FROM session WHERE expires_at <= ?", (instant_text(now),)).rowcount
    )
