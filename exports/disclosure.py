"""Disclosure control: the one mechanism that every output passes. Rules: docs/disclosure.md (and design.md).

disclose() takes raw tables and returns what may be said: every group shown, merged or hidden, every cell shown,
merged or hidden, each with the reason. Whatever prints, draws, exports or serves figures starts from its result and
never from raw tables. Deterministic; knows no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from exports.disclosure_cells import hidden_in_row, settle_cells
from exports.disclosure_levels import (
    Level,
    Node,
    Why,
    asked,
    certified,
    everybody,
    geographic,
    has_tones,
    hide_all,
    merged_cells,
    node_of,
    own_level,
    settle,
)
from exports.disclosure_means import settle_means
from exports.statistics import IntervalRule
from exports.tables import OUTSIDE, UNANSWERED, Counted, RawTable, RawTables, add_up
from forms.questionnaire import PLACES_OF_UNITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a round declared before it opened: the smallest group, and how intervals are made."""

    k: int = 5
    interval: IntervalRule = IntervalRule.NONE
    population: int | None = None

    def __post_init__(self) -> None:
        if self.k < 2:
            raise ValueError("the smallest group cannot be below 2")


@dataclass(slots=True)
class DisclosedGroup:
    """A group and what may be said of it. `cells` maps a hidden cell to its reason; others may be said."""

    counted: Counted
    level: Level
    why: str
    n: int
    asked: int
    hidden_cells: dict[str, str] = field(default_factory=dict)
    #: Whether the numbers of "Don't know", "Not relevant" and unanswered may be said.
    outside: bool = True
    #: At MERGED with tones: the mean that may be said, and how far it is rounded; None where none may.
    mean: float | None = None
    mean_step: float | None = None
    #: Whether options can be told apart at MERGED: by tone ("tones"), with the rule for each cell ("cells"), or not.
    merged_as: str = "tones"

    @property
    def empty(self) -> bool:
        """Nobody was asked."""
        return self.asked == 0


@dataclass(frozen=True, slots=True)
class DisclosedTable:
    """A table with its groups as they may be published."""

    raw: RawTable
    groups: tuple[DisclosedGroup, ...]


@dataclass(frozen=True, slots=True)
class DisclosedTables:
    """All tables of a round as they may be published, and the rule that they were held to."""

    rule: Rule
    tables: tuple[DisclosedTable, ...]


Nodes = dict[tuple[str, ...], Node]


def disclose(raw: RawTables, rule: Rule) -> DisclosedTables:
    """Decides for every group and cell whether it may be said.

    Tables of the same question are decided together, since they count the same people; tables by a question obey what
    that question's own table may say; of two tables that are each other's transpose the second follows the first.
    """
    families: dict[str, list[RawTable]] = {}
    for table in raw.tables:
        families.setdefault(table.question, []).append(table)
    done: dict[str, DisclosedTable] = {}
    for tables in families.values():
        for disclosed in _Family(tables, raw, rule.k).decide():
            done[disclosed.raw.id] = disclosed
    _withhold_transposes([done[table.id] for table in raw.tables])
    return DisclosedTables(rule, tuple(done[table.id] for table in raw.tables))


