"""What a person does on the answering page and at the desk, in the words of a test."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

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
    page.locator("main button").click()
