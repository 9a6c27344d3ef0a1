"""An attacker who knows everything published, and solves for what was hidden.

R1  Over random rounds no positive figure of a hidden group of fewer than k answers can be pinned down, although the
    attacker knows the size of every group (a unit knows how many forms it handed in).
R2  Nor can a hidden cell of a guarded question.
R3  The attacker is able: left alone with groups hidden one by one, it finds what was hidden.

The attacker's world: for each table of the question, people by (group, answer), whole and not negative; every sum that
a reader could form is an equation. A figure is pinned when its smallest and its largest possible value are the same.
Figures that a shown group of at least k gives away because everyone in it answered the same are what the design
permits for questions that are not guarded (guarded ones do not show such a group), and are not counted.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from exports.disclosure import DisclosedTable, Rule, disclose
from exports.disclosure_levels import Level, merged_cells
from exports.tables import OUTSIDE, Counted, RawTable, RawTables, UnitPlace, add_up, build_tables
from forms.document import read_document
from tests.exports.cast import Planned, count_up

ROUNDS = 2000 if os.environ.get("SVARBOKS_PROOF") == "1" else 100
K = 5

QUESTIONNAIRE = """
format: 1
questionnaire: attacked
shape: survey
languages: {da: {state: reviewed, by: T, on: 2026-01-01}}
title: A
scales:
  degree:
    - {id: "5", text: a, score: 5, tone: favourable}
    - {id: "4", text: b, score: 4, tone: favourable}
    - {id: "3", text: c, score: 3, tone: neutral}
    - {id: "1", text: d, score: 1, tone: unfavourable}
sections:
  - id: s
    title: S
    questions:
      - {id: q, kind: scale, text: Q, points: degree, dont_know: true}
      - {id: place, kind: one_of, text: P, options: [{id: x, text: X}, {id: y, text: Y}, {id: z, text: Z}]}
      - {id: kind, kind: one_of, text: K, options: [{id: m, text: M}, {id: n, text: N}, {id: o, text: O}]}
