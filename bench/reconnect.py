"""`reconnect_p99_ms`: 200 tablets with 50 answers each come online together; how long until a tablet has its receipts.

Against the real `svarboks serve` in processes of its own, over loopback, every answer sealed and every request as the app
sends it: a new connection, a first batch of ten, then the rest. A tablet's time runs from the moment at which all come online
until the last of its 50 receipts, each compared with the digest of its bytes; the figure is the 99th percentile over tablets, the median of
three runs. The clients share the machine's cores with the server: one thread, sockets and a selector, bodies made before.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import secrets
import selectors
import socket
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from forms import library
from forms.units import Unit
from server.publishing import publish
from server.round_opening import give_key, open_due
from server.round_plan import RoundPlan, set_up_round
from server.simulated_answers import sealed_answers
from server.simulation import draw_answers
from server.tablet_client import Sealed, batch_body
from store import rounds, units
from store.database import create_store, open_store
from sync import devices
from sync.keys import KeyFolder

from .demo_notice import NOTICE
from .figure import Figure, median
from .ingest import served

TABLETS, ANSWERS, FIRST = 200, 50, 10
RUNS = 3
BAR = 2000.0
UNIT = "assens"


@dataclass(slots=True)
class Tablet:
    """One tablet: the requests it has to make, one after the other, and how far it is."""

    requests: list[tuple[bytes, dict[str, str]]]
    at: int = 0
    to_send: memoryview = field(default_factory=lambda: memoryview(b""))
    answer: bytearray = field(default_factory=bytearray)
    received: int = 0
    finished: float = 0.0

    def next_request(self) -> bool:
        """Begin the next one; False when there is none."""
        if self.at == len(self.requests):
            return False
        self.to_send = memoryview(self.requests[self.at][0])
        self.answer.clear()
        return True


def measure() -> Figure:
    """The 99th percentile in milliseconds, with those of the single runs and the slowest tablet."""
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        data = Path(folder, "data")
        runs = prepared(data)
        with served(["-m", "server.cli", "serve"], data) as port:
            warm_up(port)
            times = [come_online(port, tablets) for tablets in runs]
        with open_store(data) as store:
            kept = store.waiting.execute("SELECT count(*) FROM submission").fetchone()[0]
        if kept != RUNS * TABLETS * ANSWERS:
            raise AssertionError(f"{RUNS * TABLETS * ANSWERS} were acknowledged, {kept} are kept")
    p99 = [percentile(run, 0.99) for run in times]
    return Figure(
        "reconnect_p99_ms", median(p99), BAR, "lower",
        {"p99_ms": [round(one) for one in p99], "median_ms": [round(percentile(run, 0.5)) for run in times],
         "slowest_ms": [round(max(run)) for run in times], "tablets": TABLETS, "answers": ANSWERS, "kept": kept},
    )  # fmt: skip


def percentile(values: list[float], share: float) -> float:
    """By nearest rank."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def prepared(data: Path) -> list[list[Tablet]]:
    """An open round in a new data folder, tablets of it, and for each run their sealed answers as requests."""
    rng = secrets.SystemRandom()
    now = datetime.now(UTC)
    with create_store(data) as store:
        keys = KeyFolder(data.with_name(f"{data.name}-keys"), data_folder=data)
        with store.write() as db:
            units.keep_units(db, [Unit(id=UNIT, name="Assens", kind="municipality")])
        questionnaire = library.read("iv-satisfaction")
        version = publish(store, questionnaire, accept_unreviewed=("ar", "fa"), today=now.date())
        plan = RoundPlan(privacy_notice=NOTICE, languages=("da",), ceiling=10**6, units=(UNIT,))
        made = set_up_round(store, version, plan, now=now, rng=rng)
        give_key(store, keys, made.id)
        open_due(store, keys, now=now)
        opened = rounds.read(store.main, made.id)
        pin = devices.make_pin("4711", rng)
        tokens = []
        for number in range(TABLETS):
            _, code = devices.prepare(
                store, name=f"Tablet {number}", unit=UNIT, rounds=[made.id], pin=pin,
                actor="account:1", now=now, rng=rng,
            )  # fmt: skip
            tokens.append(devices.enrol(store, code, now=now, rng=rng).token)
        drawing = random.Random(7)
        sealed = sealed_answers(
            opened,
            version.padded_size,
            (draw_answers(questionnaire, drawing) for _ in range(RUNS * TABLETS * ANSWERS)),
            drawing,
            channel="tablet",
        )
        return [
            [Tablet(requests_of(token, [next(sealed) for _ in range(ANSWERS)])) for token in tokens]
            for _ in range(RUNS)
        ]


def requests_of(token: str, envelopes: list[bytes]) -> list[tuple[bytes, dict[str, str]]]:
    """A first batch of ten and one of the rest, with the digests that their receipts must have."""
    items = [
        Sealed(json.loads(raw[6 : 6 + int.from_bytes(raw[4:6], "big")])["key"], raw)
        for raw in envelopes
    ]
    made = []
    for batch in (items[:FIRST], items[FIRST:]):
        body = batch_body(batch)
        head = (
            "POST /api/tablet/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
            f"Cookie: svarboks-tablet={token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        digests = {item.key: hashlib.sha256(item.envelope).hexdigest() for item in batch}
        made.append((head.encode() + body, digests))
    return made


def warm_up(port: int) -> None:
    """Let every worker answer a few times: what is imported and opened once is not what is measured."""
    for _ in range(16):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(
                b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            while connection.recv(65536):
                pass


def come_online(port: int, tablets: list[Tablet]) -> list[float]:
    """All tablets at once; each one's milliseconds until its last receipt."""
    selector = selectors.DefaultSelector()
    began = time.perf_counter()
    for tablet in tablets:
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect_ex(("127.0.0.1", port))
        tablet.next_request()
        selector.register(connection, selectors.EVENT_WRITE, tablet)
    while selector.get_map():
        for key, _ in selector.select(timeout=60):
            connection, tablet = key.fileobj, key.data
            assert isinstance(connection, socket.socket)
            if tablet.to_send:
                tablet.to_send = tablet.to_send[connection.send(tablet.to_send) :]
                if not tablet.to_send:
                    selector.modify(connection, selectors.EVENT_READ, tablet)
                continue
            more = connection.recv(65536)
            if not more:
                raise AssertionError(f"a connection ended: {bytes(tablet.answer[:300])!r}")
            tablet.answer += more
            if not whole(tablet.answer):
                continue
            check(tablet)
            tablet.at += 1
            if tablet.next_request():
                selector.modify(connection, selectors.EVENT_WRITE, tablet)
            else:
                tablet.finished = (time.perf_counter() - began) * 1000
                selector.unregister(connection)
                connection.close()
    selector.close()
    return [tablet.finished for tablet in tablets]


def whole(answer: bytearray) -> bool:
    """Whether an answer has come to its end."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = int(bytes(answer[:end]).lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return len(answer) >= end + 4 + length


def check(tablet: Tablet) -> None:
    """Anything but a receipt with the right digest for each answer stops the bench."""
    head, _, body = bytes(tablet.answer).partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise AssertionError(f"refused: {head[:100]!r} {body[:300]!r}")
    digests = dict(tablet.requests[tablet.at][1])
    for result in json.loads(body)["results"]:
        if result["result"] != "received" or digests.pop(result["key"]) != result["digest"]:
            raise AssertionError(f"not received: {result}")
        tablet.received += 1
    if digests:
        raise AssertionError("some were not spoken of")
