"""The desk: a fixed cast tries every address of it. What the desk shows before an edition are numbers only."""

from __future__ import annotations

import random
import re
from datetime import timedelta

import pytest

from exports.editions import make_edition
from store import rounds
from store.rounds import RoundState
from sync.mixing import mix
from tests.server.installation import PASSWORD, World, envelope


def with_edition(world: World, answers: int = 12) -> None:
    """Answers to the open round, closed, mixed, an edition made."""
    for number in range(answers):
        body = envelope(
            world, "open", {"trust": str(1 + number % 5)}, f"{number:032x}", language="da"
        )
        response = world.client().post(
            "/api/submissions", data=body, content_type="application/octet-stream"
        )
        assert response.status_code == 201
    world.now += timedelta(days=32)
    with world.store.write() as db:
        rounds.set_state(db, "open1", RoundState.CLOSED)
    rng = random.Random(7)
    mix(world.store, world.keys, "open1", rng=rng, whole=True, now=world.now)
    make_edition(world.store, "open1", now=world.now, rng=rng)


def test_a_chair_sees_the_working_groups_rounds_only(world: World) -> None:
    html = world.signed_in("chair").get("/desk").text
    assert "/desk/rounds/open1" in html
    assert "/desk/rounds/other1" not in html
    html = world.signed_in("secretariat").get("/desk").text
    assert "/desk/rounds/open1" in html
    assert "/desk/rounds/other1" in html
    html = world.signed_in("administrator").get("/desk").text
    assert "/desk/rounds/" not in html
    assert "/desk/accounts" in html


def test_a_signed_out_account_and_a_closed_one_see_nothing(world: World) -> None:
    client = world.signed_in("chair")
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/desk").text)
    assert token is not None
    cookie = client.get_cookie("svarboks")
    assert cookie is not None
    assert client.post("/sign-out", data={"token": token[1]}).status_code == 303
    again = world.client()
    again.set_cookie("svarboks", cookie.value)
    assert again.get("/desk").status_code == 302

    client = world.signed_in("chair")
    with world.store.write() as db:
        db.execute("UPDATE account SET active = 0 WHERE email = 'chair@region.example'")
    assert client.get("/desk").status_code == 302
    refused = world.client().post(
        "/sign-in", data={"email": "chair@region.example", "password": PASSWORD}
    )
    assert refused.status_code == 401


def test_a_session_ends_by_itself(world: World) -> None:
    client = world.signed_in("chair")
    for _ in range(24):  # 29 minutes at a time, 11.6 hours in all
        world.now += timedelta(minutes=29)
        assert client.get("/desk").status_code == 200
    world.now += timedelta(minutes=24)
    assert client.get("/desk").status_code == 302  # twelve hours have passed, used or not
    client = world.signed_in("chair")
    world.now += timedelta(minutes=30)
    assert client.get("/desk").status_code == 302


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(world: World) -> None:
    response = world.client().post(
        "/sign-in", data={"email": "chair@region.example", "password": PASSWORD}
    )
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # http://localhost


def test_a_wrong_password_and_an_unknown_name_look_the_same(world: World) -> None:
    answers = [
        world.client().post("/sign-in", data={"email": email, "password": "forkert kodeord"})
        for email in ("chair@region.example", "nobody@region.example")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    first, second = (a.text.replace("nobody@", "chair@") for a in answers)
    assert first == second


def test_guessing_is_slowed_for_the_account_and_for_it_only(world: World) -> None:
    client = world.client()
    for _ in range(5):
        wrong = {"email": "chair@region.example", "password": "forkert"}
        assert client.post("/sign-in", data=wrong).status_code == 401
    right = {"email": " CHAIR@region.example", "password": PASSWORD}
    slowed = client.post("/sign-in", data=right)
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) == 300
    world.signed_in("secretariat")
    world.now += timedelta(seconds=301)
    assert client.post("/sign-in", data=right).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_from_another_site_is_refused(world: World, headers: dict[str, str]) -> None:
    client = world.signed_in("chair")
    token = re.search(r'name="token" value="([0-9a-f]+)"', client.get("/desk").text)
    assert token is not None
    assert client.post("/sign-out", data={"token": token[1]}, headers=headers).status_code == 400
    sign_in = {"email": "chair@region.example", "password": PASSWORD}
    assert world.client().post("/sign-in", data=sign_in, headers=headers).status_code == 400
    assert client.get("/desk").status_code == 200


