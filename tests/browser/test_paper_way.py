"""The whole way of paper, as people go it: printed at the desk, handed out, marked, scanned, uploaded, looked at, confirmed, mixed;
and the report's figures are what was marked, sheet for sheet.

30 people answer, 15 in Danish and 15 in Arabic, with ordinary pens; some take a mark back. A coordinator scans both piles in one
go, in the wrong order and partly upside down, and uploads one PDF at the address that the cover's code says.
"""

from __future__ import annotations

import io
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from exports.editions import make_edition
from forms.paper.layout import PaperLayout, from_plain
from forms.paper.page_code import PageCode, read_page_code
from server.paper.reader import ReadingProcess
from store import accounts, paper_batches, piles
from store.accounts import Grant, Role
from tests.browser.conftest import LAPTOP, Opener, Site
from tests.browser.steps import mixed_answers, sign_in
from tests.paper.generator import hand, pens
from tests.paper.generator.copier import ordinary_scan, scan
from tests.paper.generator.sheet import DPI, Grey
from tests.server.installation import PASSWORD, PASSWORD_HASH

pytestmark = pytest.mark.browser

SHEETS = 15
WORDS = {"da": "Tak for hjælpen", "ar": "شكرا"}


@dataclass
class Truth:
    """What one person meant: place -> option, and whether something was written."""

    language: str
    marked: dict[str, str] = field(default_factory=dict)
    wrote: bool = False


def print_pile(page: Page, site: Site, language: str) -> bytes:
    """Order a pile at the desk; the file."""
    page.goto(f"{site.url}/desk/rounds/open1/sheets")
    page.locator("#language").select_option(language)
    page.locator("#count").fill(str(SHEETS))
    with page.expect_download() as started:
        page.get_by_role("button", name="Lav PDF'en").click()
    return Path(started.value.path()).read_bytes()


