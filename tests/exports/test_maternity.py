"""The maternity benchmark, reproduced from simulated answers drawn to the published means (instruments.md, nr. 9).

R1  Drawn to the region's means of 2021, the report says those means: beside the region and the country, 2021 and 2018, and
    the target 4, with the difference to each; what was worded otherwise has its mark and note, and nothing is tested.
R2  The round of 2018, drawn to its means under its other words, stands beside that of 2021 in a trend that says so.
R3  A country drawn to its means: the region's table has the region's mean, everyone's the country's.
R4  The report is whole, and no text of it runs over.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exports.assemble import assemble
from exports.editions import make_edition
from exports.report import render_report
from forms.questionnaire import Question, Questionnaire
from forms.units import Unit
from store import units
from store.database import Store, create_store
from tests.exports.cast import library
from tests.exports.overfull import overfull
from tests.exports.survey import keep_people

Q = library("maternity-breastfeeding")
#: question -> (region 2021, country 2021, region 2018, country 2018)
MEANS = {
    "prepared": (2.97, 2.78, 3.27, 3.20),
    "helped": (3.91, 3.66, 4.02, 3.89),
    "aware": (4.0, 3.91, 4.13, 4.05),
}
BIRTHPLACES = ("aarhus", "goedstrup", "horsens", "randers", "viborg")


def drawn(mean: float, n: int, rng: random.Random) -> list[str]:
    """n answers from 1 to 5, drawn at random around a mean and then moved one by one until they have it exactly."""
    scores = [1 + sum(rng.random() < (mean - 1) / 4 for _ in range(4)) for _ in range(n)]
    wanted = round(mean * n)
    while sum(scores) != wanted:
        step = 1 if sum(scores) < wanted else -1
        at = rng.randrange(n)
        if 1 <= scores[at] + step <= 5:
            scores[at] += step
    return [str(score) for score in scores]


def people(
    which: int, places: tuple[str, ...], rng: random.Random
) -> dict[str, list[dict[str, str]]]:
    """100 people in each place, who together have the published means."""
    columns = {name: drawn(means[which], 100 * len(places), rng) for name, means in MEANS.items()}
    return {
        place: [
            {name: column[100 * index + one] for name, column in columns.items()}
            for one in range(100)
        ]
        for index, place in enumerate(places)
    }


def in_2018() -> Questionnaire:
    """The same with other words: what they were the source does not say."""

    def older(question: Question) -> Question:
        if question.id not in MEANS:
            return question
        return replace(
            question, text={tag: f"(2018) {text}" for tag, text in question.text.items()}
        )

    return replace(
        Q,
        sections=tuple(
            replace(section, questions=tuple(older(one) for one in section.questions))
            for section in Q.sections
        ),
    )


def keep_birthplaces(store: Store) -> None:
    with store.write() as db:
        units.keep_units(
            db,
            [Unit(id=one, name=one.title(), kind="hospital", region="midt") for one in BIRTHPLACES]
            + [
                Unit(id=f"u{i}", name=f"Sted {i}", kind="hospital", region="rest") for i in range(5)
            ],
        )


def figures_of(
    store: Store, identity: str, which: int, q: Questionnaire, year: int
) -> dict[str, Any]:
    after = keep_people(
        store, identity, q, people(which, BIRTHPLACES, random.Random(year)), year=year
    )
    return dict(make_edition(store, identity, now=after, rng=random.Random(year)).figures)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with create_store(tmp_path_factory.mktemp("maternity") / "data") as store:
        keep_birthplaces(store)
        figures_of(store, "lup2018", 2, in_2018(), 2018)
        yield figures_of(store, "lup2021", 0, Q, 2021)


def test_the_benchmark_is_reproduced(figures: dict[str, Any]) -> None:
    """R1."""
    report = assemble(figures, Q, "da")
    chapter = next(one for one in report.chapters if one.id == "benchmarks")
    block = chapter.blocks[0]
    assert block.heading == "Gennemsnit 2,97: målet på 4 er ikke nået"
    assert block.grid.rows == (
        ("Denne undersøgelse", "2,97", "500", "–"),
        ("Regionen 2021", "2,97", "–", "0,00"),
        ("Hele landet 2021", "2,78", "–", "+0,19"),
        ("Regionen 2018*", "3,27", "–", "−0,30"),
        ("Hele landet 2018*", "3,20", "–", "−0,23"),
        ("Mål: mindst 4", "4,00", "–", "−1,03"),
    )
    assert any(note.startswith("* Spørgsmålet var formuleret anderledes") for note in block.notes)
    assert any("kun forskellen er vist" in note for note in block.notes)
    assert any("LUP" in note for note in block.notes)
    told = {one["question"]: one for one in figures["benchmarks"]}
    for name, means in MEANS.items():
        assert told[name]["own"]["value"] == pytest.approx(means[0], abs=1e-12)
        assert [one["value"] for one in told[name]["values"]] == list(means)
        assert all(one["p"] is None for one in told[name]["values"])
    reached = {one["question"]: one["reached"] for one in figures["targets"]}
    assert reached == {"prepared": False, "helped": False, "aware": True}
    assert chapter.lead == ("1 af 3 mål er nået.",)


def test_2018_beside_2021(figures: dict[str, Any]) -> None:
    """R2."""
    trends = [one for one in figures["trend"] if not one["by"]]
    for one in trends:
        before, now = one["series"][0]["points"]
        region_2021, _, region_2018, _ = MEANS[one["question"]]
        assert (before["value"], now["value"]) == (
            pytest.approx(region_2018, abs=1e-12),
            pytest.approx(region_2021, abs=1e-12),
        )
        assert now["breaks"] == [{"kind": "wording"}]
    chapter = next(one for one in assemble(figures, Q, "da").chapters if one.id == "trend")
    assert chapter.blocks[0].heading == "Gennemsnit 2,97 mod 3,27 i »Runde 2018«"
    assert "a Fra »Runde 2021«: spørgsmålet er formuleret anderledes." in chapter.blocks[0].notes
    assert "stroke-dasharray" in chapter.blocks[0].chart


def test_a_country(tmp_path: Path) -> None:
    """R3."""
    with create_store(tmp_path / "data") as store:
        keep_birthplaces(store)
        rng = random.Random(7)
        region = people(0, BIRTHPLACES, rng)
        others = tuple(f"u{i}" for i in range(5))
        rest = {name: drawn(2 * means[1] - means[0], 500, rng) for name, means in MEANS.items()}
        region |= {
            place: [
                {name: column[100 * i + one] for name, column in rest.items()} for one in range(100)
            ]
            for i, place in enumerate(others)
        }
        after = keep_people(store, "country", Q, region, year=2021)
        figures = make_edition(store, "country", now=after, rng=rng).figures
    tables = {table["id"]: table for table in figures["tables"]}
    for name, means in MEANS.items():
        assert tables[name]["groups"][0]["mean"] == pytest.approx(means[1], abs=1e-12)
        by_region = {one["group"][0]: one["mean"] for one in tables[f"{name}_region"]["groups"]}
        assert by_region["midt"] == pytest.approx(means[0], abs=1e-12)


def test_the_report_is_whole(figures: dict[str, Any], fonts: Path) -> None:
    """R4."""
    pdf = render_report(figures, Q, "en", fonts)
    assert pdf.startswith(b"%PDF")
    assert overfull(pdf) == []
