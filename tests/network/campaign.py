"""The campaign against bad networks with the Python client: tablets send through a proxy that does its worst.

The set that is stored has to be the set that was sent, and every tablet has to know it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from server.tablet_client import Queue, Result, Sealed, Sender, Tally, Wire
from server.tablet_simulation import draw_sealed, ready_rounds
from tests.network.bad_network import BadNetwork, bad_network
from tests.network.served import Served

TABLETS = 8
BATCHES = ("/api/tablet/batches",)


class TrustingQueue(Queue):
    """A client that must not pass: it believes every 'received', whatever the digest."""

    def take(self, result: Result) -> float:
        """Believe it."""
        item = self.waiting.get(result.key or "")
        return super().take(
            Result(result.key, result.received, item.digest if item else "", result.code)
        )


@dataclass(slots=True)
class Verdict:
    """What was found; all well when `red` is empty."""

    sent: int
    stored: int
    fates: dict[str, int]
    tally: Tally
    red: list[str] = field(default_factory=list)


def send_through(
    served: Served,
    network: BadNetwork,
    *,
    answers: int,
    seed: int,
    tablets: int = TABLETS,
    patience: tuple[float, float] = (5.0, 20.0),
    make_queue: Callable[[], Queue] = Queue,
    **sending: float,
) -> tuple[list[Queue], list[Tally]]:
    """Tablets with `answers` answers in all, sent through the proxy until nothing waits (or half an hour has passed)."""
    codes = served.codes(tablets)

    def one(pair: tuple[int, str]) -> tuple[Queue, Tally]:
        number, code = pair
        rng = random.Random(seed + number)
        wire = Wire(f"http://127.0.0.1:{network.port}", patience=patience)
        wire.enrol(code)
        manifest = wire.manifest()
        ready = ready_rounds(wire, manifest, None)
        mine = answers // tablets + (number < answers % tablets)
        queue = make_queue()
        queue.keep(draw_sealed(rng.choice(ready), rng) for _ in range(mine))
        sender = Sender(
            wire, queue, rng=rng, epoch=manifest.epoch, **{"longest_pause": 0.2, **sending}
        )  # type: ignore[arg-type]
        sender.flush(seconds=1800)
        wire.close()
        return queue, sender.tally

    with ThreadPoolExecutor(tablets) as pool:
        both = list(pool.map(one, enumerate(codes)))
    return [queue for queue, _ in both], [tally for _, tally in both]


def judge(
    served: Served, network: BadNetwork, queues: Sequence[Queue], tallies: Sequence[Tally]
) -> Verdict:
    """Compare what the tablets sent with what is stored."""
    everything: dict[str, Sealed] = {}
    waiting = failed = 0
    for queue in queues:
        everything |= queue.waiting | queue.delivered
        everything |= {key: item for key, (item, _why) in queue.failed.items()}
        waiting += len(queue.waiting)
        failed += len(queue.failed)
    sent = {key: hashlib.sha256(item.envelope).hexdigest() for key, item in everything.items()}
    stored = served.stored()
    tally = Tally(*(sum(getattr(one, name) for one in tallies) for name in Tally.__slots__))
    verdict = Verdict(len(sent), len(stored), dict(network.seen), tally)
    verdict.red += [f"not stored: {key}" for key in sent if stored.get(key) != sent[key]]
    verdict.red += [f"stored and never sent: {key}" for key in stored if key not in sent]
    if waiting or failed:
        verdict.red.append(f"{waiting} wait and {failed} failed at the tablets")
    return verdict


def run_campaign(served: Served, *, answers: int, seed: int) -> Verdict:
    """One campaign against an installation that is served."""
    with bad_network(served.port, seed=seed, meddles=BATCHES, stall_seconds=0.3) as network:
        queues, tallies = send_through(served, network, answers=answers, seed=seed)
    # What the network held back has arrived by now.
    return judge(served, network, queues, tallies)