def test_a_form_without_its_own_token_is_refused(world: World) -> None:
    client = world.signed_in("chair")
    other = world.signed_in("secretariat")
    token = re.search(r'name="token" value="([0-9a-f]+)"', other.get("/desk").text)
    assert token is not None
    for value in ("", "0" * 64, token[1], "é"):
        assert client.post("/sign-out", data={"token": value}).status_code == 400
    assert client.get("/desk").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "/s/open1", "desk"]
)
def test_signing_in_never_leads_to_another_site(world: World, target: str) -> None:
    response = world.client().post(
        "/sign-in",
        data={"email": "chair@region.example", "password": PASSWORD, "next": target},
    )
    assert response.headers["Location"] == "/desk"


def test_before_an_edition_only_numbers_are_seen(world: World) -> None:
    for number in range(7):
        body = envelope(world, "open", {"trust": "5"}, f"{number:032x}")
        world.client().post("/api/submissions", data=body, content_type="application/octet-stream")
    client = world.signed_in("chair")
    html = client.get("/desk/rounds/open1", headers={"Accept-Language": "en"}).text
    assert re.search(r"Altogether</th><td class=\"number\">7</td>", html)
    assert "There are no figures yet" in html
    assert client.get("/desk/rounds/open1/editions/1/report.pdf").status_code == 409


def test_the_report_is_rendered_once_in_each_language(world: World) -> None:
    with_edition(world)
    client = world.signed_in("chair")
    address = "/desk/rounds/open1/editions/1/report.pdf"
    with client.get(f"{address}?language=da") as answer:
        danish = answer.data
        assert danish.startswith(b"%PDF")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert "open1-1-da.pdf" in answer.headers["Content-Disposition"]
    [kept] = list(world.store.reports.glob("*.pdf"))
    stamp = kept.stat().st_mtime_ns
    with client.get(f"{address}?language=da") as again:
        assert again.data == danish
    assert kept.stat().st_mtime_ns == stamp
    with client.get(f"{address}?language=en") as english:
        assert english.data != danish
    assert client.get(f"{address}?language=xx").status_code == 404
    kept.write_bytes(b"%PDF damaged")
    with client.get(f"{address}?language=da") as mended:
        assert mended.data == danish


def test_the_report_is_a_page_with_its_charts_and_a_copy_for_the_archive(world: World) -> None:
    with_edition(world)
    client = world.signed_in("chair")
    at = "/desk/rounds/open1/editions/1"
    page = client.get(f"{at}/report?language=en")
    assert page.status_code == 200
    assert "In short" in page.text
    assert "style=" not in page.text
    first = re.search(rf'"({at}/charts/1\.svg\?language=en)"', page.text)
    assert first is not None
    drawn = client.get(first[1])
    assert drawn.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert drawn.data.startswith(b"<?xml")
    assert client.get(f"{at}/charts/0.svg").status_code == 404
    assert client.get(f"{at}/charts/999.svg").status_code == 404
    with client.get(f"{at}/archive.pdf?language=da") as archived:
        assert archived.data.startswith(b"%PDF")
    assert f"{at}/report" in client.get("/desk/rounds/open1").text


def test_the_tables_are_a_file_for_a_spreadsheet(world: World) -> None:
    with_edition(world)
    response = world.signed_in("chair").get("/desk/rounds/open1/editions/1/tables.csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.data.startswith("\ufeff".encode())
    assert "trust" in response.text


def test_the_desk_speaks_danish_and_english(world: World) -> None:
    client = world.signed_in("chair")
    assert '<html lang="da"' in client.get("/desk", headers={"Accept-Language": "da"}).text
    assert '<html lang="en"' in client.get("/desk", headers={"Accept-Language": "en"}).text
    chosen = client.post("/language", data={"language": "da", "next": "/desk"})
    assert chosen.headers["Location"] == "/desk"
    assert '<html lang="da"' in client.get("/desk", headers={"Accept-Language": "en"}).text
    assert client.post("/language", data={"language": "xx"}).status_code == 400


def test_the_next_deadline_stands_on_top(world: World) -> None:
    html = world.signed_in("secretariat").get("/desk").text
    listed = re.findall(r'<li><time[^>]*>[^<]*</time> <span><a href="/desk/rounds/(\w+)"', html)
    assert listed[0] == "planned1"
    assert len(listed) == 4
