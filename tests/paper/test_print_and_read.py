"""What is printed is read: the reader finds every box of our own sheets where the map says, empty or crossed, in either direction."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path

import pytest
from PIL import Image

from forms import library
from forms.document import read_document
from forms.questionnaire import Questionnaire
from server.paper.laying_out import LaidOut, lay_out
from server.paper.printing import print_sheets
from sync.paper.reading import read_file
from tests.paper import sheets
from tests.paper.generator import pens
from tests.paper.generator.copier import ordinary_scan, scan
from tests.paper.generator.sheet import Grey, printed_sheet
from tests.server.installation import ALL_KINDS

SHEETS = [("all-kinds", "da"), ("all-kinds", "ar"), ("iv-satisfaction", "ar")]
if os.environ.get("SVARBOKS_PROOF"):
    SHEETS += [
        (name, language.tag)
        for name in library.names()
        for language in library.read(name).languages
    ]


def questionnaire_of(name: str) -> Questionnaire:
    return read_document(ALL_KINDS) if name == "all-kinds" else library.read(name)


def scanned(tmp_path: Path, pages: list[Grey]) -> Path:
    """A copier's PDF of pages."""
    pictures = [Image.fromarray(page) for page in pages]
    path = tmp_path / "scan.pdf"
    written = io.BytesIO()
    pictures[0].save(written, "PDF", save_all=True, append_images=pictures[1:], resolution=200, quality=80)  # fmt: skip
    path.write_bytes(written.getvalue())
    return path


def printed(name: str, language: str) -> tuple[LaidOut, bytes]:
    questionnaire = questionnaire_of(name)
    units = [("assens", "Assens"), ("billund", "Billund")]
    sheet = lay_out(questionnaire, sheets.facts(questionnaire, units=units), language)
    return sheet, print_sheets(sheet, "k7m2pq", ["a2345678"], fill_backs=False)


@pytest.mark.parametrize(("name", "language"), SHEETS)
def test_an_empty_sheet_is_read_as_empty_and_a_filled_one_as_filled(
    tmp_path: Path, name: str, language: str
) -> None:
    rng = random.Random(7)
    sheet, pdf = printed(name, language)
    rendered = printed_sheet(pdf, sheet.layout)
    empty = [page.copy() for page in rendered.pages]
    crossed = [page.copy() for page in rendered.pages]
    meant: dict[tuple[str, str, int | None], str] = {}
    for page, picture in zip(sheet.layout.pages, crossed, strict=True):
        for box in page.boxes:
            if rng.random() < 0.4:
                if box.kind == "box":
                    pens.draw(picture, box.area, "cross", pens.SECOND_PENS[0], rng, second=True)
                else:
                    pens.write(picture, box.area, pens.SECOND_PENS[0], rng)
                meant[(box.place, box.option, box.column)] = "marked"
    path = scanned(tmp_path, [scan(page, ordinary_scan(rng), rng) for page in (*empty, *crossed)])
    read = read_file(path, {sheet.layout.id: sheet.layout}.get)
    assert not read.problems
    number = len(sheet.layout.pages)
    for index, page in enumerate(read.pages):
        expected = sheet.layout.pages[index % number]
        if not expected.boxes and page.status == "blank":
            continue
        assert (page.status, page.page, page.sheet) == ("sheet", expected.number, "a2345678")
        for box in page.boxes:
            key = (box.place, box.option, box.column)
            truth = "blank" if index < number else meant.get(key, "blank")
            if truth == "blank":
                assert box.state == "blank", (index, box)
            elif box.kind == "box":
                assert box.state in ("marked", "doubtful"), (index, box)
            else:
                assert box.state != "blank", (index, box)
