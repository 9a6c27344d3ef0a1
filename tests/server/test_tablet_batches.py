"""Batches of sealed answers from tablets and from the public link, through HTTP against real files.

R5  Each item of a batch has its own result; one that is bad holds up no other; the same batch again is the same receipts.
R6  What names an unknown round or version goes to quarantine with its receipt, and is received where it becomes known.
R7  A closed round receives, a planned one asks to wait, a full one refuses each above its ceiling.
R8  The public link's batches follow the rules of single answers, and never take a tablet's.
R10 A batch that is none is refused as a whole, and nothing of it is kept.
"""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

from werkzeug.test import TestResponse

from forms import library
from forms.problems import Problem
from store import invitations, quarantine, rounds
from store.rounds import RoundState
from sync import invitation_codes
from sync.batches import Item, pack_batch
from tests.server.installation import World, build, envelope, open_round
from tests.server.tablets import (
    BATCHES,
    SEALED,
    batch,
    enrolled,
    received,
    results,
    sealed,
    size_of,
)
from tests.server.test_submissions import assert_problem

# --- batches


def test_each_item_has_its_own_result_R5(world: World) -> None:
    tablet = enrolled(world)
    good = [sealed(world, n) for n in range(1, 6)]
    conflicting = sealed(world, 1)
    wrong_size = sealed(world, 7, padded_size=65536)
    answer = tablet.send(
        good[0], b"noise", good[1], b"", wrong_size, conflicting, good[2][:-1], *good[3:]
    )
    assert results(answer) == [
        received(good[0]),
        {"key": None, "result": "refused", "code": "bad-envelope", "retry_after": None},
        received(good[1]),
        {"key": None, "result": "refused", "code": "bad-envelope", "retry_after": None},
        {"key": f"{7:032x}", "result": "refused", "code": "wrong-size", "retry_after": None},
        {"key": f"{1:032x}", "result": "refused", "code": "key-conflict", "retry_after": None},
        {"key": f"{3:032x}", "result": "refused", "code": "wrong-size", "retry_after": None},
        *map(received, good[3:]),
    ]
    assert world.waiting() == 4


def test_the_same_batch_again_is_the_same_receipts_R5(world: World) -> None:
    tablet = enrolled(world)
    good = [sealed(world, n) for n in range(100)]
    first = tablet.send(*good)
    random.Random(1).shuffle(good)
    again = tablet.send(
        *good,
    )
    assert results(first) == [
        received(one) for one in sorted(good, key=lambda raw: received(raw)["key"])
    ]
    assert results(again) == [received(one) for one in good]
    assert world.waiting() == 100


def test_an_answer_of_another_channel_is_not_a_tablets_R5(world: World) -> None:
    raw = envelope(world, "open", {"trust": "5"}, f"{1:032x}", channel="web")
    said = results(enrolled(world).send(raw, sealed(world, 2)))
    assert [one["result"] for one in said] == ["refused", "received"]
    assert said[0]["code"] == "bad-envelope"


def test_an_unknown_round_is_kept_aside_with_its_receipt_R6(world: World) -> None:
    tablet = enrolled(world)
    strange, good = sealed(world, 1, round_id="nothing1"), sealed(world, 2)
    for _ in range(2):
        assert results(tablet.send(strange, good)) == [received(strange), received(good)]
    assert quarantine.codes(world.store.waiting, "nothing1") == {"unknown-round": 1}
    assert world.waiting() == 1


def test_an_unknown_version_is_kept_aside_until_it_is_known_R6(world: World) -> None:
    tablet = enrolled(world)
    raw = sealed(
        world, 1, version=world.rounds["kinds"].version, padded_size=size_of(world, "kinds")
    )
    for _ in range(2):
        assert results(tablet.send(raw)) == [received(raw)]
    assert quarantine.codes(world.store.waiting, "open1") == {"unknown-version": 1}
    with world.store.write() as db:
        rounds.add_version(db, "open1", world.rounds["kinds"].version)
    world.app.extensions["svarboks"].intake._facts.clear()  # else known for a second
    assert results(tablet.send(raw)) == [received(raw)]
    assert world.waiting() == 1
    assert quarantine.counts(world.store.waiting) == {}


def test_all_versions_ever_published_are_received_R6(world: World) -> None:
    with world.store.write() as db:
        rounds.add_version(db, "open1", world.rounds["kinds"].version)
    raws = [
        sealed(world, n, version=world.rounds[name].version, padded_size=size_of(world, name))
        for n, name in enumerate(("open", "kinds"))
    ]
    assert results(enrolled(world).send(*raws)) == [received(raw) for raw in raws]
    assert world.waiting() == 2


def test_a_closed_round_receives_R7(world: World) -> None:
    tablet = enrolled(world)
    with world.store.write() as db:
        rounds.set_state(db, "open1", RoundState.CLOSED)
    world.now += timedelta(days=60)
    raw = sealed(world, 1)
    assert results(tablet.send(raw)) == [received(raw)]
    assert world.waiting() == 1


def test_a_planned_round_asks_to_wait_R7(world: World) -> None:
    tablet = enrolled(world, "planned1")
    (said,) = results(tablet.send(sealed(world, 1, "planned")))
    assert said["code"] == "round-not-open"
    assert said["retry_after"] == 3600
    world.now = world.rounds["planned"].opens_at - timedelta(seconds=9)
    (said,) = results(tablet.send(sealed(world, 1, "planned")))
    assert said["retry_after"] == 10
    assert world.waiting() == 0


