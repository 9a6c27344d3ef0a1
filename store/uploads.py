"""What a person of the desk uploaded and has not decided on yet: the text of a document, or of tables of units.

It is its owner's alone, and a week after it was last changed it is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlite_utils import Database

from store.instants import instant_text, read_instant

Kind = Literal["units", "questionnaire"]

#: How long an upload lies after it was last changed.
KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An upload: its id is 16 random hex digits, `content` is text, the name of the file is not kept."""

    id: str
    kind: Kind
    content: str
    changed_at: datetime


def add(
    db: Database, upload: str, *, kind: Kind, content: str, account: int, now: datetime
) -> None:
    """Keep an upload of an account under a random id, and remove those of everybody that have lain too long."""
    remove_expired(db, now)
    db.execute(
        "INSERT INTO upload (id, kind, content, account, changed_at) VALUES (?, ?, ?, ?, ?)",
        (upload, kind, content, account, instant_text(now)),
    )


def find(db: Database, upload: str, *, kind: Kind, account: int, now: datetime) -> Upload | None:
    """The account's upload of this kind, or None: also for another's, and for one that has lain too long."""
    row = db.execute(
        "SELECT id, content, changed_at FROM upload"
        " WHERE id = :id AND kind = :kind AND account = :account AND changed_at > :since",
        {
            "id": upload,
            "kind": kind,
            "account": account,
            "since": instant_text(now - KEPT_FOR),
        },
    ).fetchone()
    if row is None:
        return None
    return Upload(id=row[0], kind=kind, content=row[1], changed_at=read_instant(row[2]))


def of_account(db: Database, account: int, *, kind: Kind, now: datetime) -> list[Upload]:
    """The account's uploads of a kind, the newest first."""
    return [
        Upload(id=identity, kind=kind, content=content, changed_at=read_instant(changed_at))
        for identity, content, changed_at in db.execute(
            "SELECT id, content, changed_at FROM upload"
            " WHERE account = :account AND kind = :kind AND changed_at > :since"
            " ORDER BY changed_at DESC, id",
            {"account": account, "kind": kind, "since": instant_text(now - KEPT_FOR)},
        )
    ]


def set_content(db: Database, upload: str, content: str, *, now: datetime) -> None:
    """Keep another text in place of the one before; the week begins anew."""
    db.execute(
        "UPDATE upload SET content = ?, changed_at = ? WHERE id = ?",
        (content, instant_text(now), upload),
    )


def remove(db: Database, upload: str) -> None:
    """Remove an upload."""
    db.execute("DELETE FROM upload WHERE id = ?", (upload,))


def remove_expired(db: Database, now: datetime) -> int:
    """Remove what has lain too long; how many."""
    cursor = db.execute("DELETE FROM upload WHERE changed_at <= ?", (instant_text(now - KEPT_FOR),))
    return int(cursor.rowcount)
