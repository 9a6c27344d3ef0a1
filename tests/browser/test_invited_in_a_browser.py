"""The page of an invited round in a real browser.

B1  The code in the link's fragment fills in the field and leaves the address.
B2  Two browsers send with one code: one is thanked, the other is told at the field of the code and keeps its answers.
B3  Without script the code is typed; one that has been used is refused beside its field, and what was answered stays.
B4  What waited for a line and is then refused says so, why, and what can be done; also when the page is opened again.
"""

from __future__ import annotations

import random
import re

import pytest
from playwright.sync_api import Page, expect

from forms import library
from server import invitations as making
from store import invitations
from sync import invitation_codes
from tests.browser.conftest import PHONE, Opener, Site
from tests.browser.steps import complaints_of_axe, go_on, go_on_to, go_to_the_end, option
from tests.server.installation import open_round

pytestmark = pytest.mark.browser

CODE = '[id="f-~code"]'


@pytest.fixture
def codes(site: Site) -> list[str]:
    """The codes of the two letters of the round 'invited1', as they are printed."""
    world = site.world
    version = world.rounds["open"].version
    shown = open_round(
        world, "invited", version, library.read("iv-satisfaction"), access="invited", channels=("web",)
    )  # fmt: skip
    making.make_letters(
        world.store, shown, 2, now=world.now, actor="test", randbytes=random.Random(5).randbytes
    )
    seed = invitations.seed(world.store.waiting, shown.id)
    assert seed is not None
    return [invitation_codes.grouped(invitation_codes.make(seed, number)) for number in (1, 2)]


@pytest.fixture
def code(codes: list[str]) -> str:
    """The first letter's."""
    return codes[0]


def use_up(site: Site, code: str) -> None:
    """Somebody else answers with this code."""
    plain = invitation_codes.read(code)
    assert plain is not None
    with site.world.store.write_waiting() as db:
        invitations.spend(db, "invited1", invitation_codes.code_hash("invited1", plain))


def answered(page: Page, trust: str) -> None:
    """Answer up to the last page; Send is what comes next."""
    go_on_to(page, "trust")
    option(page, "trust", trust).click()
    go_to_the_end(page)


def test_two_race_with_one_code_B1_B2(open_page: Opener, site: Site, code: str) -> None:
    pages = [open_page(f"/s/invited1/da#code={code}", size=PHONE) for _ in range(2)]
    for page in pages:
        expect(page.locator(CODE)).to_have_value(code)
        assert "#" not in page.url
        assert code not in page.content()
    assert complaints_of_axe(pages[0]) == []
    # Both have begun before either sends.
    for page, trust in zip(pages, ("5", "1"), strict=True):
        answered(page, trust)
    for page in pages:
        page.locator("#send").click(no_wait_after=True)
    for page in pages:
        page.wait_for_function(
            "() => location.pathname.endsWith('/thanks')"
            " || document.getElementById('f-~code')?.getAttribute('aria-invalid') === 'true'"
        )
    thanked = [page for page in pages if page.url.endswith("/thanks")]
    refused = [page for page in pages if page not in thanked]
    assert (len(thanked), len(refused)) == (1, 1)
    assert site.world.waiting() == 1
    (other,) = refused
    expect(other.locator('[id="error-~code"]')).to_contain_text("Koden er brugt")
    assert complaints_of_axe(other) == []
    trust = ("5", "1")[pages.index(other)]
    assert other.locator(f'[id="f-trust-{trust}"]').is_checked()
    assert site.world.store.waiting.execute("SELECT sum(used) FROM invitation").fetchone() == (1,)


def test_a_used_code_is_told_of_before_one_begins_B2(
    open_page: Opener, site: Site, code: str
) -> None:
    use_up(site, code)
    page = open_page(f"/s/invited1/da#code={code}")
    expect(page.locator(CODE)).to_have_value(code)
    for _ in range(3):
        if page.locator(CODE).is_visible():
            break
        go_on(page)
    go_on(page)
    expect(page.locator('[id="error-~code"]')).to_contain_text("Koden er brugt")
    expect(page.locator(CODE)).to_be_visible()


def test_without_script_the_code_is_typed_B3(open_page: Opener, site: Site, code: str) -> None:
    pages = [open_page("/s/invited1/da", script=False) for _ in range(2)]
    for page, trust in zip(pages, ("5", "1"), strict=True):
        page.locator(CODE).fill(code.upper().replace("-", " "))
        option(page, "trust", trust).click()
    for page in pages:
        page.locator("#send").click()
    first, second = pages
    expect(first).to_have_url(re.compile("/thanks$"))
    assert not second.url.endswith("/thanks")
    expect(second.locator('[id="error-~code"]')).to_contain_text("Koden er brugt")
    assert second.locator('[id="f-trust-1"]').is_checked()
    assert site.world.waiting() == 1


def test_what_waited_and_is_refused_for_its_code_can_be_sent_with_another_B4(
    open_page: Opener, site: Site, codes: list[str]
) -> None:
    used, other = codes
    page = open_page(f"/s/invited1/da#code={used}", size=PHONE)
    answered(page, "5")
    page.context.set_offline(True)
    page.locator("#send").click()
    told = page.locator(".delivery")
    expect(told).to_contain_text("bliver sendt af sig selv")
    use_up(site, used)
    page.context.set_offline(False)
    # To who has just answered; and, to whoever opens the page later.
    for whose in (
        "Disse svar er ikke modtaget",
        "givet tidligere i denne browser, er ikke modtaget",
    ):
        expect(told).to_contain_text(whose)
        expect(told).to_contain_text("Koden er brugt")
        assert complaints_of_axe(page) == []
        page.reload()
    told.locator("input").fill("bcdf-ghjk-mnn")
    told.locator("button").click()
    expect(told).to_contain_text("Der er noget galt i koden")
    assert site.world.waiting() == 0
    told.locator("input").fill(other)
    told.locator("button").click()
    expect(told).to_have_count(0)
    assert site.world.waiting() == 1


def test_what_waited_and_is_refused_for_good_says_so_B4(open_page: Opener, site: Site) -> None:
    page = open_page("/s/open1/da")
    answered(page, "5")
    page.evaluate("() => { document.querySelector('#answering').dataset.kid = '0'.repeat(16); }")
    page.context.set_offline(True)
    page.locator("#send").click()
    told = page.locator(".delivery")
    expect(told).to_contain_text("bliver sendt af sig selv")
    page.context.set_offline(False)
    expect(told).to_contain_text("Disse svar er ikke modtaget")
    expect(told).to_contain_text("Du kan prøve igen")
    expect(page.get_by_text("Nu bliver de lagt sammen")).to_be_hidden()
    told.locator("button").click()
    expect(told).to_contain_text("Disse svar er ikke modtaget")
    assert site.world.waiting() == 0
