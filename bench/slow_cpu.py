"""The tablet's app on a slow tablet: Chromium with its CPU slowed six times (CDP, Emulation.setCPUThrottlingRate), offline.

    slow_cpu_open_ms        from opening the app to the first question: the app's page, one tap (in one language), the first page
                            with its notice, Next; without the time that people take. Median of several.
    slow_cpu_answer_p95_ms  from a touch on an answer to the next picture on the screen, as the browser's Event Timing says
    slow_cpu_seal_p95_ms    sealing one finished answer and storing it durably, by the app's own modules within its page

The questionnaire is the survey of the main job. The page's thread is slowed, the browser's other threads (service worker,
disk) are not: that is what the protocol offers. The server is stopped meanwhile. Another job on the machine makes all of it
slower, never faster.
"""

from __future__ import annotations

import math
import os
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from tests.browser.tablet_walk import enrol, ready, tool
from tests.network.served import served

from .figure import Figure

SLOWED = 6
#: A touch that took less than this is not told of by the browser.
UNSAID = 16.0
OPENINGS, PASSES, SEALINGS = 7, 2, 60
OPEN_BAR, ANSWER_BAR, SEAL_BAR = 1500.0, 100.0, 200.0

#: Runs in each page before its own scripts: when it shows what is waited for, and how long each touch took.
WATCH = """
(() => {
  const wanted = {
    "/tablet": () => document.querySelector(".tablet-choice:enabled"),
    turn: () => [...document.querySelectorAll("#answering .question-section")].find((one) => one.offsetParent && !one.hidden)
      && document.querySelector("html.enhanced"),
  };
  const look = wanted[location.pathname] ?? wanted.turn;
  const watch = () => (look() ? requestAnimationFrame(() => { window.shownAt = performance.timeOrigin + performance.now(); }) : requestAnimationFrame(watch));
  requestAnimationFrame(watch);
  addEventListener("click", () => sessionStorage.setItem("tappedAt", String(performance.timeOrigin + performance.now())), true);
  window.touches = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!entry.interactionId) continue;
      window.touches.push([entry.interactionId, entry.duration, Boolean(entry.target?.closest?.(".option")), entry.processingEnd - entry.processingStart]);
    }
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
})();
"""


def measure() -> list[Figure]:
    """The three figures."""
    with (
        tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder,
        sync_playwright() as play,
        served(Path(folder), "iv-satisfaction") as installation,
    ):
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
        )  # fmt: skip
        context = browser.new_context(
            viewport={"width": 820, "height": 1180}, locale="da", has_touch=True
        )
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(60_000)
        enrol(page, installation)
        installation.server.stop()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
        opened = [open_to_the_first_question(page, installation.url) for _ in range(OPENINGS)]
        touches: list[float] = []
        for _ in range(PASSES):
            open_to_the_first_question(page, installation.url)
            touches += answer_everything(page)
        leave_the_turn(page)
        ready(page, installation.url)
        tool(page)
        sealed = page.evaluate(
            """async (number) => {
              const all = [];
              for (let one = 0; one < number; one += 1) all.push(await svarboksTest.answer({answers: {trust: "5"}}));
              return all.map(({sealing, keeping}) => [sealing, keeping]);
            }""",
            SEALINGS,
        )
        browser.close()
    whole = [sum(parts.values()) for parts in opened]
    slowed = {"slowed": SLOWED, "load": [round(one, 1) for one in os.getloadavg()[:2]]}
    parts = {name: round(median(one[name] for one in opened)) for name in opened[0]}
    return [
        Figure("slow_cpu_open_ms", median(whole), OPEN_BAR, "lower", {"runs": [round(one) for one in whole], **parts, **slowed}),
        Figure(
            "slow_cpu_answer_p95_ms", p95(touches), ANSWER_BAR, "lower",
            {"touches": len(touches), "median_ms": median(touches), "slowest_ms": max(touches), **slowed},
        ),
        Figure(
            "slow_cpu_seal_p95_ms", p95([sum(one) for one in sealed]), SEAL_BAR, "lower",
            {"answers": len(sealed), "sealing_ms": round(median(one[0] for one in sealed), 1),
             "storing_ms": round(median(one[1] for one in sealed), 1), **slowed},
        ),
    ]  # fmt: skip


def p95(values: list[float]) -> float:
    """The 95th percentile by nearest rank."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def leave_the_turn(page: Page) -> None:
    """End what is under way, which the app would go back to, as when staff end it: its draft and what ties it to this tab."""
    if "/tablet/turn/" in page.url:
        page.evaluate(
            """() => new Promise((done) => {
              sessionStorage.clear();
              const asked = indexedDB.deleteDatabase('svarboks');
              asked.onsuccess = asked.onerror = asked.onblocked = () => done();
            })"""
        )


def open_to_the_first_question(page: Page, url: str) -> dict[str, float]:
    """Milliseconds of the app's page, of the turn's first page after the tap, and of Next to the first question."""
    leave_the_turn(page)
    ready(page, url)
    shell = shown(page) - float(page.evaluate("performance.timeOrigin"))
    page.locator(".tablet-choice:enabled").first.click()
    page.locator('#main .tablet-choice[lang="da"]').click()
    page.wait_for_url("**/tablet/turn/**")
    first = shown(page)
    turn = first - float(page.evaluate("sessionStorage.getItem('tappedAt')"))
    question = float(
        page.evaluate(
            """() => new Promise((done) => {
              const began = performance.now();
              const look = () => [...document.querySelectorAll('[data-question]')].some((one) => one.offsetParent)
                ? requestAnimationFrame(() => done(performance.now() - began)) : press();
              const press = () => { document.querySelector('.answering-bar .next').click(); requestAnimationFrame(look); };
              look();
            })"""
        )
    )
    return {"app_ms": shell, "turn_ms": turn, "next_ms": question}


def shown(page: Page) -> float:
    """When the page showed what is waited for (ms since 1970)."""
    return float(
        page.evaluate(
            """() => new Promise((done) => {
              const look = () => (window.shownAt ? done(window.shownAt) : setTimeout(look, 20));
              look();
            })"""
        )
    )


def answer_everything(page: Page) -> list[float]:
    """Touch every answer of every question, page by page; the milliseconds of each."""
    made = 0
    for _ in range(40):
        rows = page.locator("fieldset .options:not(.options-apart) label.option:visible")
        for at in range(rows.count()):
            rows.nth(at).click()
            made += 1
        following = page.locator(".answering-bar .next:visible")
        if not following.count():
            break
        following.click()
    page.wait_for_timeout(300)
    longest: dict[int, float] = {}
    for interaction, duration, on_answer, _ in page.evaluate("window.touches"):
        if on_answer:
            longest[interaction] = max(duration, longest.get(interaction, 0))
    if not made:
        raise AssertionError("nothing was answered")
    return [UNSAID] * max(0, made - len(longest)) + list(longest.values())
