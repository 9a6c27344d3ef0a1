"""Looking at marks through HTTP.

V1  Doubtful answers come first, all of one question together, then what is to be typed; each with its picture and its options.
V2  A decision is kept by itself, at once and once; sent again it stays kept; what can be no answer is said.
V3  Of two who decide the same, the first is heard, and the second is told.
V4  The second reader sees nothing of the first, and is another person; they disagree, it is settled, and the rate is shown.
V5  Undo takes back one's own last decision.
V6  Pictures and pages are for the unit that handed out, the one that was asked to look, and the secretariat; nobody keeps them.
V9  A finished sheet that cannot be an answer is shown again, said anew, or left out; before that the batch is not confirmed.
V11 Every kind of question can be looked at: each place of a sheet with all kinds has its picture and a way to say its answer.
V10 The front page tells who is to look at a batch: its unit, the unit that was asked, the secretariat; nobody else.
V7  Words are typed beside their image, with a translation where they are not Danish; a CPR number is asked about.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from forms.answers import AnswerFault
from store import accounts, audit, paper_batches, paper_findings, paper_readings, paper_sheets
from store.accounts import Grant, Role
from sync.paper.handing_in import answers_of_sheet
from tests.server.installation import PASSWORD_HASH, World
from tests.server.paper_batch import BATCH, scanned

AT = f"/desk/batches/{BATCH}/review"
SHEETS: list[dict[str, list[str]]] = [
    {"choice": ["5"], "trust": ["doubtful", "4"], "suggestions": ["Tak"]},
    {"choice": ["doubtful", "3"], "trust": ["doubtful", "2"], "informed": ["~dont_know"]},
]


@pytest.fixture
def colleague(world: World) -> FlaskClient:
    """Another coordinator of the same unit."""
    with world.store.write() as db:
        accounts.add(
            db, name="Kollega", email="colleague@region.example", password_hash=PASSWORD_HASH,
            grants=[Grant(Role.COORDINATOR, unit="assens")],
        )  # fmt: skip
    return world.signed_in("colleague")


def token(client: FlaskClient) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/account").text)
    assert found is not None
    return found[1]


def say(client: FlaskClient, sheet: int, place: str, value: str = "", **more: str) -> Any:
    """Say what an answer is, as the page's script does."""
    data = {
        "~token": token(client), "sheet": str(sheet), "place": place, "value": value, "needs": "decision", **more,
    }  # fmt: skip
    return client.post(AT, data=data, headers={"Accept": "application/json"})


def waiting(client: FlaskClient) -> list[tuple[int, str, str]]:
    """(sheet, place, needs) of what the page shows, in its order."""
    html = client.get(AT).text
    return [
        (int(sheet), place, needs)
        for needs, sheet, place in re.findall(
            r'data-needs="(\w+)" data-sheet="(\d+)" data-place="([^"]+)"', html
        )
    ]


def test_doubtful_first_by_question_then_words_V1(world: World) -> None:
    first, second = scanned(world, SHEETS)
    client = world.signed_in("coordinator")
    assert waiting(client) == [
        (second, "choice", "decision"),
        (first, "trust", "decision"),
        (second, "trust", "decision"),
        (first, "suggestions", "decision"),
    ]
    html = client.get(AT).text
    assert html.count("Følte du dig tryg") == 1
    assert html.count('name="translation"') == 0
    picture = client.get(f"{AT}/image/{first}?place=trust")
    assert picture.content_type == "image/jpeg"
    assert picture.data[:2] == b"\xff\xd8"
    assert "no-store" in picture.headers["Cache-Control"]
    whole = client.get(f"{AT}/image/{first}?place=trust&whole=1")
    assert len(whole.data) > len(picture.data)


def test_a_decision_is_kept_once_V2_V5(world: World) -> None:
    first, _second = scanned(world, SHEETS)
    client = world.signed_in("coordinator")
    for _ in range(2):
        answer = say(client, first, "trust", "4")
        assert (answer.status_code, answer.json["state"]) == (200, "kept")
    kept = paper_readings.find(world.store.paper, first, "trust")
    assert kept is not None
    assert kept.decided is not None
    assert list(kept.decided.value) == ["4"]
    assert (first, "trust", "decision") not in waiting(client)
    wrong = say(client, first, "suggestions", "x" * 3000)
    assert wrong.status_code == 422
    assert wrong.json["state"] == "wrong"
    assert wrong.json["said"]
    assert say(client, first, "trust", "9").json["state"] == "wrong"
    undone = say(client, first, "trust", do="undo").json
    assert undone == {"undone": {"sheet": first, "place": "trust"}}
    assert (first, "trust", "decision") in waiting(client)
    assert say(client, first, "trust", do="undo").json == {"undone": None}
    blank = say(client, first, "trust", "")
    assert blank.json["state"] == "kept"
    assert (first, "trust", "decision") not in waiting(client)


