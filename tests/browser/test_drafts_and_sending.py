"""What happens between the first answer and the receipt: pauses, other tabs, other languages, bad networks, second thoughts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from forms import library
from store import responses
from tests.browser.conftest import LAN, PHONE, Opener, Site
from tests.browser.portal import portal_before
from tests.browser.steps import go_on, go_on_to, go_to_the_end, mixed_answers, option, until
from tests.server.installation import open_round, publish

pytestmark = pytest.mark.browser


def kept(page: Page) -> None:
    """Wait until what was typed last is on disk (300 ms after it)."""
    page.wait_for_timeout(700)


def checked(page: Page, place: str, value: str) -> bool:
    """Whether an option is chosen."""
    return page.locator(f'[id="f-{place}-{value}"]').is_checked()


def asked_about_a_draft(page: Page) -> bool:
    """Whether a draft was found that may be somebody else's."""
    page.wait_for_timeout(400)
    return page.locator(".notice-box:visible").count() == 1


def test_a_pause_loses_nothing_and_shows_nobody_else_anything(open_page: Opener) -> None:
    page = open_page("/s/open1/da")
    go_on_to(page, "trust")
    option(page, "trust", "5").click()
    go_on_to(page, "informed")
    option(page, "informed", "2").click()
    kept(page)

    page.reload()
    expect(page.locator('[id="q-informed"]')).to_be_visible()
    assert checked(page, "informed", "2")
    assert checked(page, "trust", "5")

    other = page.context.new_page()
    other.goto(page.url)
    assert asked_about_a_draft(other)
    assert not other.locator("#answering").is_visible()
    other.locator(".notice-actions button").first.click()
    expect(other.locator('[id="q-informed"]')).to_be_visible()
    assert checked(other, "trust", "5")
    other.close()

    afresh = page.context.new_page()
    afresh.goto(page.url)
    assert asked_about_a_draft(afresh)
    afresh.locator(".notice-actions button").nth(1).click()
    go_on_to(afresh, "trust")
    assert not checked(afresh, "trust", "5")
    afresh.close()
    again = page.context.new_page()
    again.goto(page.url)
    assert not asked_about_a_draft(again)


def test_another_language_keeps_the_answers_and_the_size_of_the_text(open_page: Opener) -> None:
    page = open_page("/s/open1/da", size=PHONE)
    page.locator("#text-size button").nth(2).click()
    go_on_to(page, "trust")
    option(page, "trust", "4").click()
    page.locator('.answering-languages a[hreflang="ar"]').click()
    page.wait_for_url("**/ar")
    expect(page.locator('[id="q-trust"]')).to_be_visible()
    assert checked(page, "trust", "4")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("html").get_attribute("data-text-size") == "3"
    page.reload()
    expect(page.locator('#text-size button[aria-pressed="true"]')).to_have_count(1)
    assert page.locator("html").get_attribute("data-text-size") == "3"


def test_only_a_receipt_ends_the_sending_and_it_counts_once(open_page: Opener, site: Site) -> None:
    with portal_before(site.url) as portal:
        page = open_page("/s/open1/da", origin=portal.url)
        go_on_to(page, "trust")
        option(page, "trust", "5").click()
        go_on_to(page, "suggestions")
        page.locator('[id="f-suggestions"]').fill("Mit nummer er 010190-1234, tak.")
        go_to_the_end(page)
        portal.mode = "login"
        page.locator("#send").click()
        notice = page.locator(".notice-box:visible")
        expect(notice).to_contain_text("010190-1234")
        notice.locator("button").first.click()  # take it out

        # It is sealed and kept, and says so: a login page is no receipt.
        said = page.locator(".delivery")
        expect(said).to_contain_text("forseglet og gemt")
        assert "/thanks" not in page.url
        assert site.world.waiting() == 0
        portal.mode = "redirect"
        sent = len(portal.posted)
        page.reload()
        expect(said).to_contain_text("venter på at blive sendt")
        until(page, lambda: len(portal.posted) > sent)
        assert site.world.waiting() == 0

        portal.mode = "lost"
        page.reload()
        until(page, lambda: site.world.waiting() == 1)  # it is there, and nobody could say so
        expect(said).to_contain_text("venter på at blive sendt")
        portal.mode = "open"
        page.reload()
        expect(said).to_have_count(0)
        assert len(set(portal.posted)) == 1
        assert len(portal.posted) >= 4

        assert page.locator("input:checked").count() == 0
        assert "010190" not in page.content()
        other = page.context.new_page()
        other.goto(f"{portal.url}/s/open1/da")
        assert not asked_about_a_draft(other)

    [answer] = mixed_answers(site)
    assert answer["trust"] == "5"
    [text] = responses.texts(site.world.store.main, "open1")
    assert text.text == "Mit nummer er ██████-████, tak."


