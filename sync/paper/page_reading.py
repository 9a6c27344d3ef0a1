"""One scanned page, from its picture to its boxes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from forms.paper.layout import Box, PageMap, PaperLayout
from forms.paper.page_code import PageCode
from sync.paper.corner_marks import FoundMarks, Grey, find_marks
from sync.paper.decisions import (
    CRUMB,
    judge_box,
    judge_cell,
    judge_frame,
    judge_unmarked,
    pencil_lost,
)
from sync.paper.outlines import Ink, measure, measure_frame
from sync.paper.pages import PIXELS_PER_MM, ReadBox, ReadPage, State, Status, Warned
from sync.paper.straightening import Places, Straight, find_code, straighten

#: Scans finer than this many pixels along their long side are made smaller first: 1.6 times A4 at 200 dpi.
_FINE = 3800
_WANTED = 2340
#: Boxes larger than this, in millimetres, are measured like frames.
_LARGE = 25.0
#: A page with less ink than this share of it is blank: about 30 mm², a few letters.
_BLANK = 0.0005
#: Fewer dots an inch than this are too few for pencil and QR codes.
_COARSE = 130
_QUALITY = 60


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page's picture, grey, and where it came from: `width` is that of the scan, before it was made smaller."""

    grey: Grey
    one_bit: bool
    digest: str
    width: int


@dataclass(slots=True)
class PageReader:
    """Reads page after page of one file. `layouts` gives the sheet of a layout's id, or None."""

    layouts: Callable[[str], PaperLayout | None]
    places: Places = field(default_factory=Places)

    def read(self, index: int, image: PageImage) -> ReadPage:
        """What one page holds."""
        grey = _not_too_fine(image.grey)
        marks = find_marks(grey)
        if not marks.corners and _is_blank(grey):
            return self._other(index, image, grey, "blank")
        code = find_code(grey, marks, self.places)
        if code is None:
            if marks.corners:
                return self._other(index, image, grey, "unreadable", warned=Warned.NO_CODE)
            return self._other(index, image, grey, "foreign")
        layout = self.layouts(code.layout)
        page = layout.page(code.page) if layout is not None else None
        if layout is None or page is None:
            return self._other(index, image, grey, "unreadable", code, Warned.UNKNOWN_LAYOUT)
        straight = straighten(grey, marks, layout, page)
        if straight is None:
            return self._other(index, image, grey, "unreadable", code, Warned.NO_MARKS)
        self.places.learn(page)
        return self._sheet(index, image, grey, marks, code, straight, layout, page)

    def _sheet(
        self,
        index: int,
        image: PageImage,
        grey: Grey,
        marks: FoundMarks,
        code: PageCode,
        straight: Straight,
        layout: PaperLayout,
        page: PageMap,
    ) -> ReadPage:
        boxes, warned = _read_boxes(straight, layout, page, one_bit=image.one_bit)
        dpi = round(straight.scale * 25.4 * image.width / grey.shape[1])
        warnings = [
            warned
            for warned, holds in (
                (Warned.ONE_BIT, image.one_bit),
                (Warned.COARSE, dpi < _COARSE),
                (Warned.THREE_MARKS, len(marks.corners) < 4),
                *((one, True) for one in sorted(warned)),
            )
            if holds
        ]
        return ReadPage(
            index=index,
            status="sheet",
            digest=image.digest,
            round=code.round,
            language=code.language,
            layout=code.layout,
            page=code.page,
            sheet=code.sheet,
            turned=marks.turned,
            one_bit=image.one_bit,
            dpi=dpi,
            warnings=tuple(warnings),
            boxes=boxes,
            image=_jpeg(straight.grey),
        )

    def _other(
        self,
        index: int,
        image: PageImage,
        grey: Grey,
        status: Status,
        code: PageCode | None = None,
        warned: Warned | None = None,
    ) -> ReadPage:
        """A page that is no sheet, or none that can be read; kept as a picture that a person can look at."""
        return ReadPage(
            index=index,
            status=status,
            digest=image.digest,
            round=code.round if code else "",
            language=code.language if code else "",
            layout=code.layout if code else "",
            page=code.page if code else 0,
            sheet=code.sheet if code else "",
            one_bit=image.one_bit,
            warnings=(warned,) if warned else (),
            image=_jpeg(_smaller(grey, 297 * PIXELS_PER_MM)),
        )


