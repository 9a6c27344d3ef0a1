"""The board of a round's units, and the numbers that coordinators type.

B1  Numbers are typed, corrected and left empty; each change is audited with old and new.
B2  What cannot be true is refused, beside its field, with what was typed; what is only unlikely is kept and asked about.
B3  Two people at once: the one who was shown older numbers overwrites nothing and sees both.
B4  Once an edition is made the numbers stand; an interim one leaves them open, and the coordinator is asked for them still.
B5  Coordinators see their own units' rows; chairs and members and the secretariat see all.
B6  Answers without a unit stand in a line of their own; an open round shows no response rate; an invited one does.
B7  Missing and late; sums; fifty rows a page, in the order that is asked for.
"""

from __future__ import annotations

import random
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from exports.editions import make_edition
from forms.units import Unit
from server.unit_board import Sums, unit_board, unit_rows
from store import accounts, audit, counts, round_units, rounds, units
from store.accounts import Grant, Role
from store.round_units import RoundUnit
from sync.mixing import mix
from tests.server.installation import PASSWORD_HASH, World, envelope
from tests.server.test_desk import with_edition

AT = "/desk/rounds/open1/units/assens"
ENGLISH = {"Accept-Language": "en"}


def form_of(client: FlaskClient, at: str = AT) -> dict[str, str]:
    """The form as the page gives it."""
    html = client.get(at, headers=ENGLISH).text
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))


def type_in(client: FlaskClient, at: str = AT, **numbers: str) -> TestResponse:
    """Type these numbers and save."""
    return client.post(at, data={**form_of(client, at), **numbers}, headers=ENGLISH)


def kept(world: World, unit: str = "assens") -> tuple[int | None, ...]:
    """The four numbers."""
    found = round_units.find(world.store.main, "open1", unit)
    assert found is not None
    return (found.eligible, found.offered, found.declined, found.unable)


def test_numbers_are_typed_corrected_and_audited_B1(world: World) -> None:
    client = world.signed_in("coordinator")
    answer = type_in(client, eligible="1.200", offered=" 30 ", declined="", unable="0")
    assert answer.status_code == 303
    assert kept(world) == (1200, 30, None, 0)
    assert "The numbers are saved" in client.get(answer.headers["Location"], headers=ENGLISH).text
    assert type_in(client, eligible="34", offered="30", declined="3", unable="").status_code == 303
    assert kept(world) == (34, 30, 3, None)
    assert type_in(client, eligible="34", offered="30", declined="3", unable="").status_code == 303
    entries = audit.listed(world.store.main, subject="round:open1")
    assert [entry.action for entry in entries] == ["numbers typed"] * 2
    assert entries[0].details == {
        "unit": "assens",
        "eligible": "1200 → 34",
        "declined": "– → 3",
        "unable": "0 → –",
    }
    assert "1200 → 34" in world.signed_in("secretariat").get("/desk/audit").text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"offered": "10", "declined": "8", "unable": "3"}, "offered"),
        ({"eligible": "-1"}, "eligible"),
        ({"eligible": "mange"}, "eligible"),
        ({"declined": "1,5"}, "declined"),
        ({"unable": "12.34"}, "unable"),
        ({"eligible": "9.999.999"}, "eligible"),
    ],
)
def test_what_cannot_be_true_is_refused_B2(world: World, typed: dict[str, str], field: str) -> None:
    client = world.signed_in("coordinator")
    answer = type_in(client, **typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    for value in typed.values():
        assert f'value="{value}"' in answer.text
    assert kept(world) == (None, None, None, None)
    assert audit.listed(world.store.main, subject="round:open1") == []


def test_what_is_unlikely_is_kept_and_asked_about_B2(world: World) -> None:
    client = world.signed_in("coordinator")
    answer = type_in(client, eligible="10", offered="12", declined="12")
    assert kept(world) == (10, 12, 12, None)
    html = client.get(answer.headers["Location"], headers=ENGLISH).text
    assert "More were offered it than were eligible" in html
    assert "All who were offered it declined" in html


def test_two_people_at_once_B3(world: World) -> None:
    one, two = world.signed_in("coordinator"), world.signed_in("secretariat")
    opened = form_of(one)
    assert type_in(two, eligible="20", offered="18").status_code == 303
    answer = one.post(AT, data={**opened, "eligible": "25", "offered": "18"}, headers=ENGLISH)
    assert answer.status_code == 409
    assert 'value="25"' in answer.text
    assert "Saved now: 20" in answer.text
    assert kept(world) == (20, 18, None, None)
    shown = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text))
    assert one.post(AT, data={**shown, "eligible": "25", "offered": "18"}).status_code == 303
    assert kept(world) == (25, 18, None, None)


