"""Lays a version out on A4: the pages as PDF, without corner marks and codes, and where every box came to stand.

WeasyPrint reports the place of every element with an id (document.pages[n].anchors), so that the map is read from the
very layout that is printed: there is no second template. Nothing is fetched but data: addresses.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from exports.report import data_only, font_faces
from forms.paper.corner_marks import marks
from forms.paper.layout import (
    HEIGHT,
    MOST_BOXES,
    MOST_PAGES,
    WIDTH,
    Area,
    Box,
    PageMap,
    PaperLayout,
    make_layout,
)
from forms.problems import Problem, ProblemError
from forms.questionnaire import Questionnaire
from server.answering_page import Facts
from server.assets import BUILT
from server.languages import Words
from server.paper.sheet import DENSITIES, Paper, Sheet, Slot

#: CSS pixels in a millimetre.
_PIXELS = 96 / 25.4

#: Side of the black part of the QR code, and where it stands: in the middle of the band below.
QR_SIDE = 16.0
QR = Area((WIDTH - QR_SIDE) / 2, HEIGHT - 12.5 - QR_SIDE, QR_SIDE, QR_SIDE)

STYLES = Path(__file__).parent.parent / "templates" / "sheet" / "sheet.css"


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A sheet that is ready for printing: its map and its pages. `pages` is a PDF that lacks marks, codes and numbers."""

    layout: PaperLayout
    pages: bytes


def lay_out(
    questionnaire: Questionnaire, facts: Facts, language: str, return_to: str = ""
) -> LaidOut:
    """Lay out the version that `facts` names, in one of its languages, with the round's promise, notice and units.

    `return_to`: the lines of the address that the sheet goes back to. Raises ProblemError: TOO_LARGE for what no sheet can hold,
    QUESTION_TOO_LARGE for a question that no page can: an answer is read from one page, and what stood on another would be lost.
    """
    paper = Paper(return_to=return_to, filled_means_cancelled=questionnaire.filled_means_cancelled)
    sheet = Sheet(questionnaire, facts, language, paper)
    document = _in_as_few_leaves(sheet)
    if sheet.units_in_boxes and _split(document, sheet.slots):
        sheet.units_in_boxes = False
        document = _in_as_few_leaves(sheet)
    if split := _split(document, sheet.slots):
        raise ProblemError(Problem.QUESTION_TOO_LARGE, ", ".join(sorted(split)))
    if len(sheet.slots) > MOST_BOXES:
        raise ProblemError(Problem.TOO_LARGE, "The questionnaire has too many boxes for paper.")
    if len(document.pages) > MOST_PAGES:
        raise ProblemError(Problem.TOO_LARGE, "The questionnaire has too many pages for paper.")
    pages = tuple(
        PageMap(number, marks(), QR, tuple(_boxes(page.anchors, sheet.slots)))
        for number, page in enumerate(document.pages, start=1)
    )
    layout = make_layout(
        version=facts.version_hash,
        language=language,
        pages=pages,
        filled_means_cancelled=paper.filled_means_cancelled,
    )
    pdf: bytes = document.write_pdf()
    return LaidOut(layout, pdf)


def _in_as_few_leaves(sheet: Sheet) -> Any:
    """The sheet with air between its questions, or with less where that keeps a question on one page, or saves a leaf."""
    best, chosen, costs = None, DENSITIES[0], (True, 0)
    for density in DENSITIES:
        tried = _rendered(sheet.html(density), sheet.words, last=0)
        cost = (bool(_split(tried, sheet.slots)), _sides(tried))
        if best is None or cost < costs:
            best, chosen, costs = tried, density, cost
        # A back on which something is answered is as good as none; one with the end of the notice alone is not.
        few = len(best.pages) == 1 or (len(best.pages) == 2 and _has_boxes(best.pages[1]))
        if few and not costs[0]:
            break
    # Once more: the sheet notes its boxes as it is written, and the last one written is not always the one that is kept.
    return _without_turning(best, sheet.html(chosen), sheet.words)


def _split(document: Any, slots: Sequence[Slot]) -> set[str]:
    """Places whose boxes stand on several pages."""
    pages: dict[str, int] = {}
    split = set()
    for number, page in enumerate(document.pages):
        for index, slot in enumerate(slots):
            if f"b{index}" in page.anchors and pages.setdefault(slot.place, number) != number:
                split.add(slot.place)
    return split


def _sides(document: Any) -> int:
    """What a sheet costs: leaves, and of a single one its back."""
    pages = len(document.pages)
    return pages if pages <= 2 else pages + pages % 2


def _has_boxes(page: Any) -> bool:
    return any(name[:1] == "b" and name[1:].isdecimal() for name in page.anchors)


def _without_turning(document: Any, html: str, words: Words) -> Any:
    """Where the last page is a front, nobody is asked to turn it."""
    last = len(document.pages)
    return _rendered(html, words, last=last) if last % 2 else document


def _rendered(html: str, words: Words, *, last: int) -> Any:
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    faces = FontConfiguration()
    fetcher = data_only()
    sheets = [
        CSS(string=text, font_config=faces, url_fetcher=fetcher)
        for text in (*_style_sheets(), _page_words(words, last))
        if text
    ]
    return HTML(string=html, url_fetcher=fetcher).render(stylesheets=sheets, font_config=faces)


@cache
def _style_sheets() -> tuple[str, str]:
    return font_faces(BUILT / "fonts"), STYLES.read_text(encoding="utf-8")


def _page_words(words: Words, last: int) -> str:
    """What stands beside the QR code: the page's number, and on fronts that the sheet goes on behind."""
    said = words.gettext("Page %(page)s of %(pages)s", page="\0page\0", pages="\0pages\0")
    parts = [
        f"counter({part})" if part in ("page", "pages") else _css_string(part)
        for part in said.split("\0")
    ]
    turn = _css_string(words.gettext("Please turn over"))
    start, end = ("right", "left") if words.direction == "rtl" else ("left", "right")
    rules = f"@page {{ @bottom-{start} {{ content: {' '.join(parts)}; }} }}"
    rules += f"@page :nth(2n+1) {{ @bottom-{end} {{ content: {turn}; }} }}"
    if last:
        rules += f'@page :nth({last}) {{ @bottom-{end} {{ content: ""; }} }}'
    return rules


def _css_string(text: str) -> str:
    escaped = "".join(
        sign if sign.isalnum() or sign == " " else f"\\{ord(sign):x} " for sign in text
    )
    return f'"{escaped}"'


def _boxes(anchors: dict[str, tuple[float, ...]], slots: Sequence[Slot]) -> Iterator[Box]:
    """The boxes of one page, in the order of the sheet."""
    for index, slot in enumerate(slots):
        found = anchors.get(f"b{index}")
        if found is not None:
            left, top, right, bottom = (edge / _PIXELS for edge in found)
            area = Area(
                round(left, 2), round(top, 2), round(right - left, 2), round(bottom - top, 2)
            )
            yield Box(slot.place, slot.option, slot.kind, area, slot.column)
