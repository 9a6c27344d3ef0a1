"""What the desk shows of a batch: its files, how many sheets were found, what a person has to look at and how long that takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.paper import batch_course
from store import (
    paper_batches,
    paper_files,
    paper_findings,
    paper_pages,
    paper_readings,
    paper_sheets,
    piles,
)
from store.database import Store
from store.paper_batches import Batch, BatchState
from store.paper_files import FileState, ScanFile
from store.paper_findings import Finding
from store.paper_pages import Page
from store.paper_readings import Reading, ReadingState
from store.paper_sheets import Sheet, SheetStanding
from store.piles import Pile
from sync.paper.pages import Warned

#: Seconds that a person needs for a mark, for words or digits, and for a finding.
_SECONDS = {ReadingState.SURE: 4, ReadingState.DOUBTFUL: 5, ReadingState.TYPE: 20}
_SECONDS_OF_FINDING = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A finding with what it is about: `pages` to show, of each sheet in `sheets` together. `lacking` are pages that sheets miss:
    (sheet, page, number on the sheet). `at` is where a page lay of which there is no picture: (file, page of the file)."""

    finding: Finding
    sheets: Sequence[Sheet] = ()
    pages: Sequence[Page] = ()
    lacking: Sequence[tuple[int, int, str]] = ()
    at: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """A batch as it is now. `found` counts sheets that count; `earlier` those in other batches of its pile, which are not void.

    `marks` are answers that wait for a person, `open` findings that do; `obstacles` as in batch_course.obstacles.
    """

    batch: Batch
    pile: Pile | None
    files: Sequence[ScanFile]
    pages_read: int
    found: int
    left_out: int
    earlier: int
    marks: int
    minutes: int
    findings: Sequence[Shown]
    obstacles: Sequence[str]

    @property
    def reading(self) -> bool:
        """Whether files of it are being read, or wait for that."""
        waiting = any(one.state is FileState.WAITING for one in self.files)
        return self.batch.undecided and (waiting or self.batch.state is BatchState.READING)

    @property
    def open(self) -> Sequence[Shown]:
        """Findings that wait for a word."""
        return [one for one in self.findings if one.finding.open]

    @property
    def all_found(self) -> int:
        """Sheets found of the pile so far."""
        return self.found + self.earlier

    @property
    def too_many(self) -> bool:
        """Whether there are more sheets than there should be."""
        return self.batch.expected is not None and self.all_found > self.batch.expected


def batch_view(store: Store, batch: Batch) -> BatchView:
    """The batch as it is now."""
    paper = store.paper
    sheets = paper_sheets.of_batch(paper, batch.id)
    in_it = [one for one in sheets if one.standing is SheetStanding.IN]
    waiting = paper_readings.to_look_at(paper, batch.id) if batch.undecided else []
    findings = _shown(store, batch, sheets) if batch.undecided else []
    open_findings = sum(one.finding.open for one in findings)
    files = paper_files.of_batch(paper, batch.id)
    return BatchView(
        batch=batch,
        pile=piles.find(store.main, batch.pile) if batch.pile else None,
        files=files,
        pages_read=len(paper_pages.of_batch(paper, batch.id)),
        found=batch.totals.sheets if batch.state is BatchState.ACCEPTED else len(in_it),
        left_out=len(sheets) - len(in_it),
        earlier=_earlier(store, batch),
        marks=len(waiting),
        minutes=minutes(waiting, open_findings),
        findings=findings,
        obstacles=batch_course.obstacles(store, batch) if batch.undecided else (),
    )


def minutes(waiting: Sequence[Reading], findings: int) -> int:
    """How long a person needs, in minutes; at least one where there is anything."""
    seconds = sum(_SECONDS[one.state] for one in waiting) + findings * _SECONDS_OF_FINDING
    return -(-seconds // 60)


def _earlier(store: Store, batch: Batch) -> int:
    """Sheets of the same pile in other batches."""
    if batch.pile is None:
        return 0
    number = 0
    for other in paper_batches.of_pile(store.main, batch.pile):
        if other.id == batch.id or other.state is BatchState.VOID:
            continue
        number += (
            other.totals.sheets
            if other.state is BatchState.ACCEPTED
            else batch_course.sheets_that_count(store, other)
        )
    return number


def _shown(store: Store, batch: Batch, sheets: Sequence[Sheet]) -> list[Shown]:
    paper = store.paper
    by_id = {one.id: one for one in sheets}
    found = []
    lacking: list[tuple[int, int, str]] = []
    listed = paper_findings.of_batch(paper, batch.id)
    for finding in listed:
        if finding.kind == "missing" and finding.sheet in by_id:
            number = by_id[finding.sheet].number
            lacking += [(finding.sheet, page, number) for page in finding.details["pages"]]
    for finding in listed:
        about = [
            by_id[one]
            for one in (finding.sheet, finding.details.get("sheet"))
            if one is not None and one in by_id
        ]
        if finding.kind == "copies":
            about = [by_id[one] for one in finding.details["sheets"] if one in by_id]
        page = paper_pages.find(paper, finding.page) if finding.page is not None else None
        lost = page is not None and Warned.FAILED in page.warnings
        found.append(
            Shown(
                finding=finding,
                sheets=about,
                pages=[]
                if lost
                else [page]
                if page
                else [one for sheet in about for one in paper_pages.of_sheet(paper, sheet.id)],
                lacking=lacking if finding.kind == "aside" and not lost else (),
                at=(page.file_turn, page.turn + 1) if page is not None and lost else None,
            )
        )
    return found