def pages_of(pdf: bytes) -> list[tuple[str, Grey]]:
    """(what the code says, the page at 300 dpi) of each printed page that has a code."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            picture = page.render(scale=DPI / 72, grayscale=True).to_numpy().squeeze().copy()
            codes = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
            if codes:
                found.append((codes[0].text, picture))
    return found


def fill_in(
    picture: Grey, code: PageCode, layout: PaperLayout, truth: Truth, rng: random.Random
) -> None:
    """A person marks a page."""
    pen = rng.choice(pens.SECOND_PENS[:3])
    habit = rng.choice(hand.ORDINARY)
    printed = layout.page(code.page)
    assert printed is not None
    questions = defaultdict(list)
    for box in printed.boxes:
        questions[box.place].append(box)
    for place, boxes in questions.items():
        if boxes[0].kind == "frame":
            truth.wrote = rng.random() < 0.2
            if truth.wrote:
                pens.write(picture, boxes[0].area, pen, rng)
        elif rng.random() < 0.92:
            chosen, other = rng.sample(boxes, 2)
            pens.draw(picture, chosen.area, habit, pen, rng, second=True)
            truth.marked[place] = chosen.option
            if rng.random() < 0.08:
                pens.draw(picture, other.area, "corrected", pen, rng, second=True)


def copier_pdf(pages: list[Grey], rng: random.Random) -> bytes:
    """One PDF, as a copier makes it."""
    scans = [Image.fromarray(scan(page, ordinary_scan(rng), rng)) for page in pages]
    written = io.BytesIO()
    scans[0].save(written, "PDF", save_all=True, append_images=scans[1:], resolution=200, quality=80)  # fmt: skip
    return written.getvalue()


def work(site: Site) -> None:
    """The reading process does what there is to do."""
    running = site.world.app.extensions["svarboks"]
    reader = ReadingProcess(
        site.world.store, running.intake, "a test", lambda: site.world.now, random.Random(1)
    )
    while reader.work():
        pass


def look_at_marks(page: Page, site: Site, truths: dict[str, Truth]) -> int:
    """Decide every answer that waits for this person, as the sheet says; how many there were."""
    looked = 0
    while True:
        expect(page.locator(".review-now, #finished, .empty").first).to_be_visible()
        if not page.locator(".review-now").count():
            return looked
        form = page.locator(".review-now")
        identity, place = form.get_attribute("data-sheet"), form.get_attribute("data-place")
        here = form.get_attribute("id")
        assert identity
        assert place
        [number] = site.world.store.paper.execute(
            "SELECT number FROM sheet WHERE id = ?", (int(identity),)
        ).fetchone()
        truth = truths[number]
        if form.get_attribute("data-kind") == "text":
            if not truth.wrote:
                form.get_by_role("button", name="Gem").click()
            else:
                form.locator("textarea").first.fill(WORDS[truth.language])
                form.locator("textarea").first.press("Enter")
            if truth.wrote and truth.language == "ar":
                expect(form.locator("textarea[name=translation]")).to_be_focused()
                page.keyboard.type("Tak")
                page.keyboard.press("Enter")
        elif place in truth.marked:
            form.locator(f'label.option:has(input[value="{truth.marked[place]}"])').click()
        else:
            page.keyboard.press("0")
        expect(page.locator(f'[id="{here}"].review-now')).to_have_count(0)
        looked += 1


def test_the_report_says_what_was_marked_on_paper(
    open_page: Opener, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(20220131)
    with site.world.store.write() as db:
        accounts.add(
            db, name="Kollega", email="colleague@region.example", password_hash=PASSWORD_HASH,
            grants=[Grant(Role.COORDINATOR, unit="assens")],
        )  # fmt: skip
    page = open_page("/desk/rounds/open1/sheets", size=LAPTOP)
    sign_in(page, "coordinator@region.example", PASSWORD)
    page.wait_for_url("**/sheets")
    page.set_default_timeout(30_000)

    # printed and handed out
    truths: dict[str, Truth] = {}
    scanned: list[Grey] = []
    address = ""
    for language in WORDS:
        for text, picture in pages_of(print_pile(page, site, language)):
            code = read_page_code(text)
            if code is None:
                address = address or text
                continue
            layout = piles.layout(site.world.store.main, code.layout)
            assert layout is not None
            truth = truths.setdefault(code.sheet, Truth(language))
            fill_in(picture, code, from_plain(layout.layout), truth, rng)
            scanned.append(picture)
    assert len(truths) == 2 * SHEETS
    assert len(scanned) == 4 * SHEETS

    # scanned in any order, uploaded where the cover says
    rng.shuffle(scanned)
    file = tmp_path / "scan.pdf"
    file.write_bytes(copier_pdf(scanned, rng))
    assert address.startswith(f"{site.world.settings.url}/desk/piles/")
    page.goto(site.url + urlsplit(address).path)
    page.locator("input[type=file]").set_input_files(file)
    page.wait_for_url("**/desk/batches/*")
    all_sent = page.get_by_role("button", name="Alle ark er sendt")
    if all_sent.count():
        all_sent.click()
    work(site)
    [batch] = paper_batches.of_round(site.world.store.main, "open1")
    page.goto(f"{site.url}/desk/batches/{batch.id}")
    expect(page.locator(".batch-sentence")).to_contain_text("30")

    # looked at by one, and a sample by a second person
    colleague = open_page(f"/desk/batches/{batch.id}/review", size=LAPTOP)
    sign_in(colleague, "colleague@region.example", PASSWORD)
    looked = 0
    for who in (page, colleague):
        who.goto(f"{site.url}/desk/batches/{batch.id}/review")
        looked += look_at_marks(who, site, truths)
    page.goto(f"{site.url}/desk/batches/{batch.id}")
    page.get_by_role("button", name="Bekræft: 30 ark fra Assens").click()
    page.wait_for_url("**/desk/batches/*")
    work(site)

    # mixed, counted, reported
    answers = mixed_answers(site)
    assert Counter(one["~language"] for one in answers) == {"da": SHEETS, "ar": SHEETS}
    edition = make_edition(site.world.store, "open1", now=site.world.now, rng=rng)
    tables = {table["question"]: table for table in edition.figures["tables"]}
    for place in ("choice", "trust", "informed", "procedures", "preference", "filled_in_by"):
        meant = Counter(truth.marked.get(place, "~unanswered") for truth in truths.values())
        kept = Counter(str(one.get(place, "~unanswered")) for one in answers)
        of_missing = {"dont_know": "~dont_know", "not_relevant": "~not_relevant"}
        assert {of_missing.get(value, value): n for value, n in kept.items()} == dict(meant), place
        [group] = tables[place]["groups"]
        shown = {cell["cell"]: cell["n"] for cell in group["cells"] if cell["state"] == "shown"}
        # a background question hides its small cells; all others show every option, since 30 answered
        assert len(shown) == len(group["cells"]) or place == "filled_in_by"
        assert shown == {cell: meant[cell] for cell in shown}, place
        for state in ("dont_know", "not_relevant", "unanswered"):
            assert group["outside"][state] == meant[f"~{state}"], (place, state)
    assert edition.figures["about"]["returned"]["paper"] == 2 * SHEETS
    with capsys.disabled():
        print(f"\n30 sheets, 60 pages: {looked} answers were looked at by a person")
