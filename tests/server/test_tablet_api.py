"""The interface of tablets, through HTTP against real files.

R1  A code enrols one tablet, once, for ten minutes, however it is typed; what is wrong, used or old is told alike, and
    guessing is slowed.
R2  The store keeps hashes of code and token; the cookie is one that no page can read and goes to /api/tablet alone.
R3  The manifest names its pages by the hash of their bytes, which are the same each time; they are the web's pages.
R4  A withdrawn tablet's next request is refused; what it sends is kept aside without a receipt, and received once it is
    enrolled again.
R5  Each item of a batch has its own result; one that is bad holds up no other; the same batch again is the same receipts.
R6  What names an unknown round or version goes to quarantine with its receipt, and is received where it becomes known.
R7  A closed round receives, a planned one asks to wait, a full one refuses each above its ceiling.
R8  The public link's batches follow the rules of single answers, and never take a tablet's.
R9  A contact keeps the day, and the declined never fall.
R10 A batch that is none is refused as a whole, and nothing of it is kept.
"""

from __future__ import annotations

import hashlib
import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from forms import library
from forms.problems import Problem
from store import devices as kept_devices
from store import invitations, quarantine, rounds, settings, versions
from store.devices import DeviceState
from store.rounds import RoundState
from sync import devices, invitation_codes
from sync.batches import Item, pack_batch
from tests.server.installation import World, build, envelope, open_round
from tests.server.tablets import BATCHES, SEALED, batch, code_for, enrolled, sealed
from tests.server.test_submissions import assert_problem


def results(answer: TestResponse) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/json"
    said: dict[str, Any] = json.loads(answer.data)
    assert set(said) == {"epoch", "results"}
    found: list[dict[str, Any]] = said["results"]
    return found


def received(raw: bytes) -> dict[str, str]:
    key = json.loads(raw[6 : 6 + int.from_bytes(raw[4:6], "big")])["key"]
    return {"key": key, "result": "received", "digest": hashlib.sha256(raw).hexdigest()}


def size_of(world: World, name: str) -> int:
    """The padded size of a round's version."""
    return versions.read(world.store.main, world.rounds[name].version).padded_size


# --- enrolment


@pytest.mark.parametrize("typed", ["{0}", "{1}", " {2}- ", "{3}"])
def test_a_code_enrols_once_however_it_is_typed_R1(world: World, typed: str) -> None:
    _number, code = code_for(world)
    ways = (code.upper(), f"{code[:4]}-{code[4:]}", " ".join(code), code)
    client = world.client()
    answer = client.post("/api/tablet/enrolment", json={"code": typed.format(*ways)})
    assert answer.status_code == 201
    said = json.loads(answer.data)
    assert said["tablet"] == "Assens 1"
    assert said["unit"] == {"id": "assens", "name": "Assens"}
    assert set(said["pin"]) == {"salt", "iterations", "hash"}
    assert said["epoch"] == settings.restore_epoch(world.store.main)
    again = world.client().post("/api/tablet/enrolment", json={"code": code})
    assert_problem(again, Problem.ENROLMENT_UNKNOWN)


def test_a_code_is_worth_nothing_after_ten_minutes_R1(world: World) -> None:
    _number, code = code_for(world)
    world.now += timedelta(minutes=10)
    late = world.client().post("/api/tablet/enrolment", json={"code": code})
    wrong = world.client().post("/api/tablet/enrolment", json={"code": "bcdfghjk"})
    none = world.client().post("/api/tablet/enrolment", json={"code": "æøå"})
    assert late.data == wrong.data == none.data
    assert_problem(late, Problem.ENROLMENT_UNKNOWN)


def test_a_new_code_ends_the_one_before_R1(world: World) -> None:
    number, code = code_for(world)
    newer = devices.offer_again(
        world.store, number, actor="account:1", now=world.now, rng=random.Random(1)
    )
    assert_problem(
        world.client().post("/api/tablet/enrolment", json={"code": code}), Problem.ENROLMENT_UNKNOWN
    )
    assert world.client().post("/api/tablet/enrolment", json={"code": newer}).status_code == 201


def test_guessing_is_slowed_R1(world: World) -> None:
    statuses = [
        world.client().post("/api/tablet/enrolment", json={"code": "bcdfghjk"}).status_code
        for _ in range(40)
    ]
    assert statuses[:30] == [404] * 30
    assert set(statuses[30:]) == {429}
    _number, code = code_for(world)
    world.elapsed += 60
    assert world.client().post("/api/tablet/enrolment", json={"code": code}).status_code == 201


