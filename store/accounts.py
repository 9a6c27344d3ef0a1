"""Accounts: the people of the desk, and their roles, each for its unit or working group. Those who answer have none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from forms.problems import Fault, Problem, ProblemError


class Role(StrEnum):
    """What an account may do; server/rights.py says of each page for whom it is."""

    ADMINISTRATOR = "administrator"
    SECRETARIAT = "secretariat"
    COORDINATOR = "coordinator"
    RESPONDENT = "respondent"
    INTERVIEWER = "interviewer"
    CHAIR = "chair"
    MEMBER = "member"
    #: Has a round's answers one by one, where the round gives them; beside that what a member has.
    ANALYST = "analyst"


#: Roles that are held for a unit, and roles that are held for a working group; the others are held for everything.
UNIT_ROLES = frozenset({Role.COORDINATOR, Role.RESPONDENT, Role.INTERVIEWER})
GROUP_ROLES = frozenset({Role.CHAIR, Role.MEMBER, Role.ANALYST})


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One role, for one unit or working group where the role is held for one. The database checks which."""

    role: Role
    unit: str | None = None
    working_group: str | None = None

    @property
    def scope(self) -> str:
        """The id of what it is held for; '' for everything."""
        return self.unit or self.working_group or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person of the desk. `password_hash` is argon2's own text, None until a password is chosen.

    `language` is that of mails; `totp_secret` is sealed (server/second_factor.py) and None without a second factor,
    `totp_last_step` the last time step that was used.
    """

    id: int
    name: str
    email: str
    password_hash: str | None
    active: bool
    language: str
    grants: tuple[Grant, ...]
    totp_secret: bytes | None = None
    totp_last_step: int | None = None

    def holds(self, *roles: Role) -> bool:
        """Whether it has one of these roles, for whatever unit or group."""
        return any(grant.role in roles for grant in self.grants)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Its roles, each once, in the order of Role."""
        held = {grant.role for grant in self.grants}
        return tuple(role for role in Role if role in held)

    @property
    def working_groups(self) -> tuple[str, ...]:
        """The working groups that it chairs or is a member of, sorted."""
        return tuple(sorted({g.working_group for g in self.grants if g.working_group}))

    @property
    def units(self) -> tuple[str, ...]:
        """The units that it has a role for, sorted."""
        return tuple(sorted({grant.unit for grant in self.grants if grant.unit}))

    def units_as(self, *roles: Role) -> tuple[str, ...]:
        """The units that it has one of these roles for, sorted."""
        return tuple(sorted({g.unit for g in self.grants if g.unit and g.role in roles}))


_COLUMNS = "id, name, email, password_hash, active, language, totp_secret, totp_last_step"


def add(
    db: Database,
    *,
    name: str,
    email: str,
    password_hash: str | None = None,
    grants: Iterable[Grant] = (),
    language: str = "da",
) -> Account:
    """Keep a new account. The e-mail address is kept in lower case.

    Raises ProblemError(INVALID_INPUT) when the address has an account, sqlite3.IntegrityError for an unknown unit or
    working group, a role without its unit or group, an administrator with another role, or a hash that is not argon2's.
    """
    row = db.execute(
        "INSERT INTO account (name, email, password_hash, language) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (email) DO NOTHING RETURNING id",
        (name.strip(), email.strip().lower(), password_hash, language),
    ).fetchone()
    if row is None:
        fault = Fault(
            "email", "taken", "This e-mail address has an account already.", "Use another address."
        )
        raise ProblemError(Problem.INVALID_INPUT, faults=(fault,))
    set_grants(db, int(row[0]), grants)
    added = find(db, int(row[0]))
    assert added is not None  # it was added in this transaction
    return added


def find(db: Database, account: int) -> Account | None:
    """The account with this id, or None."""
    found = _accounts(db, "a.id = ?", (account,))
    return found[0] if found else None


def by_email(db: Database, email: str) -> Account | None:
    """The account with this address in any case, or None."""
    found = _accounts(db, "a.email = ?", (email.strip().lower(),))
    return found[0] if found else None


def listed(db: Database) -> list[Account]:
    """All accounts by name."""
    return _accounts(db, "1 = 1", ())


def of_ids(db: Database, ids: Sequence[int]) -> list[Account]:
    """The accounts with these ids, by name."""
    if not ids:
        return []
    return _accounts(db, f"a.id IN ({', '.join('?' * len(ids))})", list(ids))


