"""The chapters that compare, and their charts.

R1  Every chart has its table, a sentence over it, and its figures as words; each is small.
R2  Beside every interval stands that it does not cover those who did not answer.
R3  Diverging bars: what is favourable lies right of the line, what is not left of it, what is neither across it.
R4  Over, under and same differ by shape; lines differ by dash and shape; a target is a dashed line with its words.
R5  No line leads to a figure that cannot be compared; a break has its letter, and the letter its note.
R6  Nothing is drawn of what is not shown, and figures of an edition from before there were comparisons have no such chapter.
R7  Danish and English say the same numbers.
R8  At ten times the usual text no text runs over another or out of the page.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from exports.assemble import Report, assemble
from exports.charts import Part, Row
from exports.charts_compared import Dot, Mark, diverging, dots
from exports.charts_over_rounds import MOST_LINES, Line, Point, trend
from exports.editions import make_edition
from exports.report import render_report
from forms.units import Membership
from store import units
from store.database import create_store
from tests.exports.overfull import longer, overfull
from tests.exports.survey import ANSWERS, keep_round, keep_units, questionnaire
from tests.exports.test_comparing import other_answers, reworded

NOT_COVERED = {
    "da": "Usikkerheden omfatter ikke dem, der ikke svarede.",
    "en": "The interval does not cover those who did not answer.",
}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Four rounds: other answers in 2019, other words in 2020, n3 absent in 2021 and in the south from 2022."""
    without = {unit: row for unit, row in ANSWERS.items() if unit != "n3"}
    with create_store(tmp_path_factory.mktemp("chapters") / "data") as store:
        keep_units(store)
        for year, q, answers in (
            (2019, other_answers(), ANSWERS),
            (2020, reworded(), ANSWERS),
            (2021, questionnaire(), without),
        ):
            after = keep_round(store, f"r{year}", q, answers, year=year)
            make_edition(store, f"r{year}", now=after, rng=random.Random(year))
        with store.write() as db:
            units.end_membership(db, "n3", "north", None, date(2021, 12, 31))
            moved = Membership(unit="n3", area="south", from_day=date(2022, 1, 1))
            units.keep_memberships(db, [moved])
        after = keep_round(store, "r2022", questionnaire(), ANSWERS, access="invited")
        yield dict(make_edition(store, "r2022", now=after, rng=random.Random(4)).figures)


@pytest.fixture(scope="module", params=["da", "en"])
def report(figures: dict[str, Any], request: pytest.FixtureRequest) -> Report:
    return assemble(figures, questionnaire(), request.param)


def test_every_chart_has_its_table_and_sentence(report: Report) -> None:
    """R1."""
    assert [one.id for one in report.chapters] == ["benchmarks", "trend", "units", "rates"]
    for chapter in report.chapters:
        for block in chapter.blocks:
            assert block.heading
            assert block.grid.rows
            assert all(len(row) == len(block.grid.head) for row in block.grid.rows)
            if block.chart:
                assert re.match(r"<svg [^>]*><title>[^<]+</title><desc>[^<]+</desc>", block.chart)
                assert len(block.chart) < 7000


def test_what_intervals_do_not_cover(report: Report) -> None:
    """R2."""
    interval = {"da": "95 %-interval", "en": "95% interval"}[report.language]
    blocks = [*report.blocks, *(block for one in report.chapters for block in one.blocks)]
    with_interval = [
        block
        for block in blocks
        if interval in block.grid.head or any(interval in note for note in block.notes)
    ]
    assert len(with_interval) >= 3
    for block in with_interval:
        assert any(NOT_COVERED[report.language] in note for note in block.notes), block.id


def boxes(chart: str) -> list[tuple[float, float]]:
    """(left, right) of every bar."""
    found = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', chart)
    return [(float(x), float(x) + float(wide)) for x, wide in found]


def test_diverging_bars() -> None:
    """R3: 50 % favourable, 20 % neutral, 30 % unfavourable: the line lies at 40 % of the bar."""
    parts = (
        Part("god", 0.5, "50%", 0, 1),
        Part("midt", 0.2, "20%", 2, 0),
        Part("dårlig", 0.3, "30%", 4, -1),
    )
    chart = diverging(
        "Q", [Row("A", parts, "n = 40"), Row("B", (), "vises ikke")], ends=("dårlig", "god")
    )
    bad, middle, good = boxes(chart)
    line = float(re.findall(r'<path d="M([\d.]+) ', chart)[0])
    assert bad[1] == pytest.approx(middle[0], abs=0.1)
    assert good[0] == pytest.approx(middle[1], abs=0.1)
    assert (middle[0] + middle[1]) / 2 == pytest.approx(line, abs=0.1)
    assert (line - bad[0]) / (good[1] - bad[0]) == pytest.approx(0.4, abs=0.002)
    assert "B: vises ikke" in chart