def test_after_an_edition_the_numbers_stand_B4(world: World) -> None:
    client = world.signed_in("coordinator")
    assert type_in(client, eligible="20").status_code == 303
    with_edition(world)
    client = world.signed_in("coordinator")
    html = client.get(AT, headers=ENGLISH).text
    assert "The numbers can no longer be changed" in html
    assert 'name="eligible"' not in html
    token = re.search(r'name="token" value="([0-9a-f]+)"', html)
    assert token is not None
    late = client.post(AT, data={"token": token[1], "was_eligible": "20", "eligible": "30"})
    assert late.status_code == 409
    assert kept(world) == (20, None, None, None)


def test_an_interim_edition_leaves_the_numbers_open_B4(world: World) -> None:
    with world.store.write() as db:
        db.execute("UPDATE round SET interim = 'weekly' WHERE id = 'planned1'")
        round_units.keep(db, "planned1", [RoundUnit(unit="assens")])
        rounds.set_state(db, "planned1", rounds.RoundState.OPEN)
    shown = rounds.read(world.store.main, "planned1")
    world.now = shown.opens_at + timedelta(days=1)
    made = make_edition(world.store, "planned1", now=world.now, rng=random.Random(1), interim=True)
    assert made.figures["about"]["interim"] is True
    client, at = world.signed_in("coordinator"), "/desk/rounds/planned1/units/assens"
    home = client.get("/desk").text
    assert type_in(client, at, eligible="20").status_code == 303
    assert f'href="{at}"' in home
    world.now = shown.receive_until + timedelta(days=1)
    with world.store.write() as db:
        rounds.set_state(db, "planned1", rounds.RoundState.CLOSED)
    last = make_edition(world.store, "planned1", now=world.now, rng=random.Random(2))
    assert "interim" not in last.figures["about"]
    client = world.signed_in("coordinator")
    assert "The numbers can no longer be changed" in client.get(at, headers=ENGLISH).text
    assert type_in(client, at, eligible="30").status_code == 409
    assert f'href="{at}"' not in client.get("/desk").text
    found = round_units.find(world.store.main, "planned1", "assens")
    assert found is not None and found.eligible == 20


def test_whose_rows_are_seen_B5(world: World) -> None:
    for who, rows in (
        ("secretariat", {"Assens", "Billund"}),
        ("chair", {"Assens", "Billund"}),
        ("member", {"Assens", "Billund"}),
        ("coordinator", {"Assens"}),
        ("respondent", {"Assens"}),
    ):
        html = world.signed_in(who).get("/desk/rounds/open1").text
        board = html[html.index('id="units"') :]
        assert {name for name in ("Assens", "Billund") if f">{name}<" in board} == rows, who
        assert (AT in board) == (who in {"secretariat", "coordinator"}), who
    assert world.signed_in("coordinator").get("/desk/rounds/open1/units/billund").status_code == 403
    assert world.signed_in("chair").get(AT).status_code == 403
    assert world.signed_in("secretariat").get("/desk/rounds/open1/units/nyborg").status_code == 404


