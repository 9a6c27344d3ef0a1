"""Looks a batch over after pages came: they are joined to sheets, their answers noted, and what a person has to say is found out.

May be done again at any time: pages that are in a sheet stay there, decisions stay, and what a person has said to a finding is
not asked again. Nothing is joined or left out without a finding that says so.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from forms.paper.layout import PaperLayout
from store import paper_findings, paper_pages, paper_readings, paper_sheets
from store.paper_findings import Finding
from store.paper_pages import Box, Page, Standing
from store.paper_readings import NewReading, ReadingState, Said
from store.paper_sheets import Sheet, SheetStanding
from sync.paper.pairing import SheetKey, pair, similar

#: What the boxes of one page of a layout's version say: what is sure (place -> values), what is doubtful, what is to be typed.
Judged = tuple[Mapping[str, tuple[str, ...]], Collection[str], Collection[str]]
Judge = Callable[[str, Sequence[Box]], Judged]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a batch is looked over by: its round, the layouts of that round by id, how a version's boxes are judged, of how many
    in a hundred sure readings a second person reads again, and which other batches count (those that are not void)."""

    round: str
    layouts: Mapping[str, PaperLayout]
    judge: Judge
    second_share: int
    others: Collection[str]
    rng: random.Random


def look_over(db: Database, batch: str, ground: Ground) -> None:
    """Join what is not joined, and find out anew what a person has to say. In a write transaction on paper.db."""
    _join(db, batch, ground)
    paper_findings.renew(db, batch, _findings(db, batch, ground))


def assign(db: Database, page: Page, sheet: Sheet, at: int, ground: Ground) -> bool:
    """Put a page that could not be read into a sheet that lacks it, as a person saw it: all its answers are then decided or typed
    by persons. False where the sheet has the page, or its layout has none of that number."""
    printed = ground.layouts[sheet.layout].page(at) if sheet.layout in ground.layouts else None
    held = {one.page for one in paper_pages.of_sheet(db, sheet.id)}
    if printed is None or at in held or page.standing is Standing.IN:
        return False
    paper_pages.name(
        db,
        page.id,
        round_id=ground.round,
        layout=sheet.layout,
        language=sheet.language,
        number=sheet.number,
        at=at,
    )
    paper_pages.put_in(db, page.id, sheet.id)
    written = {box.place for box in printed.boxes if box.kind != "box"}
    paper_readings.add(
        db,
        sheet.id,
        [
            NewReading(
                place=place,
                page=page.id,
                state=ReadingState.TYPE if place in written else ReadingState.DOUBTFUL,
                second_wanted=ground.second_share >= 100,
            )
            for place in dict.fromkeys(box.place for box in printed.boxes)
        ],
    )
    return True


def _join(db: Database, batch: str, ground: Ground) -> None:
    pages = paper_pages.of_batch(db, batch)
    sheets = {SheetKey(one.number, one.copy): one for one in paper_sheets.of_batch(db, batch)}
    by_id = {one.id: key for key, one in sheets.items()}
    held: dict[SheetKey, set[int]] = {key: set() for key in sheets}
    for page in pages:
        if page.standing is Standing.IN and page.sheet in by_id:
            held[by_id[page.sheet]].add(page.page or 0)
    loose = [page for page in pages if page.standing is Standing.ASIDE and _is_ours(page, ground)]
    keys = pair(loose, {key: frozenset(numbers) for key, numbers in held.items()})
    boxes = paper_pages.boxes(db, keys.keys())
    for page in loose:
        key = keys[page.id]
        if key not in sheets:
            sheets[key] = paper_sheets.add(
                db,
                batch,
                number=key.number,
                copy=key.copy,
                layout=page.layout or "",
                language=page.language or "",
                key=ground.rng.randbytes(16),
            )
        if sheets[key].layout != page.layout:
            continue  # one number on two layouts: a person says what it is
        paper_pages.put_in(db, page.id, sheets[key].id)
        paper_readings.add(db, sheets[key].id, _readings(page, boxes[page.id], ground))


def _readings(page: Page, boxes: Sequence[Box], ground: Ground) -> list[NewReading]:
    layout = ground.layouts[page.layout or ""]
    sure, doubtful, to_type = ground.judge(layout.version, boxes)
    found = []
    for place in dict.fromkeys(box.place for box in boxes):
        state = ReadingState.SURE
        if place in to_type:
            state = ReadingState.TYPE
        elif place in doubtful:
            state = ReadingState.DOUBTFUL
        said = Said(tuple(sure.get(place, ()))) if state is ReadingState.SURE else None
        # All of them where the round asks for all; else a sample of what nobody would look at.
        again = ground.second_share >= 100 or (
            said is not None and ground.rng.random() * 100 < ground.second_share
        )
        found.append(
            NewReading(place=place, page=page.id, state=state, said=said, second_wanted=again)
        )
    return found


def _is_ours(page: Page, ground: Ground) -> bool:
    """Whether it is a page of a sheet of this round that was read."""
    layout = ground.layouts.get(page.layout or "")
    return (
        page.status == "sheet"
        and page.round == ground.round
        and layout is not None
        and layout.page(page.page or 0) is not None
    )


def _findings(db: Database, batch: str, ground: Ground) -> list[Finding]:
    pages = paper_pages.of_batch(db, batch)
    sheets = [one for one in paper_sheets.of_batch(db, batch) if one.standing is SheetStanding.IN]
    of_sheet: dict[int, list[Page]] = defaultdict(list)
    for page in pages:
        if page.sheet is not None and page.standing is Standing.IN:
            of_sheet[page.sheet].append(page)
    alike = _Alike(db, of_sheet)
    return [
        *_about_loose_pages(batch, pages, ground),
        *_missing(batch, sheets, of_sheet, ground),
        *_same_number(batch, sheets, of_sheet, alike),
        *_seen_before(db, batch, sheets, alike, ground),
        *_told(batch, pages),
    ]


