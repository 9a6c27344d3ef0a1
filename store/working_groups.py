"""Working groups and their place under one another. Who sits in them is a role of the account (accounts.py)."""

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


def listed(db: Database) -> list[WorkingGroup]:
    """All working groups by name."""
    return [
        WorkingGroup(id=identity, name=name, parent=parent)
        for identity, name, parent in db.execute(
            "SELECT id, name, parent FROM working_group ORDER BY name, id"
        )
    ]
