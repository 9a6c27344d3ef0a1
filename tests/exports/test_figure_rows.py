"""What the report says in numbers beside its tables, as rows of the sheet of figures (CSV, .sav, Excel, SQLite).

W1  The CSV of every return of the library, of iv-tally, the interviews and the audit has numbers in it.
W2  They are the figures of the edition, one row each: shares, tallies, journeys, agreements, comparisons, benchmarks, targets, trends and
    the units' rates; what the report holds back is empty, says so, and is a missing value in SPSS.
W3  Nothing goes out but figures that an attacker of tests/exports reads, or whose silence has a reason; and no number that is not one
    of the edition's figures, or the share of two of them.
W4  Every figure of those parts goes out, but for those named here with the reason.
"""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyreadstat
import pytest

from exports.datasets.codebook import Described
from exports.datasets.dataset import Format, Source, write_dataset
from exports.datasets.delimited import tables_csv
from exports.datasets.figure_labels import PlannedLabels
from exports.datasets.figure_rows import figures_sheet
from exports.datasets.spss import HIDDEN
from exports.editions import make_edition
from exports.phrases import Phrases
from exports.wording import Words
from forms import library as forms_library
from forms.answers import compile_check
from forms.document import read_document
from forms.questionnaire import Questionnaire
from server.simulation import draw_valid_answers
from store.database import create_store
from tests.exports.cast import library
from tests.exports.every_figure import READ, reason, unread
from tests.exports.shaped import (
    SOFS,
    close,
    edition,
    keep_responses,
    open_shaped_round,
    send_return,
    version_of,
)
from tests.exports.survey import ANSWERS, keep_round, keep_units, questionnaire
from tests.exports.test_cases import UNITS, audits, talks
from tests.exports.test_returns import RETURN, the_returns
from tests.exports.watched import places_of, watched

RETURNS = [
    name
    for name in forms_library.names()
    if str(library(name).shape) == "return" or not library(name).report.tables
]
assert "iv-tally" in RETURNS

#: Parts of the figures of which every figure goes out.
PARTS = {"comparisons", "benchmarks", "targets", "trend", "units", "agreement", "journeys", "registrations"}  # fmt: skip
Made = tuple[dict[str, Any], Questionnaire]

#: Figures of the parts told here that stand in no row.
NOT_OUT = {
    "journeys.sectors[].waited.people": "the report prints no number of those whose wait is known",
    "trend[].series[].points[].edition": "a point is its round's newest, as the report has it",
}


def made_of(name: str, folder: Path) -> Made:
    """A round of four units with simulated answers."""
    q = library(name)
    checker, rng = compile_check(version_of(q)), random.Random(name)
    with create_store(folder / "data") as store:
        open_shaped_round(store, q, "r1", SOFS)
        returns = str(q.shape) == "return"
        given = [
            (unit, draw_valid_answers(checker, q, rng, units=list(SOFS)))
            for unit in (list(SOFS) if returns else rng.choices(list(SOFS), [8, 5, 3, 1], k=90))
        ]
        if returns:
            for unit, answers in given:
                send_return(store, "r1", unit, answers)
        else:
            keep_responses(store, "r1", given)
        close(store, "r1")
        return edition(store, "r1"), q


def made_of_people(name: str, given: list[tuple[str, dict[str, Any]]], folder: Path) -> Made:
    """A round of two units with these answers."""
    with create_store(folder / "data") as store:
        open_shaped_round(store, library(name), "r1", UNITS)
        keep_responses(store, "r1", given)
        close(store, "r1")
        return edition(store, "r1"), library(name)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Made]]:
    """An edition of each shape, two rounds of returns, and a survey beside its last round."""
    made = {name: made_of(name, tmp_path_factory.mktemp(name)) for name in RETURNS}
    for name, given in (("ptsd-interviews", talks(40)), ("journal-audit", audits(40))):
        made[name] = made_of_people(name, given, tmp_path_factory.mktemp(name))
    with create_store(tmp_path_factory.mktemp("returns") / "data") as store:
        the_returns(store)
        made["returns"] = the_returns(store, "r2", more=12), read_document(RETURN)
    with create_store(tmp_path_factory.mktemp("compared") / "data") as store:
        keep_units(store)
        for year in (2021, 2022):
            after = keep_round(
                store, f"r{year}", questionnaire(), ANSWERS, year=year, access="invited"
            )
            figures = make_edition(store, f"r{year}", now=after, rng=random.Random(year)).figures
        made["survey"] = dict(figures), questionnaire()
    return made


def source(made: Made) -> Source:
    described = [Described("version 1", made[1])]
    return Source(figures=made[0], versions=described, language="da")


