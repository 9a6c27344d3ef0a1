"""The tablet's app against what happens to tablets: no network, a bad one, a slow one, a death, a restored server, a wrong clock.

Real Chromium against `svarboks serve` in processes of its own. Turns are driven as people drive them for a part; the mass is
sealed, kept and sent by the app's own modules within its page (sync/tablet/tools/in_page.page.ts).

C1  Offline from the first minute after enrolment: turns in three rounds and four languages; online, each arrives once.
C2  Killed with SIGKILL at random while saving: every finished answer is there afterwards, and no half one is sent.
C3  A network that drops, stalls, cuts, repeats, reorders, loses acknowledgements and plays a portal: the stored set is the sent set.
C4  64 kbit/s with a break each minute: what waits arrives without beginning from nothing.
C5  The server restored from last night: what it has forgotten is sent again.
"""

from __future__ import annotations

import base64
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from sync.envelope import open_envelope
from sync.keys import KeyFolder
from sync.payload import unpad
from tests.browser.own_chromium import OwnChromium, own_chromium
from tests.browser.tablet_walk import (
    LANGUAGES,
    answer_and_send,
    begin,
    enrol,
    fill,
    give_back,
    queue,
    ready,
    small_document,
    tool,
    wait_until_sent,
)
from tests.crash.processes import free_port
from tests.network.bad_network import BAD, Line, bad_network
from tests.network.served import Served, served

pytestmark = [pytest.mark.browser, pytest.mark.campaign]

PROOF = os.environ.get("SVARBOKS_PROOF") == "1"
TURNS = 50 if PROOF else 12
KILLS = 100 if PROOF else 5
THROUGH = 10_000 if PROOF else 500
#: Over 64 kbit/s with a break each minute; in check everything is eight times as fast, and there are fewer.
SLOW, FASTER = (500, 1) if PROOF else (120, 8)
SLOW_LINE = 64_000 / 8
BATCHES = ("/api/tablet/batches",)


@pytest.fixture
def chromium(browser: Browser, tmp_path: Path) -> Iterator[OwnChromium]:
    """A browser on a profile of its own, that may be killed and started again."""
    with own_chromium(browser.browser_type, tmp_path / "profile") as own:
        yield own


def first_page(context: BrowserContext) -> Page:
    page = context.pages[0] if context.pages else context.new_page()
    page.set_default_timeout(30_000)
    return page


def texts(installation: Served) -> list[str]:
    """What was written in free text, after mixing."""
    with installation.open() as store:
        rows = store.main.execute("SELECT text FROM free_text").fetchall()
    return sorted(str(text) for (text,) in rows)


