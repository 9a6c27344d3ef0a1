"""The course of a round at the desk.

R1  Opening: now, or by itself on its day once approved; the approval can be taken back; days that have passed are refused.
R2  Prolonging keeps each promise: at every instant that people were told all that waits is mixed, once.
R3  Days are never earlier than now or than what people were told, and receiving never ends before answering.
R4  Ending the answering keeps receiving; closing ends both; each asks first. Opened again is an open round whose answering
    has ended, and a closed one that is not finished; a finished one never, and its page says why.
R5  What comes late to a finished round is mixed when a person orders it, by the process that keeps the keys.
R6  The smallest group is only raised; ceiling and population are set; a unit joins from a day.
R7  The edition is made by secretariat and chair once all is mixed; what stands in the way is said. From then on the round's
    page offers the report first, and no link to answer once the round is finished.
R8  A form that does not say what it does changes nothing; a step that the state does not allow is told, not done.
R9  Every step is in the audit log, with old and new values; the scheduler's own too.
"""

from __future__ import annotations

import random
import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from server.round_plan import LOCAL_TIME
from server.scheduler import CLOSING_MIX, Scheduler, somebody_waits
from store import (
    audit,
    editions,
    mix_orders,
    promised_mixes,
    responses,
    round_units,
    rounds,
    runs,
    submissions,
)
from store.rounds import Round, RoundState
from tests.server.installation import NOW, World, envelope
from tests.server.test_round_setup import made_by, token_of

OPEN = "/desk/rounds/open1"


def tick(world: World) -> None:
    assert Scheduler(
        world.store, world.keys, "one", lambda: world.now, random.SystemRandom()
    ).tick()


def answers(world: World, *numbers: int) -> None:
    for number in numbers:
        body = envelope(world, "open", {"trust": "5"}, f"{number:032x}")
        sent = world.client().post("/api/submissions", data=body, content_type="application/octet-stream")  # fmt: skip
        assert sent.status_code == 201


def press(client: FlaskClient, path: str, step: str, **values: str) -> str:
    """Send a form; where it leads, or the text of the page that is shown again."""
    response = client.post(path, data={"token": token_of(client), "do": step, **values})
    assert response.status_code in {303, 422}, response.status_code
    return response.headers["Location"] if response.status_code == 303 else response.text


def days(answer: str, receive: str) -> dict[str, str]:
    return {"answer_day": answer, "answer_time": "12:00", "receive_day": receive, "receive_time": "12:00"}  # fmt: skip


def the(world: World, round_id: str = "open1") -> Round:
    return rounds.read(world.store.main, round_id)


def mixed(world: World) -> int:
    return responses.count(world.store.main, "open1")


def waiting(world: World) -> int:
    return submissions.waiting_count(world.store.waiting, "open1")


def actions(world: World, round_id: str = "open1") -> list[tuple[str, str]]:
    return [
        (entry.actor.split(":")[0], entry.action)
        for entry in reversed(audit.listed(world.store.main, subject=f"round:{round_id}"))
    ]


def test_opening_now_R1(world: World) -> None:
    client = world.signed_in("secretariat")
    made = made_by(world, client, units_by="chosen", units=["assens"])
    tick(world)
    world.now += timedelta(minutes=20)
    assert client.get(f"/desk/rounds/{made.id}/open").status_code == 200
    assert "told=opened" in press(client, f"/desk/rounds/{made.id}/open", "open")
    opened = the(world, made.id)
    assert (opened.state, opened.opens_at) == (RoundState.OPEN, world.now)
    assert opened.answering(world.now)
    assert promised_mixes.of_round(world.store.main, made.id) == [made.receive_until]
    [unit] = round_units.listed(world.store.main, made.id)
    assert unit.from_day == world.now.astimezone(LOCAL_TIME).date()
    assert "told=not-now" in press(client, f"/desk/rounds/{made.id}/open", "open")


def test_opening_before_the_key_is_there_R1(world: World) -> None:
    client = world.signed_in("secretariat")
    made = made_by(world, client)
    assert "told=opening" in press(client, f"/desk/rounds/{made.id}/open", "open")
    assert somebody_waits(world.store, world.now)
    tick(world)
    assert the(world, made.id).state is RoundState.OPEN


