"""Test mode: a round is tried out beside itself, and nothing of the test is left when it opens.

R1  The test opens by itself once it has its key; its pages say TEST; those of the real round say that it is not open yet,
    and nothing is received for that one, whatever the hour.
R2  Simulated answers go the real way; the report and the table are made of all answers, and are marked in words on every
    page and in every row; the figures of a real round are not.
R3  Emptying takes every answer and keeps the link.
R4  Opening removes the test in the same transaction: searched byte by byte, no file of the data folder holds a word of it,
    no row is left, its key is gone, and every number kept is right before and after.
R5  Killed between the transaction and the rest, the next tick finishes; what arrives late for a test that is gone goes too.
R6  A round that is given up goes the same way, with its key.
R7  Only the secretariat tries out.
"""

from __future__ import annotations

import random
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from exports.datasets.figure_rows import TEST
from exports.editions import questionnaire_of
from exports.report import report_html
from server.scheduler import Scheduler
from server.test_mode import finish_removals
from store import audit, editions, mix_orders, responses, rounds, submissions, test_rounds, versions
from store.consistency import check
from store.database import MAIN_FILE, WAITING_FILE
from store.rounds import Round, RoundState
from sync.recount import recount
from sync.sealing import seal_answers
from tests.server.installation import World
from tests.server.test_desk import with_edition
from tests.server.test_round_setup import made_by, token_of

TEST_DA, TEST_EN = "TEST – ingen rigtige svar", "TEST – no real answers"
CANARY = "kanariefugl i prøven"


def tick(world: World) -> None:
    assert Scheduler(
        world.store, world.keys, "one", lambda: world.now, random.SystemRandom()
    ).tick()


def set_up(world: World, client: FlaskClient) -> tuple[Round, Round]:
    """A planned round and its test, both with their keys, the test open."""
    real = made_by(world, client)
    tick(world)
    test = test_rounds.of_round(world.store.main, real.id)
    assert test is not None
    return rounds.read(world.store.main, real.id), test


def do(client: FlaskClient, path: str, step: str) -> str:
    """Press a button; where it leads."""
    response = client.post(path, data={"token": token_of(client), "do": step})
    assert response.status_code == 303, response.status_code
    return response.headers["Location"]


def answer(world: World, test: Round, number: int, text: str = CANARY) -> int:
    """A sealed answer to a test, the way a browser sends it; its status."""
    raw = seal_answers(
        {"trust": "5", "suggestions": text},
        language="da",
        round_id=test.id,
        version=test.version,
        padded_size=versions.read(world.store.main, test.version).padded_size,
        public_key=world.keys.public(test.id),
        key=f"{number:032x}",
        channel="web",
        unit=None,
    )
    return (
        world.client()
        .post("/api/submissions", data=raw, content_type="application/octet-stream")
        .status_code
    )


def traces(world: World, *words: str) -> list[str]:
    """The files under the data folder that hold one of the words, read as bytes: also free pages and logs."""
    return [
        f"{path.name}: {word}"
        for path in world.settings.data.rglob("*")
        if path.is_file()
        for word in words
        if word.encode() in path.read_bytes()
    ]


def rows_of(world: World, round_id: str) -> dict[str, int]:
    """{table: rows} that name a round in a column of their own, in both files."""
    found = {}
    for db in (world.store.main, world.store.waiting):
        for table in db.table_names():
            for column in db[table].columns:
                if column.name in {"round", "id", "test_of"} and column.type == "TEXT":
                    number = db.execute(
                        f"SELECT count(*) FROM {table} WHERE {column.name} = ?",
                        (round_id,),
                    ).fetchone()[0]
                    if number:
                        found[f"{table}.{column.name}"] = number
    return found


