"""What the parts of a report plan must keep to: that what they name is there and of a kind that they can use, and that
nothing of people who were promised more is shown unit by unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from forms.complaints import Complaint, shown, unknown_question
from forms.document_questions import Known, items_of, questions_of, resolve
from forms.document_schemas import Found
from forms.document_text import Path
from forms.questionnaire import Promise, Shape

_TEXTS = ("short_text", "long_text")
_NUMBERS = ("number", "count", "duration")
_ONE = ("one_of", "scale")
#: Part -> the shapes whose promise allows it.
_SHAPES = {
    "collated": (Shape.RETURN,),
    "grid": (Shape.RETURN,),
    "shares": (Shape.RETURN,),
    "catalogue": (Shape.RETURN,),
    "tallies": (Shape.REGISTRATION,),
    "journey": (Shape.INTERVIEW, Shape.AUDIT),
    "agreement": (Shape.AUDIT,),
}


def check_report_parts(data: dict[str, Any]) -> list[Found]:
    """Every complaint about the parts of the report plan."""
    report = data.get("report")
    if not isinstance(report, dict):
        return []
    known: dict[str, Known] = {}
    for question in questions_of(data):
        known.setdefault(question.id, question)
    rules = _Rules(known, report.get("tables"))
    found = list(_shapes(data, report))
    found += rules.collated(report.get("collated"))
    found += rules.grid(report.get("grid"))
    for index, one in items_of(report.get("shares")):
        found += rules.shares(one, ("report", "shares", index))
    found += rules.catalogue(report.get("catalogue"))
    for index, one in items_of(report.get("tallies")):
        found += rules.tally(one, ("report", "tallies", index))
    found += rules.journey(report.get("journey"))
    found += rules.agreement(report.get("agreement"))
    goal = report.get("goal")
    if isinstance(goal, dict) and 0 < (goal.get("at_most") or 0) < (goal.get("at_least") or 0):
        found.append(
            (
                ("report", "goal", "at_most"),
                Complaint(
                    "bounds", "at_most is below at_least.", "Swap the two, or leave at_most out."
                ),
            )
        )
    return found


def _shapes(data: dict[str, Any], report: dict[str, Any]) -> Iterator[Found]:
    shape = data.get("shape")
    promise = data.get("promise")
    for name, shapes in _SHAPES.items():
        if report.get(name) and shapes == (Shape.RETURN,) and promise not in (None, Promise.SIGNED):
            yield (
                ("report", name),
                Complaint(
                    "other-promise",
                    f"{name} shows what each unit answered, and the promise is {promise}.",
                    "Take it out, or promise signed.",
                ),
            )
        if report.get(name) and shape is not None and shape not in shapes:
            yield (
                ("report", name),
                Complaint(
                    "other-shape",
                    f"A {shape} has no {name} in its report.",
                    f"Take it out; it is for the shape {' or '.join(shapes)}.",
                ),
            )


class _Rules:
    """The rules over the questions of one document."""

    def __init__(self, known: dict[str, Known], tables: Any) -> None:
        self.known = known
        self.tabulated = {table.get("question") for _, table in items_of(tables)}

    def _kind(
        self, path: Path, name: Any, kinds: Iterable[str], group: str | None = None
    ) -> Iterator[Found]:
        """A complaint unless `name` is a question of one of `kinds` in `group` (None: outside groups)."""
        if not name:
            return
        question = self.known.get(name)
        if question is None:
            yield path, unknown_question(name, self.known)
        elif question.kind and question.kind not in kinds:
            yield (
                path,
                Complaint(
                    "wrong-kind",
                    f"{name} is a question of kind {question.kind}.",
                    f"It takes one of kind {', '.join(kinds)}.",
                ),
            )
        elif question.group != group:
            yield (
                path,
                Complaint(
                    "wrong-group",
                    f"{name} stands in {question.group or 'no group'}.",
                    f"Name a question in {group}." if group else "Name one outside groups.",
                ),
            )

    def _option(self, path: Path, asked: Known, option: Any) -> Iterator[Found]:
        """A complaint unless the question has this option."""
        options = {one.get("id") for _, one in items_of(_options(asked))}
        if option not in options:
            yield (
                path,
                Complaint(
                    "unknown-option",
                    f"{asked.id} has no option {shown(option or '')}.",
                    "Name the option that says yes.",
                ),
            )

    def collated(self, part: Any) -> Iterator[Found]:
        """Any question outside groups that is answered."""
        for index, name in _listed(part, "questions"):
            question = self.known.get(name)
            kinds = [question.kind] if question and question.kind != "information" else []
            yield from self._kind(
                ("report", "collated", "questions", index), name, kinds or ["long_text"]
            )

    def grid(self, part: Any) -> Iterator[Found]:
        """Columns and pages by a choice, rows of texts."""
        if not isinstance(part, dict):
            return
        here: Path = ("report", "grid")
        yield from self._kind((*here, "columns"), part.get("columns"), _ONE)
        yield from self._kind((*here, "pages"), part.get("pages"), _ONE)
        yield from self._kind((*here, "named_if"), part.get("named_if"), _ONE)
        asked = self.known.get(part.get("named_if") or "")
        if asked and asked.kind in _ONE:
            yield from self._option((*here, "named_option"), asked, part.get("named_option"))
        for number, row in items_of(part.get("rows")):
            for index, name in _listed(row, "questions"):
                yield from self._kind((*here, "rows", number, "questions", index), name, _TEXTS)

    def shares(self, part: dict[str, Any], here: Path) -> Iterator[Found]:
        """Numbers of units."""
        yield from self._kind((*here, "note"), part.get("note"), _TEXTS)
        for index, one in items_of(part.get("parts")):
            for key in ("part", "whole"):
                if one.get(key):
                    yield from self._number((*here, "parts", index, key), one[key])

    def _number(self, path: Path, place: str) -> Iterator[Found]:
        first, *rest = place.split("/")
        question = self.known.get(first)
        if question is not None and question.kind == "group":
            if not rest:
                return
            yield from self._kind(path, rest[0], _ONE, first)
            asked = self.known.get(rest[0])
            options = items_of(_options(asked)) if asked else ()
            if len(rest) != 2 or rest[1] not in {one.get("id") for _, one in options}:
                yield (
                    path,
                    Complaint(
                        "unknown-option",
                        f"{shown(place)} names no option of a question in {first}.",
                        "Write homes (how many) or homes/doctor/yes (how many chose it).",
                    ),
                )
            return
        found = resolve(place, self.known)
        if isinstance(found, Complaint):
            yield path, found
        elif found[1] and (found[1] not in _NUMBERS or found[2] is not None):
            yield (
                path,
                Complaint(
                    "wrong-kind",
                    f"{shown(place)} is no number that a unit gives once.",
                    f"Name one of kind {', '.join(_NUMBERS)}, or a group.",
                ),
            )

    def catalogue(self, part: Any) -> Iterator[Found]:
        """A group and its questions."""
        if not isinstance(part, dict):
            return
        here: Path = ("report", "catalogue")
        yield from self._kind((*here, "group"), part.get("group"), ("group",))
        group = part.get("group")
        yield from self._kind((*here, "name"), part.get("name"), _TEXTS, group)
        numbered = (*_NUMBERS, *_TEXTS)
        yield from self._kind((*here, "number"), part.get("number"), numbered, group)
        for index, name in _listed(part, "show"):
            question = self.known.get(name)
            kinds = [question.kind] if question else []
            yield from self._kind((*here, "show", index), name, kinds, group)

    def tally(self, part: dict[str, Any], here: Path) -> Iterator[Found]:
        """A count, by choices or the unit; no table beside it may tell the sums that the tally hides."""
        yield from self._kind((*here, "count"), part.get("count"), ("count",))
        if part.get("count") and part["count"] in self.tabulated:
            yield (
                (*here, "count"),
                Complaint(
                    "cannot-tabulate",
                    f"{part['count']} has a table as well, from which hidden sums could be computed.",
                    "Take the table out of the plan.",
                ),
            )
        for index, name in _listed(part, "by"):
            if name != "unit":
                yield from self._kind((*here, "by", index), name, _ONE)

    def journey(self, part: Any) -> Iterator[Found]:
        """A group and its questions."""
        if not isinstance(part, dict):
            return
        here: Path = ("report", "journey")
        group = part.get("group")
        yield from self._kind((*here, "group"), group, ("group",))
        for key, kinds in (
            ("sector", _ONE),
            ("came_from", _ONE),
            ("trouble", (*_ONE, *_TEXTS)),
            ("waited", _NUMBERS),
        ):
            yield from self._kind((*here, key), part.get(key), kinds, group)
        asked = self.known.get(part.get("trouble") or "")
        if asked and asked.kind in _ONE:
            yield from self._option((*here, "trouble_option"), asked, part.get("trouble_option"))

    def agreement(self, part: Any) -> Iterator[Found]:
        """A number of the case, who answered, and choices."""
        if not isinstance(part, dict):
            return
        here: Path = ("report", "agreement")
        yield from self._kind((*here, "case"), part.get("case"), ("count", "number"))
        yield from self._kind((*here, "auditor"), part.get("auditor"), _ONE)
        for index, name in _listed(part, "questions"):
            yield from self._kind((*here, "questions", index), name, _ONE)


def _options(asked: Known) -> Any:
    return asked.data.get("options") or asked.data.get("points")


def _listed(part: Any, key: str) -> Iterator[tuple[int, str]]:
    """The names of a list that could be read, with their positions."""
    listed = part.get(key) if isinstance(part, dict) else None
    for index, name in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(name, str):
            yield index, name
