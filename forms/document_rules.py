"""What a document must keep to across its places: ids, options, bounds, the report plan.

Works on what document_schemas.load could read, so that a fault in one question hides no fault in another. Names in
conditions are looked at in condition_rules.py, languages and names of scales in document_settling.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from forms.comparison_schemas import check_comparisons
from forms.complaints import Complaint, shown, unknown_question
from forms.document_questions import (
    Known,
    holders_of,
    items_of,
    option_lists,
    questions_of,
    resolve,
)
from forms.document_schemas import Found
from forms.document_text import Path
from forms.expressions import RESERVED
from forms.question_schemas import NUMBER_LIMIT
from forms.questionnaire import PLACES_OF_UNITS
from forms.report_part_rules import check_report_parts

_CATEGORIES = ("one_of", "scale", "consent", "unit")
_NUMBERS = ("number", "count", "duration")
_TABULATED = (*_CATEGORIES, "several_of", *_NUMBERS, "matrix")
_TEXTS = ("short_text", "long_text")


def check(data: dict[str, Any]) -> list[Found]:
    """Every complaint about ids, kinds and the report plan."""
    return [
        *_check_ids(data),
        *_check_kinds(data),
        *_check_report(data),
        *check_report_parts(data),
    ]


# --- ids --------------------------------------------------------------------------------------------------------


def _check_ids(data: dict[str, Any]) -> Iterator[Found]:
    sections = [
        (("sections", i, "id"), s["id"]) for i, s in items_of(data.get("sections")) if "id" in s
    ]
    yield from _twice(sections, "section")
    questions = list(questions_of(data))
    yield from _twice((((*known.path, "id"), known.id) for known in questions), "question")
    for known in questions:
        if known.id in RESERVED or known.id in PLACES_OF_UNITS:
            yield (
                (*known.path, "id"),
                Complaint(
                    "reserved-id", f"{known.id} already means something else.", "Choose another id."
                ),
            )
        for key, thing in (("statements", "statement"), ("rows", "row"), ("columns", "column")):
            parts = [
                ((*known.path, key, i, "id"), p["id"])
                for i, p in items_of(known.data.get(key))
                if "id" in p
            ]
            yield from _twice(parts, thing)
    for path, options, _ in option_lists(data):
        yield from _twice(
            (((*path, i, "id"), o["id"]) for i, o in items_of(options) if "id" in o), "option"
        )


def _twice(ids: Iterable[tuple[Path, str]], thing: str) -> Iterator[Found]:
    seen: set[str] = set()
    for path, name in ids:
        if name in seen:
            yield (
                path,
                Complaint(
                    "duplicate-id",
                    f"There is already a {thing} {shown(name)}.",
                    "Give it another id.",
                ),
            )
        seen.add(name)


# --- kinds ------------------------------------------------------------------------------------------------------


def _check_kinds(data: dict[str, Any]) -> Iterator[Found]:
    for path, options, kind in option_lists(data):
        yield from _check_options(path, options, kind)
    for known in questions_of(data):
        for holder, path in holders_of(known):
            yield from _check_bounds(holder, path)


def _check_options(path: Path, options: list[Any], kind: str) -> Iterator[Found]:
    many = len(options)
    if kind in ("scale", "matrix") and not 2 <= many <= 11 and path[0] == "scales":
        yield path, Complaint("list-length", f"A scale has {many} points.", "It takes 2 to 11.")
    if kind == "one_of" and many < 2:
        yield (
            path,
            Complaint(
                "list-length", "There is nothing to choose from.", "Write at least two options."
            ),
        )
    for index, option in items_of(options):
        if kind in ("scale", "matrix") and "score" not in option:
            yield (
                (*path, index, "score"),
                Complaint(
                    "missing-score",
                    "A point of a scale needs a score.",
                    "Add score, the number used in means.",
                ),
            )
        if kind != "several_of" and option.get("exclusive"):
            yield (
                (*path, index, "exclusive"),
                Complaint(
                    "exclusive", "Only options of several_of can be exclusive.", "Remove exclusive."
                ),
            )
    if (
        kind == "several_of"
        and many
        and all(isinstance(o, dict) and o.get("exclusive") for o in options)
    ):
        yield path, Complaint("exclusive", "All options are exclusive.", "Use one_of instead.")


def _check_bounds(question: dict[str, Any], path: Path) -> Iterator[Found]:
    low: Any
    high: Any
    defaults = {"duration": (0, 1440), "group": (0, 10)}.get(question.get("kind", ""), (None, None))
    for lower, upper, (default_low, default_high) in (
        ("minimum", "maximum", defaults),
        ("earliest", "latest", (None, None)),
    ):
        low, high = question.get(lower, default_low), question.get(upper, default_high)
        if low is not None and high is not None and low > high:
            yield (
                (*path, lower if lower in question else upper),
                Complaint(
                    "bounds",
                    f"{lower} ({low}) is above {upper} ({high}).",
                    "Swap or correct the two.",
                ),
            )
    if question.get("kind") == "number":
        scale = 10 ** question.get("decimals", 0)
        for key in ("minimum", "maximum"):
            bound = question.get(key)
            if bound is not None and abs(bound) * scale > NUMBER_LIMIT:
                yield (
                    (*path, key),
                    Complaint(
                        "bounds",
                        f"{bound} with {question.get('decimals', 0)} decimals is more than can be summed exactly.",
                        f"Keep it within {NUMBER_LIMIT // scale}, or take fewer decimals.",
                    ),
                )


# --- the report plan --------------------------------------------------------------------------------------------


def _check_report(data: dict[str, Any]) -> Iterator[Found]:
    report = data.get("report") or {}
    known: dict[str, Known] = {}
    for question in questions_of(data):
        known.setdefault(question.id, question)  # of two with one id, the first is meant
    tables = list(items_of(report.get("tables")))
    yield from _twice(
        ((("report", "tables", i, "id"), t["id"]) for i, t in tables if "id" in t), "table"
    )
    for index, table in tables:
        path: Path = ("report", "tables", index)
        place = table.get("question")
        if place:
            yield from _check_planned(path, place, table.get("measures") or (), known)
        by = table.get("by") or ()
        if len(by) > 2:
            yield (
                (*path, "by"),
                Complaint(
                    "by",
                    f"A table goes by {len(by)} things.",
                    "Two are the most; make more tables.",
                ),
            )
        yield from _twice(
            (((*path, "by", i), name) for i, name in enumerate(by) if name), "breakdown"
        )
        for i, name in enumerate(by):
            if name:
                yield from _check_by((*path, "by", i), name, place, known)
    for index, place in enumerate(report.get("free_text") or ()):
        if place:
            yield from _check_free_text(("report", "free_text", index), place, known)
    yield from check_comparisons(report, known)


def _check_planned(
    path: Path, place: str, measures: Iterable[Any], known: dict[str, Known]
) -> Iterator[Found]:
    found = resolve(place, known)
    here = (*path, "question")
    if isinstance(found, Complaint):
        yield here, found
        return
    question, kind, group = found
    if group is not None:
        yield (
            here,
            Complaint(
                "cannot-tabulate",
                f"{place} is asked once for each repetition of {group}, and tables count people.",
                "Tabulate a question outside the group.",
            ),
        )
        return
    if kind not in _TABULATED:
        remedy = (
            "Name it under free_text."
            if kind in _TEXTS
            else f"Tables take {', '.join(_TABULATED)}, and cells of tables."
        )
        if kind:
            yield (
                here,
                Complaint("cannot-tabulate", f"A question of kind {kind} has no table.", remedy),
            )
        return
    options = [o for _, o in items_of(question.get("points") or question.get("options"))]
    for index, measure in enumerate(measures):
        wrong = {
            "favourable": kind in _NUMBERS or not any(o.get("tone") for o in options),
            "mean": kind not in _NUMBERS and not (options and all("score" in o for o in options)),
            "median": kind not in (*_NUMBERS, "scale", "matrix"),
        }.get(str(measure), False)
        if wrong:
            why = {
                "favourable": "no option has a tone",
                "mean": "its answers have no score",
                "median": "its answers are not in order",
            }[str(measure)]
            yield (
                (*path, "measures", index),
                Complaint(
                    "measure", f"There is no {measure} of {place}: {why}.", "Remove the measure."
                ),
            )


def _check_by(path: Path, name: str, place: Any, known: dict[str, Known]) -> Iterator[Found]:
    if name in PLACES_OF_UNITS:
        return
    question = known.get(name)
    if question is None:
        yield path, unknown_question(name, [*known, *PLACES_OF_UNITS])
    elif question.kind and (question.kind not in _CATEGORIES or question.group is not None):
        yield (
            path,
            Complaint(
                "by",
                f"{name} does not put people into groups.",
                f"by takes questions of kind {', '.join(_CATEGORIES)} outside groups, and {', '.join(PLACES_OF_UNITS)}.",
            ),
        )
    elif name == place:
        yield path, Complaint("by", f"{name} is broken down by itself.", "Name another question.")


def _check_free_text(path: Path, place: str, known: dict[str, Known]) -> Iterator[Found]:
    found = resolve(place, known)
    if isinstance(found, Complaint):
        yield path, found
    elif found[1] and found[1] not in _TEXTS:
        yield (
            path,
            Complaint(
                "not-a-text",
                f"{place} is not answered in free text.",
                "Name questions of kind short_text or long_text.",
            ),
        )