def test_the_test_opens_and_the_round_does_not_R1(world: World) -> None:
    client = world.signed_in("secretariat")
    real = made_by(world, client)
    page = client.get(f"/desk/rounds/{real.id}", headers={"Accept-Language": "en"})
    assert "being prepared" in page.text
    assert page.headers["Refresh"] == f"2; url=/desk/rounds/{real.id}?look=1"
    waited = client.get(f"/desk/rounds/{real.id}?look=10", headers={"Accept-Language": "en"})
    assert "Refresh" not in waited.headers
    assert "does not seem to run" in waited.text
    tick(world)
    page = client.get(f"/desk/rounds/{real.id}", headers={"Accept-Language": "en"})
    test = test_rounds.of_round(world.store.main, real.id)
    assert test is not None
    assert test.state is RoundState.OPEN
    assert "in test mode" in page.text
    assert f"/s/{test.id}/qr.svg" in page.text
    assert "Refresh" not in page.headers
    assert client.get(f"/desk/rounds/{test.id}").headers["Location"] == f"/desk/rounds/{real.id}"
    # Planned past its own days: the test goes on, since nobody has decided about the round yet.
    world.now = real.receive_until + timedelta(days=1)
    tick(world)
    assert rounds.read(world.store.main, test.id).state is RoundState.OPEN
    page = world.signed_in("secretariat").get(
        f"/desk/rounds/{real.id}", headers={"Accept-Language": "en"}
    )
    assert "being prepared" not in page.text
    public = world.client()
    for path in (f"/s/{test.id}/da", f"/s/{test.id}/da/thanks"):
        response = public.get(path)
        assert (response.status_code, "TEST" in response.text) == (200, True), path
    closed = public.get(f"/s/{real.id}/da")
    assert closed.status_code == 409
    assert "TEST" not in closed.text
    # Also after the days that it was set up with: it waits for a person.
    for later in (timedelta(0), timedelta(days=2), timedelta(days=40)):
        world.now += later
        tick(world)
        real = rounds.read(world.store.main, real.id)
        assert real.state is RoundState.PLANNED
        assert answer(world, real, 7) == 409
        assert public.get(f"/s/{test.id}/da").status_code == 200
    assert world.store.waiting["submission"].count == 0


def test_the_report_of_a_test_R2(world: World) -> None:
    client = world.signed_in("secretariat")
    real, test = set_up(world, client)
    at = f"/desk/rounds/{real.id}/test"
    for path in ("report.pdf", "report/page", "charts/1.svg"):
        assert client.get(f"{at}/{path}").status_code == 409
    assert "told=filled" in do(client, f"{at}/fill", "fill")
    assert submissions.waiting_count(world.store.waiting, test.id) == 40
    assert do(client, f"{at}/report", "report") == f"{at}/report"
    waiting = client.get(f"{at}/report")
    assert (waiting.status_code, waiting.headers["Refresh"]) == (200, f"2; url={at}/report?look=1")
    assert "Refresh" not in client.get(f"{at}/report?look=10").headers
    tick(world)
    assert mix_orders.listed(world.store.main) == []
    assert "told=test-report" in client.get(f"{at}/report").headers["Location"]
    made = editions.latest(world.store.main, test.id)
    assert made is not None
    assert made.figures["about"]["test"] is True
    assert sum(made.figures["about"]["returned"].values()) == 40

    html = report_html(made.figures, questionnaire_of(world.store, test.id), "da")
    assert html.count(TEST) >= 2
    pdf = client.get(f"{at}/report.pdf?language=da")
    assert pdf.data.startswith(b"%PDF")
    assert "TEST-" in pdf.headers["Content-Disposition"]
    for language, mark in (("da", TEST_DA), ("en", TEST_EN)):
        page = client.get(f"{at}/report/page?language={language}").text
        assert page.count(mark) >= 2
        assert mark in re.findall("<title>(.*?)</title>", page, re.DOTALL)[0]
        for beside in ("report.pdf", "tables.csv", "charts/1.svg"):
            assert f"{at}/{beside}" in page
        assert "/editions/" not in page
        drawn = client.get(f"{at}/charts/1.svg?language={language}")
        assert mark in drawn.text
        assert "TEST-" in drawn.headers["Content-Disposition"]
    assert client.get(f"{at}/charts/99.svg").status_code == 404
    assert client.get(f"{at}/report/page?language=ar").status_code == 404
    assert f"{at}/report/page" in client.get(f"/desk/rounds/{real.id}").text
    assert list(world.store.reports.iterdir()) == []
    table = client.get(f"{at}/tables.csv").text.lstrip("\ufeff").splitlines()
    assert len(table) > 5
    assert all(line.endswith(f'"{TEST}"') for line in table[1:])

    # Nothing waits: it is made at once, from all answers anew, and is edition 1 again.
    for number in range(3):
        assert answer(world, test, number) == 201
    tick(world)
    assert responses.count(world.store.main, test.id) == 43
    assert "told=test-report" in do(client, f"{at}/report", "report")
    made = editions.latest(world.store.main, test.id)
    assert made is not None
    assert (made.number, sum(made.figures["about"]["returned"].values())) == (1, 43)


