"""A tablet whose storage is really full: a small file system of its own, filled to the last byte beside a real Chromium.

S1  A turn does not begin when its answer could not be kept, and the page says why.
S2  Full in the middle of a turn: sending says so, what was answered stays on the page, and with room again it is kept.
S3  Whatever happened, what was finished before is there afterwards and arrives.
S4  The browser's own Background Sync sends what waits, without a page of the app.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.own_chromium import own_chromium
from tests.browser.tablet_walk import (
    answer_and_send,
    begin,
    enrol,
    fill,
    give_back,
    queue,
    small_document,
    tool,
    wait_until_sent,
)
from tests.network.served import served

pytestmark = pytest.mark.browser

#: Bytes: a new profile of Chromium takes some thirty million.
SIZE = 160_000_000
#: Chromium tells a full disk from a full quota, or does not: then it is said that nothing can be kept.
NO_ROOM = re.compile(r"ikke mere plads|kunne ikke gemmes")


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own in memory; the test is skipped where none may be mounted."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "svarboks-test", folder],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill_up(disk: Path) -> None:
    """Take every byte that is left."""
    with (disk / "filler").open("ab", buffering=0) as file:
        for portion in (1_000_000, 4096, 1):
            try:
                while True:
                    file.write(os.urandom(portion))
            except OSError:
                continue


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Full as long as the block lasts: what the browser gives back meanwhile is taken again. Then there is room."""
    over = threading.Event()

    def keep_full() -> None:
        while not over.wait(0.02):
            fill_up(disk)

    fill_up(disk)
    thread = threading.Thread(target=keep_full)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        (disk / "filler").unlink()


def first_page(pages: list[Page]) -> Page:
    pages[0].set_default_timeout(30_000)
    return pages[0]


@pytest.mark.parametrize("end", ["ended", "killed"])
def test_full_is_said_and_nothing_is_lost_S1_S2_S3(
    browser: Browser, tmp_path: Path, end: str
) -> None:
    rng = random.Random(4)
    with (
        small_disk(tmp_path / "disk") as disk,
        served(tmp_path, documents=(small_document(tmp_path, "a"),)) as installation,
        own_chromium(browser.browser_type, disk / "profile") as chromium,
    ):
        context = chromium.start()
        page = first_page(context.pages)
        enrol(page, installation)
        installation.server.stop()
        begin(page, 0)
        answer_and_send(page, rng, "før")
        give_back(page)

        begin(page, 0)
        page.locator("#answering").wait_for()
        with full(disk):
            answer_and_send(page, rng, "midt i")
            expect(page.locator("#status")).to_contain_text(NO_ROOM, timeout=30_000)
            assert page.locator("textarea").first.input_value() == "midt i"
        page.locator("#status button").click()
        give_back(page)

        with full(disk):
            page.locator(".tablet-choice").first.click()
            page.locator('#main .tablet-choice[lang="da"]').click()
            expect(page.get_by_role("heading", name="Ingen kan begynde lige nu")).to_be_visible(
                timeout=30_000
            )
            assert "/turn/" not in page.url

        # Chromium may find its database damaged now, and begin an empty one: the copies bring the answers back.
        if end == "ended":
            chromium.stop(context)
        else:
            chromium.kill()
        page = first_page(chromium.start().pages)
        page.goto(f"{installation.url}/tablet")
        expect(page.get_by_text("2 svar venter")).to_be_visible(timeout=30_000)
        installation.server.start()
        installation.server.wait_until_it_answers()
        page.evaluate("window.dispatchEvent(new Event('online'))")
        if end == "killed":
            # Chromium writes cookies half a minute late, so its token may be lost: the tablet is made ready anew.
            enrol(page, installation)
        expect(page.locator("body[data-screen=ready] .tablet-choice").first).to_be_visible(
            timeout=30_000
        )
        tool(page)
        until = time.monotonic() + 60
        while len(installation.stored()) < 2 and time.monotonic() < until:
            page.wait_for_timeout(200)
        wait_until_sent(page, 60)
        assert installation.stored().keys() == queue(page).keys()
        assert (
            page.evaluate(
                "caches.open('svarboks-copies-1').then((c) => c.keys()).then((k) => k.length)"
            )
            == 0
        )
        assert installation.mix_all() == 2


def test_background_sync_sends_without_a_page_S4(browser: Browser, tmp_path: Path) -> None:
    with (
        served(tmp_path, documents=(small_document(tmp_path, "a"),)) as installation,
        own_chromium(browser.browser_type, tmp_path / "profile") as chromium,
    ):
        context = chromium.start()
        page = first_page(context.pages)
        enrol(page, installation)
        tool(page)
        installation.server.stop()
        keys = fill(page, 3)
        assert len(keys) == 3
        installation.server.start()
        installation.server.wait_until_it_answers()
        assert installation.stored() == {}
        session = context.new_cdp_session(page)
        found: list[dict[str, str]] = []
        session.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: found.extend(told["registrations"]),
        )
        session.send("ServiceWorker.enable")
        until = time.monotonic() + 30
        while not found and time.monotonic() < until:
            page.wait_for_timeout(50)
        other = context.new_page()
        other.goto(f"{installation.url}/healthz")
        tell = context.new_cdp_session(other)
        tell.send("ServiceWorker.enable")
        page.close()
        tell.send(
            "ServiceWorker.dispatchSyncEvent",
            {
                "origin": installation.url,
                "registrationId": found[0]["registrationId"],
                "tag": "flush",
                "lastChance": False,
            },
        )
        until = time.monotonic() + 60
        while len(installation.stored()) < 3 and time.monotonic() < until:
            other.wait_for_timeout(100)
        assert set(installation.stored()) == set(keys)
        assert installation.mix_all() == 3
