"""The tablet's app in Chromium: made ready with a code, answering without a network, and updated without losing anything.

T1  Enrolled and offline: reloaded, the app opens, a turn is answered, and the answer arrives once when the line is back. What was
    tapped stays chosen, whatever news the app has just then.
T2  What a captive portal says opens nothing and delivers nothing.
T3  An update whose file is missing, or that is cut off, leaves the old app; a new version in mid-turn waits; a server that is
    rolled back serves an app that opens and answers.
T4  A revoked tablet keeps its queue; it goes up after enrolment.
T5  Who did not want to take part is counted, by the desk too.
T6  The public link opens and takes an answer without a network once it was visited, and says whether the answer is sent or waits;
    a closed page, or a portal's, is never kept over it.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import BaseWSGIServer, make_server

from server import tablet_app
from server.page_words import SCRIPT_WORDS
from server.tablet_manifest import PageShelf
from store import devices as kept_devices
from sync import devices
from tests.browser.conftest import TABLET
from tests.browser.steps import go_on_to, go_to_the_end, option, until
from tests.browser.whole_answers import whole_answers
from tests.crash.processes import free_port
from tests.server.installation import build
from tests.server.tablets import code_for

pytestmark = pytest.mark.browser


class Line:
    """A served installation whose line can be cut, and whose answers can be replaced by path."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.world = build(folder, PORT=str(self.port))
        self.url = f"http://localhost:{self.port}"
        self.replaced: dict[str, Callable[[], tuple[str, str, bytes]]] = {}
        self.asked: list[str] = []
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self.on()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Any:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        for part, answer in list(self.replaced.items()):
            if part in path:
                status, content_type, body = answer()
                start(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
                return [body]
        return whole_answers(self.world.app.wsgi_app)(environ, start)

    def on(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def off(self) -> None:
        """The server is gone: connections are refused."""
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = None


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    # The app is made once for each process; here it changes.
    tablet_app.app_of.cache_clear()
    made = Line(tmp_path)
    yield made
    made.off()
    monkeypatch.undo()
    tablet_app.app_of.cache_clear()
    made.world.app.extensions["svarboks"].close()


@contextmanager
def tab(browser: Browser) -> Iterator[tuple[BrowserContext, Page]]:
    context = browser.new_context(
        viewport={"width": TABLET[0], "height": TABLET[1]}, locale="da", reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield context, page
    context.close()


def enrol(page: Page, line: Line, *rounds: str) -> int:
    """As staff do: the square code leads here."""
    number, code = code_for(line.world, *(rounds or ("open1",)))
    page.goto(f"{line.url}/tablet#enrol={code}")
    expect(page.get_by_text("Klar til brug uden netværk.")).to_be_visible()
    expect(page.locator(".tablet-choice:enabled").first).to_be_visible()
    expect(page.locator("body[data-asked]")).to_be_attached()
    return number


def show(page: Page, name: str) -> None:
    page.screenshot(path=f"/tmp/t2a-{name}.png", full_page=True)


def begin(page: Page, title: str = "Runde open", language: str = "Dansk") -> None:
    """Two taps."""
    page.locator(".tablet-choice", has_text=title).click()
    page.locator("#main").get_by_role("button", name=language).click()
    page.wait_for_url("**/tablet/turn/**")


def answer(page: Page) -> None:
    """Somebody answers the first question of the round, sends, and gives the tablet back."""
    go_on_to(page, "trust")
    option(page, "trust", "5").click()
    go_to_the_end(page)
    page.locator("#send").click()
    page.locator(".kiosk-actions .button").click()
    expect(page.get_by_role("heading", name="Vælg et spørgeskema")).to_be_visible()


def waits(line: Line, number: int) -> int:
    """How many answers the desk takes to wait on a tablet."""
    found = kept_devices.find(line.world.store.main, number)
    assert found is not None
    return found.waiting


def status(page: Page, text: str) -> None:
    expect(page.locator("#tablet-status")).to_contain_text(text)


def test_it_opens_and_answers_without_a_network_T1(browser: Browser, line: Line) -> None:
    with tab(browser) as (context, page):
        number = enrol(page, line, "open1", "kinds1")
        line.off()
        page.reload()
        expect(page.get_by_role("heading", name="Vælg et spørgeskema")).to_be_visible()
        begin(page)
        answer(page)
        status(page, "1 svar venter")
        # The app is closed and opened again, still without a network; in another language this time.
        page.close()
        again = context.new_page()
        again.goto(f"{line.url}/tablet")
        begin(again, language="العربية")
        assert again.locator("html").get_attribute("dir") == "rtl"
        answer(again)
        status(again, "2 svar venter")
        line.replaced = {"/batches": lambda: ("502 Bad Gateway", "text/html", b"")}
        line.on()
        context.set_offline(True)
        context.set_offline(False)
        # The desk hears of it before it is sent, and again afterwards, without any other news.
        until(again, lambda: waits(line, number) == 2)
        line.replaced = {}
        until(again, lambda: line.world.waiting() == 2)
        status(again, "Alle svar er sendt")
        until(again, lambda: waits(line, number) == 0)
        assert "/api/tablet/batches" in line.asked
        # A page cannot read what the tablet is known by.
        assert "svarboks-tablet" not in again.evaluate("document.cookie")


#: Taps the first questionnaire just when the list is about to be drawn anew, while what it shows is read.
TAP_WHILE_IT_IS_READ = """() => {
  let armed = false;
  const post = ServiceWorker.prototype.postMessage;
  ServiceWorker.prototype.postMessage = function (said, ...more) {
    armed ||= said.type === 'flush';
    return post.call(this, said, ...more);
  };
  const transaction = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...asked) {
    if (armed && this.name !== 'svarboks-queue') {
      armed = false;
      document.querySelector('.tablet-choice').click();
      window.tapped = true;
    }
    return transaction.apply(this, asked);
  };
}"""


def test_a_questionnaire_that_was_tapped_stays_chosen_T1(browser: Browser, line: Line) -> None:
    with tab(browser) as (_context, page):
        enrol(page, line)
        page.reload()
        expect(page.locator("body[data-asked]")).to_be_attached()
        asked = page.locator("body").get_attribute("data-asked")
        page.evaluate(TAP_WHILE_IT_IS_READ)
        page.evaluate("window.dispatchEvent(new Event('online'))")
        expect(page.locator(f"body:not([data-asked='{asked}'])")).to_be_attached()
        assert page.evaluate("window.tapped")
        expect(page.locator("#main").get_by_role("button", name="Dansk")).to_be_visible()


def test_what_stands_in_between_delivers_nothing_T2(browser: Browser, line: Line) -> None:
    with tab(browser) as (context, page):
        enrol(page, line)
        line.replaced = {"": lambda: ("200 OK", "text/html", b"<h1>Log in to the Wi-Fi</h1>")}
        page.reload()
        begin(page)
        answer(page)
        status(page, "1 svar venter")
        page.reload()
        expect(page.get_by_role("heading", name="Vælg et spørgeskema")).to_be_visible()
        status(page, "1 svar venter")
        line.replaced = {}
        context.set_offline(True)
        context.set_offline(False)
        status(page, "Alle svar er sendt")
        assert line.world.waiting() == 1


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


def test_a_revoked_tablet_keeps_its_queue_T4(browser: Browser, line: Line) -> None:
    with tab(browser) as (_context, page):
        number = enrol(page, line)
        line.off()
        begin(page)
        answer(page)
        status(page, "1 svar venter")
        line.on()
        devices.revoke(line.world.store, number, actor="account:1", now=line.world.now)
        page.reload()
        expect(page.locator(".tablet-notice")).to_contain_text("spærret")
        assert page.locator(".tablet-choice").count() == 0
        status(page, "1 svar venter")
        # Scanned while the page is open: a code that does not work changes nothing.
        page.goto(f"{line.url}/tablet#enrol=bcdf-ghjk")
        expect(page.locator("#enrol-error")).to_contain_text("virker ikke")
        page.reload()
        code = devices.offer_again(
            line.world.store, number, actor="account:1", now=line.world.now, rng=random.Random(1)
        )
        page.get_by_role("button", name="Gør klar igen").click()
        page.get_by_label("Kode fra skrivebordet").fill("bcdf-ghjk")
        page.get_by_role("button", name="Gør klar").click()
        expect(page.locator("#enrol-error")).to_contain_text("virker ikke")
        page.get_by_label("Kode fra skrivebordet").fill(f" {code[:4].lower()}-{code[4:]} ")
        page.get_by_role("button", name="Gør klar").click()
        status(page, "Alle svar er sendt")
        assert line.world.waiting() == 1


def test_somebody_did_not_want_to_T5(browser: Browser, line: Line) -> None:
    with tab(browser) as (_context, page):
        enrol(page, line)
        read = "SELECT sum(n) FROM device_declined"
        for number in (1, 2):
            page.get_by_role("button", name="Ville ikke være med").click()
            status(page, "Noteret")
            page.reload()
            until(page, lambda n=number: line.world.store.main.execute(read).fetchone()[0] == n)


def test_the_public_link_without_a_network_T6(browser: Browser, line: Line) -> None:
    with tab(browser) as (context, page):
        page.goto(f"{line.url}/s/open1/da")
        until(page, lambda: page.evaluate("() => caches.match('/s/open1/da').then(Boolean)"))
        line.off()
        page.reload()
        go_on_to(page, "trust")
        option(page, "trust", "5").click()
        go_to_the_end(page)
        page.locator("#send").click()
        expect(page.locator(".delivery")).to_contain_text("forseglet og gemt")
        page.close()
        # A Wi-Fi that asks for a login first, then the server itself, where the round has ended meanwhile.
        line.replaced = {"": lambda: ("200 OK", "text/html", b"<h1>Log in to the Wi-Fi</h1>")}
        line.on()
        later = context.new_page()
        later.goto(f"{line.url}/s/open1/da")
        expect(later.locator(".delivery")).to_contain_text("venter på at blive sendt")
        line.replaced = {}
        line.world.now += timedelta(days=30)
        later.goto(f"{line.url}/s/open1/da")
        expect(later.locator("#answering")).to_have_count(0)
        until(later, lambda: line.world.waiting() == 1)
        line.off()
        later.goto(f"{line.url}/s/open1/da")
        expect(later.locator("#answering")).to_be_visible()
        expect(later.locator(".delivery")).to_have_count(0)
