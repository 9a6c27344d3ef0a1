"""Signed returns at the desk: written together, sent once.

S1  A draft is kept as it is, right or not; each save is a revision with who and when; nothing is sent by saving.
S2  A save that began from an older revision overwrites nothing: both are put together, what the other changed is shown.
S3  Sending checks fully; faults are shown beside the fields and what was typed stays, as a saved draft.
S4  What is sent comes through the one intake, with the unit, once: also when it is sent twice, or killed in between.
S5  After sending it is read-only; a refused hand-over leaves it unsent.
S6  Strangers cannot answer a signed round: neither on the public page nor through the interface.
S7  Another unit's return is refused; the secretariat reads and does not write; the audit log has saves and sending.
"""

from __future__ import annotations

import random
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forms import library
from server import returning
from store import accounts, audit, responses, returns, rounds, submissions
from store.accounts import Grant, Role
from store.rounds import RoundState
from sync.mixing import mix
from tests.server.installation import PASSWORD_HASH, World, envelope, open_round, publish

AT = "/desk/rounds/sof1/returns/assens"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def sof(world: World) -> World:
    """The SOFs' six-month round, open for Assens and Billund; a second respondent for Assens."""
    questionnaire = library.read("sof-follow-up")
    version = publish(world.store, questionnaire)
    world.rounds["sof"] = open_round(world, "sof", version, questionnaire)
    with world.store.write() as db:
        accounts.add(
            db,
            name="Second",
            email="second@region.example",
            password_hash=PASSWORD_HASH,
            grants=[Grant(Role.RESPONDENT, unit="assens")],
        )
    return world


def post(client: FlaskClient, do: str, based_on: int | None = None, **fields: str) -> TestResponse:
    """Send the form as the page gives it, with these fields typed."""
    html = client.get(AT, headers=ENGLISH).text
    token = re.search(r'name="~?token" value="([0-9a-f]+)"', html)
    base = re.search(r'name="~based-on" value="(\d+)"', html)
    assert token is not None
    data = {
        "~token": token[1],
        "~based-on": str(based_on) if based_on is not None else base[1] if base else "0",
        "~language": "en",
        "~do": do,
        **{name.replace("__", "/"): value for name, value in fields.items()},
    }
    return client.post(AT, data=data, headers=ENGLISH)


def mixed(world: World) -> list[dict[str, object]]:
    """What came out of the round's mix, each response as its free texts' places and its unit."""
    world.now += timedelta(days=32)
    with world.store.write() as db:
        rounds.set_state(db, "sof1", RoundState.CLOSED)
    report = mix(world.store, world.keys, "sof1", rng=random.Random(1), whole=True, now=world.now)
    assert report.quarantined == 0
    return [
        {"unit": one.unit, "channel": one.channel, "language": one.language}
        for one in responses.read(world.store.main, "sof1")
    ]


def test_drafts_are_kept_as_they_are_with_who_and_when_S1(sof: World) -> None:
    client = sof.signed_in("respondent")
    first = post(client, "save", implementation="Det går godt.", joins__0__joins_on="i morgen")
    assert first.status_code == 303
    kept = returns.latest(sof.store.main, "sof1", "assens")
    assert kept is not None
    assert kept.answers == {
        "implementation": "Det går godt.",
        "joins": [{"joins_on": "i morgen"}],
    }
    assert (kept.number, kept.name, kept.language) == (1, "Respondent", "en")
    html = client.get(first.headers["Location"], headers=ENGLISH).text
    assert "The draft is saved" in html
    assert "Det går godt." in html
    assert "Version 1: Respondent" in html
    assert post(client, "save", implementation="Det går godt.", joins__0__joins_on="i morgen").status_code == 303  # fmt: skip
    assert len(returns.listed(sof.store.main, "sof1", "assens")) == 1  # nothing new, no revision
    assert submissions.waiting_count(sof.store.waiting, "sof1") == 0