def test_the_store_keeps_hashes_alone_R2(world: World) -> None:
    number, code = code_for(world)
    answer = world.client().post("/api/tablet/enrolment", json={"code": code})
    cookie = answer.headers["Set-Cookie"]
    token = cookie.partition("=")[2].partition(";")[0]
    assert len(token) == 64
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"Path=/api/tablet", "HttpOnly", "SameSite=Strict"} <= parts
    assert any(part.startswith("Max-Age=34560000") for part in parts)
    assert "Secure" not in parts  # the test's origin is http://localhost
    world.store.empty_logs()
    for path in world.settings.data.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert token.encode() not in raw, path
            assert bytes.fromhex(token) not in raw, path
            assert code.encode() not in raw, path
    found = kept_devices.find(world.store.main, number)
    assert found is not None
    assert found.state is DeviceState.ENROLLED


def test_over_https_the_cookie_is_secure_R2(tmp_path: Path) -> None:
    world = build(tmp_path, SVARBOKS_URL="https://svar.region.example")
    _number, code = code_for(world)
    answer = world.client().post("/api/tablet/enrolment", json={"code": code})
    assert "; Secure" in answer.headers["Set-Cookie"]
    world.app.extensions["svarboks"].close()


def test_another_site_enrols_and_sends_nothing_R2(world: World) -> None:
    _number, code = code_for(world)
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    refused = world.client().post("/api/tablet/enrolment", json={"code": code}, headers=foreign)
    assert_problem(refused, Problem.FORGED)
    tablet = enrolled(world, name="Assens 2")
    refused = tablet.client.post(
        BATCHES, data=batch(sealed(world, 1)), content_type=SEALED, headers=foreign
    )
    assert_problem(refused, Problem.FORGED)
    assert world.waiting() == 0


# --- what it takes along


def test_the_manifest_names_pages_by_their_bytes_R3(world: World) -> None:
    tablet = enrolled(world, "open1", "kinds1", "planned1")
    said = tablet.client.get("/api/tablet/manifest").json
    assert said is not None
    assert said["tablet"] == "Assens 1"
    assert [(one["round"], one["state"]) for one in said["rounds"]] == [
        ("kinds1", "open"),
        ("open1", "open"),
        ("planned1", "planned"),
    ]
    for one in said["rounds"]:
        assert one["turn_minutes"] == 30
        assert one["test"] is False
        assert one["version"] == world.rounds[one["round"][:-1]].version
        for language in one["languages"]:
            first, second = (tablet.client.get(language["page"]) for _ in range(2))
            assert first.status_code == 200
            assert first.data == second.data
            assert hashlib.sha256(first.data).hexdigest() == language["sha256"]
            assert language["direction"] == ("rtl" if language["tag"] in {"ar", "fa"} else "ltr")


def test_a_page_is_the_webs_own_R3(world: World) -> None:
    tablet = enrolled(world, "kinds1")
    page = tablet.client.get(f"/api/tablet/pages/kinds1/{world.rounds['kinds'].version}/da")
    web = world.client().get("/s/kinds1/da")
    assert 'data-channel="tablet"' in page.text
    assert 'data-unit="assens"' in page.text
    assert 'href="/tablet/turn/kinds1/ar"' in page.text
    assert "~key" not in page.text
    assert page.headers["Content-Security-Policy"] == web.headers["Content-Security-Policy"]
    section = '<section class="question-section" data-section="choices"'
    begins, ends = page.text.index(section), page.text.index('<div class="answering-bar">')
    assert page.text[begins:ends] in web.text


def test_the_test_round_comes_along_R3(world: World) -> None:
    planned = world.rounds["planned"]
    open_round(world, "try", planned.version, library.read("iv-satisfaction"), test_of="planned1")
    said = enrolled(world, "planned1").client.get("/api/tablet/manifest").json
    assert said is not None
    assert [(one["round"], one["test"], one["state"]) for one in said["rounds"]] == [
        ("planned1", False, "planned"),
        ("try1", True, "open"),
    ]


@pytest.mark.parametrize(
    "path", ["other1/{}/da", "kinds1/{}/da", "open1/{}/de", "open1/" + "0" * 64 + "/da"]
)
def test_pages_that_are_not_this_tablets_are_not_there_R3(world: World, path: str) -> None:
    tablet = enrolled(world, "open1")
    page = tablet.client.get(f"/api/tablet/pages/{path.format(world.rounds['open'].version)}")
    assert_problem(page, Problem.NOT_FOUND)


# --- withdrawn, unknown


def requests_of(tablet: Any, raw: bytes) -> list[TestResponse]:
    return [
        tablet.client.get("/api/tablet/manifest"),
        tablet.client.get("/api/tablet/pages/open1/" + "0" * 64 + "/da"),
        tablet.contact(),
        tablet.send(raw),
    ]