def test_the_first_of_two_is_heard_V3(world: World, colleague: FlaskClient) -> None:
    first, _second = scanned(world, SHEETS)
    assert say(world.signed_in("coordinator"), first, "trust", "4").json["state"] == "kept"
    assert say(colleague, first, "trust", "2").json["state"] == "taken"
    kept = paper_readings.find(world.store.paper, first, "trust")
    assert kept is not None
    assert kept.decided is not None
    assert list(kept.decided.value) == ["4"]
    assert say(colleague, first, "trust", do="undo").json == {"undone": None}


def test_a_second_reader_is_another_and_blind_V4(world: World, colleague: FlaskClient) -> None:
    first, second = scanned(world, SHEETS, second=["choice", "trust"])
    client = world.signed_in("coordinator")
    for sheet, place in ((second, "choice"), (first, "trust"), (second, "trust")):
        say(client, sheet, place, "1")
    say(client, first, "suggestions", "Tak")
    # What was read surely is read a second time by anybody; what one decided, by another.
    assert waiting(client) == [(first, "choice", "second")]
    html = client.get(AT).text
    assert (
        "venter på en anden person" in html
        or "waits for another person" in html
        or "wait for another" in html
    )
    blind = colleague.get(AT).text
    assert len(waiting(colleague)) == 4
    assert " checked" not in blind.split('id="shortcuts"')[0]
    assert say(client, first, "trust", "1", needs="second").json["state"] == "taken"
    assert say(colleague, first, "trust", "1", needs="second").json["state"] == "kept"
    assert say(colleague, second, "trust", "5", needs="second").json["state"] == "kept"
    assert (second, "trust", "settling") in waiting(client)
    page = client.get(AT).text
    assert "50" in page  # one of two
    assert say(client, second, "trust", "5", needs="settling").json["state"] == "kept"
    totals = paper_readings.totals(world.store.paper, BATCH)
    assert (totals.second_read, totals.disagreed) == (2, 1)


def test_for_whom_V6(world: World) -> None:
    first, _second = scanned(world, SHEETS)
    other = world.signed_in("othercoordinator")
    for path in (AT, f"{AT}/image/{first}?place=trust"):
        assert other.get(path).status_code == 403
        assert world.signed_in("secretariat").get(path).status_code == 200
        assert world.signed_in("chair").get(path).status_code == 403
    with world.store.write() as db:
        assert paper_batches.give_review(db, BATCH, "nyborg")
    for path in (AT, f"{AT}/image/{first}?place=trust"):
        assert other.get(path).status_code == 200
    assert say(other, first, "trust", "4").json["state"] == "kept"
    assert other.get(f"{AT}/image/999?place=trust").status_code == 404
    assert other.get(f"{AT}/image/{first}?place=nothing").status_code == 404
    with world.store.write() as db:
        assert paper_batches.void(db, BATCH, now=world.now)
    assert say(other, first, "trust", "4").status_code == 409


def test_words_and_their_translation_V7(world: World) -> None:
    [sheet] = scanned(world, [{"suggestions": ["شكرا"]}], language="ar")
    client = world.signed_in("coordinator")
    assert 'name="translation"' in client.get(AT).text
    asked = say(client, sheet, "suggestions", "010180-1234")
    assert (asked.status_code, asked.json["state"]) == (422, "personal")
    kept = say(client, sheet, "suggestions", "شكرا", translation="Tak")
    assert kept.json["state"] == "kept"
    reading = paper_readings.find(world.store.paper, sheet, "suggestions")
    assert reading is not None
    assert reading.decided is not None
    assert list(reading.decided.value) == ["شكرا\n[da] Tak"]


def test_the_page_without_a_script_V2(world: World) -> None:
    first, _second = scanned(world, SHEETS)
    client = world.signed_in("coordinator")
    fields = {
        "~token": token(client),
        "sheet": str(first),
        "place": "trust",
        "needs": "decision",
        "do": "keep",
    }
    assert client.post(AT, data={**fields, "value": "4"}).headers["Location"].startswith(AT)
    wrong = client.post(AT, data={**fields, "place": "suggestions", "value": "x" * 3000})
    assert wrong.status_code == 422
    assert "form-error-message" in wrong.text
    assert client.post(AT, data={**fields, "do": "undo"}).status_code == 303
    assert (first, "trust", "decision") in waiting(client)


