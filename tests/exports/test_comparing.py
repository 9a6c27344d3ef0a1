"""What an edition is compared with: one survey of six units in two areas, computed by hand; trends; benchmarks; rates.

R1  Each unit against the rest of its area and of everyone, itself left out: n, values and differences by hand; p-values
    equal scipy's, adjusted ones statsmodels'; over, under or same follows.
R2  A unit that is not shown, or a rest that would be too small, is compared with nothing.
R3  What is compared is a function of what the edition shows: rounds that show the same compare the same.
R4  Benchmarks: with n tested, without n or with other words only the difference; targets reached or not.
R5  A trend over the rounds of the collection, from their editions, with every break: words, answers, units, areas. Not of
    another working group, not of later rounds, not of rounds without an edition.
R6  Coverage and response rate of units only where the plan breaks down by unit, the rate only of an invited round; small
    numbers are not told and cannot be subtracted; a little growth does not advance them.
R7  Without a plan that compares, figures have none of these keys and the hash that they had.
R8  Asked again, the same edition is returned.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from exports.comparing import compared
from exports.editions import make_edition
from exports.places import places_of
from exports.tables import UnitPlace
from exports.unit_rates import UnitNumbers, unit_rates
from forms.questionnaire import Questionnaire
from forms.units import Membership
from store import rounds, units, working_groups
from store.database import Store, create_store
from tests.exports.survey import ANSWERS, DOCUMENT, keep_round, keep_units, questionnaire

SCORES = (5, 4, 3, 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with create_store(tmp_path / "data") as opened:
        yield opened


def figures_of(store: Store, identity: str, after: datetime) -> dict[str, Any]:
    return dict(make_edition(store, identity, now=after, rng=random.Random(identity)).figures)


@pytest.fixture
def figures(store: Store) -> dict[str, Any]:
    keep_units(store)
    return figures_of(store, "now2", keep_round(store, "now2", questionnaire(), ANSWERS))


def rows(figures: dict[str, Any], measure: str) -> dict[tuple[str, str], dict[str, Any]]:
    """(unit, level) -> the comparison."""
    found = next(one for one in figures["comparisons"]["questions"] if one["measure"] == measure)
    return {(unit["unit"], row["level"]): row for unit in found["units"] for row in unit["against"]}


def expanded(row: tuple[int, ...]) -> list[int]:
    return [score for score, n in zip(SCORES, row, strict=True) for _ in range(n)]


def test_shares_by_hand(figures: dict[str, Any]) -> None:
    """R1: north has 30 + 20 + 10 favourable of 120; everyone 113 of 194; s2 and s3 are not shown."""
    told = rows(figures, "favourable")
    by_hand = {
        ("n1", "area"): (80, 30 / 80, 0.75 - 30 / 80),
        ("n2", "area"): (80, 40 / 80, 0.50 - 40 / 80),
        ("n3", "area"): (80, 50 / 80, 0.25 - 50 / 80),
        ("s1", "area"): (34, 17 / 34, 0.90 - 17 / 34),
        ("n1", "all"): (154, 83 / 154, 0.75 - 83 / 154),
        ("n2", "all"): (154, 93 / 154, 0.50 - 93 / 154),
        ("n3", "all"): (154, 103 / 154, 0.25 - 103 / 154),
        ("s1", "all"): (154, 77 / 154, 0.90 - 77 / 154),
    }
    for key, (n, value, difference) in by_hand.items():
        row = told[key]
        assert (row["n"], row["value"]) == (n, pytest.approx(value, abs=1e-12)), key
        assert row["difference"] == pytest.approx(difference, abs=1e-12)


def test_means_by_hand(figures: dict[str, Any]) -> None:
    """R1: n1 155/40 beside 235/80; s1 170/40 beside 112/34."""
    told = rows(figures, "mean")
    assert told["n1", "area"]["value"] == pytest.approx(235 / 80, abs=1e-12)
    assert told["n1", "area"]["difference"] == pytest.approx(155 / 40 - 235 / 80, abs=1e-12)
    assert told["s1", "area"]["value"] == pytest.approx(112 / 34, abs=1e-12)
    assert told["s1", "area"]["n"] == 34


def test_tests_equal_scipy_and_statsmodels(figures: dict[str, Any]) -> None:
    """R1: sixteen tests of units and one of the benchmark, adjusted together."""
    areas = {"n1": ("n1", "n2", "n3"), "n2": ("n1", "n2", "n3"), "n3": ("n1", "n2", "n3"), "s1": ("s1", "s2", "s3")}  # fmt: skip
    theirs: list[float] = []
    ours: list[dict[str, Any]] = []
    for measure in ("favourable", "mean"):
        for (unit, level), row in rows(figures, measure).items():
            if row["p"] is None:
                continue
            within = areas[unit] if level == "area" else tuple(ANSWERS)
            own = ANSWERS[unit]
            rest = tuple(sum(ANSWERS[u][i] for u in within if u != unit) for i in range(4))
            if measure == "mean":
                p = stats.ttest_ind(expanded(own), expanded(rest), equal_var=False).pvalue
            else:
                p = stats.fisher_exact(
                    [[sum(own[:2]), sum(own[2:])], [sum(rest[:2]), sum(rest[2:])]]
                )[1]
            assert row["p"] == pytest.approx(float(p), abs=1e-9)
            theirs.append(float(p))
            ours.append(row)
    benchmark = figures["benchmarks"][0]["values"][0]
    theirs.append(float(stats.fisher_exact([[113, 81], [700, 300]])[1]))
    ours.append(benchmark)
    assert len(ours) == figures["comparisons"]["tests"] == 17
    adjusted = multipletests(theirs, method="fdr_bh")[1]
    for row, value in zip(ours, adjusted, strict=True):
        assert row["adjusted"] == pytest.approx(float(value), abs=1e-9)
        expected = "same" if value > 0.05 else "over" if row["difference"] > 0 else "under"
        assert row["verdict"] == expected
    verdicts = {key: row["verdict"] for key, row in rows(figures, "favourable").items()}
    assert verdicts["n1", "area"] == "over"
    assert verdicts["n2", "area"] == "same"
    assert verdicts["n3", "area"] == "under"
    assert verdicts["s1", "all"] == "over"
    assert benchmark["verdict"] == "under"


def test_what_is_not_shown_is_not_compared(figures: dict[str, Any]) -> None:
    """R2: s3 has four answers, and s2 is hidden with it."""
    for measure in ("favourable", "mean"):
        for unit in ("s2", "s3"):
            for level in ("area", "all"):
                row = rows(figures, measure)[unit, level]
                assert (row["verdict"], row["why"]) == ("untested", "hidden")
                assert row["n"] is row["value"] is row["difference"] is row["p"] is None
    told = figures["comparisons"]["questions"][0]["units"]
    assert [unit["value"] for unit in told if unit["unit"] in ("s2", "s3")] == [None, None]


def test_a_rest_that_is_too_small(store: Store) -> None:
    """R2: 12 answers are compared by share and not by mean; 9 by neither; a unit alone in its area with nobody."""
    keep_units(store)
    answers = {**ANSWERS, "n3": (6, 0, 6, 0), "s1": (3, 2, 2, 2), "s2": (20, 1, 0, 4)}
    del answers["s3"]
    after = keep_round(store, "small2", questionnaire(), answers)
    figures = figures_of(store, "small2", after)
    shares, means = rows(figures, "favourable"), rows(figures, "mean")
    assert shares["n3", "area"]["verdict"] != "untested"
    assert means["n3", "area"]["why"] == "too-few"
    assert shares["s1", "area"]["why"] == "too-few"
    assert shares["s2", "area"]["why"] == "too-few"
    places = [replace(one, areas=(("alone", "Alone"),)) for one in places_of_round(store, "small2")]
    lonely = {**figures, "tables": [only_n1(table) for table in figures["tables"]]}
    told = compared(lonely, questionnaire(), places[:1])
    row = told["comparisons"]["questions"][0]["units"][0]["against"][0]
    assert (row["level"], row["why"]) == ("area", "alone")


def places_of_round(store: Store, identity: str) -> list[Any]:
    return places_of(store.main, rounds.read(store.main, identity))


def only_n1(table: dict[str, Any]) -> dict[str, Any]:
    """The same table where n1 is alone in an area of its own."""
    if table["by"] == ["unit"]:
        return {**table, "groups": [one for one in table["groups"] if one["group"] == ["n1"]]}
    if table["by"] == ["area"]:
        return {
            **table,
            "groups": [{**table["groups"][0], "group": ["alone"], "n": 40, "favourable": {"n": 30, "share": 0.75, "low": None, "high": None}}],
        }  # fmt: skip
    return table


def test_the_rest_of_a_mean_has_four_times_the_smallest_group(figures: dict[str, Any]) -> None:
    """R2: as if north had n1 and fifteen others: the disclosure control would not say so much, and nor does this."""
    n1 = next(t for t in figures["tables"] if t["by"] == ["unit"])["groups"][0]
    more = dict(zip(("5", "4", "3", "1"), (5, 4, 3, 3), strict=True))
    cells = [{**cell, "n": cell["n"] + more[cell["cell"]]} for cell in n1["cells"]]
    north = {**n1, "group": ["north"], "n": 55, "cells": cells, "mean": 3.8}
    tables = [
        {**table, "groups": [north]} if table["by"] == ["area"] else table
        for table in figures["tables"]
    ]
    place = UnitPlace("n1", "N1", (("north", "North"),))
    told = rows(compared({**figures, "tables": tables}, questionnaire(), [place]), "mean")
    assert told["n1", "area"]["why"] == "too-few"
    assert told["n1", "area"]["value"] is None


def test_compared_reads_nothing_but_what_is_shown(store: Store) -> None:
    """R3: people of the two hidden units are exchanged; the edition, hidden numbers apart, says exactly the same."""
    keep_units(store)
    other = {**ANSWERS, "s2": (9, 6, 8, 7), "s3": (0, 2, 1, 1)}
    one = figures_of(store, "one22", keep_round(store, "one22", questionnaire(), ANSWERS))
    two = figures_of(
        store, "two22", keep_round(store, "two22", questionnaire(), other, working_group=None)
    )
    for key in ("tables", "comparisons", "benchmarks", "targets"):
        assert one[key] == two[key]


def test_benchmarks_and_targets(figures: dict[str, Any]) -> None:
    """R4."""
    benchmark = figures["benchmarks"][0]
    with_n, other_words = benchmark["values"]
    assert benchmark["own"]["value"] == pytest.approx(113 / 194)
    assert with_n["value"] == 0.7
    assert with_n["difference"] == pytest.approx(113 / 194 - 0.7)
    assert with_n["p"] == pytest.approx(
        float(stats.fisher_exact([[113, 81], [700, 300]])[1]), abs=1e-9
    )
    assert other_words["difference"] == pytest.approx(113 / 194 - 0.75)
    assert (other_words["p"], other_words["verdict"]) == (None, "untested")
    target = figures["targets"][0]
    assert (target["value"], target["reached"], target["direction"]) == (0.8, False, "at_least")


def reworded(document: str = DOCUMENT) -> Questionnaire:
    return questionnaire(document.replace("Følte du dig tryg?", "Var du tryg?"))


def other_answers() -> Questionnaire:
    return questionnaire(
        DOCUMENT.replace("score: 1, tone: unfavourable", "score: 2, tone: neutral")
    )


def test_trend_with_its_breaks(store: Store) -> None:
    """R5: 2019 other answers, 2020 other words, 2021 without n3, and n3 in the south from 2022."""
    keep_units(store)
    figures_of(store, "r2019", keep_round(store, "r2019", other_answers(), ANSWERS, year=2019))
    figures_of(store, "r2020", keep_round(store, "r2020", reworded(), ANSWERS, year=2020))
    without = {unit: row for unit, row in ANSWERS.items() if unit != "n3"}
    figures_of(store, "r2021", keep_round(store, "r2021", questionnaire(), without, year=2021))
    # Not counted: no edition, a later round, another working group.
    keep_round(
        store,
        "none21",
        questionnaire(),
        ANSWERS,
        year=2021,
        opens_at=datetime(2021, 1, 9, tzinfo=UTC),
    )
    later = keep_round(store, "r2023", questionnaire(), ANSWERS, year=2023)
    figures_of(store, "r2023", later)
    with store.write() as db:
        working_groups.keep(db, working_groups.WorkingGroup(id="other", name="Other"))
    figures_of(
        store,
        "other1",
        keep_round(store, "other1", questionnaire(), ANSWERS, year=2018, working_group="other"),
    )
    with store.write() as db:
        units.end_membership(db, "n3", "north", None, date(2021, 12, 31))
        units.keep_memberships(db, [Membership(unit="n3", area="south", from_day=date(2022, 1, 1))])
    figures = figures_of(store, "r2022", keep_round(store, "r2022", questionnaire(), ANSWERS))
    by = {one["by"]: one for one in figures["trend"]}
    assert list(by) == ["", "area", "unit"]
    points = by[""]["series"][0]["points"]
    assert [point["round"] for point in points] == ["r2019", "r2020", "r2021", "r2022"]
    assert [[one["kind"] for one in point["breaks"]] for point in points] == [
        [],
        ["changed"],
        ["wording", "units"],
        ["units"],
    ]
    assert points[2]["breaks"][1] == {"kind": "units", "gone": ["N3"], "new": []}
    assert points[2]["value"] == pytest.approx(103 / 154)
    assert points[3]["value"] == pytest.approx(113 / 194)
    assert points[3]["low"] < 113 / 194 < points[3]["high"]
    south = next(one for one in by["area"]["series"] if one["group"] == "south")["points"]
    assert [one["kind"] for one in south[-1]["breaks"]] == ["units"]
    assert south[-1]["breaks"][0]["new"] == ["N3"]
    n3 = next(one for one in by["unit"]["series"] if one["group"] == "n3")["points"]
    assert [point["round"] for point in n3] == ["r2019", "r2020", "r2022"]
    assert n3[-1]["breaks"] == [
        {"kind": "wording"},
        {"kind": "area", "from": ["North"], "to": ["South"]},
    ]
    s3 = next(one for one in by["unit"]["series"] if one["group"] == "s3")["points"]
    assert all(point["value"] is None for point in s3)


def numbers(**returned: int) -> list[UnitNumbers]:
    return [UnitNumbers(unit, unit.upper(), 100, 50, n) for unit, n in returned.items()]


BY_UNIT: dict[str, Any] = {
    "smallest_group": 5,
    "made_on": "2022-03-01",
    "tables": [{"by": ["unit"], "groups": []}],
}


def test_rates_of_units(store: Store) -> None:
    """R6."""
    keep_units(store)
    q = questionnaire()
    invited = keep_round(store, "inv222", q, ANSWERS, access="invited")
    public = figures_of(store, "pub222", keep_round(store, "pub222", q, ANSWERS))
    assert all(row["response_rate"] is None for row in public["units"]["rows"])
    assert [row["coverage"] for row in public["units"]["rows"]] == [0.8] * 6
    told = figures_of(store, "inv222", invited)["units"]["rows"]
    assert [row["response_rate"] for row in told] == [0.5, 0.5, 0.5, 0.5, None, None]
    told = unit_rates(BY_UNIT, numbers(a=40, b=20, c=30, d=4), rates=True, previous=None)["units"]
    assert {row["unit"]: row["returned"] for row in told["rows"]} == {
        "a": 40, "b": None, "c": 30, "d": None,
    }  # fmt: skip
    assert [row["response_rate"] for row in told["rows"]] == [0.8, None, 0.6, None]
    whole: dict[str, Any] = {**BY_UNIT, "tables": [{"by": []}]}
    assert unit_rates(whole, numbers(a=40), rates=True, previous=None) == {}


def test_a_small_number_is_untold_in_its_own_area() -> None:
    """R6: the area's table says how many were asked there; what is untold beside a small number lies in the same area."""
    areas = {"a": "x", "b": "x", "c": "y", "d": "y"}
    places = [UnitPlace(one, one, ((area, area),), None) for one, area in areas.items()]
    table = {
        "by": ["area"],
        "groups": [{"group": [area], "state": "all"} for area in ("x", "y")],
    }
    told = unit_rates(
        {**BY_UNIT, "tables": [*BY_UNIT["tables"], table]},
        numbers(a=3, b=20, c=6, d=30),
        rates=True,
        previous=None,
        places=places,
    )["units"]["rows"]
    assert {row["unit"]: row["returned"] for row in told} == {"a": None, "b": None, "c": 6, "d": 30}
    # Where a table crosses units with a question, only nobody is told.
    crossed = {"by": ["unit", "place"], "groups": []}
    told = unit_rates(
        {**BY_UNIT, "tables": [*BY_UNIT["tables"], crossed]},
        numbers(a=3, b=20, c=0, d=30),
        rates=True,
        previous=None,
        places=places,
    )["units"]["rows"]
    assert [row["returned"] for row in told] == [None, None, 0, None]


