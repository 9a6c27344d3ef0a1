"""A real browser against a real server on loopback. Chromium must be there: a missing one fails, it never skips."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from tests.browser.turns import TurnSite, turns_served
from tests.browser.whole_answers import whole_answers
from tests.server.installation import World, build

ROOT = Path(__file__).parents[2]
AXE = ROOT / "sync" / "tablet" / "node_modules" / "axe-core" / "axe.min.js"

#: What a server without TLS may be called on a local network. Browsers give it no WebCrypto.
LAN = "svarboks.lan"

#: Widths and heights that look.md names.
PHONE, TABLET, LAPTOP, DESKTOP = (390, 844), (820, 1180), (1280, 800), (1440, 900)


@dataclass(frozen=True)
class Site:
    """A served installation; `url` is its origin."""

    world: World
    url: str


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    assert Path(executable).is_file(), (
        f"Chromium is not at {executable}: install it with scripts/system-packages or set CHROMIUM."
    )
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                # A name that is not localhost: over plain http it is no secure context, as on a local network.
                f"--host-resolver-rules=MAP {LAN} 127.0.0.1",
            ],
        )
        yield launched
        launched.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    world = build(tmp_path, PORT=str(port))
    server = make_server("127.0.0.1", port, whole_answers(world.app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(world, f"http://localhost:{port}")
    server.shutdown()
    thread.join()
    server.server_close()
    world.app.extensions["svarboks"].close()


Opener = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Opener]:
    """Opens an address in a browser of its own; what it says in its console or cannot load is a failure."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(
        path: str,
        *,
        size: tuple[int, int] = TABLET,
        script: bool = True,
        language: str = "da",
        scale: float = 1,
        origin: str = "",
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=script,
            locale=language,
            device_scale_factor=scale,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type in {"error", "warning"}
                # A sending that does not succeed is what some tests are about.
                and not message.location["url"].endswith(
                    ("/api/submissions", "/api/batches", "/login", "/files")
                )
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((origin or site.url) + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    # A form that is shown again, and a page that is not open, come with their status; that is no fault of the page.
    # Over plain http on a local network Chromium says that it ignores a header; it is meant for https.
    no_fault = ("status of 4", "Cross-Origin-Opener-Policy header has been ignored")
    assert [c for c in complaints if not any(known in c for known in no_fault)] == []


@pytest.fixture(scope="module")
def turn_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TurnSite]:
    """Pages as a tablet carries them, for all tests of a file."""
    with turns_served(tmp_path_factory.mktemp("turns")) as served:
        yield served


@pytest.fixture
def tablet(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A browser that nobody has used, as a tablet is."""
    opened: list[BrowserContext] = []

    def new(size: tuple[int, int] = TABLET, language: str = "da") -> BrowserContext:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            reduced_motion="reduce",
            has_touch=True,
        )
        context.set_default_timeout(30_000)
        opened.append(context)
        return context

    yield new
    for context in opened:
        context.close()