class _Family:
    """All tables of one question."""

    def __init__(self, tables: Sequence[RawTable], raw: RawTables, k: int) -> None:
        self.tables, self.raw, self.k = tables, raw, k
        first = tables[0]
        self.guarded = any(table.guarded for table in tables)
        # Everyone, from whichever table has them: the total counts as known even where no table shows it.
        flat = next((one for one in tables if not one.by), None)
        people = flat.groups if flat else (first.units or first.groups)
        self.total = node_of(first, add_up((), "", people))
        self.total.level, self.total.why = own_level(self.total, k)
        if self.guarded and _same_answer(first, self.total):
            self.total.lower(Level.HIDDEN, Why.SAME_ANSWER)
        self.nodes: dict[str, Nodes] = {}
        #: Area id -> the sets of units (by same memberships) that it consists of.
        self.atoms: Nodes = {}

    def decide(self) -> list[DisclosedTable]:
        """The tables, disclosed."""
        flat = [table for table in self.tables if len(table.by) == 1 and not geographic(table)]
        for table in flat:
            self.nodes[table.id] = self._start(table, table.groups)
            settle(self.total, list(self.nodes[table.id].values()), self.k)
        self._decide_geography([table for table in self.tables if geographic(table)])
        for table in self.tables:
            if len(table.by) == 2:
                self._decide_cross(table)
        hidden: dict[str, dict[tuple[str, ...], dict[str, str]]] = {}
        if self.guarded:
            hidden = self._decide_cells()
        outside = not self.guarded or self._outside_is_safe()
        done = [self._finish(table, hidden.get(table.id, {}), outside) for table in self.tables]
        settle_means(done, self.raw.places)
        return done

    def _start(self, table: RawTable, groups: Sequence[Counted]) -> Nodes:
        nodes = {group.key: node_of(table, group) for group in groups}
        held_back = _held_back_by_questions(table, self.k)
        for key, node in nodes.items():
            if node.empty:
                node.level, node.why = Level.HIDDEN, Why.NONE
            elif key in held_back:
                node.lower(Level.HIDDEN, held_back[key])
            elif self.guarded and node.n >= self.k and _same_answer(table, node):
                node.lower(Level.HIDDEN, Why.SAME_ANSWER)
        return nodes

    def _decide_geography(self, tables: Sequence[RawTable]) -> None:
        """Total -> regions -> sets of units with the same memberships -> units, as far as the plan shows them."""
        if not tables:
            return
        levels = {table.by[0]: table for table in tables}
        first = tables[0]
        units = self._start(first, first.units)
        places = self.raw.places

        def region_of(key: tuple[str, ...]) -> str:
            place = places.get(key[0])
            return place.region[0] if place and place.region else ""

        def areas_of(key: tuple[str, ...]) -> tuple[str, ...]:
            place = places.get(key[0])
            return tuple(sorted(area for area, _ in place.areas)) if place else ()

        regions: Nodes = {}
        if "region" in levels:
            regions = self._sums(first, units, lambda key: (region_of(key),))
            settle(self.total, list(regions.values()), self.k)
            self.nodes[levels["region"].id] = regions
        atoms: Nodes = {}
        if "area" in levels:
            atoms = self._sums(first, units, lambda key: (region_of(key), *areas_of(key)))
            for parent, members in self._below(regions, atoms, lambda key: (key[0],)):
                settle(parent, members, self.k)
            areas = self._start(levels["area"], levels["area"].groups)
            for key, node in areas.items():
                for atom_key, atom in atoms.items():
                    if key[0] in atom_key[1:] and not atom.empty:
                        # The atom's own reason (too few of it) would be untrue of the area.
                        own, why = own_level(node, self.k)
                        if own > atom.level:
                            hidden = atom.level is Level.HIDDEN
                            why = Why.COMPLEMENT if hidden else Why.COMPLEMENT_MERGED
                        node.lower(atom.level, why)
            self.nodes[levels["area"].id] = areas
        self.atoms = atoms
        if "unit" in levels:
            above, to_above = (
                (atoms, lambda key: (region_of(key), *areas_of(key)))
                if atoms
                else (regions, lambda key: (region_of(key),))
            )
            for parent, members in self._below(above, units, to_above):
                settle(parent, members, self.k)
            self.nodes[levels["unit"].id] = units

    def _sums(self, table: RawTable, units: Nodes, to_key) -> Nodes:  # type: ignore[no-untyped-def]
        gathered: dict[tuple[str, ...], list[Counted]] = {}
        for key, node in units.items():
            gathered.setdefault(to_key(key), []).append(node.counted)
        return self._start(table, [add_up(key, "", parts) for key, parts in gathered.items()])

    def _below(self, above: Nodes, below: Nodes, to_key):  # type: ignore[no-untyped-def]
        """(parent, children) pairs; everyone is the one parent where nothing lies between."""
        if not above:
            return [(self.total, list(below.values()))]
        return [
            (parent, [node for key, node in below.items() if to_key(key) == name])
            for name, parent in above.items()
        ]

    def _decide_cross(self, table: RawTable) -> None:
        """A table by two: lies under the total and under whichever of its two margins the plan shows as well."""
        groups = table.units or table.groups
        nodes = self._start(table, groups)
        self.nodes[table.id] = nodes
        margins: list[tuple[int, Nodes]] = []
        for position, by in enumerate(table.by):
            margin = next(
                (one for one in self.tables if one.by == (by,) or (one.by and one.by[0] == by)),
                None,
            )
            if margin is not None and len(margin.by) == 1 and by not in ("area", "region"):
                margins.append((position, self.nodes[margin.id]))
        raised = any(by in ("area", "region") for by in table.by)
        while True:
            changed = settle(self.total, list(nodes.values()), self.k)
            for position, margin_nodes in margins:
                for key, parent in margin_nodes.items():
                    line = [node for at, node in nodes.items() if at[position] == key[0]]
                    changed |= settle(parent, line, self.k)
            if not changed:
                break
        partial = [node for node in nodes.values() if node.level < Level.ALL and not node.empty]
        # Sums over units, guarded questions and other cross tables of this question lie across each other in ways
        # that no local rule covers: there it is the whole table or nothing.
        others = [one for one in self.tables if len(one.by) == 2 and one.id != table.id]
        # Areas lie across units-by-something, unless the units' own table lies between.
        areas = any(by in PLACES_OF_UNITS and self._told_by(by) for by in table.by) and not any(
            table.by[position] in PLACES_OF_UNITS for position, _ in margins
        )
        strict = raised or areas or self.guarded or any(table.guarded_by) or bool(others)
        crossed = all(self._told_by(by) for by in table.by)
        if partial and (strict or (crossed and not certified(nodes))):
            hide_all(nodes.values(), Why.WHOLE_TABLE)
            if crossed and not certified(nodes):
                # The two margins alone bound what is in the cells: one of them must go.
                for one in self.tables:
                    if len(one.by) == 1 and one.by[0] == self._second(table):
                        hide_all(self.nodes[one.id].values(), Why.WHOLE_TABLE)
        if raised:
            whole = any(node.level is Level.HIDDEN and not node.empty for node in nodes.values())
            self.nodes[table.id] = self._start(table, table.groups)
            if whole:
                hide_all(self.nodes[table.id].values(), Why.WHOLE_TABLE)

    def _second(self, table: RawTable) -> str:
        """The axis of a cross table whose own table goes first: the last that is a question."""
        return next((by for by in reversed(table.by) if by not in PLACES_OF_UNITS), "")

    def _told_by(self, by: str) -> bool:
        """Whether another table of the question is broken down by this, or by areas of these units."""
        return any(
            len(one.by) == 1 and (one.by[0] == by or (by in PLACES_OF_UNITS and geographic(one)))
            for one in self.tables
        )

    def _decide_cells(self) -> dict[str, dict[tuple[str, ...], dict[str, str]]]:
        """The rule for each cell of a guarded question; a breakdown that cannot be certified is withheld whole."""
        first = self.tables[0]
        cells = [choice.id for choice in first.choices]
        if not cells:
            return {}
        top = hidden_in_row(_row(first, self.total), self.k)
        result: dict[str, dict[tuple[str, ...], dict[str, str]]] = {}
        for table in self.tables:
            nodes = self.nodes.get(table.id)
            if not table.by or nodes is None:
                result[table.id] = {(): dict(top)}
                continue
            present = [node for node in nodes.values() if not node.empty]
            if "area" in table.by and self._areas_lie_across():
                hide_all(present, Why.WHOLE_TABLE)
                result[table.id] = {}
                continue
            nested = len(table.by) == 2 or (
                geographic(table) and sum(1 for one in self.tables if geographic(one)) > 1
            )
            rows = {node.key: _row(table, node) for node in present}
            open_rows = {node.key for node in present if node.level is Level.ALL}
            settled = settle_cells(_row(first, self.total), dict(top), rows, open_rows, self.k)
            partly = settled is None or any(settled.values()) or bool(top)
            if settled is None or (nested and partly):
                hide_all(present, Why.WHOLE_TABLE)
                settled = {}
            result[table.id] = settled
        return result

    def _areas_lie_across(self) -> bool:
        """Whether sums and differences of areas, and of regions, would tell a cell of 1 to k-1 of a set of units: where a unit is in
        several areas, or an area in several regions that a table shows. (Sets of units: see _decide_geography.)"""
        regions = any(table.by == ("region",) for table in self.tables)
        homes: dict[str, set[str]] = {}
        for region, *areas in self.atoms:
            for area in areas:
                homes.setdefault(area, set()).add(region)
        across = any(len(key) > 2 for key in self.atoms) or (
            regions and any(len(home) > 1 for home in homes.values())
        )
        if not across:
            return False
        first = self.tables[0]
        return any(
            0 < n < self.k for atom in self.atoms.values() for n in _row(first, atom).values()
        )

    def _outside_is_safe(self) -> bool:
        """Whether "Don't know" and the like of a guarded question can be told: each 0 or at least k, everywhere.

        Leaving a question unanswered is no answer to it, and who returned how many is told anyway.
        """
        nodes = [self.total, *(node for group in self.nodes.values() for node in group.values())]
        return all(
            node.vector.get(cell, 0) == 0 or node.vector.get(cell, 0) >= self.k
            for node in nodes
            for cell in OUTSIDE
            if cell != UNANSWERED
        )

    def _finish(
        self,
        table: RawTable,
        hidden: Mapping[tuple[str, ...], Mapping[str, str]],
        outside: bool,
    ) -> DisclosedTable:
        groups = []
        for counted in table.groups:
            node = self.total if not table.by else self.nodes[table.id][counted.key]
            group = DisclosedGroup(counted, node.level, node.why, node.n, node.people)
            group.outside = outside
            group.hidden_cells = dict(hidden.get(counted.key, {}))
            if node.level is Level.MERGED and table.kind != "number":
                self._merge(table, group)
            groups.append(group)
        return DisclosedTable(table, tuple(groups))

    def _merge(self, table: RawTable, group: DisclosedGroup) -> None:
        """How a group of k to 4k tells its options: docs/decisions/options-without-tones.md."""
        group.hidden_cells = {}
        if has_tones(table) and not self.guarded:
            group.merged_as = "tones"
        elif table.by:
            group.merged_as = "none"
        elif has_tones(table):
            group.merged_as = "tones"
            group.hidden_cells = hidden_in_row(merged_cells(table, group.counted), self.k)
        else:
            group.merged_as = "cells"
            row = {choice.id: group.counted.cells.get(choice.id, 0) for choice in table.choices}
            group.hidden_cells = hidden_in_row(row, self.k)


