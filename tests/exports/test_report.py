"""The report as PDF.

R1  It is PDF/UA-1: tagged, with language, title, identifier in the metadata, and an alternative text for each chart.
R2  It fetches nothing: neither the network nor a file of this machine, whatever a text says.
R3  Hostile texts are printed as they were written and never as markup.
R4  The same edition gives the same content in Danish and in English, each in its own numbers and words.
R5  Three findings and one caution follow from the figures.
R6  Charts are small, and their figures are their alternative text.
R7  The longest texts break and stay on the page.
"""

from __future__ import annotations

import io
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from weasyprint import HTML

from exports import charts
from exports.assemble import assemble
from exports.report import data_only, render_report, report_html
from forms.questionnaire import Shape
from tests.exports.cast import (
    FREE_TEXT,
    IV_PLAN,
    TIME_PLAN,
    figures_of,
    iv_people,
    library,
    time_people,
)

IV = library("iv-satisfaction")


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return figures_of(IV, IV_PLAN, iv_people(240), free_text=FREE_TEXT)


def structure(node: Any) -> list[Any]:
    """All structure elements of a tagged PDF."""
    found = [node]
    children = node.get("/K", [])
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            found += structure(child)
    return found


def test_is_accessible(figures: dict[str, Any], fonts: Path) -> None:
    """R1."""
    with pikepdf.open(io.BytesIO(render_report(figures, IV, "da", fonts))) as pdf:
        assert pdf.Root.Lang == "da"
        assert pdf.Root.MarkInfo.Marked
        assert "Din oplevelse af IV-behandling" in str(pdf.docinfo["/Title"])
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        elements = structure(pdf.Root.StructTreeRoot)
        kinds = [str(one.get("/S", "")) for one in elements]
        assert kinds.count("/H1") == 1
        assert "/H2" in kinds
        assert "/TH" in kinds
        pictures = [one for one in elements if one.get("/S") == "/Figure"]
        assert len(pictures) == 7
        for picture in pictures:
            assert "%" in str(picture["/Alt"])
        assert float(pdf.pages[0].MediaBox[2]) == pytest.approx(595.28, abs=0.5)


