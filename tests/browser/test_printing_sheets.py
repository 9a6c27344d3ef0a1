"""Printing at the desk in a browser: the page fits a phone, axe finds nothing, and the file is a PDF."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import LAPTOP, PHONE, TABLET, Opener, Site
from tests.browser.steps import complaints_of_axe, sign_in
from tests.server.installation import PASSWORD

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [PHONE, TABLET, LAPTOP], ids=["phone", "tablet", "laptop"])
def test_a_coordinator_prints_a_pile(open_page: Opener, site: Site, size: tuple[int, int]) -> None:
    page = open_page("/desk/rounds/open1/sheets", size=size)
    sign_in(page, "coordinator@region.example", PASSWORD)
    page.goto(f"{site.url}/desk/rounds/open1")
    page.get_by_role("link", name="Udskriv ark").click()
    page.get_by_label("Antal ark i bunken").fill("0")
    page.get_by_role("button", name="Lav PDF'en").click()
    page.get_by_role("alert").wait_for()
    assert complaints_of_axe(page) == []
    page.get_by_label("Antal ark i bunken").fill("3")
    page.get_by_label("Hvor arkene skal afleveres").fill(
        "Assens Kommune\nRådhus Allé 5\n5610 Assens"
    )
    with page.expect_download() as started:
        page.get_by_role("button", name="Lav PDF'en").click()
    assert started.value.suggested_filename == "open1-da-3-ark.pdf"
    assert Path(started.value.path()).read_bytes().startswith(b"%PDF-")
    page.goto(f"{site.url}/desk/rounds/open1/sheets")
    assert page.get_by_role("heading", name="Bunker, der er udskrevet").is_visible()
    assert complaints_of_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
