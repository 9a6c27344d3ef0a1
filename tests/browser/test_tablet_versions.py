"""New versions on a tablet in Chromium: of the app, and of questionnaires (the rest of the app: test_tablet_app.py).

T3  An update whose file is missing, or that is cut off, leaves the old app; a new version in mid-turn waits; a new app waits for what
    is open; a turn begins with the version that is installed then; a server that is rolled back serves an app that opens and answers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from server import tablet_app
from server.page_words import SCRIPT_WORDS
from server.tablet_manifest import PageShelf
from tests.browser.steps import go_on_to, go_to_the_end, option, until
from tests.browser.tablet_line import Line, answer, begin, enrol, served, status, tab

pytestmark = pytest.mark.browser


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    with served(tmp_path, monkeypatch) as made:
        yield made


def deploy(line: Line, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """Another build of the app is on the server: its page says something else."""
    monkeypatch.setitem(tablet_app.tablet_words.SHELL_WORDS, "ready_title", word)  # type: ignore[arg-type]
    tablet_app.app_of.cache_clear()


def look_for_news(page: Page) -> None:
    """What the browser does by itself now and then."""
    page.evaluate("navigator.serviceWorker.ready.then((found) => found.update().catch(() => null))")


@pytest.mark.parametrize("fault", ["gone", "500", "html", "cut"])
def test_an_update_that_fails_leaves_the_old_app_T3(
    browser: Browser, line: Line, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    with tab(browser) as (_context, page):
        enrol(page, line)
        deploy(line, monkeypatch, "Another build")
        # One of its files is not to be had: the browser has fetched the worker and goes on to its files.
        line.replaced = {
            "/tablet": {
                "gone": lambda: (
                    threading.Thread(target=line.off).start(),
                    ("500 Gone", "text/html", b""),
                )[1],
                "500": lambda: ("500 Internal Server Error", "text/html", b"fault"),
                "html": lambda: ("200 OK", "text/html", b"<h1>Log in</h1>"),
                "cut": lambda: ("200 OK", "text/html", b"<!doctype html><html"),
            }[fault]
        }
        line.asked.clear()
        look_for_news(page)
        until(page, lambda: "/tablet" in line.asked)
        until(
            page,
            lambda: page.evaluate(
                "() => navigator.serviceWorker.getRegistration().then((found) => !found.installing)"
            ),
        )
        page.reload()
        expect(page.get_by_role("heading", name="Vælg et spørgeskema")).to_be_visible()
        begin(page)
        answer(page)
        if fault == "gone":
            line.on()
        line.replaced = {}
        # The next time it succeeds, and nothing has been lost.
        look_for_news(page)
        expect(page.get_by_role("heading", name="Another build")).to_be_visible()
        status(page, "Alle svar er sendt")
        assert line.world.waiting() == 1


def test_a_new_version_in_mid_turn_waits_T3(
    browser: Browser, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tab(browser) as (_context, page):
        enrol(page, line)
        begin(page)
        go_on_to(page, "trust")
        option(page, "trust", "5").click()
        # Another app, and other words on the questionnaire's own page: both are new from now on.
        deploy(line, monkeypatch, "Another build")
        monkeypatch.setattr("server.tablet_manifest._shelf", PageShelf())
        monkeypatch.setitem(SCRIPT_WORDS, "next", "Further on")  # type: ignore[arg-type]
        said = page.locator(".answering-bar .next").inner_text()
        line.asked.clear()
        look_for_news(page)
        until(
            page,
            lambda: page.evaluate(
                "() => navigator.serviceWorker.getRegistration().then((found) => Boolean(found.waiting))"
            ),
        )
        other = page.context.new_page()
        other.goto(f"{line.url}/tablet")
        until(page, lambda: any(path.startswith("/api/tablet/pages/") for path in line.asked))
        expect(other.get_by_role("heading", name="Vælg et spørgeskema")).to_be_visible()
        other.close()
        # Reloaded in the middle, it is still the page that the person began on.
        page.reload()
        page.locator("#kiosk-cover, .kiosk-cover").click()
        expect(page.locator(".answering-bar .next")).to_have_text(said)
        go_to_the_end(page)
        page.locator("#send").click()
        page.locator(".kiosk-actions .button").click()
        # Between turns the new app is taken, and the next turn begins on the new page.
        expect(page.get_by_role("heading", name="Another build")).to_be_visible()
        begin(page)
        expect(page.locator(".answering-bar .next")).to_have_text("Further on")


#: Counts how often a new app's worker is told to take over.
COUNT_WHAT_IS_TOLD = """() => {
  window.told = 0;
  const post = ServiceWorker.prototype.postMessage;
  ServiceWorker.prototype.postMessage = function (said, ...more) {
    if (said.type === 'take-over') window.told += 1;
    return post.call(this, said, ...more);
  };
}"""


@pytest.mark.parametrize(
    ("opener", "back"),
    [
        (".tablet-round .tablet-choice >> nth=0", "#main > button"),
        ("#tablet-staff button", ".kiosk-pin .kiosk-actions button"),
    ],
    ids=["languages", "pin"],
)
def test_a_new_app_waits_while_something_is_open_T3(
    browser: Browser, line: Line, monkeypatch: pytest.MonkeyPatch, opener: str, back: str
) -> None:
    with tab(browser) as (_context, page):
        page.clock.install()
        enrol(page, line)
        # From now on the worker has the page, so that a new one waits for it.
        page.reload()
        expect(page.locator("body[data-asked]")).to_be_attached()
        page.evaluate(COUNT_WHAT_IS_TOLD)
        page.locator(opener).click()
        expect(page.locator(back)).to_be_visible()
        deploy(line, monkeypatch, "Another build")
        look_for_news(page)
        until(
            page,
            lambda: page.evaluate(
                "() => navigator.serviceWorker.getRegistration().then((found) => Boolean(found.waiting))"
            ),
        )
        page.clock.run_for(5000)
        assert page.evaluate("window.told") == 0
        page.locator(back).click()
        expect(page.get_by_role("heading", name="Another build")).to_be_visible()


def test_a_turn_begins_with_the_version_that_is_here_then_T3(
    browser: Browser, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tab(browser) as (_context, page):
        enrol(page, line)
        page.locator(".tablet-choice", has_text="Runde open").click()
        danish = page.locator("#main").get_by_role("button", name="Dansk")
        expect(danish).to_be_visible()
        # The languages stand there while the questionnaire's page is replaced, and the old one is deleted.
        monkeypatch.setattr("server.tablet_manifest._shelf", PageShelf())
        monkeypatch.setitem(SCRIPT_WORDS, "next", "Further on")  # type: ignore[arg-type]
        asked = page.locator("body").get_attribute("data-asked")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(page.locator(f"body:not([data-asked='{asked}'])")).to_be_attached()
        danish.click()
        expect(page.locator(".answering-bar .next")).to_have_text("Further on")
        # A turn whose page is gone, however that came: the ready page, and no way back and forth.
        page.evaluate("caches.delete('svarboks-bundles')")
        page.goto(f"{line.url}/tablet")
        expect(page.get_by_role("heading", name="Vælg et spørgeskema")).to_be_visible()
        expect(page.locator(".tablet-waiting-turn")).to_have_count(0)


def test_a_server_that_is_rolled_back_T3(
    browser: Browser, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tab(browser) as (_context, page):
        with monkeypatch.context() as newer:
            deploy(line, newer, "Another build")
            enrol(page, line)
            expect(page.get_by_role("heading", name="Another build")).to_be_visible()
            line.replaced = {"/api/tablet/batches": lambda: ("503 Busy", "text/html", b"")}
            begin(page)
            go_on_to(page, "trust")
            option(page, "trust", "5").click()
            go_to_the_end(page)
            page.locator("#send").click()
            page.locator(".kiosk-actions .button").click()
            status(page, "1 svar venter")
        tablet_app.app_of.cache_clear()
        look_for_news(page)
        expect(page.get_by_role("heading", name="Vælg et spørgeskema")).to_be_visible()
        begin(page)
        answer(page)
        line.replaced = {}
        page.reload()
        status(page, "Alle svar er sendt")
        assert line.world.waiting() == 2
