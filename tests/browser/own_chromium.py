"""A Chromium with a profile on disk, in a process group of its own: it can be killed with SIGKILL and started again.

Playwright's own browsers end politely; a tablet whose battery dies does not.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, BrowserType, Error

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-crash-reporter",
    "--hide-crash-restore-bubble",
    "--window-size=820,1180",
    "--lang=da",
    "--accept-lang=da",
    "--remote-debugging-port=0",
)
PATIENCE = 60.0
TRIES = 3


class OwnChromium:
    """One profile; the browser on it may run or not. `environment` is added to this process's own (a faked clock)."""

    def __init__(
        self, kind: BrowserType, profile: Path, *arguments: str, **environment: str
    ) -> None:
        self._kind = kind
        self._profile = profile
        self._arguments = arguments
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> BrowserContext:
        """Start it; gives the context that has the profile's storage.

        On a busy machine it now and then does not come up on a profile that was killed: as a person would, kill it and try again.
        """
        for _ in range(TRIES - 1):
            try:
                return self._start()
            except (Error, AssertionError):
                self.kill()
        return self._start()

    def _start(self) -> BrowserContext:
        told = self._profile / "DevToolsActivePort"
        told.unlink(missing_ok=True)
        # A browser that was killed leaves its lock behind.
        for left in self._profile.glob("Singleton*"):
            left.unlink(missing_ok=True)
        executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        self._process = subprocess.Popen(
            [executable, *ARGUMENTS, *self._arguments, f"--user-data-dir={self._profile}"],
            env={**os.environ, **self._environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self._process.poll() is None, "Chromium ended while it started"
            if told.is_file() and (lines := told.read_text().split("\n"))[0].isdigit():
                browser = self._kind.connect_over_cdp(f"http://127.0.0.1:{lines[0]}")
                return browser.contexts[0]
            time.sleep(0.02)
        raise AssertionError("Chromium did not start")

    def kill(self) -> None:
        """SIGKILL to the whole group."""
        self._end(signal.SIGKILL)

    def stop(self, context: BrowserContext | None = None) -> None:
        """End it as a person does, so that everything is written."""
        if context is not None and context.browser is not None:
            try:
                context.browser.new_browser_cdp_session().send("Browser.close")
            except Error:
                pass  # it may be gone before it answers
            else:
                if self._process is not None:
                    self._process.wait(timeout=PATIENCE)
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        except ProcessLookupError:
            process.wait()


@contextmanager
def own_chromium(
    kind: BrowserType, profile: Path, *arguments: str, **environment: str
) -> Iterator[OwnChromium]:
    """A browser whose processes do not outlive the block."""
    browser = OwnChromium(kind, profile, *arguments, **environment)
    try:
        yield browser
    finally:
        browser.kill()