def test_every_page_of_the_pdf_says_so_R2(world: World, tmp_path: Path) -> None:
    import subprocess

    client = world.signed_in("secretariat")
    real, _test = set_up(world, client)
    at = f"/desk/rounds/{real.id}/test"
    do(client, f"{at}/fill", "fill")
    tick(world)
    do(client, f"{at}/report", "report")
    for language, said in (("da", TEST_DA), ("en", TEST_EN)):
        file = tmp_path / f"{language}.pdf"
        file.write_bytes(client.get(f"{at}/report.pdf?language={language}").data)
        told = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True)  # fmt: skip
        pages = told.stdout.rstrip("\f").split("\f")
        assert len(pages) > 3
        assert [number for number, page in enumerate(pages) if said not in page] == []


def test_a_real_round_is_not_marked_R2(world: World) -> None:
    with_edition(world)
    made = editions.latest(world.store.main, "open1")
    assert made is not None
    assert "test" not in made.figures["about"]
    client = world.signed_in("chair")
    for path in ("tables.csv", "report", "charts/1.svg"):
        assert "TEST" not in client.get(f"/desk/rounds/open1/editions/1/{path}").text
    assert "TEST" not in report_html(made.figures, questionnaire_of(world.store, "open1"), "da")
    assert "TEST" not in world.client().get("/s/open1/da").text


def test_emptying_R3(world: World) -> None:
    client = world.signed_in("secretariat")
    real, test = set_up(world, client)
    for number in range(12):
        answer(world, test, number)
    tick(world)
    assert traces(world, CANARY)
    answer(world, test, 99)
    at = f"/desk/rounds/{real.id}/test"
    do(client, f"{at}/report", "report")
    assert "13" in client.get(f"{at}/empty").text
    assert "told=emptied" in do(client, f"{at}/empty", "empty")
    assert traces(world, CANARY) == []
    assert responses.count(world.store.main, test.id) == 0
    assert submissions.waiting_count(world.store.waiting, test.id) == 0
    assert editions.latest(world.store.main, test.id) is None
    assert check(world.store, recount(world.store)) == []
    assert test_rounds.removals(world.store.main) == []
    assert world.client().get(f"/s/{test.id}/da").status_code == 200
    assert answer(world, test, 100) == 201
    tick(world)
    assert responses.count(world.store.main, test.id) == 1


def test_nothing_is_left_when_the_round_opens_R4(world: World) -> None:
    client = world.signed_in("secretariat")
    real, test = set_up(world, client)
    at = f"/desk/rounds/{real.id}"
    for number in range(12):
        assert answer(world, test, number, f"{CANARY} {number}") == 201
    do(client, f"{at}/test/fill", "fill")
    tick(world)
    do(client, f"{at}/test/report", "report")
    answer(world, test, 50)
    assert {path.split(":")[0] for path in traces(world, CANARY)} & {MAIN_FILE, f"{MAIN_FILE}-wal"}
    assert check(world.store, recount(world.store)) == []
    sealed = world.store.waiting.execute(
        "SELECT sealed FROM submission WHERE round = ?", (test.id,)
    ).fetchone()[0]
    assert world.keys.has(test.id)

    assert "told=opened" in do(client, f"{at}/open", "open")
    opened = rounds.read(world.store.main, real.id)
    assert (opened.state, opened.public_key) == (RoundState.OPEN, real.public_key)
    assert traces(world, CANARY) == []
    held = [
        path.name
        for path in world.settings.data.rglob("*")
        if path.is_file() and sealed[:64] in path.read_bytes()
    ]
    assert held == []
    assert rows_of(world, test.id) == {}
    assert check(world.store, recount(world.store)) == []
    tick(world)
    assert not world.keys.has(test.id)
    assert world.keys.has(real.id)
    world.now += timedelta(seconds=61)
    tick(world)
    assert test_rounds.removals(world.store.main) == []
    assert world.client().get(f"/s/{test.id}/da").status_code == 404
    assert world.client().get(f"/s/{real.id}/da").status_code == 200
    [noted] = [e for e in audit.listed(world.store.main) if e.action == "round opened"]
    assert noted.subject == f"round:{real.id}"
    assert noted.details["test_answers_removed"] == 52


