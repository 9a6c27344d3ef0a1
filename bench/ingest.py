"""`ingest_vs_bare_route`: durable submissions a second, one a request, beside a bare route with one durable insert.

Both run under the same gunicorn with the same options; the same eight keep-alive clients send the same bytes over
loopback. The client writes to sockets itself, so that it costs little on a machine with two cores.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from forms import library
from server.publishing import publish
from server.round_opening import give_key, open_due
from server.round_plan import RoundPlan, set_up_round
from server.simulated_answers import sealed_answers
from server.simulation import draw_answers
from store import counts, rounds, submissions, versions
from store.database import create_store, open_store
from sync.keys import KeyFolder

from .demo_notice import NOTICE
from .figure import Figure, alternating

CLIENTS = 8
REQUESTS = 4000
WARM_UP = 400
BAR = 1.0


def measure() -> Figure:
    """Ratio of the rates, and the rates themselves."""
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        ours, bare = Path(folder, "ours"), Path(folder, "bare")
        bare.mkdir()
        round_id, bodies = _prepared(ours, 3 * REQUESTS + WARM_UP)
        with (
            served(["-m", "server.cli", "serve"], ours) as our_port,
            served(["-m", "bench.bare_app", str(bare)], bare) as port,
        ):
            _send(our_port, "/api/submissions", bodies[:WARM_UP])
            _send(port, "/bare", bodies[:WARM_UP])
            left = bodies[WARM_UP:]

            def our_rate() -> float:
                now, left[:] = left[:REQUESTS], left[REQUESTS:]
                return _send(our_port, "/api/submissions", now)

            again = bodies[WARM_UP : WARM_UP + REQUESTS]
            ratio, our_rates, bare_rates = alternating(
                our_rate, lambda: _send(port, "/bare", again)
            )
        with open_store(ours) as store:
            kept = submissions.waiting_count(store.waiting, round_id) + counts.returned_total(
                store.main, round_id
            )
        if kept != len(bodies):
            raise AssertionError(f"{len(bodies)} were acknowledged, {kept} are kept")
    return Figure(
        "ingest_vs_bare_route", ratio, BAR, "higher",
        {"ours_per_s": [round(r) for r in our_rates], "bare_per_s": [round(r) for r in bare_rates],
         "clients": CLIENTS, "bytes": len(bodies[0]), "kept": kept},
    )  # fmt: skip


def open_for_bench(data: Path) -> str:
    """An open IV round in a new data folder."""
    rng = random.Random(7)
    with create_store(data) as store:
        now = datetime.now(UTC)
        keys = KeyFolder(data.with_name("ours-keys"), data_folder=data)
        version = publish(
            store, library.read("iv-satisfaction"), accept_unreviewed=("ar", "fa"), today=now.date()
        )
        made = set_up_round(
            store,
            version,
            RoundPlan(privacy_notice=NOTICE, languages=("da",), ceiling=10**6),
            now=now,
            rng=rng,
        )
        give_key(store, keys, made.id)
        open_due(store, keys, now=now)
        return made.id


def _prepared(data: Path, number: int) -> tuple[str, list[bytes]]:
    """An open IV round in a new data folder, and sealed answers for it."""
    round_id = open_for_bench(data)
    rng = random.Random(7)
    questionnaire = library.read("iv-satisfaction")
    with open_store(data) as store:
        opened = rounds.read(store.main, round_id)
        size = versions.read(store.main, opened.version).padded_size
    # Sealing is not what is measured: a few hundred sealed answers would do, were the keys in them not each its own.
    drawn = (draw_answers(questionnaire, rng) for _ in range(number))
    return round_id, list(sealed_answers(opened, size, drawn, rng))


@contextmanager
def served(command: list[str], data: Path) -> Iterator[int]:
    """A server over a data folder, in processes of its own while the block runs; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [sys.executable, *command, *([str(port)] if "bare" in command[1] else [])]
    environment = {
        **os.environ, "SVARBOKS_DATA": str(data), "SVARBOKS_KEYS": str(data) + "-keys", "PORT": str(port),
        "SVARBOKS_URL": f"http://localhost:{port}", "SVARBOKS_INTAKE_RATE": "0",
    }  # fmt: skip
    process = subprocess.Popen(arguments, env=environment, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _send(port: int, path: str, bodies: list[bytes]) -> float:
    """Send all bodies, divided over the clients; the rate in requests a second. Anything but 201 is an error."""
    failures: list[str] = []
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: "

    def client(mine: list[bytes]) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for body in mine:
                connection.sendall(f"{head}{len(body)}\r\n\r\n".encode() + body)
                answer = connection.recv(8192)
                if not answer.startswith(b"HTTP/1.1 201"):
                    failures.append(answer[:200].decode("latin-1"))
                    return
                end = answer.find(b"\r\n\r\n") + 4
                length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                while len(answer) < end + length:
                    answer += connection.recv(8192)

    threads = [
        threading.Thread(target=client, args=(bodies[start::CLIENTS],)) for start in range(CLIENTS)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    if failures:
        raise AssertionError(f"{len(failures)} clients were refused, the first: {failures[0]}")
    return len(bodies) / elapsed
