"""What a delivery holds: one list, by the names that people see in the folder. Aggregates only: rows of answers are never put
where a whole group looks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exports.tables_csv import tables_csv
from server.reports import report_of
from store.database import Store
from store.editions import KeptEdition

#: Writes one file of an edition, whole.
Write = Callable[[Store, KeptEdition, Path], None]


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a delivery: its name in the folder, and what writes it."""

    name: str
    write: Write


def _report(language: str) -> Write:
    def write(store: Store, edition: KeptEdition, target: Path) -> None:
        shutil.copyfile(report_of(store, edition, language=language), target)

    return write


def _tables(_store: Store, edition: KeptEdition, target: Path) -> None:
    # The byte order mark tells Excel that it is UTF-8.
    target.write_text(tables_csv(edition.figures), encoding="utf-8-sig", newline="")


#: Everything that a delivery holds.
HELD: tuple[Piece, ...] = (
    Piece("rapport-da.pdf", _report("da")),
    Piece("report-en.pdf", _report("en")),
    Piece("tabeller.csv", _tables),
)
