"""`report_vs_plain`: time to make a report with 20 charts over WeasyPrint's time for the same document without them: eleven pages.

Ours is everything from editions' figures to the bytes of the PDF: sentences, tables, charts, template, layout, tags. Theirs is
WeasyPrint alone, given the finished HTML of the same report with each chart taken out and the same sheets of style. No round has a
chart of every kind, so the report is put together of several rounds': every kind of chart that the library's reports draw, in turn.
"""

from __future__ import annotations

import re
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pypdfium2 import PdfDocument

from exports.assemble import Report, assemble
from exports.blocks import Block
from exports.report import _html, render_html
from forms import library
from forms.questionnaire import Questionnaire
from server.assets import BUILT
from store.database import create_store
from tests.exports import test_maternity as maternity
from tests.exports.test_library_reports import figures_of_library

from .figure import Figure, alternating

BAR = 1.7
CHARTS, PAGES = 20, 11
FONTS = BUILT / "fonts"
#: Where charts stand that are in no chapter: at questions with options, and at questions that ask for a number.
OPTIONS, NUMBERS = "", "numbers"
#: (questionnaire of the library, where, by something or not) of each kind of chart, as charts are taken in turn.
KINDS = (
    ("iv-satisfaction", OPTIONS, False),  # bars, stacked in order
    ("maternity-breastfeeding", OPTIONS, True),  # diverging bars
    ("maternity-breastfeeding", "trend", False),
    ("maternity-breastfeeding", "benchmarks", False),  # dots
    ("maternity-breastfeeding", "units", False),  # dots with over and under
    ("time-study", NUMBERS, False),  # histogram
    ("time-study", NUMBERS, True),  # small distributions
    ("ptsd-interviews", "journeys", False),  # flow
    ("newborn-e-learning", "shares", False),
    ("iv-tally", "tallies", False),
    ("journal-audit", "agreement", False),
    ("ptsd-interviews", "goal", False),
    ("iv-satisfaction", "overview", False),
)
NAMES = tuple(dict.fromkeys(name for name, _, _ in KINDS))


@dataclass(frozen=True, slots=True)
class Source:
    """One round's figures, and the questionnaire whose words they have."""

    figures: dict[str, Any]
    questionnaire: Questionnaire

    @property
    def numbers(self) -> frozenset[str]:
        """Its tables of numbers."""
        return frozenset(one["id"] for one in self.figures["tables"] if one["kind"] == "number")


def measure() -> Figure:
    """The ratio; seconds, pages, charts and their kinds in the detail."""
    sources = {name: _source(name) for name in NAMES}
    html = _html(put_together(sources))
    plain = re.sub(r'<div class="chart">.*?</svg></div>', "", html, flags=re.S)
    charts = html.count("<svg")
    if charts != CHARTS or "<svg" in plain:
        raise AssertionError(f"{charts} charts")
    pages = {}

    def ours() -> float:
        began = time.perf_counter()
        pdf = render_html(_html(put_together(sources)), FONTS)
        seconds = time.perf_counter() - began
        with PdfDocument(pdf) as document:
            pages["ours"] = len(document)
        return seconds

    def theirs() -> float:
        began = time.perf_counter()
        pdf = render_html(plain, FONTS)
        seconds = time.perf_counter() - began
        with PdfDocument(pdf) as document:
            pages["plain"] = len(document)
        return seconds

    ours(), theirs()  # fonts are read once
    value, of_ours, of_theirs = alternating(ours, theirs, 5)
    if abs(pages["plain"] - PAGES) > 1:
        raise AssertionError(f"{pages} pages")
    return Figure(
        "report_vs_plain", value, BAR, "lower",
        {"charts": charts, "kinds": len(KINDS), "pages": pages,
         "s_ours": [round(one, 2) for one in of_ours], "s_plain": [round(one, 2) for one in of_theirs]},
    )  # fmt: skip


def put_together(sources: dict[str, Source]) -> Report:
    """One report of 20 blocks with a chart: of each kind the first, then of each that has more the second, and so on.

    Raises AssertionError where a kind has none.
    """
    reports = {
        name: assemble(one.figures, one.questionnaire, "da") for name, one in sources.items()
    }
    of_kind = [
        _blocks(reports[name], sources[name].numbers, where, by) for name, where, by in KINDS
    ]
    empty = [kind for kind, blocks in zip(KINDS, of_kind, strict=True) if not blocks]
    if empty:
        raise AssertionError(f"no chart of {empty}")
    most = max(len(blocks) for blocks in of_kind)
    taken = [blocks[turn] for turn in range(most) for blocks in of_kind if turn < len(blocks)]
    # Not a chapter each: that would begin a page each, and be no report of eleven.
    return replace(reports[NAMES[0]], blocks=tuple(taken[:CHARTS]), chapters=(), told=())


def _blocks(report: Report, numbers: frozenset[str], where: str, by: bool) -> list[Block]:
    """The blocks with a chart of a chapter, or of questions of one sort."""
    found = (
        [
            one
            for one in report.blocks
            if bool(one.by) is by and (one.id in numbers) is (where == NUMBERS)
        ]
        if where in (OPTIONS, NUMBERS)
        else [block for one in report.chapters if one.id == where for block in one.blocks]
    )
    return [one for one in found if one.chart]


def _source(name: str) -> Source:
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        if name != maternity.Q.id:
            questionnaire = library.read(name)
            return Source(figures_of_library(questionnaire, Path(folder)), questionnaire)
        # Two rounds of several places, for what is compared.
        with create_store(Path(folder, "data")) as store:
            maternity.keep_birthplaces(store)
            maternity.figures_of(store, "lup2018", 2, maternity.in_2018(), 2018)
            figures = maternity.figures_of(store, "lup2021", 0, maternity.Q, 2021)
        return Source(figures, maternity.Q)