def test_a_full_round_refuses_what_is_above_its_ceiling_R7(world: World) -> None:
    with world.store.write() as db:
        rounds.set_ceiling(db, "open1", 3)
    said = results(enrolled(world).send(*(sealed(world, n) for n in range(5))))
    assert [one["result"] for one in said] == ["received"] * 3 + ["refused"] * 2
    assert said[4]["code"] == "round-full"
    assert said[4]["retry_after"] == 3600
    assert world.waiting() == 3


def test_a_signed_round_takes_nothing_from_a_tablet_R7(world: World) -> None:
    open_round(
        world,
        "signed",
        world.rounds["open"].version,
        library.read("iv-satisfaction"),
        promise="signed",
    )
    world.rounds["signed"] = rounds.read(world.store.main, "signed1")
    (said,) = results(enrolled(world).send(sealed(world, 1, "signed")))
    assert said["code"] == "no-such-round"


# --- the public link


def post(world: World, *items: Item | bytes) -> TestResponse:
    return world.client().post("/api/batches", data=batch(*items), content_type=SEALED)


def test_the_public_links_batches_follow_the_rules_of_single_answers_R8(world: World) -> None:
    good = [envelope(world, "open", {"trust": "5"}, f"{n:032x}") for n in range(3)]
    unknown = envelope(world, "open", {}, f"{9:032x}", round_id="nothing1")
    said = results(post(world, *good, unknown, sealed(world, 8)))
    assert said[:3] == [received(raw) for raw in good]
    assert [one["code"] for one in said[3:]] == ["no-such-round", "bad-envelope"]
    assert world.waiting() == 3
    assert quarantine.counts(world.store.waiting) == {}


def test_a_tablets_answer_does_not_come_in_one_by_one_R8(world: World) -> None:
    answer = world.client().post("/api/submissions", data=sealed(world, 1), content_type=SEALED)
    assert_problem(answer, Problem.BAD_ENVELOPE)


def test_flooding_is_slowed_item_by_item_R8(tmp_path: Path) -> None:
    world = build(tmp_path, SVARBOKS_INTAKE_RATE="1", SVARBOKS_INTAKE_BURST="3")
    said = results(post(world, *(envelope(world, "open", {}, f"{n:032x}") for n in range(5))))
    assert [one.get("code") for one in said] == [None, None, None, "slow-down", "slow-down"]
    assert said[3]["retry_after"] >= 1
    world.app.extensions["svarboks"].close()


def test_each_item_has_the_code_of_its_letter_R8(world: World) -> None:
    open_round(
        world,
        "letters",
        world.rounds["open"].version,
        library.read("iv-satisfaction"),
        access="invited",
    )
    world.rounds["letters"] = rounds.read(world.store.main, "letters1")
    codes = [invitation_codes.make(b"s" * 32, n) for n in (1, 2)]
    with world.store.write_waiting() as db:
        invitations.keep_seed(db, "letters1", b"s" * 32)
        hashes = {
            n: invitation_codes.code_hash("letters1", code) for n, code in enumerate(codes, 1)
        }
        invitations.add(db, "letters1", hashes)
    raws = [envelope(world, "letters", {}, f"{n:032x}") for n in range(5)]
    items = [
        Item(raws[0], codes[0]), Item(raws[1], codes[0]), Item(raws[2]), Item(raws[3], "\xff"), Item(raws[4], codes[1]),
    ]  # fmt: skip
    said = results(post(world, *items))
    assert [one.get("code") for one in said] == [
        None,
        "code-used",
        "code-missing",
        "code-unknown",
        None,
    ]
    assert results(post(world, *items))[0] == received(raws[0])
    assert world.waiting() == 2


# --- batches that are none


def noises(good: bytes) -> list[bytes]:
    rng = random.Random(1)
    return [
        b"", b"SVBB", good[:-1], good + b"x", b"SVB1" + good[4:], good[:4] + b"\x02" + good[5:],
        good[:5] + b"\x01" + good[6:], good[:6] + b"\0\0" + good[8:], good[:6] + b"\0\x65" + good[8:],
        good[:6] + b"\0\x03" + good[8:], good[:8] + b"\xff\xff\xff\xff" + good[12:], rng.randbytes(4000),
    ]  # fmt: skip


def test_a_batch_that_is_none_is_refused_as_a_whole_R10(world: World) -> None:
    tablet = enrolled(world)
    for noise in noises(batch(sealed(world, 1), sealed(world, 2))):
        assert_problem(
            tablet.client.post(BATCHES, data=noise, content_type=SEALED), Problem.BAD_BATCH
        )
        assert_problem(
            world.client().post("/api/batches", data=noise, content_type=SEALED), Problem.BAD_BATCH
        )
    assert world.waiting() == 0


def test_a_batch_that_is_too_large_or_of_another_type_is_refused_R10(world: World) -> None:
    tablet = enrolled(world)
    good = batch(sealed(world, 1))
    assert_problem(
        tablet.client.post(BATCHES, data=good, content_type="text/plain"), Problem.UNSUPPORTED_TYPE
    )
    huge = b"SVBB" + b"x" * 8_000_000
    assert_problem(tablet.client.post(BATCHES, data=huge, content_type=SEALED), Problem.TOO_LARGE)
    largest = pack_batch([Item(sealed(world, n, "kinds")) for n in range(100)])
    assert tablet.client.post(BATCHES, data=largest, content_type=SEALED).status_code == 200


def test_one_tablet_with_a_fault_is_slowed(world: World) -> None:
    tablet, other = enrolled(world), enrolled(world, name="Assens 2")
    raws = [sealed(world, n) for n in range(100)]
    statuses = {tablet.send(*raws).status_code for _ in range(100)}
    assert statuses == {200}
    refused = tablet.send(*raws)
    assert_problem(refused, Problem.SLOW_DOWN)
    assert int(refused.headers["Retry-After"]) >= 1
    assert other.send(*raws).status_code == 200
