"""A sheet to fill in: drawn here, or printed by Svarboks and rendered, always as grey pixels at 300 dpi."""

from __future__ import annotations

import io
from dataclasses import astuple, dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
import segno

from forms.document import read_document
from forms.paper.corner_marks import dark_areas, marks
from forms.paper.layout import Area, Box, PageMap, PaperLayout, make_layout
from forms.paper.page_code import PageCode
from forms.questionnaire import Questionnaire

Grey = npt.NDArray[np.uint8]

DPI = 300
PER_MM = DPI / 25.4
QR = Area(98.0, 12.5, 16.0, 16.0)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A layout and its pages as printed, still without QR codes unless `coded`."""

    layout: PaperLayout
    pages: tuple[Grey, ...]
    coded: bool = False

    def page(self, number: int, sheet: str, round_id: str = "k7m2pq4t") -> Grey:
        """A copy of one page (from 1), with its QR code."""
        image = self.pages[number - 1].copy()
        if not self.coded:
            code = PageCode(round_id, self.layout.language, self.layout.id, number, sheet)
            _draw_code(image, self.layout.pages[number - 1].qr, str(code))
        return image


def drawn_sheet(*, version: str = "a" * 64, cancels: bool = True) -> Sheet:
    """One page as dense as a real one: choices one below the other, a matrix, several of several, combs and a frame."""
    boxes: list[Box] = []
    words: list[tuple[float, float, str]] = []
    side = 4.5
    y = 36.0
    for question in ("choose", "safe", "informed", "same"):
        words.append((14, y + 3, "Oplevede du, at du kunne det, som du havde brug for her?"))
        y += 7
        for option in ("5", "4", "3", "2", "1", "~dont_know"):
            boxes.append(Box(question, option, "box", Area(16, y, side, side)))
            words.append((24, y + 3.6, "I meget hoej grad eller noget andet"))
            y += 6.6
    y = 40.0
    words.append((112, y - 2, "Hvor meget passer det?"))
    for row in range(7):
        words.append((112, y + 3.6, "Jeg blev hoert"))
        for column, option in enumerate(("1", "2", "3", "4", "5", "~not_relevant")):
            x = 145 + column * 8.5
            boxes.append(Box(f"care/s{row}", option, "box", Area(x, y, side, side)))
        y += 8.5
    y += 4
    words.append((112, y, "Saet gerne flere krydser"))
    y += 4
    for option in ("pump", "drip", "bag", "none"):
        boxes.append(Box("aids", option, "box", Area(114, y, side, side)))
        words.append((122, y + 3.6, "Pumpe eller drop"))
        y += 6.6
    y += 6
    for place, cells in (("minutes", 4), ("seen", 8)):
        words.append((112, y - 2, "Hvor laenge, hvornaar?"))
        boxes += [
            Box(place, "", "comb", Area(114 + 6 * cell, y, 6, 8), cell) for cell in range(cells)
        ]
        y += 16
    boxes.append(Box("suggestions", "", "frame", Area(112, y, 84, 45)))
    words.append((112, y - 2, "Har du noget at tilfoeje?"))
    boxes = [replace(box, area=Area(*map(float, astuple(box.area)))) for box in boxes]
    layout = make_layout(
        version=version, language="da", pages=(PageMap(1, marks(), QR, tuple(boxes)),),
        filled_means_cancelled=cancels,
    )  # fmt: skip
    image = np.full((round(297 * PER_MM), round(210 * PER_MM)), 255, np.uint8)
    for mark in marks():
        for area in dark_areas(mark):
            _fill(image, area, 12)
    for box in boxes:
        _outline(image, box.area, 0.35)
    for x, at, text in words:
        cv2.putText(
            image, text, (_px(x), _px(at)), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (12,), 2, cv2.LINE_AA
        )
    return Sheet(layout, (image,))


DRAWN = """
format: 1
questionnaire: drawn
shape: survey
languages: {da: {state: reviewed, by: Svarboks, on: 2022-01-01}}
title: {da: Tegnet}
sections:
  - id: all
    title: {da: Det hele}
    questions:
CHOICES
      - id: care
        kind: matrix
        text: {da: Passer det?}
        statements: [STATEMENTS]
        points: [POINTS]
        not_relevant: true
      - id: aids
        kind: several_of
        text: {da: Hvilke?}
        options: [{id: pump, text: {da: P}}, {id: drip, text: {da: D}}, {id: bag, text: {da: B}}, {id: none, text: {da: N}}]
      - {id: minutes, kind: count, text: {da: Hvor mange?}}
      - {id: seen, kind: date, text: {da: Hvornår?}}
      - {id: suggestions, kind: long_text, text: {da: Forslag?}}
"""


def drawn_questionnaire() -> Questionnaire:
    """The questionnaire that `drawn_sheet` is a sheet of."""
    points = ", ".join(
        f'{{id: "{n}", text: {{da: "{n}"}}, score: {n}, tone: neutral}}' for n in range(1, 6)
    )
    choices = "".join(
        f"      - {{id: {id}, kind: one_of, text: {{da: Hvad?}}, dont_know: true, options: ["
        + ", ".join(f'{{id: "{n}", text: {{da: "{n}"}}}}' for n in range(1, 6))
        + "]}\n"
        for id in ("choose", "safe", "informed", "same")
    )
    statements = ", ".join(f"{{id: s{n}, text: {{da: S}}}}" for n in range(7))
    text = DRAWN.replace("CHOICES\n", choices).replace("STATEMENTS", statements)
    return read_document(text.replace("POINTS", points))


def printed_sheet(pdf: bytes, layout: PaperLayout) -> Sheet:
    """The first sheet of a PDF that Svarboks printed, rendered; its own QR codes are on it."""
    import pypdfium2

    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    pages = []
    for number in range(len(layout.pages)):
        page = document[number]
        bitmap = page.render(scale=DPI / 72, grayscale=True)
        image = bitmap.to_numpy().reshape(bitmap.height, bitmap.width)
        pages.append(image.copy())
        page.close()
    document.close()
    return Sheet(layout, tuple(pages), coded=True)


def _px(mm: float) -> int:
    return round(mm * PER_MM)


def _fill(image: Grey, area: Area, value: int) -> None:
    image[_px(area.y) : _px(area.y + area.height), _px(area.x) : _px(area.x + area.width)] = value


def _outline(image: Grey, area: Area, width: float) -> None:
    right, bottom = area.x + area.width, area.y + area.height
    for one in (
        Area(area.x, area.y, area.width, width),
        Area(area.x, bottom - width, area.width, width),
        Area(area.x, area.y, width, area.height),
        Area(right - width, area.y, width, area.height),
    ):
        _fill(image, one, 12)


def _draw_code(image: Grey, area: Area, text: str) -> None:
    code = segno.make(text, error="m", micro=False, boost_error=False)
    cells = np.array([[not bit for bit in row] for row in code.matrix], np.uint8) * 243 + 12
    side = _px(area.width)
    grown = cv2.resize(cells, (side, side), interpolation=cv2.INTER_NEAREST)
    y, x = _px(area.y), _px(area.x)
    image[y : y + side, x : x + side] = grown
