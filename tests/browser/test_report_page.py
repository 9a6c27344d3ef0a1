"""The report as a web page in a real browser.

R1  At each size, in Danish and in English, axe finds nothing, nothing sticks out, and nothing breaks the content security policy.
R2  It says what the PDF says: each sentence, each figure of each table.
R3  A table that is copied comes out as cells, with figures that a spreadsheet reads as numbers, also differences and figures with a note;
    what units wrote is never a formula there.
R4  Each chart can be taken as a picture that stands alone.
"""

from __future__ import annotations

import os
import random
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page

from exports.assemble import Report, assemble
from exports.editions import make_edition
from exports.report_page import charts_of
from forms.document import read_document, to_plain
from forms.questionnaire import Questionnaire
from store import editions, versions
from store.database import create_store
from tests.browser.conftest import LAPTOP, PHONE, TABLET, Opener, Site
from tests.browser.steps import complaints_of_axe, sign_in
from tests.exports.cast import FREE_TEXT, IV_PLAN, Planned, figures_of, iv_people, library
from tests.exports.shaped import version_of
from tests.exports.survey import ANSWERS, keep_round, keep_units
from tests.exports.survey import questionnaire as survey
from tests.exports.test_returns import RETURN, the_returns
from tests.server.installation import PASSWORD

pytestmark = pytest.mark.browser

IV = library("iv-satisfaction")
AT = "/desk/rounds/open1/editions/1/report"
#: The text that a person copies who marks a whole table.
COPIED = """table => { const all = getSelection(); all.removeAllRanges(); const range = document.createRange();
range.selectNodeContents(table.tBodies[0]); all.addRange(range); return all.toString(); }"""


@pytest.fixture
def shots() -> Path | None:
    """Where pictures of the pages are kept, if somebody wants to look at them."""
    folder = os.environ.get("SVARBOKS_SHOTS")
    return Path(folder) if folder else None


def add_edition(site: Site) -> dict[str, Any]:
    """An edition of 240 answers with tables by unit and by another question."""
    plan = [*IV_PLAN, Planned("trust_by", "trust", ("preference",)), Planned("by", "informed", ("filled_in_by",))]  # fmt: skip
    figures = figures_of(
        IV,
        plan,
        iv_people(240),
        free_text=FREE_TEXT,
        versions=[
            {"questionnaire": IV.id, "hash": site.world.rounds["open"].version},
        ],
    )
    figures["round"] = "open1"
    with site.world.store.write() as db:
        editions.add(db, edition="e1", round_id="open1", made_at=site.world.now, figures=figures)
    return figures


def opened(open_page: Opener, path: str, said: list[str], **how: Any) -> Page:
    page = open_page("/sign-in", **how)
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    sign_in(page, "chair@region.example", PASSWORD)
    page.wait_for_url("**/desk")
    page.goto(page.url.removesuffix("/desk") + path)
    return page


def cells_of(report: Report) -> list[list[str]]:
    blocks = [*report.blocks, *(block for one in report.chapters for block in one.blocks)]
    return [
        [cell.replace("\u00a0", " ") for cell in row] for block in blocks for row in block.grid.rows
    ]


def add_other(site: Site, figures: dict[str, Any], q: Questionnaire) -> None:
    """Another round's edition, under the round whose page is opened."""
    version = version_of(q)
    with site.world.store.write() as db:
        versions.publish(
            db, version_hash=version.hash, questionnaire=q.id, shape=str(q.shape), title=dict(q.title),
            document=to_plain(q), padded_size=65536, published_on=site.world.now.date(),
        )  # fmt: skip
        figures = figures | {"round": "open1"}
        editions.add(db, edition="e2", round_id="open1", made_at=site.world.now, figures=figures)


def compared_figures(folder: Path) -> dict[str, Any]:
    """A survey whose units differ from each other, from a benchmark, from a target and from the year before."""
    with create_store(folder) as store:
        keep_units(store)
        for year in (2021, 2022):
            after = keep_round(store, f"r{year}", survey(), ANSWERS, year=year, access="invited")
            made = make_edition(store, f"r{year}", now=after, rng=random.Random(year))
    return dict(made.figures)


def copied_of(page: Page) -> list[list[str]]:
    """Every table as it is pasted: cells, in rows."""
    return [
        [cell.strip() for cell in line.split("\t")]
        for table in page.locator(".report article table").all()
        for line in table.evaluate(COPIED).split("\n")
        if line.strip()
    ]


#: A figure as the report writes it in Danish, with its note's mark; and as Danish Excel reads a number.
WRITTEN = re.compile(r"[+−]?[\d.]+(,\d+)?(\u00a0%)?([⁰¹²³⁴⁵⁶⁷⁸⁹]+| \([a-z]+\))?")
EXCEL = re.compile(r"[+-]?\d{1,3}(\.?\d{3})*(,\d+)?( %)?")


