"""What staff do on a tablet that is enrolled for real: the panel behind the PIN, what waits for them, the way back into a turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sync.batches import unpack_batch
from sync.envelope import unpack
from tests.browser.conftest import TABLET
from tests.browser.shown_on_tablets import SECRET
from tests.browser.steps import complaints_of_axe, go_on, go_on_to, go_to_the_end, option
from tests.browser.turns import (
    TurnSite,
    enrolled,
    goes_to,
    kept,
    shown,
    two_taps,
    type_pin,
)

pytestmark = pytest.mark.browser

READY = "Vælg et spørgeskema"


@pytest.fixture
def page(browser: Browser, turn_site: TurnSite) -> Iterator[Page]:
    """The ready page of a tablet with a survey, a registration and an interview."""
    context = browser.new_context(
        viewport={"width": TABLET[0], "height": TABLET[1]},
        locale="da",
        reduced_motion="reduce",
        accept_downloads=True,
    )
    made = context.new_page()
    made.set_default_timeout(30_000)
    enrolled(made, turn_site, "open1", "time1", "ptsd1")
    yield made
    context.close()


def ready(page: Page) -> None:
    page.wait_for_url("**/tablet")
    expect(page.get_by_role("heading", name=READY)).to_be_visible()


def open_panel(page: Page) -> None:
    page.locator("#tablet-staff button").click()
    type_pin(page)
    expect(page.locator(".kiosk-panel dd").first).to_be_visible()


def figures(page: Page) -> list[str]:
    """Waiting, sent, not received."""
    return page.locator(".kiosk-panel .panel-large").all_inner_texts()


def test_the_panel_counts_sends_and_saves_and_shows_no_answer(
    page: Page, turn_site: TurnSite, tmp_path: Path
) -> None:
    page.context.set_offline(True)
    two_taps(page, "open")
    go_on_to(page, "trust")
    option(page, "trust", "5").click()
    go_on_to(page, "suggestions")
    page.locator('[id="f-suggestions"]').fill(SECRET)
    go_to_the_end(page)
    go_on(page)
    page.locator("main .kiosk-actions button").click()
    ready(page)
    # Without the PIN there is nothing to see.
    page.locator("#tablet-staff button").click()
    type_pin(page, "000000")
    expect(page.locator(".pin-said")).to_have_text("Koden er ikke rigtig.")
    assert page.locator(".kiosk-panel").count() == 0
    page.locator(".kiosk-pin .kiosk-actions button").click()
    for promised, words in (
        (False, "har ikke lovet at beholde det"),
        (True, "har lovet at beholde det"),
    ):
        # The browser is asked at each start of the page, whatever it said before.
        page.add_init_script(
            f"StorageManager.prototype.persisted = async () => {str(promised).lower()};"
            "StorageManager.prototype.persist = async () => (window.asked = true);"
        )
        page.reload()
        page.wait_for_function("() => window.asked === true" if not promised else "() => true")
        open_panel(page)
        expect(page.locator(".kiosk-panel")).to_contain_text(words)
        page.locator(".kiosk-panel .kiosk-choice button").last.click()
    open_panel(page)
    expect(page.locator(".kiosk-panel .panel-large")).to_have_text(["1", "0", "0"])
    assert complaints_of_axe(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    actions = page.locator(".kiosk-panel .kiosk-choice button")
    expect(actions).to_have_text(
        [
            "Send nu",
            "Gem de forseglede svar i en fil",
            "Rengør skærmen",
            "Gør tabletten klar igen",
            "Luk",
        ]
    )
    with page.expect_download() as saving:
        actions.nth(1).click()
    saving.value.save_as(tmp_path / "queue")
    [item] = unpack_batch((tmp_path / "queue").read_bytes())
    assert unpack(item.envelope).header.round == "open1"
    assert figures(page) == ["1", "0", "0"]
    actions.first.click()
    expect(page.locator(".panel-said")).to_contain_text("venter stadig")
    assert SECRET not in page.content()
    before = turn_site.world.waiting()
    page.context.set_offline(False)
    actions.first.click()
    expect(page.locator(".kiosk-panel .panel-large")).to_have_text(["0", "1", "0"])
    expect(page.locator(".panel-said")).to_contain_text("ikke noget, der venter")
    assert turn_site.world.waiting() == before + 1
    actions.last.click()
    expect(page.locator(".kiosk-panel")).to_have_count(0)


def test_the_ready_page_is_no_way_out_of_a_turn(page: Page, turn_site: TurnSite) -> None:
    two_taps(page, "open")
    go_on_to(page, "trust")
    option(page, "trust", "5").click()
    kept(page)
    goes_to(page, f"{turn_site.url}/tablet")
    page.wait_for_url("**/tablet/turn/open1/da")
    shown(page)
    assert page.locator('[id="f-trust-5"]').is_checked()
    page.go_back()
    page.wait_for_url("**/tablet/turn/open1/da")
    page.locator(".kiosk-cover-touch").click()
    shown(page)
    assert page.locator('[id="f-trust-5"]').is_checked()
    # Another tab: only that there is a turn, and the PIN before it.
    other = page.context.new_page()
    goes_to(other, f"{turn_site.url}/tablet")
    waiting = other.locator(".tablet-waiting-turn")
    expect(waiting).to_have_text("En tur, der ikke er færdig")
    page.close()
    waiting.click()
    assert other.locator("#answering").count() == 0
    type_pin(other)
    other.wait_for_url("**/tablet/turn/open1/da")
    shown(other)
    assert other.locator('[id="f-trust-5"]').is_checked()
    # Out of it for good.
    other.locator(".kiosk-staff").click()
    type_pin(other)
    other.locator(".kiosk-choice button").last.click()
    ready(other)
    expect(other.locator(".tablet-waiting-turn")).to_have_count(0)


def test_a_paused_interview_is_listed_without_a_word_of_it(page: Page) -> None:
    two_taps(page, "ptsd")
    go_on_to(page, "may_take_part")
    option(page, "may_take_part", "yes").click()
    go_on_to(page, "steps")
    page.locator('[id="f-steps/0/received"]').fill(SECRET)
    page.locator(".kiosk-staff").click()
    type_pin(page)
    page.locator(".kiosk-choice button").nth(2).click()
    ready(page)
    paused = page.locator(".tablet-waiting-turn")
    expect(paused).to_have_text("Et interview på pause")
    assert complaints_of_axe(page) == []
    assert SECRET not in page.content()
    # Somebody answers in between.
    two_taps(page, "open")
    go_to_the_end(page)
    go_on(page)
    page.locator("main .kiosk-actions button").click()
    ready(page)
    paused.click()
    type_pin(page)
    page.wait_for_url("**/tablet/turn/ptsd1/da")
    shown(page)
    expect(page.locator('[id="f-steps/0/received"]')).to_have_value(SECRET)


def test_one_more_registration_begins_at_once(page: Page) -> None:
    two_taps(page, "time")
    address = page.url
    for _ in range(20):
        if page.locator("#send:visible").count():
            break
        page.evaluate(
            """() => {
              for (const group of document.querySelectorAll('fieldset')) {
                const first = group.querySelector(':scope > .options input');
                if (first && first.offsetParent && !group.querySelector('input:checked')) first.click();
              }
              for (const field of document.querySelectorAll('.field input, .field textarea')) {
                if (!field.offsetParent || field.value) continue;
                field.value = field.type === 'time' ? '08:00' : field.type === 'date' ? new Date().toISOString().slice(0, 10) : '7';
                field.dispatchEvent(new Event('input', { bubbles: true }));
              }
            }"""
        )
        go_on(page)
    go_on(page)
    page.locator("main .kiosk-actions button").first.click()
    page.wait_for_url(address)
    shown(page)
    assert page.locator("input:checked").count() == 0
