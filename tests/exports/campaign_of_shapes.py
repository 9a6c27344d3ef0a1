"""Attacks on random rounds of a shape whose figures have an attacker of their own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from tests.exports.campaign_published import Result
from tests.exports.watched import places_of, watched
from tests.exports.worlds import Attack, Hidden, Vector

Round = TypeVar("Round")


class ShapeAttacker(Protocol):
    """Reads documents, and knows of the people only to see whether it is right."""

    def read(self) -> None: ...
    def truth(self) -> Vector: ...
    def check(self, truth: Vector) -> None: ...
    def hidden(self) -> Iterator[Hidden]: ...
    def attack(self, hidden: Sequence[Hidden], rng: random.Random) -> Attack: ...


def attack_shapes(
    name: str,
    rounds: int,
    seed: int,
    made: Callable[[random.Random], Round],
    told: Callable[[Round], Sequence[dict[str, Any]]],
    attacker: Callable[[Round, Sequence[dict[str, Any]]], ShapeAttacker],
    *,
    until_found: bool,
) -> Result:
    """Attacks as many rounds as `made` gives, each by all that is `told` of it."""
    result = Result()
    for number in range(rounds):
        # Each round from a seed of its own, so that one can be looked at alone.
        rng = random.Random(f"{seed} {number}")
        attacked = made(rng)
        documents = told(attacked)
        result.places.update(place for document in documents for place in places_of(document))
        reading = attacker(attacked, [watched(one, result.seen) for one in documents])
        reading.read()
        reading.check(reading.truth())
        hidden = list(reading.hidden())
        attack = reading.attack(hidden, rng)
        result.rounds += 1
        result.add(hidden, attack)
        result.pinned += [
            f"{name} {number}: {one.what}: {one.name} must be {one.truth}" for one in attack.pinned
        ]
        if until_found and result.pinned:
            break
    return result
