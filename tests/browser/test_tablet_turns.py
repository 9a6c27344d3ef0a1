"""One turn, one person: what a tablet shows the next one, and how a turn ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import LAPTOP, PHONE, TABLET
from tests.browser.shown_on_tablets import (
    SECRET,
    answer_this_page,
    gone,
    moves,
    nothing_shown,
    stand_still,
)
from tests.browser.steps import complaints_of_axe, go_on, go_on_to, go_to_the_end, option
from tests.browser.turns import (
    CHROMIUM,
    FLAGS,
    TurnSite,
    begin,
    drafts,
    goes_to,
    kept,
    queued,
    shown,
    type_pin,
)

pytestmark = pytest.mark.browser

MINUTE = 60_000


def test_the_next_person_sees_nothing_of_the_last_after_any_page(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    context = tablet()
    page = context.new_page()
    address = turn_site.page("open1", "da")
    begin(page, turn_site, "open1", "da")
    go_to_the_end(page)
    pages = int(page.evaluate("document.body.dataset.page")) + 1
    assert pages >= 4
    for last in range(1, pages):
        begin(page, turn_site, "open1", "da")
        for _ in range(last):
            go_on(page)
            answer_this_page(page)
        kept(page)
        # A second tab, while the turn is on.
        second = context.new_page()
        goes_to(second, address)
        gone(second)
        second.close()
        # Within the turn, reloading loses nothing: one touch, and the person goes on.
        if last == 1:
            page.reload()
            page.locator(".kiosk-cover-touch").click()
            assert page.locator("input:checked").count() > 0
        # Staff begin the next turn.
        begin(page, turn_site, "open1", "da")
        nothing_shown(page)
        for move in (
            page.reload,
            page.go_back,
            page.go_back,
            page.go_back,
            page.go_forward,
            page.go_forward,
            lambda: page.evaluate("history.go(-3)"),
            page.reload,
        ):
            moves(move)
            page.wait_for_timeout(50)
            page.wait_for_load_state()
            nothing_shown(page)


def test_what_was_sent_is_sealed_and_leaves_nothing_behind(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    context = tablet()
    page = context.new_page()
    begin(page, turn_site, "open1", "da")
    for _ in range(20):
        answer_this_page(page)
        last = page.locator("#send:visible").count() > 0
        go_on(page)
        if last:
            break
    thanks = page.locator("main .kiosk-actions button")
    expect(thanks).to_have_text("Klar til den næste")
    expect(page.locator("main h1")).to_be_focused()
    nothing_shown(page)
    assert drafts(page) == []
    for move in (page.go_back, page.go_back, page.go_forward, page.reload):
        moves(move)
        page.wait_for_timeout(50)
        nothing_shown(page)
    goes_to(page, turn_site.page("open1", "da"))
    gone(page)
    [answer] = queued(page, turn_site)
    assert answer["trust"] == "5"
    assert SECRET in answer.values()
    assert answer["~language"] == "da"


def test_another_language_is_the_same_turn(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    page = tablet().new_page()
    begin(page, turn_site, "open1", "da")
    go_on_to(page, "trust")
    option(page, "trust", "4").click()
    page.locator('.answering-languages a[hreflang="ar"]').click()
    page.wait_for_url("**/ar")
    shown(page)
    assert page.locator('[id="f-trust-4"]').is_checked()
    expect(page.locator(".kiosk-staff")).to_have_text("الموظفون")


def test_a_second_tab_and_a_copied_one_are_refused_while_the_turn_is_on(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    context = tablet()
    page = context.new_page()
    begin(page, turn_site, "open1", "da")
    go_on_to(page, "trust")
    answer_this_page(page)
    kept(page)
    # A copied tab has the mark of the turn too; the first one holds the turn all the same.
    with context.expect_page() as opening:
        page.evaluate(
            "() => { const copied = window.open('about:blank'); for (const [name, value] of Object.entries(sessionStorage)) copied.sessionStorage.setItem(name, value); }"
        )
    copied = opening.value
    goes_to(copied, f"{turn_site.url}/turns/ready")
    copied.evaluate(
        "(marks) => { for (const [name, value] of marks) sessionStorage.setItem(name, value); }",
        page.evaluate("Object.entries(sessionStorage)"),
    )
    goes_to(copied, turn_site.page("open1", "da"))
    expect(copied.locator(".kiosk-told h1")).to_contain_text("åbent i et andet vindue")
    nothing_shown(copied)
    # The first one goes on.
    assert page.locator("input:checked").count() > 0
    # Staff begin the next turn in the other tab: the first one is over at once.
    begin(copied, turn_site, "open1", "da")
    gone(page)
    nothing_shown(copied)
    # Its tab closed in mid-turn, nothing holds the turn; a new tab is not the turn's all the same.
    go_on_to(copied, "trust")
    answer_this_page(copied)
    kept(copied)
    copied.close()
    fresh = context.new_page()
    goes_to(fresh, turn_site.page("open1", "da"))
    gone(fresh)


def test_a_page_from_the_browsers_memory_shows_nothing(
    browser: Browser, turn_site: TurnSite
) -> None:
    remembering = browser.browser_type.launch(
        executable_path=CHROMIUM,
        args=FLAGS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    page = remembering.new_page()
    page.set_default_timeout(10_000)
    begin(page, turn_site, "open1", "da")
    for _ in range(3):
        go_on(page)
        answer_this_page(page)
    kept(page)
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    assert page.locator("html.blank").count() == 1
    assert not page.locator("#answering").is_visible()
    # Really away and back again, the turn over meanwhile.
    begin(page, turn_site, "open1", "da")
    for _ in range(3):
        moves(lambda: page.go_back(wait_until="commit"))
        page.wait_for_timeout(200)
        nothing_shown(page)
    # Whatever a browser keeps of a page: it is emptied before it is looked at.
    begin(page, turn_site, "open1", "da")
    answer_this_page(page)
    with page.expect_navigation():
        page.evaluate(
            "window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
        )
    remembering.close()


def test_a_restored_tab_shows_nothing_of_a_turn_that_is_over(
    browser: Browser, turn_site: TurnSite, tmp_path: Path
) -> None:
    def tablet(*flags: str) -> BrowserContext:
        return browser.browser_type.launch_persistent_context(
            tmp_path / "profile",
            executable_path=CHROMIUM,
            args=[*FLAGS, *flags],
            locale="da",
        )

    context = tablet()
    page = context.pages[0]
    begin(page, turn_site, "open1", "da")
    go_on_to(page, "trust")
    answer_this_page(page)
    kept(page)
    context.close()
    # The browser comes back with its tabs; only a tab of this very turn may go on, and it is covered.
    context = tablet("--restore-last-session")
    page = next((one for one in context.pages if "/turns/" in one.url), context.pages[0])
    if "/turns/" not in page.url:
        goes_to(page, turn_site.page("open1", "da"))
        gone(page)
    else:
        page.wait_for_load_state()
        page.wait_for_function(
            "() => document.documentElement.classList.contains('covered') || !document.querySelector('#answering')"
        )
        assert not page.locator("input:checked").first.is_visible()
    # Opened anew, without the tab's mark, it shows nothing.
    other = context.new_page()
    goes_to(other, turn_site.page("open1", "da"))
    gone(other)
    # The next turn, and the restored tab once more.
    begin(other, turn_site, "open1", "da")
    page.wait_for_function("() => !document.querySelector('#answering input:checked')")
    nothing_shown(page)
    context.close()
    context = tablet("--restore-last-session")
    for one in context.pages:
        one.wait_for_load_state()
        one.wait_for_timeout(300)
        nothing_shown(one)
    context.close()


def test_an_interview_is_put_aside_and_taken_up_again(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    page = tablet().new_page()
    begin(page, turn_site, "ptsd1", "da")
    go_on_to(page, "may_take_part")
    option(page, "may_take_part", "yes").click()
    go_on_to(page, "steps")
    page.locator('[id="f-steps/0/received"]').fill(SECRET)
    page.locator(".kiosk-staff").click()
    type_pin(page)
    choices = page.locator(".kiosk-choice button")
    expect(choices).to_have_count(4)
    choices.nth(2).click()
    gone(page)
    # Another turn in between.
    begin(page, turn_site, "open1", "da")
    nothing_shown(page)
    goes_to(page, f"{turn_site.url}/turns/ready")
    [paused] = page.evaluate("app.pausedTurns()")
    assert SECRET not in str(paused)
    assert set(paused) == {"id", "round", "version", "language", "minutes", "day"}
    page.evaluate("(id) => app.resumeTurn(id)", paused["id"])
    goes_to(page, turn_site.page("ptsd1", "da"))
    shown(page)
    expect(page.locator('[id="f-steps/0/received"]')).to_have_value(SECRET)
    # The way back leads through the pages, though the history is new.
    page.locator(".answering-bar .back").click()
    expect(page.locator('[id="f-steps/0/received"]')).to_be_hidden()


def test_registrations_are_quick_to_repeat_with_start_and_stop(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    page = tablet().new_page()
    page.clock.install()
    begin(page, turn_site, "time1", "da")
    for _ in range(20):
        if page.locator('[id="q-minutes"]').is_visible():
            break
        if page.locator('[id="q-started_at"]').is_visible():
            page.locator('[id="q-started_at"] .watch-button').click()
            assert re.fullmatch(r"\d\d:\d\d", page.locator('[id="f-started_at"]').input_value())
        answer_this_page(page)
        go_on(page)
    stand_still(page)
    watch = page.locator('[id="q-minutes"] .watch-button')
    watch.click()
    page.clock.run_for(2 * MINUTE)
    expect(page.locator('[id="q-minutes"] .watch-time')).to_contain_text("2:0")
    # A watch outlives a reload: it is part of the draft.
    kept(page)
    page.reload()
    page.locator(".kiosk-cover-touch").click()
    page.clock.run_for(2 * MINUTE)
    watch.click()
    expect(page.locator('[id="f-minutes"]')).to_have_value("4")
    page.clock.resume()
    answer_this_page(page)
    go_to_the_end(page)
    go_on(page)
    buttons = page.locator("main .kiosk-actions button")
    expect(buttons).to_have_text(["En til", "Klar til den næste"])
    assert complaints_of_axe(page) == []
    buttons.first.click()
    page.wait_for_url("**/turns/time1/da")
    shown(page)
    nothing_shown(page)


def test_no_service_is_asked_about_what_is_typed(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    page = tablet().new_page()
    begin(page, turn_site, "kinds1", "da")
    wanted: dict[str, Any] = {
        "autocomplete": "off",
        "autocorrect": "off",
        "autocapitalize": "off",
        "spellcheck": "false",
        "writingsuggestions": "false",
        "data-lpignore": "true",
        "data-1p-ignore": "",
        "data-bwignore": "true",
        "data-form-type": "other",
    }
    fields = page.evaluate(
        """(names) => {
          const roots = [document, ...[...document.querySelectorAll('template')].map((one) => one.content)];
          return roots.flatMap((root) => [...root.querySelectorAll('input:not([type=hidden]), textarea, select')])
            .map((one) => Object.fromEntries(names.map((name) => [name, one.getAttribute(name)])));
        }""",
        list(wanted),
    )
    assert len(fields) > 30
    assert [field for field in fields if field != wanted] == []
    assert page.evaluate("document.documentElement.translate") is False


def test_where_there_is_no_room_it_is_said_and_nothing_is_lost(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite
) -> None:
    page = tablet().new_page()
    begin(page, turn_site, "open1", "da")
    go_on_to(page, "trust")
    option(page, "trust", "5").click()
    kept(page)
    # Chromium gives small writes room for a while whatever CDP says of the quota, so the refusal is made here.
    page.evaluate(
        """() => {
          for (const name of ['put', 'add']) {
            const real = IDBObjectStore.prototype[name];
            IDBObjectStore.prototype[name] = function (...given) {
              if (window.full) throw new DOMException('no room', 'QuotaExceededError');
              return real.apply(this, given);
            };
          }
          window.full = true;
        }"""
    )
    go_on_to(page, "suggestions")
    page.locator('[id="f-suggestions"]').fill(SECRET)
    expect(page.locator("#not-kept")).to_be_visible()
    go_to_the_end(page)
    go_on(page)
    status = page.locator("#status")
    expect(status).to_contain_text("ikke mere plads")
    assert page.locator('[id="f-trust-5"]').is_checked()
    assert page.locator('[id="f-suggestions"]').input_value() == SECRET
    page.evaluate("window.full = false")
    status.locator("button").click()
    expect(page.locator("main .kiosk-actions")).to_be_visible()
    [answer] = queued(page, turn_site)
    assert answer["trust"] == "5"
    assert answer["suggestions"] == SECRET


@pytest.mark.parametrize("language", ["da", "ar"])
def test_every_screen_of_a_turn_fits_and_can_be_reached(
    tablet: Callable[..., BrowserContext], turn_site: TurnSite, language: str
) -> None:
    for size in (PHONE, TABLET, LAPTOP):
        page = tablet(size, language).new_page()
        begin(page, turn_site, "open1", language)
        page.locator(".kiosk-staff").click()
        fits(page)
        type_pin(page)
        expect(page.locator(".kiosk-staff-menu")).to_be_visible()
        fits(page)
        page.locator(".kiosk-choice button").first.click()
        fits(page)
        go_to_the_end(page)
        go_on(page)
        expect(page.locator("main .kiosk-actions")).to_be_visible()
        fits(page)
        assert complaints_of_axe(page) == []


def fits(page: Page) -> None:
    """Nothing runs out of the page sideways, and every button is large enough for a finger."""
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        "[...document.querySelectorAll('button')].filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43).map((one) => one.className)"
    )
    assert small == []
