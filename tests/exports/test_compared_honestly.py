"""What the chapters that compare may not say.

H1  No figure is held against one from before a break of comparability, however many rounds show nothing in between.
H2  Whether a target is reached is not told from a figure that was rounded by more than lies between the two.
H3  A figure that is not the target does not look like it, as far as it is published exactly.
H4  Shares above the whole stay within their picture, and the report says that more were offered than were eligible.
H5  Figures that stand from an earlier edition stand with its date wherever a report shows them, and under "In short".
H6  A unit or an area without a counterpart in another round does not drop out of a trend in silence.
"""

from __future__ import annotations

import json
import random
import re
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from exports.assemble import assemble
from exports.benchmark_chapter import benchmark_chapter
from exports.chapters import Chapter
from exports.charts import WIDTH, Part, bars
from exports.comparing import compared
from exports.datasets.compared_rows import compared_rows
from exports.datasets.figure_columns import columns_of_figures
from exports.datasets.figure_labels import PlannedLabels
from exports.editions import make_edition
from exports.overview_chapter import overview_chapter
from exports.phrases import Phrases
from exports.report_page import page_parts
from exports.trend_chapter import trend_chapter
from exports.units_chapter import rates_chapter
from exports.wording import Words
from forms.report_plan import compile_plan
from forms.units import Area, Membership
from forms.versions import Version, make_version
from store import counts, units
from store.database import Store, create_store
from tests.exports.survey import ANSWERS, DOCUMENT, UNITS, keep_round, keep_units, questionnaire


def phrases(language: str = "da") -> Phrases:
    return Phrases(questionnaire(), Words(language))


def point(year: int, value: float | None, *breaks: str) -> dict[str, Any]:
    return {
        "round": f"r{year}",
        "title": {"da": str(year), "en": str(year)},
        "edition": 1,
        "until": f"{year}-02-28",
        "n": None if value is None else 40,
        "value": value,
        "step": None,
        "low": None,
        "high": None,
        "since": None,
        "breaks": [{"kind": kind} for kind in breaks],
    }


def headline(*series: list[dict[str, Any]], by: str = "", language: str = "da") -> str:
    listed = [
        {"group": f"g{at}" if by else "", "label": f"G{at}", "points": points}
        for at, points in enumerate(series)
    ]
    trend = {"question": "trust", "measure": "mean", "by": by, "series": listed}
    chapter = trend_chapter({"trend": [trend]}, phrases(language))
    assert chapter is not None
    return chapter.blocks[0].heading


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("da", "Gennemsnit 4,10; kan ikke sammenlignes med tidligere tal"),
        ("en", "Mean 4.10; cannot be compared with earlier figures"),
    ],
)
def test_nothing_is_compared_across_a_break(language: str, said: str) -> None:
    """H1: the break lies at a round that shows nothing."""
    broken = [point(2016, 3.2), point(2018, None, "changed"), point(2021, 4.1)]
    assert headline(broken, language=language) == said
    assert headline([point(2016, 3.2), point(2021, 4.1, "changed")], language=language) == said
    # A break before the two that are compared does not matter, nor does another wording.
    whole = [point(2014, 3.0), point(2016, 3.2, "changed"), point(2021, 4.1, "wording")]
    assert "3,20" in headline(whole).replace(".", ",")


def test_no_unit_rose_across_a_break() -> None:
    """H1: by unit those are counted that can be compared; where none can, it says so."""
    broken = [point(2016, 3.2), point(2018, None, "changed"), point(2021, 4.1)]
    whole = [point(2018, 3.9), point(2021, 4.1)]
    assert headline(broken, whole, by="unit") == (
        "Gennemsnit: 1 af 1 er steget siden sidst, 0 er faldet"
    )
    assert headline(broken, broken, by="unit") == (
        "Gennemsnit: kan ikke sammenlignes med tidligere tal"
    )
    # Rounded to half a point, 4 may have been 3.8.
    rounded = [point(2018, 3.9), point(2021, 4.0) | {"step": 0.5}]
    assert headline(rounded, rounded, by="unit") == (
        "Gennemsnit: 0 af 2 er steget siden sidst, 0 er faldet"
    )
    new = [point(2021, 4.1)]
    assert headline(new, new, by="unit") == "Der er intet tidligere tal at sammenligne med"
    hidden = [point(2018, 3.9), point(2021, None)]
    assert headline(hidden) == "Vises ikke i denne runde"


