"""What a document must keep to across its places: ids, languages, scales, bounds, the report plan.

Works on what document_schemas.load could read, so that a fault in one question hides no fault in another. Names in
conditions are looked at in condition_rules.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from forms.document_fields import Complaint, GivenTexts, ScaleName, nearest, shown
from forms.document_schemas import Found
from forms.document_text import Path
from forms.expressions import RESERVED
from forms.question_schemas import NUMBER_LIMIT

#: The words for "don't know" and "not relevant" that `true` stands for.
STANDARD_WORDS: dict[str, dict[str, str]] = {
    "dont_know": {"da": "Ved ikke", "en": "Don't know", "ar": "لا أعرف", "fa": "نمی‌دانم"},
    "not_relevant": {
        "da": "Ikke relevant",
        "en": "Not relevant",
        "ar": "لا ينطبق",
        "fa": "مرتبط نیست",
    },
}

#: What `by` in a report plan may name beside questions.
PLACES_OF_UNITS = ("unit", "area", "region")

_CATEGORIES = ("one_of", "scale", "consent", "unit")
_NUMBERS = ("number", "count", "duration")
_TABULATED = (*_CATEGORIES, "several_of", *_NUMBERS, "matrix")
_TEXTS = ("short_text", "long_text")


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
    for index, section in _items(data.get("sections")):
        for known in _questions(section, ("sections", index, "questions"), None):
            yield known
            if known.kind == "group":
                yield from _questions(known.data, (*known.path, "questions"), known.id)


def _questions(holder: dict[str, Any], path: Path, group: str | None) -> Iterator[Known]:
    for index, question in _items(holder.get("questions")):
        if "id" in question:
            yield Known(question["id"], question.get("kind", ""), question, (*path, index), group)


def _items(listed: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings of a list with their positions; what could not be read is left out."""
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(item, dict):
            yield index, item


def settle(data: dict[str, Any]) -> list[Found]:
    """Puts the source language and standard words where they were left out, and the scales where they are named."""
    tags = [
        language["tag"] for language in data.get("languages") or () if isinstance(language, dict)
    ]
    found = list(_settle_scales(data))
    found += _settle_offers(data, (), tags)
    found += _settle_texts({key: value for key, value in data.items() if key != "scales"}, (), tags)
    # a scale is in the questions that name it by now; its own texts are looked at once, where they stand
    found += _settle_texts(data.get("scales") or {}, ("scales",), tags)
    return list(dict.fromkeys(found))


def check(data: dict[str, Any]) -> list[Found]:
    """Every complaint about ids, kinds and the report plan."""
    return [*_check_ids(data), *_check_kinds(data), *_check_report(data)]


# --- what was left out ------------------------------------------------------------------------------------------


def _settle_scales(data: dict[str, Any]) -> Iterator[Found]:
    scales = data.get("scales") or {}
    for known in questions_of(data):
        holders = [(known.data, known.path)]
        holders += [
            (column, (*known.path, "columns", i)) for i, column in _items(known.data.get("columns"))
        ]
        for holder, path in holders:
            for key in ("options", "points"):
                name = holder.get(key)
                if not isinstance(name, ScaleName):
                    continue
                if name in scales:
                    holder[key] = scales[name]
                    holder["@" + key] = ("scales", str(name))
                else:
                    holder[key] = None
                    yield (
                        (*path, key),
                        Complaint(
                            "unknown-scale",
                            f"There is no scale {shown(name)}.",
                            nearest(name, scales) or "Write it under scales.",
                        ),
                    )


def _settle_offers(part: Any, path: Path, tags: list[str]) -> Iterator[Found]:
    if isinstance(part, list):
        for index, item in enumerate(part):
            yield from _settle_offers(item, (*path, index), tags)
    elif isinstance(part, dict) and not isinstance(part, GivenTexts):
        for key in list(part):
            offered = part[key]
            if key in STANDARD_WORDS and offered is False:
                del part[key]
            elif key in STANDARD_WORDS and offered is True:
                words = STANDARD_WORDS[key]
                part[key] = GivenTexts(
                    {tag: words[tag.split("-")[0]] for tag in tags if tag.split("-")[0] in words}
                )
                if tags and tags[0] not in part[key]:
                    yield (
                        (*path, key),
                        Complaint(
                            "no-standard-words",
                            f"There are no standard words in {shown(tags[0])}.",
                            "Write the words instead of true.",
                        ),
                    )
            elif key in ("sections", "questions", "columns"):
                yield from _settle_offers(offered, (*path, key), tags)


