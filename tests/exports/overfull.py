"""Looks in a PDF for text that runs over: out of the margins, or over other text; and makes texts ten times as long."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pypdfium2

from forms.questionnaire import Question, Questionnaire

#: The side margins of the report, in points (26 mm; 22 mm on pages that lie), less a point of tolerance.
MARGIN = 26 * 72 / 25.4 - 1.5
MARGIN_LYING = 22 * 72 / 25.4 - 1.5


def overfull(pdf: bytes) -> list[str]:
    """What runs over, with its page; [] where nothing does. Captions for screen readers are a point high and left out."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for number, page in enumerate(document, 1):
            width, height = page.get_size()
            margin = MARGIN_LYING if width > height else MARGIN
            text = page.get_textpage()
            boxes = [text.get_rect(index) for index in range(text.count_rects())]
            boxes = [box for box in boxes if box[3] - box[1] > 2 and box[2] - box[0] > 0.5]
            for box in boxes:
                if box[0] < margin or box[2] > width - margin or box[1] < 0 or box[3] > height:
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


def longer(
    figures: dict[str, Any], questionnaire: Questionnaire
) -> tuple[dict[str, Any], Questionnaire]:
    """The same report with texts ten times as long."""

    def grown(part: Any, key: str = "") -> Any:
        if isinstance(part, dict):
            if part and all(isinstance(v, str) and k in ("da", "en") for k, v in part.items()):
                return {k: ten_times(v) for k, v in part.items()}
            return {k: grown(v, k) for k, v in part.items()}
        if isinstance(part, list):
            return [grown(one, key) for one in part]
        return (
            ten_times(part)
            if key in ("label", "working_group") and isinstance(part, str) and part
            else part
        )

    def grow(question: Question) -> Question:
        return replace(question, text={tag: ten_times(text) for tag, text in question.text.items()})

    q = replace(
        questionnaire,
        sections=tuple(
            replace(section, questions=tuple(grow(one) for one in section.questions))
            for section in questionnaire.sections
        ),
    )
    return grown(figures), q


def ten_times(text: str) -> str:
    return " ".join([text] * 9 + [text.replace(" ", "")[:28]])