def able_to_sign_in(db: Database, role: Role) -> list[Account]:
    """The active accounts with this role that have a password or are known to an identity provider, by name."""
    return _accounts(
        db,
        "a.active = 1 AND a.id IN (SELECT account FROM account_role WHERE role = ?)"
        " AND (a.password_hash IS NOT NULL OR a.id IN (SELECT account FROM account_identity))",
        (role.value,),
    )


def of_unit(db: Database, unit: str, *roles: Role) -> list[Account]:
    """The active accounts that have one of the roles for a unit, by name."""
    return of_units(db, [unit], *roles).get(unit, [])


def of_units(db: Database, units: Sequence[str], *roles: Role) -> dict[str, list[Account]]:
    """For each of the units that has any: the active accounts with one of the roles for it, by name."""
    wanted = set(units)
    found: dict[str, list[Account]] = {}
    for account in _accounts(
        db, "a.active = 1 AND a.id IN (SELECT account FROM account_role WHERE unit IS NOT NULL)", ()
    ):
        for unit in account.units_as(*roles):
            if unit in wanted:
                found.setdefault(unit, []).append(account)
    return found


def of_working_group(db: Database, working_group: str) -> list[Account]:
    """The active accounts that chair a working group or are members of it, by name."""
    return _accounts(
        db,
        "a.active = 1 AND a.id IN (SELECT account FROM account_role WHERE working_group = ?"
        " AND role IN ('chair', 'member'))",
        (working_group,),
    )


def without_second_factor(db: Database) -> int:
    """How many active accounts have a password and no second factor."""
    row = db.execute(
        "SELECT count(*) FROM account WHERE active = 1 AND password_hash IS NOT NULL AND totp_secret IS NULL"
    ).fetchone()
    return int(row[0])


def set_grants(db: Database, account: int, grants: Iterable[Grant]) -> None:
    """Give the account exactly these roles. Raises sqlite3.IntegrityError as `add` does."""
    db.execute("DELETE FROM account_role WHERE account = ?", (account,))
    db.conn.executemany(
        "INSERT INTO account_role (account, role, scope, unit, working_group) VALUES (?, ?, ?, ?, ?)",
        [
            (account, grant.role.value, grant.scope, grant.unit, grant.working_group)
            for grant in sorted(set(grants), key=lambda g: (g.role, g.scope))
        ],
    )


def set_name(db: Database, account: int, *, name: str, language: str) -> None:
    """Set the name and the language of mails ('da' or 'en')."""
    db.execute(
        "UPDATE account SET name = ?, language = ? WHERE id = ?", (name.strip(), language, account)
    )


def set_password(db: Database, account: int, password_hash: str) -> None:
    """Set a new password hash and end all sessions of the account."""
    db.execute("UPDATE account SET password_hash = ? WHERE id = ?", (password_hash, account))
    db.execute("DELETE FROM session WHERE account = ?", (account,))


def keep_rehashed(db: Database, account: int, password_hash: str) -> None:
    """Keep a new hash of the same password; sessions go on."""
    db.execute("UPDATE account SET password_hash = ? WHERE id = ?", (password_hash, account))


def set_active(db: Database, account: int, active: bool) -> None:
    """Let the account sign in, or not; closing it ends its sessions and its mailed links."""
    db.execute("UPDATE account SET active = ? WHERE id = ?", (int(active), account))
    if not active:
        db.execute("DELETE FROM session WHERE account = ?", (account,))
        db.execute("DELETE FROM account_link WHERE account = ?", (account,))


def _accounts(db: Database, condition: str, parameters: Sequence[Any]) -> list[Account]:
    columns = ", ".join(f"a.{name.strip()}" for name in _COLUMNS.split(","))
    rows = db.execute(
        f"SELECT {columns} FROM account a WHERE {condition} ORDER BY a.name, a.id",  # noqa: S608 - constants
        parameters,
    ).fetchall()
    grants: dict[int, list[Grant]] = {}
    for account, role, unit, working_group in db.execute(
        "SELECT r.account, r.role, r.unit, r.working_group FROM account_role r"  # noqa: S608 - constants
        f" JOIN account a ON a.id = r.account WHERE {condition} ORDER BY r.role, r.scope",
        parameters,
    ):
        grants.setdefault(account, []).append(Grant(Role(role), unit, working_group))
    return [
        Account(
            id=row[0],
            name=row[1],
            email=row[2],
            password_hash=row[3],
            active=bool(row[4]),
            language=row[5],
            totp_secret=row[6],
            totp_last_step=row[7],
            grants=tuple(grants.get(row[0], ())),
        )
        for row in rows
    ]
