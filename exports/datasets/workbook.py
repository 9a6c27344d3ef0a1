"""Excel (XLSX): every sheet of a dataset in one file, by XlsxWriter. No cell can become a formula or a link."""

from __future__ import annotations

from datetime import date as day_of
from datetime import datetime, time
from pathlib import Path

import xlsxwriter

from exports.datasets.sheets import Kind, Sheet, Value
from forms.problems import Problem, ProblemError

#: What the format holds; the first row is the head.
MOST_ROWS = 1_048_575
#: Columns are as wide as their longest text among the first rows, within these bounds (in characters).
_NARROW, _WIDE, _LOOKED_AT = 9, 60, 200


def write_workbook(
    path: Path,
    sheets: tuple[Sheet, ...],
    *,
    title: str,
    author: str,
    made_on: str,
    streaming: bool = False,
) -> None:
    """The sheets as one workbook. `made_on` (ISO day) is the only date in it: the same sheets give the same bytes.

    `streaming` keeps no more than a row in memory, for sheets of any length; strings are then repeated in the file. Text
    is always written as text: what begins with = stays what it is. Raises ProblemError(TOO_LARGE) beyond MOST_ROWS.
    """
    book = xlsxwriter.Workbook(
        str(path),
        {
            "constant_memory": streaming,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
            "tmpdir": str(path.parent),
        },
    )
    book.set_properties(
        {
            "title": title,
            "author": author,
            "created": datetime.combine(day_of.fromisoformat(made_on), time()),
        }
    )
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    text = book.add_format({"valign": "top"})
    taken: set[str] = set()
    try:
        for sheet in sheets:
            _write(book.add_worksheet(_name(sheet.title, taken)), sheet, head, text)
    finally:
        book.close()


def _write(page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, head: object, text: object) -> None:
    page.freeze_panes(1, 0)
    rows = iter(sheet.rows)
    first = [row for _, row in zip(range(_LOOKED_AT), rows, strict=False)]
    for index, column in enumerate(sheet.columns):
        longest = max((_width(row[index]) for row in first), default=0)
        page.set_column(index, index, min(_WIDE, max(_NARROW, longest + 2, len(column.label) // 2)))
        page.write_string(0, index, column.label, head)
    number = 0
    for part in (first, rows):
        for row in part:
            number += 1
            if number > MOST_ROWS:
                raise ProblemError(
                    Problem.TOO_LARGE,
                    f"A sheet of Excel holds {MOST_ROWS:,} rows. Take CSV or SQLite.",
                )
            for index, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(number, index, value, text)
                elif value is not None:
                    page.write_number(number, index, value, text)
    page.autofilter(0, 0, max(number, 1), len(sheet.columns) - 1)


def _width(value: Value) -> int:
    if value is None:
        return 0
    return max((len(line) for line in str(value).splitlines()), default=0)


def _name(title: str, taken: set[str]) -> str:
    """A name that Excel takes for a sheet: at most 31 characters, none of []:*?/\\\\, no apostrophe at the ends, once."""
    name = "".join(" " if sign in "[]:*?/\\\\" else sign for sign in title).strip(" '")[:31] or "-"
    unique, number = name, 2
    while unique.casefold() in taken:
        end = f" ({number})"
        unique, number = name[: 31 - len(end)] + end, number + 1
    taken.add(unique.casefold())
    return unique


__all__ = ["MOST_ROWS", "Kind", "write_workbook"]
