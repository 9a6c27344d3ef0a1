"""Reports of registrations.

T1  The time study from simulated registrations equals a hand computation: n, median, mean, quartiles and distribution of
    each treatment by place; none of fewer than k.
T2  A tally's sums equal a hand count; sums of 1 to k-1 are hidden.
T3  No hidden sum can be computed from all that is shown: solved with integer programming over random tallies, each hidden
    figure can take at least two values.
T4  From one edition to the next a tally stands where the difference would tell of fewer than k.
T5  A plan with a tally has no table of the same count beside it.
"""

from __future__ import annotations

import math
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from exports.assemble import assemble
from exports.standing import may_advance
from exports.tally_disclosure import TOTAL, hidden_cells, with_totals
from forms.document import read_document, write_document
from forms.problems import ProblemError
from store.database import Store, create_store
from tests.exports.cast import library, time_people
from tests.exports.shaped import close, edition, keep_responses, open_shaped_round

TALLIES = 1200 if os.environ.get("SVARBOKS_PROOF") == "1" else 25
TIME = library("time-study")
TALLY = library("iv-tally")
TOWNS = {"odense": "Odense", "assens": "Assens", "vejle": "Vejle"}
WARDS = {"ward-a": "Afdeling A", "ward-b": "Afdeling B", "ward-c": "Afdeling C"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with create_store(tmp_path / "data") as opened:
        yield opened


# --- the time study


def quantile(values: list[int], p: float) -> float:
    """Hyndman and Fan's definition 2, by hand."""
    ordered = sorted(values)
    at = p * len(ordered)
    if math.isclose(at, round(at)):
        at = round(at)
        return (ordered[at - 1] + ordered[min(at, len(ordered) - 1)]) / 2
    return ordered[math.ceil(at) - 1]


def test_the_time_study_equals_a_hand_computation_T1(store: Store) -> None:
    open_shaped_round(store, TIME, "time", TOWNS)
    people = time_people(300)
    given = []
    for index, person in enumerate(people):
        answers = dict(person)
        if answers["minutes"] >= 60:
            answers["minutes_are_right"] = "yes"
        given.append((list(TOWNS)[index % 3], answers))
    keep_responses(store, "time", given)
    close(store, "time")
    figures = edition(store, "time")
    table = next(one for one in figures["tables"] if one["id"] == "minutes_by_treatment_place")
    by_hand: dict[tuple[str, str], list[int]] = defaultdict(list)
    for person in people:
        by_hand[person["treatment"], person["place"]].append(person["minutes"])
    shown = 0
    for group in table["groups"]:
        minutes = by_hand[tuple(group["group"])]
        if group["state"] == "hidden":
            assert group["n"] is None
            assert group["mean"] is None
            assert group["histogram"] is None
            continue
        shown += 1
        assert len(minutes) >= 5
        assert group["n"] == len(minutes)
        assert group["mean"] == pytest.approx(sum(minutes) / len(minutes), abs=1e-9)
        assert group["median"] == quantile(minutes, 0.5)
        if group["state"] == "all":
            assert group["quartiles"] == [quantile(minutes, 0.25), quantile(minutes, 0.75)]
            counted = [[low, n] for low, _, n in group["histogram"]]
            assert counted == [[value, minutes.count(value)] for value in sorted(set(minutes))]
    assert shown >= 6
    block = next(
        one
        for one in assemble(figures, TIME, "da").blocks
        if one.id == "minutes_by_treatment_place"
    )
    # A small distribution for each pair, and the same figures in its table.
    assert block.chart.count("median") >= 6
    rows = {row[0]: row[1:] for row in block.grid.rows}
    home = by_hand["antibiotics_no_pump", "home"]
    n, mean, median, _ = rows["Antibiotika uden pumpe · Eget hjem"]
    assert n == str(len(home))
    assert mean == f"{sum(home) / len(home):.1f}".replace(".", ",")
    assert float(median.replace(",", ".")) == quantile(home, 0.5)


# --- tallies


def tallied(store: Store, sums: dict[tuple[str, str], int], name: str = "tally") -> dict[str, Any]:
    open_shaped_round(store, TALLY, name, WARDS)
    keep_responses(
        store,
        name,
        [(ward, {"week": week, "patients": n}) for (week, ward), n in sums.items()],
    )
    close(store, name)
    return edition(store, name)


def test_a_tally_equals_a_hand_count_T2(store: Store) -> None:
    sums = {
        (f"w{week}", ward): 5 + week + number
        for week in range(1, 10)
        for number, ward in enumerate(WARDS)
    }
    figures = tallied(store, sums)
    told = figures["registrations"]["tallies"][0]
    assert told["rows"] == [*(f"w{week}" for week in range(1, 10)), TOTAL]
    assert told["columns"] == [*WARDS, TOTAL]
    for row, cells in zip(told["rows"], told["cells"], strict=True):
        for column, n in zip(told["columns"], cells, strict=True):
            assert n == sum(
                number
                for (week, ward), number in sums.items()
                if row in (week, TOTAL) and column in (ward, TOTAL)
            )
    assert figures["tables"] == []
    report = assemble(figures, TALLY, "da")
    block = next(one for one in report.chapters if one.id == "tallies").blocks[0]
    assert block.grid.rows[-1][-1] == str(sum(sums.values()))
    assert "flest i Uge 9" in block.heading


def test_small_sums_are_hidden_T2(store: Store) -> None:
    sums = {(f"w{week}", ward): 8 for week in range(1, 10) for ward in WARDS} | {
        ("w3", "ward-b"): 2
    }
    told = tallied(store, sums)["registrations"]["tallies"][0]
    shown = {
        (row, column): n
        for row, cells in zip(told["rows"], told["cells"], strict=True)
        for column, n in zip(told["columns"], cells, strict=True)
    }
    assert shown["w3", "ward-b"] is None
    # And what it could be subtracted from: one more in its row, one in its column, and the corner.
    hidden = {cell for cell, n in shown.items() if n is None}
    assert len(hidden) == 4
    assert len({row for row, _ in hidden}) == len({column for _, column in hidden}) == 2


def possible(
    rows: list[str], columns: list[str], table: dict[Any, int], hidden: frozenset[Any], cell: Any
) -> tuple[int, int]:
    """The least and the most that a hidden figure can be, with everything shown as it is."""
    cells = [(row, column) for row in rows for column in columns]
    at = {one: index for index, one in enumerate(cells)}

    def members(one: Any) -> list[int]:
        row, column = one
        return [at[r, c] for r, c in cells if row in (r, TOTAL) and column in (c, TOTAL)]

    lines, values = [], []
    for one, value in table.items():
        if one not in hidden:
            line = np.zeros(len(cells))
            line[members(one)] = 1
            lines.append(line)
            values.append(value)
    constraints = LinearConstraint(np.array(lines), values, values) if lines else ()
    aim = np.zeros(len(cells))
    aim[members(cell)] = 1
    ends = []
    for sign in (1, -1):
        solved = milp(
            sign * aim,
            constraints=constraints,
            integrality=np.ones(len(cells)),
            bounds=Bounds(0, max(table.values()) + 50),
        )
        assert solved.success
        ends.append(round(sign * solved.fun))
    return ends[0], ends[1]


def test_no_hidden_sum_can_be_computed_T3() -> None:
    rng = random.Random(20221)
    seen = 0
    for _ in range(TALLIES):
        rows = [f"r{index}" for index in range(rng.randint(1, 5))]
        columns = [f"c{index}" for index in range(rng.randint(1, 5))]
        k = rng.choice([3, 5, 8])
        most = rng.choice([4, 10, 30])
        sums = {
            (row, column): 0 if rng.random() < 0.25 else rng.randint(0, most)
            for row in rows
            for column in columns
        }
        table = with_totals(rows, columns, sums)
        hidden = hidden_cells(rows, columns, table, k)
        for cell, n in table.items():
            assert cell in hidden or n == 0 or n >= k, "a small sum is shown"
        for cell in hidden:
            least, greatest = possible(rows, columns, table, hidden, cell)
            assert least < greatest, (table, hidden, cell)
            seen += 1
    assert seen > 100


def test_the_attacker_finds_what_is_not_protected_T3() -> None:
    table = with_totals(
        ["a", "b"], ["x", "y"], {("a", "x"): 2, ("a", "y"): 9, ("b", "x"): 9, ("b", "y"): 9}
    )
    alone = frozenset({("a", "x")})
    assert possible(["a", "b"], ["x", "y"], table, alone, ("a", "x")) == (2, 2)


def test_a_tally_stands_where_the_difference_is_small_T4() -> None:
    old: dict[str, int | None] = {"a": 10, "b": None, "total": 30}
    assert may_advance(old, dict(old), 5)
    assert may_advance(old, {"a": 15, "b": None, "total": 35}, 5)
    assert not may_advance(old, {"a": 11, "b": None, "total": 31}, 5)
    assert not may_advance(old, {"a": 15, "b": 7, "total": 37}, 5)
    assert not may_advance(old, {"a": None, "b": None, "total": 40}, 5)


def test_a_next_edition_stands_with_its_day_T4(store: Store) -> None:
    sums = {(f"w{week}", ward): 9 for week in range(1, 10) for ward in WARDS}
    first = tallied(store, sums)["registrations"]["tallies"][0]
    keep_responses(store, "tally", [("ward-a", {"week": "w1", "patients": 2})])
    second = edition(store, "tally", seed=2)["registrations"]["tallies"][0]
    assert second["cells"] == first["cells"]
    assert second["since"] == "2023-06-01"
    keep_responses(store, "tally", [("ward-a", {"week": "w1", "patients": 4})])
    third = edition(store, "tally", seed=3)["registrations"]["tallies"][0]
    assert third["cells"][0][0] == 15
    assert third["since"] is None


def test_no_table_beside_a_tally_T5() -> None:
    document = write_document(TALLY).replace(
        "report:\n", "report:\n  tables:\n  - {id: patients, question: patients, by: [unit]}\n", 1
    )
    with pytest.raises(ProblemError) as caught:
        read_document(document)
    assert [(fault.place, fault.code) for fault in caught.value.faults] == [
        ("report.tallies[0].count", "cannot-tabulate")
    ]
