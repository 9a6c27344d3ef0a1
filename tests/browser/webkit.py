"""WebKit (WebKitGTK, from Debian's webkit2gtk-driver), driven over plain WebDriver (W3C) with requests.

It is the engine of Safari, not Safari: service workers, IndexedDB, WebCrypto and Web Locks are there; what iPadOS adds around it
(the home screen, Guided Access, its storage rules) is not. docs/ipad-checklist.md holds what has to be tried on a real one.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

from tests.crash.processes import free_port

#: The name of an element in what WebDriver sends (W3C WebDriver, "Elements").
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
#: What it says of an element that is not in the page any more.
STALE = "stale element reference"
PATIENCE = 60.0


class MissingError(AssertionError):
    """WebKit is not on this machine."""


class WebKit:
    """One window. Scripts are the body of a function; `later` ones call their last argument when they are done."""

    def __init__(self, base: str) -> None:
        self._http = requests.Session()
        binary = next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"), None)
        if binary is None:
            raise MissingError(
                "MiniBrowser is not there: install it with scripts/system-packages.sh test."
            )
        options = {"binary": str(binary), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        session = self._said(self._http.post(f"{base}/session", json=wanted, timeout=PATIENCE))
        self.version: str = session["capabilities"]["browserVersion"]
        self._at = f"{base}/session/{session['sessionId']}"
        self._post("timeouts", script=60_000, pageLoad=60_000)

    def go(self, url: str) -> None:
        """Open an address and wait until it has loaded."""
        self._post("url", url=url)

    def back(self) -> None:
        """The browser's Back."""
        self._post("back")

    def reload(self) -> None:
        """The browser's Reload."""
        self._post("refresh")

    @property
    def url(self) -> str:
        """Where it is."""
        return str(self._said(self._http.get(f"{self._at}/url", timeout=PATIENCE)))

    def run(self, script: str, *arguments: Any) -> Any:
        """What the script returns."""
        return self._post("execute/sync", script=script, args=list(arguments))

    def later(self, script: str, *arguments: Any) -> Any:
        """What the script hands to its last argument."""
        return self._post("execute/async", script=script, args=list(arguments))

    def click(self, selector: str) -> None:
        """Click the first element that a CSS selector finds and that can be seen; waits for one.

        A page may draw itself anew between finding and clicking: then the element is looked for again.
        """
        for _ in range(5):
            element = self.wait(
                "return [...document.querySelectorAll(arguments[0])].find(e => e.getClientRects().length) || null",
                selector,
                what=f"{selector} to click",
            )
            try:
                self._post(f"element/{element[ELEMENT]}/click")
            except WebDriverError as error:
                if error.kind != STALE:
                    raise
            else:
                return
        raise AssertionError(f"{selector} never stands still")

    def write(self, selector: str, text: str) -> None:
        """Type into a field."""
        element = self.wait("return document.querySelector(arguments[0])", selector, what=selector)
        self._post(f"element/{element[ELEMENT]}/value", text=text)

    def wait(self, script: str, *arguments: Any, what: str = "", seconds: float = 20.0) -> Any:
        """Run a script until it returns something true, and give that."""
        until = time.monotonic() + seconds
        while True:
            with suppress(WebDriverError):
                if found := self.run(script, *arguments):
                    return found
            if time.monotonic() > until:
                raise AssertionError(f"{what or script} never comes; at {self.url}")
            time.sleep(0.05)

    def photograph(self, path: Path) -> None:
        """What the window shows, as PNG."""
        taken = self._said(self._http.get(f"{self._at}/screenshot", timeout=PATIENCE))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(taken))

    def close(self) -> None:
        """End it."""
        with suppress(requests.RequestException):
            self._http.delete(self._at, timeout=10)

    def _post(self, command: str, **body: Any) -> Any:
        return self._said(self._http.post(f"{self._at}/{command}", json=body, timeout=2 * PATIENCE))

    @staticmethod
    def _said(response: requests.Response) -> Any:
        said = response.json()["value"]
        if response.status_code != 200:
            raise WebDriverError(said["error"], said["message"])
        return said


class WebDriverError(Exception):
    """The driver could not do it; `kind` is its word for why (W3C WebDriver, "Errors")."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


@contextmanager
def webkit(folder: Path, *, size: tuple[int, int] = (820, 1180)) -> Iterator[WebKit]:
    """A WebKit with a home of its own, on a screen of its own, while the block runs."""
    programs = ("WebKitWebDriver", "Xvfb")
    if missing := [name for name in programs if shutil.which(name) is None]:
        raise MissingError(
            f"{missing} is not there: install it with scripts/system-packages.sh test."
        )
    home = folder / "webkit-home"
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    # Xvfb takes the first free display and says which.
    reading, writing = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp"],
        pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    os.close(writing)
    driver: subprocess.Popen[bytes] | None = None
    browser: WebKit | None = None
    try:
        with os.fdopen(reading) as told:
            display = told.readline().strip()
        assert display, "Xvfb did not start"
        environment = {
            **os.environ, "DISPLAY": f":{display}", "HOME": str(home), "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"), "NO_AT_BRIDGE": "1", "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_DISABLE_COMPOSITING_MODE": "1", "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
            "GTK_OVERLAY_SCROLLING": "0", "LANG": "C.UTF-8",
        }  # fmt: skip
        driver = subprocess.Popen(
            ["WebKitWebDriver", f"--port={port}"], env=environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        base = f"http://127.0.0.1:{port}"
        until = time.monotonic() + PATIENCE
        while True:
            try:
                requests.get(f"{base}/status", timeout=5)
                break
            except requests.RequestException:
                assert time.monotonic() < until, "WebKitWebDriver did not start"
                time.sleep(0.05)
        browser = WebKit(base)
        yield browser
    finally:
        if browser is not None:
            browser.close()
        for process in (driver, screen):
            if process is not None:
                process.terminate()
                process.wait(timeout=20)
