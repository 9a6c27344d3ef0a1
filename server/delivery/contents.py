"""What a delivery holds: one list, by the names that people see in the folder. Aggregates only: rows of answers are never put
where a whole group looks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from exports.datasets.dataset import Format
from server.datasets import dataset_of
from server.reports import archive_of, report_of
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


def _archive(language: str) -> Write:
    """The same report for the journal: PDF/A, which needs nothing outside the file for as long as it is kept."""

    def write(store: Store, edition: KeptEdition, target: Path) -> None:
        shutil.copyfile(archive_of(store, edition, language=language), target)

    return write


def _dataset(kind: Format) -> Write:
    """A file for an analyst, with labels in Danish."""

    def write(store: Store, edition: KeptEdition, target: Path) -> None:
        shutil.copyfile(dataset_of(store, edition, kind, language="da"), target)

    return write


#: Everything that a delivery holds.
HELD: tuple[Piece, ...] = (
    Piece("rapport-da.pdf", _report("da")),
    Piece("report-en.pdf", _report("en")),
    Piece("arkiv-da.pdf", _archive("da")),
    Piece("archive-en.pdf", _archive("en")),
    Piece("tabeller.csv", _dataset(Format.CSV)),
    Piece("tabeller.xlsx", _dataset(Format.XLSX)),
    Piece("tabeller.sav", _dataset(Format.SAV)),
    Piece("tabeller.sqlite", _dataset(Format.SQLITE)),
    Piece("kodebog.html", _dataset(Format.CODEBOOK)),
)