def test_shapes_and_targets() -> None:
    """R4."""
    rows = [
        Dot("A", 0.8, "80%", 0.5, "up", "over"),
        Dot("B", 0.5, "50%", 0.6, "disc", "same"),
        Dot("C", None, "•", note="vises ikke"),
    ]
    chart = dots(
        "Q",
        rows,
        low=0,
        high=1,
        ticks=[(0, "0%"), (1, "100%")],
        marks=[Mark(0.8, "Mål: 80%")],
        other="de andre",
    )
    assert 'stroke-dasharray="4 3"' in chart
    assert "<title>Q: Mål: 80%; A: 80% (over); B: 50% (same); C: vises ikke</title>" in chart
    assert chart.count('fill="#ffffff" stroke=') == 3  # the ring of each other, and that of the key
    lines = [Line(f"L{i}", (Point(0, i / 9, "a"), Point(1, i / 9, "b"))) for i in range(MOST_LINES)]
    drawn = trend("Q", lines, ["2021", "2022"], low=0, high=1, ticks=[(0, "0")])
    assert (
        len(set(re.findall(r'stroke-width="2"( stroke-dasharray="[^"]+")? fill', drawn)))
        == MOST_LINES
    )


def test_breaks_of_a_trend(figures: dict[str, Any]) -> None:
    """R5."""
    report = assemble(figures, questionnaire(), "da")
    chapter = next(one for one in report.chapters if one.id == "trend")
    whole = chapter.blocks[0]
    assert whole.heading == "Andel positive 58\u00a0% mod 67\u00a0% i »Runde 2021«"
    assert [row[0] for row in whole.grid.rows] == [
        "Runde 2019",
        "Runde 2020 (a)",
        "Runde 2021 (b)",
        "Runde 2022 (c)",
    ]
    assert whole.notes[:3] == (
        "a Fra »Runde 2020«: spørgsmålet eller svarene er ændret, så tallene kan ikke sammenlignes.",
        "b Fra »Runde 2021«: spørgsmålet er formuleret anderledes. N3 er ikke længere med.",
        "c Fra »Runde 2022«: N3 er kommet med.",
    )
    # Four points, and lines from the second to the third and from there to the fourth: none from the first.
    assert len(re.findall(r'stroke-width="2"', whole.chart)) == 2
    by_unit = next(block for block in chapter.blocks if block.id.endswith("-unit"))
    assert any("N3 hører til South og ikke længere til North." in note for note in by_unit.notes)


def test_nothing_of_what_is_hidden(figures: dict[str, Any]) -> None:
    """R6."""
    report = assemble(figures, questionnaire(), "da")
    block = next(one for one in report.chapters if one.id == "units").blocks[0]
    hidden = [row for row in block.grid.rows if row[0] in ("S2 · South", "S3 · South")]
    assert [row[1:] for row in hidden] == [("•", "•", "–", "–", "–", "ikke vist")] * 2
    rates = next(one for one in report.chapters if one.id == "rates").blocks[0]
    assert [row[4] for row in rates.grid.rows if row[0] in ("S2", "S3")] == ["•", "•"]
    assert [row[5] for row in rates.grid.rows] == ["50\u00a0%"] * 4 + ["•"] * 2
    new = {"comparisons", "benchmarks", "targets", "trend", "units"}
    old = {key: value for key, value in figures.items() if key not in new}
    assert assemble(old, questionnaire(), "da").chapters == ()


def test_both_languages_say_the_same(figures: dict[str, Any]) -> None:
    """R7."""
    danish, english = (assemble(figures, questionnaire(), one) for one in ("da", "en"))

    def digits(report: Report) -> list[list[str]]:
        rows = [row for one in report.chapters for block in one.blocks for row in block.grid.rows]
        return [re.findall(r"\d+", " ".join(row[-4:])) for row in rows if "20" not in row[1]]

    assert digits(danish) == digits(english)
    assert all("%(" not in sentence for one in english.chapters for sentence in one.lead)


def test_ten_times_the_usual_text(figures: dict[str, Any], fonts: Path) -> None:
    """R8: names of units, areas and rounds, wordings, labels and sources."""
    assert overfull(render_report(*longer(figures, questionnaire()), "da", fonts)) == []
