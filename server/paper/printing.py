"""Prints a pile: pages that were laid out once, each sheet with its own codes and number.

Only the QR code and the number differ from sheet to sheet, so each page of the pile is the laid-out page, the corner
marks and a few strokes; 500 sheets do not cost 500 layouts (docs/paper.md has the figures). Marks and codes are drawn as
rectangles: nothing is scaled and nothing is smoothed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import segno
from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, Stream

from forms.paper.corner_marks import dark_areas
from forms.paper.layout import Area, PageMap
from forms.paper.page_code import PageCode
from server.paper.laying_out import LaidOut

#: Points in a millimetre.
_POINTS = 72 / 25.4
#: Where the sheet's number stands, under the QR code: its baseline, from the bottom of the page.
_NUMBER_BASELINE = 6.8
_NUMBER_SIZE = 12.0
#: Width of a sign of Courier, in parts of its size.
_SIGN = 0.6


def print_sheets(
    laid_out: LaidOut,
    round_id: str,
    numbers: Sequence[str],
    *,
    cover: bytes = b"",
    fill_backs: bool = True,
) -> bytes:
    """One PDF with a sheet for each number, after the pages of `cover` (a PDF).

    `fill_backs` adds an empty page where a sheet or the cover ends on a front, so that a printer that prints on both
    sides begins each sheet on a leaf of its own.
    """
    with Pdf.open(io.BytesIO(laid_out.pages)) as pdf:
        templates = [
            _Template(pdf, page, pdf.pages[page.number - 1]) for page in laid_out.layout.pages
        ]
        del pdf.pages[:]
        if cover:
            with Pdf.open(io.BytesIO(cover)) as first:
                pdf.pages.extend(first.pages)
            _even(pdf, fill_backs)
        for number in numbers:
            for template in templates:
                code = PageCode(
                    round_id,
                    laid_out.layout.language,
                    laid_out.layout.id,
                    template.page.number,
                    number,
                )
                pdf.pages.append(template.printed(code))
            _even(pdf, fill_backs)
        pdf.remove_unreferenced_resources()
        written = io.BytesIO()
        pdf.save(written, deterministic_id=True)
    return written.getvalue()


def _even(pdf: Pdf, wanted: bool) -> None:
    if wanted and len(pdf.pages) % 2:
        box = pdf.pages[-1].obj.MediaBox
        pdf.pages.append(Page(Dictionary(Type=Name.Page, MediaBox=box, Resources=Dictionary())))


class _Template:
    """A laid-out page with its corner marks; `printed` adds what differs."""

    def __init__(self, pdf: Pdf, page: PageMap, drawn: Page) -> None:
        self.page = page
        self._pdf = pdf
        self._height = float(drawn.mediabox[3])
        self._media_box = drawn.mediabox
        resources = drawn.obj.Resources
        if Name.Font not in resources:
            resources.Font = Dictionary()
        resources.Font[Name.SvNumber] = pdf.make_indirect(
            Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Courier)
        )
        self._resources = pdf.make_indirect(resources)
        areas = [area for mark in page.marks for area in dark_areas(mark)]
        contents = drawn.obj.Contents
        self._before: list[Object] = [
            pdf.make_stream(b"q"),
            *(contents if isinstance(contents, Array) else [contents]),
            pdf.make_stream(b"Q\n" + self._rectangles(areas)),
        ]

    def printed(self, code: PageCode) -> Page:
        """The page of one sheet."""
        strokes = self._rectangles(code_areas(str(code), self.page.qr)) + self._number(code.sheet)
        return Page(
            self._pdf.make_indirect(
                Dictionary(
                    Type=Name.Page,
                    MediaBox=self._media_box,
                    Resources=self._resources,
                    Contents=Array([*self._before, Stream(self._pdf, strokes)]),
                )
            )
        )

    def _rectangles(self, areas: Sequence[Area]) -> bytes:
        drawn = [
            f"{area.x * _POINTS:.3f} {self._height - (area.y + area.height) * _POINTS:.3f}"
            f" {area.width * _POINTS:.3f} {area.height * _POINTS:.3f} re"
            for area in areas
        ]
        return ("0 g\n" + "\n".join(drawn) + "\nf\n").encode()

    def _number(self, sheet: str) -> bytes:
        """The sheet's number in two halves, under the middle of the QR code."""
        text = f"{sheet[:4]} {sheet[4:]}"
        middle = (self.page.qr.x + self.page.qr.width / 2) * _POINTS
        left = middle - len(text) * _SIGN * _NUMBER_SIZE / 2
        return (
            f"BT /SvNumber {_NUMBER_SIZE} Tf {left:.2f} {_NUMBER_BASELINE * _POINTS:.2f} Td ({text}) Tj ET\n"
        ).encode()


def code_areas(text: str, qr: Area) -> list[Area]:
    """The black parts of a page's QR code (error correction M), as rectangles on the page."""
    rows = segno.make_qr(text, error="m", boost_error=False).matrix
    module = qr.width / len(rows)
    return [
        Area(qr.x + start * module, qr.y + row * module, (end - start) * module, module)
        for row, modules in enumerate(rows)
        for start, end in _runs(modules)
    ]


def _runs(modules: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(start, end) of each run of black modules."""
    start = None
    for index, module in enumerate(modules):
        if module and start is None:
            start = index
        elif not module and start is not None:
            yield start, index
            start = None
    if start is not None:
        yield start, len(modules)
