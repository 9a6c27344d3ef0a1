"""What a person does on the answering page and at the desk, in the words of a test."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from playwright.sync_api import Page

from store import responses, rounds
from store.rounds import RoundState
from sync.mixing import mix
from tests.browser.conftest import AXE, Site

#: The button that leads on: Next, or Send on the last page.
FORWARD = ".answering-bar .next:visible, .answering-bar #send:visible"


def option(page: Page, place: str, value: str) -> Any:
    """The row that a person taps."""
    return page.locator(f'[id="q-{place}"] label:has(input[value="{value}"])')


def go_on(page: Page) -> None:
    """Press Next, or Send on the last page."""
    page.locator(FORWARD).first.click()


def go_on_to(page: Page, place: str) -> None:
    """Press Next until the question at `place` is in view. Without a script it is, from the beginning."""
    wanted = page.locator(f'[id="q-{place}"]')
    for _ in range(30):
        if wanted.is_visible():
            return
        page.locator(".answering-bar .next:visible").click()
    raise AssertionError(f"{place} is on no page")


def go_to_the_end(page: Page) -> None:
    """Press Next until there is none."""
    for _ in range(30):
        following = page.locator(".answering-bar .next:visible")
        if not following.count():
            return
        following.click()
    raise AssertionError("the pages never end")


def sign_in(page: Page, email: str, password: str) -> None:
    """Fill in the page at which one signs in."""
    page.locator("#email").fill(email)
    page.locator("#password").fill(password)
    page.locator("main form .actions button").first.click()


def mixed_answers(site: Site) -> list[dict[str, Any]]:
    """Everything that was answered in the open round, after mixing with the round's private key."""
    site.world.now += timedelta(days=32)
    with site.world.store.write() as db:
        rounds.set_state(db, "open1", RoundState.CLOSED)
    report = mix(
        site.world.store,
        site.world.keys,
        "open1",
        rng=random.Random(3),
        whole=True,
        now=site.world.now,
    )
    assert report.quarantined == 0
    main = site.world.store.main
    found = []
    for response in responses.read(main, "open1"):
        values: dict[str, Any] = {
            row.place: row.value if row.state == "answered" else row.state for row in response.rows
        }
        found.append({"~language": response.language, **values})
    return found


def complaints_of_axe(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA and its own best practices; and cells that fall apart on a phone."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    assert found["passes"]
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ] + torn_cells(page)


def torn_cells(page: Page) -> list[str]:
    """Cells that are a label and a value on a phone, and whose value is several things side by side: they fall apart."""
    torn: list[str] = page.evaluate(
        """() => Array.from(document.querySelectorAll("td[data-label]"))
            .filter((cell) => getComputedStyle(cell).display === "grid")
            .filter((cell) => Array.from(cell.childNodes).filter((one) => one.textContent.trim() || one.nodeType === 1).length > 1)
            .map((cell) => "torn cell: " + cell.outerHTML.slice(0, 200))"""
    )
    return torn


def until(page: Page, true: Callable[[], bool]) -> None:
    """Wait for what happens at the server."""
    for _ in range(200):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came")