def rows_of(made: Made, figures: Any = None) -> list[dict[str, Any]]:
    """The rows beside those of the tables, by the names of their columns."""
    words = Words("da")
    labels = PlannedLabels(Phrases(made[1], words))
    sheet = figures_sheet(figures or made[0], words, labels)
    names = [column.name for column in sheet.columns]
    rows = [dict(zip(names, row, strict=True)) for row in sheet.rows]
    return [row for row in rows if row["part"] != "tables"]


def of(rows: list[dict[str, Any]], part: str, cell: str, **where: str) -> list[dict[str, Any]]:
    return [
        row
        for row in rows
        if (row["part"], row["cell"]) == (part, cell)
        and all(row[name] == value for name, value in where.items())
    ]


def test_what_is_delivered_is_not_a_head_alone_W1(
    everything: dict[str, Made], tmp_path: Path
) -> None:
    for name, made in everything.items():
        path = tmp_path / f"{name}.csv"
        write_dataset(path, Format.CSV_PLAIN, source(made))
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        assert any(row["n"] or row["value"] for row in rows), name
        assert len(list(csv.DictReader(io.StringIO(tables_csv(made[0]))))) == len(rows), name
        write_dataset(tmp_path / f"{name}.sav", Format.SAV, source(made))
        frame, about = pyreadstat.read_sav(
            tmp_path / f"{name}.sav", output_format="dict", user_missing=True
        )
        assert len(frame["n"]) == len(rows)
        assert set(frame["part"]) <= set(about.variable_value_labels["part"]), name
        for column in ("state", "part"):
            assert 0 not in frame[column], (name, column)
        for number, row in enumerate(rows):
            why = frame["why"][number]
            assert bool(row["why"]) == (why != 0), (name, row)
            if row["state"] == "hidden" and not row["n"]:
                assert frame["n"][number] == HIDDEN, (name, row)


def test_shares_of_returns_W2(everything: dict[str, Made]) -> None:
    """As test_returns.py has them by hand: Odense 22 of 40, Vejle 7 of 10; half a year before 10 of 40."""
    rows = rows_of(everything["returns"])
    told = of(rows, "shares", "share:1", table="certified")
    assert [(one["group"], one["group_label"], one["n"], one["base"], one["share"]) for one in told] == [
        ("odense", "Odense", 22, 40, 22 / 40),
        ("vejle", "Vejle", 7, 10, 7 / 10),
        ("~total", "I alt", 29, 50, 29 / 50),
        ("odense/2022-03-23", "Odense · 2022-03-23", None, None, 10 / 40),
        ("vejle/2022-03-23", "Vejle · 2022-03-23", None, None, 7 / 10),
        ("~total/2022-03-23", "I alt · 2022-03-23", None, None, 17 / 50),
    ]  # fmt: skip
    assert {one["title"] for one in told} == {"Certificerede"}
    assert [one["share"] for one in of(rows, "shares", "share:1", table="doctors", by="unit")] == [1 / 2, 1.0, 2 / 3]  # fmt: skip


def test_tallies_W2(everything: dict[str, Made]) -> None:
    made = everything["iv-tally"]
    rows = rows_of(made)
    for tally in made[0]["registrations"]["tallies"]:
        told = {one["group"]: one for one in of(rows, "tallies", "measure:sum", table=tally["id"])}
        seen = 0
        for row, cells in zip(tally["rows"], tally["cells"], strict=True):
            for column, n in zip(tally["columns"], cells, strict=True):
                one = told[f"{row}/{column}"]
                assert one["n"] == n
                assert one["state"] == ("hidden" if n is None else "shown")
                seen += 1
        assert seen == len(told)
        assert {one["state"] for one in told.values()} == {"shown", "hidden"}


def test_journeys_and_agreement_W2(everything: dict[str, Made]) -> None:
    made = everything["ptsd-interviews"]
    rows, journeys = rows_of(made), made[0]["journeys"]
    moves = {one["group"]: one["n"] for one in of(rows, "journeys", "measure:people", by="from/to")}
    assert moves == {f"{one['from']}/{one['to']}": one["people"] for one in journeys["moves"]}
    troubles = of(rows, "journeys", "measure:trouble", by="from/to")
    assert [one["n"] for one in troubles] == [one["trouble"] for one in journeys["moves"]]
    waits = of(rows, "journeys", "measure:waited_median")
    assert [one["value"] for one in waits] == [
        one["waited"] and one["waited"]["median"] for one in journeys["sectors"]
    ]
    assert {one["state"] for one in waits} == {"shown", "hidden"}
    made = everything["journal-audit"]
    rows, agreement = rows_of(made), made[0]["agreement"]
    told = of(rows, "agreement", "measure:agreed")
    assert [(one["question"], one["n"], one["base"]) for one in told] == [
        (one["question"], one["agreed"], one["n"]) for one in agreement["questions"]
    ]
    kappas = of(rows, "agreement", "measure:kappa")
    assert any(one["value"] for one in kappas)
    assert [one["value"] for one in kappas] == [one["kappa"] for one in agreement["questions"]]
    for one in (*told, *kappas):
        assert (one["state"] == "hidden") == (one["n"] is None and one["value"] is None)