def test_by_itself_on_its_day_once_approved_R1(world: World) -> None:
    client = world.signed_in("secretariat")
    on_the_day = made_by(world, client, opens="day", opens_day="2026-11-25")
    waits = made_by(world, client, opens="day", opens_day="2026-11-25")
    back = made_by(world, client, opens="day", opens_day="2026-11-25")
    for one in (on_the_day, back):
        assert "told=approved" in press(client, f"/desk/rounds/{one.id}/open", "approve")
    assert "told=taken-back" in press(client, f"/desk/rounds/{back.id}/open", "wait")
    tick(world)
    assert the(world, on_the_day.id).state is RoundState.PLANNED
    world.now = on_the_day.opens_at
    tick(world)
    states = [the(world, one.id).state for one in (on_the_day, waits, back)]
    assert states == [RoundState.OPEN, RoundState.PLANNED, RoundState.PLANNED]
    assert actions(world, on_the_day.id) == [
        ("account", "round set up"), ("account", "round approved"), ("scheduler", "round opened"),
    ]  # fmt: skip


def test_days_that_have_passed_are_not_opened_R1(world: World) -> None:
    made = made_by(world, world.signed_in("secretariat"))
    world.now = made.answer_until
    client = world.signed_in("secretariat")
    assert f"/desk/rounds/{made.id}/edit#answer_day" in press(client, f"/desk/rounds/{made.id}/open", "open")  # fmt: skip
    assert the(world, made.id).state is RoundState.PLANNED


def test_each_promise_is_kept_once_R2(world: World) -> None:
    client = world.signed_in("secretariat")
    first = the(world).receive_until
    # What was opened by the test's own means was promised as well.
    assert promised_mixes.of_round(world.store.main, "open1") == [first]
    assert "told=prolonged" in press(client, f"{OPEN}/days", "days", **days("2027-01-05", "2027-01-20"))  # fmt: skip
    assert "told=prolonged" in press(client, f"{OPEN}/days", "days", **days("2027-02-05", "2027-02-20"))  # fmt: skip
    second, third = promised_mixes.of_round(world.store.main, "open1")[1:]
    assert third == the(world).receive_until
    assert "2027" in client.get(OPEN).text

    answers(world, 1, 2, 3)
    world.now = first - timedelta(seconds=1)
    tick(world)
    assert (mixed(world), waiting(world)) == (0, 3)
    for _ in range(3):
        world.now += timedelta(seconds=10)
        tick(world)
    assert (mixed(world), waiting(world)) == (3, 0)
    assert the(world).state is RoundState.OPEN
    answers(world, 4)
    tick(world)
    assert (mixed(world), waiting(world)) == (3, 1)
    world.now = second
    tick(world)
    assert (mixed(world), waiting(world)) == (4, 0)
    answers(world, 5)
    world.now = third
    tick(world)
    assert (mixed(world), the(world).state) == (5, RoundState.FINISHED)
    done = [(run.name, run.attempts, run.message.split(" ")[0]) for run in runs.listed(world.store.main) if run.period.startswith("open1 ")]  # fmt: skip
    assert done == [(CLOSING_MIX, 1, "1"), (CLOSING_MIX, 1, "1"), (CLOSING_MIX, 1, "3")]
    assert actions(world).count(("scheduler", "all answers mixed")) == 3


@pytest.mark.parametrize(
    ("answer", "receive", "wrong"),
    [
        ("2026-11-21", "2027-01-20", {"answer_day"}),
        ("2026-11-25", "2027-01-20", {"answer_day"}),
        ("2027-01-05", "2027-01-04", {"receive_day"}),
        ("2026-12-10", "2026-12-20", {"receive_day"}),
        ("", "2027-13-01", {"answer_day", "receive_day"}),
    ],
)
def test_days_are_never_earlier_R3(
    world: World, answer: str, receive: str, wrong: set[str]
) -> None:
    client = world.signed_in("secretariat")
    before = the(world)
    html = press(client, f"{OPEN}/days", "days", **days(answer, receive))
    for name in ("answer_day", "receive_day"):
        assert (f'id="{name}-error"' in html) == (name in wrong)
    assert f'value="{answer}"' in html
    assert the(world) == before


