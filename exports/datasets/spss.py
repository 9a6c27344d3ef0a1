"""SPSS (.sav) by pyreadstat: variables with labels in UTF-8, values with labels, and user-missing values that stay different.

pyreadstat takes a data frame, so the columns are in memory while a file is written: two bytes a cell for codes, eight for
numbers. pandas is the lightest frame that it takes; it is loaded only when a file is written.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from exports.datasets.sheets import Kind, Sheet, Value
from exports.wording import Words

#: Figures that are held back, as a user-missing value; counts and shares are never below zero.
HIDDEN = -95
#: What the format holds, in bytes of UTF-8.
_LONGEST_NAME, _LONGEST_LABEL, _LONGEST_VALUE_LABEL, _LONGEST_TEXT = 64, 255, 120, 32767
#: Words that SPSS keeps for itself.
_RESERVED = frozenset(
    {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
)
#: Where a header has the day (dd mmm yy) and the time at which it was written.
_WRITTEN_AT = slice(92, 109)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable. `codes`: small whole numbers with the labels of `values`; else text or a number with `decimals`.

    `missing` are the user-missing values, at most three or a run of neighbours.
    """

    name: str
    label: str
    text: bool = False
    codes: bool = False
    decimals: int = 0
    values: Mapping[int, str] = field(default_factory=dict)
    missing: tuple[int, ...] = ()
    measure: str = "nominal"


def write_sav(
    path: Path,
    variables: Sequence[Variable],
    rows: Iterable[Sequence[Value]],
    *,
    label: str,
    made_on: str,
) -> None:
    """A file of the variables, each row a case; None is system-missing in a number and empty in a text.

    `made_on` (ISO day) stands in the header in place of the clock: the same arguments give the same bytes.
    """
    import pandas  # noqa: PLC0415 - half a second that only this format costs
    import pyreadstat  # noqa: PLC0415

    names = names_of(variable.name for variable in variables)
    columns: list[Any] = [
        [] if one.text else array("h") if one.codes else array("d") for one in variables
    ]
    for row in rows:
        for column, variable, value in zip(columns, variables, row, strict=True):
            if variable.text:
                column.append("" if value is None else _cut(str(value), _LONGEST_TEXT))
            else:
                column.append(math.nan if value is None else value)
    frame = pandas.DataFrame(
        {
            name: pandas.Series(column, dtype="object")
            if variable.text
            else memoryview(column).toreadonly()
            for name, column, variable in zip(names, columns, variables, strict=True)
        }
    )
    pyreadstat.write_sav(
        frame,
        str(path),
        file_label=_cut(label, 64),
        column_labels={
            name: _cut(one.label, _LONGEST_LABEL)
            for name, one in zip(names, variables, strict=True)
        },
        row_compress=True,
        variable_value_labels={
            name: {value: _cut(text, _LONGEST_VALUE_LABEL) for value, text in one.values.items()}
            for name, one in zip(names, variables, strict=True)
            if one.values
        },
        missing_ranges={
            name: _missing(one.missing)
            for name, one in zip(names, variables, strict=True)
            if one.missing
        },
        variable_measure={name: one.measure for name, one in zip(names, variables, strict=True)},
        variable_format={
            name: f"F{12 if one.decimals else 8}.{one.decimals}"
            for name, one in zip(names, variables, strict=True)
            if not one.text
        },
    )
    _write_day(path, date.fromisoformat(made_on))


def _missing(values: tuple[int, ...]) -> list[Any]:
    if len(values) <= 3:
        return list(values)
    return [{"lo": min(values), "hi": max(values)}]


def write_figures(path: Path, sheet: Sheet, words: Words, *, label: str, made_on: str) -> None:
    """The sheet of figures: one case a cell; what is hidden is the user-missing value HIDDEN and not just empty."""
    coded = {column.name: _codes(column.labels) for column in sheet.columns if column.labels}
    variables = []
    for column in sheet.columns:
        if column.labels:
            labels = {code: column.labels[value] for value, code in coded[column.name].items()}
            variables.append(Variable(column.name, column.label, codes=True, values=labels))
        elif column.kind is Kind.TEXT:
            variables.append(Variable(column.name, column.label, text=True))
        else:
            variables.append(
                Variable(
                    column.name,
                    column.label,
                    decimals=6 if column.kind is Kind.NUMBER else 0,
                    values={HIDDEN: words("Hidden")} if column.name in _CAN_HIDE else {},
                    missing=(HIDDEN,) if column.name in _CAN_HIDE else (),
                    measure="scale",
                )
            )
    names = [column.name for column in sheet.columns]
    state = names.index("state")

    def cells(row: tuple[Value, ...]) -> list[Value]:
        hidden = row[state] == "hidden"
        return [
            coded[name].get(str(value), 0)
            if name in coded
            else HIDDEN
            if value is None and hidden and name in _CAN_HIDE
            else value
            for name, value in zip(names, row, strict=True)
        ]

    write_sav(path, variables, (cells(row) for row in sheet.rows), label=label, made_on=made_on)


#: Columns of figures that are empty where a group or a cell is hidden. A base that is told stays.
_CAN_HIDE = frozenset({"n", "base", "share", "low", "high"})


def _codes(labels: Mapping[str, str]) -> dict[str, int]:
    return {value: number for number, value in enumerate(labels, start=1)}


def names_of(wanted: Iterable[str]) -> list[str]:
    """Names that SPSS takes, in order: letters, digits, _ and ., begun by a letter, at most 64 bytes, each once."""
    names: list[str] = []
    taken: set[str] = set()
    for place in wanted:
        name = re.sub(r"[^A-Za-z0-9_.]", "_", place).rstrip("._") or "v"
        if not name[0].isalpha() or name.casefold() in _RESERVED:
            name = "v_" + name
        name = unique = name[:_LONGEST_NAME]
        number = 2
        while unique.casefold() in taken:
            end = f"_{number}"
            unique, number = name[: _LONGEST_NAME - len(end)] + end, number + 1
        taken.add(unique.casefold())
        names.append(unique)
    return names


def _cut(text: str, most: int) -> str:
    """The text in at most `most` bytes of UTF-8, cut between characters, with … where something is left out."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - 3].decode(errors="ignore") + "…"


def _write_day(path: Path, day: date) -> None:
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[
        day.month - 1
    ]
    with path.open("r+b") as file:
        file.seek(_WRITTEN_AT.start)
        file.write(f"{day.day:02} {month} {day.year % 100:02}00:00:00".encode("ascii"))
