"""What of single responses may stand in a dataset: which variables, and which of their rare values are put together.

The rule, and why it holds, is in docs/disclosure.md, "Single responses". In short: a variable is in the rows only where every
table of the edition that speaks of it speaks of nothing that is not in the rows, so that rows and figures share no way to be
joined; everybody shares the one background variable that is in them, and what is tied to it, with at least k people; and what is
sensitive, personal, a text, a moment or a unit is never in them. Signed returns give what they answered, under the unit's name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from operator import itemgetter
from typing import Any

from exports.datasets.variables import Variable, variables_of
from exports.disclosure_cells import hidden_in_row
from exports.figures import Figures
from forms.expressions import names
from forms.questionnaire import PLACES_OF_UNITS, Group, Promise, Questionnaire
from forms.versions import compare

#: Rare values of a background variable, put together.
HIDDEN = "~hidden"


class Out(StrEnum):
    """Why a variable is not in the rows."""

    TEXT = "text"
    MOMENT = "moment"
    UNIT = "unit"
    COMPUTED = "computed"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    OPEN_BACKGROUND = "open-background"
    VERSION = "version"
    BY_UNIT = "by-unit"
    TABLE = "table"
    HIDDEN = "hidden"
    FEW = "few"
    RARE = "rare"
    OTHER_BACKGROUND = "other-background"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class RowPlan:
    """The variables of the rows in order, what of each is put together as HIDDEN, and why others are left out.

    `with_unit`: the unit stands first (signed returns only). `number`: how many responses there are.
    """

    variables: tuple[Variable, ...]
    together: Mapping[str, frozenset[str]]
    left_out: Mapping[str, Out]
    with_unit: bool
    number: int


class Planning:
    """What the rows of an edition may hold: first what figures and questionnaire say, then, with everything counted, the rest.

    `versions` are those of the round, the oldest first. `variables` are those that have to be looked at in the responses.
    """

    def __init__(
        self, figures: Figures, versions: Sequence[Questionnaire], *, promise: str
    ) -> None:
        self.signed = promise == Promise.SIGNED
        self._state = state = _State(figures, versions[-1])
        state.leave_out(_by_kind(versions[-1], signed=self.signed))
        state.leave_out(_by_version(versions, state.variables))
        if not self.signed:
            state.leave_out(state.by_tables())
            state.settle()
        self._stands_still = _stands_still(figures)
        self.variables = state.kept()

    def finish(self, counted: Counted) -> RowPlan | None:
        """The plan, or None where nothing is left that is worth giving. Call it once."""
        state, number = self._state, counted.responses
        if self.signed:
            return state.made(with_unit=True, number=number) if number else None
        if self._stands_still or number < 4 * state.k:
            return None
        state.leave_out(state.by_counts(counted))
        state.settle()
        state.keep_one_background(counted)
        return state.made(with_unit=False, number=number) if state.kept() else None


class Counted:
    """What is counted while the responses go by: combinations of all background variables, and how many answered each other
    one. Numbers have no end of values, and more than enough is all that is asked of these."""

    def __init__(self, variables: Sequence[Variable], enough: int) -> None:
        self.responses = 0
        self.combinations: Counter[tuple[str, ...]] = Counter()
        positions = [at for at, one in enumerate(variables) if one.background]
        self.background = tuple(variables[at].place for at in positions)
        self._positions = positions
        self._pick = itemgetter(*positions) if len(positions) > 1 else None
        self.enough = enough
        self.answered = {one.place: 0 for one in variables}
        self._open = [(at, one.place) for at, one in enumerate(variables)]

    def add(self, cells: Sequence[str]) -> None:
        """Count a response by its cells."""
        self.responses += 1
        if self._pick is not None:
            self.combinations[self._pick(cells)] += 1
        elif self._positions:
            self.combinations[(cells[self._positions[0]],)] += 1
        if self._open:
            for at, place in self._open:
                if cells[at][0] != "~":
                    self.answered[place] += 1
            self._open = [one for one in self._open if self.answered[one[1]] < self.enough]

    def values(self, place: str) -> Counter[str]:
        """How many gave each value of a background variable."""
        at = self.background.index(place)
        values: Counter[str] = Counter()
        for combination, n in self.combinations.items():
            values[combination[at]] += n
        return values


def _stands_still(figures: Figures) -> bool:
    """Whether a table stands as it was in an earlier edition: rows would then tell who came since."""
    return any(group["since"] for table in figures["tables"] for group in table["groups"])


def _by_kind(questionnaire: Questionnaire, *, signed: bool) -> dict[str, Out]:
    out: dict[str, Out] = {}
    for variable in variables_of(questionnaire):
        kind = variable.question.KIND
        if kind in ("short_text", "long_text"):
            out[variable.place] = Out.TEXT
        elif variable.personal:
            out[variable.place] = Out.PERSONAL
        elif signed:
            continue
        elif kind in ("date", "time"):
            out[variable.place] = Out.MOMENT
        elif kind == "unit":
            out[variable.place] = Out.UNIT
        elif kind == "computed":
            out[variable.place] = Out.COMPUTED
        elif variable.sensitive:
            out[variable.place] = Out.SENSITIVE
        elif variable.background and (
            not (variable.options or variable.option) or variable.repetition is not None
        ):
            # Only a closed set can be looked at value by value.
            out[variable.place] = Out.OPEN_BACKGROUND
    return out


def _by_version(versions: Sequence[Questionnaire], variables: Iterable[Variable]) -> dict[str, Out]:
    """Questions that not every version asked alike."""
    alike: set[str] | None = None
    for old, new in pairwise(versions):
        compared = compare(old, new)
        same = {*compared.comparable, *compared.wording}
        alike = same if alike is None else alike & same
    if alike is None:
        return {}
    return {
        variable.place: Out.VERSION
        for variable in variables
        if not {
            variable.top.id,
            variable.question.id if variable.repetition is not None else variable.top.id,
        }
        <= alike
    }


class _State:
    """Variables on their way into the rows, or out of them."""

    def __init__(self, figures: Figures, questionnaire: Questionnaire) -> None:
        self.figures, self.k = figures, int(figures["smallest_group"])
        self.variables = tuple(variables_of(questionnaire))
        self.left_out: dict[str, Out] = {}
        self.together: dict[str, frozenset[str]] = {}
        self._known = {variable.place for variable in self.variables}
        self._ties = _conditions(self.variables)

    def kept(self) -> tuple[Variable, ...]:
        """Those that are still in."""
        return tuple(one for one in self.variables if one.place not in self.left_out)

    def leave_out(self, out: Mapping[str, Out]) -> bool:
        """Leave variables out; whether that is new of any of them."""
        new = {place: why for place, why in out.items() if place not in self.left_out}
        self.left_out |= new
        return bool(new)

    def made(self, *, with_unit: bool, number: int) -> RowPlan:
        """The plan."""
        together = {
            place: values for place, values in self.together.items() if place not in self.left_out
        }
        return RowPlan(self.kept(), together, dict(self.left_out), with_unit, number)

    # --- the edition's tables

    def _speaks_of(self, name: str) -> list[str]:
        """The variables behind a place of a table: itself, the options of a several-of-several question."""
        return [
            variable.place
            for variable in self.variables
            if variable.place == name or variable.place.startswith(f"{name}/")
        ]

    def by_tables(self) -> dict[str, Out]:
        """What tables by units speak of, and tables that are not shown whole."""
        out: dict[str, Out] = {}
        for name in _spoken_of_elsewhere(self.figures):
            out |= dict.fromkeys(self._speaks_of(name), Out.TABLE)
        for table in self.figures["tables"]:
            places = [
                place
                for name in (table["question"], *table["by"])
                for place in self._speaks_of(name)
            ]
            if any(by in PLACES_OF_UNITS or by not in self._known for by in table["by"]):
                out |= dict.fromkeys(places, Out.BY_UNIT)
            elif not _whole(table):
                out |= dict.fromkeys(places, Out.HIDDEN)
        return out

    def settle(self) -> None:
        """Leave out what is tied to something that is left out, until nothing is: by a table, or by a condition."""
        changed = True
        while changed:
            changed = False
            for table in self.figures["tables"]:
                places = [
                    place
                    for name in (table["question"], *table["by"])
                    for place in self._speaks_of(name)
                ]
                if table["by"] and any(place in self.left_out for place in places):
                    changed |= self.leave_out(dict.fromkeys(places, Out.TABLE))
            for place, needed in self._ties.items():
                if any(one in self.left_out or one in self.together for one in needed):
                    changed |= self.leave_out({place: Out.CONDITION})

    # --- what the responses say

    def by_counts(self, counted: Counted) -> dict[str, Out]:
        """Questions that too few answered; and background variables whose rare values cannot be put together."""
        out: dict[str, Out] = {}
        broken_down = {
            place
            for table in self.figures["tables"]
            if table["by"]
            for name in (table["question"], *table["by"])
            for place in self._speaks_of(name)
        }
        for variable in self.kept():
            if counted.answered[variable.place] < 4 * self.k:
                out[variable.place] = Out.FEW
                continue
            if not variable.background:
                continue
            values = counted.values(variable.place)
            rare = _together(values, self.k, self._hidden_cells(variable.place))
            alone = any(n == counted.responses for n in values.values())
            if alone or (rare and (variable.place in broken_down or len(rare) == len(values))):
                out[variable.place] = Out.RARE
            elif rare:
                self.together[variable.place] = rare
        return out

    def _hidden_cells(self, place: str) -> frozenset[str]:
        """The options that the question's own table hides."""
        return frozenset(
            str(cell["cell"])
            for table in self.figures["tables"]
            if table["question"] == place and not table["by"]
            for group in table["groups"]
            for cell in group["cells"]
            if cell["state"] != "shown"
        )

    def keep_one_background(self, counted: Counted) -> None:
        """Keep one background variable, with those that the report ties to it: the first, in the order of the questionnaire,
        with which everybody shares all of theirs with at least k people.

        Whether a second one went well with the first would follow from how the two go together, which rows without the
        second are not to tell: so nothing is decided by more than what is wholly in the rows or wholly out of them.
        """
        found = False
        for tied in self._tied_backgrounds(counted):
            shared = min(self._combinations(counted, tied).values(), default=0)
            if found or shared < self.k:
                self.leave_out(dict.fromkeys(tied, Out.OTHER_BACKGROUND if found else Out.RARE))
            else:
                found = True
        self.settle()

    def _tied_backgrounds(self, counted: Counted) -> list[list[str]]:
        """The background variables that are still in, those together of which the tables have it that all or none are in."""
        sets: list[set[str]] = []
        for table in self.figures["tables"]:
            if not table["by"]:
                continue
            joined = {
                place
                for name in (table["question"], *table["by"])
                for place in self._speaks_of(name)
            }
            for other in [one for one in sets if one & joined]:
                joined |= other
                sets.remove(other)
            sets.append(joined)
        tied: list[list[str]] = []
        for place in (one for one in counted.background if one not in self.left_out):
            own = next((one for one in sets if place in one), {place})
            beside = next((one for one in tied if own & set(one)), None)
            if beside is None:
                tied.append([place])
            else:
                beside.append(place)
        return tied

    def _combinations(self, counted: Counted, places: Collection[str]) -> Counter[tuple[str, ...]]:
        positions = [counted.background.index(place) for place in places]
        together = [self.together.get(place, frozenset()) for place in places]
        sums: Counter[tuple[str, ...]] = Counter()
        for values, n in counted.combinations.items():
            key = tuple(
                HIDDEN if values[at] in rare else values[at]
                for at, rare in zip(positions, together, strict=True)
            )
            sums[key] += n
        return sums