def test_there_is_always_room_for_three_more_repetitions_S1(sof: World) -> None:
    client = sof.signed_in("respondent")
    rows = {f"joins__{n}__municipality": f"Kommune {n}" for n in range(5)}
    post(client, "save", **rows)
    html = client.get(AT, headers=ENGLISH).text
    assert 'name="joins/7/municipality"' in html
    assert 'name="joins/8/municipality"' not in html


def test_two_people_at_once_overwrite_nothing_S2(sof: World) -> None:
    one, two = sof.signed_in("respondent"), sof.signed_in("second")
    post(one, "save", implementation="A", cooperation="B")
    assert post(two, "save", implementation="A", cooperation="B2", benefits="Ro").status_code == 303
    answer = post(one, "save", based_on=1, implementation="A1", cooperation="B1")
    assert answer.status_code == 409
    html = answer.text
    assert "Second has saved meanwhile" in html
    assert re.search(r'name="implementation"[^>]*>\s*A1<', html)
    assert re.search(r'name="cooperation"[^>]*>\s*B1<', html)  # mine, since both changed it …
    assert "B2" in html  # … and theirs beside it
    assert "You changed this too" in html
    assert re.search(r'name="benefits"[^>]*>\s*Ro<', html)  # what only they wrote
    kept = returns.latest(sof.store.main, "sof1", "assens")
    assert kept is not None
    assert kept.answers["cooperation"] == "B2"
    assert 'name="~based-on" value="2"' in html
    again = post(one, "save", based_on=2, implementation="A1", cooperation="B1", benefits="Ro")
    assert again.status_code == 303
    kept = returns.latest(sof.store.main, "sof1", "assens")
    assert kept is not None
    assert kept.answers == {"implementation": "A1", "cooperation": "B1", "benefits": "Ro"}


def test_putting_together_takes_each_persons_change_S2() -> None:
    base = {"a": "1", "b": "1", "c": "1", "d": "1"}
    theirs = {"a": "2", "b": "1", "c": "2", "e": "new"}
    mine = {"a": "1", "b": "3", "c": "3", "d": "1"}
    together = returning.put_together(base, theirs, mine)
    assert together.answers == {"a": "2", "b": "3", "c": "3", "e": "new"}
    assert together.theirs == {"a": False, "c": True, "d": False, "e": False}


def test_sending_checks_fully_and_keeps_what_was_typed_S3(sof: World) -> None:
    client = sof.signed_in("respondent")
    answer = post(client, "send", implementation="Godt.", joins__0__joins_on="i morgen")
    assert answer.status_code == 422
    assert "It was saved, but not sent" in answer.text
    assert "i morgen" in answer.text
    assert returns.sent(sof.store.main, "sof1", "assens") is None
    kept = returns.latest(sof.store.main, "sof1", "assens")
    assert kept is not None
    assert kept.answers["implementation"] == "Godt."
    cpr = post(client, "send", implementation="Ring om 010190-1234.")
    assert cpr.status_code == 422
    assert "CPR number" in cpr.text
    assert 'name="~personal" value="seen"' in cpr.text


def test_a_return_is_received_once_with_its_unit_S4_S5(sof: World) -> None:
    client = sof.signed_in("respondent")
    answer = post(client, "send", implementation="Det går godt.")
    assert answer.status_code == 303
    html = client.get(answer.headers["Location"], headers=ENGLISH).text
    assert "The answer is sent" in html
    assert "Det går godt." in html
    assert "<textarea" not in html
    assert post(sof.signed_in("second"), "send", implementation="Noget andet").status_code == 303
    assert post(client, "save", implementation="Noget tredje").status_code == 303
    assert len(returns.listed(sof.store.main, "sof1", "assens")) == 1
    assert submissions.waiting_count(sof.store.waiting, "sof1") == 1
    assert mixed(sof) == [{"unit": "assens", "channel": "web", "language": "en"}]
    texts = [one.text for one in responses.texts(sof.store.main, "sof1")]
    assert texts == ["Det går godt."]
    again = sof.signed_in("respondent")
    assert post(again, "send").status_code == 303  # known by its receipt now
    assert submissions.waiting_count(sof.store.waiting, "sof1") == 0


