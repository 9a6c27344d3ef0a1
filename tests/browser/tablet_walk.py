"""What staff and people do on a real tablet app, in the words of a test; and the app's own modules within its page.

`tool` loads sync/tablet/tools/in_page.page.ts into a page of the app: it seals, keeps and sends with the code that ships.
"""

from __future__ import annotations

import random
import re
import subprocess
import time
from functools import cache
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.steps import FORWARD
from tests.network.served import Served
from tests.node_process import ROOT, node

#: What the app's page says when it works without a network, in the languages of staff.
READY = re.compile(r"Klar til brug uden netværk\.|Ready for use without a network\.")
LANGUAGES = ("da", "en", "ar", "fa")

#: Three rounds in the four languages: the survey of the main job, and two small ones.
SMALL = """
format: 1
questionnaire: small-NAME
shape: survey
promise: anonymous
languages:
  da: {state: reviewed, by: Svarboks, on: 2026-11-22}
  en: {state: reviewed, by: Svarboks, on: 2026-11-22}
  ar: {state: reviewed, by: Svarboks, on: 2026-11-22}
  fa: {state: reviewed, by: Svarboks, on: 2026-11-22}
title: {da: Lille TITLE, en: Small TITLE, ar: صغير TITLE, fa: کوچک TITLE}
sections:
  - id: all
    title: {da: Det hele, en: All, ar: الكل, fa: همه}
    questions:
      - id: trust
        kind: scale
        text: {da: Hvor trygt var det?, en: How safe was it?, ar: كم كان آمنا؟, fa: چقدر امن بود؟}
        points:
          - {id: "1", text: {da: Slet ikke, en: Not at all, ar: لا, fa: نه}, score: 1, tone: unfavourable}
          - {id: "2", text: {da: Nogenlunde, en: Somewhat, ar: قليلا, fa: کمی}, score: 2, tone: neutral}
          - {id: "3", text: {da: Meget, en: Very, ar: كثيرا, fa: خیلی}, score: 3, tone: favourable}
      - {id: words, kind: long_text, text: {da: Forslag?, en: Suggestions?, ar: اقتراحات؟, fa: پیشنهاد؟}, length: 500}
report:
  tables:
    - {id: trust, question: trust}
  free_text: [words]
"""


def small_document(folder: Any, name: str) -> Any:
    """A small survey in four languages, as a file."""
    path = folder / f"small-{name}.yaml"
    path.write_text(SMALL.replace("NAME", name).replace("TITLE", name), encoding="utf-8")
    return path


def enrol(page: Page, installation: Served, url: str = "") -> None:
    """Make the browser a tablet with a code from the desk, and wait until it works without a network."""
    [code] = installation.codes()
    page.goto(f"{url or installation.url}/tablet#enrol={code}")
    expect(page.get_by_text(READY)).to_be_visible(timeout=60_000)
    expect(page.locator(".tablet-choice:enabled")).to_have_count(
        len(installation.rounds), timeout=60_000
    )


def begin(page: Page, number: int, language: str = "da") -> None:
    """Two taps: the questionnaire by its place in the list, and the language."""
    page.locator(".tablet-choice").nth(number).click()
    page.locator(f'#main .tablet-choice[lang="{language}"]').click()
    page.wait_for_url("**/tablet/turn/**")
    expect(page.locator("#answering")).to_be_visible()


def answer_and_send(page: Page, rng: random.Random, words: str = "") -> None:
    """Somebody goes through the pages, answers what they like, writes the words given, and sends."""
    for _ in range(40):
        chosen = rng.random()
        page.evaluate(
            """([drawn, words]) => {
              const seen = (one) => one.offsetParent !== null;
              for (const group of [...document.querySelectorAll('fieldset .options:not(.options-apart)')].filter(seen)) {
                const options = [...group.querySelectorAll(':scope input[type=radio]')].filter(seen);
                if (options.length) options[Math.floor(drawn * options.length)].click();
              }
              const field = [...document.querySelectorAll('textarea')].find(seen);
              if (field && words) { field.value = words; field.dispatchEvent(new Event('input', {bubbles: true})); }
            }""",
            [chosen, words],
        )
        last = page.locator("#send:visible").count() > 0
        page.locator(FORWARD).first.click()
        if last:
            return
    raise AssertionError("the pages never end")


def give_back(page: Page) -> None:
    """The thank-you page, and the tablet is ready for the next."""
    page.locator(".kiosk-actions .button").click(timeout=20_000)
    expect(page.locator("body[data-screen=ready]")).to_be_visible(timeout=20_000)


def ready(page: Page, url: str) -> None:
    """Open the app's page."""
    page.goto(f"{url}/tablet")
    expect(page.locator("body[data-screen=ready] .tablet-choice").first).to_be_visible(
        timeout=20_000
    )


@cache
def _tool() -> str:
    subprocess.run([node(), str(ROOT / "sync/tablet/build.mjs"), "--tools"], check=True, cwd=ROOT)
    return (ROOT / "build" / "in_page.page.js").read_text(encoding="utf-8")


def tool(page: Page) -> None:
    """Load the app's modules into its page, as `svarboksTest`."""
    page.evaluate(_tool())


def queue(page: Page) -> dict[str, dict[str, Any]]:
    """What is in the queue, by key."""
    return {item["key"]: item for item in page.evaluate("svarboksTest.queue()")}


def fill(page: Page, number: int, words: str = "") -> list[str]:
    """So many answers to the first open round, sealed and kept by the app's own code; their keys."""
    keys: list[str] = page.evaluate(
        """async ([number, words]) => {
          const keys = [];
          for (let one = 0; one < number; one += 1) {
            const answers = words ? {words: `${words} ${one}`} : {};
            keys.push((await svarboksTest.answer({answers})).key);
          }
          return keys;
        }""",
        [number, words],
    )
    return keys


def wait_until_sent(page: Page, seconds: int) -> None:
    """Until nothing waits in the queue."""
    until = time.monotonic() + seconds
    while waiting := page.evaluate("svarboksTest.counts().then((counts) => counts.waiting)"):
        assert time.monotonic() < until, f"{waiting} still wait"
        page.wait_for_timeout(100)
