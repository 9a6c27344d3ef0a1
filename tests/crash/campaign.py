"""The crash campaign: eight clients that retry with the same key while server and mixer are killed at random.

What is held against what was acknowledged at the end: nothing lost, nothing twice, whole files, right counts.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

from store import quarantine, receipts, responses, submissions
from store.consistency import check
from sync.mixing import mix
from sync.recount import recount
from tests.crash.processes import MIXER, PRODUCT, Running, free_port
from tests.sync.installation import LATER, ROUND, Installation, draw, install

CLIENTS = 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found after a campaign; all well when `red` is empty."""

    acknowledged: int
    retried: int
    lost: tuple[str, ...]
    twice: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def red(self) -> list[str]:
        """What is wrong, in words."""
        return [
            *(f"lost: {key}" for key in self.lost),
            *(f"twice: {canary}" for canary in self.twice),
            *self.differences,
        ]


@dataclass(slots=True)
class Record:
    """What the clients were told."""

    acknowledged: dict[str, tuple[str, str]] = field(default_factory=dict)
    retried: int = 0
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def verdict(home: Installation, record: Record) -> Verdict:
    """Compare an installation at rest, mixed wholly, with what was acknowledged: {key: (digest, canary)}."""
    db = home.store.main
    known = receipts.digest_of(db, [bytes.fromhex(key) for key in record.acknowledged])
    times: dict[str, int] = {}
    for text in responses.texts(db, ROUND):
        times[text.text] = times.get(text.text, 0) + 1
    lost = [
        key
        for key, (digest, canary) in record.acknowledged.items()
        if known.get(bytes.fromhex(key)) != bytes.fromhex(digest) or canary not in times
    ]
    differences = [str(one) for one in check(home.store, recount(home.store))]
    differences += record.wrong
    for what, number in (
        ("wait after the last mix", submissions.waiting_count(home.store.waiting, ROUND)),
        ("are in quarantine", quarantine.count(home.store.waiting, ROUND)),
        ("responses more than canaries", responses.count(db, ROUND) - sum(times.values())),
    ):
        if number:
            differences.append(f"{number} {what}")
    return Verdict(
        len(record.acknowledged),
        record.retried,
        tuple(sorted(lost)),
        tuple(sorted(canary for canary, number in times.items() if number > 1)),
        tuple(differences),
    )


def run_campaign(
    folder: Path,
    *,
    kills: int,
    serving: tuple[str, ...] = PRODUCT,
    seed: int,
    victims: tuple[str, ...] = ("server", "mixer", "both"),
) -> Verdict:
    """Run one campaign in a new installation under `folder`. About two seconds a kill."""
    home = install(folder)
    server = Running("server", serving, folder, port=free_port())
    mixer = Running("mixer", MIXER, folder)
    record = Record()
    over = threading.Event()
    rng = random.Random(seed)
    server.start()
    mixer.start()
    server.wait_until_it_answers()
    clients = [
        threading.Thread(
            target=_client, args=(home, server.port, record, over, random.Random(seed + 1 + n))
        )
        for n in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    try:
        for _ in range(kills):
            time.sleep(rng.uniform(0.05, 0.8))
            victim = rng.choice(victims)
            if victim in ("server", "both"):
                server.kill()
            if victim in ("mixer", "both"):
                mixer.kill()
                mixer.start()
            if victim in ("server", "both"):
                server.start()
                server.wait_until_it_answers()
    finally:
        over.set()
        for client in clients:
            client.join()
        server.stop()
        mixer.stop()
    mix(home.store, home.keys, ROUND, rng=secrets.SystemRandom(), whole=True, now=LATER)
    found = verdict(home, record)
    home.store.close()
    return found


def _client(
    home: Installation, port: int, record: Record, over: threading.Event, rng: random.Random
) -> None:
    session = requests.Session()
    while not over.is_set():
        key, canary = secrets.token_hex(16), _canary()
        raw = home.seal({**draw(rng), "suggestions": canary}, key=key)
        _deliver(session, port, record, key, canary, raw)
        if rng.random() < 0.1:  # who is not sure that it was heard sends once more
            _deliver(session, port, record, key, canary, raw)


def _canary() -> str:
    """A text of letters alone: digits might look like a CPR number, and would be masked."""
    return "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(24))


def _deliver(
    session: requests.Session, port: int, record: Record, key: str, canary: str, raw: bytes
) -> None:
    """Send until it is acknowledged, always the same bytes under the same key."""
    digest = hashlib.sha256(raw).hexdigest()
    tries = 0
    while True:
        tries += 1
        try:
            answer = session.post(
                f"http://127.0.0.1:{port}/api/submissions",
                data=raw,
                headers={"Content-Type": "application/octet-stream"},
                timeout=20,
            )
        except requests.RequestException:
            time.sleep(0.05)
            if tries > 600:
                with record.lock:
                    record.wrong.append("a client gave up")
                return
            continue
        if answer.status_code == 201 and answer.json() == {"digest": digest, "key": key}:
            break
        if answer.status_code != 503:
            with record.lock:
                record.wrong.append(f"a client was told {answer.status_code}")
            return
        time.sleep(0.05)
    with record.lock:
        record.acknowledged[key] = (digest, canary)
        record.retried += tries > 1