def test_a_sheet_that_cannot_be_an_answer_V9(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = scanned(world, [{"choice": ["5"], "trust": ["1"]}, {"choice": ["4"]}])
    real = world.app.extensions["svarboks"].checker

    class Strict:
        """As if the questionnaire had a rule that who chose could not be afraid."""

        def __init__(self, checker: Any) -> None:
            self._checker = checker

        def check(self, answers: Any, **how: Any) -> Any:
            checked = self._checker.check(answers, **how)
            broken = answers.get("choice") and answers.get("trust") == "1"
            faults = (AnswerFault("trust", "constraint", {"index": 0}),) if broken else ()
            return replace(checked, faults=(*checked.faults, *faults))

    monkeypatch.setattr(
        world.app.extensions["svarboks"], "checker", lambda name: Strict(real(name))
    )
    client = world.signed_in("coordinator")
    assert waiting(client) == [(first, "trust", "fault")]
    html = client.get(AT).text
    assert "bryder en regel" in html or "breaks a rule" in html
    assert client.post(f"/desk/batches/{BATCH}/accept", data={"token": token(client), "do": "accept", "sheets": "2"}).status_code == 409  # fmt: skip
    assert say(client, first, "trust", "2", needs="fault").json["state"] == "kept"
    assert waiting(client) == []
    assert "finished" in client.get(AT).text
    with world.store.write_paper() as db:
        assert paper_readings.decide(db, BATCH, first, "trust", ["1"], by=1)
    assert waiting(client) == [(first, "trust", "fault")]
    assert say(client, first, "trust", needs="fault", do="out").json["state"] == "kept"
    assert waiting(client) == []
    assert [one.standing for one in paper_sheets.of_batch(world.store.paper, BATCH)] == [
        "out",
        "in",
    ]
    [noted] = audit.listed(world.store.main, subject=f"batch:{BATCH}")
    assert noted.action == "sheet left out"
    assert second
    # The batch's page says so, and takes it back.
    [found] = paper_findings.of_batch(world.store.paper, BATCH)
    assert (found.kind, found.sheet, found.settled) == ("fault", first, "out")
    undone = client.post(
        f"/desk/batches/{BATCH}/findings/{found.id}", data={"token": token(client), "do": "undo"}
    )
    assert undone.status_code == 303
    assert [one.standing for one in paper_sheets.of_batch(world.store.paper, BATCH)] == ["in"] * 2
    assert paper_findings.of_batch(world.store.paper, BATCH) == []


def test_the_front_page_tells_who_is_to_look_V10(world: World) -> None:
    scanned(world, SHEETS)
    at = f'href="/desk/batches/{BATCH}"'
    told = {
        who: at in world.signed_in(who).get("/desk").text
        for who in ("coordinator", "othercoordinator", "secretariat", "chair", "respondent")
    }
    assert told == {
        "coordinator": True, "othercoordinator": False, "secretariat": True, "chair": False, "respondent": False,
    }  # fmt: skip
    with world.store.write() as db:
        paper_batches.give_review(db, BATCH, "nyborg")
    assert at in world.signed_in("othercoordinator").get("/desk").text


#: By place of the sheet with all kinds: what is on it, and what a person says.
EVERYTHING: dict[str, tuple[list[str], dict[str, str]]] = {
    "may": (["doubtful", "yes"], {"value": "yes"}),
    "place": (["doubtful", "home"], {"value": "home"}),
    "trust": (["doubtful", "2"], {"value": "~not_relevant"}),
    "aids": (["doubtful", "pump", "stand"], {"value": "pump"}),
    "care/met": (["doubtful", "3"], {"value": "3"}),
    "minutes": (["12,5"], {"value": "12,5"}),
    "visits": (["3"], {"value": "3"}),
    "seen": (["02052026"], {"value": "2026-05-02"}),
    "began": (["0730"], {"value": "07:30"}),
    "lasted": (["45"], {"value": "45"}),
    "staff/nurses/total": (["2"], {"value": "2"}),
    "staff/nurses/good": (["doubtful", "yes"], {"value": "yes"}),
    "steps/0/sector": (["Lægen"], {"value": "Lægen"}),
    "steps/0/waited": (["4"], {"value": "4"}),
    "suggestions": (["Mere tid"], {"value": "Mere tid"}),
}


def test_every_kind_of_question_V11(world: World) -> None:
    [sheet] = scanned(
        world, [{place: filled for place, (filled, _) in EVERYTHING.items()}], name="kinds"
    )
    client = world.signed_in("coordinator")
    assert {place for _, place, _ in waiting(client)} == set(EVERYTHING)
    html = client.get(AT).text
    for place, (_, said) in EVERYTHING.items():
        assert client.get(f"{AT}/image/{sheet}?place={place}").status_code == 200, place
        item = html.split(f'id="i-{sheet}-{place}"')[1].split("</form>")[0]
        value = said["value"]
        chosen = f'value="{value}"' in item
        assert chosen or re.search(
            r'<(textarea|input class="form-input")[^>]* name="value"', item
        ), place
        answer = say(client, sheet, place, **said)
        assert (answer.status_code, answer.json["state"]) == (200, "kept"), (place, answer.json)
    assert waiting(client) == []
    for place, wrong in (("minutes", "mange"), ("seen", "2031-01-01"), ("visits", "3,5")):
        assert say(client, sheet, place, wrong).status_code == 422, place
    sheets = paper_sheets.of_batch(world.store.paper, BATCH)
    questionnaire = world.app.extensions["svarboks"].questionnaire(world.rounds["kinds"].version)
    answers = answers_of_sheet(world.store, sheets[0], questionnaire)
    assert answers["minutes"] == 12.5
    assert answers["steps"] == [{"sector": "Lægen", "waited": 4}]
    assert answers["staff"] == {"nurses": {"total": 2, "good": "yes"}}
    assert answers["trust"] == {"missing": "not_relevant"}