def held(
    measure: str,
    value: float,
    target: float,
    direction: str = "at_least",
    step: float | None = None,
) -> tuple[dict[str, Any], Chapter]:
    """The target and its chapter, of everyone's value as it is published."""
    plan = f"value: {round(target * 100 if measure == 'favourable' else target, 6)}"
    document = DOCUMENT.replace("value: 80, direction: at_least", f"{plan}, direction: {direction}")
    document = document.replace(
        "targets:\n    - {question: trust, measure: favourable",
        f"targets:\n    - {{question: trust, measure: {measure}",
    )
    told: dict[str, Any] = {
        "group": [], "label": "", "n": 250, "state": "merged" if step else "all", "why": "", "cells": [],
        "favourable": None if measure == "mean" else {"n": round(value * 250), "share": value, "low": None, "high": None},
        "mean": value, "mean_step": step, "median": None, "since": None,
    }  # fmt: skip
    figures = {
        "smallest_group": 5,
        "tables": [{"question": "trust", "by": [], "groups": [told]}],
    }
    q = questionnaire(document)
    found = compared(figures, q, ())["targets"]
    chapter = benchmark_chapter({"targets": found}, Phrases(q, Words("da")))
    assert chapter is not None
    return found[0], chapter


@pytest.mark.parametrize(
    ("value", "step", "target", "direction", "reached"),
    [
        # A true 3.76 is published as 4.0 where it is rounded to half a point.
        (4.0, 0.5, 4.0, "at_least", None),
        (4.0, 0.5, 4.2, "at_most", None),
        (4.0, 0.5, 3.75, "at_least", None),
        (4.0, 0.5, 3.7, "at_least", True),
        (4.0, 0.5, 4.3, "at_least", False),
        (4.0, 0.1, 4.05, "at_least", None),
        (4.0, 0.1, 4.1, "at_least", False),
        (4.0, None, 4.0, "at_least", True),
        (3.996, None, 4.0, "at_least", False),
        # Not reached by what a computer loses in the sixteenth place.
        (4.0 - 1e-15, None, 4.0, "at_least", True),
    ],
)
def test_a_rounded_figure_does_not_say_more_than_it_may(
    value: float, step: float | None, target: float, direction: str, reached: bool | None
) -> None:
    """H2."""
    assert held("mean", value, target, direction, step)[0]["reached"] is reached


def test_what_cannot_be_said_is_said() -> None:
    """H2: in the headline, the lead and a note; the difference is as rough as the figure."""
    _, chapter = held("mean", 4.0, 4.0, step=0.5)
    block = chapter.blocks[0]
    assert chapter.lead == ("Om målet er nået, kan ikke siges: tallet er rundet af.",)
    assert block.heading == "Gennemsnit ca. 4,0: om målet på 4 er nået, kan ikke siges"
    assert (
        "Tallet er rundet af til nærmeste 0,5 for at beskytte dem, der svarede. Målet ligger så tæt på, at det rigtige tal kan være på begge sider."
        in block.notes
    )
    assert block.grid.rows[1][3] == "ca. 0,0"
    _, clear = held("mean", 4.5, 4.0, step=0.5)
    assert clear.blocks[0].heading == "Gennemsnit ca. 4,5: målet på 4 er nået"
    assert clear.blocks[0].grid.rows[1][3] == "ca. +0,5"