def _about_loose_pages(batch: str, pages: Sequence[Page], ground: Ground) -> list[Finding]:
    loose = [page for page in pages if page.standing is Standing.ASIDE and page.status != "blank"]
    elsewhere: dict[str, list[int]] = defaultdict(list)
    for page in loose:
        if page.status == "sheet" and page.round and page.round != ground.round:
            elsewhere[page.round].append(page.id)
    found = [
        Finding(batch=batch, kind="elsewhere", details={"round": name, "pages": sorted(listed)})
        for name, listed in sorted(elsewhere.items())
    ]
    return found + [
        Finding(
            batch=batch, kind="aside", page=page.id, details={"why": [page.status, *page.warnings]}
        )
        for page in loose
        if page.status != "sheet" or page.round not in elsewhere
    ]


def _missing(
    batch: str, sheets: Sequence[Sheet], of_sheet: Mapping[int, Sequence[Page]], ground: Ground
) -> list[Finding]:
    """Sheets that lack a page on which something can be written."""
    found = []
    for sheet in sheets:
        layout = ground.layouts.get(sheet.layout)
        wanted = {page.number for page in layout.pages if page.boxes} if layout else set()
        lacking = sorted(wanted - {page.page for page in of_sheet[sheet.id]})
        if lacking:
            found.append(
                Finding(batch=batch, kind="missing", sheet=sheet.id, details={"pages": lacking})
            )
    return found


def _same_number(
    batch: str, sheets: Sequence[Sheet], of_sheet: Mapping[int, Sequence[Page]], alike: _Alike
) -> list[Finding]:
    """Sheets that bear one number: those that look alike one by one, the others as they were paired."""
    by_number: dict[str, list[Sheet]] = defaultdict(list)
    for sheet in sheets:
        by_number[sheet.number].append(sheet)
    found = []
    for number, listed in by_number.items():
        apart: list[Sheet] = []
        for sheet in sorted(listed, key=lambda one: one.copy):
            before = next((one for one in apart if alike(one.id, sheet.id)), None)
            if before is None:
                apart.append(sheet)
            else:
                found.append(
                    Finding(
                        batch=batch, kind="duplicate", sheet=sheet.id, details={"sheet": before.id}
                    )
                )
        if len(apart) > 1:
            details = {
                "number": number,
                "sheets": [one.id for one in apart],
                # Who says that they belong together has seen these, and none that are paired with them later.
                "pages": [sorted(page.id for page in of_sheet[one.id]) for one in apart],
            }
            found.append(Finding(batch=batch, kind="copies", details=details))
    return found


def _seen_before(
    db: Database, batch: str, sheets: Sequence[Sheet], alike: _Alike, ground: Ground
) -> list[Finding]:
    """Sheets that look like ones in another batch: one finding for each such batch."""
    theirs: dict[tuple[str, int], list[Page]] = defaultdict(list)
    for page in paper_pages.with_number(db, {one.number for one in sheets}, apart_from=batch):
        if page.batch in ground.others and page.sheet is not None:
            theirs[(page.batch, page.sheet)].append(page)
    by_number: dict[str | None, list[tuple[str, int]]] = defaultdict(list)
    for (other, sheet_id), listed in theirs.items():
        by_number[listed[0].number].append((other, sheet_id))
        alike.add(sheet_id, listed)
    counted = {
        (finding.details["batch"], sheet)
        for finding in paper_findings.of_batch(db, batch)
        if finding.kind == "again" and finding.settled == "keep"
        for sheet in finding.details["sheets"]
    }
    seen: dict[str, list[int]] = defaultdict(list)
    for sheet in sheets:
        for other, sheet_id in by_number[sheet.number]:
            if (other, sheet.id) not in counted and alike(sheet_id, sheet.id):
                seen[other].append(sheet.id)
                break
    return [
        Finding(batch=batch, kind="again", details={"batch": other, "sheets": sorted(listed)})
        for other, listed in sorted(seen.items())
    ]


def _told(batch: str, pages: Sequence[Page]) -> list[Finding]:
    """What a person is told and need not answer."""
    found = []
    for kind, number in (
        ("one-bit", sum(page.one_bit for page in pages if page.standing is Standing.IN)),
        ("blank", sum(page.status == "blank" for page in pages)),
    ):
        if number:
            found.append(Finding(batch=batch, kind=kind, details={"pages": number}, binding=False))
    return found


class _Alike:
    """Whether two sheets look like scans of the same; boxes are read once a sheet."""

    def __init__(self, db: Database, pages: Mapping[int, Sequence[Page]]) -> None:
        self._db = db
        self._pages = dict(pages)
        self._boxes: dict[int, dict[int, list[Box]]] = {}

    def add(self, sheet: int, pages: Sequence[Page]) -> None:
        self._pages[sheet] = pages

    def __call__(self, one: int, other: int) -> bool:
        return similar(self._of(one), self._of(other))

    def _of(self, sheet: int) -> dict[int, list[Box]]:
        if sheet not in self._boxes:
            read = {page.id: page.page or 0 for page in self._pages.get(sheet, ())}
            boxes = paper_pages.boxes(self._db, read)
            self._boxes[sheet] = {number: boxes[page] for page, number in read.items()}
        return self._boxes[sheet]
