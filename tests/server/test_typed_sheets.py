"""Sheets typed at the desk, through HTTP.

Y6  A sheet comes in once, by the channel 'typed', with the unit in what is sealed, in the sheet's language.
Y7  What must be answered on a screen may be blank on paper; what cannot be is said, and nothing is received.
Y8  Only where the round takes typed answers and receives; nobody can send as paper from outside.
Y4  Without a script the first keying travels in the form; a difference is shown before anything is received.
Y9  Nothing says who typed: no table but waiting.db changes. An invited round asks for no code of a sheet.
"""

from __future__ import annotations

import html
import random
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from store import responses, rounds
from store.rounds import RoundState
from sync.mixing import mix
from tests.server.installation import World, envelope, open_round

AT = "/desk/rounds/open1/units/assens/typing/da"
KINDS = "/desk/rounds/kinds1/units/assens/typing/ar"


def own_fields(client: FlaskClient, at: str) -> dict[str, str]:
    """The page's own fields."""
    return dict(re.findall(r'name="(~\w+)" value="([0-9a-f]+)">', client.get(at).text))


def mixed(world: World, round_id: str) -> list[responses.StoredResponse]:
    """Everything that came in, mixed."""
    world.now += timedelta(days=32)
    with world.store.write() as db:
        rounds.set_state(db, round_id, RoundState.CLOSED)
    report = mix(world.store, world.keys, round_id, rng=random.Random(1), whole=True, now=world.now)
    assert report.quarantined == 0
    return list(responses.read(world.store.main, round_id))


def test_a_sheet_comes_in_once_Y6_Y9(world: World) -> None:
    client = world.signed_in("coordinator")
    before = {
        name: list(world.store.main.execute(f'SELECT * FROM "{name}"'))
        for (name,) in world.store.main.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    }  # fmt: skip
    data = {**own_fields(client, AT), "trust": "5", "suggestions": "Tak"}
    for _ in range(2):
        answer = client.post(AT, data=data, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.json) == (201, {"kept": True})
    plain = client.post(AT, data=data | {"~key": "ab" * 16})
    assert plain.headers["Location"] == f"{AT}?kept=1"
    assert world.waiting() == 2
    header = world.store.waiting.execute("SELECT header FROM submission").fetchone()[0]
    assert '"channel":"typed"' in header
    assert '"unit":"assens"' in header
    after = {name: list(world.store.main.execute(f'SELECT * FROM "{name}"')) for name in before}
    assert after == before
    assert {(one.channel, one.language) for one in mixed(world, "open1")} == {("typed", "da")}


def test_blank_is_allowed_on_paper_Y7(world: World) -> None:
    client = world.signed_in("coordinator")
    fields = own_fields(client, KINDS)
    wrong = client.post(
        KINDS, data={**fields, "visits": "mange"}, headers={"Accept": "application/json"}
    )
    assert wrong.status_code == 422
    assert [one["place"] for one in (wrong.json or {})["faults"]] == ["visits"]
    asked = client.post(
        KINDS,
        data={**fields, "may": "yes", "suggestions": "010180-1234"},
        headers={"Accept": "application/json"},
    )
    assert (asked.status_code, (asked.json or {})["personal"]) == (422, ["suggestions"])
    assert world.waiting() == 0
    # "trust" must be answered on a screen; the sheet has it blank.
    kept = client.post(KINDS, data={**fields, "visits": "3"})
    assert kept.status_code == 303
    [answer] = mixed(world, "kinds1")
    assert answer.language == "ar"
    assert {row.place for row in answer.rows if row.state == "answered"} == {"visits"}


def test_the_same_answer_must_be_whole_on_a_screen_Y7(world: World) -> None:
    page = world.client().get("/s/kinds1/da").text
    key = re.search(r'name="~key" value="([0-9a-f]+)"', page)
    assert key is not None
    answer = world.client().post("/s/kinds1/da", data={"~key": key[1], "visits": "3"})
    assert answer.status_code == 422


@pytest.mark.parametrize("channel", ["paper", "typed"])
def test_nobody_sends_as_paper_from_outside_Y8(world: World, channel: str) -> None:
    body = envelope(world, "open", {"trust": "5"}, "0" * 31 + "a", channel=channel)
    answer = world.client().post(
        "/api/submissions", data=body, content_type="application/octet-stream"
    )
    assert (answer.status_code, (answer.json or {})["code"]) == (400, "bad-envelope")
    assert world.waiting() == 0


