"""What a tablet's pages show and must not show, for the tests of turns."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Error, Page

SECRET = "Anemone hver tirsdag"


def nothing_shown(page: Page) -> None:
    """Nothing on the page is anybody's answer."""
    held, content = _seen(page)
    assert held == []
    assert SECRET not in content


def _seen(page: Page) -> tuple[list[str], str]:
    """What fields hold, and the whole page; of the page that comes after, where this one is being left."""
    for _ in range(20):
        try:
            held: list[str] = page.evaluate(
                """() => [...document.querySelectorAll('input, textarea, select')]
                    .filter((one) => /radio|checkbox/.test(one.type) ? one.checked : one.value.trim() && !one.name.startsWith('~'))
                    .map((one) => `${one.name}=${one.value}`)"""
            )
            return held, page.content()
        except Error as error:
            if not re.search("context was destroyed|navigating", str(error)):
                raise
            page.wait_for_timeout(50)
    raise AssertionError("the page never comes to rest")


def gone(page: Page) -> None:
    """The page has no questionnaire any more, and has come to where the next turn begins."""
    page.wait_for_function("() => !document.querySelector('#answering')")
    page.wait_for_url("**/tablet")
    nothing_shown(page)


def moves(move: Callable[[], object]) -> None:
    """A move through the history; where the app leads elsewhere meanwhile, that is where the page goes."""
    try:
        move()
    except Error as error:
        if not re.search(
            "interrupted by another navigation|ERR_ABORTED|context was destroyed", str(error)
        ):
            raise


def stand_still(page: Page) -> None:
    """Until `clock.resume()` time passes in the page by `run_for` alone: a busy machine makes nothing late. Axe would wait for ever."""
    now: float = page.evaluate("Date.now()")
    # Far enough ahead to be still to come when the page hears of it; nobody is idle after so short a time.
    page.clock.pause_at(datetime.fromtimestamp(now / 1000 + 60, UTC))


def answer_this_page(page: Page) -> None:
    """Everything on the page that shows: the first option, the secret in every field for words."""
    page.evaluate(
        """(secret) => {
          const seen = (one) => one.offsetParent !== null;
          for (const question of document.querySelectorAll('fieldset')) {
            const first = [...question.querySelectorAll(':scope > .options input[type=radio]')].find(seen);
            if (first) first.click();
          }
          for (const field of [...document.querySelectorAll('textarea, input[type=text]')].filter(seen)) {
            if (field.inputMode === 'numeric' || field.inputMode === 'decimal') field.value = '7';
            else field.value = secret;
            field.dispatchEvent(new Event('input', { bubbles: true }));
          }
        }""",
        SECRET,
    )
