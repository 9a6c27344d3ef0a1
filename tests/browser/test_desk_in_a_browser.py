"""The desk with a keyboard and on a phone: tables that sort, keys and the dialog that lists them, rounds as cards."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from store import responses
from tests.browser.conftest import LAPTOP, PHONE, Opener, Site
from tests.browser.steps import complaints_of_axe, sign_in
from tests.server.installation import PASSWORD, envelope
from tests.server.test_desk import with_edition

pytestmark = pytest.mark.browser

TITLES = "table tbody th"
TEXTS = "/desk/rounds/open1/texts"


def at_the_desk(open_page: Opener, path: str = "/desk", **how: object) -> Page:
    """A page of the desk as the secretariat sees it, in Danish."""
    page = open_page(path, **how)
    sign_in(page, "secretariat@region.example", PASSWORD)
    page.wait_for_url(f"**{path}")
    return page


def with_texts(site: Site) -> None:
    """Three texts to read."""
    for number, text in enumerate(["Tak for hjælpen.", "Mere tid, tak.", "Alt var godt."]):
        body = envelope(site.world, "open", {"suggestions": text}, f"{number:031x}f")
        answer = site.world.client().post(
            "/api/submissions", data=body, content_type="application/octet-stream"
        )
        assert answer.status_code == 201
    with_edition(site.world)


def focused(page: Page) -> str:
    """The id of the element that has the focus."""
    return str(page.evaluate("document.activeElement.id"))


def test_a_table_sorts_by_keyboard(open_page: Opener, site: Site) -> None:
    with_edition(site.world)
    page = at_the_desk(open_page, size=LAPTOP)
    returned = page.get_by_role("columnheader", name="Indkomne svar")
    numbers = page.locator("tbody td.number")
    assert returned.get_attribute("aria-sort") is None
    page.get_by_role("button", name="Indkomne svar").focus()
    page.keyboard.press("Enter")
    expect(returned).to_have_attribute("aria-sort", "ascending")
    ascending = [int(text) for text in numbers.all_text_contents()]
    assert ascending == sorted(ascending) and ascending[-1] == 12
    page.keyboard.press("Space")
    expect(returned).to_have_attribute("aria-sort", "descending")
    assert [int(text) for text in numbers.all_text_contents()] == ascending[::-1]

    page.get_by_role("button", name="Åbner").press("Enter")
    expect(page.get_by_role("columnheader", name="Åbner")).to_have_attribute(
        "aria-sort", "ascending"
    )
    assert returned.get_attribute("aria-sort") is None
    opens = page.locator("tbody td:nth-child(4)").evaluate_all(
        "all => all.map(td => td.dataset.sort)"
    )
    assert opens == sorted(opens) and len(set(opens)) > 1
    assert page.locator("thead th").last.locator("button").count() == 0
    assert complaints_of_axe(page) == []


def test_the_keys_are_shown_and_can_be_switched_off(open_page: Opener, site: Site) -> None:
    page = at_the_desk(open_page, "/desk/rounds/open1", size=LAPTOP)
    dialog = page.get_by_role("dialog", name="Genvejstaster")
    expect(dialog).to_be_hidden()
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    assert dialog.locator("kbd").all_text_contents() == ["?", "g", "h"]
    assert complaints_of_axe(page) == []
    page.keyboard.type("gh")
    assert page.url.endswith("/desk/rounds/open1")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Control+?")
    expect(dialog).to_be_hidden()

    opener = page.get_by_role("button", name="Genvejstaster")
    opener.click()
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="Luk").click()
    assert focused(page) == "show-shortcuts"
    page.reload()
    page.keyboard.type("?gh")
    expect(dialog).to_be_hidden()
    assert page.url.endswith("/desk/rounds/open1")
    opener.click()
    dialog.get_by_role("checkbox").check()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.type("gh")
    page.wait_for_url("**/desk")


def test_texts_are_read_with_the_keys(open_page: Opener, site: Site) -> None:
    with_texts(site)
    page = at_the_desk(open_page, TEXTS, size=LAPTOP)
    ids = page.locator(".free-text").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == 3
    dialog = page.get_by_role("dialog")
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    listed = page.locator("dialog kbd").all_text_contents()
    assert listed == ["?", "g", "h", "j", "↓", "k", "↑", "r", "w", "u"]
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("r")
    page.keyboard.press("j")
    assert focused(page) == ids[0]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == ids[2]
    page.keyboard.press("k")
    page.keyboard.press("ArrowUp")
    assert focused(page) == ids[0]
    page.keyboard.press("Control+r")

    def decided() -> dict[str, str]:
        return {
            f"t-{one.key.hex()}": str(one.state)
            for one in responses.texts(site.world.store.main, "open1")
        }

    assert set(decided().values()) == {"unread"}
    for key, state in (("r", "released"), ("u", "unread"), ("w", "withheld")):
        page.wait_for_load_state()
        page.locator(f"#{ids[0]}").focus()
        with page.expect_navigation():
            page.keyboard.press(key)
        assert decided()[ids[0]] == state
    assert [state for place, state in decided().items() if place != ids[0]] == ["unread"] * 2


def test_no_key_fires_where_one_signs_in(open_page: Opener, site: Site) -> None:
    page = open_page("/sign-in", size=LAPTOP)
    page.locator("#email").focus()
    page.keyboard.type("?ghjr")
    assert page.locator("#email").input_value() == "?ghjr"
    assert page.locator("dialog").count() == 0


def test_on_a_phone_each_round_is_a_card(open_page: Opener, site: Site) -> None:
    with_edition(site.world)
    page = at_the_desk(open_page, size=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    wrap = page.locator(".table-wrap")
    assert wrap.evaluate("one => one.scrollWidth <= one.clientWidth")
    first = page.locator("tbody tr").first
    label = "td => getComputedStyle(td, '::before').content"
    assert first.locator("td").first.evaluate(label) == '"Arbejdsgruppe"'
    tops = first.locator("th, td").evaluate_all("all => all.map(one => one.offsetTop)")
    assert tops == sorted(set(tops)) and len(tops) == 7
    assert complaints_of_axe(page) == []
    before = page.locator(TITLES).all_text_contents()
    page.get_by_role("button", name="Runde", exact=True).click()
    assert sorted(before) == sorted(page.locator(TITLES).all_text_contents())
    expect(page.get_by_role("columnheader", name="Runde")).to_have_attribute(
        "aria-sort", "ascending"
    )


def test_without_script_the_table_has_plain_heads(open_page: Opener, site: Site) -> None:
    page = at_the_desk(open_page, size=PHONE, script=False)
    assert page.locator("thead button, thead [aria-sort]").count() == 0
    assert page.locator("#show-shortcuts").is_hidden()
    assert page.locator("dialog").is_hidden()
    assert page.locator(".table-wrap").evaluate("one => one.scrollWidth <= one.clientWidth")
