"""Tablets and quarantine at the desk.

T1  A tablet is set up for a unit with rounds and a PIN; its code and a QR code are shown once; it works.
T2  Name, rounds and PIN change and are audited; the manifest follows. Withdrawing asks first.
T3  The list shows unit, day, waiting, versions; it and the front page warn of a silent tablet with answers on it.
T4  The secretariat has all of them, a coordinator those of the unit and nobody else's.
T5  Quarantine shows numbers and codes; what can be is let in and mixed, the numbers stay right; deleting asks for the number.
T6  A saved queue is received from a file, as often as it comes.
T7  The board shows who declined on tablets beside what was typed.
T8  Nothing on any of these pages, or in the store, ties an answer to a tablet.
T9  Setting one up reads the rounds that it can offer, in as many statements however many rounds there are.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import timedelta

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from store import audit, counts, devices, quarantine, receipts, round_units, rounds, submissions
from store.consistency import check
from store.database import Store
from store.round_units import RoundUnit
from sync import devices as enrolling
from sync.batches import Item, pack_batch
from sync.mixing import mix
from sync.recount import recount
from tests.server.installation import World, envelope
from tests.server.tablets import enrolled, received, results, sealed, size_of

ENGLISH = {"Accept-Language": "en"}


def token_of(html: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', html)
    assert found is not None
    return found[1]


def post(world: World, who: str, path: str, **fields: object) -> TestResponse:
    client = world.signed_in(who)
    token = token_of(client.get("/desk", headers=ENGLISH).text)
    return client.post(path, data={"token": token, **fields}, headers=ENGLISH)


def upload(world: World, who: str, file: bytes) -> TestResponse:
    """Post a saved queue, encoded by hand: the test client would leave a file open for a large one."""
    client = world.signed_in(who)
    token = token_of(client.get("/desk", headers=ENGLISH).text)
    head = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n'
    body = head.format("token").encode() + token.encode() + b"\r\n"
    body += head.format('file"; filename="svarboks.svbb').encode() + file + b"\r\n--x--\r\n"
    return client.post(
        "/desk/tablets/file",
        data=body,
        content_type="multipart/form-data; boundary=x",
        headers=ENGLISH,
    )


def actions(store: Store) -> list[str]:
    return [entry.action for entry in audit.listed(store.main)]


def test_setting_one_up_and_enrolling_it_T1(world: World) -> None:
    form = world.signed_in("secretariat").get("/desk/tablets/assens/new", headers=ENGLISH).text
    assert 'value="Assens 1"' in form
    assert "Runde open" in form or "Round open" in form
    shown = post(
        world,
        "secretariat",
        "/desk/tablets/assens/new",
        name="Stue 4",
        rounds=["open1"],
        pin="2468",
    )
    assert shown.status_code == 200
    code = re.search(r'class="enrolment-code" dir="ltr">([a-z0-9-]+)<', shown.text)
    assert code is not None
    assert "data:image/svg+xml" in shown.text
    answer = world.client().post("/api/tablet/enrolment", json={"code": code[1]})
    assert answer.status_code == 201
    (device,) = devices.listed(world.store.main)
    assert (device.name, device.unit, device.rounds) == ("Stue 4", "assens", ("open1",))
    page = world.signed_in("secretariat").get(f"/desk/tablets/assens/{device.number}")
    assert code[1] not in page.text
    assert actions(world.store)[:3].count("tablet enrolled") == 1
    assert "2468" not in str([entry.details for entry in audit.listed(world.store.main)])


def test_what_is_wrong_is_said_T1(world: World) -> None:
    enrolled(world)
    for fields, words in (
        ({"name": "", "pin": "2468"}, "Write a name"),
        ({"name": "Assens 1", "pin": "2468"}, "Another tablet"),
        ({"name": "Ny", "pin": "12"}, "4 to 12 digits"),
        ({"name": "Ny", "pin": "abcd"}, "4 to 12 digits"),
    ):
        answer = post(world, "secretariat", "/desk/tablets/assens/new", **fields)
        assert answer.status_code == 422
        assert words in answer.text
    odd = post(
        world, "secretariat", "/desk/tablets/assens/new", name="x", pin="2468", rounds="other1"
    )
    assert odd.status_code == 400
    assert len(devices.listed(world.store.main)) == 1


def test_changing_and_withdrawing_T2(world: World) -> None:
    tablet = enrolled(world, "open1")
    at = f"/desk/tablets/assens/{tablet.number}"
    before = devices.find(world.store.main, tablet.number)
    done = post(world, "coordinator", at, name="Stue 5", rounds=["kinds1", "open1"], pin="1357")
    assert done.status_code == 303
    after = devices.find(world.store.main, tablet.number)
    assert before is not None
    assert after is not None
    assert (after.name, after.rounds) == ("Stue 5", ("kinds1", "open1"))
    assert after.pin != before.pin
    said = tablet.client.get("/api/tablet/manifest").json
    assert said is not None
    assert [one["round"] for one in said["rounds"]] == ["kinds1", "open1"]
    asked = world.signed_in("coordinator").get(f"{at}/withdraw", headers=ENGLISH)
    assert "Withdraw Stue 5?" in asked.text
    assert tablet.client.get("/api/tablet/manifest").status_code == 200
    assert post(world, "coordinator", f"{at}/withdraw").status_code == 303
    assert tablet.client.get("/api/tablet/manifest").status_code == 403
    assert {"tablet changed", "tablet withdrawn"} <= set(actions(world.store))
    again = post(world, "coordinator", f"{at}/code")
    code = re.search(r'class="enrolment-code" dir="ltr">([a-z0-9-]+)<', again.text)
    assert code is not None
    assert tablet.client.post("/api/tablet/enrolment", json={"code": code[1]}).status_code == 201


def test_a_silent_tablet_with_answers_is_warned_of_T3(world: World) -> None:
    one, other = enrolled(world), enrolled(world, name="Assens 2")
    one.contact(waiting=3, failed=1, app="b7", versions={"open1": "0" * 64})
    other.contact(waiting=0)
    for days, warned in ((6, False), (7, True)):
        world.now += timedelta(days=days - (0 if days == 6 else 6))
        for who in ("secretariat", "coordinator"):
            client = world.signed_in(who)
            page = client.get("/desk/tablets", headers=ENGLISH).text
            assert (">Silent<" in page) == warned
            home = client.get("/desk", headers=ENGLISH).text
            assert ("1 tablet with waiting answers has not been heard from" in home) == warned
    page = (
        world.signed_in("secretariat")
        .get(f"/desk/tablets/assens/{one.number}", headers=ENGLISH)
        .text
    )
    for words in ("22 November 2026", "b7", "00000000 (not the newest)"):
        assert words in page
    assert not re.search(r"\d\d:\d\d", page)
    assert (
        "tablet with waiting"
        not in world.signed_in("othercoordinator").get("/desk", headers=ENGLISH).text
    )


def test_a_coordinator_has_the_units_own_T4(world: World) -> None:
    tablet = enrolled(world)
    enrolled(world, "other1", unit="nyborg", name="Nyborg 1")
    own = world.signed_in("coordinator").get("/desk/tablets").text
    assert "Assens 1" in own
    assert "Nyborg 1" not in own
    other = world.signed_in("othercoordinator")
    assert other.get(f"/desk/tablets/assens/{tablet.number}").status_code == 403
    assert other.get(f"/desk/tablets/nyborg/{tablet.number}").status_code == 404
    for who in ("chair", "member", "respondent", "interviewer", "administrator"):
        assert world.signed_in(who).get("/desk/tablets").status_code == 403


def test_what_can_be_is_let_in_and_mixed_T5(world: World) -> None:
    tablet = enrolled(world)
    kinds = world.rounds["kinds"].version
    raws = [
        envelope(
            world, "open", {"trust": "3"}, f"{n:032x}", channel="tablet", unit="assens",
            version=kinds, padded_size=size_of(world, "kinds"),
        )
        for n in range(12)
    ]  # fmt: skip
    assert results(tablet.send(*raws)) == [received(raw) for raw in raws]
    page = world.signed_in("secretariat").get("/desk/quarantine", headers=ENGLISH).text
    assert "not one of the round" in page
    assert "let-in" in page
    done = post(
        world, "secretariat", "/desk/quarantine/let-in", round="open1", codes="unknown-version"
    )
    assert "done=0&left=12" in done.headers["Location"]
    with world.store.write() as db:
        rounds.add_version(db, "open1", kinds)
    done = post(
        world, "secretariat", "/desk/quarantine/let-in", round="open1", codes="unknown-version"
    )
    assert "done=12&left=0" in done.headers["Location"]
    assert world.waiting() == 12
    assert quarantine.counts(world.store.waiting) == {}
    report = mix(world.store, world.keys, "open1", rng=random.Random(1), whole=False, now=world.now)
    assert (report.mixed, report.quarantined) == (12, 0)
    assert check(world.store, recount(world.store)) == []
    assert results(tablet.send(*raws)) == [received(raw) for raw in raws]


def test_what_a_mix_put_aside_is_let_in_once_T5(world: World) -> None:
    """The unit was added to the round afterwards: its receipt is taken back, and the numbers stay right."""
    tablet = enrolled(world)
    raws = [sealed(world, n, unit="nyborg" if n < 3 else "assens") for n in range(12)]
    results(tablet.send(*raws))
    mix(world.store, world.keys, "open1", rng=random.Random(1), whole=False, now=world.now)
    assert quarantine.codes(world.store.waiting, "open1") == {"foreign-unit": 3}
    assert counts.returned_total(world.store.main, "open1") == 12
    with world.store.write() as db:
        round_units.keep(db, "open1", [round_units.RoundUnit(unit="nyborg")])
    for expected in ("done=3&left=0", None):
        done = post(
            world, "secretariat", "/desk/quarantine/let-in", round="open1", codes="foreign-unit"
        )
        if expected is None:
            assert done.status_code == 404
        else:
            assert expected in done.headers["Location"]
    assert submissions.waiting_count(world.store.waiting, "open1") == 3
    assert check(world.store, recount(world.store)) == []
    mix(
        world.store,
        world.keys,
        "open1",
        rng=random.Random(2),
        whole=True,
        promised=True,
        now=world.now,
    )
    assert counts.returned_total(world.store.main, "open1") == 12
    assert check(world.store, recount(world.store)) == []
    assert "answers let in from quarantine" in actions(world.store)


def test_what_a_withdrawn_tablet_sent_is_let_in_by_a_person_T5(world: World) -> None:
    tablet = enrolled(world)
    enrolling.revoke(world.store, tablet.number, actor="account:1", now=world.now)
    raw = sealed(world, 1)
    assert tablet.send(raw).status_code == 403
    home = world.signed_in("secretariat").get("/desk", headers=ENGLISH).text
    assert 'href="/desk/quarantine"' in home
    done = post(
        world, "secretariat", "/desk/quarantine/let-in", round="open1", codes="tablet-revoked"
    )
    assert "done=1&left=0" in done.headers["Location"]
    assert world.waiting() == 1


def test_deleting_asks_for_the_number_and_is_for_good_T5(world: World) -> None:
    tablet = enrolled(world)
    raws = [sealed(world, n, round_id="nothing1") for n in range(3)]
    results(tablet.send(*raws))
    query = "round=nothing1&codes=unknown-round"
    asked = world.signed_in("secretariat").get(f"/desk/quarantine/delete?{query}", headers=ENGLISH)
    assert "Delete 3 answers from quarantine?" in asked.text
    assert "Unknown round nothing1" in asked.text
    fields = {"round": "nothing1", "codes": "unknown-round"}
    assert (
        post(world, "secretariat", "/desk/quarantine/delete", **fields, number="2").status_code
        == 422
    )
    assert quarantine.counts(world.store.waiting) == {"nothing1": 3}
    assert (
        post(world, "secretariat", "/desk/quarantine/delete", **fields, number="3").status_code
        == 303
    )
    assert quarantine.counts(world.store.waiting) == {}
    assert results(tablet.send(*raws)) == [received(raw) for raw in raws]
    assert quarantine.counts(world.store.waiting) == {}
    assert (
        len(receipts.digest_of(world.store.main, [bytes.fromhex(f"{n:032x}") for n in range(3)]))
        == 3
    )
    assert "answers deleted from quarantine" in actions(world.store)


def test_deleting_what_a_mix_put_aside_keeps_the_numbers_right_T5(world: World) -> None:
    tablet = enrolled(world)
    results(
        tablet.send(*(sealed(world, n, unit="nyborg" if n < 3 else "assens") for n in range(12)))
    )
    mix(world.store, world.keys, "open1", rng=random.Random(1), whole=False, now=world.now)
    fields = {"round": "open1", "codes": "foreign-unit", "number": "3"}
    assert post(world, "secretariat", "/desk/quarantine/delete", **fields).status_code == 303
    assert counts.returned_total(world.store.main, "open1") == 9
    assert check(world.store, recount(world.store)) == []


def test_a_saved_queue_is_received_as_often_as_it_comes_T6(world: World) -> None:
    raws = [sealed(world, n) for n in range(150)]
    web = envelope(world, "open", {"trust": "4"}, f"{999:032x}")
    file = pack_batch([Item(raw) for raw in raws[:100]]) + pack_batch(
        [*(Item(raw) for raw in raws[100:]), Item(web), Item(b"noise")]
    )
    for _ in range(2):
        done = upload(world, "coordinator", file)
        assert done.status_code == 200
        assert "151 answers of the file are received" in done.text
        assert "bad-envelope</a>: 1" in done.text
        assert world.waiting() == 151
    for wrong in (b"", b"noise", file[:-1]):
        done = upload(world, "coordinator", wrong)
        assert done.status_code == 422
        assert "Nothing was received" in done.text


def test_a_large_saved_queue_is_received_T6(world: World) -> None:
    raws = [sealed(world, n, "kinds") for n in range(300)]
    file = b"".join(pack_batch([Item(raw) for raw in raws[at : at + 100]]) for at in (0, 100, 200))
    assert len(file) > 1024 * 1024
    done = upload(world, "secretariat", file)
    assert "300 answers of the file are received" in done.text


def test_who_declined_on_tablets_stands_beside_what_was_typed_T7(world: World) -> None:
    enrolled(world).contact(declined={"open1": 4})
    with world.store.write() as db:
        round_units.keep(db, "open1", [round_units.RoundUnit(unit="assens", declined=2)])
    page = world.signed_in("secretariat").get("/desk/rounds/open1", headers=ENGLISH).text
    assert "(4 on tablets)" in page


def test_nothing_ties_an_answer_to_a_tablet_T8(world: World) -> None:
    tablets = [enrolled(world, name=f"Assens {n}") for n in (1, 2)]
    for n, tablet in enumerate(tablets):
        results(tablet.send(*(sealed(world, 10 * n + k) for k in range(6))))
        tablet.contact(waiting=n)
    # No table of answers, receipts, waiting or quarantined submissions has a column for a device (tests/store/test_schema.py);
    # and no row of them holds anything of one.
    hashes = [row[0] for row in world.store.main.execute("SELECT token_hash FROM device")]
    for db in (world.store.main, world.store.waiting):
        for (table,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            if table.startswith(("device", "sqlite_", "audit", "session")):
                continue
            for row in db.execute(f"SELECT * FROM {table}").fetchall():
                for value in row:
                    assert value not in hashes
                    assert not isinstance(value, str) or "Assens 1" not in value


def test_many_rounds_cost_no_more_statements_T9(world: World) -> None:
    client, at = world.signed_in("secretariat"), "/desk/tablets/assens/new"
    client.get(at)
    few = statements(world, client, at)
    pattern = rounds.read(world.store.main, "planned1")
    with world.store.write() as db:
        for number in range(60):
            takes_part = RoundUnit(unit="billund" if number < 20 else "assens")
            rounds.add(db, replace(pattern, id=f"many{number}", public_key=None, kid=None))
            if number < 40:  # the others are not divided by units
                round_units.keep(db, f"many{number}", [takes_part])
    assert statements(world, client, at) == few
    offered = re.findall(r'name="rounds" value="many(\d+)"', client.get(at).text)
    assert sorted(map(int, offered)) == list(range(20, 60))


def statements(world: World, client: FlaskClient, at: str) -> int:
    """How many statements a page makes on the main file, in this thread."""
    seen: list[str] = []
    world.store.main.conn.set_trace_callback(seen.append)
    assert client.get(at).status_code == 200
    world.store.main.conn.set_trace_callback(None)
    return len(seen)
