"""Real processes to kill: the web server as `svarboks serve` starts it, and a mixer that never rests.

Each runs in a process group of its own, so that SIGKILL takes gunicorn's workers with it and nothing else.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import requests

ROOT = Path(__file__).parents[2]

#: What serves: the product, and the build that acknowledges before it commits.
PRODUCT = ("-m", "server.cli", "serve")
EARLY = ("-m", "tests.crash.early_server")
MIXER = ("-m", "tests.crash.mixer_process")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Running:
    """One program that can be killed and started again; its output is appended to files in `logs`."""

    def __init__(
        self,
        name: str,
        arguments: tuple[str, ...],
        folder: Path,
        *,
        port: int = 0,
        before: tuple[str, ...] = (),
        **environment: str,
    ) -> None:
        self.name = name
        self.port = port
        self._command = [*before, sys.executable, *arguments]
        self._logs = folder / "logs"
        self._logs.mkdir(exist_ok=True)
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SVARBOKS_DATA": str(folder / "data"),
            "SVARBOKS_KEYS": str(folder / "keys"),
            "SVARBOKS_INTAKE_RATE": "0",
            "PORT": str(port or 8080),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that was started. Raises AssertionError where none runs."""
        assert self._process is not None
        return self._process.pid

    def log(self, stream: str) -> IO[bytes]:
        """The file that a stream of this program is appended to."""
        return (self._logs / f"{self.name}.{stream}").open("ab")

    def start(self) -> None:
        """Start it; returns at once."""
        with self.log("out") as out, self.log("err") as err:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def wait_until_it_answers(self, patience: float = 60.0) -> None:
        """Return when the server answers. Raises AssertionError with its log when it does not."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            try:
                requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2)
            except requests.RequestException:
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self._logs / f"{self.name}.err").read_text(errors="replace")[-4000:])

    def kill(self) -> None:
        """SIGKILL to the whole group, as when the power goes."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        self._process = None
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        except ProcessLookupError:
            process.wait()
