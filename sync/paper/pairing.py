"""Which pages make a sheet, and which sheets look like one another. Pure: nothing is kept here.

Pages of one sheet bear one number. Where pages were photocopied before they were handed out, several sheets bear it; they are
then paired by the order of scanning, and a person confirms that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from store.paper_pages import Box, Page

#: Of the boxes that one page and another have, this share may be read differently in two scans of the same sheet.
TOLERATED = 0.02
#: Two scans of one frame hold this nearly the same share of ink.
INK_DIFFERS = 0.5


class SheetKey(NamedTuple):
    """What tells sheets of a batch apart: the number printed on them, and which of those that bear it."""

    number: str
    copy: int


def pair(pages: Iterable[Page], held: Mapping[SheetKey, frozenset[int]]) -> dict[int, SheetKey]:
    """The sheet of each page (by its id), of pages in the order of scanning that are in none yet.

    `held` says which page numbers the sheets hold that are there. A page goes into the first sheet of its number that lacks
    it. What remains makes new sheets: one after another where the pages come in turns (1 2 1 2 …), else the first with the
    first, the second with the second (1 1 2 2).
    """
    by_number: dict[str, list[Page]] = defaultdict(list)
    for page in pages:
        if page.number is not None and page.page is not None:
            by_number[page.number].append(page)
    found: dict[int, SheetKey] = {}
    for number, listed in by_number.items():
        sheets = {key: set(pages) for key, pages in sorted(held.items()) if key.number == number}
        rest = []
        for page in listed:
            lacking = next((key for key, has in sheets.items() if page.page not in has), None)
            if lacking is None:
                rest.append(page)
            else:
                sheets[lacking].add(page.page or 0)
                found[page.id] = lacking
        first = max((key.copy for key in sheets), default=0) + 1
        for at, group in enumerate(_groups(rest), first):
            found |= {page.id: SheetKey(number, at) for page in group}
    return found


def _groups(pages: Sequence[Page]) -> list[list[Page]]:
    """New sheets of one number."""
    in_turns: list[list[Page]] = []
    for page in pages:
        if not in_turns or any(page.page == one.page for one in in_turns[-1]):
            in_turns.append([])
        in_turns[-1].append(page)
    by_page: dict[int | None, list[Page]] = defaultdict(list)
    for page in pages:
        by_page[page.page].append(page)
    most = max((len(listed) for listed in by_page.values()), default=0)
    if len(in_turns) == most:
        return in_turns
    return [[listed[at] for listed in by_page.values() if at < len(listed)] for at in range(most)]


def similar(one: Mapping[int, Sequence[Box]], other: Mapping[int, Sequence[Box]]) -> bool:
    """Whether two sheets, as their boxes by page number, may be two scans of the same: what both hold is marked alike, and
    something is marked. Two that nobody marked are not told apart, and are no sign of it."""
    marked = compared = differing = 0
    for page in one.keys() & other.keys():
        theirs = {(box.place, box.option, box.column): box for box in other[page]}
        for box in one[page]:
            also = theirs.get((box.place, box.option, box.column))
            if also is None or "doubtful" in (box.state, also.state):
                continue
            compared += 1
            marked += box.state != "blank" or also.state != "blank"
            differing += _differ(box, also)
    return marked > 0 and differing <= TOLERATED * compared


def _differ(one: Box, other: Box) -> bool:
    if one.state != other.state:
        return True
    if one.kind == "box" or one.state == "blank":
        return False
    # Writing: two people seldom write with as much ink.
    return abs(one.fill - other.fill) > INK_DIFFERS * max(one.fill, other.fill)
