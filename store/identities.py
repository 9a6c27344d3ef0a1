"""Who an account is at an identity provider: issuer and subject together, as OpenID Connect Core 2 has it.

An e-mail address is only how a person is found the first time. Addresses are given to others when people leave; a
subject never is.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity of an account."""

    issuer: str
    subject: str


def account_of(db: Database, identity: Identity) -> int | None:
    """The account that is bound to this identity, or None."""
    row = db.execute(
        "SELECT account FROM account_identity WHERE issuer = ? AND subject = ?",
        (identity.issuer, identity.subject),
    ).fetchone()
    return None if row is None else int(row[0])


def of_account(db: Database, account: int) -> list[Identity]:
    """The identities of an account, by issuer."""
    return [
        Identity(*row)
        for row in db.execute(
            "SELECT issuer, subject FROM account_identity WHERE account = ? ORDER BY issuer, subject",
            (account,),
        )
    ]


def bind(db: Database, identity: Identity, account: int) -> bool:
    """Bind the account to the identity; False when either is bound already: the account to another one of this issuer,
    or the identity to another account."""
    taken = any(one.issuer == identity.issuer for one in of_account(db, account))
    if taken or account_of(db, identity) is not None:
        return False
    db.execute(
        "INSERT INTO account_identity (issuer, subject, account) VALUES (?, ?, ?)",
        (identity.issuer, identity.subject, account),
    )
    return True


def release(db: Database, account: int) -> int:
    """Take all identities away from an account; how many. Its owner is then found by e-mail once more."""
    cursor = db.execute("DELETE FROM account_identity WHERE account = ?", (account,))
    return int(cursor.rowcount)