@pytest.mark.parametrize(
    ("value", "step", "verdict"),
    [(4.0, 0.5, "unsaid"), (4.5, 0.5, "reached"), (3.0, 0.5, "not-reached"), (3.996, None, "not-reached")],
)  # fmt: skip
def test_the_datasets_say_no_more_than_the_report(
    value: float, step: float | None, verdict: str
) -> None:
    """H2: a row for the target, as rough as the figure."""
    target = held("mean", value, 4.0, step=step)[0]
    rows = list(compared_rows({"targets": [target]}, Words("da"), PlannedLabels(phrases())))
    judged = [(row.verdict, row.step) for row in rows if row.cell == "measure:difference"]
    assert judged == [(verdict, step)]
    [column] = [one for one in columns_of_figures(Words("da")) if one.name == "verdict"]
    assert verdict in column.labels


@pytest.mark.parametrize(
    ("measure", "value", "target", "heading", "cells"),
    [
        ("mean", 3.996, 4.0, "Gennemsnit 3,996: målet på 4 er ikke nået", ("3,996", "−0,004")),
        ("mean", 3.9996, 4.0, "Gennemsnit 3,9996: målet på 4 er ikke nået", ("3,9996", "−0,0004")),
        ("mean", 3.97, 4.0, "Gennemsnit 3,97: målet på 4 er ikke nået", ("3,97", "−0,03")),
        ("mean", 4.0, 4.0, "Gennemsnit 4,00: målet på 4 er nået", ("4,00", "0,00")),
        ("favourable", 0.796, 0.8, "Andel positive 79,6 %: målet på 80 % er ikke nået", ("79,6 %", "−0,4")),
        ("favourable", 0.8, 0.8, "Andel positive 80 %: målet på 80 % er nået", ("80 %", "0")),
        ("favourable", 0.796, 0.795, "Andel positive 79,6 %: målet på 79,5 % er nået", ("79,6 %", "+0,1")),
    ],
)  # fmt: skip
def test_a_figure_never_looks_like_the_target_that_it_misses(
    measure: str, value: float, target: float, heading: str, cells: tuple[str, str]
) -> None:
    """H3: in the headline, the chart and the table."""
    block = held(measure, value, target)[1].blocks[0]
    assert block.heading.replace("\u00a0", " ") == heading
    assert (block.grid.rows[0][1].replace("\u00a0", " "), block.grid.rows[1][3]) == cells
    assert cells[0] in block.chart.replace("\u00a0", " ")


def test_the_lead_counts_what_cannot_be_said() -> None:
    """H2: one target of two that is not reached does not stand for both."""
    sure, unsure = held("mean", 3.0, 4.0)[0], held("favourable", 0.9, 0.8)[0]
    unsure |= {"own": unsure["own"] | {"step": 0.1}, "reached": None}
    chapter = benchmark_chapter({"targets": [sure, unsure]}, phrases())
    assert chapter is not None
    assert chapter.lead == (
        "0 af 2 mål er nået.",
        "Mål, hvor det ikke kan siges, om de er nået, fordi tallet er rundet af: 1.",
    )


def test_more_offered_than_eligible() -> None:
    """H4: 234 offered of 100 eligible are 234 per cent; the bars share one scale and the longest ends in the picture."""
    chart = bars("Q", [Part("A", 0.5, "50%"), Part("B", 2.34, "234%")])
    ends = [
        (float(x), float(wide))
        for x, wide in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', chart)
    ]
    assert all(x + wide + 40 < WIDTH for x, wide in ends)
    assert ends[1][1] / ends[0][1] == pytest.approx(2.34 / 0.5, abs=0.02)
    rows = [
        {"unit": one, "label": one.upper(), "eligible": 100, "offered": offered, "coverage": offered / 100,
         "returned": 30, "response_rate": None, "why": ""}
        for one, offered in (("a", 50), ("b", 234))
    ]  # fmt: skip
    for language, note in (
        ("da", "Der er udleveret flere skemaer, end der er mulige deltagere: B. Enhederne oplyser selv begge tal."),
        ("en", "More were offered the questionnaire than were eligible: B. Units report both numbers themselves."),
    ):  # fmt: skip
        told = {"rates": False, "since": None, "rows": rows}
        chapter = rates_chapter({"units": told}, phrases(language))
        assert chapter is not None
        assert note in chapter.blocks[0].notes
        chapter = rates_chapter({"units": told | {"rows": rows[:1]}}, phrases(language))
        assert chapter is not None
        assert note[:20] not in " ".join(chapter.blocks[0].notes)


