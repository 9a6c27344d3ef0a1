"""Collections: rounds that belong together, and a title for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlite_utils import Database

from store.plain_json import json_text, read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """Rounds that belong together."""

    id: str
    title: Mapping[str, str]


def keep(db: Database, collection: Collection) -> None:
    """Keep a collection, or its new title."""
    db.execute(
        "INSERT INTO collection (id, title) VALUES (?, ?)"
        " ON CONFLICT (id) DO UPDATE SET title = excluded.title",
        (collection.id, json_text(dict(collection.title))),
    )


def listed(db: Database) -> list[Collection]:
    """All collections by id."""
    return [
        Collection(id=identity, title=read_json(title))
        for identity, title in db.execute("SELECT id, title FROM collection ORDER BY id")
    ]
