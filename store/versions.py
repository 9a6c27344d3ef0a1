"""Questionnaires and their published versions: immutable documents named by the hash of their content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlite_utils import Database

from forms.problems import Problem, ProblemError
from store.instants import read_day
from store.plain_json import json_text, read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVersion:
    """A published version. `document` is forms.document.to_plain's; `number` counts from 1 for each questionnaire."""

    hash: str
    questionnaire: str
    number: int
    document: Mapping[str, Any]
    padded_size: int
    published_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedVersion:
    """A published version without its document, for lists. `title` is the questionnaire's newest."""

    hash: str
    questionnaire: str
    number: int
    shape: str
    title: Mapping[str, str]
    padded_size: int
    published_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOfVersion:
    """A round in which a version is used."""

    version: str
    round: str
    title: Mapping[str, str]
    state: str


_COLUMNS = "hash, questionnaire, number, document, padded_size, published_on"


def publish(
    db: Database,
    *,
    version_hash: str,
    questionnaire: str,
    shape: str,
    title: Mapping[str, str],
    document: Mapping[str, Any],
    padded_size: int,
    published_on: date,
) -> KeptVersion:
    """Keep a version under the next number of its questionnaire. One that is kept already is returned as it is.

    Call it in a write transaction. `published_on` is a day, not an instant.
    """
    kept = find(db, version_hash)
    if kept is not None:
        return kept
    db.execute(
        "INSERT INTO questionnaire (id, shape, title) VALUES (:id, :shape, :title)"
        " ON CONFLICT (id) DO UPDATE SET shape = excluded.shape, title = excluded.title",
        {"id": questionnaire, "shape": shape, "title": json_text(dict(title))},
    )
    db.execute(
        f"INSERT INTO version ({_COLUMNS})"  # noqa: S608 - a constant
        " SELECT :hash, :questionnaire, coalesce(max(number), 0) + 1, :document, :padded_size, :published_on"
        " FROM version WHERE questionnaire = :questionnaire",
        {
            "hash": version_hash,
            "questionnaire": questionnaire,
            "document": json_text(dict(document)),
            "padded_size": padded_size,
            "published_on": published_on.isoformat(),
        },
    )
    return read(db, version_hash)


def find(db: Database, version_hash: str) -> KeptVersion | None:
    """The version with this hash, or None."""
    return _one(db, "hash = ?", version_hash)


def read(db: Database, version_hash: str) -> KeptVersion:
    """The version with this hash. Raises ProblemError(NO_SUCH_VERSION)."""
    version = find(db, version_hash)
    if version is None:
        raise ProblemError(Problem.NO_SUCH_VERSION)
    return version


def latest(db: Database, questionnaire: str) -> KeptVersion | None:
    """The newest version of a questionnaire, or None where it has none."""
    return _one(
        db,
        "questionnaire = ? ORDER BY number DESC LIMIT 1",
        questionnaire,
    )


def starting_with(db: Database, beginning: str) -> list[str]:
    """The hashes that begin with these hex digits, so that a person need not type all 64."""
    if not beginning or any(sign not in "0123456789abcdef" for sign in beginning):
        return []
    return [
        row[0]
        for row in db.execute(
            "SELECT hash FROM version WHERE hash >= ? AND hash <= ? ORDER BY hash",
            (beginning, beginning + "g"),
        )
    ]


def listed(db: Database, questionnaire: str | None = None) -> list[ListedVersion]:
    """All versions, of one questionnaire when given: by questionnaire, the newest first."""
    return [
        ListedVersion(
            hash=version_hash,
            questionnaire=questionnaire_id,
            number=number,
            shape=shape,
            title=read_json(title),
            padded_size=padded_size,
            published_on=read_day(published_on),
        )
        for version_hash, questionnaire_id, number, shape, title, padded_size, published_on in db.execute(
            "SELECT v.hash, q.id, v.number, q.shape, q.title, v.padded_size, v.published_on"
            " FROM version v JOIN questionnaire q ON q.id = v.questionnaire"
            " WHERE (:questionnaire IS NULL OR q.id = :questionnaire)"
            " ORDER BY q.id, v.number DESC",
            {"questionnaire": questionnaire},
        )
    ]


def rounds_of(db: Database, questionnaire: str | None = None) -> list[RoundOfVersion]:
    """The rounds that use a version, of one questionnaire when given: the latest to open first. Test rounds are left out."""
    return [
        RoundOfVersion(version=version, round=round_id, title=read_json(title), state=state)
        for version, round_id, title, state in db.execute(
            "SELECT rv.version, r.id, r.title, r.state FROM round_version rv"
            " JOIN round r ON r.id = rv.round JOIN version v ON v.hash = rv.version"
            " WHERE r.test_of IS NULL AND (:questionnaire IS NULL OR v.questionnaire = :questionnaire)"
            " ORDER BY r.opens_at DESC, r.id",
            {"questionnaire": questionnaire},
        )
    ]


def _one(db: Database, condition: str, value: str) -> KeptVersion | None:
    row = db.execute(
        f"SELECT {_COLUMNS} FROM version WHERE {condition}",  # noqa: S608 - constants above
        (value,),
    ).fetchone()
    if row is None:
        return None
    version_hash, questionnaire, number, document, padded_size, published_on = row
    return KeptVersion(
        hash=version_hash,
        questionnaire=questionnaire,
        number=number,
        document=read_json(document),
        padded_size=padded_size,
        published_on=read_day(published_on),
    )
