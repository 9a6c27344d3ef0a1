"""The report of every questionnaire of the library, from simulated answers, looked at as a machine sees it.

L1  PDF/UA-1: tags, language, a title that is shown, the identifier in the metadata, an alternative text on every figure, all
    fonts embedded, every element of structure where it may stand, every heading cell with its direction, and everything that
    a page shows either in the text or said to be decoration.
L2  Text can be selected: every heading and every figure of a table is in it.
L3  Nothing runs over at ten times the usual text: no cell, no label, no heading.
L4  The copy for the archive is PDF/A-2a, tagged too, the same each time it is made, and says the same; it has what ISO 19005-2
    asks of a file and nothing that it forbids, as far as a file shows that to a program (pdf_faults.py).
L5  Every figure of every report is read by an attacker of tests/exports, or stands on a list with the reason why not.

In check each is looked at in one language, and one of each shape at ten times; in proof all in both.
"""

from __future__ import annotations

import io
import os
import random
import unicodedata
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from exports.assemble import assemble
from exports.report import FOR_THE_ARCHIVE, render_report
from forms import library
from forms.answers import compile_check
from forms.document import from_plain, to_plain
from forms.questionnaire import Questionnaire
from server.simulation import draw_valid_answers
from store.database import create_store
from tests.exports.every_figure import unread
from tests.exports.overfull import overfull
from tests.exports.pdf_faults import archive_faults, content_faults, elements, structure_faults
from tests.exports.shaped import (
    SOFS,
    close,
    edition,
    keep_responses,
    open_shaped_round,
    send_return,
    version_of,
)
from tests.exports.watched import places_of

PROOF = os.environ.get("SVARBOKS_PROOF") == "1"
NAMES = library.names()
#: One of each shape; the others in proof.
LONG = NAMES if PROOF else ["iv-satisfaction", "sof-follow-up", "time-study", "ptsd-interviews", "journal-audit"]  # fmt: skip
pytestmark = pytest.mark.campaign


def figures_of_library(
    questionnaire: Questionnaire, folder: Path, answers: int = 90
) -> dict[str, Any]:
    """The figures of a round of four units with simulated answers."""
    version = version_of(questionnaire)
    checker = compile_check(version)
    rng = random.Random(f"{questionnaire.id} 1")
    is_return = str(questionnaire.shape) == "return"
    with create_store(folder / "data") as store:
        open_shaped_round(store, questionnaire, "r1", SOFS)
        given = [
            (unit, draw_valid_answers(checker, questionnaire, rng, units=list(SOFS)))
            for unit in (
                list(SOFS) if is_return else rng.choices(list(SOFS), [8, 5, 3, 1], k=answers)
            )
        ]
        if is_return:
            for unit, answer in given:
                send_return(store, "r1", unit, answer)
        else:
            keep_responses(store, "r1", given)
        close(store, "r1")
        return edition(store, "r1")


def ten_times(questionnaire: Questionnaire) -> Questionnaire:
    """The same questionnaire with every text ten times as long."""
    tags = {language.tag for language in questionnaire.languages}

    def grown(part: Any) -> Any:
        if isinstance(part, dict):
            if part and part.keys() <= tags and all(isinstance(one, str) for one in part.values()):
                return {tag: " ".join([text] * 10) for tag, text in part.items()}
            return {name: grown(one) for name, one in part.items()}
        return [grown(one) for one in part] if isinstance(part, list) else part

    return from_plain(grown(to_plain(questionnaire)))


