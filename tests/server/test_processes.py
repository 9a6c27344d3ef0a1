"""The commands that go on until they are stopped, as processes of their own on loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from server.scheduler import LEASE
from store import leases
from store.database import open_store
from tests.server.command_line import CommandLine, fresh

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    line: CommandLine, port: int, command: Sequence[str]
) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "SVARBOKS_DATA": str(line.data),
        "SVARBOKS_KEYS": str(line.keys),
        "SVARBOKS_URL": f"http://localhost:{port}",
        "SVARBOKS_WORKERS": "1",
        "PORT": str(port),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "server.cli", *command],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=PATIENCE)
        assert process.stdout is not None
        process.stdout.close()


def answers(port: int, path: str) -> int:
    """The status of a page, once the port is open."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5).status_code
        except requests.ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def scheduler_holds_the_lease(line: CommandLine) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with open_store(line.data) as store:
            if leases.holder_of(store.main, LEASE, datetime.now(UTC)):
                return True
        time.sleep(0.1)
    return False


def test_serving_until_told_to_stop(tmp_path: Path) -> None:
    line, port = fresh(tmp_path), free_port()
    with running(line, port, ["serve"]) as process:
        assert answers(port, "/sign-in") == 200
        assert answers(port, "/s/nothing") == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_the_scheduler_ends_when_told_to(tmp_path: Path, sign: signal.Signals) -> None:
    line = fresh(tmp_path)
    with running(line, free_port(), ["scheduler"]) as process:
        assert scheduler_holds_the_lease(line)
        process.send_signal(sign)
        assert process.wait(timeout=PATIENCE) == 0
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()


def test_run_serves_an_empty_folder_and_ends_its_scheduler(tmp_path: Path) -> None:
    line, port = CommandLine(tmp_path / "data"), free_port()
    with running(line, port, ["run", "--empty"]) as process:
        assert answers(port, "/sign-in") == 200
        assert scheduler_holds_the_lease(line)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0
        assert process.stdout is not None
        # Read to the end: the pipe closes only when the scheduler beside has ended too.
        said = process.stdout.read()
    assert "The data folder is empty." in said
    assert "Traceback" not in said
