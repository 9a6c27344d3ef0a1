"""The walk of a tablet in WebKit, the engine of iPads, as far as it reaches: WebKitGTK over WebDriver.

It reaches: enrolment by the square code's address, the service worker and every page without a network, a turn in two languages
(one from right to left) with sealing and durable storing, Back after the turn, sending when the line is back, closing and opening.
It ends at what is not WebKit but the iPad: the home screen, full screen, Guided Access, its own storage rules, background sync
(which no WebKit has), navigator.storage (which WebKitGTK lacks; the app then decides by a test write). docs/ipad-checklist.md.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.browser.tablet_walk import small_document
from tests.browser.webkit import WebKit, webkit
from tests.network.served import served

pytestmark = pytest.mark.browser


def begin(browser: WebKit, language: str) -> None:
    """Two taps."""
    browser.click(".tablet-choice:enabled")
    browser.click(f'#main .tablet-choice[lang="{language}"]')
    browser.wait(
        "return location.pathname.startsWith('/tablet/turn/') && document.querySelector('html.enhanced') !== null",
        what="the turn",
    )


def answer_and_send(browser: WebKit, words: str) -> None:
    """The first option of everything, some words, and Send."""
    for _ in range(20):
        browser.run(
            """const seen = (one) => one.offsetParent !== null;
            const option = [...document.querySelectorAll('fieldset .options input[type=radio]')].find(seen);
            if (option) option.click();
            const field = [...document.querySelectorAll('textarea')].find(seen);
            if (field) { field.value = arguments[0]; field.dispatchEvent(new Event('input', {bubbles: true})); }""",
            words,
        )
        last = browser.run(
            "const send = document.getElementById('send'); return !!send && send.offsetParent !== null;"
        )
        browser.click(".answering-bar #send" if last else ".answering-bar .next")
        if last:
            return
    raise AssertionError("the pages never end")


def give_back(browser: WebKit) -> None:
    """The thank-you page, and the tablet is ready for the next."""
    browser.click(".kiosk-actions .button")
    is_ready(browser)


def is_ready(browser: WebKit) -> None:
    browser.wait(
        "return document.body.dataset.screen === 'ready' && document.querySelector('.tablet-choice:enabled') !== null",
        what="the app's page",
    )


def counts(browser: WebKit) -> dict[str, int]:
    """How many answers are in which state, looked up in IndexedDB itself."""
    found = browser.later(
        """const done = arguments[0];
        const opening = indexedDB.open('svarboks-queue');
        opening.onerror = () => done({error: 1});
        opening.onsuccess = () => {
          const reading = opening.result.transaction('queue').objectStore('queue').getAll();
          reading.onsuccess = () => {
            const counted = {};
            for (const item of reading.result) counted[item.state] = (counted[item.state] ?? 0) + 1;
            opening.result.close();
            done(counted);
          };
        };"""
    )
    return {str(name): int(number) for name, number in found.items()}


def test_the_walk_in_webkit(tmp_path: Path) -> None:
    with (
        served(tmp_path, documents=(small_document(tmp_path, "a"),)) as installation,
        webkit(tmp_path) as browser,
    ):
        [code] = installation.codes()
        browser.go(f"{installation.url}/tablet#enrol={code}")
        is_ready(browser)
        browser.wait(
            "return /Klar til brug uden netværk|Ready for use without a network/.test(document.getElementById('tablet-status').textContent)",
            what="ready without a network",
        )
        there = browser.run(
            "return [isSecureContext, typeof crypto.subtle, typeof navigator.locks, typeof BroadcastChannel, typeof navigator.storage, document.cookie]"
        )
        print(
            f"\nWebKitGTK {browser.version}: secure context, WebCrypto, Locks, BroadcastChannel, navigator.storage, cookies to read: {there}"
        )
        assert there[:3] == [True, "object", "object"]
        assert "svarboks-tablet" not in there[5]

        installation.server.stop()
        browser.reload()
        is_ready(browser)
        for language, words in (("da", "fra Odense"), ("ar", "من أودنسه")):
            begin(browser, language)
            assert browser.run("return document.documentElement.lang") == language
            assert browser.run("return document.documentElement.dir") == (
                "rtl" if language == "ar" else "ltr"
            )
            browser.photograph(Path("build/pages") / f"webkit-{language}.png")
            answer_and_send(browser, words)
            browser.wait(
                "return !document.querySelector('#answering') || !document.querySelector('textarea')",
                what="thanks",
            )
            assert words not in browser.run("return document.documentElement.outerHTML")
            give_back(browser)
            browser.back()
            browser.wait("return document.readyState === 'complete'")
            assert browser.run("return [...document.querySelectorAll('input:checked')].length") == 0
            assert words not in browser.run(
                "return [...document.querySelectorAll('textarea')].map(one => one.value).join() + document.documentElement.outerHTML"
            )
            browser.go(f"{installation.url}/tablet")
            is_ready(browser)
        assert counts(browser) == {"waiting": 2}

        installation.server.start()
        installation.server.wait_until_it_answers()
        browser.run("window.dispatchEvent(new Event('online'))")
        until = time.monotonic() + 60
        while counts(browser) != {"delivered": 2}:
            assert time.monotonic() < until, counts(browser)
            time.sleep(0.2)
        assert len(installation.stored()) == 2
        assert installation.mix_all() == 2
