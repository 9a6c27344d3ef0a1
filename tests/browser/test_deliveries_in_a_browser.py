"""The deliveries of a round in a browser: with one that went, one that waits and one that failed; nothing for axe to say, and
nothing wider than the screen."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from server.delivery import delivering, folders
from server.delivery.contents import HELD
from server.delivery.ordering import order_again
from server.scheduler import Scheduler
from store import accounts, responses
from store.accounts import Grant, Role
from store.responses import Reading
from tests.browser.conftest import LAPTOP, PHONE, TABLET, Opener, Site
from tests.browser.steps import complaints_of_axe, sign_in
from tests.server.installation import PASSWORD

pytestmark = pytest.mark.browser

AT = "/desk/rounds/open1/deliveries"


@pytest.fixture
def shots() -> Path | None:
    """Where pictures of the pages go: SVARBOKS_SHOTS, for a person who wants to look at them."""
    folder = os.environ.get("SVARBOKS_SHOTS")
    return Path(folder) if folder else None


def looked_at(page: Page, name: str, folder: Path | None) -> None:
    """Nothing for axe to say, nothing wider than the screen; kept as a picture where a folder is given."""
    assert complaints_of_axe(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    if folder:
        page.screenshot(path=folder / f"{name}.png", full_page=True)


def test_deliveries_at_the_desk(
    open_page: Opener, site: Site, shots: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "HELD", [one for one in HELD if one.name.endswith(".csv")])
    world = site.world
    with world.store.write() as db:
        accounts.add(
            db,
            name="Anne-Margrethe Vestergaard-Christensen",
            email="anne-margrethe.vestergaard-christensen@region.example",
            grants=[Grant(Role.MEMBER, working_group="iv")],
        )
    tick = Scheduler(
        world.store, world.keys, "one", lambda: world.now, random.Random(6), world.settings
    ).tick
    world.now = world.rounds["open"].receive_until
    assert tick()
    with world.store.write() as db:
        db.execute("UPDATE message SET doubts = 1 WHERE recipient = 'member@region.example'")
        # Ten texts that the delivery could not wait for, eight of which were released since.
        texts = [(bytes([n]) * 16, "open1", "suggestions", f"Forslag {n}", "da") for n in range(10)]
        responses.keep(db, [], [], texts)
        for key, *_ in texts[:8]:
            responses.decide_text(db, key, Reading.RELEASED)

    def full(*_: object) -> None:
        raise folders.NoFolderError(2, "not there")

    monkeypatch.setattr(folders, "put", full)
    for minutes in (60, 1, 5):
        world.now += timedelta(minutes=minutes)
        if minutes == 60:
            order_again(world.store, world.rounds["open"], now=world.now, actor="a test")
        assert tick()
    for size in (PHONE, TABLET, LAPTOP):
        page = open_page(AT, size=size)
        sign_in(page, "secretariat@region.example", PASSWORD)
        page.wait_for_url(f"**{AT}")
        expect(page.get_by_role("link", name="Lav en ny udgave")).to_be_visible()
        expect(page.get_by_role("link", name="Læs fritekst")).to_be_visible()
        looked_at(page, f"deliveries-{size[0]}", shots)
        page.goto(f"{site.url}/desk")
        expect(page.locator(f'a[href="{AT}"]')).to_be_visible()
        expect(page.locator('a[href="/desk/rounds/open1/edition"]')).to_be_visible()
        looked_at(page, f"deliveries-home-{size[0]}", shots)
        page.goto(f"{site.url}/desk/rounds/open1")
        page.get_by_role("link", name="Leveringer til arbejdsgruppen").click()
        page.wait_for_url(f"**{AT}")
    page.get_by_role("button", name="Levér udgave 1 igen").click()
    page.wait_for_url(f"**{AT}?done=ordered")
    looked_at(page, "deliveries-again", shots)
