"""The client of docs/sync-protocol.md: how long it leaves a server in peace that takes nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import cast

import pytest

from server.tablet_client import LONGEST_PAUSE, NotHeard, Queue, Result, Sealed, Sender, Wire

Reply = Callable[[Sequence[Sealed]], Result]


class _TakesNothing:
    """A wire whose server answers `says` for so many batches, then takes all."""

    def __init__(self, says: Reply, times: int) -> None:
        self._says, self._left = says, times

    def batch(self, items: Sequence[Sealed]) -> tuple[str, tuple[Result, ...]]:
        self._left -= 1
        if self._left >= 0:
            return "epoch", (self._says(items),)
        return "epoch", tuple(Result(one.key, True, one.digest) for one in items)


def _unavailable(_: Sequence[Sealed]) -> Result:
    raise NotHeard("status 503")


def _other_bytes(items: Sequence[Sealed]) -> Result:
    return Result(items[0].key, True, "0" * 64)


def _later(items: Sequence[Sealed]) -> Result:
    return Result(items[0].key, False, code="busy", retry_after=2.0)


def _much_later(items: Sequence[Sealed]) -> Result:
    return Result(items[0].key, False, code="round-full", retry_after=3600.0)


@pytest.mark.parametrize("says", [_unavailable, _other_bytes, _later])
def test_its_pauses_grow_to_five_minutes_while_nothing_is_taken(says: Reply) -> None:
    pauses = _pauses(says, 14)
    assert len(pauses) == 14
    assert pauses[0] <= 2
    assert pauses[6] >= 32
    assert min(pauses[-3:]) >= LONGEST_PAUSE / 2
    assert max(pauses) <= LONGEST_PAUSE


def test_it_waits_as_long_as_the_server_asks_and_five_minutes_at_most() -> None:
    assert _pauses(_much_later, 2) == [LONGEST_PAUSE] * 2


def _pauses(says: Reply, times: int) -> list[float]:
    queue = Queue()
    queue.keep([Sealed("00" * 16, b"sealed")])
    pauses: list[float] = []
    wire = cast(Wire, _TakesNothing(says, times))
    Sender(wire, queue, rng=random.Random(1), pause=pauses.append).flush()
    assert list(queue.delivered) == ["00" * 16]
    return pauses