def test_for_whom_and_when_Y8(world: World) -> None:
    iv = world.rounds["open"]
    questionnaire = world.app.extensions["svarboks"].questionnaire(iv.version)
    world.rounds["screen"] = open_round(
        world, "screen", iv.version, questionnaire, channels=("web",)
    )
    client = world.signed_in("coordinator")
    assert client.get("/desk/rounds/open1/units/billund/typing/da").status_code == 403
    assert client.get("/desk/rounds/open1/units/assens/typing/xx").status_code == 404
    assert "Assens" in client.get("/desk/rounds/open1/typing").text
    assert "Billund" not in client.get("/desk/rounds/open1/typing").text
    assert "Billund" in world.signed_in("secretariat").get("/desk/rounds/open1/typing").text
    on = client.get("/desk/rounds/open1/typing?unit=assens&language=ar").headers["Location"]
    assert on == "/desk/rounds/open1/units/assens/typing/ar"
    for closed in ("screen1", "planned1"):
        at = f"/desk/rounds/{closed}/units/assens/typing/da"
        assert client.get(at).headers["Location"] == f"/desk/rounds/{closed}/typing"
        answer = client.post(at, data=own_fields(client, AT))
        assert answer.status_code == 409, closed
    assert "/desk/rounds/open1/typing" in client.get("/desk/rounds/open1").text
    assert (
        "/desk/rounds/open1/typing" not in world.signed_in("member").get("/desk/rounds/open1").text
    )


def test_an_invited_round_asks_for_no_code_of_a_sheet_Y9(world: World) -> None:
    iv = world.rounds["open"]
    questionnaire = world.app.extensions["svarboks"].questionnaire(iv.version)
    open_round(world, "letters", iv.version, questionnaire, access="invited")
    client = world.signed_in("coordinator")
    at = "/desk/rounds/letters1/units/assens/typing/da"
    assert client.post(at, data={**own_fields(client, at), "trust": "5"}).status_code == 303
    refused = world.client().post("/s/letters1/da", data={"trust": "5", "~key": "cd" * 16})
    assert refused.status_code == 422
    assert world.waiting() == 1


def test_two_keyings_without_a_script_Y4(world: World) -> None:
    with world.store.write() as db:
        db.execute("UPDATE round SET typed_twice = 1 WHERE id = 'open1'")
    client = world.signed_in("coordinator")
    fields = own_fields(client, AT)
    once = client.post(AT, data={**fields, "trust": "5", "suggestions": 'Tak "alle"'})
    assert (once.status_code, world.waiting()) == (200, 0)
    first = html.unescape(re.search(r'name="~first" value="([^"]*)"', once.text)[1])  # type: ignore[index]
    assert 'value="5" checked' not in once.text
    differs = client.post(
        AT, data={**fields, "~first": first, "trust": "4", "suggestions": 'Tak "alle"'}
    )
    assert (differs.status_code, world.waiting()) == (422, 0)
    assert "første gang: 5" in differs.text or "the first time: 5" in differs.text
    settled = {**fields, "~first": first, "~settled": "1", "trust": "5"}
    assert client.post(AT, data=settled).status_code == 303
    agreed = {**fields, "~key": "ef" * 16, "~first": '{"trust": ["3"]}', "trust": "3"}
    assert client.post(AT, data=agreed).status_code == 303
    assert world.waiting() == 2
    assert client.post(AT, data={**fields, "~first": "[1]", "trust": "3"}).status_code == 400


def test_a_round_that_is_not_divided_by_units_Y6(world: World) -> None:
    iv = world.rounds["open"]
    questionnaire = world.app.extensions["svarboks"].questionnaire(iv.version)
    open_round(world, "whole", iv.version, questionnaire, units=())
    client = world.signed_in("secretariat")
    at = "/desk/rounds/whole1/typing/da"
    assert client.get("/desk/rounds/whole1/typing?language=da").headers["Location"] == at
    assert client.post(at, data={**own_fields(client, at), "trust": "5"}).status_code == 303
    header = world.store.waiting.execute("SELECT header FROM submission").fetchone()[0]
    assert '"unit":null' in header
    # Where units take part, a sheet comes from one of them.
    assert client.get("/desk/rounds/open1/typing/da").status_code == 404
