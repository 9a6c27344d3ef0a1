"""Links that were mailed to people of the desk: for a new account, or for a new password. Each works once, for a time.

Only a hash of a link's token is kept: the data folder alone opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlite_utils import Database

from store.instants import instant_text, read_instant


class LinkKind(StrEnum):
    """What a link is for."""

    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105 - no password


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLink:
    """A link that still works, and the account whose password it lets one choose."""

    account: int
    kind: LinkKind
    expires_at: datetime


def add(
    db: Database, *, token_hash: bytes, account: int, kind: LinkKind, expires_at: datetime
) -> None:
    """Keep a link under the SHA-256 (32 bytes) of its token, in place of the account's earlier ones of this kind."""
    db.execute("DELETE FROM account_link WHERE account = ? AND kind = ?", (account, kind.value))
    db.execute(
        "INSERT INTO account_link (token_hash, account, kind, expires_at) VALUES (?, ?, ?, ?)",
        (token_hash, account, kind.value, instant_text(expires_at)),
    )


def find(db: Database, token_hash: bytes, now: datetime) -> AccountLink | None:
    """The link, unless it has expired or its account is closed."""
    row = db.execute(
        "SELECT l.account, l.kind, l.expires_at FROM account_link l JOIN account a ON a.id = l.account"
        " WHERE l.token_hash = ? AND l.expires_at > ? AND a.active = 1",
        (token_hash, instant_text(now)),
    ).fetchone()
    if row is None:
        return None
    return AccountLink(account=row[0], kind=LinkKind(row[1]), expires_at=read_instant(row[2]))


def invited_until(db: Database, account: int) -> datetime | None:
    """Until when the account's invitation works or worked, or None where it has none."""
    row = db.execute(
        "SELECT expires_at FROM account_link WHERE account = ? AND kind = 'invitation'", (account,)
    ).fetchone()
    return None if row is None else read_instant(row[0])


def remove_all(db: Database, account: int) -> None:
    """Let no link of the account work any more: it has a new password."""
    db.execute("DELETE FROM account_link WHERE account = ?", (account,))


def remove_expired(db: Database, now: datetime) -> int:
    """Remove the links for a new password that have expired; how many. Invitations stay, to be seen as expired."""
    cursor = db.execute(
        "DELETE FROM account_link WHERE kind = 'password' AND expires_at <= ?", (instant_text(now),)
    )
    return int(cursor.rowcount)
