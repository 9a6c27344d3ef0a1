"""Compiles the report plan of a version into tables and cells, and says which cells a response adds to.

Counting works on answer rows alone, so that what the mixer counts and what `svarboks check` counts again from the
rows kept is one piece of code. docs/architecture.md, "The report plan, compiled", names groups and cells.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from forms.plan_faults import Target, plan_faults, target_of, whole_matrix
from forms.problems import Problem, ProblemError
from forms.questionnaire import (
    PLACES_OF_UNITS,
    Consent,
    Count,
    Duration,
    Matrix,
    Number,
    OneOf,
    Questionnaire,
    Scale,
    SeveralOf,
    State,
)
from forms.values import scaled

if TYPE_CHECKING:
    from forms.versions import Version

#: A number with at most so many possible values keeps each of them in its histogram.
MOST_BINS = 5000

UNANSWERED = "~unanswered"
NOT_SHOWN = "~not_shown"
BASE = "~base"
ANSWERED = "~answered"
CHANNEL_TABLE = "@channel"
LANGUAGE_TABLE = "@language"
WHOLE_GROUP = "[]"

#: (table, group, cell): what a count is kept by, beside its round.
CellKey = tuple[str, str, str]
#: Place, state, value: an AnswerRow, or a row as it was read again.
Row = tuple[str, str, str | int | float | None]
#: Place -> value of an answered question, or ~ and its state.
_Found = dict[str, str | int | float | None]

_STATE_CELLS = {state.value: f"~{state.value}" for state in State}


class Increment(NamedTuple):
    """What one response adds to one cell. `value`: the scaled whole number whose sum and square are added, or None."""

    table: str
    group: str
    cell: str
    n: int
    value: int | None


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bins of a number times `scale`: bin i holds minimum + i * width and the width - 1 values after it."""

    scale: int
    minimum: int
    width: int
    bins: int

    def cell(self, value: int) -> str:
        """The cell of a scaled value."""
        return f"h:{(value - self.minimum) // self.width}"

    def bounds(self, cell: str) -> tuple[float, float]:
        """(low, high) of a cell `h:<bin>` in the number's own unit: low <= value < high, or one value if they are equal."""
        low = self.minimum + int(cell[2:]) * self.width
        high = low if self.width == 1 else low + self.width
        return low / self.scale, high / self.scale

    @property
    def exact(self) -> bool:
        """Whether each bin is one value, so that medians and quartiles are exact."""
        return self.width == 1


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """One table of counts. `question` is a place; `cells` lists those known beforehand (bins and unit ids are not)."""

    id: str
    question: str
    by: tuple[str, ...]
    kind: str
    guarded: bool
    cells: tuple[str, ...]
    histogram: Histogram | None


class CountedResponse(Protocol):
    """What counting needs of a checked response."""

    @property
    def rows(self) -> Sequence[Row]:
        """Its answer rows."""


class CompiledPlan:
    """The tables of a version, ready to count with."""

    def __init__(self, tables: tuple[CompiledTable, ...], counters: tuple[_Counter, ...]) -> None:
        self.tables = tables
        self._counters = counters

    def count(
        self, checked: CountedResponse, unit: str | None, language: str, channel: str
    ) -> list[Increment]:
        """What one checked response adds. `unit` is the unit that returned it, None where it is not kept."""
        return count_rows(self, checked.rows, unit, language, channel)

    def add_to(
        self,
        counter: dict[CellKey, list[int]],
        checked: CountedResponse,
        unit: str | None,
        language: str,
        channel: str,
    ) -> None:
        """Add one checked response to `counter`: key -> [n, total, total_sq], as the table `count` has them."""
        for key, value in self.hits(checked.rows, unit, language, channel):
            sums = counter.get(key)
            if sums is None:
                sums = counter[key] = [0, 0, 0]
            sums[0] += 1
            if value is not None:
                sums[1] += value
                sums[2] += value * value

    def hits(
        self, rows: Iterable[Row], unit: str | None, language: str, channel: str
    ) -> list[tuple[CellKey, int | None]]:
        """The cells that one response adds 1 to, each with the scaled value to sum or None."""
        found: _Found = {
            place: value if state == "answered" else _STATE_CELLS[state]
            for place, state, value in rows
        }
        hits: list[tuple[CellKey, int | None]] = [
            ((CHANNEL_TABLE, WHOLE_GROUP, channel), None),
            ((LANGUAGE_TABLE, WHOLE_GROUP, language), None),
        ]
        for counter in self._counters:
            counter.add(found, unit, hits)
        return hits