report: {tables: []}
"""

REGION = ("r", "R")


def places(rng: random.Random) -> list[UnitPlace]:
    areas = [("a1", "A1"), ("a2", "A2"), ("a3", "A3")]
    overlapping = rng.random() < 0.3
    return [
        UnitPlace(
            f"u{i}",
            f"U{i}",
            tuple(rng.sample(areas, 2 if overlapping and rng.random() < 0.4 else 1)),
            REGION,
        )
        for i in range(rng.randrange(2, 8))
    ]


def random_round(rng: random.Random) -> tuple[RawTables, bool]:
    units = places(rng)
    guarded = rng.random() < 0.5
    shapes: list[tuple[str, ...]] = [()]
    for by in (("unit",), ("area",), ("place",), ("kind",), ("place", "kind"), ("unit", "place")):
        if rng.random() < 0.5:
            shapes.append(by)
    plan = [Planned("_".join(("t", *by)), "q", by, guarded=guarded) for by in shapes]
    weights = [rng.choice([0, 1, 3, 10]) for _ in range(5)]
    weights[0] += 1
    spread = [rng.choice([1, 3, 20]) for _ in units]
    people = [
        {
            "q": rng.choices(["5", "4", "3", "1", "~dont_know"], weights)[0],
            "place": rng.choices(["x", "y", "z"], [20, 8, 2])[0],
            "kind": rng.choices(["m", "n", "o"], [10, 6, 4])[0],
            "unit": rng.choices([unit.id for unit in units], spread)[0],
        }
        for _ in range(rng.choice([8, 25, 60, 150, 400]))
    ]
    rows = [row for table in plan for row in count_up(table, people)]
    raw = build_tables(rows, plan, read_document(QUESTIONNAIRE), units)
    return raw, guarded


class Attacker:
    """Unknowns are people by (table, smallest group, answer); what is published are equations over them."""

    def __init__(self, raw: RawTables, disclosed: tuple[DisclosedTable, ...]) -> None:
        self.cells = [choice.id for choice in raw.tables[0].choices] + list(OUTSIDE)
        self.index: dict[tuple[Any, ...], int] = {}
        self.equations: list[tuple[dict[int, float], float]] = []
        self.whole = add_up((), "", raw.tables[0].groups)
        for choice in self.cells:
            self._new("total", (), choice)
        # How many there are of everyone is known; each partition of them sums to the same answers.
        self._sum([("total", (), cell) for cell in self.cells], sum(self.whole.cells.values()))
        kinds: dict[str, tuple[str, tuple[Any, ...]]] = {}
        for table in raw.tables:
            if not table.by:
                continue
            partition = (
                "geo" if table.by[0] in ("unit", "area") and len(table.by) == 1 else table.id
            )
            atoms = table.units or table.groups
            if partition in kinds:
                continue
            kinds[partition] = (table.id, tuple(atoms))
            for atom in atoms:
                for cell in self.cells:
                    self._new(partition, atom.key, cell)
                self._sum([(partition, atom.key, c) for c in self.cells], sum(atom.cells.values()))
            for cell in self.cells:
                self._same([("total", (), cell)], [(partition, atom.key, cell) for atom in atoms])
        self._link_margins(raw)
        for table in disclosed:
            self._publish(table, raw)

    def _new(self, *name: Any) -> None:
        self.index.setdefault(name, len(self.index))

    def _sum(self, names: list[tuple[Any, ...]], value: float) -> None:
        self.equations.append(({self.index[name]: 1.0 for name in names}, value))

    def _same(self, left: list[tuple[Any, ...]], right: list[tuple[Any, ...]]) -> None:
        terms = {self.index[name]: 1.0 for name in left}
        terms |= {self.index[name]: -1.0 for name in right}
        self.equations.append((terms, 0))

    def _link_margins(self, raw: RawTables) -> None:
        flat = {table.by[0]: table for table in raw.tables if len(table.by) == 1}
        for table in raw.tables:
            if len(table.by) != 2:
                continue
            for position, by in enumerate(table.by):
                margin = flat.get(by)
                partition = "geo" if by == "unit" else getattr(margin, "id", "")
                if by == "unit" and margin is None and "area" not in flat:
                    continue
                if margin is None and by != "unit":
                    continue
                values = {group.key[position] for group in table.groups}
                for value in values:
                    parts = [one.key for one in table.groups if one.key[position] == value]
                    for cell in self.cells:
                        if (partition, (value,), cell) in self.index:
                            self._same(
                                [(partition, (value,), cell)],
                                [(table.id, key, cell) for key in parts],
                            )

    def _atoms(
        self, table: RawTable, key: tuple[str, ...], raw: RawTables
    ) -> tuple[str, list[tuple[str, ...]]]:
        if not table.by:
            return "total", [()]
        if table.by == ("area",):
            members = [
                one.key
                for one in table.units
                if any(area == key[0] for area, _ in raw.places[one.key[0]].areas)
            ]
            return "geo", members
        return ("geo" if table.by == ("unit",) else table.id), [key]

    def _publish(self, table: DisclosedTable, raw: RawTables) -> None:
        for group in table.groups:
            if group.level is Level.HIDDEN:
                continue
            partition, atoms = self._atoms(table.raw, group.counted.key, raw)

            def people(
                cells: list[str], partition: str = partition, atoms: Any = atoms
            ) -> list[tuple[Any, ...]]:
                return [(partition, atom, cell) for atom in atoms for cell in cells]

            counted = group.counted.cells
            valid = [choice.id for choice in table.raw.choices]
            self._sum(people(valid), group.n)
            if group.outside:
                for cell in OUTSIDE:
                    self._sum(people([cell]), counted.get(cell, 0))
            if group.level is Level.ALL or group.merged_as == "cells":
                for cell in valid:
                    if cell not in group.hidden_cells:
                        self._sum(people([cell]), counted.get(cell, 0))
            elif group.merged_as == "tones":
                for tone, n in merged_cells(table.raw, group.counted).items():
                    if tone not in group.hidden_cells:
                        members = [c.id for c in table.raw.choices if c.tone == tone]
                        self._sum(people(members), n)

    def bounds(self, name: tuple[Any, ...]) -> tuple[int, int]:
        matrix = np.zeros((len(self.equations), len(self.index)))
        for row, (terms, _) in enumerate(self.equations):
            for column, weight in terms.items():
                matrix[row, column] = weight
        values = np.array([value for _, value in self.equations])
        ends = []
        for sign in (1, -1):
            goal = np.zeros(len(self.index))
            goal[self.index[name]] = sign
            solved = milp(
                goal,
                constraints=LinearConstraint(matrix, values, values),
                integrality=np.ones(len(self.index)),
                bounds=Bounds(0, np.inf),
            )
            assert solved.success, solved.message
            ends.append(round(sign * solved.fun))
        return ends[0], ends[1]


def hidden_figures(
    raw: RawTables, disclosed: tuple[DisclosedTable, ...], guarded: bool
) -> Iterator[tuple[tuple[Any, ...], int]]:
    """(name of the unknown, its true value) of everything that the rule hides and that is somebody."""
    for table in disclosed:
        if not table.raw.by or table.raw.by == ("area",):
            continue
        partition = "geo" if table.raw.by == ("unit",) else table.raw.id
        for group in table.groups:
            for choice in table.raw.choices:
                n = group.counted.cells.get(choice.id, 0)
                small = group.level is Level.HIDDEN and 0 < group.n < K
                cell = guarded and choice.id in group.hidden_cells and n < K
                if n and (small or cell):
                    yield (partition, group.counted.key, choice.id), n
    for table in disclosed:
        if guarded and not table.raw.by:
            for group in table.groups:
                for cell in group.hidden_cells:
                    n = group.counted.cells.get(cell, 0)
                    if 0 < n < K:
                        yield ("total", (), cell), n


def same_answer(table: RawTable, counted: Counted) -> bool:
    """Whether everyone in a group answered the same (merged)."""
    sums = {
        **merged_cells(table, counted),
        **{cell: counted.cells.get(cell, 0) for cell in OUTSIDE},
    }
    return max(sums.values()) == sum(sums.values())


def told_by_a_shown_group(
    raw: RawTables, disclosed: tuple[DisclosedTable, ...], name: tuple[Any, ...]
) -> bool:
    """Whether somebody's answer is that of everyone in a larger group that may be shown."""
    partition, key, _ = name
    if same_answer(raw.tables[0], add_up((), "", raw.tables[0].groups)):
        return True
    by = next((one.by for one in raw.tables if one.id == partition), ("unit",))
    for table in disclosed:
        if len(table.raw.by) != 1:
            continue
        axis = table.raw.by[0]
        for group in table.groups:
            if group.level is Level.HIDDEN or not same_answer(table.raw, group.counted):
                continue
            value = group.counted.key[0]
            if axis in by and len(key) == len(by) and key[by.index(axis)] == value:
                return True
            if axis == "area" and "unit" in by and key:
                unit = raw.places[key[by.index("unit")]]
                if value in {area for area, _ in unit.areas}:
                    return True
    return False


