"""The public pages: choosing a language, answering without a script, faults, the thank-you page, closed rounds."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sync.envelope import open_envelope
from sync.payload import unpad
from tests.server.installation import World

KEY = "0123456789abcdef" * 2


def send(world: World, path: str, data: dict[str, object], key: str = KEY):  # type: ignore[no-untyped-def]
    return world.client().post(path, data={"~key": key, **data})


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("da,en;q=0.5", "da"),
        ("en-GB,en", "en"),
        ("ar", "ar"),
        ("de", "da"),
        ("fa-IR", "fa"),
        ("", "da"),
    ],
)
def test_the_link_leads_to_the_browsers_language(
    world: World, accepted: str, language: str
) -> None:
    response = world.client().get("/s/open1", headers={"Accept-Language": accepted})
    assert response.status_code == 302
    assert response.headers["Location"] == f"/s/open1/{language}"
    assert "Set-Cookie" not in response.headers


def test_each_language_has_its_page_with_direction_and_all_other_languages(world: World) -> None:
    for language, direction in (("da", "ltr"), ("en", "ltr"), ("ar", "rtl"), ("fa", "rtl")):
        response = world.client().get(f"/s/open1/{language}")
        html = response.text
        assert response.status_code == 200
        assert f'<html lang="{language}" dir="{direction}">' in html
        assert ("rtl.css" in html) == (direction == "rtl")
        for other in ("da", "en", "ar", "fa"):
            assert f'href="/s/open1/{other}"' in html
        assert "Set-Cookie" not in response.headers
        assert response.headers["Cache-Control"] == "no-store"


def test_an_answer_without_a_script_is_sealed_and_thanked_for(world: World) -> None:
    response = send(world, "/s/open1/da", {"trust": "5", "suggestions": "Ring før I kommer."})
    assert response.status_code == 303
    assert response.headers["Location"] == "/s/open1/da/thanks"
    [row] = world.store.waiting.execute("SELECT key, header, sealed FROM submission").fetchall()
    assert row[0].hex() == KEY
    assert b"Ring" not in row[2]
    head = b"SVB1" + len(row[1].encode()).to_bytes(2, "big") + row[1].encode()
    payload = unpad(open_envelope(head + row[2], world.keys.private("open1")))
    assert payload.answers == {"trust": "5", "suggestions": "Ring før I kommer."}
    assert payload.language == "da"
    assert world.client().get("/s/open1/da/thanks").status_code == 200


def test_the_same_page_posted_again_is_thanked_for_and_kept_once(world: World) -> None:
    for _ in range(2):
        assert send(world, "/s/open1/da", {"trust": "5"}).status_code == 303
    assert world.waiting() == 1


def test_a_page_without_its_key_is_refused(world: World) -> None:
    for key in ("", "x" * 32, "0" * 31):
        assert send(world, "/s/open1/da", {"trust": "5"}, key=key).status_code == 400
    assert world.waiting() == 0


def test_faults_come_back_with_what_was_typed(world: World) -> None:
    response = send(
        world,
        "/s/kinds1/en",
        {
            "minutes": "about 3",
            "visits": "7",
            "lasted": "13",
            "suggestions": "<b>More & better</b>",
            "may": "yes",
            "care/met": "2",
            "staff/nurses/good": "yes",
        },
    )
    html = response.text
    assert response.status_code == 422
    assert world.waiting() == 0
    assert "Needs another look:" in html.split("</title>")[0]
    assert '<a href="#f-trust-3">Did you feel safe? – Please answer this question.</a>' in html
    assert '<a href="#f-minutes">How long? – Please write a number, for example 12.</a>' in html
    assert "It cannot be thirteen." in html
    assert 'value="about 3"' in html
    assert 'name="visits"' in html and 'value="7"' in html
    assert "&lt;b&gt;More &amp; better&lt;/b&gt;</textarea>" in html
    assert re.search(r'id="f-may-yes"[^>]* checked', html)
    assert re.search(r'id="f-care/met-2"[^>]* checked', html)
    assert '<option value="yes" selected>' in html
    assert re.search(r'id="q-trust"[^>]*>', html)
    assert f'name="~key" value="{KEY}"' in html


def test_a_gap_between_repetitions_does_not_move_faults(world: World) -> None:
    response = send(
        world,
        "/s/kinds1/da",
        {"trust": "3", "steps/0/sector": "", "steps/2/sector": "Akut", "steps/2/waited": "mange"},
    )
    assert response.status_code == 422
    assert 'href="#f-steps/0/waited"' in response.text
    assert re.search(r'name="steps/0/sector"[^>]* value="Akut"', response.text)


def test_a_cpr_number_is_asked_about_once(world: World) -> None:
    typed = {"suggestions": "Mit nummer er 010190-1234"}
    first = send(world, "/s/open1/da", typed)
    assert first.status_code == 422
    assert world.waiting() == 0
    assert 'name="~personal" value="seen"' in first.text
    assert "010190-1234" in first.text
    second = send(world, "/s/open1/da", {**typed, "~personal": "seen"})
    assert second.status_code == 303
    assert world.waiting() == 1


def test_a_round_that_is_not_open_says_so_calmly(world: World) -> None:
    early = world.client().get("/s/planned1/da")
    assert early.status_code == 409
    assert "25. november 2026 kl. 13.00" in early.text
    assert "<form" not in early.text
    world.now += timedelta(days=11)
    late = world.client().get("/s/open1/da")
    assert late.status_code == 409
    assert "<form" not in late.text
    assert "12 34 56 78" in late.text


def test_who_began_in_time_may_finish(world: World) -> None:
    world.now += timedelta(days=11)
    assert send(world, "/s/open1/da", {"trust": "5"}).status_code == 303
    world.now += timedelta(days=30)
    assert send(world, "/s/open1/da", {"trust": "4"}, key="f" * 32).status_code == 409
    assert world.waiting() == 1


@pytest.mark.parametrize(
    "path", ["/s/nothing", "/s/nothing/da", "/s/nothing/qr.svg", "/s/open1/de"]
)
def test_an_unknown_address_is_a_plain_page(world: World, path: str) -> None:
    response = world.client().get(path, headers={"Accept-Language": "da"})
    assert response.status_code == 404
    assert response.content_type == "text/html; charset=utf-8"
    assert "<h1>" in response.text


def test_conditions_stand_in_words(world: World) -> None:
    html = world.client().get("/s/kinds1/en").text
    assert (
        "Answer this only if you answered “At home” to “Where was it?” and you answered "
        "“To some degree” or “Not at all” to “Did you feel safe?”." in html
    )
    assert "Answer this only if you answered “Yes” to “Will you take part?”." in html


def test_a_text_that_falls_back_says_its_language(world: World) -> None:
    html = world.client().get("/s/open1/fa").text
    assert "Ring til 12 34 56 78." in html
    assert '<span lang="da" dir="ltr">Ring til 12 34 56 78.</span>' in html


def test_the_qr_code_is_a_picture_of_the_link(world: World) -> None:
    response = world.client().get("/s/open1/qr.svg")
    assert response.content_type == "image/svg+xml"
    assert response.text.startswith("<svg")
