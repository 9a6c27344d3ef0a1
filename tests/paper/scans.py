"""Scans of sheets that Svarboks lays out, filled in as a test says: the real layout, real codes, a copier's PDF."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import cv2
import numpy as np
import pypdfium2
from PIL import Image

from forms.paper.corner_marks import dark_areas
from forms.paper.layout import PaperLayout
from server.paper.laying_out import LaidOut
from tests.paper.generator import pens
from tests.paper.generator.sheet import DPI, PER_MM, Grey, Sheet

#: What a copier is set to; coarser than that, pencil and codes are lost.
SCAN_DPI = 150


def number(at: int) -> str:
    """A sheet's number, another for each `at`."""
    return "".join("23456789abcdefghjkmnpqrstvwxyz"[(at // 30**n) % 30] for n in range(8))


@cache
def _rendered(pages: bytes, layout: PaperLayout) -> Sheet:
    document = pypdfium2.PdfDocument(io.BytesIO(pages))
    images = []
    for page in layout.pages:
        drawn = document[page.number - 1]
        bitmap = drawn.render(scale=DPI / 72, grayscale=True)
        image = bitmap.to_numpy().reshape(bitmap.height, bitmap.width).copy()
        for mark in page.marks:
            for area in dark_areas(mark):
                x, y = round(area.x * PER_MM), round(area.y * PER_MM)
                image[
                    y : round((area.y + area.height) * PER_MM),
                    x : round((area.x + area.width) * PER_MM),
                ] = 12
        images.append(image)
        drawn.close()
    document.close()
    return Sheet(layout, tuple(images))


def page_of(
    laid_out: LaidOut,
    round_id: str,
    sheet: str,
    at: int,
    marks: Mapping[str, str] | None = None,
    *,
    seed: int = 0,
) -> Grey:
    """One page (from 1) with a cross in the box of each place's option, or writing where the option is ''."""
    rng = random.Random(f"{sheet}/{at}/{seed}")
    image = _rendered(laid_out.pages, laid_out.layout).page(at, sheet, round_id)
    pen = pens.SECOND_PENS[0]
    for box in laid_out.layout.pages[at - 1].boxes:
        if box.kind == "box" and (marks or {}).get(box.place) == box.option:
            pens.draw(image, box.area, "cross", pen, rng, second=True)
        elif box.kind != "box" and (marks or {}).get(box.place) == "" and (box.column or 0) == 0:
            pens.write(image, box.area, pen, rng)
    small = cv2.resize(
        image, None, fx=SCAN_DPI / DPI, fy=SCAN_DPI / DPI, interpolation=cv2.INTER_AREA
    )
    noise = np.random.default_rng(rng.getrandbits(32))
    grainy = small.astype(np.int16) + noise.integers(-6, 7, small.shape, dtype=np.int16)
    return np.clip(grainy, 0, 255).astype(np.uint8)


def sheet_pages(
    laid_out: LaidOut,
    round_id: str,
    sheet: str,
    marks: Mapping[str, str] | None = None,
    *,
    seed: int = 0,
) -> list[Grey]:
    """All pages of one sheet."""
    return [
        page_of(laid_out, round_id, sheet, page.number, marks, seed=seed)
        for page in laid_out.layout.pages
    ]


def as_pdf(pages: Sequence[Grey]) -> bytes:
    """A copier's PDF: one JPEG a page."""
    images = [Image.fromarray(page) for page in pages]
    written = io.BytesIO()
    images[0].save(
        written, "PDF", save_all=True, append_images=images[1:], resolution=SCAN_DPI, quality=80
    )
    return written.getvalue()


def as_tiff(pages: Sequence[Grey]) -> bytes:
    """A multi-page TIFF."""
    images = [Image.fromarray(page) for page in pages]
    written = io.BytesIO()
    images[0].save(
        written,
        "TIFF",
        save_all=True,
        append_images=images[1:],
        compression="tiff_lzw",
        dpi=(SCAN_DPI, SCAN_DPI),
    )
    return written.getvalue()


def as_image(page: Grey, kind: str) -> bytes:
    """One page as JPEG or PNG."""
    written = io.BytesIO()
    Image.fromarray(page).save(written, kind, dpi=(SCAN_DPI, SCAN_DPI), quality=40)
    return written.getvalue()


def flat(sheets: Iterable[Sequence[Grey]]) -> list[Grey]:
    """The pages of many sheets, one after another."""
    return [page for sheet in sheets for page in sheet]