def test_killed_in_between_the_next_tick_finishes_R5(world: World) -> None:
    client = world.signed_in("secretariat")
    real, test = set_up(world, client)
    for number in range(12):
        answer(world, test, number)
    tick(world)
    answer(world, test, 20)
    with world.store.write() as db:
        test_rounds.remove(db, test.id, now=world.now)
    # Killed here. A process that still knows the test takes an answer in for it.
    assert submissions.waiting_count(world.store.waiting, test.id) == 1
    assert len(test_rounds.removals(world.store.main)) == 1
    assert check(world.store, recount(world.store)) == []
    finish_removals(world.store, None, now=world.now)
    assert answer_to_a_test_that_is_gone(world, test) in {201, 404}
    assert world.keys.has(test.id)
    for _ in range(3):
        tick(world)
    assert traces(world, CANARY) == []
    assert rows_of(world, test.id) == {}
    assert not world.keys.has(test.id)
    world.now += timedelta(seconds=61)
    tick(world)
    assert test_rounds.removals(world.store.main) == []
    assert check(world.store, recount(world.store)) == []
    assert rounds.read(world.store.main, real.id).state is RoundState.PLANNED


def answer_to_a_test_that_is_gone(world: World, test: Round) -> int:
    """Intake knows a round for up to a second longer."""
    raw = seal_answers(
        {"trust": "5"}, language="da", round_id=test.id, version=test.version,
        padded_size=versions.read(world.store.main, test.version).padded_size,
        public_key=world.keys.public(test.id), key="f" * 32, channel="web", unit=None,
    )  # fmt: skip
    return world.client().post("/api/submissions", data=raw, content_type="application/octet-stream").status_code  # fmt: skip


def test_what_people_answered_is_never_removed_this_way_R5(world: World) -> None:
    for name in ("open1", "kinds1"):
        with pytest.raises(ValueError, match="test round"), world.store.write() as db:
            test_rounds.remove(db, name, now=world.now)
        with pytest.raises(ValueError, match="test round"), world.store.write() as db:
            test_rounds.empty(db, name, now=world.now)
    assert rounds.read(world.store.main, "open1").state is RoundState.OPEN


def test_giving_a_round_up_R6(world: World) -> None:
    client = world.signed_in("secretariat")
    real, test = set_up(world, client)
    answer(world, test, 1)
    at = f"/desk/rounds/{real.id}/cancel"
    assert client.get(at).status_code == 200
    assert client.post(at, data={"token": token_of(client)}).status_code == 400
    assert do(client, at, "cancel") == "/desk"
    assert rounds.find(world.store.main, real.id) is None
    assert (rows_of(world, real.id), rows_of(world, test.id)) == ({}, {})
    tick(world)
    assert not world.keys.has(real.id)
    assert not world.keys.has(test.id)
    assert check(world.store, recount(world.store)) == []
    assert client.get("/desk/rounds/open1/cancel").headers["Location"].startswith("/desk/rounds/open1?told=not-now")  # fmt: skip
    assert "told=not-now" in do(client, "/desk/rounds/open1/cancel", "cancel")
    assert rounds.find(world.store.main, "open1") is not None


def test_only_the_secretariat_tries_out_R7(world: World) -> None:
    client = world.signed_in("secretariat")
    real = made_by(world, client, working_group="iv")
    tick(world)
    test = test_rounds.of_round(world.store.main, real.id)
    assert test is not None
    chair = world.signed_in("chair")
    page = chair.get(f"/desk/rounds/{real.id}")
    assert page.status_code == 200
    assert test.id not in page.text
    assert not re.search(r"/(open|edit|cancel|days)\"", page.text)
    for one in (chair, client):
        assert one.get(f"/desk/rounds/{test.id}/editions/1/report.pdf").status_code == 409
    for path in ("report", "report/page", "report.pdf", "charts/1.svg", "tables.csv", "empty"):
        assert chair.get(f"/desk/rounds/{real.id}/test/{path}").status_code == 403
    assert (world.settings.data / WAITING_FILE).is_file()
