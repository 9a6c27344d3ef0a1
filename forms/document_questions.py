"""Finding one's way in a loaded document: its questions, their lists of options, and what a place names.

Works on what document_schemas.load could read, so that a fault in one question hides no fault in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forms.complaints import Complaint, nearest, shown, unknown_question
from forms.document_text import Path


@dataclass(frozen=True, slots=True)
class Known:
    """A question of the document: what was read of it, where it stands, and the group and section it stands in."""

    id: str
    kind: str
    data: dict[str, Any]
    path: Path
    group: str | None = None


def questions_of(data: dict[str, Any]) -> Iterator[Known]:
    """Every question that has an id, in order; those of a group follow it."""
    for index, section in items_of(data.get("sections")):
        for known in _questions(section, ("sections", index, "questions"), None):
            yield known
            if known.kind == "group":
                yield from _questions(known.data, (*known.path, "questions"), known.id)


def _questions(holder: dict[str, Any], path: Path, group: str | None) -> Iterator[Known]:
    for index, question in items_of(holder.get("questions")):
        if "id" in question:
            yield Known(question["id"], question.get("kind", ""), question, (*path, index), group)


def items_of(listed: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings of a list with their positions; what could not be read is left out."""
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(item, dict):
            yield index, item


def holders_of(known: Known) -> Iterator[tuple[dict[str, Any], Path]]:
    """What is asked under one id: the question itself, and then the columns of a table."""
    yield known.data, known.path
    for index, column in items_of(known.data.get("columns")):
        yield column, (*known.path, "columns", index)


def option_lists(data: dict[str, Any]) -> Iterator[tuple[Path, Any, str]]:
    """Every list of options with the path where it is written and the kind that uses it; shared ones once per kind."""
    seen: set[tuple[Path, str]] = set()
    for known in questions_of(data):
        for holder, path in holders_of(known):
            kind = holder.get("kind", "")
            for key in ("options", "points"):
                where: Path = holder.get("@" + key, (*path, key))
                if isinstance(holder.get(key), list) and (where, kind) not in seen:
                    seen.add((where, kind))
                    yield where, holder[key], kind


def resolve(
    place: str, known: dict[str, Known]
) -> tuple[dict[str, Any], str, str | None] | Complaint:
    """The question, kind and group that a place without repetition names (`care/met`, `staff/nurses/total`)."""
    first, *rest = place.split("/")
    question = known.get(first)
    if question is None:
        return unknown_question(first, known)
    if not rest or not question.kind:
        return question.data, question.kind, question.group
    if question.kind == "matrix" and len(rest) == 1:
        statements = _ids(question.data, "statements")
        if rest[0] in statements:
            return question.data, "matrix", question.group
        return Complaint(
            "unknown-question",
            f"{first} has no statement {shown(rest[0])}.",
            nearest(rest[0], statements),
        )
    if question.kind == "table" and len(rest) == 2:
        rows, columns = _ids(question.data, "rows"), _ids(question.data, "columns")
        if rest[0] not in rows:
            return Complaint(
                "unknown-question", f"{first} has no row {shown(rest[0])}.", nearest(rest[0], rows)
            )
        if rest[1] not in columns:
            return Complaint(
                "unknown-question",
                f"{first} has no column {shown(rest[1])}.",
                nearest(rest[1], columns),
            )
        return columns[rest[1]], columns[rest[1]].get("kind", ""), question.group
    return Complaint(
        "unknown-question",
        f"{shown(place)} names no part of {first}.",
        "Write trust, care/met (a statement) or staff/nurses/total (row and column).",
    )


def _ids(question: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
    return {part["id"]: part for _, part in items_of(question.get(key)) if "id" in part}
