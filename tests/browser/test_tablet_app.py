"""The tablet's app in Chromium: made ready with a code, answering without a network, and losing nothing (new versions, T3: test_tablet_versions.py).

T1  Enrolled and offline: reloaded, the app opens, a turn is answered, and the answer arrives once when the line is back. What was
    tapped stays chosen, whatever news the app has just then.
T2  What a captive portal says opens nothing and delivers nothing.
T4  A revoked tablet keeps its queue; it goes up after enrolment.
T5  Who did not want to take part is counted, by the desk too.
T6  The public link opens and takes an answer without a network once it was visited, and says whether the answer is sent or waits;
    a closed page, or a portal's, is never kept over it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sync import devices
from tests.browser.steps import go_on_to, go_to_the_end, option, until
from tests.browser.tablet_line import Line, answer, begin, enrol, served, status, tab, waits

pytestmark = pytest.mark.browser


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    with served(tmp_path, monkeypatch) as made:
        yield made


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


def test_what_waits_is_sent_while_the_next_person_answers_T1(browser: Browser, line: Line) -> None:
    with tab(browser) as (_context, page):
        enrol(page, line)
        line.replaced = {"/batches": lambda: ("502 Bad Gateway", "text/html", b"")}
        begin(page)
        answer(page)
        status(page, "1 svar venter")
        begin(page)
        go_on_to(page, "trust")
        # The page before has gone, with all that it would have tried.
        line.replaced = {}
        until(page, lambda: line.world.waiting() == 1)
        assert "/tablet/turn/" in page.url


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
