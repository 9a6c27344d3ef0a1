"""A person answers in Chromium: Danish and Arabic, with and without a script, by keyboard alone, large and narrow."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, expect

from store import responses
from tests.browser.conftest import DESKTOP, LAPTOP, PHONE, TABLET, Opener, Site
from tests.browser.steps import complaints_of_axe, go_on, mixed_answers, option
from tests.server.installation import PASSWORD
from tests.server.test_desk import with_edition

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("language", ["da", "ar"])
def test_an_answer_arrives_as_it_was_given(
    open_page: Opener, site: Site, language: str, script: bool
) -> None:
    page = open_page(f"/s/open1/{language}", script=script, language=language)
    if script:
        go_on(page)
    option(page, "trust", "5").click()
    for _ in range(10):
        if script and not page.locator('[id="f-suggestions"]').is_visible():
            go_on(page)
    page.locator('[id="f-suggestions"]').fill("Tak for hjælpen – شكرا")
    while script and page.locator(".answering-bar .next:visible").count():
        go_on(page)
    page.locator("#send").click()
    page.wait_for_url(f"**/s/open1/{language}/thanks")
    expect(page.locator("main h1")).to_be_visible()
    assert page.context.cookies() == []

    [answer] = mixed_answers(site)
    assert answer["~language"] == language
    assert answer["trust"] == "5"
    main = site.world.store.main
    [text] = responses.texts(main, "open1")
    assert text.text == "Tak for hjælpen – شكرا"


def test_the_keyboard_alone_is_enough(open_page: Opener, site: Site) -> None:
    page = open_page("/s/open1/da")
    focused = "document.activeElement"

    def press_until(condition: str, key: str = "Tab", most: int = 60) -> None:
        for _ in range(most):
            if page.evaluate(condition):
                return
            page.keyboard.press(key)
        pytest.fail(f"the keyboard does not reach {condition}")

    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.className") == "skipnav"
    forward = f"{focused}.matches('.answering-bar .next, .answering-bar #send')"
    press_until(forward)
    page.keyboard.press("Enter")
    press_until(f"{focused}.name === 'trust' || {focused}.name === 'choice'")
    press_until(f"{focused}.name === 'trust'")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    chosen = page.evaluate("document.querySelector('[name=trust]:checked').value")
    for _ in range(8):
        if "/thanks" in page.url:
            break
        press_until(f"{forward} || location.pathname.endsWith('/thanks')")
        page.keyboard.press("Enter")
        page.wait_for_timeout(150)
    page.wait_for_url("**/thanks")
    [answer] = mixed_answers(site)
    assert answer["trust"] == chosen


def test_faults_are_said_on_top_and_beside_and_lead_to_the_field(open_page: Opener) -> None:
    page = open_page("/s/kinds1/da", script=False)
    page.locator('[id="f-minutes"]').fill("omtrent 3")
    page.locator("#send").click()
    summary = page.locator("#error-summary")
    expect(summary).to_be_visible()
    assert page.title().startswith("Se lige på det igen") or ":" in page.title()
    summary.locator('a[href="#f-minutes"]').click()
    expect(page.locator('[id="f-minutes"]')).to_be_focused()
    expect(page.locator('[id="f-minutes"]')).to_have_value("omtrent 3")
    expect(page.locator('[id="error-minutes"]')).to_be_visible()
    expect(page.locator('[id="f-minutes"]')).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_a_cpr_number_is_asked_about_before_it_is_sent(
    open_page: Opener, site: Site, script: bool
) -> None:
    page = open_page("/s/open1/da", script=script)
    while script and not page.locator('[id="f-suggestions"]').is_visible():
        go_on(page)
    page.locator('[id="f-suggestions"]').fill("Mit nummer er 010190-1234")
    while script and page.locator(".answering-bar .next:visible").count():
        go_on(page)
    page.locator("#send").click()
    notice = page.locator(".notice-box:visible")
    expect(notice).to_contain_text("CPR")
    assert site.world.waiting() == 0


ADDRESSES = [
    ("/s/open1/{}", True),
    ("/s/open1/{}", False),
    ("/s/kinds1/{}", True),
    ("/s/kinds1/{}", False),
    ("/s/open1/{}/thanks", True),
    ("/s/planned1/{}", True),
]


@pytest.mark.parametrize("language", ["da", "en", "ar", "fa"])
def test_axe_finds_nothing_on_the_answering_pages(open_page: Opener, language: str) -> None:
    for address, paged in ADDRESSES:
        if language in {"en", "fa"} and "kinds" in address:
            continue
        page = open_page(address.format(language), language=language)
        if not paged:
            # axe needs a script, so the plain page is the one whose class was taken off and whose pages were laid out.
            page.evaluate(
                "document.documentElement.classList.remove('enhanced');"
                "document.querySelectorAll('[data-section]').forEach(e => { e.hidden = false })"
            )
        assert complaints_of_axe(page) == [], address
        if paged and page.locator(".answering-bar .next:visible").count():
            go_on(page)
            assert complaints_of_axe(page) == [], address
            while page.locator(".answering-bar .next:visible").count():
                before = page.locator("#progress").text_content()
                go_on(page)
                if page.locator("#progress").text_content() == before:
                    break
                assert complaints_of_axe(page) == [], address


def test_axe_finds_nothing_on_the_page_with_faults(open_page: Opener) -> None:
    page = open_page("/s/kinds1/da")
    # As the browser posts the form where the script cannot seal.
    page.evaluate("HTMLFormElement.prototype.submit.call(document.querySelector('#answering'))")
    expect(page.locator("#error-summary li")).to_have_count(1)
    assert complaints_of_axe(page) == []


def test_axe_finds_nothing_at_the_desk(open_page: Opener, site: Site) -> None:
    with_edition(site.world)
    for language in ("da", "en"):
        page = open_page("/sign-in", language=language)
        assert complaints_of_axe(page) == []
        page.locator("#email").fill("chair@region.example")
        page.locator("#password").fill("forkert kodeord")
        page.locator("main form .actions button").click()
        expect(page.locator("#sign-in-error")).to_be_visible()
        assert complaints_of_axe(page) == []
        page.locator("#password").fill(PASSWORD)
        page.locator("main form .actions button").click()
        page.wait_for_url("**/desk")
        assert complaints_of_axe(page) == []
        page.goto(f"{site.url}/desk/rounds/open1")
        assert complaints_of_axe(page) == []


def overflow(page: Page) -> int:
    """CSS pixels by which the page is wider than its window."""
    wide: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wide


def too_wide(page: Page, sizes: Sequence[tuple[int, int]]) -> list[tuple[str, int]]:
    """The sizes at which the page as it stands is wider than its window."""
    found = []
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        if (by := overflow(page)) > 0:
            found.append((f"{page.url} at {width}", by))
    return found


@pytest.mark.parametrize("language", ["da", "ar"])
@pytest.mark.parametrize(
    "sizes",
    # 1280 at 200 % is a window of 640 CSS pixels, at 400 % one of 320. Narrow pages are other pages than wide ones.
    [((640, 400), (320, 640), PHONE), (TABLET, LAPTOP, DESKTOP)],
    ids=["narrow", "wide"],
)
def test_nothing_scrolls_sideways(
    open_page: Opener, sizes: tuple[tuple[int, int], ...], language: str
) -> None:
    for address in ("/s/open1/{}", "/s/kinds1/{}", "/s/open1/{}/thanks", "/s/planned1/{}"):
        plain = open_page(address.format(language), size=sizes[0], script=False)
        assert too_wide(plain, sizes) == []
        page = open_page(address.format(language), size=sizes[0])
        assert too_wide(page, sizes) == []
        while page.locator(".answering-bar .next:visible").count():
            before = page.locator("#progress").text_content()
            go_on(page)
            assert too_wide(page, sizes) == [], before
            if page.locator("#progress").text_content() == before:
                break


def test_large_text_does_not_scroll_sideways_either(open_page: Opener) -> None:
    page = open_page("/s/open1/da", size=PHONE)
    page.locator("#text-size button").nth(2).click()
    assert overflow(page) <= 0
    go_on(page)
    assert overflow(page) <= 0


@pytest.mark.parametrize("size", [PHONE, TABLET])
@pytest.mark.parametrize("language", ["da", "ar"])
def test_every_target_is_44_pixels_high(
    open_page: Opener, size: tuple[int, int], language: str
) -> None:
    for address in ("/s/open1/{}", "/s/kinds1/{}"):
        page = open_page(address.format(language), size=size, script=False)
        small = []
        for target in page.locator(
            "label.option, button:visible, a:visible, .form-input:visible, .form-select:visible, summary"
        ).all():
            box = target.bounding_box()
            if box is not None and box["y"] >= 0 and box["height"] < 44:
                text = re.sub(r"\s+", " ", target.inner_text())[:40]
                small.append((text or target.get_attribute("id"), box["height"]))
        assert small == [], address


def test_the_chair_signs_in_and_downloads_the_report(open_page: Opener, site: Site) -> None:
    with_edition(site.world)
    page = open_page("/desk/rounds/open1", size=LAPTOP)
    page.locator("#email").fill("chair@region.example")
    page.locator("#password").fill(PASSWORD)
    page.locator("main form .actions button").click()
    page.wait_for_url("**/desk/rounds/open1")
    with page.expect_download() as downloading:
        page.locator('a[href$="report.pdf?language=da"]').click()
    path = downloading.value.path()
    assert path.read_bytes().startswith(b"%PDF")
    page.locator(".desk-head form[action='/sign-out'] button").click()
    page.wait_for_url("**/sign-in")
