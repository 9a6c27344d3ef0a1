"""Every page of the desk that no other test looks at, whoever it is for, on a phone and on a laptop: axe finds nothing and nothing is scrolled sideways.

The pages are read off the table of rights, so that a new one is looked at without anybody thinking of it. Each is looked at
once, by the first role that it is open to; with SVARBOKS_PICTURES=folder photographs are kept for a person to look at.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from forms import library
from server.rights import Kind
from store import outbox
from store.accounts import Role
from tests.browser.conftest import LAPTOP, PHONE, Site
from tests.browser.steps import complaints_of_axe
from tests.server.installation import World, add_paper, open_round
from tests.server.tablets import enrolled, sealed
from tests.server.test_desk import with_edition
from tests.server.test_rights import CAST, OWN, address, requests_of

pytestmark = pytest.mark.browser

#: The widths, narrowest first; a folder of pictures has the tablet's too.
SIZES = (PHONE, LAPTOP)
PICTURES = os.environ.get("SVARBOKS_PICTURES", "")
#: In check axe looks at the phone's width only: what it looks for hardly hangs on the width, and CI has few minutes.
PROOF = os.environ.get("SVARBOKS_PROOF") == "1"
#: What some pages need beside what tests/server/test_rights.py fills paths in with.
INSTEAD = {"invitations.page": {"round_id": "invited1"}, "reminders.page": {"round_id": "kinds1"}}
#: Pages that other tests look at in the same way, on their way of a role: looking twice costs seconds of every check.
ELSEWHERE = {
    "desk.home", "desk.round_page", "accounts.overview", "audit.page", "own_account.overview", "questionnaires.shelf",
    "questionnaires.page", "publishing.library_page", "round_setup.new", "round_course.ask_for_edition", "board.numbers",
    "results.page", "texts.page", "planning.uncertainty", "results.method",
}  # fmt: skip
#: Pages that have to be among those that are looked at.
NAMED = {"reminders.page", "invitations.page", "quarantine.overview", "quarantine.ask_to_delete", "mail.ask_to_give_up", "mail.outbox"}  # fmt: skip


def furnish(world: World) -> None:
    """Something to see on pages that would say that there is nothing."""
    add_paper(world, world.rounds["open"], OWN["unit"], OWN["pile"], OWN["batch"])
    open_round(world, "invited", world.rounds["open"].version, library.read("iv-satisfaction"), access="invited", channels=("web",))  # fmt: skip
    tablet = enrolled(world, "kinds1")
    tablet.send(*(sealed(world, number, round_id="nothing1") for number in range(3)))
    with_edition(world)
    world.now -= timedelta(days=32)
    with world.store.write() as db:
        for number, subject in enumerate(("Du er inviteret til Svarboks", "Rapporten er klar")):
            made = outbox.add(db, kind="invitation", recipient=f"en-ret-lang-adresse-{number}@region.example", subject=subject, body="Tekst", now=world.now)  # fmt: skip
        outbox.failed_attempt(db, made, error="550 5.1.1 Recipient address rejected: User unknown in virtual mailbox table", next_at=None)  # fmt: skip


def pages_of(world: World, role: Role, seen: set[str]) -> list[tuple[str, str]]:
    """(endpoint, path) of the pages that this role is the first to see; files and what is not there are left out."""
    client = world.signed_in(CAST[role])
    found = []
    for method, rule, access in requests_of(world, Kind.ROLES, Kind.SIGNED_IN):
        if (
            method != "GET"
            or rule.endpoint in seen | ELSEWHERE
            or (access.roles and role not in access.roles)
        ):
            continue
        path = address(rule, {**OWN, **INSTEAD.get(rule.endpoint, {})})
        if rule.endpoint == "quarantine.ask_to_delete":
            path += "?round=nothing1&codes=unknown-round"
        with client.get(path) as answer:
            if answer.status_code == 200 and answer.mimetype == "text/html":
                seen.add(rule.endpoint)
                found.append((rule.endpoint, path))
    return found


def test_every_page_on_a_phone_and_on_a_laptop(browser: Browser, site: Site) -> None:
    furnish(site.world)
    seen: set[str] = set()
    faults: list[str] = []
    for role in Role:
        pages = pages_of(site.world, role, seen)
        if not pages:
            continue
        client = site.world.signed_in(CAST[role])
        cookie = client.get_cookie("svarboks")
        assert cookie is not None
        context = browser.new_context(locale="da-DK", reduced_motion="reduce")
        context.add_cookies([{"name": "svarboks", "value": cookie.value, "url": site.url}])
        page = context.new_page()
        for endpoint, path in pages:
            page.goto(site.url + path)
            faults += looked_at(page, endpoint)
        context.close()
    assert seen >= NAMED
    assert len(seen) >= 35
    assert faults == []


def looked_at(page: Page, endpoint: str) -> list[str]:
    """What is wrong with a page at each width."""
    faults = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        if width == PHONE[0] or PROOF:
            faults += [f"{endpoint} at {width}: {said}" for said in complaints_of_axe(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults.append(f"{endpoint} at {width} is scrolled sideways")
    for width, height in (PHONE, (820, 1180), LAPTOP) if PICTURES else ():
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=str(Path(PICTURES, f"{endpoint}-{width}.png")), full_page=True)
    return faults