def _settle_texts(part: Any, path: Path, tags: list[str]) -> Iterator[Found]:
    if isinstance(part, GivenTexts):
        if tags:
            if "" in part:
                part[tags[0]] = part.pop("")
            for tag in part:
                if tag not in tags:
                    yield (
                        (*path, tag),
                        Complaint(
                            "undeclared-language",
                            f"{shown(tag)} is not among the languages of the questionnaire.",
                            f"{nearest(tag, tags)} Or add it under languages.",
                        ),
                    )
    elif isinstance(part, list):
        for index, item in enumerate(part):
            yield from _settle_texts(item, (*path, index), tags)
    elif isinstance(part, dict):
        for key, item in part.items():
            if not key.startswith("@") and "@" + key not in part:
                yield from _settle_texts(item, (*path, key), tags)


# --- ids --------------------------------------------------------------------------------------------------------


def _check_ids(data: dict[str, Any]) -> Iterator[Found]:
    sections = [
        (("sections", i, "id"), s["id"]) for i, s in _items(data.get("sections")) if "id" in s
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
                for i, p in _items(known.data.get(key))
                if "id" in p
            ]
            yield from _twice(parts, thing)
    for path, options, _ in option_lists(data):
        yield from _twice(
            (((*path, i, "id"), o["id"]) for i, o in _items(options) if "id" in o), "option"
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


def option_lists(data: dict[str, Any]) -> Iterator[tuple[Path, Any, str]]:
    """Every list of options with the path where it is written and the kind that uses it; shared ones once per kind."""
    seen: set[tuple[Path, str]] = set()
    for known in questions_of(data):
        holders = [(known.data, known.path, known.kind)]
        for index, column in _items(known.data.get("columns")):
            holders.append((column, (*known.path, "columns", index), column.get("kind", "")))
        for holder, path, kind in holders:
            for key in ("options", "points"):
                where: Path = holder.get("@" + key, (*path, key))
                if isinstance(holder.get(key), list) and (where, kind) not in seen:
                    seen.add((where, kind))
                    yield where, holder[key], kind


# --- kinds ------------------------------------------------------------------------------------------------------


def _check_kinds(data: dict[str, Any]) -> Iterator[Found]:
    for path, options, kind in option_lists(data):
        yield from _check_options(path, options, kind)
    for known in questions_of(data):
        yield from _check_bounds(known.data, known.path)
        for index, column in _items(known.data.get("columns")):
            yield from _check_bounds(column, (*known.path, "columns", index))


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
    for index, option in _items(options):
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
    tables = list(_items(report.get("tables")))
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
    options = [o for _, o in _items(question.get("points") or question.get("options"))]
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


def resolve(
    place: str, known: dict[str, Known]
) -> tuple[dict[str, Any], str, str | None] | Complaint:
    """The question, kind and group that a place without repetition names (`care/met`, `staff/nurses/total`)."""
    first, *rest = place.split("/")
    question = known.get(first)
    if question is None:
        return Complaint(
            "unknown-question", f"There is no question {shown(first)}.", nearest(first, known)
        )
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
    return {part["id"]: part for _, part in _items(question.get(key)) if "id" in part}


def _check_by(path: Path, name: str, place: Any, known: dict[str, Known]) -> Iterator[Found]:
    if name in PLACES_OF_UNITS:
        return
    question = known.get(name)
    if question is None:
        yield (
            path,
            Complaint(
                "unknown-question",
                f"There is no question {shown(name)}.",
                nearest(name, [*known, *PLACES_OF_UNITS]),
            ),
        )
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
