"""From an invitation to the desk in a real browser, by keyboard only, with a second factor, and with axe on each page."""

from __future__ import annotations

import re

import pyotp
import pytest
from playwright.sync_api import Page, expect

from store import outbox
from store.outbox import MessageState
from tests.browser.conftest import LAPTOP, PHONE, Opener, Site
from tests.browser.steps import complaints_of_axe, sign_in
from tests.server.installation import PASSWORD

pytestmark = pytest.mark.browser

NEW = "kridt tavle 73 svampe"


def no_sideways_scroll(page: Page) -> bool:
    """Whether the page fits its width."""
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


def fine(page: Page) -> None:
    """The page is readable by everybody, and fits."""
    assert complaints_of_axe(page) == []
    assert no_sideways_scroll(page), page.url


def to(page: Page, label: str, *, typed: str = "") -> None:
    """Tab to the field of this label, and type."""
    field = page.get_by_label(label, exact=True)
    for _ in range(60):
        page.keyboard.press("Tab")
        if field.evaluate("field => field === document.activeElement"):
            if typed:
                page.keyboard.insert_text(typed)
            return
    raise AssertionError(f"{label} cannot be reached by keyboard")


def press(page: Page, name: str) -> None:
    """Tab to the button or link of this name, and press Enter."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.textContent || '').trim()") == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


@pytest.mark.parametrize("size", [PHONE, LAPTOP])
def test_invited_by_keyboard_to_the_desk_with_an_app(
    open_page: Opener, site: Site, size: tuple[int, int]
) -> None:
    administrator = open_page("/sign-in", size=size)
    to(administrator, "E-mailadresse", typed="administrator@region.example")
    to(administrator, "Adgangskode", typed=PASSWORD)
    administrator.keyboard.press("Enter")
    administrator.wait_for_url("**/desk*")
    administrator.goto(f"{site.url}/desk/accounts")
    fine(administrator)
    press(administrator, "Tilføj en konto")
    to(administrator, "Navn", typed="Bo Lind")
    to(administrator, "E-mailadresse", typed="bo@region.example")
    administrator.locator("#role-0").select_option("chair")
    administrator.locator("#scope-0").fill("IV-arbejdsgruppen")
    administrator.locator("#scope-0").press("Enter")
    expect(administrator.locator("h1")).to_have_text("Bo Lind")
    fine(administrator)

    mail = outbox.listed(site.world.store.main, [MessageState.WAITING])[0]
    link = re.search(r"/welcome/[\w-]+", mail.body)
    assert link is not None
    page = open_page(link[0], size=size)
    fine(page)
    to(page, "Ny adgangskode", typed="kort")
    page.keyboard.press("Enter")
    expect(page.locator("#password-error")).to_contain_text("færre end 12")
    fine(page)
    to(page, "Ny adgangskode", typed=NEW)
    press(page, "Vis adgangskoden")
    expect(page.locator("#password")).to_have_attribute("type", "text")
    expect(page.locator("#password")).to_have_value(NEW)
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in?done=password")
    sign_in(page, "bo@region.example", NEW)
    page.wait_for_url("**/desk")

    page.goto(f"{site.url}/account")
    fine(page)
    press(page, "Sæt appen op")
    page.wait_for_url("**/account/second-factor")
    fine(page)
    expect(page.locator("img.qr")).to_be_visible()
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    secret = page.locator("#key").inner_text().replace(" ", "")
    to(page, "Kode", typed=pyotp.TOTP(secret).at(site.world.now))
    to(page, "Din adgangskode", typed=NEW)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Gendannelseskoder")
    fine(page)
    expect(page.get_by_role("button", name="Udskriv")).to_be_visible()
    code = page.locator(".recovery-codes code").nth(4).inner_text()
    press(page, "Jeg har gemt koderne")
    page.wait_for_url("**/desk")

    elsewhere = open_page("/desk/rounds/open1", size=size)
    sign_in(elsewhere, "bo@region.example", NEW)
    elsewhere.wait_for_url("**/sign-in/code**")
    fine(elsewhere)
    to(elsewhere, "Kode", typed="000000")
    elsewhere.keyboard.press("Enter")
    expect(elsewhere.locator("#code-error")).to_be_visible()
    fine(elsewhere)
    to(elsewhere, "Kode", typed=code)
    elsewhere.keyboard.press("Enter")
    elsewhere.wait_for_url("**/desk/rounds/open1")

    # The first browser ends the other one.
    page.goto(f"{site.url}/account")
    expect(page.locator("tbody tr")).to_have_count(2)
    press(page, "Log ud alle andre steder")
    expect(page.locator("tbody tr")).to_have_count(1)
    elsewhere.reload()
    elsewhere.wait_for_url("**/sign-in?next=**")


@pytest.mark.parametrize("size", [PHONE, LAPTOP])
def test_axe_on_the_other_pages(open_page: Opener, site: Site, size: tuple[int, int]) -> None:
    page = open_page("/sign-in/forgotten", size=size)
    fine(page)
    to(page, "E-mailadresse", typed="chair@region.example")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=sent")
    fine(page)
    page.goto(f"{site.url}/welcome/nothing")
    fine(page)
    page.goto(f"{site.url}/sign-in")
    fine(page)
    sign_in(page, "administrator@region.example", PASSWORD)
    page.wait_for_url("**/desk*")
    for path in (
        "/account/password",
        "/desk/accounts/new",
        "/desk/accounts/1",
        "/desk/accounts/1/close",
        "/desk/accounts/working-groups",
    ):
        page.goto(site.url + path)
        fine(page)
    page.goto(f"{site.url}/desk/accounts/new")
    page.locator("#role-0").select_option("chair")
    page.locator("#scope-0").fill("ukendt")
    page.locator("#scope-0").press("Enter")
    expect(page.locator(".error-summary")).to_be_visible()
    fine(page)
    page.locator(".error-summary a").last.click()
    expect(page.locator("#scope-0")).to_be_focused()


def test_without_script(open_page: Opener, site: Site) -> None:
    page = open_page("/sign-in", script=False)
    assert page.get_by_role("button", name="Vis adgangskoden").count() == 0
    sign_in(page, "administrator@region.example", PASSWORD)
    page.goto(f"{site.url}/desk/accounts/new")
    page.get_by_role("button", name="Flere rækker").click()
    expect(page.locator('input[name="scope"]')).to_have_count(5)
