"""Rounds that are filled and mixed, for tests of mixing."""

from __future__ import annotations

import random
from typing import Any

from store import responses
from sync.mixing import MixReport, mix
from tests.sync.installation import (
    NOW,
    ROUND,
    Installation,
    draw,
)

#: One source for all mixes: a second one with the same seed would draw the same keys again.
RNG = random.Random(7)


def run(home: Installation, **changes: Any) -> MixReport:
    values: dict[str, Any] = {"rng": RNG, "whole": False, "now": NOW, **changes}
    return mix(home.store, home.keys, ROUND, **values)


def fill(home: Installation, number: int, **changes: Any) -> list[bytes]:
    rng = random.Random(number)
    raws = [home.seal(draw(rng), **changes) for _ in range(number)]
    home.receive(*raws)
    return raws


def whole(body: bytes) -> bytes:
    return (len(body).to_bytes(4, "big") + body).ljust(4096, b"\0")


def kept(home: Installation) -> list[responses.StoredResponse]:
    return list(responses.read(home.store.main, ROUND))
