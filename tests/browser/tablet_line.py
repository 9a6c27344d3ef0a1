"""A served installation whose line can be cut, and what staff and people do on a tablet of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import BaseWSGIServer, make_server

from server import tablet_app
from store import devices as kept_devices
from tests.browser.conftest import TABLET
from tests.browser.steps import go_on_to, go_to_the_end, option
from tests.browser.whole_answers import whole_answers
from tests.crash.processes import free_port
from tests.server.installation import build
from tests.server.tablets import code_for


class Line:
    """A served installation whose line can be cut, and whose answers can be replaced by path."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.world = build(folder, PORT=str(self.port))
        self.url = f"http://localhost:{self.port}"
        self.replaced: dict[str, Callable[[], tuple[str, str, bytes]]] = {}
        self.asked: list[str] = []
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self.on()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Any:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        for part, answer in list(self.replaced.items()):
            if part in path:
                status, content_type, body = answer()
                start(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
                return [body]
        return whole_answers(self.world.app.wsgi_app)(environ, start)

    def on(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def off(self) -> None:
        """The server is gone: connections are refused."""
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = None


@contextmanager
def served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The installation, with an app of its own: it is made once for each process, and in these tests it changes."""
    tablet_app.app_of.cache_clear()
    made = Line(folder)
    yield made
    made.off()
    monkeypatch.undo()
    tablet_app.app_of.cache_clear()
    made.world.app.extensions["svarboks"].close()


@contextmanager
def tab(browser: Browser) -> Iterator[tuple[BrowserContext, Page]]:
    context = browser.new_context(
        viewport={"width": TABLET[0], "height": TABLET[1]}, locale="da", reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield context, page
    context.close()


def enrol(page: Page, line: Line, *rounds: str) -> int:
    """As staff do: the square code leads here."""
    number, code = code_for(line.world, *(rounds or ("open1",)))
    page.goto(f"{line.url}/tablet#enrol={code}")
    expect(page.get_by_text("Klar til brug uden netværk.")).to_be_visible()
    expect(page.locator(".tablet-choice:enabled").first).to_be_visible()
    expect(page.locator("body[data-asked]")).to_be_attached()
    return number


def show(page: Page, name: str) -> None:
    page.screenshot(path=f"/tmp/t2a-{name}.png", full_page=True)


def begin(page: Page, title: str = "Runde open", language: str = "Dansk") -> None:
    """Two taps."""
    page.locator(".tablet-choice", has_text=title).click()
    page.locator("#main").get_by_role("button", name=language).click()
    page.wait_for_url("**/tablet/turn/**")


def answer(page: Page) -> None:
    """Somebody answers the first question of the round, sends, and gives the tablet back."""
    go_on_to(page, "trust")
    option(page, "trust", "5").click()
    go_to_the_end(page)
    page.locator("#send").click()
    page.locator(".kiosk-actions .button").click()
    expect(page.get_by_role("heading", name="Vælg et spørgeskema")).to_be_visible()


def waits(line: Line, number: int) -> int:
    """How many answers the desk takes to wait on a tablet."""
    found = kept_devices.find(line.world.store.main, number)
    assert found is not None
    return found.waiting


def status(page: Page, text: str) -> None:
    expect(page.locator("#tablet-status")).to_contain_text(text)
