"""`report_vs_plain`: time to make a report with 20 charts over WeasyPrint's time for the same document without them: eleven pages.

Ours is everything from an edition's figures to the bytes of the PDF: sentences, tables, charts, template, layout, tags. Theirs is
WeasyPrint alone, given the finished HTML of the same report with each chart taken out and the same sheets of style.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pypdfium2 import PdfDocument

from exports.editions import make_edition
from exports.report import render_html, render_report, report_html
from forms.questionnaire import Questionnaire
from server.assets import BUILT

from .figure import Figure, alternating
from .tables import filled

BAR = 1.7
CHARTS, PAGES = 20, 11
SMALLEST = 1
FONTS = BUILT / "fonts"


def measure() -> Figure:
    """The ratio; seconds, pages and charts in the detail."""
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        store, round_id, questionnaire = filled(Path(folder, "data"), 1)
        with store:
            now = datetime.now(UTC) + timedelta(minutes=1)
            made = make_edition(store, round_id, now=now, rng=random.Random(1))
        figures = with_charts(dict(made.figures), questionnaire)
    html = report_html(figures, questionnaire, "da")
    plain = re.sub(r'<div class="chart">.*?</svg></div>', "", html, flags=re.S)
    charts = html.count("<svg")
    if charts != CHARTS or "<svg" in plain:
        raise AssertionError(f"{charts} charts")
    pages = {}

    def ours() -> float:
        began = time.perf_counter()
        pdf = render_report(figures, questionnaire, "da", FONTS)
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
        {"charts": charts, "pages": pages, "s_ours": [round(one, 2) for one in of_ours],
         "s_plain": [round(one, 2) for one in of_theirs]},
    )  # fmt: skip


def with_charts(figures: dict[str, Any], questionnaire: Questionnaire) -> dict[str, Any]:
    """The figures with as many tables as it takes for 20 charts: the round's smallest, told again under other names, so that
    they fill eleven pages without their charts."""
    tables = sorted(figures["tables"], key=lambda one: len(one["groups"][0]["cells"]))[:SMALLEST]
    told: list[dict[str, Any]] = []
    while report_html({**figures, "tables": told}, questionnaire, "da").count("<svg") < CHARTS:
        told.append({**tables[len(told) % len(tables)], "id": f"t{len(told)}"})
    return {**figures, "tables": told}