def test_offline_from_the_first_minute_C1(chromium: OwnChromium, tmp_path: Path) -> None:
    documents = (small_document(tmp_path, "a"), small_document(tmp_path, "b"))
    with served(tmp_path, "iv-satisfaction", documents=documents) as installation:
        page = first_page(chromium.start())
        enrol(page, installation)
        installation.server.stop()
        rng = random.Random(1)
        written = []
        for turn in range(TURNS):
            words = f"svar {'abcdefghij'[turn // 10]}{'abcdefghij'[turn % 10]}"
            begin(page, turn % 3, LANGUAGES[turn // 3 % 4])
            answer_and_send(page, rng, words)
            give_back(page)
            written.append(words)
        tool(page)
        assert len(queue(page)) == TURNS
        assert {item["state"] for item in queue(page).values()} == {"waiting"}
        installation.server.start()
        installation.server.wait_until_it_answers()
        page.evaluate("window.dispatchEvent(new Event('online'))")
        wait_until_sent(page, 120)
        kept = {key: item["digest"] for key, item in queue(page).items()}
        assert installation.stored() == kept
        assert installation.mix_all() == TURNS
        assert texts(installation) == sorted(written)
        print(
            f"\n{TURNS} turns offline in three rounds and four languages: {TURNS} responses, none twice"
        )


def test_killed_at_random_while_saving_C2(chromium: OwnChromium, tmp_path: Path) -> None:
    """Half of the times many answers are being kept one after the other; half of the times a person presses Send."""
    rng = random.Random(2)
    with served(tmp_path, documents=(small_document(tmp_path, "a"),)) as installation:
        context = chromium.start()
        page = first_page(context)
        enrol(page, installation)
        # Chromium writes cookies half a minute late, and at its end: the tablet is enrolled and put away.
        chromium.stop(context)
        page = first_page(chromium.start())
        ready(page, installation.url)
        installation.server.stop()
        finished: set[str] = set()
        thanked, begun = 0, 0
        for kill in range(KILLS):
            if kill % 2:
                ready(page, installation.url)
                begin(page, 0, rng.choice(LANGUAGES))
                begun += 1
                thanked += _sends_and_dies(page, chromium, rng)
            else:
                tool(page)
                told: list[str] = []
                page.on("console", lambda message, told=told: told.append(message.text))
                _keeps_saving(page)
                page.wait_for_timeout(rng.uniform(50, 700))
                chromium.kill()
                finished |= {
                    text.removeprefix("kept ") for text in told if text.startswith("kept ")
                }
            page = first_page(chromium.start())
            ready(page, installation.url)
            tool(page)
            found = queue(page)
            assert finished <= set(found), f"lost: {finished - set(found)}"
            assert len(found) >= len(finished) + thanked
            # What was pressed and died before the thanks may be there or not; what is there is whole.
            finished |= set(found) if kill == KILLS - 1 else set()
        _are_whole(page, installation, set(queue(page)))
        everything = queue(page)
        installation.server.start()
        installation.server.wait_until_it_answers()
        page.evaluate("window.dispatchEvent(new Event('online'))")
        wait_until_sent(page, 300)
        assert installation.stored() == {key: item["digest"] for key, item in everything.items()}
        assert installation.mix_all() == len(everything)
        print(
            f"\n{KILLS} kills: {len(everything)} answers kept, {thanked} of {begun} people were thanked before it; none lost, none half"
        )
        assert len(everything) > KILLS


def test_a_database_that_is_lost_without_a_network_C2(
    chromium: OwnChromium, tmp_path: Path
) -> None:
    """A browser that is killed may find its database damaged, and begins an empty one: the tablet is the same all the same."""
    with served(tmp_path, documents=(small_document(tmp_path, "a"),)) as installation:
        page = first_page(chromium.start())
        enrol(page, installation)
        installation.server.stop()
        rng = random.Random(3)
        begin(page, 0)
        answer_and_send(page, rng, "til ende")
        give_back(page)
        page.evaluate(
            """() => new Promise((gone, not) => {
              const asking = indexedDB.deleteDatabase("svarboks-queue");
              asking.onsuccess = () => gone(null);
              asking.onerror = () => not(asking.error);
            })"""
        )
        ready(page, installation.url)
        begin(page, 0)
        answer_and_send(page, rng, "til ende")
        give_back(page)
        tool(page)
        everything = queue(page)
        assert {item["state"] for item in everything.values()} == {"waiting"}
        assert len(everything) == 2
        installation.server.start()
        installation.server.wait_until_it_answers()
        page.evaluate("window.dispatchEvent(new Event('online'))")
        wait_until_sent(page, 60)
        assert installation.stored() == {key: item["digest"] for key, item in everything.items()}


def _keeps_saving(page: Page) -> None:
    """One answer after the other; each says when it is kept."""
    page.evaluate(
        """() => {
          void (async () => {
            for (let one = 0; ; one += 1) {
              const { key } = await svarboksTest.answer({ answers: { words: `svar nummer ${one} til ende` } });
              console.log(`kept ${key}`);
            }
          })();
        }"""
    )


def _sends_and_dies(page: Page, chromium: OwnChromium, rng: random.Random) -> bool:
    """A person presses Send and the battery dies a moment later; whether they were thanked before."""
    answer_and_send(page, rng, "til ende")
    try:
        page.locator(".kiosk-actions .button").wait_for(timeout=rng.uniform(1, 400))
        thanked = True
    except Error:
        thanked = False
    chromium.kill()
    return thanked


def _are_whole(page: Page, installation: Served, keys: set[str]) -> None:
    """Every envelope opens with the round's key, and the text in it is whole."""
    private = KeyFolder(installation.line.keys).private(installation.rounds[0])
    for key in keys:
        raw = base64.b64decode(page.evaluate("(key) => svarboksTest.envelope(key)", key))
        payload = unpad(open_envelope(raw, private))
        assert str(payload.answers["words"]).endswith("til ende")


def test_a_bad_network_C3(chromium: OwnChromium, tmp_path: Path) -> None:
    port = free_port()
    with (
        bad_network(port, seed=3, meddles=BATCHES, stall_seconds=0.3) as network,
        served(
            tmp_path, documents=(small_document(tmp_path, "a"),), port=port, origin=f"http://localhost:{network.port}"
        ) as installation,
    ):  # fmt: skip
        page = first_page(chromium.start())
        enrol(page, installation)
        tool(page)
        # Others answer while it sends.
        for part in range(4):
            fill(page, THROUGH // 4, f"del {'abcd'[part]}")
            page.evaluate("window.dispatchEvent(new Event('online'))")
        until = time.monotonic() + (3600 if PROOF else 240)
        while page.evaluate("svarboksTest.counts().then((c) => c.waiting)"):
            assert time.monotonic() < until, network.seen
            # The line comes back again and again: each time the pauses begin anew.
            page.evaluate("window.dispatchEvent(new Event('online'))")
            page.wait_for_timeout(400)
        everything = queue(page)
        assert {item["state"] for item in everything.values()} == {"delivered"}
    network_fates = dict(network.seen)
    installation.server.start()
    try:
        installation.server.wait_until_it_answers()
        assert installation.stored() == {key: item["digest"] for key, item in everything.items()}
        assert installation.mix_all() == THROUGH
    finally:
        installation.server.stop()
    print(
        f"\n{THROUGH} sent by the app, {len(everything)} stored, none twice; the network: {network_fates}"
    )
    # Each of them in proof; in check there are too few requests to be sure of more than that it was bad.
    met = [fate for fate in BAD if network_fates.get(fate, 0)]
    assert set(met) == set(BAD) if PROOF else len(met) >= 2, network_fates
    assert sum(network_fates.get(fate, 0) for fate in BAD) >= 5


def test_a_slow_line_that_breaks_C4(chromium: OwnChromium, tmp_path: Path) -> None:
    port = free_port()
    with (
        bad_network(port, fates={}) as network,
        served(
            tmp_path, documents=(small_document(tmp_path, "a"),), port=port, origin=f"http://localhost:{network.port}"
        ) as installation,
    ):  # fmt: skip
        page = first_page(chromium.start())
        enrol(page, installation)
        installation.server.stop()
        tool(page)
        fill(page, SLOW)
        size = sum(item["bytes"] for item in queue(page).values())
        installation.server.start()
        installation.server.wait_until_it_answers()
        network.carried = network.cut = 0
        network.line = Line(SLOW_LINE * FASTER, every_seconds=60 / FASTER, break_seconds=4 / FASTER)
        page.evaluate("window.dispatchEvent(new Event('online'))")
        counts = []
        until = time.monotonic() + 1200
        while waiting := page.evaluate("svarboksTest.counts().then((c) => c.waiting)"):
            assert time.monotonic() < until
            counts.append(waiting)
            page.wait_for_timeout(500)
        carried, cut = network.carried, network.cut
        network.line = Line()
        assert len(installation.stored()) == SLOW
    print(
        f"\n{SLOW} answers of {size} bytes; carried {carried} bytes over {cut} cuts: {carried / size:.2f} times"
    )
    assert cut >= (3 if PROOF else 1)
    # What was received stays received, and a break costs at most what was on the line: a batch of ten seconds.
    assert counts == sorted(counts, reverse=True)
    assert carried - size <= (cut + 1) * 10 * SLOW_LINE * FASTER


def test_a_server_restored_from_last_night_C5(chromium: OwnChromium, tmp_path: Path) -> None:
    with served(tmp_path, documents=(small_document(tmp_path, "a"),)) as installation:
        page = first_page(chromium.start())
        enrol(page, installation)
        tool(page)
        fill(page, 20, "i går")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        wait_until_sent(page, 60)
        last_night = installation.back_up()
        fill(page, 30, "i dag")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        wait_until_sent(page, 60)
        assert len(installation.stored()) == 50
        installation.restore(last_night)
        assert len(installation.stored()) == 20
        # The tablet hears of it with the next thing it asks: here when it is opened.
        ready(page, installation.url)
        tool(page)
        until = time.monotonic() + 60
        while len(installation.stored()) < 50 and time.monotonic() < until:
            page.wait_for_timeout(200)
        wait_until_sent(page, 60)
        kept = {key: item["digest"] for key, item in queue(page).items()}
        assert installation.stored() == kept
        assert installation.mix_all() == 50
