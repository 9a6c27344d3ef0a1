"""A tablet of the small installation: enrolled, with a cookie, sending batches."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from store import versions
from store.devices import Pin
from sync import devices
from sync.batches import Item, pack_batch
from tests.server.installation import World, envelope

BATCHES = "/api/tablet/batches"
SEALED = "application/octet-stream"
#: One that takes no time to make.
PIN = Pin(salt=b"s" * 16, iterations=1, hash=b"h" * 32)


@dataclass
class Tablet:
    """A browser that has been enrolled."""

    client: FlaskClient
    number: int
    said: Any

    def send(self, *items: Item | bytes) -> TestResponse:
        return self.client.post(BATCHES, data=batch(*items), content_type=SEALED)

    def contact(self, **changes: Any) -> TestResponse:
        word = {
            "waiting": 0,
            "failed": 0,
            "app": "b1",
            "versions": {},
            "declined": {},
            **changes,
        }
        return self.client.post("/api/tablet/contact", json=word)


def batch(*items: Item | bytes) -> bytes:
    """The bytes of a batch."""
    return pack_batch([item if isinstance(item, Item) else Item(item) for item in items])


def code_for(
    world: World, *rounds: str, unit: str = "assens", name: str = "Assens 1"
) -> tuple[int, str]:
    """A tablet set up at the desk, and its code."""
    return devices.prepare(
        world.store,
        name=name,
        unit=unit,
        rounds=rounds or ("open1",),
        pin=PIN,
        actor="account:1",
        now=world.now,
        rng=random.Random(),
    )


def enrolled(world: World, *rounds: str, **place: str) -> Tablet:
    """A tablet that has used its code."""
    number, code = code_for(world, *rounds, **place)
    client = world.client()
    answer = client.post("/api/tablet/enrolment", json={"code": code})
    assert answer.status_code == 201, answer.text
    return Tablet(client, number, answer.json)


def sealed(world: World, number: int, name: str = "open", **changes: Any) -> bytes:
    """A finished answer of a tablet; the number makes its key."""
    return envelope(world, name, {"trust": "5"}, f"{number:032x}", channel="tablet", **changes)


def results(answer: TestResponse) -> list[dict[str, Any]]:
    """What a batch was answered, item by item."""
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/json"
    said: dict[str, Any] = json.loads(answer.data)
    assert set(said) == {"epoch", "results"}
    found: list[dict[str, Any]] = said["results"]
    return found


def received(raw: bytes) -> dict[str, str]:
    """The result of an item that was received."""
    key = json.loads(raw[6 : 6 + int.from_bytes(raw[4:6], "big")])["key"]
    return {"key": key, "result": "received", "digest": hashlib.sha256(raw).hexdigest()}


def size_of(world: World, name: str) -> int:
    """The padded size of a round's version."""
    return versions.read(world.store.main, world.rounds[name].version).padded_size
