"""Which means of merged groups may be said, and how far rounded, so that none tells the counts that merging holds back.

A mean is the more telling the smaller the group, and means of several groups tell more together than each alone: where
the total shows all options, the counts of two merged groups add up to what is left. So a mean stands only where for each
positive count of an option that merging holds back there is an exchange: some people of one part of the group and as many of
a part outside it change places between options of one tone, and every count and every rounded mean that is published stays
what it is. Where none is found, means are left out until there is one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exports.disclosure_levels import Level, geographic, has_tones
from exports.statistics import mean_of_scores
from exports.tables import Choice, Counted, RawTable, UnitPlace, add_up
from forms.questionnaire import PLACES_OF_UNITS

if TYPE_CHECKING:
    from exports.disclosure import DisclosedTable

#: How far a mean may be rounded; where even the last gives a count away, there is none.
STEPS = (0.1, 0.5)
#: As many kinds of exchange are tried for an option, the ones that change a mean least first.
MOST_CHANGES = 40

#: Option -> how many more or fewer; sums to nothing within each tone.
Change = Mapping[str, int]


@dataclass(slots=True, eq=False)
class MeanOf:
    """A published group as its mean is decided: `step` is how far the mean is rounded, None where it is not said."""

    level: Level
    counts: Mapping[str, int]
    #: Whether merged sums by tone are published of it; else a merged group says nothing of its options.
    tones: bool = True
    step: float | None = None
    mean: float | None = None
    n: int = field(init=False)

    def __post_init__(self) -> None:
        self.n = sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Space:
    """One way to divide the people of a question: the counts of its parts, and which parts each published group has."""

    parts: tuple[Mapping[str, int], ...]
    groups: tuple[tuple[MeanOf, frozenset[int]], ...]
    #: Where the parts are a table by two, the place of each: exchanges around a rectangle leave both margins as they are.
    places: tuple[tuple[str, str], ...] = ()


class Means:
    """Decides the means of all merged groups of one question."""

    def __init__(self, choices: Sequence[Choice], spaces: Sequence[Space]) -> None:
        self.choices, self.spaces = choices, spaces
        self.score = {one.id: float(one.score or 0) for one in choices}
        self.tone = {one.id: one.tone for one in choices}
        self.changes = {one.id: self._changes(one.id) for one in choices}

    def settle(self) -> None:
        """Gives every merged group the finest step that its own counts allow, then leaves out what tells too much."""
        merged = {
            id(group): group
            for space in self.spaces
            for group, _ in space.groups
            if group.level is Level.MERGED and group.tones
        }
        for group in merged.values():
            group.mean, group.step = self.alone(group.counts)
        for group in sorted(merged.values(), key=lambda one: one.n):
            for space in self.spaces:
                self._settle_in(group, space)

    def alone(self, counts: Mapping[str, int]) -> tuple[float | None, float | None]:
        """(mean, step) of a group, looked at by itself."""
        n = sum(counts.values())
        exact = mean_of_scores((self.score[cell], counts[cell]) for cell in counts)
        if exact is None:
            return None, None
        for step in STEPS:
            rounded = round(math.floor(exact / step + 0.5) * step, 1)
            one = MeanOf(Level.MERGED, counts, step=step, mean=rounded)
            if n and all(
                any(_possible(counts, change) and self._same(one, change) for change in changes)
                for _, changes in self._held_back(counts)
            ):
                return rounded, step
        return None, None

    def _changes(self, option: str) -> tuple[Change, ...]:
        """Exchanges that put another number in an option: one person, or one and another that balances the mean."""
        ids = [one.id for one in self.choices]
        moves = [(a, b) for a in ids for b in ids if a != b and self.tone[a] == self.tone[b]]
        found: dict[tuple[tuple[str, int], ...], Change] = {}
        for first in moves:
            for second in (None, *moves):
                change: dict[str, int] = {}
                for move in (first, second):
                    if move is not None:
                        change[move[0]] = change.get(move[0], 0) - 1
                        change[move[1]] = change.get(move[1], 0) + 1
                change = {cell: n for cell, n in change.items() if n}
                if change.get(option):
                    found[tuple(sorted(change.items()))] = change
        best = sorted(found.values(), key=lambda one: (abs(self._shift(one)), len(one)))
        # Singles are kept in any case: in a large group they change the mean little.
        singles = [one for one in best if len(one) == 2 and max(one.values()) == 1]
        return tuple(
            {id(one): one for one in (*best[:MOST_CHANGES], *singles[:MOST_CHANGES])}.values()
        )

    def _shift(self, change: Change) -> float:
        return sum(self.score[cell] * n for cell, n in change.items())

    def _held_back(self, counts: Mapping[str, int]) -> Iterator[tuple[str, tuple[Change, ...]]]:
        """The positive options that merging holds back: those that are not alone in their tone."""
        for cell, n in counts.items():
            if n and self.changes[cell]:
                yield cell, self.changes[cell]

    def _same(self, group: MeanOf, change: Change) -> bool:
        """Whether what is published of a group stays the same."""
        if group.level is Level.ALL:
            return False
        if group.step is None or group.mean is None:
            return True
        exact = sum(self.score[cell] * n for cell, n in group.counts.items()) / group.n
        return abs(exact + self._shift(change) / group.n - group.mean) < group.step / 2 - 1e-9

    def _settle_in(self, group: MeanOf, space: Space) -> None:
        within = next((parts for one, parts in space.groups if one is group), None)
        if within is None:
            return
        for _, changes in self._held_back(group.counts):
            while not any(self._exchange(within, space, change) for change in changes):
                telling = [one for one, _ in space.groups if one.step is not None]
                if not telling:
                    break
                # The mean of everyone goes last; before it the group's own, then the smallest.
                worst = min(
                    telling,
                    key=lambda one: (one is self._whole(space), one is not group, one.n),
                )
                worst.mean = worst.step = None

    @staticmethod
    def _whole(space: Space) -> MeanOf | None:
        return next(
            (
                one
                for one, parts in space.groups
                if len(parts) == len(space.parts) and len(parts) > 1
            ),
            None,
        )

    def _exchange(self, within: frozenset[int], space: Space, change: Change) -> bool:
        """Whether the change can be made within the group, made good outside it, with all that is published the same."""
        back = {cell: -n for cell, n in change.items()}
        there = [i for i in within if _possible(space.parts[i], change)]
        if not there:
            return False
        steady = {id(one): self._same(one, change) for one, _ in space.groups}
        steady_back = {id(one): self._same(one, back) for one, _ in space.groups}
        if len(within) == len(space.parts):
            # Everyone: nothing lies outside, and so everyone's own figures change.
            return any(
                all(steady[id(one)] for one, parts in space.groups if i in parts) for i in there
            )
        outside = [
            i
            for i in range(len(space.parts))
            if i not in within and _possible(space.parts[i], back)
        ]
        for i in there:
            for j in outside:
                if all(
                    (i in parts) == (j in parts)
                    or (steady[id(one)] if i in parts else steady_back[id(one)])
                    for one, parts in space.groups
                ):
                    return True
        return bool(space.places) and any(
            self._rectangle(i, space, change, back, steady, steady_back) for i in there
        )

    def _rectangle(
        self,
        corner: int,
        space: Space,
        change: Change,
        back: Change,
        steady: Mapping[int, bool],
        steady_back: Mapping[int, bool],
    ) -> bool:
        index = {place: i for i, place in enumerate(space.places)}
        a, b = space.places[corner]
        for other_a, other_b in space.places:
            if other_a == a or other_b == b:
                continue
            row, column = index.get((a, other_b)), index.get((other_a, b))
            if row is None or column is None:
                continue
            opposite = index[other_a, other_b]
            if (
                _possible(space.parts[row], back)
                and _possible(space.parts[column], back)
                and _possible(space.parts[opposite], change)
                and self._unmoved(space, {corner, opposite}, {row, column}, steady, steady_back)
            ):
                return True
        return False

    @staticmethod
    def _unmoved(
        space: Space,
        there: set[int],
        back: set[int],
        steady: Mapping[int, bool],
        steady_back: Mapping[int, bool],
    ) -> bool:
        for one, parts in space.groups:
            balance = len(there & parts) - len(back & parts)
            if balance and not (
                abs(balance) == 1 and (steady if balance > 0 else steady_back)[id(one)]
            ):
                return False
        return True


def _possible(counts: Mapping[str, int], change: Change) -> bool:
    return all(counts.get(cell, 0) + n >= 0 for cell, n in change.items())


def settle_means(tables: Sequence[DisclosedTable], places: Mapping[str, UnitPlace]) -> None:
    """Gives the merged groups of one question's tables their means, in place."""
    first = tables[0].raw
    if not has_tones(first) or any(choice.score is None for choice in first.choices):
        return
    means: dict[tuple[str, tuple[str, ...]], MeanOf] = {}
    for table in tables:
        for group in table.groups:
            tones = group.merged_as == "tones" and not group.hidden_cells
            counts = _counts(first, group.counted)
            means[table.raw.id, group.counted.key] = MeanOf(group.level, counts, tones)
    flat = next((table for table in tables if not table.raw.by), None)
    total = means[flat.raw.id, ()] if flat else None
    Means(first.choices, _spaces(tables, means, total, places)).settle()
    for table in tables:
        for group in table.groups:
            decided = means[table.raw.id, group.counted.key]
            group.mean, group.mean_step = decided.mean, decided.step


