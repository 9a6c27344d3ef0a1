"""Answers one by one at the desk and on the command line.

S1  Only analysts of the round's group have them, only where the round gives them, and each time is noted.
S2  An anonymous round gives them only where that was chosen before it opened; then those who answer are told, in their language.
S3  They are those of one edition: once answers have come since, they are refused; what was made is the same again.
S4  The command writes the same bytes, and notes it.
S5  Test rounds give none; a confidential round does, by its promise; too few give none.
"""

from __future__ import annotations

import csv
import io
import random
import re
import sqlite3
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from exports.datasets.rows import RowFormat
from exports.editions import make_edition
from forms import library
from store import audit, editions, rounds
from store.rounds import RoundState
from sync.mixing import mix
from tests.server.command_line import CommandLine
from tests.server.installation import World, envelope, open_round

AT = "/desk/rounds/rows1"
KINDS = ("csv", "csv-plain", "xlsx", "sav", "sqlite", "variables")


def answer(world: World, number: int) -> None:
    answers: dict[str, Any] = {
        "trust": str(1 + number % 5),
        "preference": ("home", "hospital")[number % 2],
        "filled_in_by": ("self", "relative")[number % 2],
        "suggestions": f"fri tekst {number}",
    }
    body = envelope(world, "rows", answers, f"{number:032x}", language="da")
    sent = world.client().post(
        "/api/submissions", data=body, content_type="application/octet-stream"
    )
    assert sent.status_code == 201


@pytest.fixture
def giving(world: World) -> World:
    """A round that gives single answers, with 40 of them and an edition."""
    version = world.rounds["open"].version
    shown = open_round(world, "rows", version, library.read("iv-satisfaction"), single_answers=True)
    world.rounds["rows"] = shown
    for number in range(40):
        answer(world, number)
    finish(world)
    return world


def finish(world: World, round_id: str = "rows1") -> None:
    """Close, mix, make an edition."""
    world.now += timedelta(days=32)
    with world.store.write() as db:
        rounds.set_state(db, round_id, RoundState.CLOSED)
    rng = random.Random(7)
    mix(world.store, world.keys, round_id, rng=rng, whole=True, now=world.now)
    make_edition(world.store, round_id, now=world.now, rng=rng)


def take(client: FlaskClient, kind: str, *, number: int = 1, at: str = AT) -> tuple[int, bytes]:
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get(at).text)
    assert token is not None
    address = f"{at}/editions/{number}/answers/{kind}?language=da"
    with client.post(address, data={"token": token[1]}) as response:
        return response.status_code, response.data


def taken(world: World, round_id: str = "rows1") -> list[tuple[str, dict[str, Any]]]:
    return [
        (one.actor, dict(one.details))
        for one in audit.listed(world.store.main, limit=100)
        if one.action == "single answers taken" and one.subject == f"round:{round_id}"
    ]


def test_an_analyst_has_them_and_each_time_is_noted_S1_S3(giving: World) -> None:
    client = giving.signed_in("analyst")
    page = client.get(AT, headers={"Accept-Language": "da"}).text
    assert set(re.findall(r"/editions/1/answers/([a-z-]+)", page)) == set(KINDS)
    first = {kind: take(client, kind) for kind in KINDS}
    assert {status for status, _ in first.values()} == {200}
    head, *rows = list(csv.reader(io.StringIO(first["csv-plain"][1].decode(), newline="")))
    assert len(rows) == 40
    assert "suggestions" not in head
    assert b"fri tekst" not in b"".join(content for _, content in first.values())
    assert Counter(row[head.index("trust")] for row in rows) == dict.fromkeys("12345", 8)
    noted = [details for _, details in taken(giving)]
    assert [one["format"] for one in reversed(noted)] == list(KINDS)
    assert {one["edition"] for one in noted} == {1}
    # Lost from the disk, they are made again, the same.
    for path in giving.store.reports.iterdir():
        path.unlink()
    assert {kind: take(client, kind) for kind in KINDS} == first
    assert len(taken(giving)) == 2 * len(KINDS)
    assert (
        "enkeltsvar hentet"
        in giving.signed_in("secretariat")
        .get("/desk/audit", headers={"Accept-Language": "da"})
        .text
    )


def test_nobody_else_has_them_S1(giving: World) -> None:
    for who in ("secretariat", "chair", "member"):
        client = giving.signed_in(who)
        token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/account").text)
        assert token is not None
        sent = client.post(f"{AT}/editions/1/answers/csv", data={"token": token[1]})
        assert sent.status_code == 403, who
        assert "/answers/" not in client.get(AT).text
    assert giving.client().post(f"{AT}/editions/1/answers/csv").status_code in {302, 303, 401, 400}
    # Looking is not taking.
    assert giving.signed_in("analyst").get(f"{AT}/editions/1/answers/csv").status_code == 405
    assert taken(giving) == []