def test_figures_are_pasted_as_numbers_R3(
    open_page: Opener, site: Site, tmp_path: Path, shots: Path | None
) -> None:
    figures = compared_figures(tmp_path / "compared")
    add_other(site, figures, survey())
    said: list[str] = []
    page = opened(open_page, f"{AT}?language=da", said, size=LAPTOP)
    rows = zip(copied_of(page), cells_of(assemble(figures, survey(), "da")), strict=True)
    below_zero = 0
    for pasted, row in rows:
        for cell, written in zip(pasted, row, strict=True):
            if WRITTEN.fullmatch(written.replace(" %", "\u00a0%")):
                assert EXCEL.fullmatch(cell), (written, cell)
                below_zero += cell.startswith("-")
            else:
                assert cell == written
    assert below_zero > 3
    assert complaints_of_axe(page) == []
    if shots:
        page.screenshot(path=shots / "report-compared.png", full_page=True)
    assert said == []


def test_what_units_wrote_is_no_formula_R3(
    open_page: Opener, site: Site, tmp_path: Path, shots: Path | None
) -> None:
    """What is pasted has an apostrophe where a formula would begin; what is seen has none."""
    q = read_document(RETURN)
    with create_store(tmp_path / "returns") as store:
        the_returns(store)
        figures = the_returns(store, "r2", more=12)
    wrote = '=HYPERLINK("http://evil.example";"se her")\n- Samtaler\n  +45 1234\n@kl\n−5 er få'
    for one in figures["returns"]["collated"]["questions"]:
        one["cells"][0]["answer"] = wrote
    add_other(site, figures, q)
    said: list[str] = []
    page = opened(open_page, f"{AT}?language=da", said, size=LAPTOP)
    lines = [
        line
        for table in page.locator(".report article table").all()
        for line in table.evaluate(COPIED).split("\n")
    ]
    begun = [cell.lstrip() for line in lines for cell in line.split("\t")]
    assert not [
        cell for cell in begun if cell[:1] in ("=", "+", "-", "@") and not EXCEL.fullmatch(cell)
    ]
    assert any("'=HYPERLINK" in cell for cell in begun)
    assert "'- Samtaler" in begun
    for guard in page.locator(".report .not-a-formula").all():
        assert guard.evaluate("one => one.getBoundingClientRect().width") == 0
    # 22 of 40 with a note: the mark is seen, and not copied.
    assert "55 %¹" in page.locator(".report").inner_text().replace("\u00a0", " ")
    assert "55 %" in begun
    assert "+30,0" in begun
    assert complaints_of_axe(page) == []
    if shots:
        page.screenshot(path=shots / "report-returns.png", full_page=True)
    assert said == []


@pytest.mark.parametrize(
    ("size", "language"), [(PHONE, "da"), (TABLET, "en"), (LAPTOP, "da")], ids=str
)
def test_it_reads_as_the_pdf_does_R1_R2_R3(
    open_page: Opener,
    site: Site,
    size: tuple[int, int],
    language: str,
    shots: Path | None,
) -> None:
    figures = add_edition(site)
    said: list[str] = []
    page = opened(open_page, f"{AT}?language={language}", said, size=size)
    report = assemble(figures, IV, language)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints_of_axe(page) == []
    text = page.locator(".report").inner_text()
    for sentence in (*report.findings, report.caution, *(block.heading for block in report.blocks)):
        assert sentence in text
    copied = copied_of(page)
    assert copied == cells_of(report)
    assert not any("\u00a0" in cell for row in copied for cell in row[1:])
    if shots:
        page.screenshot(path=shots / f"report-{size[0]}-{language}.png", full_page=True)
    assert said == []


def test_a_chart_is_taken_as_a_picture_R4(open_page: Opener, site: Site) -> None:
    figures = add_edition(site)
    said: list[str] = []
    page = opened(open_page, AT, said, size=LAPTOP)
    charts = charts_of(assemble(figures, IV, "da"))
    links = page.get_by_role("link", name="Hent figuren som billede")
    assert links.count() == len(charts)
    with page.expect_download() as download:
        links.last.click()
    assert download.value.suggested_filename == f"open1-1-{len(charts)}-da.svg"
    drawn = ElementTree.parse(download.value.path()).getroot()
    assert drawn.tag.endswith("svg")
    assert charts[-1].question in "".join(drawn.itertext())
    assert page.request.get(f"{site.url}/desk/rounds/open1/editions/1/charts/99.svg").status == 404
    assert said == []