def _counts(table: RawTable, counted: Counted) -> dict[str, int]:
    return {choice.id: counted.cells.get(choice.id, 0) for choice in table.choices}


def _spaces(
    tables: Sequence[DisclosedTable],
    means: Mapping[tuple[str, tuple[str, ...]], MeanOf],
    total: MeanOf | None,
    places: Mapping[str, UnitPlace],
) -> list[Space]:
    """The ways in which the tables divide the people: by units and what they belong to, by each question, by two."""
    first = tables[0].raw
    broken = [table.raw for table in tables if table.raw.by]
    finest: dict[tuple[str, ...], RawTable] = {}
    for raw in broken:
        finest.setdefault(("unit",) if geographic(raw) else raw.by, raw)
    spaces = []
    for by, raw in finest.items():
        parts = raw.units or raw.groups
        axes = tuple("unit" if one in PLACES_OF_UNITS else one for one in by)
        groups = []
        for table in broken:
            at = _positions(table.by, axes)
            if at is None:
                continue
            for (owner, key), mean in means.items():
                if owner == table.id:
                    members = frozenset(
                        i
                        for i, part in enumerate(parts)
                        if all(
                            _lies_in(part.key[position], axis, value, places)
                            for position, axis, value in zip(at, table.by, key, strict=True)
                        )
                    )
                    groups.append((mean, members))
        if total is not None:
            groups.append((total, frozenset(range(len(parts)))))
        two = tuple((part.key[0], part.key[1]) for part in parts) if len(axes) == 2 else ()
        spaces.append(Space(tuple(_counts(first, part) for part in parts), tuple(groups), two))
    if not spaces and total is not None:
        everyone = add_up((), "", [group.counted for group in tables[0].groups])
        spaces.append(Space((_counts(first, everyone),), ((total, frozenset({0})),)))
    return spaces


def _positions(by: Sequence[str], axes: Sequence[str]) -> tuple[int, ...] | None:
    """Where the axes of a table stand among those of a space; None where it is not divided so."""
    wanted = ["unit" if one in PLACES_OF_UNITS else one for one in by]
    return tuple(axes.index(one) for one in wanted) if set(wanted) <= set(axes) else None


def _lies_in(part: str, axis: str, value: str, places: Mapping[str, UnitPlace]) -> bool:
    place = places.get(part)
    if axis == "area":
        return place is not None and any(area == value for area, _ in place.areas)
    if axis == "region":
        return place is not None and place.region is not None and place.region[0] == value
    return part == value