#: Parts of figures that tie no answers of this round to anything but what its tables tie them to.
_HARMLESS = frozenset(
    {"tables", "about", "free_text", "comparisons", "trend", "targets", "benchmarks", "units"}
)


def _spoken_of_elsewhere(figures: Figures) -> set[str]:
    """Every word in parts of the figures that this file knows nothing of: whatever question they speak of stays out."""
    found: set[str] = set()
    waiting: list[Any] = [part for name, part in figures.items() if name not in _HARMLESS]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            # A place, and what it stands in.
            found.add(part)
            found.add(part.split("/")[0])
        elif isinstance(part, Mapping):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list | tuple):
            waiting += part
    return found


def _whole(table: Figures) -> bool:
    """Whether all of a table is shown. In a table of everybody, cells of a guarded question may be hidden: the rows hide them too."""
    for group in table["groups"]:
        if group["why"] == "no-answers":
            continue
        if group["state"] != "all":
            return False
        if table["by"] and any(cell["state"] != "shown" for cell in group["cells"]):
            return False
    return True


def _together(values: Mapping[str, int], k: int, hidden: frozenset[str]) -> frozenset[str]:
    """The values of a background variable that are put together: what its own table hides, states that are rare, and the
    next smallest with them until they are at least two and at least k people."""
    options = {value: n for value, n in values.items() if value[0] != "~"}
    rare = {*hidden_in_row(options, k), *(hidden & values.keys())}
    rare |= {value for value, n in values.items() if n < k}
    rest = sorted((n, value) for value, n in values.items() if value not in rare)
    while rare and rest and (len(rare) < 2 or sum(values[one] for one in rare) < k):
        rare.add(rest.pop(0)[1])
    return frozenset(rare)


def _conditions(variables: Sequence[Variable]) -> dict[str, frozenset[str]]:
    """Variable -> the variables that decide whether it shows: whoever knows that, knows something of them."""
    by_name: dict[str, list[str]] = {}
    for variable in variables:
        place = variable.place
        if variable.repetition is not None:
            place = place.split("/", 2)[2]
            by_name.setdefault(variable.top.id, []).append(variable.place)
        parts = place.split("/")
        for length in range(1, len(parts) + 1):
            by_name.setdefault(".".join(parts[:length]), []).append(variable.place)
    ties: dict[str, frozenset[str]] = {}
    for variable in variables:
        conditions = (variable.section.show_if, variable.top.show_if, variable.question.show_if)
        needed = {
            place
            for condition in conditions
            if condition is not None
            for name in names(condition)
            for place in by_name.get(name, ())
        } - {variable.place}
        if isinstance(variable.top, Group) and variable.question.show_if is not None:
            own = {place for place in needed if place.startswith(f"{variable.top.id}/")}
            mine = f"{variable.top.id}/{variable.repetition}/"
            needed -= {place for place in own if not place.startswith(mine)}
        if needed:
            ties[variable.place] = frozenset(needed)
    return ties