def _read_boxes(
    straight: Straight, layout: PaperLayout, page: PageMap, *, one_bit: bool
) -> tuple[tuple[ReadBox, ...], set[Warned]]:
    """The boxes of a page as they were found, and what is to be said about them."""
    small = [n for n, box in enumerate(page.boxes) if not _is_large(box)]
    measured = measure(straight, [page.boxes[n] for n in small]) if small else []
    inks = dict(zip(small, measured, strict=True))
    fills: dict[int, float] = {n: ink.fill for n, ink in inks.items()}
    states: dict[int, State] = {}
    for n, box in enumerate(page.boxes):
        if n not in inks:
            fills[n] = measure_frame(straight, box.area)
            states[n] = judge_frame(fills[n])
        elif box.kind == "box":
            states[n] = judge_box(inks[n], filled_means_cancelled=layout.filled_means_cancelled)
        else:
            states[n] = judge_cell(inks[n])
    warned = _judge_together(page, inks, states, one_bit=one_bit)
    if sum(1 for ink in measured if not ink.outline) >= 3:
        warned.add(Warned.OUTLINES)
    read = (
        ReadBox(box.place, box.option, box.kind, box.column, round(fills[n], 4), states[n])
        for n, box in enumerate(page.boxes)
    )
    return tuple(read), warned


def _judge_together(
    page: PageMap, inks: dict[int, Ink], states: dict[int, State], *, one_bit: bool
) -> set[Warned]:
    """Look again at boxes in the light of the others of their question and page."""
    ticks = [n for n, box in enumerate(page.boxes) if box.kind == "box" and n in inks]
    places: dict[str, list[int]] = defaultdict(list)
    for n in ticks:
        places[page.boxes[n].place].append(n)
    marked = sum(1 for boxes in places.values() if any(states[n] == "marked" for n in boxes))
    lost = one_bit and pencil_lost(list(inks.values()), marked, len(places))
    for boxes in places.values():
        unmarked = not any(states[n] == "marked" for n in boxes)
        for n in boxes:
            if lost and (unmarked or inks[n].fill >= CRUMB):
                states[n] = "doubtful"
            elif unmarked and states[n] == "blank":
                states[n] = judge_unmarked(inks[n])
    if not lost:
        return set()
    for n, state in states.items():
        if page.boxes[n].kind != "box" and state == "blank":
            states[n] = "doubtful"
    return {Warned.PENCIL_LOST}


def _is_large(box: Box) -> bool:
    return box.kind == "frame" or max(box.area.width, box.area.height) > _LARGE


def _not_too_fine(grey: Grey) -> Grey:
    longest = max(grey.shape)
    return _smaller(grey, _WANTED) if longest > _FINE else grey


def _smaller(grey: Grey, longest: int) -> Grey:
    scale = longest / max(grey.shape)
    if scale >= 1:
        return grey
    smaller = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return smaller.astype(np.uint8, copy=False)


def _is_blank(grey: Grey) -> bool:
    """Whether there is next to nothing on a page, its margins (shadows, holes, staples) apart."""
    small = _smaller(grey, 800)
    high, wide = small.shape
    edge = max(1, int(0.05 * min(high, wide)))
    inner = cv2.medianBlur(np.ascontiguousarray(small[edge : high - edge, edge : wide - edge]), 3)
    paper = float(np.percentile(inner[::4, ::4], 70))
    return float(np.count_nonzero(inner < paper - 60)) / max(1, inner.size) < _BLANK


def _jpeg(grey: Grey) -> bytes:
    done, encoded = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError("a page cannot be written as JPEG")
    return encoded.tobytes()
