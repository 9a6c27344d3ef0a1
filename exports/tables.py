"""Raw tables: the counts of a round arranged as its report plan promises. Integers only, nothing disclosed yet.

Pure and independent of the number of responses: what goes in is one row per (table, group, cell), what comes out has
the same size. Areas and regions are sums over units with the memberships of the round's period. Nothing here may be
shown to a reader; disclosure.py makes it publishable.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from exports.statistics import Bin
from forms.questionnaire import (
    PLACES_OF_UNITS,
    Matrix,
    Option,
    Question,
    Questionnaire,
    TableQuestion,
    text_in,
)
from store.counts import CountRow

#: Where an answer lies when it is not a valid one; they are outside every base.
UNANSWERED = "~unanswered"
OUTSIDE = ("~dont_know", "~not_relevant", UNANSWERED)
NOT_SHOWN = "~not_shown"


class PlannedCounts(Protocol):
    """What tables.py needs of forms.report_plan.CompiledTable."""

    @property
    def id(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def by(self) -> tuple[str, ...]: ...
    @property
    def kind(self) -> str: ...
    @property
    def guarded(self) -> bool: ...
    @property
    def cells(self) -> tuple[str, ...]: ...
    @property
    def histogram(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """A unit and where it belonged in the round's period. An area is (id, name); so is the region, or None."""

    id: str
    name: str
    areas: tuple[tuple[str, str], ...] = ()
    region: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a choice or a point of a scale, as tables need it."""

    id: str
    label: str
    tone: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of one group of one table: cell -> people, and for numbers their sum in the number's own unit."""

    key: tuple[str, ...]
    label: str
    cells: Mapping[str, int]
    total: float = 0.0
    total_sq: float = 0.0
    bins: tuple[Bin, ...] = ()


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table of the plan, not yet disclosed.

    `units` holds the counts by unit behind a table by unit, area or region, whose own groups are sums of them.
    `guarded_by` says for each entry of `by` whether that question is a background or sensitive one.
    """

    id: str
    question: str
    by: tuple[str, ...]
    kind: str
    guarded: bool
    title: str
    choices: tuple[Choice, ...]
    groups: tuple[Counted, ...]
    measures: tuple[str, ...] = ("distribution",)
    guarded_by: tuple[bool, ...] = ()
    units: tuple[Counted, ...] = ()
    unit_text: str = ""


@dataclass(frozen=True, slots=True)
class RawTables:
    """All tables of a round, and where its units belong."""

    tables: tuple[RawTable, ...]
    places: Mapping[str, UnitPlace] = field(default_factory=dict)
    #: "@channel" -> {"web": 12}, "@language" -> …; how it was collected, never a table of its own.
    collected: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def add_up(key: tuple[str, ...], label: str, parts: Sequence[Counted]) -> Counted:
    """The sum of groups that share nobody."""
    cells: dict[str, int] = {}
    bins: dict[tuple[float, float], int] = {}
    for part in parts:
        for cell, n in part.cells.items():
            cells[cell] = cells.get(cell, 0) + n
        for one in part.bins:
            bins[one.low, one.high] = bins.get((one.low, one.high), 0) + one.n
    return Counted(
        key,
        label,
        cells,
        sum(part.total for part in parts),
        sum(part.total_sq for part in parts),
        tuple(Bin(low, high, n) for (low, high), n in sorted(bins.items())),
    )


def question_at(questionnaire: Questionnaire, place: str) -> tuple[Question | None, str]:
    """The question that a place without repetition names, and its text in the source language.

    For a matrix statement the question is the matrix and the text that of the statement; for a cell of a table
    question it is the column's question and both texts joined.
    """
    language = questionnaire.source_language
    return question_text(questionnaire, place, language)


def question_text(
    questionnaire: Questionnaire, place: str, language: str
) -> tuple[Question | None, str]:
    """As question_at, with the text in `language`."""
    head, *rest = place.split("/")
    fallback = questionnaire.source_language
    found = next((one for one in questionnaire.questions() if one.id == head), None)
    if found is None:
        return None, place
    if isinstance(found, Matrix) and rest:
        statement = next((one for one in found.statements if one.id == rest[0]), None)
        return found, text_in(statement.text, language, fallback) if statement else place
    if isinstance(found, TableQuestion) and len(rest) == 2:
        row = next((one for one in found.rows if one.id == rest[0]), None)
        column = next((one for one in found.columns if one.id == rest[1]), None)
        if row and column:
            parts = (text_in(one.text, language, fallback) for one in (row, column))
            return column, " – ".join(parts)
    if rest and (inner := next((q for q in questionnaire.questions() if q.id == rest[-1]), None)):
        return inner, text_in(inner.text, language, fallback)
    return found, text_in(found.text, language, fallback)


def options_of(question: Question | None) -> tuple[Option, ...]:
    """The options, points or yes and no of a question; () for kinds without any."""
    points = getattr(question, "points", None) or getattr(question, "options", None) or ()
    if question is not None and question.KIND == "consent":
        yes = {"da": "Ja", "en": "Yes"}
        no = {"da": "Nej", "en": "No"}
        return (Option(id="yes", text=yes), Option(id="no", text=no))
    return tuple(points)


def choices_of(question: Question | None, language: str, fallback: str) -> tuple[Choice, ...]:
    """The options of a question as tables need them, in a language."""
    return tuple(
        Choice(
            one.id,
            text_in(one.text, language, fallback) or one.id,
            str(one.tone) if one.tone else None,
            one.score,
        )
        for one in options_of(question)
    )


def build_tables(
    counts: Iterable[CountRow],
    plan: Iterable[PlannedCounts],
    questionnaire: Questionnaire,
    places: Iterable[UnitPlace] = (),
) -> RawTables:
    """Arranges the counts of a round as its compiled plan says. Labels are in the source language.

    A group that nobody belongs to is present with zeroes where the plan knows of it (options, units taking part).
    """
    by_table: dict[str, dict[str, dict[str, CountRow]]] = {}
    for row in counts:
        by_table.setdefault(row.table, {}).setdefault(row.group, {})[row.cell] = row
    known = {place.id: place for place in places}
    collected = {
        name: {cell: row.n for cell, row in by_table.get(name, {}).get("[]", {}).items()}
        for name in ("@channel", "@language")
    }
    planned = {table.id: table for table in questionnaire.report.tables}
    tables = tuple(
        _one_table(table, by_table.get(table.id, {}), questionnaire, known, planned)
        for table in plan
        if not table.id.startswith("@")
    )
    return RawTables(tables, known, collected)


def _one_table(
    table: PlannedCounts,
    rows: Mapping[str, Mapping[str, CountRow]],
    questionnaire: Questionnaire,
    places: Mapping[str, UnitPlace],
    planned: Mapping[str, Any],
) -> RawTable:
    fallback = questionnaire.source_language
    question, text = question_at(questionnaire, table.question)
    declared = planned.get(table.id) or planned.get(table.id.split(".")[0])
    title = text_in(declared.title, fallback, fallback) if declared else ""
    if table.kind == "number" or question is None or question.KIND == "unit":
        choices: tuple[Choice, ...] = ()
    else:
        choices = choices_of(question, fallback, fallback)
    if table.kind != "number" and not choices:
        choices = tuple(
            Choice(cell, places[cell].name if cell in places else cell)
            for cell in table.cells
            if not cell.startswith("~")
        )
    axes = [_axis(by, questionnaire, places) for by in table.by]
    groups = [_counted(group, cells, table, axes) for group, cells in rows.items()]
    groups += _absent(groups, axes)
    order = [{key: index for index, key in enumerate(axis)} for axis in axes]
    groups.sort(key=lambda one: [o.get(k, 999) for o, k in zip(order, one.key, strict=True)])
    units: tuple[Counted, ...] = ()
    above = [index for index, by in enumerate(table.by) if by in PLACES_OF_UNITS]
    if above:
        units = tuple(groups)
        groups = _raised(groups, table.by[above[0]], above[0], places)
    by_questions = [question_at(questionnaire, by)[0] for by in table.by]
    return RawTable(
        id=table.id,
        question=table.question,
        by=tuple(table.by),
        kind=table.kind,
        guarded=table.guarded,
        title=title or text,
        choices=choices,
        groups=tuple(groups),
        measures=tuple(str(one) for one in declared.measures) if declared else ("distribution",),
        guarded_by=tuple(bool(one and (one.background or one.sensitive)) for one in by_questions),
        units=units,
        unit_text=text_in(getattr(question, "unit_text", {}) or {}, fallback, fallback),
    )


def _axis(by: str, questionnaire: Questionnaire, places: Mapping[str, UnitPlace]) -> dict[str, str]:
    """The known keys of one entry of `by`, in order, with their labels."""
    if by in PLACES_OF_UNITS:
        return {place.id: place.name for place in places.values()}
    question, _ = question_at(questionnaire, by)
    if question is not None and question.KIND == "unit":
        return {place.id: place.name for place in places.values()}
    source = questionnaire.source_language
    return {choice.id: choice.label for choice in choices_of(question, source, source)}


def _counted(
    group: str,
    cells: Mapping[str, CountRow],
    table: PlannedCounts,
    axes: Sequence[Mapping[str, str]],
) -> Counted:
    key = tuple(str(part) for part in json.loads(group))
    label = " · ".join(axis.get(part, part) for axis, part in zip(axes, key, strict=True))
    counts = {cell: row.n for cell, row in cells.items() if not cell.startswith("h:")}
    answered = cells.get("~answered")
    bins: tuple[Bin, ...] = ()
    total = total_sq = 0.0
    if table.kind == "number":
        scale = float(getattr(table.histogram, "scale", 1) or 1)
        if answered is not None:
            total, total_sq = answered.total / scale, answered.total_sq / (scale * scale)
        bins = tuple(
            Bin(low, high, row.n)
            for cell, row in cells.items()
            if cell.startswith("h:")
            for low, high in (table.histogram.bounds(cell),)
        )
    return Counted(key, label, counts, total, total_sq, tuple(sorted(bins, key=lambda b: b.low)))


def _absent(groups: Sequence[Counted], axes: Sequence[Mapping[str, str]]) -> list[Counted]:
    """Groups that the plan knows of and nobody belongs to. Only for one axis: a cross table may be wide and empty."""
    if not axes:
        return [] if groups else [Counted((), "", {})]
    if len(axes) > 1:
        return []
    present = {group.key for group in groups}
    return [Counted((key,), label, {}) for key, label in axes[0].items() if (key,) not in present]


def _raised(
    units: Sequence[Counted], level: str, position: int, places: Mapping[str, UnitPlace]
) -> list[Counted]:
    """The groups of a table by unit, area or region, from its counts by unit."""
    if level == "unit":
        return list(units)
    gathered: dict[tuple[str, ...], tuple[str, list[Counted]]] = {}
    for unit in units:
        place = places.get(unit.key[position])
        above: Sequence[tuple[str, str]] = ()
        if place is not None:
            above = place.areas if level == "area" else [place.region] if place.region else ()
        parts = unit.label.split(" · ")
        for identity, name in above:
            key = (*unit.key[:position], identity, *unit.key[position + 1 :])
            label = " · ".join([*parts[:position], name, *parts[position + 1 :]])
            gathered.setdefault(key, (label, []))[1].append(unit)
    return [add_up(key, label, parts) for key, (label, parts) in gathered.items()]