def test_ending_and_opening_again_R4(world: World) -> None:
    client = world.signed_in("secretariat")
    answers(world, 1, 2)
    assert client.get(f"{OPEN}/close").status_code == 200
    assert "told=answering-ended" in press(client, f"{OPEN}/close", "answering")
    ended = the(world)
    assert (ended.state, ended.answer_until) == (RoundState.OPEN, NOW)
    assert ended.receiving(NOW)
    assert world.client().get("/s/open1/da").status_code == 409
    world.now += timedelta(hours=1)
    client = world.signed_in("secretariat")
    assert "told=prolonged" in press(client, f"{OPEN}/days", "days", **days("2026-12-24", "2027-01-20"))  # fmt: skip
    assert world.client().get("/s/open1/da").status_code == 200

    assert "told=closed" in press(client, f"{OPEN}/close", "close")
    assert the(world).state is RoundState.CLOSED
    assert "told=prolonged" in press(client, f"{OPEN}/days", "days", **days("2026-12-24", "2027-01-20"))  # fmt: skip
    assert the(world).state is RoundState.OPEN
    tick(world)
    press(client, f"{OPEN}/close", "close")
    tick(world)
    assert the(world).state is RoundState.FINISHED
    assert mixed(world) == 2
    html = client.get(f"{OPEN}/days", headers={"Accept-Language": "en"}).text
    assert "never opened again" in html
    assert 'name="answer_day"' not in html
    assert "told=not-now" in press(client, f"{OPEN}/days", "days", **days("2027-01-24", "2027-02-20"))  # fmt: skip
    assert the(world).state is RoundState.FINISHED
    assert [action for _, action in actions(world)] == [
        "answering ended", "round opened again", "round closed", "round opened again", "round closed",
        "all answers mixed",
    ]  # fmt: skip


def test_closed_in_the_second_of_a_promised_mix_R4(world: World) -> None:
    """Its mix of that second is done already; the round is finished all the same, with what came in between."""
    client = world.signed_in("secretariat")
    first = the(world).receive_until
    press(client, f"{OPEN}/days", "days", **days("2027-01-05", "2027-01-20"))
    answers(world, 1)
    world.now = first
    tick(world)
    answers(world, 2)
    press(world.signed_in("secretariat"), f"{OPEN}/close", "close")
    assert the(world).receive_until == first
    tick(world)
    assert (mixed(world), the(world).state) == (2, RoundState.FINISHED)


def test_late_answers_are_mixed_when_ordered_R5(world: World) -> None:
    client = world.signed_in("secretariat")
    press(client, f"{OPEN}/close", "close")
    tick(world)
    assert "told=nothing-late" in press(client, f"{OPEN}/late-answers", "mix")
    answers(world, 1, 2)
    tick(world)
    assert (mixed(world), waiting(world)) == (0, 2)
    assert "late-answers" in client.get(OPEN).text
    assert client.get(f"{OPEN}/late-answers").status_code == 200
    assert "told=late-ordered" in press(client, f"{OPEN}/late-answers", "mix")
    assert somebody_waits(world.store, world.now)
    tick(world)
    assert (mixed(world), waiting(world)) == (2, 0)
    assert mix_orders.listed(world.store.main) == []
    assert not somebody_waits(world.store, world.now)
    assert actions(world)[-2:] == [
        ("account", "mix of late answers ordered"), ("scheduler", "late answers mixed"),
    ]  # fmt: skip
    assert "told=not-now" in press(client, "/desk/rounds/kinds1/late-answers", "mix")


def test_rules_R6(world: World) -> None:
    client = world.signed_in("secretariat")
    answers(world, *range(20))
    rules = {"smallest_group": "8", "ceiling": "3.000", "population": "400"}
    assert "told=rules" in press(client, f"{OPEN}/rules", "rules", **rules)
    found = the(world)
    assert (found.smallest_group, found.ceiling, found.population) == (8, 3000, 400)
    assert audit.listed(world.store.main, subject="round:open1")[0].details == {
        "smallest_group": [5, 8], "ceiling": [100_000, 3000], "population": [None, 400],
    }  # fmt: skip
    for name, value in (("smallest_group", "7"), ("smallest_group", "4"), ("ceiling", "19"), ("population", "-1")):  # fmt: skip
        html = press(client, f"{OPEN}/rules", "rules", **{**rules, name: value})
        assert f'id="{name}-error"' in html
        assert the(world) == found


