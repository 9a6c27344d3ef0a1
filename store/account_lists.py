"""The list of accounts, a page at a time: searched by name and address, by role and by whether they can sign in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlite_utils import Database

from store.accounts import Account, Role, of_ids


class Order(StrEnum):
    """What the list is sorted by."""

    NAME = "name"
    EMAIL = "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which accounts: those whose name or address holds the text, those with a role, those that are open or closed."""

    text: str = ""
    role: Role | None = None
    active: bool | None = None


_CONDITION = (
    "(:like = '%' OR a.email LIKE :like ESCAPE '!' OR a.name LIKE :like ESCAPE '!'"
    # LIKE knows the case of a to z only; names have æ, ø and å.
    " OR a.name LIKE :lower ESCAPE '!' OR a.name LIKE :title ESCAPE '!')"
    " AND (:role IS NULL OR a.id IN (SELECT account FROM account_role WHERE role = :role))"
    " AND (:active IS NULL OR a.active = :active)"
)
_ORDERS = {Order.NAME: "a.name COLLATE NOCASE, a.id", Order.EMAIL: "a.email"}


def page(db: Database, wanted: Wanted, *, order: Order, limit: int, offset: int) -> list[Account]:
    """Accounts that are wanted, in this order."""
    ids = [
        row[0]
        for row in db.execute(
            f"SELECT a.id FROM account a WHERE {_CONDITION} ORDER BY {_ORDERS[order]}"  # noqa: S608 - constants
            " LIMIT :limit OFFSET :offset",
            {**_values(wanted), "limit": limit, "offset": offset},
        )
    ]
    found = {account.id: account for account in of_ids(db, ids)}
    return [found[one] for one in ids]


def number(db: Database, wanted: Wanted) -> int:
    """How many accounts are wanted."""
    row = db.execute(
        f"SELECT count(*) FROM account a WHERE {_CONDITION}",  # noqa: S608 - constants
        _values(wanted),
    ).fetchone()
    return int(row[0])


def seats(db: Database) -> dict[str, int]:
    """How many open accounts have a role in each working group that has any."""
    return dict(
        db.execute(
            "SELECT r.working_group, count(DISTINCT r.account) FROM account_role r JOIN account a ON a.id = r.account"
            " WHERE r.working_group IS NOT NULL AND a.active = 1 GROUP BY r.working_group"
        ).fetchall()
    )


def _values(wanted: Wanted) -> dict[str, str | int | None]:
    def like(text: str) -> str:
        for sign in "!%_":
            text = text.replace(sign, f"!{sign}")
        return f"%{text}%" if text else "%"

    text = wanted.text.strip()
    return {
        "like": like(text),
        "lower": like(text.lower()),
        "title": like(text.title()),
        "role": None if wanted.role is None else wanted.role.value,
        "active": None if wanted.active is None else int(wanted.active),
    }
