"""The interface of tablets, through HTTP against real files: enrolled, supplied, withdrawn, heard of (test_tablet_batches.py: sending).

R1  A code enrols one tablet, once, for ten minutes, however it is typed; what is wrong, used or old is told alike, and
    guessing is slowed.
R2  The store keeps hashes of code and token; the cookie is one that no page can read and goes to /api/tablet alone.
R3  The manifest names its pages by the hash of their bytes, which are the same each time; they are the web's pages.
R4  A withdrawn tablet's next request is refused; what it sends is kept aside without a receipt, and received once it is
    enrolled again.
R9  A contact keeps the day, and the declined never fall.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from forms import library
from forms.problems import Problem
from store import devices as kept_devices
from store import quarantine, settings
from store.devices import DeviceState
from sync import devices
from tests.server.installation import World, build, open_round
from tests.server.tablets import (
    BATCHES,
    SEALED,
    batch,
    code_for,
    enrolled,
    received,
    results,
    sealed,
)
from tests.server.test_submissions import assert_problem

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


def test_a_batch_notes_the_day_once_and_no_more_R9(world: World) -> None:
    tablet = enrolled(world)
    tablet.contact(waiting=2, failed=1, app="b2")
    before = kept_devices.find(world.store.main, tablet.number)
    assert before is not None
    world.now += timedelta(days=1)
    tablet.send(sealed(world, 1))
    assert kept_devices.find(world.store.main, tablet.number) == replace(
        before, contact_on=world.now.date()
    )
    # The second of the day writes nothing: nothing tells how often it was there.
    changes = "SELECT total_changes()"
    tablet.send(sealed(world, 2))
    day = world.now.date()
    kept = world.store.main.execute(changes).fetchone()
    devices.heard_from(world.store, tablet.number, day)
    assert world.store.main.execute(changes).fetchone() == kept
    # Who may not send is not noted.
    devices.revoke(world.store, tablet.number, actor="account:1", now=world.now)
    world.now += timedelta(days=1)
    tablet.send(sealed(world, 3))
    found = kept_devices.find(world.store.main, tablet.number)
    assert found is not None and found.contact_on == day


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