def test_a_unit_joins_late_R6(world: World) -> None:
    client = world.signed_in("secretariat")
    assert client.get(f"{OPEN}/late-unit").status_code == 200
    assert "told=unit-added" in press(client, f"{OPEN}/late-unit", "add", unit="nyborg", from_day="2026-11-25")  # fmt: skip
    joined = {one.unit: one for one in round_units.listed(world.store.main, "open1")}["nyborg"]
    assert joined.from_day == date(2026, 11, 25)
    for unit, day, wrong in (
        ("nyborg", "2026-11-25", "unit"), ("nowhere", "2026-11-25", "unit"), ("", "2026-11-25", "unit"),
        ("nyborg", "i dag", "from_day"),
    ):  # fmt: skip
        html = press(client, f"{OPEN}/late-unit", "add", unit=unit, from_day=day)
        assert f'id="{wrong}-error"' in html or "All units" in html or "alle enheder" in html.lower()  # fmt: skip


def first_step(client: FlaskClient) -> str:
    """Where the first of the round's steps leads."""
    found = re.search(r'class="button button-primary" href="([^"]+)"', client.get(OPEN).text)
    assert found
    return found[1]


def test_the_edition_R7(world: World) -> None:
    chair = world.signed_in("chair")
    assert "told=not-now" in press(chair, f"{OPEN}/edition", "edition")
    answers(world, *range(12))
    secretariat = world.signed_in("secretariat")
    press(secretariat, f"{OPEN}/close", "close")
    assert "told=still-waiting" in press(chair, f"{OPEN}/edition", "edition")
    assert 'value="edition"' not in chair.get(f"{OPEN}/edition").text
    tick(world)
    assert 'value="edition"' in chair.get(f"{OPEN}/edition").text
    assert first_step(chair) == f"{OPEN}/edition"
    assert "told=edition#editions" in press(chair, f"{OPEN}/edition", "edition")
    assert first_step(chair) == f"{OPEN}/editions/1/report"
    assert chair.get(f"{OPEN}/editions/1/report").status_code == 200
    assert "/s/open1" not in chair.get(OPEN).text
    assert "told=same-edition" in press(secretariat, f"{OPEN}/edition", "edition")
    made = editions.latest(world.store.main, "open1")
    assert made is not None
    assert made.number == 1
    noted = [e for e in audit.listed(world.store.main) if e.action == "edition made"]
    assert [entry.details for entry in noted] == [{"edition": 1, "hash": made.figures["hash"]}]
    for who in ("member", "coordinator"):
        assert world.signed_in(who).get(f"{OPEN}/edition").status_code == 403


def test_unread_text_is_a_warning_R7(world: World) -> None:
    body = envelope(world, "open", {"trust": "5", "suggestions": "Tak."}, "9" * 32)
    world.client().post("/api/submissions", data=body, content_type="application/octet-stream")
    client = world.signed_in("secretariat")
    press(client, f"{OPEN}/close", "close")
    tick(world)
    html = client.get(f"{OPEN}/edition").text
    assert "alert-warning" in html
    assert f"{OPEN}/texts" in html
    assert "told=edition" in press(client, f"{OPEN}/edition", "edition")


def test_nothing_happens_by_an_empty_form_R8(world: World) -> None:
    client = world.signed_in("secretariat")
    token = token_of(client)
    before = [the(world, name) for name in ("open1", "planned1", "kinds1")]
    for name in ("open1", "planned1"):
        for path in ("open", "days", "close", "rules", "late-unit", "cancel", "late-answers", "edition"):  # fmt: skip
            at = f"/desk/rounds/{name}/{path}"
            assert client.post(at, data={"token": token}).status_code == 400, at
            assert client.post(at, data={"do": "close"}).status_code == 400, at
    assert [the(world, name) for name in ("open1", "planned1", "kinds1")] == before
    for path, step in (("days", "days"), ("close", "close"), ("rules", "rules"), ("late-unit", "add")):  # fmt: skip
        assert client.get(f"/desk/rounds/planned1/{path}").status_code == 303
        response = client.post(
            f"/desk/rounds/planned1/{path}",
            data={"token": token, "do": step, **days("2027-01-05", "2027-01-20"), "smallest_group": "5", "ceiling": "9", "unit": "nyborg", "from_day": "2026-11-25"},
        )  # fmt: skip
        assert response.headers["Location"].startswith("/desk/rounds/planned1?told=not-now")
    assert the(world, "planned1") == before[1]
    assert client.get("/desk/rounds/planned1?told=<script>").text.count("<script>") == 0


def test_the_scheduler_closes_and_says_so_R9(world: World) -> None:
    world.now = the(world).receive_until
    tick(world)
    assert actions(world) == [("scheduler", "round closed"), ("scheduler", "all answers mixed")]
    assert the(world).state is RoundState.FINISHED
