"""A tablet whose clock is wrong by a year, either way: nothing is lost, nothing is let go too early, and it can be answered.

What counts is how far the two clocks are apart, so the server's is moved: its own, its rounds' days, and the Date in its answers. The
tablet keeps this machine's. Then the tablet's is put right, between two answers.
"""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from forms import library
from store import rounds
from store.rounds import RoundState
from tests.browser.tablet_walk import (
    answer_and_send,
    begin,
    give_back,
    queue,
    ready,
    tool,
    wait_until_sent,
)
from tests.browser.whole_answers import whole_answers
from tests.crash.processes import free_port
from tests.server.installation import World, build, open_round
from tests.server.tablets import code_for

pytestmark = pytest.mark.browser

YEAR = timedelta(days=365)


class ServerOfAnotherYear:
    """A served installation whose clock is `apart` from this machine's."""

    def __init__(self, folder: Path, apart: timedelta) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.world: World = build(folder, PORT=str(self.port))
        self.world.now = datetime.now(UTC) + apart
        day = timedelta(days=1)
        opened = open_round(
            self.world, "clock", self.world.rounds["open"].version, library.read("iv-satisfaction"),
            opens_at=self.world.now - 10 * day, answer_until=self.world.now + 10 * day,
            receive_until=self.world.now + 31 * day,
        )  # fmt: skip
        if opened.state is not RoundState.OPEN:
            with self.world.store.write() as db:
                rounds.set_state(db, "clock1", RoundState.OPEN)
        self._server: Any = None

    def on(self) -> None:
        world = self.world

        class Handler(WSGIRequestHandler):
            def date_time_string(self, timestamp: float | None = None) -> str:
                """The Date of its answers."""
                return format_datetime(world.now, usegmt=True)

            def log(self, type: str, message: str, *args: Any) -> None:
                """Say nothing."""

        self._server = make_server(
            "127.0.0.1", self.port, whole_answers(world.app), threaded=True, request_handler=Handler
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def off(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._server = None


def a_turn_without_a_network(page: Page, server: ServerOfAnotherYear) -> None:
    server.off()
    ready(page, server.url)
    begin(page, 0, "da")
    answer_and_send(page, random.Random(1), "til ende")
    give_back(page)
    tool(page)
    assert "waiting" in {item["state"] for item in queue(page).values()}
    server.on()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_until_sent(page, 60)


@pytest.mark.parametrize("apart", [-YEAR, YEAR], ids=["a-year-on", "a-year-back"])
def test_nothing_is_lost(browser: Browser, tmp_path: Path, apart: timedelta) -> None:
    server = ServerOfAnotherYear(tmp_path, apart)
    server.on()
    context = browser.new_context(viewport={"width": 820, "height": 1180}, locale="da")
    try:
        page = context.new_page()
        page.set_default_timeout(20_000)
        _number, code = code_for(server.world, "clock1")
        page.goto(f"{server.url}/tablet#enrol={code}")
        page.locator(".tablet-choice:enabled").first.wait_for()
        page.get_by_text("Klar til brug uden netværk.").wait_for()
        for _ in range(2):
            a_turn_without_a_network(page, server)
        page.clock.install(time=server.world.now)
        a_turn_without_a_network(page, server)
        assert abs(page.evaluate("Date.now()") / 1000 - server.world.now.timestamp()) < 3600
        # Delivered answers stay for thirty days by both clocks: a jump of a year lets none of them go.
        until = time.monotonic() + 10
        while [item["state"] for item in queue(page).values()] != ["delivered"] * 3:
            assert time.monotonic() < until, queue(page)
        assert server.world.waiting() == 3
    finally:
        context.close()
        server.off()
        server.world.app.extensions["svarboks"].close()
