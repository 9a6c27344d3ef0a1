"""CSV in two variants: one that Danish Excel opens with a double click, and a plain one for programs (RFC 4180)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exports.datasets.figure_labels import KeptLabels
from exports.datasets.figure_rows import figures_sheet
from exports.datasets.formulas import defused
from exports.datasets.sheets import Sheet, Value
from exports.figures import Figures
from exports.wording import Words

#: So many rows are joined before they are written.
MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Variant:
    """How a file is spelled: what stands between cells, the sign of decimals, and whether a byte order mark says UTF-8."""

    delimiter: str
    decimal: str
    encoding: str


PLAIN = Variant(",", ".", "utf-8")
DANISH_EXCEL = Variant(";", ",", "utf-8-sig")


def write_csv(path: Path, sheet: Sheet, variant: Variant) -> None:
    """A sheet as a file: its columns' names, then its rows, one at a time.

    Text stands in quotation marks, numbers do not; no text can become a formula (formulas.py). An empty cell says nothing.
    """
    with path.open("w", encoding=variant.encoding, newline="") as file:
        for line in lines(sheet, variant):
            file.write(line)


def csv_text(sheet: Sheet, variant: Variant = PLAIN) -> str:
    """The same as text, without a byte order mark."""
    return "".join(lines(sheet, variant))


def tables_csv(figures: Figures) -> str:
    """The tables of an edition as plain CSV in the words that they were kept with, for `svarboks tables ROUND --format csv`."""
    return csv_text(figures_sheet(figures, Words("en"), KeptLabels()))


def lines(sheet: Sheet, variant: Variant) -> Iterator[str]:
    """The lines of a file, many at a time; each ends with CR LF."""
    between = variant.delimiter
    bunch = [between.join(_quoted(column.name) for column in sheet.columns)]
    for row in sheet.rows:
        bunch.append(between.join(_cell(value, variant.decimal) for value in row))
        if len(bunch) >= MOST_AT_ONCE:
            yield "\r\n".join(bunch) + "\r\n"
            bunch = []
    if bunch:
        yield "\r\n".join(bunch) + "\r\n"


def _cell(value: Value, decimal: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _quoted(defused(value))
    # The shortest text that is this number again, as Python's repr has it; a bool never comes here.
    text = repr(value)
    return text.replace(".", decimal) if isinstance(value, float) else text


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