def test_it_is_chosen_before_the_opening_and_said_S2(giving: World) -> None:
    said = {
        "da": "får dem ét for ét i tilfældig rækkefølge",
        "en": "get them one by one, in random order",
        "ar": "واحدة تلو الأخرى بترتيب عشوائي",
        "fa": "به ترتیب تصادفی",
    }
    giving.now -= timedelta(days=32)
    with giving.store.write() as db:
        db.execute("UPDATE round SET state = 'open' WHERE id = 'rows1'")
    for language, words in said.items():
        assert words in giving.client().get(f"/s/rows1/{language}").text, language
        assert words not in giving.client().get(f"/s/open1/{language}").text, language
    with (
        pytest.raises(sqlite3.IntegrityError, match="before a round opens"),
        giving.store.write() as db,
    ):
        db.execute("UPDATE round SET single_answers = 1 WHERE id = 'open1'")
    assert not rounds.read(giving.store.main, "open1").gives_single_answers


def test_a_round_that_gives_none_S2(world: World) -> None:
    for number in range(40):
        body = envelope(world, "open", {"trust": "5"}, f"{number:032x}", language="da")
        world.client().post("/api/submissions", data=body, content_type="application/octet-stream")
    finish(world, "open1")
    client = world.signed_in("analyst")
    assert "/answers/" not in client.get("/desk/rounds/open1").text
    assert take(client, "csv", at="/desk/rounds/open1")[0] == 409
    edition = editions.latest(world.store.main, "open1")
    assert edition is not None
    assert "responses" not in edition.figures["about"]
    assert take(client, "nothing", at="/desk/rounds/open1")[0] == 404


def test_answers_that_came_since_S3(giving: World) -> None:
    """What was made stands; nothing new is made of another number of answers, nor with another edition."""
    client = giving.signed_in("analyst")
    status, kept = take(client, "csv-plain")
    assert status == 200
    giving.store.main.execute("SELECT 1")
    with giving.store.write() as db:
        for key in [
            row[0] for row in db.execute("SELECT key FROM response WHERE round = 'rows1' LIMIT 5")
        ]:
            copy = bytes(reversed(key))
            db.execute(
                "INSERT INTO response SELECT ?, round, version, unit, language, channel FROM response WHERE key = ?",
                (copy, key),
            )
            db.execute(
                "INSERT INTO answer SELECT ?, place, state, value FROM answer WHERE response = ?",
                (copy, key),
            )
    assert take(client, "csv-plain") == (200, kept)
    assert take(client, "csv")[0] == 200  # from the rows that are kept
    for path in giving.store.reports.iterdir():
        path.unlink()
    assert take(client, "csv-plain")[0] == 409


def test_another_edition_gives_none_S3(giving: World) -> None:
    client = giving.signed_in("analyst")
    assert take(client, "csv")[0] == 200
    with giving.store.write() as db:
        figures = editions.latest(db, "rows1").figures  # type: ignore[union-attr]
        editions.add(
            db, edition="e" * 16, round_id="rows1", made_at=giving.now, figures=dict(figures)
        )
    assert take(client, "csv", number=2)[0] == 409
    assert take(client, "csv", number=1)[0] == 200


def test_the_command_writes_the_same_and_notes_it_S4(giving: World, tmp_path: Path) -> None:
    client = giving.signed_in("analyst")
    line = CommandLine(giving.settings.data)
    for kind, call in {
        "csv": ("--format", "csv"),
        "csv-plain": ("--format", "csv", "--plain"),
        "xlsx": ("--format", "xlsx"),
        "sav": ("--format", "sav"),
        "sqlite": ("--format", "sqlite"),
        "variables": ("--format", "codebook"),
    }.items():
        out = tmp_path / kind
        line.done("export", "rows1", *call, "--rows", "--out", out)
        assert take(client, kind) == (200, out.read_bytes())
    assert Counter(actor for actor, _ in taken(giving))[audit.COMMAND_LINE] == len(KINDS)
    assert (
        line.run(
            "export", "rows1", "--format", "csv", "--rows", "--texts", "--out", tmp_path / "x"
        ).code
        == 2
    )
    said = line.refused("export", "open1", "--format", "csv", "--rows", "--out", tmp_path / "x")
    assert "No edition" in said
    assert not (tmp_path / "x").exists()


def test_too_few_and_confidential_S5(world: World) -> None:
    version = world.rounds["open"].version
    form = library.read("iv-satisfaction")
    world.rounds["rows"] = open_round(world, "rows", version, form, single_answers=True)
    for number in range(12):
        answer(world, number)
    finish(world)
    client = world.signed_in("analyst")
    assert take(client, "csv")[0] == 409
    assert taken(world) == []
    assert rounds.read(world.store.main, "rows1").gives_single_answers
    told = open_round(world, "told", version, form, promise="confidential")
    assert told.gives_single_answers
    test = open_round(world, "tried", version, form, single_answers=True, test_of="planned1")
    assert not test.gives_single_answers


def test_every_kind_is_offered() -> None:
    assert {f"rows-{kind}" for kind in KINDS} == {kind.value for kind in RowFormat}
