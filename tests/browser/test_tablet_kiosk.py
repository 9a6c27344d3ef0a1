"""What guards a turn on a tablet that lies about: the cover, the blank page, the staff's PIN, the time for cleaning."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.shown_on_tablets import (
    gone,
    stand_still,
)
from tests.browser.steps import complaints_of_axe, go_on_to, option
from tests.browser.turns import (
    TurnSite,
    begin,
    drafts,
    goes_to,
    queued,
    type_pin,
)

pytestmark = pytest.mark.browser

MINUTE = 60_000


def test_a_screen_that_nobody_touches_is_covered_and_then_wiped(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    page = tablet().new_page()
    page.clock.install()
    begin(page, turn_site, "open1", "da", minutes=20)
    go_on_to(page, "trust")
    stand_still(page)
    option(page, "trust", "5").click()
    cover = page.locator(".kiosk-cover-touch")
    page.clock.run_for(3 * MINUTE - 2000)
    expect(cover).to_be_hidden()
    page.clock.run_for(3000)
    expect(cover).to_be_visible()
    expect(cover).to_be_focused()
    assert not page.locator('[id="q-trust"]').is_visible()
    page.clock.resume()
    assert complaints_of_axe(page) == []
    # One touch goes on, and chooses nothing that lies under it.
    cover.tap()
    expect(cover).to_be_hidden()
    assert page.locator('[id="f-trust-5"]').is_checked()
    # Another 20 minutes, and it is gone, whatever there was.
    page.clock.run_for(19 * MINUTE)
    assert page.locator("#answering").count() == 1
    page.clock.run_for(2 * MINUTE)
    gone(page)
    goes_to(page, f"{turn_site.url}/turns/ready")
    assert drafts(page) == []
    assert queued(page, turn_site) == []


def turn_away(page: Page, state: str) -> None:
    """The app goes out of sight ("hidden"), or comes back ("visible")."""
    page.evaluate(
        """(state) => {
          Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
        }""",
        state,
    )


def test_nothing_is_seen_while_the_app_is_not_in_front(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    page = tablet().new_page()
    begin(page, turn_site, "open1", "da")
    go_on_to(page, "trust")
    option(page, "trust", "5").click()

    turn_away(page, "hidden")
    assert page.locator("html.blank").count() == 1
    assert page.evaluate("getComputedStyle(document.body).visibility") == "hidden"
    turn_away(page, "visible")
    assert page.locator("html.blank").count() == 0
    assert not page.locator('[id="q-trust"]').is_visible()
    page.locator(".kiosk-cover-touch").click()
    assert page.locator('[id="f-trust-5"]').is_checked()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).display") == "none"


def test_only_the_staffs_pin_leads_out_of_the_questionnaire(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    page = tablet().new_page()
    page.clock.install()
    begin(page, turn_site, "open1", "da")
    page.evaluate(
        "document.querySelectorAll('a[href]:not(.answering-languages a)').forEach((one) => one.click())"
    )
    assert page.url.split("#")[0] == turn_site.page("open1", "da")
    go_on_to(page, "trust")
    option(page, "trust", "5").click()
    page.locator(".kiosk-staff").click()
    expect(page.locator(".kiosk-pin")).to_be_visible()
    assert complaints_of_axe(page) == []
    # What lies behind is out of reach.
    assert page.evaluate("document.querySelector('main').inert")
    stand_still(page)
    for _ in range(3):
        type_pin(page, "111111")
        expect(page.locator(".pin-said")).to_have_text(re.compile("ikke rigtig|Vent"))
    go = page.locator(".pin-go")
    expect(go).to_be_disabled()
    # A reload does not shorten the wait, and the answers are still there.
    page.reload()
    page.locator(".kiosk-cover-touch").click()
    assert page.locator('[id="f-trust-5"]').is_checked()
    page.locator(".kiosk-staff").click()
    expect(go).to_be_disabled()
    page.clock.run_for(6000)
    expect(go).to_be_enabled()
    page.clock.resume()
    type_pin(page)
    menu = page.locator(".kiosk-staff-menu")
    expect(menu).to_be_visible()
    assert complaints_of_axe(page) == []
    assert menu.locator("button").count() == 3
    menu.locator("button").first.click()
    assert page.locator('[id="f-trust-5"]').is_checked()
    # A right PIN begins counting anew; stopping deletes what was written.
    page.locator(".kiosk-staff").click()
    expect(go).to_be_enabled()
    type_pin(page)
    menu.locator("button").last.click()
    gone(page)
    goes_to(page, f"{turn_site.url}/turns/ready")
    assert drafts(page) == []
    assert queued(page, turn_site) == []


def test_cleaning_reacts_to_nothing_for_a_minute(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    page = tablet().new_page()
    page.clock.install()
    begin(page, turn_site, "open1", "da")
    page.locator(".kiosk-staff").click()
    type_pin(page)
    expect(page.locator(".kiosk-staff-menu")).to_be_visible()
    stand_still(page)
    page.locator(".kiosk-choice button").nth(1).click()
    cleaning = page.locator(".kiosk-cleaning")
    expect(cleaning).to_contain_text("60")
    page.clock.run_for(30_000)
    for key in ("Escape", "Tab", "Enter", "Backspace"):
        page.keyboard.press(key)
    page.mouse.click(100, 100)
    page.touchscreen.tap(300, 300)
    expect(cleaning).to_contain_text("30")
    page.clock.resume()
    assert complaints_of_axe(page) == []
    expect(cleaning).to_have_count(1)
    page.clock.run_for(31_000)
    expect(cleaning).to_have_count(0)
    go_on_to(page, "trust")
    option(page, "trust", "5").click()
    assert page.locator('[id="f-trust-5"]').is_checked()


def test_what_staff_opened_is_closed_when_they_go_away(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    page = tablet().new_page()
    begin(page, turn_site, "open1", "da")
    go_on_to(page, "trust")
    option(page, "trust", "5").click()
    for pin_is_typed in (True, False):
        page.locator(".kiosk-staff").click()
        expect(page.locator(".kiosk-pin")).to_be_visible()
        if pin_is_typed:
            type_pin(page)
            expect(page.locator(".kiosk-staff-menu")).to_be_visible()
        turn_away(page, "hidden")
        turn_away(page, "visible")
        # The next touch is a stranger's: it takes the cover away, and nothing stands open there.
        page.locator(".kiosk-cover-touch").click()
        expect(page.locator(".kiosk-dialog")).to_have_count(0)
        assert not page.evaluate("document.querySelector('main').inert")
    assert page.locator('[id="f-trust-5"]').is_checked()


def test_a_pin_that_cannot_be_read_lets_nobody_pass(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    page = tablet().new_page()
    begin(page, turn_site, "open1", "da")
    page.evaluate(
        """() => {
          const get = IDBObjectStore.prototype.get;
          IDBObjectStore.prototype.get = function (key) {
            if (key === 'manifest' && window.broken) throw new DOMException('gone', 'UnknownError');
            return get.call(this, key);
          };
          window.broken = true;
        }"""
    )
    page.locator(".kiosk-staff").click()
    expect(page.locator(".kiosk-dialog")).to_contain_text("kan ikke slå koden op")
    assert complaints_of_axe(page) == []
    page.screenshot(path="/tmp/f4-pin-unreadable.png")
    page.locator(".kiosk-actions button").click()
    expect(page.locator(".kiosk-dialog")).to_have_count(0)
    page.evaluate("window.broken = false")
    page.locator(".kiosk-staff").click()
    type_pin(page)
    expect(page.locator(".kiosk-staff-menu")).to_be_visible()