def test_fetches_nothing(
    figures: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """R2."""
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text>hemmelig</text></svg>')
    with caplog.at_level(logging.ERROR, logger="weasyprint"):
        HTML(string=f'<img src="{secret.as_uri()}">', url_fetcher=data_only()).write_pdf()
    assert "disallowed protocol" in caplog.text
    for address in (secret.as_uri(), "http://127.0.0.1:9/x", "ftp://127.0.0.1/x"):
        with pytest.raises(ValueError, match="disallowed protocol"):
            data_only().fetch(address)


def test_hostile_text(figures: dict[str, Any]) -> None:
    """R3."""
    texts = [{"language": "da", "text": '<img src="file:///etc/passwd"><script>'}] * 8
    html = report_html(
        {**figures, "free_text": [{"question": "suggestions", "texts": texts}]}, IV, "da"
    )
    assert "<img" not in html
    assert "&lt;img src=&#34;file:///etc/passwd&#34;&gt;" in html


def test_two_languages(figures: dict[str, Any]) -> None:
    """R4."""
    danish, english = (assemble(figures, IV, language) for language in ("da", "en"))
    assert danish.foot == "Færre end 5 svar vises ikke"
    assert english.foot == "Fewer than 5 answers are not shown"
    assert danish.edition == "Udgave 1"
    assert danish.period == "1. januar 2022 til 28. februar 2022"
    assert "svarede »I meget høj grad« eller »I høj grad«" in danish.blocks[1].heading
    assert "answered “To a very high degree” or “To a high degree”" in english.blocks[1].heading
    for one, other in zip(danish.blocks, english.blocks, strict=True):
        assert [row[1] for row in one.grid.rows] == [row[1] for row in other.grid.rows]


def test_figures_are_those_counted(figures: dict[str, Any]) -> None:
    """R4: a hand count of the simulated people."""
    report = assemble(figures, IV, "da")
    counted = [sum(1 for one in iv_people(240) if one["trust"] == point) for point in "54321"]
    assert [row[1] for row in report.blocks[1].grid.rows] == [str(n) for n in counted]


def test_read_aloud(figures: dict[str, Any]) -> None:
    """R5."""
    report = assemble(figures, IV, "da")
    assert len(report.findings) == 3
    assert "Følte du dig tryg" in report.findings[0]
    assert "kunne vælge" in report.findings[1]
    assert "»I eget hjem«" in report.findings[2]
    assert report.caution.startswith("Tallene handler om dem, der svarede.")
    public = {**figures, "about": {**figures["about"], "access": "public", "response_rate": None}}
    assert "Alle med linket kunne svare" in assemble(public, IV, "da").caution
    few = {**figures, "about": {**figures["about"], "response_rate": 0.28}}
    assert assemble(few, IV, "da").caution.startswith("28\u00a0% af dem")
    simulated = {**figures, "about": {**figures["about"], "returned": {"simulated": 240}}}
    assert "simulerede" in assemble(simulated, IV, "da").caution
    for shape, said in (("registration", "der er registreret"), ("audit", "der er gennemgået")):
        other = replace(IV, shape=Shape(shape))
        assert said in assemble(figures, other, "da").caution


def test_where_no_text_is_shown_none_takes_a_page(figures: dict[str, Any]) -> None:
    """R7."""
    silent = {**figures, "free_text": [{"question": "suggestions", "texts": []}]}
    assert 'class="told silent"' in report_html(silent, IV, "da")
    assert 'class="told"' in report_html(figures, IV, "da")


def test_more_offered_than_eligible_is_said(figures: dict[str, Any]) -> None:
    """R4."""
    over = {**figures, "about": {**figures["about"], "coverage": 1.17}}
    said = "Der er udleveret flere skemaer, end der er mulige deltagere."
    assert any(said in note for note in assemble(over, IV, "da").collected_notes)
    assert not any(said in note for note in assemble(figures, IV, "da").collected_notes)


def test_charts_are_small() -> None:
    """R6."""
    parts = tuple(
        charts.Part(f"Svar {i}", share, f"{share:.0%}", i)
        for i, share in enumerate((0.5, 0.3, 0.15, 0.04, 0.01))
    )
    drawings = [
        charts.stacked("Spørgsmål", charts.Row("", parts)),
        charts.bars("Spørgsmål", parts),
        charts.stacked_rows(
            "Spørgsmål", [charts.Row("A & B", parts, "n = 20"), charts.Row("C", (), "vises ikke")]
        ),
        charts.histogram(
            "Minutter",
            [(float(i), float(i), i % 7) for i in range(90)],
            words=str,
            mark=40.0,
            mark_label="median 40",
        ),
    ]
    for drawing in drawings:
        assert len(drawing) < 6000
        assert drawing.startswith("<svg")
    assert "Svar 0 50%, Svar 1 30%" in drawings[0]
    assert "A &amp; B" in drawings[2]
    assert "C: vises ikke" in drawings[2]


def test_nothing_to_say(fonts: Path) -> None:
    """R7: nobody, few, and ten times the usual text."""
    for n in (0, 3, 12):
        assert render_report(figures_of(IV, IV_PLAN, iv_people(n)), IV, "en", fonts).startswith(
            b"%PDF"
        )
    long = [{"language": "da", "text": "Donaudampfschiffahrtsgesellschaftskapitän" * 45}] * 8
    pdf = render_report(
        figures_of(
            IV, IV_PLAN, iv_people(60), free_text=[{"question": "suggestions", "texts": long}]
        ),
        IV,
        "da",
        fonts,
    )
    assert pdf.startswith(b"%PDF")


def test_time_study(fonts: Path) -> None:
    """R4: numbers by two categories."""
    study = library("time-study")
    report = assemble(figures_of(study, TIME_PLAN, time_people(180)), study, "da")
    minutes = next(block for block in report.blocks if block.id == "minutes")
    assert minutes.heading.endswith("minutter eller mindre")
    assert "<svg" in minutes.chart
    assert render_report(figures_of(study, TIME_PLAN, time_people(180)), study, "en", fonts)