def count_rows(
    plan: CompiledPlan, rows: Iterable[Row], unit: str | None, language: str, channel: str
) -> list[Increment]:
    """What the rows of one response add, whether just checked or read again from the store."""
    return [Increment(*key, 1, value) for key, value in plan.hits(rows, unit, language, channel)]


def compile_plan(version: Version) -> CompiledPlan:
    """The compiled plan of a version. Raises ProblemError (NOT_PUBLISHABLE) with a fault for each table that cannot be."""
    q = version.questionnaire
    faults = plan_faults(q)
    if faults:
        raise ProblemError(Problem.NOT_PUBLISHABLE, faults=tuple(faults))
    counters: list[_Counter] = []
    for planned in q.report.tables:
        matrix = whole_matrix(q, planned.question)
        places = (
            [(f"{planned.id}.{item.id}", f"{matrix.id}/{item.id}") for item in matrix.statements]
            if matrix is not None
            else [(planned.id, planned.question)]
        )
        for table_id, place in places:
            target = target_of(q, place)
            if target is not None:
                counters.append(_counter(q, table_id, place, planned.by, target))
    implicit = tuple(
        CompiledTable(id_, "", (), "options", False, (), None)
        for id_ in (CHANNEL_TABLE, LANGUAGE_TABLE)
    )
    return CompiledPlan((*(counter.table for counter in counters), *implicit), tuple(counters))


