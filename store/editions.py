"""Editions: the only form in which figures exist, immutable once made; and the files rendered from them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from forms.problems import Problem, ProblemError
from store.instants import instant_text, read_instant
from store.plain_json import json_text, read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEdition:
    """An edition. `number` counts from 1 in its round; `figures` is exports' JSON; `digest` its SHA-256 in hex."""

    id: str
    round: str
    number: int
    made_at: datetime
    figures: Any
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFile:
    """A file rendered from an edition, such as ('report', 'da'). `path` is relative to the reports folder."""

    edition: str
    kind: str
    language: str
    digest: str
    path: str


#: Whether the round `r` of a statement has an edition that is not an interim one: from then on what it tells stands. Only a round
#: that asked for interim editions has any, so that the figures of other rounds, which are long, are not read.
ENDED = (
    "EXISTS (SELECT 1 FROM edition e WHERE e.round = r.id"
    " AND (r.interim = 'none' OR json_extract(e.figures, '$.about.interim') IS NULL))"
)

_COLUMNS = "id, round, number, made_at, figures, digest"


def figures_digest(figures: Any) -> str:
    """SHA-256 (64 hex) of the figures' one JSON text: sorted keys, no spaces, UTF-8."""
    return hashlib.sha256(json_text(figures).encode()).hexdigest()


def add(
    db: Database, *, edition: str, round_id: str, made_at: datetime, figures: Any
) -> KeptEdition:
    """Keep a new edition under the round's next number. `edition` is its id, drawn by the caller.

    Call it in the write transaction in which the counts were read, so that no mix comes between. Raises
    sqlite3.IntegrityError for an unknown round or an id that is taken.
    """
    text = json_text(figures)
    db.execute(
        f"INSERT INTO edition ({_COLUMNS})"  # noqa: S608 - a constant
        " SELECT :id, :round, coalesce(max(number), 0) + 1, :made_at, :figures, :digest"
        " FROM edition WHERE round = :round",
        {
            "id": edition,
            "round": round_id,
            "made_at": instant_text(made_at),
            "figures": text,
            "digest": hashlib.sha256(text.encode()).hexdigest(),
        },
    )
    return read(db, edition)


def find(db: Database, edition: str) -> KeptEdition | None:
    """The edition with this id, or None."""
    found = _editions(db, "id = ?", edition)
    return found[0] if found else None


def read(db: Database, edition: str) -> KeptEdition:
    """The edition with this id. Raises ProblemError(NO_EDITION)."""
    found = find(db, edition)
    if found is None:
        raise ProblemError(Problem.NO_EDITION)
    return found


def listed(db: Database, round_id: str) -> list[KeptEdition]:
    """The editions of a round, the newest first."""
    return _editions(db, "round = ? ORDER BY number DESC", round_id)


def of_number(db: Database, round_id: str, number: int) -> KeptEdition | None:
    """The edition of a round with this number, or None."""
    found = _editions(db, "round = ? AND number = ?", round_id, number)
    return found[0] if found else None


def latest(db: Database, round_id: str) -> KeptEdition | None:
    """The newest edition of a round, or None where none has been made."""
    found = _editions(db, "round = ? ORDER BY number DESC LIMIT 1", round_id)
    return found[0] if found else None


def newest_number(db: Database, round_id: str) -> int | None:
    """The number of the newest edition of a round without its figures, or None where none has been made."""
    row = db.execute("SELECT max(number) FROM edition WHERE round = ?", (round_id,)).fetchone()
    return None if row[0] is None else int(row[0])


def has_ended(db: Database, round_id: str) -> bool:
    """Whether the round has an edition that is not an interim one: then the numbers of its units stand."""
    row = db.execute(f"SELECT 1 FROM round r WHERE r.id = ? AND {ENDED}", (round_id,)).fetchone()  # noqa: S608 - constants
    return row is not None


def keep_file(db: Database, file: EditionFile) -> None:
    """Note a rendered file, in place of an earlier one of the same kind and language."""
    db.execute(
        "INSERT INTO edition_file (edition, kind, language, digest, path) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (edition, kind, language)"
        " DO UPDATE SET digest = excluded.digest, path = excluded.path",
        (file.edition, file.kind, file.language, file.digest, file.path),
    )


def files(db: Database, edition: str) -> list[EditionFile]:
    """The rendered files of an edition by kind and language."""
    return [
        EditionFile(edition=edition, kind=kind, language=language, digest=digest, path=path)
        for kind, language, digest, path in db.execute(
            "SELECT kind, language, digest, path FROM edition_file WHERE edition = ?"
            " ORDER BY kind, language",
            (edition,),
        )
    ]


def with_file(db: Database, round_id: str, kind: str) -> list[str]:
    """The ids of a round's editions of which a file of this kind has been made."""
    return [
        row[0]
        for row in db.execute(
            "SELECT DISTINCT e.id FROM edition e JOIN edition_file f ON f.edition = e.id"
            " WHERE e.round = ? AND f.kind = ? ORDER BY e.id",
            (round_id, kind),
        )
    ]


def find_file(db: Database, edition: str, kind: str, language: str) -> EditionFile | None:
    """One rendered file, or None where it has not been rendered."""
    return next(
        (f for f in files(db, edition) if (f.kind, f.language) == (kind, language)),
        None,
    )


def _editions(db: Database, condition: str, *values: str | int) -> list[KeptEdition]:
    return [
        KeptEdition(
            id=identity,
            round=round_id,
            number=number,
            made_at=read_instant(made_at),
            figures=read_json(figures),
            digest=digest,
        )
        for identity, round_id, number, made_at, figures, digest in db.execute(
            f"SELECT {_COLUMNS} FROM edition WHERE {condition}",  # noqa: S608 - constants above
            values,
        )
    ]
