"""Sheets that have been typed, and are not received yet: called back, sent while the next one is typed, come back.

Y6  Until the next sheet is begun, the finished one is called back by one key; then it goes, and after ten seconds by itself.
Y7  Typing goes on while the line is cut, and each sheet is received once; what the server does not take comes back.
"""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import LAPTOP, Opener, Site
from tests.browser.portal import LOGIN
from tests.browser.steps import mixed_answers, option
from tests.browser.test_typing_paper import places_of, told, typing

pytestmark = pytest.mark.browser


def test_back_over_the_beginning_of_a_sheet_Y6(open_page: Opener, site: Site) -> None:
    page = typing(open_page, size=LAPTOP)
    first, *_, last = places_of(page)
    now = page.locator(".typing-now")
    for key in ("1", "2", "3", "4", "1", "Enter", "2"):
        page.keyboard.press(key)
    expect(now).to_have_attribute("data-question", first)
    expect(page.locator("#typing-status")).to_have_text("Ark 1 er færdigt; ⌫ henter det tilbage.")
    assert site.world.waiting() == 0
    page.keyboard.press("Backspace")
    expect(now).to_have_attribute("data-question", last)
    expect(option(page, last, "self").locator("input")).not_to_be_checked()
    page.keyboard.press("1")
    page.keyboard.press(
        "5"
    )  # the next sheet is begun: the one before goes on its way, and is not called back any more
    told(page, 1)
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    expect(now).to_have_attribute("data-question", first)
    assert site.world.waiting() == 1
    [answers] = mixed_answers(site)
    assert answers[last] == "self"
    assert answers[first] == "5"


def test_the_next_sheets_are_typed_while_the_line_is_cut_Y7(open_page: Opener, site: Site) -> None:
    page = typing(open_page, size=LAPTOP)
    page.clock.install()
    cut = [True]

    def cut_off(route: Route) -> None:
        if cut[0]:
            route.fulfill(body=LOGIN, content_type="text/html")
        else:
            route.continue_()

    page.route("**/typing/da", cut_off)
    for trust in ("1", "2", "3"):
        for key in ("1", trust, "3", "4", "1", "Enter", "2"):
            page.keyboard.press(key)
    page.locator("#typing-send").click()
    expect(page.locator("#typing-status")).to_contain_text("Tast bare videre")
    assert site.world.waiting() == 0
    cut[0] = False
    while "3 ark er sendt." not in page.locator("#typing-status").inner_text():
        page.clock.run_for(1000)
    assert site.world.waiting() == 3
    assert sorted(one["trust"] for one in mixed_answers(site)) == ["3", "4", "5"]


def test_a_finished_sheet_goes_by_itself_after_a_while_Y6(open_page: Opener, site: Site) -> None:
    page = typing(open_page, size=LAPTOP)
    page.clock.install()
    for key in ("1", "2", "3", "4", "1", "Enter", "2"):
        page.keyboard.press(key)
    expect(page.locator("#typing-status")).to_contain_text("Ark 1 er færdigt")
    page.clock.run_for(9_000)
    assert site.world.waiting() == 0
    page.clock.run_for(2_000)
    told(page, 1)
    assert site.world.waiting() == 1


def test_what_is_not_taken_comes_back_Y7(open_page: Opener, site: Site) -> None:
    page = typing(open_page, size=LAPTOP)
    refusals = [
        json.dumps({"faults": [{"place": "trust", "message": "Se på dette."}], "personal": []})
    ]

    def refuse_once(route: Route) -> None:
        if route.request.method == "POST" and refusals:
            route.fulfill(status=422, body=refusals.pop(), content_type="application/json")
        else:
            route.continue_()

    page.route("**/typing/da", refuse_once)
    for key in ("1", "2", "3", "4", "1", "Enter", "2"):
        page.keyboard.press(key)
    page.keyboard.press("5")
    expect(page.locator("#typing-status")).to_contain_text("Det kommer igen efter dette.")
    for key in ("5", "5", "5", "1", "Enter", "2"):
        page.keyboard.press(key)
    expect(page.locator(".typing-now")).to_have_attribute("data-question", "trust")
    expect(page.locator('[id="q-trust"] .typing-note')).to_have_text("Se på dette.")
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    told(page, 2)
    assert sorted((one["choice"], one["trust"]) for one in mixed_answers(site)) == [
        ("1", "1"),
        ("5", "5"),
    ]
