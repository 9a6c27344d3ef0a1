"""Sheets as they are printed: one leaf, corners by their place, codes that can be read, boxes where the map says."""

import io

import cv2
import numpy as np
import pypdfium2
import pytest
import zxingcpp

from forms import library
from forms.document import read_document
from forms.paper.layout import HEIGHT, WIDTH, Area, PaperLayout, from_plain, to_plain
from forms.paper.page_code import read_page_code
from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise
from server.notice_file import default_notice
from server.paper.laying_out import LaidOut, lay_out
from server.paper.printing import print_sheets
from tests.server.installation import ALL_KINDS

from . import sheets

SCALE = 8  # pixels in a millimetre: 203 dpi


def pictures(pdf: bytes) -> list[np.ndarray]:
    """The pages of a PDF as grey pictures."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [
            page.render(scale=SCALE * 25.4 / 72, grayscale=True).to_numpy().squeeze()
            for page in document
        ]


def part(picture: np.ndarray, area: Area, margin: float = 0) -> np.ndarray:
    """What lies in an area, in millimetres, of a page."""
    top, bottom = (area.y - margin) * SCALE, (area.y + area.height + margin) * SCALE
    left, right = (area.x - margin) * SCALE, (area.x + area.width + margin) * SCALE
    return picture[round(top) : round(bottom), round(left) : round(right)]


@pytest.fixture(scope="module", params=["da", "ar"])
def printed(request: pytest.FixtureRequest) -> tuple[LaidOut, list[np.ndarray]]:
    """The IV sheet in a language, printed once."""
    laid_out = sheets.laid_out("iv-satisfaction", request.param)
    return laid_out, pictures(print_sheets(laid_out, "k7m2pq", ["a2345678"]))


def test_the_iv_sheet_is_one_leaf(printed: tuple[LaidOut, list[np.ndarray]]) -> None:
    laid_out, pages = printed
    assert len(laid_out.layout.pages) == len(pages) == 2
    assert from_plain(to_plain(laid_out.layout)) == laid_out.layout


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_notice_begins_before_the_first_question(language: str) -> None:
    """Who is responsible and what for; the rest stands at the end, all of it is on the sheet, and the sheet is one leaf still."""
    sheet = sheets.laid_out("iv-satisfaction", language)
    assert len(sheet.layout.pages) == 2
    with pypdfium2.PdfDocument(sheet.pages) as document:
        text = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)
    notice = default_notice("Region Syddanmark", Promise.ANONYMOUS)[language]
    first = text.index(" 1. ")
    places = {name: text.index(" ".join(said.split())[:30]) for name, said in notice.items()}
    assert {name for name, at in places.items() if at < first} == {"controller", "purpose"}
    assert len(places) == 8


@pytest.mark.parametrize(
    ("language", "said"), [("da", "dag måned år"), ("ar", "اليوم الشهر السنة"), ("en", "day month year")]
)  # fmt: skip
def test_a_day_is_asked_for_in_the_language_of_the_sheet(language: str, said: str) -> None:
    questionnaire = read_document(ALL_KINDS)
    sheet = lay_out(questionnaire, sheets.facts(questionnaire), language)
    with pypdfium2.PdfDocument(sheet.pages) as document:
        text = " ".join(page.get_textpage().get_text_range() for page in document)
    assert all(word in text for word in said.split())


CHOICES = """
format: 1
questionnaire: choices
shape: survey
promise: confidential
languages: {da: {state: reviewed, by: T, on: 2026-01-01}}
title: A
sections:
  - id: s
    title: S
    questions:
      - {id: who, kind: unit, text: Hvem}
      - {id: place, kind: one_of, text: Hvor, options: [%s]}