def test_a_return_that_was_killed_in_between_is_handed_over_once_S4(sof: World) -> None:
    client = sof.signed_in("respondent")
    post(client, "save", implementation="Det går godt.")
    with sof.store.write() as db:  # noted as sent, and then the process died
        returns.send(db, "sof1", "assens", revision=1, account=8, now=sof.now)
    html = client.get(AT, headers=ENGLISH).text
    assert "It has not been received yet" in html
    for _ in range(2):
        assert post(client, "send").status_code == 303
    assert submissions.waiting_count(sof.store.waiting, "sof1") == 1
    assert "It has not been received yet" not in client.get(AT, headers=ENGLISH).text


def test_a_hand_over_that_is_refused_leaves_it_unsent_S5(sof: World) -> None:
    with sof.store.write() as db:
        rounds.set_ceiling(db, "sof1", 1)
    with sof.store.write_waiting() as db:
        db.execute("INSERT INTO round_load (round, waiting, received) VALUES ('sof1', 0, 1)")
    client = sof.signed_in("respondent")
    assert post(client, "send", implementation="Godt.").status_code == 429
    assert returns.sent(sof.store.main, "sof1", "assens") is None
    assert "<textarea" in client.get(AT, headers=ENGLISH).text
    actions = [entry.action for entry in audit.listed(sof.store.main, subject="round:sof1")]
    assert actions == ["return not received", "return sent", "return saved"]


def test_strangers_cannot_answer_in_a_units_name_S6(sof: World) -> None:
    client = sof.client()
    page = client.get("/s/sof1/da")
    assert page.status_code == 200
    assert "<form" not in page.text
    assert "/sign-in?next=/desk/rounds/sof1" in page.text
    assert client.post("/s/sof1/da", data={"~key": "0" * 32, "implementation": "x"}).status_code == 403  # fmt: skip
    sealed = envelope(sof, "sof", {"implementation": "x"}, "1" * 32, unit="assens")
    sent = client.post("/api/submissions", data=sealed, content_type="application/octet-stream")
    assert sent.status_code == 404
    assert sent.json is not None
    assert sent.json["code"] == "no-such-round"
    assert sof.waiting() == 0


def test_rights_and_the_audit_log_S7(sof: World) -> None:
    assert sof.signed_in("respondent").get("/desk/rounds/sof1/returns/billund").status_code == 403
    assert sof.signed_in("coordinator").get(AT).status_code == 403
    assert sof.signed_in("respondent").get("/desk/rounds/open1/returns/assens").status_code == 404
    post(sof.signed_in("respondent"), "save", implementation="Kladde")
    reader = sof.signed_in("secretariat")
    html = reader.get(AT, headers=ENGLISH).text
    assert "Kladde" in html
    assert "<textarea" not in html
    assert post(reader, "save", implementation="Ændret").status_code == 403
    assert reader.get("/desk/rounds/sof1/returns/nyborg").status_code == 404
    [entry] = audit.listed(sof.store.main, subject="round:sof1")
    assert entry.action == "return saved"
    assert entry.details == {"unit": "assens", "revision": 1}


def test_after_receiving_has_ended_nothing_is_saved_S5(sof: World) -> None:
    client = sof.signed_in("respondent")
    post(client, "save", implementation="Kladde")
    html = client.get(AT, headers=ENGLISH).text
    sof.now += timedelta(days=32)
    client = sof.signed_in("respondent")
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/desk").text)
    assert token is not None
    late = client.post(AT, data={"~token": token[1], "~based-on": "1", "implementation": "For sent"})  # fmt: skip
    assert late.status_code == 409
    assert "Kladde" in html
    assert "For sent" not in client.get(AT).text
    assert len(returns.listed(sof.store.main, "sof1", "assens")) == 1