def test_the_next_of_ones_own_units_is_offered_B1(world: World) -> None:
    with world.store.write() as db:
        account = accounts.add(
            db,
            name="Two",
            email="two@region.example",
            password_hash=PASSWORD_HASH,
            grants=[Grant(Role.COORDINATOR, unit=unit) for unit in ("assens", "billund")],
        )
    assert account.holds(Role.COORDINATOR)
    client = world.signed_in("two")
    answer = type_in(client, eligible="9", offered="8", declined="1", unable="0")
    html = client.get(answer.headers["Location"], headers=ENGLISH).text
    assert 'href="/desk/rounds/open1/units/billund"' in html
    at = "/desk/rounds/open1/units/billund"
    answer = type_in(client, at, eligible="9", offered="8", declined="1", unable="0")
    assert (
        "All your units have their numbers"
        in client.get(answer.headers["Location"], headers=ENGLISH).text
    )


def test_answers_without_a_unit_and_the_response_rate_B6(world: World) -> None:
    for number in range(12):
        unit, channel = ("assens", "tablet") if number < 5 else (None, "web")
        body = envelope(world, "open", {"trust": "5"}, f"{number:032x}", unit=unit, channel=channel)
        intake = world.app.extensions["svarboks"].intake
        assert not intake.receive(body, now=world.now).repeated
    mix(world.store, world.keys, "open1", rng=random.Random(1), whole=True, now=world.now)
    html = world.signed_in("chair").get("/desk/rounds/open1", headers=ENGLISH).text
    board = html[html.index('id="units"') :]
    assert re.search(r"Without a unit</th>.*?>7</td>", board, re.S)
    assert re.search(r"Altogether</th>.*?>12</td>", board, re.S)
    assert "prints no response rate" in board
    assert "Response rate" not in board
    own = world.signed_in("coordinator").get("/desk/rounds/open1", headers=ENGLISH).text
    assert "Without a unit" not in own
    assert "Your units" in own
    with world.store.write() as db:
        db.execute("UPDATE round SET access = 'invited' WHERE id = 'other1'")
        round_units.keep(db, "other1", [RoundUnit(unit="nyborg", eligible=20, offered=10)])
        counts.add_returned(db, "other1", {("nyborg", "web"): 7})
    html = world.signed_in("otherchair").get("/desk/rounds/other1", headers=ENGLISH).text
    board = html[html.index('id="units"') :]
    assert re.search(r'data-label="Coverage"[^>]*>50%', board)
    assert re.search(r'data-label="Response rate"[^>]*>70%', board)


def test_missing_late_sums_and_pages_B7(world: World) -> None:
    with world.store.write() as db:
        units.keep_units(db, [Unit(id=f"k{n:03}", name=f"Kommune {n:03}", kind="municipality") for n in range(120)])  # fmt: skip
        round_units.keep(
            db,
            "open1",
            [RoundUnit(unit=f"k{n:03}", eligible=2 * n, offered=n) for n in range(120)],
        )
        counts.add_returned(db, "open1", {(f"k{n:03}", "paper"): n for n in range(60)})
    shown = rounds.read(world.store.main, "open1")
    rows, nowhere = unit_rows(world.store, shown, world.now)
    assert nowhere == {}
    assert {row.reported.unit for row in rows if row.missing} == {
        "assens", "billund", *(f"k{n:03}" for n in range(60, 120))
    }  # fmt: skip
    assert not any(row.late for row in rows)
    later = world.now + timedelta(days=11)
    assert sum(row.late for row in unit_rows(world.store, shown, later)[0]) == 62
    account = accounts.by_email(world.store.main, "secretariat@region.example")
    assert account is not None
    made = unit_board(world.store, shown, account, later, order="offered", page=2)
    assert made is not None
    assert (made.page, made.pages, len(made.rows)) == (2, 3, 50)
    assert made.rows[0].reported.unit == "k069"
    assert isinstance(made.sums, Sums)
    assert made.sums.numbers["offered"] == sum(range(120))
    assert (
        made.sums.coverage is None
    )  # two units have not reported: a share of the rest would look like the whole
    assert made.sums.late == 62
    html = world.signed_in("chair").get("/desk/rounds/open1?by=returned&units=99").text
    assert "?by=returned&amp;units=2#units" in html
    assert html.count('<tr role="row"><th scope="row" role="rowheader">') < 60
    assert world.signed_in("chair").get("/desk/rounds/open1?by=nothing&units=x").status_code == 200
