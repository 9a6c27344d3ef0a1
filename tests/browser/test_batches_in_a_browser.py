"""Scans uploaded in a real browser: chosen or dropped, on a line that breaks, left and come back to, read, confirmed.

R1  Files are chosen or dropped on the pile's page; each goes by itself; the batch's page says by itself when they are read.
R2  A line that breaks loses nothing: the file is sent again, and is there once.
R3  Without script a plain form does the same.
R4  axe finds nothing, and no page is wider than the screen, on a phone, a tablet and a laptop.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from store import paper_files
from store.paper_batches import BatchState
from tests.browser.conftest import LAPTOP, PHONE, TABLET, Opener, Site
from tests.browser.steps import complaints_of_axe, sign_in
from tests.paper.scans import as_image, as_pdf, flat, number, sheet_pages
from tests.server.installation import PASSWORD
from tests.server.paper_world import MARKS, PILE, PaperWorld, paper_world

pytestmark = pytest.mark.browser

#: Where pictures go when they are asked for.
PICTURES = os.environ.get("SVARBOKS_PICTURES")


@pytest.fixture
def paper(site: Site) -> PaperWorld:
    return paper_world(site.world, sheets=5)


def at_the_pile(open_page: Opener, path: str = f"/desk/piles/{PILE}", **how: object) -> Page:
    page = open_page(path, **how)
    sign_in(page, "coordinator@region.example", PASSWORD)
    page.wait_for_url(f"**{path}")
    return page


def looked_at(page: Page, name: str) -> None:
    """Nothing for axe to say and nothing wider than the screen, in three sizes; kept as pictures where they are asked for."""
    before = page.viewport_size
    assert before is not None
    for size in (PHONE, TABLET, LAPTOP):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{size[0]}.png", full_page=True)
    page.set_viewport_size(before)
    assert complaints_of_axe(page) == [], name


def test_chosen_dropped_read_and_confirmed_R1_R4(
    open_page: Opener, paper: PaperWorld, tmp_path: Path
) -> None:
    sheets = paper.pages(3)
    stranger = np.full((1754, 1240), 255, np.uint8)
    for row in range(200, 1500, 60):
        stranger[row : row + 20, 100:1100] = 0
    again = sheet_pages(paper.sheet, "open1", number(1), {**MARKS, "trust": "1", "choice": "1"})
    first, second = tmp_path / "mandag.pdf", tmp_path / "tirsdag.jpg"
    first.write_bytes(as_pdf([*flat([*sheets, again]), sheet_pages(paper.sheet, "open1", number(9), MARKS)[0]]))  # fmt: skip
    second.write_bytes(as_image(stranger, "JPEG"))
    page = at_the_pile(open_page, size=LAPTOP)
    looked_at(page, "pile")
    page.set_input_files("input[type=file]", [str(first), str(second)])
    page.wait_for_url("**/desk/batches/*")
    expect(page.get_by_text("modtaget, bliver læst")).to_have_count(2)
    assert "mandag" not in page.content()
    # Dropped on the page of the batch; the same file again is no other file.
    page.evaluate(
        """bytes => { const data = new DataTransfer(); data.items.add(new File([new Uint8Array(bytes)], "igen.jpg"));
        document.querySelector("form.uploads").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true})); }""",
        list(second.read_bytes()),
    )
    expect(page.get_by_text("Filerne var her allerede.")).to_be_visible()
    expect(page.locator("[data-files] > li")).to_have_count(2)
    address = page.url.partition("?")[0]
    # The page looks again by itself meanwhile: going away waits for that.
    page.wait_for_load_state("networkidle")
    page.goto("about:blank")
    paper.read()
    page.goto(address)
    expect(page.locator("[data-sentence]")).to_contain_text("5 af 5 ark fundet.")
    page.get_by_role("button", name="Alle ark er sendt").click()
    page.wait_for_load_state()
    looked_at(page, "batch-findings")
    page.get_by_role("button", name="De hører sammen").click()
    page.get_by_role("button", name="Smid den ud").click()
    page.get_by_role("button", name="Tag arket ud").click()
    expect(page.locator("[data-sentence]")).to_contain_text(
        "4 af 5 ark fundet. Der er ikke mere at se på."
    )
    looked_at(page, "batch-confirm")
    page.get_by_role("button", name="Bekræft: 4 ark fra Assens").click()
    expect(page.get_by_text("Bekræftet.")).to_be_visible()
    paper.read()
    # The page looks by itself, and says when they are counted.
    expect(page.get_by_text("4 ark er talt med.")).to_be_visible()
    looked_at(page, "batch-accepted")
    assert paper.batch().state is BatchState.ACCEPTED
    page.goto(address.split("/desk/")[0] + "/desk/rounds/open1/batches")
    looked_at(page, "batches-of-round")
    # The same file once more, as a batch of its own: it is not added, and that is said.
    page.goto(address.split("/desk/")[0] + f"/desk/piles/{PILE}")
    page.set_input_files("input[type=file]", str(first))
    expect(page.get_by_text("En fil er sendt før, i en anden bunke.")).to_be_visible()


def test_a_line_that_breaks_R2(open_page: Opener, paper: PaperWorld, tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(as_pdf(flat(paper.pages(1))))
    page = at_the_pile(open_page)
    page.clock.install()
    tries: list[str] = []

    def breaking(route: Route) -> None:
        tries.append(route.request.method)
        if len(tries) == 1:
            route.fulfill(status=503, body="")
        elif len(tries) == 2:
            # It arrives, and the answer is lost on the way back.
            route.fetch()
            route.fulfill(status=502, body="")
        else:
            route.continue_()

    page.route("**/desk/batches/*/files", breaking)
    page.set_input_files("input[type=file]", str(scan))
    for at in (1, 2):
        expect(page.get_by_text("Der prøves igen om")).to_be_visible()
        while len(tries) == at:
            page.clock.run_for(1000)
            page.wait_for_timeout(20)
    page.wait_for_url("**/desk/batches/*")
    assert len(tries) == 3
    assert len(paper_files.of_batch(paper.world.store.paper, paper.batch().id)) == 1


def test_without_script_R3(open_page: Opener, paper: PaperWorld, tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(as_pdf(flat(paper.pages(1))))
    page = at_the_pile(open_page, script=False, size=PHONE)
    page.set_input_files("input[type=file]", str(scan))
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/desk/batches/*")
    expect(page.get_by_text("Filerne er modtaget.")).to_be_visible()
    paper.read()
    page.reload()
    expect(page.locator("[data-sentence]")).to_contain_text("1 af 5 ark fundet.")