report: {tables: []}
"""
LONG = "Almen praksis og lægehus Nørregade nr. {}"


def test_units_with_long_names_are_written_where_one_page_does_not_hold_them() -> None:
    """What is marked on another page than the first of a question would be lost."""
    questionnaire = read_document(
        CHOICES % "{id: home, text: Hjemme}, {id: ward, text: Afdelingen}"
    )
    units = [(f"unit-{n}", LONG.format(n)) for n in range(60)]
    sheet = lay_out(questionnaire, sheets.facts(questionnaire, units=units), "da")
    found = [box.kind for page in sheet.layout.pages for box in page.boxes if box.place == "who"]
    assert found == ["frame"]


def test_a_question_that_no_page_holds_is_refused() -> None:
    options = ", ".join(f"{{id: o{n}, text: {LONG.format(n)}}}" for n in range(70))
    questionnaire = read_document(CHOICES % options)
    with pytest.raises(ProblemError) as refused:
        lay_out(questionnaire, sheets.facts(questionnaire), "da")
    assert (refused.value.problem, refused.value.detail) == (Problem.QUESTION_TOO_LARGE, "place")


REQUIRED_IF = """
format: 1
questionnaire: required-if
shape: interview
promise: confidential
languages: {da: {state: reviewed, by: T, on: 2026-01-01}}
title: A
sections:
  - id: s
    title: S
    questions:
      - {id: place, kind: one_of, text: Hvor, options: [{id: home, text: Hjemme}, {id: ward, text: Afdelingen}]}
      - {id: whole, kind: short_text, text: Hele, length: 40, require_if: "place == 'home'"}
      - id: steps
        kind: group
        text: Trin
        maximum: 1
        questions:
          - {id: inner, kind: short_text, text: Trinnet, length: 40, require_if: "place == 'home'"}
