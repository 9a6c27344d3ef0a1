"""`batch_vs_sqlite`: sealed submissions a second that tablets hand in, 100 a request, beside raw sqlite3.

Ours: the served product, with its two workers, eight tablets over loopback; each request is answered after its commit. Raw
sqlite3: one process, the same bytes, 100 a transaction, synchronous=FULL, and nothing else: no server, no check of an
envelope, no digest, no look whether it is known.
"""

from __future__ import annotations

import os
import random
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from forms import library
from forms.units import Unit
from server.simulated_answers import sealed_answers
from server.simulation import draw_answers
from store import devices, quarantine, rounds, submissions, units, versions
from store.database import Store, open_store
from store.devices import Pin
from sync.batches import Item, pack_batch
from sync.devices import prepare, token_hash

from .figure import Figure, alternating
from .ingest import open_for_bench, served

TABLETS = 8
A_REQUEST = 100
REQUESTS = 80
ROUNDS = 5
WARM_UP = 8
BAR = 0.3


def measure() -> Figure:
    """Ratio of the rates, and the rates themselves. Each round begins with empty files, ours and theirs."""
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        turn = iter(range(ROUNDS))
        sent: list[list[list[Item]]] = []

        def our_rate() -> float:
            rate, batches = _measured(Path(folder, f"ours{next(turn)}"))
            sent.append(batches)
            return rate

        ratio, our_rates, bare_rates = alternating(
            our_rate, lambda: _insert(Path(folder, f"bare{len(sent)}.db"), sent[-1]), ROUNDS
        )
    return Figure(
        "batch_vs_sqlite", ratio, BAR, "higher",
        {"ours_per_s": [round(r) for r in our_rates], "sqlite_per_s": [round(r) for r in bare_rates],
         "tablets": TABLETS, "a_request": A_REQUEST, "bytes": len(sent[-1][0][0].envelope)},
    )  # fmt: skip


def _measured(data: Path) -> tuple[float, list[list[Item]]]:
    """The rate of a new installation, and the batches that it was measured with; all of them are kept, or it is an error."""
    round_id = open_for_bench(data)
    number = (REQUESTS + WARM_UP) * A_REQUEST
    with open_store(data) as store:
        tokens = [_tablet(store, round_id) for _ in range(TABLETS)]
        batches = _batches(store, round_id, number)
    with served(["-m", "server.cli", "serve"], data) as port:
        _send(port, batches[:WARM_UP], tokens)
        rate = _send(port, batches[WARM_UP:], tokens)
    with open_store(data) as store:
        kept = submissions.waiting_count(store.waiting, round_id)
        aside = quarantine.counts(store.waiting)
    if kept != number or aside:
        raise AssertionError(f"{number} were acknowledged, {kept} are kept, {aside} aside")
    return rate, batches[WARM_UP:]


def _tablet(store: Store, round_id: str) -> str:
    """The token of a tablet of the round."""
    token = os.urandom(32).hex()
    now = datetime.now(UTC)
    with store.write() as db:
        units.keep_units(db, [Unit(id="bench", name="Bench", kind="hospital_unit")])
    number, _code = prepare(
        store, name="Bench", unit="bench", rounds=(round_id,), pin=Pin(salt=b"s" * 16, iterations=1, hash=b"h" * 32),
        actor="bench", now=now, rng=random.Random(),
    )  # fmt: skip
    with store.write() as db:
        devices.enrol(db, number, token_hash(token), now.date())
    return token


def _batches(store: Store, round_id: str, number: int) -> list[list[Item]]:
    """Sealed answers of a tablet, 100 by 100."""
    rng = random.Random(7)
    opened = rounds.read(store.main, round_id)
    questionnaire = library.read("iv-satisfaction")
    size = versions.read(store.main, opened.version).padded_size
    drawn = [draw_answers(questionnaire, rng) for _ in range(200)]
    sealed = sealed_answers(
        opened, size, (drawn[n % 200] for n in range(number)), rng, channel="tablet"
    )
    items = [Item(raw) for raw in sealed]
    return [items[at : at + A_REQUEST] for at in range(0, number, A_REQUEST)]


def _insert(path: Path, batches: Sequence[Sequence[Item]]) -> float:
    """Raw sqlite3, one transaction for each batch; the rate in rows a second."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, body BLOB NOT NULL)"
    )
    began = time.perf_counter()
    for items in batches:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO item (body) VALUES (?)", ((item.envelope,) for item in items)
        )
        connection.execute("COMMIT")
    elapsed = time.perf_counter() - began
    connection.close()
    return sum(map(len, batches)) / elapsed


def _send(port: int, batches: Sequence[Sequence[Item]], tokens: Sequence[str]) -> float:
    """Send all batches, divided over the tablets; the rate in answers a second. Anything but receipts is an error."""
    failures: list[str] = []
    packed = [pack_batch(items) for items in batches]

    def tablet(token: str, mine: Sequence[bytes]) -> None:
        head = (
            f"POST /api/tablet/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
            f"Cookie: svarboks-tablet={token}\r\nContent-Length: "
        )
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for body in mine:
                connection.sendall(f"{head}{len(body)}\r\n\r\n".encode() + body)
                answer = connection.recv(65536)
                end = answer.find(b"\r\n\r\n") + 4
                length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                while len(answer) < end + length:
                    answer += connection.recv(65536)
                if (
                    not answer.startswith(b"HTTP/1.1 200")
                    or answer.count(b'"received"') != A_REQUEST
                ):
                    failures.append(answer[:300].decode("latin-1"))
                    return

    threads = [
        threading.Thread(target=tablet, args=(token, packed[start :: len(tokens)]))
        for start, token in enumerate(tokens)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    if failures:
        raise AssertionError(f"{len(failures)} tablets were refused, the first: {failures[0]}")
    return len(batches) * A_REQUEST / elapsed
