"""Working groups, their place under one another, and who sits in them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingGroup:
    """A body such as the IV working group; `parent` is the one it reports to."""

    id: str
    name: str
    parent: str | None = None


def keep(db: Database, group: WorkingGroup) -> None:
    """Keep a working group, or its new name and parent. Raises sqlite3.IntegrityError for an unknown parent."""
    db.execute(
        "INSERT INTO working_group (id, name, parent) VALUES (?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, parent = excluded.parent",
        (group.id, group.name, group.parent),
    )


def find(db: Database, working_group: str) -> WorkingGroup | None:
    """The working group with this id, or None."""
    row = db.execute(
        "SELECT id, name, parent FROM working_group WHERE id = ?", (working_group,)
    ).fetchone()
    return None if row is None else WorkingGroup(id=row[0], name=row[1], parent=row[2])


def listed(db: Database, *, account: int | None = None) -> list[WorkingGroup]:
    """All working groups by name; those of one account when given."""
    return [
        WorkingGroup(id=identity, name=name, parent=parent)
        for identity, name, parent in db.execute(
            "SELECT id, name, parent FROM working_group WHERE (:account IS NULL OR id IN"
            " (SELECT working_group FROM working_group_member WHERE account = :account))"
            " ORDER BY name, id",
            {"account": account},
        )
    ]


def add_member(db: Database, working_group: str, account: int) -> None:
    """Let an account sit in a working group. Raises sqlite3.IntegrityError when either is unknown."""
    db.execute(
        "INSERT INTO working_group_member (working_group, account) VALUES (?, ?)"
        " ON CONFLICT (working_group, account) DO NOTHING",
        (working_group, account),
    )


def remove_member(db: Database, working_group: str, account: int) -> bool:
    """Take an account out of a working group; False when it was not in it."""
    cursor = db.execute(
        "DELETE FROM working_group_member WHERE working_group = ? AND account = ?",
        (working_group, account),
    )
    return cursor.rowcount == 1


def members(db: Database, working_group: str) -> list[int]:
    """The ids of the accounts that sit in a working group."""
    return [
        row[0]
        for row in db.execute(
            "SELECT account FROM working_group_member WHERE working_group = ? ORDER BY account",
            (working_group,),
        )
    ]
