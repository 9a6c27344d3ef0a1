"""Looks in a PDF for text that runs over: out of the margins, or over other text."""

from __future__ import annotations

import pypdfium2

#: The side margins of the report, in points (26 mm), less a point of tolerance.
MARGIN = 26 * 72 / 25.4 - 1.5


def overfull(pdf: bytes) -> list[str]:
    """What runs over, with its page; [] where nothing does. Captions for screen readers are a point high and left out."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for number, page in enumerate(document, 1):
            width, height = page.get_size()
            text = page.get_textpage()
            boxes = [text.get_rect(index) for index in range(text.count_rects())]
            boxes = [box for box in boxes if box[3] - box[1] > 2 and box[2] - box[0] > 0.5]
            for box in boxes:
                if box[0] < MARGIN or box[2] > width - MARGIN or box[1] < 0 or box[3] > height:
                    found.append(f"page {number}, in the margin: {text.get_text_bounded(*box)!r}")
            for index, one in enumerate(boxes):
                for other in boxes[index + 1 :]:
                    if _over(one, other):
                        words = [text.get_text_bounded(*box) for box in (one, other)]
                        found.append(f"page {number}, over each other: {words}")
            text.close()
            page.close()
    return found


def _over(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide > 1.0 and high > 2.5
