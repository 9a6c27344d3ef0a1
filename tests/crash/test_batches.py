"""The server killed (SIGKILL) in the middle of batches: nothing that was acknowledged is lost, nothing is kept twice.

Tablets send batches without rest while the whole process group is killed and started again. What was not acknowledged is
sent again with the same bytes, in other batches, as a tablet does.
"""

from __future__ import annotations

import hashlib
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from forms.units import Unit
from store import devices, units
from store.devices import Pin
from sync.batches import Item, pack_batch
from sync.devices import prepare, token_hash
from tests.crash.processes import EARLY, PRODUCT, Running, free_port
from tests.sync.installation import NOW, ROUND, UNITS, Installation, install

KILLS = 20 if os.environ.get("SVARBOKS_PROOF") == "1" else 2
TABLETS, ANSWERS, A_BATCH = 3, 120, 20


def tablet(home: Installation, number: int) -> str:
    """The token of a tablet of the round."""
    token = f"{number:064x}"
    with home.store.write() as db:
        units.keep_units(db, [Unit(id=UNITS[0], name="OUH", kind="hospital_unit")])
    made, _code = prepare(
        home.store, name=f"Tablet {number}", unit=UNITS[0], rounds=(ROUND,),
        pin=Pin(salt=b"s" * 16, iterations=1, hash=b"h" * 32), actor="account:1", now=NOW, rng=random.Random(),
    )  # fmt: skip
    with home.store.write() as db:
        devices.enrol(db, made, token_hash(token), NOW.date())
    return token


def send_all(port: int, token: str, raws: list[bytes], acknowledged: set[str]) -> None:
    """Send until every answer has a receipt that matches; shuffled anew each time."""
    rng = random.Random(token)
    left = {hashlib.sha256(raw).hexdigest(): raw for raw in raws}
    until = time.monotonic() + 120
    while left and time.monotonic() < until:
        some = rng.sample(sorted(left), min(A_BATCH, len(left)))
        try:
            answer = requests.post(
                f"http://127.0.0.1:{port}/api/tablet/batches",
                data=pack_batch([Item(left[digest]) for digest in some]),
                headers={
                    "Content-Type": "application/octet-stream",
                    "Cookie": f"svarboks-tablet={token}",
                },
                timeout=10,
            )
            results = answer.json()["results"] if answer.status_code == 200 else []
        except (requests.RequestException, ValueError):
            time.sleep(0.05)
            continue
        for digest, result in zip(some, results, strict=False):
            if result.get("digest") == digest:
                acknowledged.add(digest)
                del left[digest]


@contextmanager
def sending(
    home: Installation, rng: random.Random, serving: tuple[str, ...], acknowledged: set[str]
) -> Iterator[tuple[Running, list[list[bytes]], list[threading.Thread]]]:
    """Tablets that send to a server of this build until everything is acknowledged."""
    tokens = [tablet(home, rng.getrandbits(200)) for _ in range(TABLETS)]
    queues = [
        [home.seal({"trust": "2"}, channel="tablet", unit=UNITS[0]) for _ in range(ANSWERS)]
        for _ in tokens
    ]
    server = Running("server", serving, home.folder, port=free_port(), SVARBOKS_WORKERS="2")
    server.start()
    try:
        server.wait_until_it_answers()
        threads = [
            threading.Thread(target=send_all, args=(server.port, token, raws, acknowledged))
            for token, raws in zip(tokens, queues, strict=True)
        ]
        for thread in threads:
            thread.start()
        yield server, queues, threads
    finally:
        server.kill()


def killed(home: Installation, server: Running, acknowledged: set[str], pause: float) -> set[str]:
    """Kill the server once something has been acknowledged, and a moment later; what was acknowledged and is not kept."""
    while not acknowledged:
        time.sleep(0.001)
    time.sleep(pause)
    server.kill()
    kept = {row[0].hex() for row in home.store.waiting.execute("SELECT digest FROM submission")}
    return acknowledged - kept


@pytest.mark.campaign
def test_killed_in_the_middle_of_batches(tmp_path: Path) -> None:
    home = install(tmp_path)
    rng = random.Random(5)
    for _ in range(KILLS):
        acknowledged: set[str] = set()
        with sending(home, rng, PRODUCT, acknowledged) as (server, queues, threads):
            assert killed(home, server, acknowledged, rng.random() * 0.03) == set()
            server.start()
            server.wait_until_it_answers()
            for thread in threads:
                thread.join()
        sent = {hashlib.sha256(raw).hexdigest() for raws in queues for raw in raws}
        assert acknowledged == sent
        rows = [row[0].hex() for row in home.store.waiting.execute("SELECT digest FROM submission")]
        assert sent <= set(rows)
        assert len(rows) == len(set(rows))
        with home.store.write_waiting() as db:
            db.execute("DELETE FROM submission")
            db.execute("DELETE FROM round_load")


@pytest.mark.campaign
def test_a_build_that_acknowledges_batches_before_it_commits_is_found_out(tmp_path: Path) -> None:
    home = install(tmp_path)
    acknowledged: set[str] = set()
    with sending(home, random.Random(6), EARLY, acknowledged) as (server, _, threads):
        assert killed(home, server, acknowledged, 0.0)
        # The senders come to an end.
        server.start()
        server.wait_until_it_answers()
        for thread in threads:
            thread.join()