report: {tables: []}
"""


def test_a_sheet_says_when_something_must_be_answered_also_within_repetitions() -> None:
    questionnaire = read_document(REQUIRED_IF)
    text = " ".join(text_of(lay_out(questionnaire, sheets.facts(questionnaire), "da")))
    assert text.count("Dette skal besvares, hvis") == 2


def test_a_sheet_has_no_back_for_the_end_of_its_notice_alone() -> None:
    assert len(sheets.laid_out("fmk-status", "da").layout.pages) == 1


def text_of(sheet: LaidOut) -> list[str]:
    """What stands on each page, with single spaces."""
    with pypdfium2.PdfDocument(sheet.pages) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


@pytest.mark.parametrize(
    ("name", "crosses", "digits"),
    [("iv-satisfaction", True, False), ("ibclc", False, True), ("iv-tally", True, True), ("fmk-status", False, False)],
)  # fmt: skip
def test_a_sheet_tells_how_to_mark_what_it_asks_for(name: str, crosses: bool, digits: bool) -> None:
    first = text_of(sheets.laid_out(name, "da"))[0]
    assert ("Sæt kryds i feltet" in first) == crosses
    assert ("Skriv ét tal i hvert felt" in first) == digits
    assert ("Skriv inden for rammerne" in first) == (not crosses and not digits)


def test_the_rest_of_the_notice_stands_on_one_page() -> None:
    pages = text_of(sheets.laid_out("ptsd-interviews", "da"))
    [begins] = [number for number, text in enumerate(pages) if "Sådan behandler vi dine svar" in text]  # fmt: skip
    assert "Du kan klage til Datatilsynet" in pages[begins]


def test_corner_marks_are_found_in_their_corners(
    printed: tuple[LaidOut, list[np.ndarray]],
) -> None:
    laid_out, pages = printed
    detector = cv2.aruco.ArucoDetector(
        cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    )
    for page, picture in zip(laid_out.layout.pages, pages, strict=True):
        corners, ids, _ = detector.detectMarkers(picture)
        found = {
            int(id): corner[0][0] / SCALE for id, corner in zip(ids.ravel(), corners, strict=True)
        }
        assert sorted(found) == [0, 1, 2, 3]
        for mark in page.marks:
            assert np.allclose(found[mark.id], [mark.area.x, mark.area.y], atol=0.3)


def test_codes_say_which_page_of_which_sheet(printed: tuple[LaidOut, list[np.ndarray]]) -> None:
    laid_out, pages = printed
    for page, picture in zip(laid_out.layout.pages, pages, strict=True):
        [code] = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
        read = read_page_code(code.text)
        assert read is not None
        assert (read.round, read.language, read.layout, read.page, read.sheet) == (
            "k7m2pq", laid_out.layout.language, laid_out.layout.id, page.number, "a2345678",
        )  # fmt: skip
        assert min(page.qr.width, page.qr.height) >= 12
        around = part(picture, page.qr, 2.2)
        inside = part(picture, page.qr, 0.2)
        assert (around < 128).sum() == (inside < 128).sum()  # four modules of white


def test_boxes_are_outlines_where_the_map_says(printed: tuple[LaidOut, list[np.ndarray]]) -> None:
    laid_out, pages = printed
    for page, picture in zip(laid_out.layout.pages, pages, strict=True):
        for box in page.boxes:
            if box.kind == "box":
                assert 4 <= box.area.width <= 5
                assert 4 <= box.area.height <= 5
            inner = Area(
                box.area.x + 0.6, box.area.y + 0.6, box.area.width - 1.2, box.area.height - 1.2
            )
            assert part(picture, inner).min() > 200, box  # nothing stands inside
            for edge in (
                Area(box.area.x, box.area.y, box.area.width, 0.35),
                Area(box.area.x, box.area.y + box.area.height - 0.35, box.area.width, 0.35),
                Area(box.area.x, box.area.y, 0.35, box.area.height),
                Area(box.area.x + box.area.width - 0.35, box.area.y, 0.35, box.area.height),
            ):
                assert part(picture, edge).mean() < 140, box


def test_languages_from_right_to_left_are_mirrored() -> None:
    danish = sheets.laid_out("iv-satisfaction", "da").layout
    arabic = sheets.laid_out("iv-satisfaction", "ar").layout

    def across(layout: PaperLayout) -> list[str]:
        boxes = [box for page in layout.pages for box in page.boxes if box.place == "choice"]
        return [box.option for box in sorted(boxes, key=lambda box: box.area.x)]

    assert across(danish) == list(reversed(across(arabic)))
    assert [mark.id for mark in arabic.pages[0].marks] == [0, 1, 2, 3]


def test_every_box_of_the_definition_is_on_the_sheet() -> None:
    found = {
        (box.place, box.option)
        for page in sheets.laid_out("iv-satisfaction", "da").layout.pages
        for box in page.boxes
    }
    expected = set()
    for question in library.read("iv-satisfaction").questions():
        for option in getattr(question, "options", ()):
            expected.add((question.id, option.id))
        if question.dont_know:
            expected.add((question.id, "~dont_know"))
        if question.not_relevant:
            expected.add((question.id, "~not_relevant"))
        if question.KIND == "long_text":
            expected.add((question.id, ""))
    assert found == expected


def test_nothing_stands_in_the_bands_of_the_marks() -> None:
    for language in ("da", "en", "ar", "fa"):
        for page in sheets.laid_out("iv-satisfaction", language).layout.pages:
            for box in page.boxes:
                assert 15 <= box.area.x <= WIDTH - 15 - box.area.width + 0.02, box
                assert 26 <= box.area.y <= HEIGHT - 30 - box.area.height, box


def test_a_pile_is_one_file_with_a_leaf_for_each_sheet() -> None:
    laid_out = sheets.laid_out("iv-satisfaction", "da")
    numbers = sheets.NUMBERS[:5]
    pdf = print_sheets(laid_out, "k7m2pq", numbers)
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        assert len(document) == 10
        for index, page in enumerate(document):
            picture = page.render(scale=SCALE * 25.4 / 72, grayscale=True).to_numpy().squeeze()
            [code] = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
            read = read_page_code(code.text)
            assert read is not None
            assert (read.page, read.sheet) == (index % 2 + 1, numbers[index // 2])


def test_each_box_stands_by_its_own_words() -> None:
    """Below the box, where a scale lies flat, else beside it: what is printed there is the option that the map names."""
    questionnaire = library.read("iv-satisfaction")
    labels = {}
    for question in questionnaire.questions():
        for option in getattr(question, "options", ()):
            labels[(question.id, option.id)] = option.text["da"]
        for state in ("dont_know", "not_relevant"):
            texts = getattr(question, state)
            if texts is not None:
                labels[(question.id, f"~{state}")] = texts["da"]
    laid_out = sheets.laid_out("iv-satisfaction", "da")
    with pypdfium2.PdfDocument(laid_out.pages) as document:
        for page, drawn in zip(laid_out.layout.pages, document, strict=True):
            texts_of_page = drawn.get_textpage()

            def words(
                x: float, y: float, right: float, bottom: float, texts: object = texts_of_page
            ) -> str:
                edges = (x, HEIGHT - bottom, right, HEIGHT - y)
                found = texts.get_text_bounded(*(edge * 72 / 25.4 for edge in edges))  # type: ignore[attr-defined]
                return " ".join(found.split())

            for box in page.boxes:
                if box.kind != "box":
                    continue
                area, label = box.area, labels[(box.place, box.option)]
                middle, below = area.x + area.width / 2, area.y + area.height
                beside = words(area.x + area.width, area.y, area.x + 85, below)
                under = words(middle - 15, below, middle + 15, below + 11)
                # a wide label's first letter may stand outside the strip
                short = label.removeprefix("I ")
                assert under.removeprefix("I ").startswith(short) or beside.startswith(label), box