def _row(table: RawTable, node: Node) -> dict[str, int]:
    return {choice.id: node.counted.cells.get(choice.id, 0) for choice in table.choices}


def _same_answer(table: RawTable, node: Node) -> bool:
    """Whether all valid answers of a group are one and the same."""
    if table.kind == "number":
        return node.n > 0 and any(one.n == node.n for one in node.counted.bins)
    return node.n > 0 and any(n == node.n for n in _row(table, node).values())


def _held_back_by_questions(table: RawTable, k: int) -> dict[tuple[str, ...], str]:
    """Groups of a table by a question whose size that question's own table would not tell.

    Showing a group tells how many chose that option. So a slice of fewer than 4k people is not broken down (its
    options would be told apart), and where the question is guarded the rule for each cell holds for the sizes.
    """
    held: dict[tuple[str, ...], str] = {}
    groups = table.units or table.groups
    for position, by in enumerate(table.by):
        if by in PLACES_OF_UNITS:
            continue
        slices: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
        for group in groups:
            rest = group.key[:position] + group.key[position + 1 :]
            slices.setdefault(rest, {})[group.key] = everybody(table, group)
        guarded = table.guarded_by[position] if position < len(table.guarded_by) else False
        for sizes in slices.values():
            answered = {key: n for key, n in sizes.items() if not key[position].startswith("~")}
            if sum(answered.values()) < 4 * k:
                held |= dict.fromkeys(sizes, Why.FEW_FOR_OPTIONS)
            elif guarded:
                names = {"/".join(key): key for key in answered}
                row = {name: answered[key] for name, key in names.items()}
                if any(n == sum(row.values()) for n in row.values()):
                    held |= dict.fromkeys(sizes, Why.SAME_ANSWER)
                else:
                    held |= {names[name]: Why.GUARDED_GROUP for name in hidden_in_row(row, k)}
                for key, n in sizes.items():
                    if key[position].startswith("~") and 0 < n < k:
                        held |= dict.fromkeys(
                            (one for one in sizes if one[position].startswith("~")),
                            Why.GUARDED_GROUP,
                        )
    return held


def _withhold_transposes(tables: Sequence[DisclosedTable]) -> None:
    """q by b and b by q count the same people: unless both are shown whole, only the first of the plan is shown."""
    seen: dict[frozenset[str], DisclosedTable] = {}
    for table in tables:
        if not table.raw.by or any(by in PLACES_OF_UNITS for by in table.raw.by):
            continue
        people = frozenset((table.raw.question, *table.raw.by))
        other = seen.setdefault(people, table)
        if other is table or (_whole(other) and _whole(table)):
            continue
        for group in table.groups:
            if not group.empty:
                group.level, group.why, group.hidden_cells = Level.HIDDEN, Why.ELSEWHERE, {}


def _whole(table: DisclosedTable) -> bool:
    return all(
        group.empty or (group.level is Level.ALL and not group.hidden_cells)
        for group in table.groups
    )


__all__ = ["DisclosedGroup", "DisclosedTable", "DisclosedTables", "Rule", "asked", "disclose"]