def letters(text: str) -> str:
    """A text as it can be compared: however its lines were broken and its letters joined."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in plain if sign.isalnum())


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        said = []
        for page in document:
            text = page.get_textpage()
            said.append(text.get_text_bounded())
            text.close()
            page.close()
    return letters(" ".join(said))


def faults_of(pdf: pikepdf.Pdf, language: str, title: str) -> list[str]:
    """What a tagged PDF for everybody lacks."""
    found = []
    root = pdf.Root
    if str(root.get("/Lang")) != language:
        found.append("language")
    if not root.MarkInfo.Marked:
        found.append("not marked")
    if not bool(root.ViewerPreferences.DisplayDocTitle):
        found.append("title not shown")
    if title not in str(pdf.docinfo["/Title"]):
        found.append("title")
    structure = elements(root.StructTreeRoot)[1:]
    kinds = [str(one.S) for one in structure]
    if kinds.count("/H1") != 1 or "/Table" not in kinds:
        found.append(f"structure: {sorted(set(kinds))}")
    for figure in (one for one in structure if one.S == "/Figure"):
        if len(str(figure.get("/Alt", "")).strip()) < 10:
            found.append("figure without words")
    found += structure_faults(pdf) + content_faults(pdf)
    for page in pdf.pages:
        if page.get("/StructParents") is None or str(page.get("/Tabs", "/S")) != "/S":
            found.append("page without tags")
        for font in page.resources.get("/Font", {}).values():
            inner = font.get("/DescendantFonts", [font])[0]
            descriptor = inner.get("/FontDescriptor", {})
            if not any(name in descriptor for name in ("/FontFile2", "/FontFile3")):
                found.append(f"font not embedded: {font.get('/BaseFont')}")
            if "/ToUnicode" not in font:
                found.append(f"font without letters: {font.get('/BaseFont')}")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_its_report_can_be_read_by_everybody_L1_L2(name: str, tmp_path: Path, fonts: Path) -> None:
    questionnaire = library.read(name)
    figures = figures_of_library(questionnaire, tmp_path)
    # L5: an attacker of the tests reads each of them, or a reason says why none does.
    assert not unread(set(places_of(figures)))
    for language in ("da", "en") if PROOF else (("da", "en")[NAMES.index(name) % 2],):
        report = assemble(figures, questionnaire, language)
        made = render_report(figures, questionnaire, language, fonts)
        with pikepdf.open(io.BytesIO(made)) as pdf:
            assert faults_of(pdf, language, report.title) == []
            with pdf.open_metadata() as metadata:
                assert metadata["pdfuaid:part"] == "1"
        said = text_of(made)
        blocks = [*report.blocks, *(block for one in report.chapters for block in one.blocks)]
        for heading in (
            report.title,
            *report.findings,
            *(one.heading for one in report.chapters),
            *(block.heading for block in blocks),
            *(cell for block in blocks for row in block.grid.rows for cell in row),
        ):
            assert letters(heading) in said, heading
        assert all(cell for block in blocks for cell in block.grid.head)
        assert overfull(made) == []


@pytest.mark.parametrize("name", LONG)
def test_nothing_runs_over_at_ten_times_the_text_L3(name: str, tmp_path: Path, fonts: Path) -> None:
    questionnaire = ten_times(library.read(name))
    figures = figures_of_library(questionnaire, tmp_path)
    assert overfull(render_report(figures, questionnaire, "da", fonts)) == []


def test_the_copy_for_the_archive_L4(tmp_path: Path, fonts: Path) -> None:
    questionnaire = library.read("iv-satisfaction")
    figures = figures_of_library(questionnaire, tmp_path)
    made = render_report(figures, questionnaire, "da", fonts, variant=FOR_THE_ARCHIVE)
    assert made == render_report(figures, questionnaire, "da", fonts, variant=FOR_THE_ARCHIVE)
    report = assemble(figures, questionnaire, "da")
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert faults_of(pdf, "da", report.title) == []
        with pdf.open_metadata() as metadata:
            assert metadata["pdfaid:part"] == "2"
            assert metadata["pdfaid:conformance"] == "A"
        [intent] = pdf.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        assert intent.DestOutputProfile.N == 3
        assert archive_faults(pdf, made) == []
    assert text_of(made) == text_of(render_report(figures, questionnaire, "da", fonts))
