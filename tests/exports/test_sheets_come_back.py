"""Any sheet comes back from a file as it was (Hypothesis): CSV through the csv module, Excel through openpyxl, .sav, SQLite."""

from __future__ import annotations

import csv
import io
import math
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pyreadstat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exports.datasets.database_file import write_database
from exports.datasets.delimited import DANISH_EXCEL, PLAIN, csv_text, write_csv
from exports.datasets.formulas import original
from exports.datasets.sheets import Column, Kind, Sheet
from exports.datasets.spss import Variable, write_sav
from exports.datasets.workbook import write_workbook

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"], include_characters="\n"),
    max_size=30,
)
CELLS = st.tuples(
    st.none() | TEXTS,
    st.none() | st.integers(-(10**15), 10**15),
    st.none() | st.floats(-1e15, 1e15),
)
COLUMNS = (
    Column("a", "Tekst æ"),
    Column("b", "Helt tal", Kind.WHOLE),
    Column("c", "Tal", Kind.NUMBER),
)
QUICK = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICK
@given(st.lists(CELLS, max_size=6))
def test_csv_comes_back(rows: list[tuple[Any, ...]]) -> None:
    for variant in (PLAIN, DANISH_EXCEL):
        text = csv_text(Sheet("s", "S", COLUMNS, rows), variant)
        back = list(csv.reader(io.StringIO(text, newline=""), delimiter=variant.delimiter))
        assert back[0] == ["a", "b", "c"]
        for seen, meant in zip(back[1:], rows, strict=True):
            assert original(seen[0]) == (meant[0] or "")
            for cell, number in zip(seen[1:], meant[1:], strict=True):
                value = cell.replace(variant.decimal, ".")
                assert (value == "") if number is None else float(value) == float(number)


@QUICK
@given(rows=st.lists(CELLS, max_size=6))
def test_excel_comes_back(tmp_path: Path, rows: list[tuple[Any, ...]]) -> None:
    path = tmp_path / "s.xlsx"
    for streaming in (False, True):
        write_workbook(
            path,
            (Sheet("s", "Ark [1]: æ", COLUMNS, rows),),
            title="t",
            author="a",
            made_on="2026-01-02",
            streaming=streaming,
        )
        book = openpyxl.load_workbook(path)
        page = book.worksheets[0]
        for number, meant in enumerate(rows, start=2):
            for column, value in enumerate(meant, start=1):
                cell = page.cell(number, column)
                assert cell.data_type in ("s", "n", "inlineStr"), cell.data_type
                if isinstance(value, str):
                    assert (cell.value or "") == value
                elif value is None:
                    assert cell.value is None
                else:
                    assert math.isclose(cell.value, value, rel_tol=1e-14)
        book.close()


@QUICK
@given(rows=st.lists(CELLS, max_size=6))
def test_sav_and_sqlite_come_back(tmp_path: Path, rows: list[tuple[Any, ...]]) -> None:
    path = tmp_path / "s.sav"
    variables = [Variable("a", "Æ", text=True), Variable("b", "Ø"), Variable("c", "Å", decimals=3)]
    write_sav(path, variables, rows, label="", made_on="2026-01-02")
    frame, _ = pyreadstat.read_sav(path, output_format="dict", user_missing=True)
    for number, meant in enumerate(rows):
        # SPSS pads text with blanks, so those at its end are nobody's.
        assert frame["a"][number] == (meant[0] or "").rstrip(" ")
        for name, value in zip("bc", meant[1:], strict=True):
            seen = frame[name][number]
            gone = seen is None or math.isnan(seen)
            assert gone if value is None else seen == float(value)
    write_database(tmp_path / "s.sqlite", (Sheet("s", "S", COLUMNS, rows),))
    db = sqlite3.connect(tmp_path / "s.sqlite")
    assert [tuple(row) for row in db.execute("SELECT * FROM s")] == rows
    db.close()


def test_an_empty_sheet_is_a_head(tmp_path: Path) -> None:
    empty = Sheet("s", "S", COLUMNS, ())
    write_csv(tmp_path / "s.csv", empty, DANISH_EXCEL)
    assert (tmp_path / "s.csv").read_bytes() == b'\xef\xbb\xbf"a";"b";"c"\r\n'
