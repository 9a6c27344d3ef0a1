"""Setting a scanned page straight: which page of which sheet it is, and its picture in millimetres."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp

from forms.paper.corner_marks import marks as usual_marks
from forms.paper.layout import Area, Mark, PageMap, PaperLayout
from forms.paper.page_code import PageCode, read_page_code
from sync.paper.corner_marks import FoundMarks, Grey, apply, homography
from sync.paper.pages import PIXELS_PER_MM
from sync.paper.slipped_code import mended

#: White kept around the QR code when it is cut out, in millimetres: its quiet zone, and what a page slips.
_AROUND_CODE = 4.0
#: About how long its side is, in millimetres.
_SIDE = 16.0
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


@dataclass(slots=True)
class Places:
    """Where marks and QR codes stood on the pages read so far; a pile has few kinds of pages."""

    marks: tuple[Mark, ...] = field(default_factory=usual_marks)
    codes: list[Area] = field(default_factory=list)

    def learn(self, page: PageMap) -> None:
        """Look here first next time."""
        self.marks = page.marks
        if page.qr in self.codes:
            self.codes.remove(page.qr)
        self.codes.insert(0, page.qr)
        del self.codes[4:]


def find_code(grey: Grey, marks: FoundMarks, places: Places) -> PageCode | None:
    """The page's QR code, where such codes stood before, else anywhere on the page."""
    if places.codes and marks.enough:
        matrix = homography(marks, places.marks)
        for area in places.codes if matrix is not None else ():
            part = _around(grey, matrix, area)
            if part.size and (found := _read(part)) is not None:
                return found
    found = _read(grey) or _read(_halved(grey)) or _read(_sharpened(grey))
    return found or (_slipped(grey) if marks.corners else None)


def _slipped(grey: Grey) -> PageCode | None:
    """A code that was seen and not read, because the page slipped in the middle of it."""
    for seen in zxingcpp.read_barcodes(grey, formats=_QR, return_errors=True):
        corners = (seen.position.top_left, seen.position.top_right, seen.position.bottom_right,
                   seen.position.bottom_left)  # fmt: skip
        across, down = [one.x for one in corners], [one.y for one in corners]
        side = max(max(across) - min(across), max(down) - min(down))
        if not 40 < side < max(grey.shape) // 4:
            continue
        edge = side // 4
        part = grey[
            max(0, min(down) - edge) : max(down) + edge,
            max(0, min(across) - edge) : max(across) + edge,
        ]
        for whole in mended(part, side / _SIDE):
            for code in zxingcpp.read_barcodes(np.ascontiguousarray(whole), formats=_QR):
                if (found := read_page_code(code.text)) is not None:
                    return found
    return None


def _around(grey: Grey, matrix: npt.NDArray[np.float64] | None, area: Area) -> Grey:
    assert matrix is not None
    left, top = area.x - _AROUND_CODE, area.y - _AROUND_CODE
    right, bottom = area.x + area.width + _AROUND_CODE, area.y + area.height + _AROUND_CODE
    corners = apply(matrix, np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return np.ascontiguousarray(
        grey[max(0, int(y0)) : max(0, int(y1) + 1), max(0, int(x0)) : max(0, int(x1) + 1)]
    )


def _read(part: Grey) -> PageCode | None:
    for attempt in range(3 if part.size < 400_000 else 1):
        looked_at = part
        if attempt == 1:
            looked_at = _sharpened(part)
        elif attempt == 2:
            looked_at = cv2.GaussianBlur(part, (0, 0), 1.2).astype(np.uint8, copy=False)
        for code in zxingcpp.read_barcodes(np.ascontiguousarray(looked_at), formats=_QR):
            found = read_page_code(code.text)
            if found is not None:
                return found
    return None


def _sharpened(part: Grey) -> Grey:
    larger = cv2.resize(part, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return larger.astype(np.uint8, copy=False)


def _halved(part: Grey) -> Grey:
    smaller = cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return smaller.astype(np.uint8, copy=False)


@dataclass(frozen=True, slots=True)
class Straight:
    """A page set straight: PIXELS_PER_MM pixels to the millimetre, `black` and how much of it a printed line has.

    `scale` is pixels of the scan to the millimetre.
    """

    grey: Grey
    black: float
    scale: float


def straighten(
    grey: Grey, marks: FoundMarks, layout: PaperLayout, page: PageMap
) -> Straight | None:
    """The page set straight by its corner marks; None where these are too few or make no sense."""
    matrix = homography(marks, page.marks)
    if matrix is None:
        return None
    # Middles of pixels: pixel 0 of the straight page is the middle of its first 1/PIXELS_PER_MM millimetre.
    step = 1 / PIXELS_PER_MM
    to_mm = np.array([[step, 0, step / 2], [0, step, step / 2], [0, 0, 1]])
    size = (round(layout.width * PIXELS_PER_MM), round(layout.height * PIXELS_PER_MM))
    straight = cv2.warpPerspective(
        grey,
        matrix @ to_mm,
        size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255,),
    ).astype(np.uint8, copy=False)
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    return Straight(straight, _black(straight, page.marks), scale)


def _black(straight: Grey, marks: tuple[Mark, ...]) -> float:
    """How dark printed black is here: the corner marks' own black borders, the median of the four."""
    levels = []
    for mark in marks:
        cell = mark.area.width / 8
        y = int((mark.area.y + cell * 0.3) * PIXELS_PER_MM)
        x = int((mark.area.x + cell) * PIXELS_PER_MM)
        strip = straight[
            y : y + max(1, int(cell * 0.4 * PIXELS_PER_MM)), x : x + int(6 * cell * PIXELS_PER_MM)
        ]
        levels.append(float(np.median(strip)))
    return float(np.median(sorted(levels)[:3]))
