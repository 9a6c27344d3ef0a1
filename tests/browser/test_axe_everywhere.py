"""axe finds nothing on the questionnaires of the library, page by page, and nothing at the desk where free text is read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from forms import library
from store import responses
from tests.browser.conftest import LAPTOP, PHONE, Opener, Site
from tests.browser.steps import complaints_of_axe, go_on, sign_in
from tests.server.installation import PASSWORD, envelope, open_round, publish
from tests.server.test_desk import with_edition

pytestmark = pytest.mark.browser


def every_page(page: Page) -> list[str]:
    """What axe says on each page of a questionnaire, on the way giving answers that bring more to answer."""
    said = complaints_of_axe(page)
    pages = 1
    while page.locator(".answering-bar .next:visible").count():
        before = page.locator("#progress").text_content()
        go_on(page)
        for place, value in (("may_take_part", "yes"),):
            choice = page.locator(f'[id="q-{place}"]:visible label:has(input[value="{value}"])')
            if choice.count():
                choice.click()
        if page.locator('[id="f-started_at"]').is_visible():
            page.locator('[id="f-started_at"]').fill("05:30")
            page.locator('[id="q-time_is_right"] label').first.click()
        if page.locator(".add-repetition:visible").count():
            page.locator(".add-repetition:visible").first.click()
        said += complaints_of_axe(page)
        pages += 1
        assert page.locator("#progress").text_content() != before or pages < 3
        assert pages < 20
    assert pages >= 4
    return said


@pytest.mark.parametrize("name", ["time-study", "ptsd-interviews"])
def test_axe_finds_nothing_on_any_page_of(open_page: Opener, site: Site, name: str) -> None:
    questionnaire = library.read(name)
    open_round(site.world, "one", publish(site.world.store, questionnaire), questionnaire)
    for index, language in enumerate(questionnaire.languages):
        size = LAPTOP if index % 2 else PHONE
        page = open_page(f"/s/one1/{language.tag}", size=size, language=language.tag)
        assert every_page(page) == [], language.tag


def test_axe_finds_nothing_where_free_text_is_read(open_page: Opener, site: Site) -> None:
    for number, text in enumerate(["Tak for hjælpen.", "شكرا", "<b>Mere</b> tid, tak."]):
        body = envelope(site.world, "open", {"suggestions": text}, f"{number:031x}f")
        answer = site.world.client().post(
            "/api/submissions", data=body, content_type="application/octet-stream"
        )
        assert answer.status_code == 201
    with_edition(site.world)
    page = open_page("/desk/rounds/open1/texts", size=LAPTOP)
    sign_in(page, "chair@region.example", PASSWORD)
    page.wait_for_url("**/desk/rounds/open1/texts")
    expect(page.locator("h1")).to_be_visible()
    assert len(list(responses.texts(site.world.store.main, "open1"))) == 3
    assert complaints_of_axe(page) == []


@pytest.mark.parametrize("size", [PHONE, LAPTOP])
def test_planning_and_the_method_section(
    open_page: Opener, site: Site, size: tuple[int, int]
) -> None:
    """Neither scrolls sideways; the text can be copied with one click."""
    with_edition(site.world)
    page = open_page("/desk/planning/uncertainty?population=1200", size=size)
    sign_in(page, "chair@region.example", PASSWORD)
    page.wait_for_url("**/desk/planning/uncertainty**")
    expect(page.locator("h1")).to_be_visible()
    assert complaints_of_axe(page) == []
    assert not scrolls_sideways(page)
    page.goto(page.url.split("/desk")[0] + "/desk/rounds/open1/editions/1/method")
    assert complaints_of_axe(page) == []
    assert not scrolls_sideways(page)
    page.get_by_role("button", name="Kopiér teksten").click()
    expect(page.locator("#method")).to_be_focused()
    selected = "document.getSelection().toString() || document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"
    assert page.evaluate(selected).startswith("Metode: ")


def scrolls_sideways(page: Page) -> bool:
    return bool(
        page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    )