def histogram_of(question: Number | Count | Duration) -> Histogram:
    """One bin a value up to MOST_BINS values, else the narrowest equal bins that are no more."""
    scale = 10**question.decimals if isinstance(question, Number) else 1
    low = 0 if isinstance(question, Count) else scaled(question.minimum, scale)
    values = scaled(question.maximum, scale) - low + 1
    width = -(-values // MOST_BINS)
    return Histogram(scale, low, width, -(-values // width))


def _counter(
    q: Questionnaire, table_id: str, place: str, by: tuple[str, ...], target: Target
) -> _Counter:
    question = target.question
    states = [
        *(["~dont_know"] if question.dont_know is not None else []),
        *(["~not_relevant"] if question.not_relevant is not None else []),
        UNANSWERED,
        NOT_SHOWN,
    ]
    bys = [target_of(q, name) for name in by if name not in PLACES_OF_UNITS]
    guarded = target.guarded or any(one is not None and one.guarded for one in bys)
    histogram = None
    if isinstance(question, Number | Count | Duration):
        kind, cells, histogram = "number", [ANSWERED], histogram_of(question)
    elif isinstance(question, SeveralOf):
        kind, cells = "several", [*(option.id for option in question.options), BASE]
    else:
        kind = "options"
        cells = _option_cells(question)
    table = CompiledTable(table_id, place, by, kind, guarded, (*cells, *states), histogram)
    groups = _Groups(by, [isinstance(one.question, Consent) for one in bys if one is not None])
    if histogram is not None:
        return _NumberCounter(table, groups, histogram)
    if isinstance(question, SeveralOf):
        return _SeveralCounter(table, groups, [option.id for option in question.options])
    return _OptionsCounter(table, groups, consent=isinstance(question, Consent))


def _option_cells(question: object) -> list[str]:
    if isinstance(question, OneOf | Scale):
        return [option.id for option in question.options]
    if isinstance(question, Matrix):
        return [point.id for point in question.points]
    return ["yes", "no"] if isinstance(question, Consent) else []


class _Groups:
    """The group that a response falls in, by the values of the by-questions."""

    def __init__(self, by: tuple[str, ...], consents: list[bool]) -> None:
        questions = iter(consents)
        self._by = tuple((name, name in PLACES_OF_UNITS or next(questions)) for name in by)
        self._units = tuple(name in PLACES_OF_UNITS for name in by)
        self._names: dict[tuple[str, ...], str] = {}

    def of(self, found: _Found, unit: str | None) -> str:
        """Its name: the JSON array of the by-values, compact."""
        values = tuple(
            (unit if unit is not None else UNANSWERED)
            if is_unit
            else _option_cell(found, name, consent)
            for (name, consent), is_unit in zip(self._by, self._units, strict=True)
        )
        name = self._names.get(values)
        if name is None:
            name = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
            # Units are the only by-values without a fixed number; this is a cache and may start afresh.
            if len(self._names) > 10_000:
                self._names.clear()
            self._names[values] = name
        return name


def _option_cell(found: _Found, place: str, consent: bool) -> str:
    value = found.get(place)
    if value is None:
        # A hidden matrix or table has one row for all its parts.
        value = found.get(place.partition("/")[0])
        return value if value == NOT_SHOWN and isinstance(value, str) else UNANSWERED
    if isinstance(value, str):
        return value
    return ("yes" if value else "no") if consent else str(value)


class _Counter(ABC):
    """Adds the hits of one table."""

    def __init__(self, table: CompiledTable, groups: _Groups) -> None:
        self.table = table
        self._groups = groups
        self._keys: dict[tuple[str, str], CellKey] = {}

    def key(self, group: str, cell: str) -> CellKey:
        """The key of a cell; the same object each time, so that looking it up is cheap."""
        key = self._keys.get((group, cell))
        if key is None:
            if len(self._keys) > 100_000:
                self._keys.clear()
            key = self._keys[group, cell] = (self.table.id, group, cell)
        return key

    def group(self, found: _Found, unit: str | None) -> str:
        """The group that the response falls in."""
        return self._groups.of(found, unit) if self.table.by else WHOLE_GROUP

    @abstractmethod
    def add(self, found: _Found, unit: str | None, hits: list[tuple[CellKey, int | None]]) -> None:
        """Append what the response adds to this table."""


class _OptionsCounter(_Counter):
    def __init__(self, table: CompiledTable, groups: _Groups, *, consent: bool) -> None:
        super().__init__(table, groups)
        self._consent = consent

    def add(self, found: _Found, unit: str | None, hits: list[tuple[CellKey, int | None]]) -> None:
        cell = _option_cell(found, self.table.question, self._consent)
        hits.append((self.key(self.group(found, unit), cell), None))


class _SeveralCounter(_Counter):
    def __init__(self, table: CompiledTable, groups: _Groups, options: list[str]) -> None:
        super().__init__(table, groups)
        self._options = [(option, f"{table.question}/{option}") for option in options]

    def add(self, found: _Found, unit: str | None, hits: list[tuple[CellKey, int | None]]) -> None:
        group = self.group(found, unit)
        chosen = [option for option, place in self._options if place in found]
        if chosen:
            for cell in (*chosen, BASE):
                hits.append((self.key(group, cell), None))
        else:
            hits.append((self.key(group, _option_cell(found, self.table.question, False)), None))


class _NumberCounter(_Counter):
    def __init__(self, table: CompiledTable, groups: _Groups, histogram: Histogram) -> None:
        super().__init__(table, groups)
        self._histogram = histogram

    def add(self, found: _Found, unit: str | None, hits: list[tuple[CellKey, int | None]]) -> None:
        group = self.group(found, unit)
        number = found.get(self.table.question)
        if isinstance(number, int | float):
            value = scaled(number, self._histogram.scale)
            hits.append((self.key(group, ANSWERED), value))
            hits.append((self.key(group, self._histogram.cell(value)), None))
        else:
            hits.append((self.key(group, _option_cell(found, self.table.question, False)), None))
