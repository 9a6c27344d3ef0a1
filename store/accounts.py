"""Accounts: the people of the desk. Those who answer never have one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from forms.problems import Fault, Problem, ProblemError


class Role(StrEnum):
    """What an account may do: everything; publish and open rounds; read its groups' rounds and lead; read them."""

    ADMINISTRATOR = "administrator"
    SECRETARIAT = "secretariat"
    CHAIR = "chair"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person of the desk. `password_hash` is argon2's own text; `working_groups` are ids."""

    id: int
    name: str
    email: str
    password_hash: str
    role: Role
    active: bool
    working_groups: tuple[str, ...]


_COLUMNS = "id, name, email, password_hash, role, active"


def add(
    db: Database,
    *,
    name: str,
    email: str,
    password_hash: str,
    role: Role,
    working_groups: Sequence[str] = (),
) -> Account:
    """Keep a new account. The e-mail address is kept in lower case.

    Raises ProblemError(INVALID_INPUT) when the address has an account, sqlite3.IntegrityError for an unknown working
    group or a password hash that is not argon2's.
    """
    address = email.strip().lower()
    row = db.execute(
        "INSERT INTO account (name, email, password_hash, role) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (email) DO NOTHING RETURNING id",
        (name.strip(), address, password_hash, role.value),
    ).fetchone()
    if row is None:
        fault = Fault(
            "email", "taken", "This e-mail address has an account already.", "Use another address."
        )
        raise ProblemError(Problem.INVALID_INPUT, faults=(fault,))
    db.conn.executemany(
        "INSERT INTO working_group_member (working_group, account) VALUES (?, ?)",
        [(group, row[0]) for group in working_groups],
    )
    added = find(db, int(row[0]))
    assert added is not None  # it was added in this transaction
    return added


def find(db: Database, account: int) -> Account | None:
    """The account with this id, or None."""
    return _one(db, "id = ?", account)


def by_email(db: Database, email: str) -> Account | None:
    """The account with this address in any case, or None."""
    return _one(db, "email = ?", email.strip().lower())


def listed(db: Database) -> list[Account]:
    """All accounts by name."""
    return [
        _account(db, row)
        for row in db.execute(f"SELECT {_COLUMNS} FROM account ORDER BY name, id").fetchall()  # noqa: S608
    ]


def set_password(db: Database, account: int, password_hash: str) -> None:
    """Set a new password hash and end all sessions of the account."""
    db.execute("UPDATE account SET password_hash = ? WHERE id = ?", (password_hash, account))
    db.execute("DELETE FROM session WHERE account = ?", (account,))


def set_role(db: Database, account: int, role: Role) -> None:
    """Give the account another role."""
    db.execute("UPDATE account SET role = ? WHERE id = ?", (role.value, account))


def set_active(db: Database, account: int, active: bool) -> None:
    """Let the account sign in, or not; closing it ends its sessions."""
    db.execute("UPDATE account SET active = ? WHERE id = ?", (int(active), account))
    if not active:
        db.execute("DELETE FROM session WHERE account = ?", (account,))


def _one(db: Database, condition: str, value: int | str) -> Account | None:
    row = db.execute(
        f"SELECT {_COLUMNS} FROM account WHERE {condition}",  # noqa: S608 - constants above
        (value,),
    ).fetchone()
    return None if row is None else _account(db, row)


def _account(db: Database, row: Sequence[Any]) -> Account:
    groups = db.execute(
        "SELECT working_group FROM working_group_member WHERE account = ? ORDER BY working_group",
        (row[0],),
    )
    return Account(
        id=row[0],
        name=row[1],
        email=row[2],
        password_hash=row[3],
        role=Role(row[4]),
        active=bool(row[5]),
        working_groups=tuple(group[0] for group in groups),
    )
