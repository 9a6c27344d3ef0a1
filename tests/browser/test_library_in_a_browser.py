"""Units and questionnaires in a real browser: by keyboard and with a script, without one, on a phone, and axe finds nothing."""

from __future__ import annotations

from importlib.resources import files

import pytest
from playwright.sync_api import expect

from forms import library
from forms.document import write_document
from tests.browser.conftest import LAPTOP, PHONE, Opener, Site
from tests.browser.steps import complaints_of_axe, go_to_the_end, sign_in
from tests.server.installation import ALL_KINDS, PASSWORD

pytestmark = pytest.mark.browser

SECRETARIAT = "secretariat@region.example"


@pytest.mark.parametrize(("size", "script"), [(LAPTOP, True), (PHONE, True), (PHONE, False)])
def test_a_document_is_corrected_and_published(
    open_page: Opener, site: Site, size: tuple[int, int], script: bool
) -> None:
    page = open_page("/desk/questionnaires", size=size, script=script)
    sign_in(page, SECRETARIAT, PASSWORD)
    page.get_by_role("link", name="Læg jeres eget spørgeskema ind").click()
    mended = ALL_KINDS.replace("Følte du dig tryg?", "Var du tryg?")
    page.locator("#text").fill(mended.replace("shape: survey", "shape: lottery"))
    page.get_by_role("button", name="Tjek det").click()
    link = page.locator("#error-summary a").first
    expect(link).to_contain_text("Linje 4")
    link.click()
    expect(page.locator("#fault-1")).to_be_visible()
    if script:
        assert complaints_of_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#text").fill(mended)
    page.get_by_role("button", name="Tjek det igen").click()
    expect(page.get_by_text("Dokumentet har ingen fejl.")).to_be_visible()
    expect(page.get_by_text("Var du tryg?").first).to_be_visible()
    if script:
        assert complaints_of_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Udgiv version 2").click()
    expect(page.locator("#told")).to_contain_text("Version 2 er udgivet")
    if script:
        assert complaints_of_axe(page) == []


def test_a_preview_sends_and_keeps_nothing(open_page: Opener, site: Site) -> None:
    at = "/desk/questionnaires/library/iv-satisfaction/preview/da"
    page = open_page(at, size=PHONE)
    sign_in(page, SECRETARIAT, PASSWORD)
    page.wait_for_url(f"**{at}")
    expect(page.locator(".answering-mark")).to_contain_text("FORHÅNDSVISNING")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    assert complaints_of_axe(page) == []
    go_to_the_end(page)
    page.locator("#send").click()
    expect(page.locator("h1")).to_have_text("Tak")
    expect(page.locator(".answering-mark")).to_be_visible()
    assert page.url.endswith(at)
    assert [one for one in sent if "/static/" not in one] == []
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
    assert site.world.waiting() == 0


def test_a_preview_without_a_script_goes_nowhere(open_page: Opener, site: Site) -> None:
    at = "/desk/questionnaires/library/time-study/preview/da"
    page = open_page(at, size=LAPTOP, script=False)
    sign_in(page, SECRETARIAT, PASSWORD)
    page.wait_for_url(f"**{at}")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.locator("#send").click()
    page.locator("input[type=text]").first.press("Enter")
    expect(page.locator(".answering-mark")).to_be_visible()
    assert page.url.endswith(at)
    assert [one for one in sent if "/static/" not in one] == []


def test_units_are_imported_and_corrected(open_page: Opener, site: Site) -> None:
    data = files("store").joinpath("data")
    names = [f"{name}-midtjylland.csv" for name in ("units", "areas", "memberships")]
    page = open_page("/desk/units", size=PHONE)
    sign_in(page, SECRETARIAT, PASSWORD)
    page.get_by_role("link", name="Importér fra filer").click()
    page.locator("#file").set_input_files([str(data.joinpath(name)) for name in names])
    page.get_by_role("button", name="Se, hvad der vil blive ændret").click()
    expect(page.locator("h1")).to_have_text("Hvad importen vil ændre")
    assert complaints_of_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Importér").click()
    expect(page.locator("#told")).to_have_text("Filerne er importeret")
    assert complaints_of_axe(page) == []
    page.locator("#q").fill("århus")
    page.locator("#q").press("Enter")
    page.get_by_role("link", name="Aarhus", exact=True).click()
    expect(page.locator("h1")).to_have_text("Aarhus")
    assert complaints_of_axe(page) == []
    row = page.locator("tbody tr").first
    row.locator("input[type=date]").fill("2026-10-31")
    row.get_by_role("button").click()
    expect(page.locator("#told")).to_have_text("Den sidste dag er gemt")
    expect(page.locator("tbody tr.past")).to_have_count(1)
    assert complaints_of_axe(page) == []


def test_axe_finds_nothing_on_the_rest(open_page: Opener, site: Site) -> None:
    page = open_page("/desk/questionnaires", size=LAPTOP)
    sign_in(page, SECRETARIAT, PASSWORD)
    page.wait_for_url("**/desk/questionnaires")
    document = write_document(library.read("ptsd-interviews"))
    for path in (
        "/desk/questionnaires",
        "/desk/questionnaires/published/iv-satisfaction",
        "/desk/questionnaires/published/iv-satisfaction/compare",
        "/desk/questionnaires/library/ptsd-interviews",
        "/desk/questionnaires/uploads",
        "/desk/units/areas",
        "/desk/units/import",
        "/desk/units/new",
    ):
        page.goto(site.url + path)
        assert complaints_of_axe(page) == [], path
    page.goto(f"{site.url}/desk/questionnaires/uploads")
    page.locator("#text").fill(document)
    page.get_by_role("button", name="Tjek det").click()
    page.get_by_role("button", name="Udgiv version 1").click()
    expect(page.locator("#error-summary")).to_contain_text("Det blev ikke udgivet")
    assert complaints_of_axe(page) == []