STANDING = {
    "da": "Tallene er fra den 22. marts 2022",
    "en": "These figures stand as of 22 March 2022",
}


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two rounds; in the second edition of the later one too few are new, and its figures stand. Three questions of
    agreement, for the overview."""
    with create_store(tmp_path_factory.mktemp("standing") / "data") as store:
        keep_units(store)
        q = questionnaire()
        before = keep_round(store, "r2021", q, ANSWERS, year=2021)
        make_edition(store, "r2021", now=before, rng=random.Random(1))
        after = keep_round(store, "r2022", q, ANSWERS)
        first = make_edition(store, "r2022", now=after, rng=random.Random(2))
        plan = compile_plan(Version(make_version(q).hash, q, make_version(q).padded_size))
        tally = counts.Tally()
        tally.add(plan.count(SimpleNamespace(rows=[("trust", "answered", "5")]), "n1", "da", "web"))
        with store.write() as db:
            counts.add(db, "r2022", tally)
            counts.add_returned(db, "r2022", {("n1", "web"): 1})
        second = make_edition(store, "r2022", now=after + timedelta(days=7), rng=random.Random(3))
        assert second.number == first.number + 1
        return dict(second.figures)


def test_standing_figures_have_their_date_in_the_datasets_too(standing: dict[str, Any]) -> None:
    """H5: of everything that is compared; a trend's points have days of their own."""
    rows = list(compared_rows(standing, Words("da"), PlannedLabels(phrases())))
    dated = {
        (row.part, row.since) for row in rows if row.part != "units" and row.cell != "measure:tests"
    }
    assert dated == {
        ("benchmarks", "2022-03-22"),
        ("comparisons", "2022-03-22"),
        ("targets", "2022-03-22"),
        ("trend", None),
        ("trend", "2022-03-22"),
    }


@pytest.mark.parametrize("language", ["da", "en"])
def test_standing_figures_have_their_date_everywhere(
    standing: dict[str, Any], language: str
) -> None:
    """H5."""
    dated = STANDING[language]
    report = assemble(standing, questionnaire(), language)
    blocks = {block.id: block for chapter in report.chapters for block in chapter.blocks}
    checked = [name for name in blocks if not name.startswith("rates")]
    assert {name.split("-")[0] for name in checked} == {"benchmark", "trend", "units"}
    for name in checked:
        assert any(dated in note for note in blocks[name].notes), name
    assert len(report.standing) == 1
    assert dated in report.standing[0]
    assert dated in page_parts(report, lambda _: "")
    fresh = json.loads(json.dumps(standing))
    for table in fresh["tables"]:
        for group in table["groups"]:
            group["since"] = None
    assert assemble(fresh, questionnaire(), language).standing == ()


def test_the_overview_has_the_date_of_what_stands(standing: dict[str, Any]) -> None:
    """H5: of three questions one stands; the note names it."""
    table = next(one for one in standing["tables"] if not one["by"])
    fresh = json.loads(json.dumps(table))
    fresh["groups"][0]["since"] = None
    chapter = overview_chapter({"tables": [table, fresh, fresh]}, phrases())
    assert chapter is not None
    assert "»Følte du dig tryg?«: Tallene er fra den 22. marts 2022." in chapter.blocks[0].notes
    whole = overview_chapter({"tables": [table] * 3}, phrases())
    assert whole is not None
    assert "Tallene er fra den 22. marts 2022." in whole.blocks[0].notes