def test_a_stranger_is_refused_and_keeps_nothing_R4(world: World) -> None:
    tablet = enrolled(world)
    tablet.client.delete_cookie("svarboks-tablet", path="/api/tablet")
    for answer in requests_of(tablet, sealed(world, 1)):
        assert_problem(answer, Problem.TABLET_UNKNOWN)
    tablet.client.set_cookie("svarboks-tablet", "0" * 64, path="/api/tablet")
    for answer in requests_of(tablet, sealed(world, 1)):
        assert_problem(answer, Problem.TABLET_UNKNOWN)
    assert world.waiting() == 0
    assert quarantine.counts(world.store.waiting) == {}


def test_a_withdrawn_tablet_is_refused_at_its_next_request_R4(world: World) -> None:
    tablet = enrolled(world)
    first, second = sealed(world, 1), sealed(world, 2)
    assert results(tablet.send(first)) == [received(first)]
    assert devices.revoke(world.store, tablet.number, actor="account:1", now=world.now)
    for answer in requests_of(tablet, second):
        assert_problem(answer, Problem.TABLET_REVOKED)
    # What was received before is not kept twice; what is new lies aside, once however often it comes.
    assert_problem(tablet.send(first, second), Problem.TABLET_REVOKED)
    assert quarantine.codes(world.store.waiting, "open1") == {"tablet-revoked": 1}
    assert world.waiting() == 1
    code = devices.offer_again(
        world.store, tablet.number, actor="account:1", now=world.now, rng=random.Random(1)
    )
    assert tablet.client.post("/api/tablet/enrolment", json={"code": code}).status_code == 201
    assert results(tablet.send(second)) == [received(second)]
    assert world.waiting() == 2
    assert quarantine.counts(world.store.waiting) == {}


def test_what_a_withdrawn_tablet_sends_is_bounded_R4(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        __import__("sync.intake", fromlist=["MOST_ASIDE"]).MOST_ASIDE, "tablet-revoked", 3
    )
    tablet = enrolled(world)
    devices.revoke(world.store, tablet.number, actor="account:1", now=world.now)
    for start in (0, 2, 4):
        assert_problem(
            tablet.send(sealed(world, start), sealed(world, start + 1), b"noise"),
            Problem.TABLET_REVOKED,
        )
    assert quarantine.counts(world.store.waiting) == {"open1": 3}


def test_an_earlier_token_is_unknown_after_enrolling_again_R4(world: World) -> None:
    tablet = enrolled(world)
    code = devices.offer_again(
        world.store, tablet.number, actor="account:1", now=world.now, rng=random.Random(1)
    )
    other = world.client()
    assert other.post("/api/tablet/enrolment", json={"code": code}).status_code == 201
    assert_problem(tablet.client.get("/api/tablet/manifest"), Problem.TABLET_UNKNOWN)
    assert other.get("/api/tablet/manifest").status_code == 200


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


# --- contact


def test_a_contact_keeps_the_day_and_what_is_waiting_R9(world: World) -> None:
    tablet = enrolled(world)
    version = world.rounds["open"].version
    answer = tablet.contact(
        waiting=7,
        failed=1,
        app="b2",
        versions={"open1": version},
        declined={"open1": 4, "nothing1": 9},
    )
    assert answer.status_code == 200
    assert answer.json == {"epoch": settings.restore_epoch(world.store.main)}
    found = kept_devices.find(world.store.main, tablet.number)
    assert found is not None
    assert (found.contact_on, found.waiting, found.failed, found.app) == (
        world.now.date(),
        7,
        1,
        "b2",
    )
    assert found.versions == {"open1": version}
    row = dict(next(world.store.main.query("SELECT * FROM device")))
    assert not [value for value in row.values() if str(world.now.hour) + ":" in str(value)]


def test_the_declined_never_fall_R9(world: World) -> None:
    one, other = enrolled(world), enrolled(world, name="Assens 2")
    for tablet, n in ((one, 4), (one, 4), (one, 3), (other, 2)):
        assert tablet.contact(declined={"open1": n}).status_code == 200
    assert kept_devices.declined(world.store.main, "open1") == {"assens": 6}


@pytest.mark.parametrize(
    "changes",
    [
        {"waiting": -1}, {"waiting": "7"}, {"failed": None}, {"app": "x" * 101}, {"versions": {"Ø": "0" * 64}},
        {"versions": {"open1": "x"}}, {"declined": {"open1": 1.5}}, {"more": 1}, {"declined": {f"r{n}": 1 for n in range(501)}},
    ],
)  # fmt: skip
def test_a_contact_in_another_form_is_refused_R9(world: World, changes: dict[str, Any]) -> None:
    assert_problem(enrolled(world).contact(**changes), Problem.MALFORMED)


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