def test_what_is_compared_W2(everything: dict[str, Made]) -> None:
    made = everything["survey"]
    rows, figures = rows_of(made), made[0]
    differences, tests, hidden = 0, 0, 0
    for question in figures["comparisons"]["questions"]:
        shown = "share" if question["measure"] == "favourable" else "value"
        for unit in question["units"]:
            where = {"question": question["question"]}
            for row in unit["against"]:
                there = where | {
                    "group": f"{unit['unit']}/{row['group']}", "by": f"unit/{row['level']}"
                }  # fmt: skip
                [others] = of(rows, "comparisons", f"others:{question['measure']}", **there)
                assert (others["base"], others[shown]) == (row["n"], row["value"])
                told = of(rows, "comparisons", "measure:difference", **there)
                assert any(
                    (one["value"], one["verdict"]) == (row["difference"], row["verdict"])
                    and (one["state"] == "hidden") == (row["difference"] is None)
                    for one in told
                ), row
                for name in ("p", "adjusted"):
                    found = [
                        one["value"] for one in of(rows, "comparisons", f"measure:{name}", **there)
                    ]
                    assert (row[name] in found) if row[name] is not None else True
                differences += row["difference"] is not None
                hidden += row["difference"] is None
                tests += row["p"] is not None
    assert differences
    assert tests
    assert hidden
    values = [value for one in figures["benchmarks"] for value in one["values"]]
    assert [one["value"] for one in of(rows, "benchmarks", "measure:difference")] == [
        one["difference"] for one in values
    ]
    assert len([one for one in rows if one["part"] == "targets" and one["verdict"]]) == len(figures["targets"])  # fmt: skip
    points = [p for one in figures["trend"] if not one["by"] or len(one["series"]) > 1 for s in one["series"] for p in s["points"]]  # fmt: skip
    told = [one for one in rows if one["part"] == "trend"]
    assert [(one["base"], one["share"] if one["share"] is not None else one["value"]) for one in told] == [(p["n"], p["value"]) for p in points]  # fmt: skip
    returned = {one["group"]: one["n"] for one in of(rows, "units", "measure:returned")}
    assert returned == {one["unit"]: one["returned"] for one in figures["units"]["rows"]}


def test_nothing_goes_out_that_no_attacker_reads_W3(everything: dict[str, Made]) -> None:
    seen: set[str] = set()
    published: set[str] = set()
    for name, made in everything.items():
        rows = rows_of(made, watched(made[0], seen))
        known = set(numbers_of(made[0]))
        for row in rows:
            for column in ("n", "base", "low", "high", "step", "value"):
                number = row[column]
                derived = row["part"] in ("returns", "catalogue") or row["cell"] == "measure:difference"  # fmt: skip
                assert number is None or number in known or derived, (name, row)
            if row["share"] is not None and row["n"] is not None:
                assert math.isclose(row["share"], row["n"] / row["base"]), (name, row)
            elif row["share"] is not None:
                assert row["share"] in known, (name, row)
        published |= set(places_of(made[0]))
    assert len(seen & published) > 100
    assert not unread(seen & published)


def test_every_figure_of_these_parts_goes_out_W4(everything: dict[str, Made]) -> None:
    seen: set[str] = set()
    published: set[str] = set()
    for made in everything.values():
        rows_of(made, watched(made[0], seen))
        published |= set(places_of(made[0]))
    wanted = {
        place
        for places in READ.values()
        for place in places & published
        if place.split(".")[0].split("[")[0] in PARTS
    }
    assert len(wanted) > 60
    missed = {place for place in wanted - seen - NOT_OUT.keys() if reason(place) is None}
    assert not missed, sorted(missed)


def numbers_of(figures: Any) -> Iterator[float]:
    """Every number of a document."""
    if isinstance(figures, dict):
        for part in figures.values():
            yield from numbers_of(part)
    elif isinstance(figures, list | tuple):
        for part in figures:
            yield from numbers_of(part)
    elif isinstance(figures, int | float):
        yield figures
