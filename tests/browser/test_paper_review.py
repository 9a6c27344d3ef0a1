"""Looking at marks in a browser: by keys alone, with a line that fails, by two at once, without a script, on a phone.

V1  Each answer takes one key; the next is there before the server has answered.
V2  Every decision is kept once, also where its answer is lost on the way; the page can be left and come back to.
V3  Two people at once do not collide: what one has decided is nobody else's.
V5  Back takes the last decision back.
V8  At the end the page leads on to confirming; axe finds nothing; nothing scrolls sideways; pictures are really there.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from store import accounts, paper_readings
from store.accounts import Grant, Role
from tests.browser.conftest import LAPTOP, PHONE, Opener, Site
from tests.browser.portal import LOGIN
from tests.browser.steps import complaints_of_axe, sign_in
from tests.server.installation import PASSWORD, PASSWORD_HASH
from tests.server.paper_batch import BATCH, scanned

pytestmark = pytest.mark.browser

AT = f"/desk/batches/{BATCH}/review"
NOW = ".review-now"


def review(open_page: Opener, who: str = "coordinator", **how: object) -> Page:
    """The page, signed in."""
    page = open_page(AT, **how)
    sign_in(page, f"{who}@region.example", PASSWORD)
    page.wait_for_url(f"**{AT}")
    return page


def decided(site: Site, sheet: int, place: str) -> list[str] | None:
    """What a person decided of an answer."""
    found = paper_readings.find(site.world.store.paper, sheet, place)
    assert found is not None
    return None if found.decided is None else list(found.decided.value)


def at(page: Page, sheet: int, place: str) -> None:
    """Wait until this answer is the one at hand."""
    expect(page.locator(NOW)).to_have_attribute("id", f"i-{sheet}-{place}")


def test_by_keys_with_undo_and_a_lost_answer_V1_V2_V5(open_page: Opener, site: Site) -> None:
    first, second = scanned(
        site.world,
        [
            {"trust": ["doubtful", "4"], "suggestions": ["Tak"]},
            {"choice": ["doubtful", "3"], "trust": ["doubtful", "2"]},
        ],
    )
    page = review(open_page, size=LAPTOP)
    lost: list[str] = []

    def lose_one(route: Route) -> None:
        if route.request.method == "POST" and len(lost) < 2:
            lost.append(route.request.post_data or "")
            if len(lost) == 2:  # the first never arrives; the second does, and its answer is lost
                route.fetch()
            route.fulfill(body=LOGIN, content_type="text/html")
        else:
            route.continue_()

    page.route(f"**{AT}", lose_one)
    at(page, second, "choice")
    picture = page.locator(f"{NOW} img")
    expect(picture).to_be_visible()
    assert picture.evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") > 900
    page.keyboard.press("3")
    at(page, first, "trust")  # though the answer to the first has been lost
    page.keyboard.press("2")
    at(page, second, "trust")
    page.keyboard.press("1")  # a slip
    at(page, first, "suggestions")
    page.locator(f"{NOW} textarea").press("Backspace")
    at(page, second, "trust")
    page.keyboard.press("4")
    at(page, first, "suggestions")
    page.keyboard.type("Tak for hjælpen")
    page.keyboard.press("Enter")
    expect(page.locator("#finished")).to_contain_text("2 ark kan blive til svar.")
    assert len(lost) == 2
    assert decided(site, second, "choice") == ["3"]
    assert decided(site, first, "trust") == ["4"]
    assert decided(site, second, "trust") == ["2"]
    assert decided(site, first, "suggestions") == ["Tak for hjælpen"]


def test_two_at_once_and_coming_back_V3(open_page: Opener, site: Site) -> None:
    first, second = scanned(
        site.world, [{"trust": ["doubtful", "4"]}, {"trust": ["doubtful", "2"]}]
    )
    with site.world.store.write() as db:
        accounts.add(
            db, name="Kollega", email="colleague@region.example", password_hash=PASSWORD_HASH,
            grants=[Grant(Role.COORDINATOR, unit="assens")],
        )  # fmt: skip
    one, other = review(open_page, size=LAPTOP), review(open_page, "colleague", size=LAPTOP)
    at(one, first, "trust")
    at(other, first, "trust")
    one.keyboard.press("2")
    expect(one.locator(f'[id="i-{first}-trust"] .review-saved')).to_have_text("Gemt: I høj grad")
    at(one, second, "trust")
    expect(other.locator(NOW)).to_be_visible()
    other.keyboard.press("5")
    expect(other.locator(f'[id="i-{first}-trust"] .review-saved')).to_have_text(
        "En anden har afgjort dette svar."
    )
    assert decided(site, first, "trust") == ["4"]
    one.reload()
    at(one, second, "trust")
    assert one.locator(".review-item").count() == 1
    assert decided(site, second, "trust") is None


def test_on_a_phone_and_for_everybody_V8(open_page: Opener, site: Site) -> None:
    [sheet] = scanned(
        site.world, [{"trust": ["doubtful", "4"], "suggestions": ["شكرا"]}], language="ar"
    )
    for size in (LAPTOP, PHONE):
        page = review(open_page, size=size)
        at(page, sheet, "trust")
        assert complaints_of_axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_contain_text("Tag din sidste afgørelse tilbage")
    page.keyboard.press("Escape")
    page.locator(f"{NOW} label.option", has_text="I nogen grad").click()
    at(page, sheet, "suggestions")
    page.keyboard.type("شكرا")
    page.keyboard.press("Enter")
    expect(page.locator(f"{NOW} textarea[name=translation]")).to_be_focused()
    page.keyboard.type("Tak")
    page.keyboard.press("Enter")
    expect(page.locator("#finished")).to_contain_text("1 ark kan blive til et svar.")
    assert complaints_of_axe(page) == []
    assert decided(site, sheet, "trust") == ["3"]
    assert decided(site, sheet, "suggestions") == ["شكرا\n[da] Tak"]


def test_several_numbers_and_missing_by_keys_V1(open_page: Opener, site: Site) -> None:
    [sheet] = scanned(
        site.world,
        [{"aids": ["doubtful", "pump", "stand"], "minutes": ["12"], "visits": ["3"]}],
        name="kinds",
    )
    page = review(open_page, size=LAPTOP)
    at(page, sheet, "aids")
    page.keyboard.press(
        "1"
    )  # the second was read surely and is ticked; the sheet says the first, and not the second
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    at(page, sheet, "minutes")
    page.keyboard.type("-")
    page.keyboard.press("Enter")
    at(page, sheet, "visits")
    page.keyboard.press("Enter")  # says nothing, and leaves it waiting
    page.keyboard.type("mange")
    page.keyboard.press("Enter")
    expect(page.locator(f"{NOW} .form-error-message")).to_be_visible()
    page.locator(f"{NOW} input[name=value]").fill("4")
    page.keyboard.press("Enter")
    expect(page.locator("#finished")).to_be_visible()
    assert decided(site, sheet, "aids") == ["pump"]
    assert decided(site, sheet, "minutes") == ["~dont_know"]
    assert decided(site, sheet, "visits") == ["4"]