def test_an_answer_that_cannot_be_sealed_says_so_and_can_be_sent_again(
    open_page: Opener, site: Site
) -> None:
    page = open_page("/s/open1/da")
    go_on_to(page, "trust")
    option(page, "trust", "5").click()
    go_to_the_end(page)
    public = page.evaluate(
        "() => { const { dataset } = document.querySelector('#answering');"
        " const key = dataset.publicKey; dataset.publicKey = 'none'; return key; }"
    )
    page.locator("#send").click()
    expect(page.locator("#status")).to_contain_text("kunne ikke forsegles")
    page.evaluate(
        "(key) => { document.querySelector('#answering').dataset.publicKey = key; }", public
    )
    page.locator("#status button").click()
    page.wait_for_url("**/thanks")
    assert site.world.waiting() == 1


def test_what_may_go_as_it_is_goes(open_page: Opener, site: Site) -> None:
    page = open_page("/s/open1/da")
    go_on_to(page, "suggestions")
    page.locator('[id="f-suggestions"]').fill("Mit nummer er 010190-1234")
    go_to_the_end(page)
    page.locator("#send").click()
    buttons = page.locator(".notice-box:visible button")
    buttons.nth(2).click()  # back to the text
    expect(page.locator('[id="f-suggestions"]')).to_be_focused()
    go_to_the_end(page)
    page.locator("#send").click()
    buttons.nth(1).click()
    page.wait_for_url("**/thanks")
    assert site.world.waiting() == 1


def test_where_nothing_can_be_sealed_the_form_is_posted_and_nobody_is_asked_twice(
    open_page: Opener, site: Site
) -> None:
    page = open_page("/s/open1/da", origin=site.url.replace("localhost", LAN))
    assert page.evaluate("typeof crypto.subtle") == "undefined"
    go_on_to(page, "trust")
    option(page, "trust", "3").click()
    go_on_to(page, "suggestions")
    page.locator('[id="f-suggestions"]').fill("Mit nummer er 010190-1234")
    go_to_the_end(page)
    page.locator("#send").click()
    page.locator(".notice-box:visible button").nth(1).click()  # send as it is
    page.wait_for_url("**/thanks")
    [answer] = mixed_answers(site)
    assert answer["trust"] == "3"


def test_what_is_missing_is_said_on_top_and_forgiven_at_once(open_page: Opener) -> None:
    page = open_page("/s/kinds1/en", language="en")
    go_on_to(page, "trust")
    go_on(page)
    summary = page.locator("#error-summary")
    expect(summary).to_be_focused()
    expect(page.locator('[id="error-trust"]')).to_be_visible()
    summary.locator("a").first.click()
    assert page.evaluate("document.activeElement.name") == "trust"
    option(page, "trust", "1").click()
    expect(summary).to_be_hidden()
    # What excludes each other, and what a condition brings.
    expect(page.locator('[id="q-aids"]')).to_be_hidden()
    option(page, "place", "home").click()
    expect(page.locator('[id="q-aids"]')).to_be_visible()
    option(page, "aids", "none").click()
    option(page, "aids", "pump").click()
    assert not checked(page, "aids", "none")


def test_conditions_live_in_the_time_study(open_page: Opener, site: Site) -> None:
    questionnaire = library.read("time-study")
    open_round(site.world, "time", publish(site.world.store, questionnaire), questionnaire)
    plain = open_page("/s/time1/da", script=False)
    expect(plain.locator('[id="q-time_is_right"] .condition-in-words')).to_contain_text(
        "er før kl.\u00a007.00"
    )
    page = open_page("/s/time1/da")
    go_on_to(page, "started_at")
    asked = page.locator('[id="q-time_is_right"]')
    expect(asked).to_be_hidden()
    page.locator('[id="f-started_at"]').fill("06:30")
    expect(asked).to_be_visible()
    option(page, "time_is_right", "no").click()
    go_on(page)
    expect(page.locator('[id="error-time_is_right"]')).to_contain_text("Gå tilbage til tiden")
    page.locator('[id="f-started_at"]').fill("07:30")
    expect(asked).to_be_hidden()
    go_on(page)
    expect(page.locator('[id="q-minutes"]')).to_be_visible()


def test_steps_of_a_way_are_added_and_taken_out(open_page: Opener, site: Site) -> None:
    questionnaire = library.read("ptsd-interviews")
    open_round(site.world, "ptsd", publish(site.world.store, questionnaire), questionnaire)
    page = open_page("/s/ptsd1/da")
    go_on_to(page, "may_take_part")
    option(page, "may_take_part", "yes").click()
    for _ in range(10):
        if page.locator(".add-repetition").is_visible():
            break
        go_on(page)
    for _ in range(2):
        page.locator(".add-repetition").click()
    repetitions = page.locator(".repetition")
    expect(repetitions).to_have_count(3)
    for index in range(3):
        page.locator(f'[id="f-steps/{index}/received"]').fill(f"sted {index}")
    page.locator(".remove-repetition").nth(1).click()
    expect(repetitions).to_have_count(2)
    values = [page.locator(f'[id="f-steps/{i}/received"]').input_value() for i in range(2)]
    assert values == ["sted 0", "sted 2"]
    kept(page)
    page.reload()
    expect(page.locator('[id="f-steps/1/received"]')).to_have_value("sted 2")