def test_the_overview_has_no_empty_column(standing: dict[str, Any]) -> None:
    """Questions without scores have no mean."""
    table = next(one for one in standing["tables"] if not one["by"])
    without = json.loads(json.dumps(table))
    without["groups"][0]["mean"] = None
    for tables, head in (([table] * 3, "Gennemsnit"), ([without] * 3, "Negativt")):
        chapter = overview_chapter({"tables": tables}, phrases())
        assert chapter is not None
        grid = chapter.blocks[0].grid
        assert grid.head[-1] == head
        assert {len(row) for row in grid.rows} == {len(grid.head)}


def test_an_earlier_round_keeps_its_date(standing: dict[str, Any]) -> None:
    """H5: a point of a trend carries the date of the edition that it comes from."""
    points = next(one for one in standing["trend"] if not one["by"])["series"][0]["points"]
    assert [point["since"] for point in points] == [None, "2022-03-22"]


def moved_to(store: Store, areas: dict[str, str]) -> None:
    """From 2022 on the units lie in these areas."""
    with store.write() as db:
        units.keep_areas(
            db,
            [Area(id=one, name=one.title(), kind="sof", region="r") for one in set(areas.values())],
        )
        for unit, area in areas.items():
            units.end_membership(db, unit, UNITS[unit], None, date(2021, 12, 31))
            units.keep_memberships(
                db, [Membership(unit=unit, area=area, from_day=date(2022, 1, 1))]
            )


def of_two_rounds(folder: Path, areas: dict[str, str]) -> dict[str, Any]:
    """n1 takes part in 2021 only, n2 in 2022 only; `areas` are those of 2022."""
    with create_store(folder / "data") as store:
        keep_units(store)
        moved_to(store, areas)
        q = questionnaire()
        for year, absent in ((2021, "n2"), (2022, "n1")):
            answers = {unit: row for unit, row in ANSWERS.items() if unit != absent}
            after = keep_round(store, f"r{year}", q, answers, year=year)
            figures = make_edition(store, f"r{year}", now=after, rng=random.Random(year)).figures
        return dict(figures)


def test_units_that_come_and_go_are_named(tmp_path: Path) -> None:
    """H6: by unit and by area, in both languages."""
    figures = of_two_rounds(tmp_path, {"n2": "east", "n3": "east"})
    by = {one["by"]: one for one in figures["trend"]}
    assert (by["unit"]["new"], by["unit"]["gone"]) == (["N2"], ["N1"])
    assert (by["area"]["new"], by["area"]["gone"]) == (["East"], ["North"])
    assert (by[""]["new"], by[""]["gone"]) == ([], [])
    said = {
        "da": ("Kommet til, uden tidligere tal: East.", "Ikke længere med i denne runde: North."),
        "en": ("New, without earlier figures: East.", "No longer there in this round: North."),
    }
    for language, notes in said.items():
        report = assemble(figures, questionnaire(), language)
        chapter = next(one for one in report.chapters if one.id == "trend")
        block = next(one for one in chapter.blocks if one.id.endswith("-area"))
        assert set(notes) <= set(block.notes)


def test_areas_that_are_all_new_are_told(tmp_path: Path) -> None:
    """H6: where no area has a counterpart there is no line, and the report says why."""
    figures = of_two_rounds(tmp_path, {unit: f"{area}-council" for unit, area in UNITS.items()})
    areas = next(one for one in figures["trend"] if one["by"] == "area")
    assert areas["gone"] == ["North", "South"]
    report = assemble(figures, questionnaire(), "da")
    chapter = next(one for one in report.chapters if one.id == "trend")
    block = next(one for one in chapter.blocks if one.id.endswith("-area"))
    assert block.heading == "Der er intet tidligere tal at sammenligne med"
    assert block.chart == ""
    assert "Kommet til, uden tidligere tal: North-Council og South-Council." in block.notes
    assert "Ikke længere med i denne runde: North og South." in block.notes