@pytest.mark.parametrize(
    ("later", "advances"),
    [({"a": 45, "b": 20}, True), ({"a": 42, "b": 20}, False), ({"a": 45, "b": 20, "c": 9}, False)],
)
def test_rates_advance_by_the_smallest_group(later: dict[str, int], advances: bool) -> None:
    """R6."""
    first = unit_rates(BY_UNIT, numbers(a=40, b=20), rates=True, previous=None)
    second = unit_rates(BY_UNIT, numbers(**later), rates=True, previous={**BY_UNIT, **first})[
        "units"
    ]
    assert (second["since"] is None) is advances
    assert second["rows"][0]["returned"] == (45 if advances else 40)


def test_a_plan_that_compares_nothing(store: Store) -> None:
    """R7."""
    keep_units(store)
    plain = questionnaire(DOCUMENT[: DOCUMENT.index("    - {id: trust_unit")])
    figures = figures_of(store, "plain2", keep_round(store, "plain2", plain, ANSWERS))
    assert not {"comparisons", "trend", "units", "targets", "benchmarks"} & set(figures)


def test_the_same_edition_again(store: Store) -> None:
    """R8."""
    keep_units(store)
    after = keep_round(store, "again2", questionnaire(), ANSWERS)
    first = make_edition(store, "again2", now=after, rng=random.Random(1))
    assert make_edition(store, "again2", now=after, rng=random.Random(2)).id == first.id