@pytest.mark.campaign
def test_nothing_hidden_is_pinned() -> None:
    """R1, R2."""
    rng = random.Random(20261122)
    tried = 0
    for number in range(ROUNDS):
        raw, guarded = random_round(rng)
        disclosed = disclose(raw, Rule(k=K)).tables
        wanted = list(hidden_figures(raw, disclosed, guarded))
        wanted = [one for one in wanted if not told_by_a_shown_group(raw, disclosed, one[0])]
        if not wanted:
            continue
        attacker = Attacker(raw, disclosed)
        for name, value in rng.sample(wanted, min(len(wanted), 4)):
            low, high = attacker.bounds(name)
            tried += 1
            assert low <= value <= high
            assert low < high, f"round {number}: {name} must be {value}"
    assert tried > ROUNDS


def test_the_attacker_is_able() -> None:
    """R3: with only the small group hidden, subtraction from the total gives it away."""
    plan = [Planned("t", "q"), Planned("t_place", "q", ("place",))]
    people = [{"q": "5", "place": "x"}] * 30 + [{"q": "4", "place": "y"}] * 30 + [{"q": "3", "place": "z"}] * 3 + [{"q": "4", "place": "x"}] * 9  # fmt: skip
    rows = [row for table in plan for row in count_up(table, people)]
    raw = build_tables(rows, plan, read_document(QUESTIONNAIRE))
    honest = disclose(raw, Rule(k=K)).tables
    assert Attacker(raw, honest).bounds(("t_place", ("z",), "3"))[0] < 3
    naive = tuple(
        replace(
            table,
            groups=tuple(
                replace(group, level=Level.HIDDEN if 0 < group.n < K else Level.ALL)
                for group in table.groups
            ),
        )
        for table in honest
    )
    assert Attacker(raw, naive).bounds(("t_place", ("z",), "3")) == (3, 3)
