"""Tablets behind a bad network: what is stored is what was sent, none twice; and the campaigns can fail."""

from __future__ import annotations

import os
import random
import secrets
from pathlib import Path

import pytest

from server.tablet_client import NotHeard, Queue, Result, Sealed, Sender, Wire
from server.tablet_simulation import draw_sealed, ready_rounds
from tests.network.bad_network import BAD, Line, bad_network
from tests.network.campaign import BATCHES, TrustingQueue, judge, run_campaign, send_through
from tests.network.served import served

PROOF = os.environ.get("SVARBOKS_PROOF") == "1"
#: Through a network that harms seven requests in ten.
SUBMISSIONS = 10_000 if PROOF else 500
#: Over 64 kbit/s with a break each minute; in check everything is eight times as fast, and there are fewer.
SLOW, FASTER = (500, 1) if PROOF else (200, 8)
SLOW_LINE = 64_000 / 8


@pytest.mark.campaign
def test_the_stored_set_is_the_sent_set_R1(tmp_path: Path) -> None:
    with served(tmp_path) as installation:
        found = run_campaign(installation, answers=SUBMISSIONS, seed=1)
        print(
            f"\n{found.sent} sent, {found.stored} stored, {found.tally.batches} batches of which {found.tally.unheard} were not"
            f" heard; the network: {found.fates}"
        )
        assert found.red == []
        assert found.sent == SUBMISSIONS
        assert all(found.fates.get(fate) for fate in BAD), found.fates
        assert found.tally.unheard > 20
        assert installation.mix_all() == SUBMISSIONS


@pytest.mark.campaign
def test_a_slow_line_that_breaks_never_begins_from_nothing_R2(tmp_path: Path) -> None:
    """What is sent again is bounded by what was on the line when it broke: a batch a break, and never the whole."""
    line = Line(SLOW_LINE * FASTER, every_seconds=60 / FASTER, break_seconds=3 / FASTER)
    with (
        served(tmp_path, "time-study") as installation,
        bad_network(installation.port, fates={}, line=line, meddles=BATCHES) as network,
    ):
        # Pages and manifest are fetched over the same line.
        queues, tallies = send_through(
            installation, network, answers=SLOW, seed=2, tablets=1, patience=(5.0, 60.0), longest_pause=2.0,
            batch_seconds=10 / FASTER,
        )  # fmt: skip
        found = judge(installation, network, queues, tallies)
    breaks = network.cut + found.tally.unheard
    batch = SLOW_LINE * 10 + 5000
    print(
        f"\n{found.sent} answers, {found.tally.sent} bytes of which {found.tally.again} again, {network.cut} cut, "
        f"{found.tally.batches} batches"
    )
    assert found.red == []
    assert network.cut >= (3 if PROOF else 1)
    assert found.tally.again <= breaks * batch
    assert found.tally.again < found.tally.sent / 2


def test_a_restored_server_is_sent_what_it_has_forgotten_R3(tmp_path: Path) -> None:
    """Last night's backup comes back; what was delivered since goes again, and nothing is lost."""
    with served(tmp_path) as installation:
        [code] = installation.codes()
        wire = Wire(installation.url)
        wire.enrol(code)
        rng = random.Random(3)
        manifest = wire.manifest()
        ready = ready_rounds(wire, manifest, None)
        queue = Queue()
        queue.keep(draw_sealed(ready[0], rng) for _ in range(10))
        Sender(wire, queue, rng=rng, epoch=manifest.epoch).flush()
        last_night = installation.back_up()
        queue.keep(draw_sealed(ready[0], rng) for _ in range(15))
        Sender(wire, queue, rng=rng, epoch=manifest.epoch).flush()
        assert len(installation.stored()) == 25

        installation.restore(last_night)
        assert len(installation.stored()) == 10
        queue.keep([draw_sealed(ready[0], rng)])
        Sender(wire, queue, rng=rng, epoch=manifest.epoch).flush()
        assert not queue.waiting
        assert set(installation.stored()) == set(queue.delivered)
        assert len(queue.delivered) == 26


def test_the_command_is_such_a_client(tmp_path: Path) -> None:
    with served(tmp_path, "iv-satisfaction", "time-study") as installation:
        said = installation.line.done(
            "tablet", "simulate", "--tablets", 3, "--answers", 12, "--seed", 1, "--url", installation.url
        )  # fmt: skip
        assert said.startswith("3 tablets, 12 answers each: 36 received, in ")
        [code] = installation.codes()
        one_round = ("--answers", 4, "--url", installation.url, "--round", installation.rounds[1])
        assert "4 received" in installation.line.done(
            "tablet", "simulate", *one_round, "--code", code
        )
        assert "enrolment-unknown" in installation.line.refused(
            "tablet", "simulate", *one_round, "--code", code
        )
        assert len(installation.stored()) == 40
        assert installation.mix_all() == 40


def test_only_a_receipt_with_the_right_digest_delivers() -> None:
    queue = Queue()
    item = Sealed(secrets.token_hex(16), b"SVB1 something")
    queue.keep([item])
    queue.take(Result(item.key, received=True, digest="0" * 64))
    queue.take(Result("0" * 32, received=True, digest=item.digest))
    queue.take(Result(None, received=True, digest=item.digest))
    assert list(queue.waiting) == [item.key]
    assert queue.take(Result(item.key, received=False, code="slow-down", retry_after=7)) == 7
    assert list(queue.waiting) == [item.key]
    queue.take(Result(item.key, received=True, digest=item.digest))
    assert list(queue.delivered) == [item.key]


def test_a_portal_delivers_nothing(tmp_path: Path) -> None:
    with served(tmp_path) as installation:
        [code] = installation.codes()
        with bad_network(installation.port, fates={"portal": 1.0}, meddles=BATCHES) as network:
            wire = Wire(f"http://127.0.0.1:{network.port}")
            wire.enrol(code)
            [ready] = ready_rounds(wire, wire.manifest(), None)
            item = draw_sealed(ready, random.Random(4))
            for _ in range(4):
                with pytest.raises(NotHeard):
                    wire.batch([item])
            assert network.seen["portal"] == 4
        assert installation.stored() == {}


def test_the_campaign_finds_a_server_that_forgets_R4(tmp_path: Path) -> None:
    """The control: answers that were acknowledged are taken away behind the server's back, and the verdict is red."""
    with served(tmp_path) as installation:
        with bad_network(installation.port, fates={}) as network:
            queues, tallies = send_through(installation, network, answers=20, seed=6, tablets=2)
        with installation.open() as store, store.write_waiting() as db:
            db.execute("DELETE FROM submission WHERE key IN (SELECT key FROM submission LIMIT 3)")
        assert len(judge(installation, network, queues, tallies).red) == 3


def test_the_campaign_finds_a_client_that_believes_everything_R5(tmp_path: Path) -> None:
    """The control: a client that looks at no digest takes an answer for delivered that lies there with other bytes."""
    assert TrustingQueue().take(Result("0" * 32, received=True)) == 0
    queue = TrustingQueue()
    item = Sealed(secrets.token_hex(16), b"SVB1 something")
    queue.keep([item])
    queue.take(Result(item.key, received=True, digest="of something else"))
    assert not queue.waiting
