"""A round at the desk in a real browser: set up, tried out, opened, by keyboard, on a phone, and without script.

R1  From the page as it comes to an open round with nothing but the keyboard; axe finds nothing on any page on the way.
R2  On a phone no page of a round is wider than the screen.
R3  Fields that matter only with a choice are hidden without it, a long list is narrowed; without script all is there.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from forms.units import Unit
from server.scheduler import Scheduler
from store import rounds, test_rounds, units
from store.rounds import RoundState
from tests.browser.conftest import LAPTOP, PHONE, Opener, Site
from tests.browser.steps import complaints_of_axe, sign_in
from tests.server.installation import PASSWORD

pytestmark = pytest.mark.browser

NEW = "/desk/rounds/new"
#: What sticks out, for the message of a failure.
TOO_WIDE = """[...document.querySelectorAll("main *")].filter(one => one.getBoundingClientRect().right > innerWidth)
.map(one => one.tagName + "." + one.className + "#" + one.id).slice(0, 8)"""


def tick(site: Site) -> None:
    """What the scheduler does beside."""
    world = site.world
    assert Scheduler(
        world.store, world.keys, "one", lambda: world.now, random.SystemRandom()
    ).tick()


def at_the_desk(open_page: Opener, path: str, **how: object) -> Page:
    page = open_page(path, **how)
    sign_in(page, "secretariat@region.example", PASSWORD)
    page.wait_for_url(f"**{path}")
    return page


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def press(page: Page, name: str) -> None:
    """Reach a button or link and press it with the keyboard."""
    found = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first
    found.focus()
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def looked_at(page: Page, name: str, folder: Path | None) -> None:
    """Nothing for axe to say, nothing wider than the screen; kept as a picture where a folder is given."""
    assert complaints_of_axe(page) == [], name
    assert fits(page), (name, page.evaluate(TOO_WIDE))
    if folder:
        page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_from_the_page_as_it_comes_to_an_open_round_R1_R2(
    open_page: Opener, site: Site, size: tuple[int, int], shots: Path | None
) -> None:
    def look(page: Page, name: str) -> None:
        looked_at(page, f"{name}-{size[0]}", shots)

    with site.world.store.write() as db:
        units.keep_units(db, [Unit(id=f"u{n}", name=f"Enhed {n}", kind="ward") for n in range(30)])
    page = at_the_desk(open_page, NEW, size=size)
    page.goto(f"{site.url}{NEW}?version={site.world.rounds['open'].version}")
    look(page, "new")
    page.locator("#smallest_group").fill("3")
    page.locator("#smallest_group").press("Enter")
    expect(page.locator(".error-summary")).to_be_visible()
    assert page.locator(".error-summary a").count() == 2
    look(page, "faults")
    page.locator("#smallest_group").fill("5")
    page.locator("#units_by-chosen").focus()
    page.keyboard.press("Space")
    page.locator("#unit_filter").fill("assens")
    page.locator("#units-assens").focus()
    page.keyboard.press("Space")
    page.locator("#notice_read").focus()
    page.keyboard.press("Space")
    press(page, "Opret runden som test")
    page.wait_for_url("**told=set-up*")
    look(page, "preparing")
    [real] = [one for one in rounds.listed(site.world.store.main) if not one.approved]
    tick(site)
    at = f"/desk/rounds/{real.id}"
    page.goto(site.url + at)
    look(page, "test")
    press(page, "Fyld med 40 simulerede svar")
    press(page, "Lav en testrapport")
    expect(page.locator("h1")).to_have_text("Testrapporten bliver lavet")
    look(page, "report-waits")
    tick(site)
    page.wait_for_url("**told=test-report*")
    look(page, "test-report")
    press(page, "Tøm testen")
    page.wait_for_url("**/test/empty")
    look(page, "empty")
    page.goto(site.url + at + "/cancel")
    look(page, "cancel")
    page.goto(site.url + at + "/edit")
    look(page, "edit")
    page.goto(site.url + at)
    press(page, "Åbn eller godkend runden")
    page.wait_for_url("**/open")
    look(page, "open")
    press(page, "Åbn nu")
    page.wait_for_url("**told=opened*")
    assert rounds.read(site.world.store.main, real.id).state is RoundState.OPEN
    assert test_rounds.of_round(site.world.store.main, real.id) is None
    look(page, "opened")
    for path in ("days", "close", "rules", "late-unit"):
        page.goto(f"{site.url}{at}/{path}")
        look(page, path)
    page.goto(f"{site.url}{at}/close")
    page.locator("form button[value=close]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**told=closed*")
    tick(site)
    for path in ("days", "late-answers", "edition"):
        page.goto(f"{site.url}{at}/{path}")
        look(page, f"finished-{path}")
    press(page, "Lav udgaven")
    page.wait_for_url("**told=edition*")
    look(page, "finished")


def test_choices_show_their_fields_R3(open_page: Opener, site: Site) -> None:
    with site.world.store.write() as db:
        units.keep_units(db, [Unit(id=f"u{n}", name=f"Enhed {n}", kind="ward") for n in range(30)])
    page = at_the_desk(open_page, NEW, size=LAPTOP)
    expect(page.locator("#opens_day")).to_be_hidden()
    expect(page.locator("#units")).to_be_hidden()
    expect(page.locator("#new_collection")).to_be_hidden()
    page.locator("label[for=opens-day]").click()
    expect(page.locator("#opens_day")).to_be_visible()
    page.locator("#collection").select_option("~new")
    expect(page.locator("#new_collection")).to_be_visible()
    page.locator("label[for=access-invited]").click()
    expect(page.locator("#channels")).to_be_hidden()
    page.locator("label[for=units_by-chosen]").click()
    rows = page.locator("#unit-list > div:visible")
    assert rows.count() == 33
    page.locator("#unit_filter").fill("enhed 2")
    assert rows.count() == 11
    page.locator("label[for=units-u2]").click()
    page.locator("#unit_filter").fill("assens")
    assert rows.count() == 2
    expect(page.locator("#unit-list-status")).to_have_text("2 af 33 enheder er vist, 1 er valgt.")
    page.locator("#unit_filter").press("Enter")
    assert page.url.endswith(NEW)


def test_without_script_all_is_there_R3(open_page: Opener, site: Site) -> None:
    page = at_the_desk(open_page, NEW, size=PHONE, script=False)
    for name in ("opens_day", "new_collection", "units", "channels", "notice_da_purpose"):
        expect(page.locator(f"#{name}")).to_be_visible()
    page.locator("label[for=notice_read]").click()
    page.get_by_role("button", name="Opret runden som test").click()
    page.wait_for_url("**told=set-up*")


@pytest.fixture
def shots(request: pytest.FixtureRequest) -> Path | None:
    """Where pictures of the pages go: SVARBOKS_SHOTS, for a person who wants to look at them."""
    import os

    folder = os.environ.get("SVARBOKS_SHOTS")
    if not folder:
        return None
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    return path
