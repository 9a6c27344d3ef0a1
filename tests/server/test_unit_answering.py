"""Interviews, registrations and audits: answered at the desk for a unit.

I1  The page is the answering page with the unit in what is sealed, in the round's languages; after it the next case.
I2  Without a script the form comes in with the unit, once; faults are shown again with what was typed.
I3  Only confidential rounds of these shapes, only for one's own unit, only while it is open.
I4  Nothing says who of the desk answered: neither the audit log nor any table has a word of it.
I5  A form without its token, or of another session, is refused.
"""

from __future__ import annotations

import random
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from forms import library
from forms.answers import compile_check
from forms.form_fields import to_form
from server.simulation import draw_valid_answers
from store import audit, responses, rounds
from store.rounds import RoundState
from sync.mixing import mix
from tests.server.installation import World, open_round, publish

AT = "/desk/rounds/time1/units/assens/answer"


@pytest.fixture
def registering(world: World) -> World:
    """The time study, open for Assens and Billund; and interviews for Nyborg."""
    study = library.read("time-study")
    world.rounds["time"] = open_round(world, "time", publish(world.store, study), study)
    talks = library.read("ptsd-interviews")
    world.rounds["talks"] = open_round(
        world, "talks", publish(world.store, talks), talks, units=("nyborg",)
    )
    return world


def fields_of(client: FlaskClient, at: str = AT) -> dict[str, str]:
    """The page's own fields."""
    html = client.get(f"{at}/da").text
    return dict(re.findall(r'<input type="hidden" name="(~\w+)" value="([0-9a-f]+)">', html))


def answers_of(registering: World) -> dict[str, str]:
    """Fields that the time study takes."""
    service = registering.app.extensions["svarboks"]
    version = service.version(registering.rounds["time"].version)
    drawn = draw_valid_answers(
        compile_check(version), version.questionnaire, random.Random(4), None,
        units=["assens"], around=registering.now.date(),
    )  # fmt: skip
    return {name: values[0] for name, values in to_form(version.questionnaire, drawn).items()}


def test_the_page_seals_with_the_unit_I1(registering: World) -> None:
    client = registering.signed_in("interviewer")
    assert client.get(AT).headers["Location"] == f"{AT}/da"
    html = client.get(f"{AT}/da").text
    assert 'data-unit="assens"' in html
    assert "Svar for Assens" in html
    assert f'data-thanks-url="{AT}/da/thanks"' in html
    assert "Svar en gang til for Assens" in html  # in the template of thanks
    thanks = client.get(f"{AT}/da/thanks").text
    assert f'href="{AT}/da"' in thanks
    public = client.get("/s/time1/da").text
    assert "data-unit" not in public
    assert "~token" not in public


def test_the_plain_form_carries_the_unit_once_I2_I4(registering: World) -> None:
    client = registering.signed_in("interviewer")
    before = {
        row[0]: list(registering.store.main.execute(f'SELECT * FROM "{row[0]}"'))
        for row in registering.store.main.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    }  # fmt: skip
    data = {**fields_of(client), **answers_of(registering)}
    for _ in range(2):
        answer = client.post(f"{AT}/da", data=data)
        assert answer.status_code == 303, re.findall(r"error-summary.*?</ul>", answer.text, re.S)
        assert answer.headers["Location"] == f"{AT}/da/thanks"
    assert registering.waiting() == 1
    after = {
        name: list(registering.store.main.execute(f'SELECT * FROM "{name}"')) for name in before
    }
    assert after == before
    assert audit.listed(registering.store.main, subject="round:time1") == []
    header = registering.store.waiting.execute("SELECT header FROM submission").fetchone()[0]
    assert '"unit":"assens"' in header
    registering.now += timedelta(days=32)
    with registering.store.write() as db:
        rounds.set_state(db, "time1", RoundState.CLOSED)
    report = mix(
        registering.store, registering.keys, "time1", rng=random.Random(1), whole=True,
        now=registering.now,
    )  # fmt: skip
    assert (report.mixed, report.quarantined) == (1, 0)
    [kept] = responses.read(registering.store.main, "time1")
    assert kept.unit == "assens"


def test_faults_are_shown_again_I2(registering: World) -> None:
    client = registering.signed_in("interviewer")
    typed = {**answers_of(registering), **fields_of(client)}
    wrong = {name: ("noget" if value.isdecimal() else value) for name, value in typed.items()}
    wrong |= fields_of(client)
    answer = client.post(f"{AT}/da", data=wrong)
    assert answer.status_code == 422
    assert 'value="noget"' in answer.text
    assert registering.waiting() == 0


def test_for_whom_and_when_I3(registering: World) -> None:
    interviewer = registering.signed_in("interviewer")
    assert interviewer.get("/desk/rounds/time1/units/billund/answer/da").status_code == 403
    assert interviewer.get("/desk/rounds/talks1/units/nyborg/answer/da").status_code == 403
    assert interviewer.get("/desk/rounds/open1/units/assens/answer/da").status_code == 404
    assert interviewer.get(f"{AT}/fa").status_code == 404
    for who in ("coordinator", "respondent", "secretariat", "chair"):
        assert registering.signed_in(who).get(f"{AT}/da").status_code == 403
    data = fields_of(interviewer)
    registering.now += timedelta(days=11)
    interviewer = registering.signed_in("interviewer")
    assert interviewer.get(f"{AT}/da").status_code == 409
    registering.now += timedelta(days=30)
    interviewer = registering.signed_in("interviewer")
    token = re.search(r'name="token" value="([0-9a-f]+)"', interviewer.get("/desk").text)
    assert token is not None
    late = interviewer.post(f"{AT}/da", data={**data, "~token": token[1]})
    assert late.status_code == 409
    assert registering.waiting() == 0


def test_a_forged_form_is_refused_I5(registering: World) -> None:
    client = registering.signed_in("interviewer")
    data = {**fields_of(client), **answers_of(registering)}
    for token in ("", "0" * 64):
        assert client.post(f"{AT}/da", data={**data, "~token": token}).status_code == 400
    assert client.post(f"{AT}/da", data={**data, "~key": "x"}).status_code == 400
    assert registering.waiting() == 0
