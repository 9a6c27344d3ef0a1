"""Reading free text at the desk: who may, when, what is shown, and that only what a person released reaches a report."""

from __future__ import annotations

import random
import re
import secrets
from datetime import timedelta

from flask.testing import FlaskClient

from exports.editions import make_edition
from store import audit, responses, rounds
from store.responses import Reading
from store.rounds import RoundState
from sync.mixing import mix
from tests.server.installation import World, envelope

OPEN = "/desk/rounds/open1/texts"
ENGLISH = {"Accept-Language": "en"}


def close(world: World, name: str = "open1") -> None:
    world.now += timedelta(days=32)
    with world.store.write() as db:
        rounds.set_state(db, name, RoundState.CLOSED)


def put(world: World, texts: list[str], place: str = "suggestions", language: str = "da") -> None:
    """Texts as mixing keeps them: under random keys of their own, sorted."""
    rows = sorted((secrets.token_bytes(16), "open1", place, text, language) for text in texts)
    with world.store.write() as db:
        responses.keep(db, [], [], rows)


def states(world: World) -> dict[str, str]:
    return {one.text: one.state for one in responses.texts(world.store.main, "open1")}


def key_of(world: World, text: str) -> str:
    [found] = [one for one in responses.texts(world.store.main, "open1") if one.text == text]
    return found.key.hex()


def form(client: FlaskClient, **values: object) -> dict[str, object]:
    token = re.search(
        r'name="token" value="([0-9a-f]+)"', client.get("/desk", follow_redirects=True).text
    )
    assert token is not None
    return {"token": token[1], "page": "1", **values}


def test_texts_of_real_answers_are_read_and_released_into_the_report(world: World) -> None:
    """The whole way: sealed, received, mixed, read, released; and not before somebody released."""
    for number in range(12):
        answers = {"trust": "5", "suggestions": f"Forslag {number}"}
        body = envelope(world, "open", answers, f"{number:032x}")
        sent = world.client().post(
            "/api/submissions", data=body, content_type="application/octet-stream"
        )
        assert sent.status_code == 201
    close(world)
    rng = random.Random(7)
    mix(world.store, world.keys, "open1", rng=rng, whole=True, now=world.now)
    first = make_edition(world.store, "open1", now=world.now, rng=rng)
    assert first.figures["free_text"] == [{"question": "suggestions", "texts": []}]

    client = world.signed_in("chair")
    html = client.get(OPEN, headers=ENGLISH).text
    assert "12 texts are unread" in html
    assert "Edition 1 has been made and never changes" in html
    for number in range(8):
        key = key_of(world, f"Forslag {number}")
        sent = client.post(OPEN, data=form(client, key=key, state="released"))
        assert sent.status_code == 303
    assert (
        "Comes with the next edition" in client.get(f"{OPEN}?told=released", headers=ENGLISH).text
    )

    second = make_edition(world.store, "open1", now=world.now, rng=rng)
    assert second.number == 2
    [told] = second.figures["free_text"]
    assert sorted(one["text"] for one in told["texts"]) == [f"Forslag {n}" for n in range(8)]


def test_only_the_secretariat_and_the_rounds_chairs_read(world: World) -> None:
    put(world, ["Et hemmeligt ord"])
    close(world)
    key = key_of(world, "Et hemmeligt ord")
    for who, status in (("member", 403), ("otherchair", 403), ("administrator", 403)):
        client = world.signed_in(who)
        assert client.get(OPEN).status_code == status
        sent = client.post(OPEN, data=form(client, key=key, state="released"))
        assert sent.status_code == 403
    assert world.client().post(OPEN, data={"key": key, "state": "released"}).status_code == 401
    assert states(world) == {"Et hemmeligt ord": "unread"}
    assert "/texts" not in world.signed_in("member").get("/desk/rounds/open1").text
    for who in ("chair", "secretariat"):
        assert "Et hemmeligt ord" in world.signed_in(who).get(OPEN).text


def test_while_a_round_receives_nobody_reads(world: World) -> None:
    put(world, ["Et tidligt ord"])
    client = world.signed_in("chair")
    html = client.get(OPEN, headers=ENGLISH).text
    assert "Texts can be read when the round has stopped receiving" in html
    assert "Et tidligt ord" not in html
    assert "unread" not in client.get("/desk/rounds/open1", headers=ENGLISH).text
    key = key_of(world, "Et tidligt ord")
    assert client.post(OPEN, data=form(client, key=key, state="released")).status_code == 409
    planned = client.get("/desk/rounds/planned1/texts", headers=ENGLISH)
    assert "stopped receiving" in planned.text
    assert states(world) == {"Et tidligt ord": "unread"}


def test_the_rounds_page_leads_there_with_the_number(world: World) -> None:
    put(world, ["a", "b", "c"])
    close(world)
    html = world.signed_in("chair").get("/desk/rounds/open1", headers=ENGLISH).text
    assert f'<a href="{OPEN}">Read free text: 3 texts are unread</a>' in html


def test_release_withhold_and_back(world: World) -> None:
    put(world, ["godt", "skidt"])
    close(world)
    client = world.signed_in("chair")
    for text, state in (("godt", "released"), ("skidt", "withheld"), ("godt", "withheld"),
                        ("skidt", "unread"), ("godt", "released")):  # fmt: skip
        sent = client.post(OPEN, data=form(client, key=key_of(world, text), state=state))
        assert sent.status_code == 303
        assert states(world)[text] == state
        assert client.get(sent.headers["Location"]).status_code == 200
    # What stands already changes nothing, and nothing is told of it.
    client.post(OPEN, data=form(client, key=key_of(world, "godt"), state="released"))
    entries = [one for one in audit.listed(world.store.main) if one.subject == "round:open1"]
    assert [one.action for one in reversed(entries)] == [
        "free text released",
        "free text withheld",
        "free text withheld",
        "decision about free text taken back",
        "free text released",
    ]
    assert {str(one.details) for one in entries} == {"{'texts': 1}"}
    log = repr(entries)
    assert not any(key_of(world, text) in log or text in log for text in ("godt", "skidt"))


def test_the_reader_goes_on_with_the_next_unread_text(world: World) -> None:
    put(world, [f"tekst {n}" for n in range(5)])
    close(world)
    client = world.signed_in("chair")
    kept = [one.key.hex() for one in responses.texts(world.store.main, "open1")]
    sent = client.post(OPEN, data=form(client, key=kept[1], state="released"))
    assert sent.headers["Location"].endswith(f"#t-{kept[2]}")
    sent = client.post(OPEN, data=form(client, key=kept[4], state="withheld"))
    assert sent.headers["Location"].endswith("#told")
    html = client.get(sent.headers["Location"], headers=ENGLISH).text
    assert "1 text is withheld" in html
    assert "Take it back" in html


def test_each_text_stands_in_its_language_and_direction(world: World) -> None:
    put(world, ["Tak for hjælpen"])
    put(world, ["شكرا\nجزيلا"], language="ar")
    close(world)
    html = world.signed_in("chair").get(OPEN).text
    assert re.search(r'lang="da" dir="auto">Tak for hjælpen</p>', html)
    assert re.search(r'lang="ar" dir="auto">شكرا<br>جزيلا</p>', html)
    assert '<span lang="ar" dir="rtl">العربية</span>' in html
    assert '<span lang="da" dir="ltr">Dansk</span>' in html


def test_what_people_wrote_is_never_markup(world: World) -> None:
    put(world, ["<script>alert(1)</script> & <b>fed</b>"])
    close(world)
    html = world.signed_in("chair").get(OPEN).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;fed" in html
    assert "<script>alert" not in html


def test_personal_data_draws_a_warning(world: World) -> None:
    put(world, ["Ring til mig på 28 94 71 03", "Skriv til anna@example.dk", "Alt var godt"])
    close(world)
    danish = world.signed_in("chair").get(OPEN, headers={"Accept-Language": "da"}).text
    assert danish.count("Ser ud til at indeholde et telefonnummer") == 1
    assert danish.count("Ser ud til at indeholde en e-mailadresse") == 1


def test_release_all_shown_asks_with_the_number_and_leaves_out_what_was_warned_of(
    world: World,
) -> None:
    put(world, [f"tekst {n}" for n in range(9)] + ["Ring 28 94 71 03", "afgjort"])
    close(world)
    client = world.signed_in("chair")
    client.post(OPEN, data=form(client, key=key_of(world, "afgjort"), state="withheld"))
    html = client.get(OPEN, headers=ENGLISH).text
    assert "Release all shown: 9 texts" in html
    assert "Release 9 texts?" not in html
    asked = client.get(f"{OPEN}?page=1&ask=release", headers=ENGLISH).text
    assert "Release 9 texts?" in asked
    assert "1 text with a warning is not among them" in asked
    assert set(states(world).values()) == {"unread", "withheld"}
    question = asked[asked.index('id="ask"') :]
    question = question[: question.index("</form>")]
    keys = re.findall(r'name="key" value="([0-9a-f]{32})"', question)
    # Somebody else decides about one of them meanwhile: that stands.
    with world.store.write() as db:
        responses.decide_text(db, bytes.fromhex(key_of(world, "tekst 3")), Reading.WITHHELD)
    sent = client.post(OPEN, data=form(client, key=keys, state="released", shown="all"))
    told = client.get(sent.headers["Location"], headers=ENGLISH).text
    assert "8 texts are released" in told
    assert audit.listed(world.store.main, limit=1)[0].details == {"texts": 8}
    assert states(world) == {
        **{f"tekst {n}": "released" for n in range(9) if n != 3},
        "tekst 3": "withheld",
        "Ring 28 94 71 03": "unread",
        "afgjort": "withheld",
    }


def test_fifty_on_a_page_and_unread_first(world: World) -> None:
    put(world, [f"tekst {n:03d}" for n in range(120)])
    close(world)
    client = world.signed_in("chair")
    kept = [one.key for one in responses.texts(world.store.main, "open1")]
    with world.store.write() as db:
        for key in kept[:40]:
            responses.decide_text(db, key, Reading.RELEASED)
    shown = [
        re.findall(r'id="t-([0-9a-f]{32})"', client.get(f"{OPEN}?page={number}").text)
        for number in (1, 2, 3)
    ]
    assert [len(page) for page in shown] == [50, 50, 20]
    # In the order of their random keys, first the unread.
    expected = [key.hex() for key in kept[40:] + kept[:40]]
    assert [key for page in shown for key in page] == expected
    assert "Page 3 of 3" in client.get(f"{OPEN}?page=99", headers=ENGLISH).text
    for number in ("0", "-1", "x", "٣", "9" * 30):
        assert client.get(f"{OPEN}?page={number}").status_code == 200


def test_texts_stand_under_their_questions_wording(world: World) -> None:
    put(world, [f"tekst {n}" for n in range(8)])
    put(world, ["andetsteds"], place="no_longer_asked")
    close(world)
    html = world.signed_in("chair").get(OPEN, headers=ENGLISH).text
    wording = re.search(r"<h3>(.+?)</h3>", html)
    assert wording is not None
    assert len(wording[1]) > 10
    assert "0 released, 0 withheld, 8 unread." in html
    assert "The report shows them when 8 are released." in html
    assert "Texts of this question do not stand in the report." in html


def test_fewer_than_eight_never_reach_the_report_and_the_page_says_so(world: World) -> None:
    put(world, [f"tekst {n}" for n in range(7)])
    close(world)
    client = world.signed_in("chair")
    html = client.get(OPEN, headers=ENGLISH).text
    assert "7 texts were written here. From fewer than 8 no text reaches the report" in html
    for n in range(7):
        client.post(OPEN, data=form(client, key=key_of(world, f"tekst {n}"), state="released"))
    made = make_edition(world.store, "open1", now=world.now, rng=random.Random(1))
    assert made.figures["free_text"] == [{"question": "suggestions", "texts": []}]


def test_a_round_without_texts(world: World) -> None:
    close(world)
    html = world.signed_in("chair").get(OPEN, headers=ENGLISH).text
    assert "Nobody has written any text in this round." in html


def test_what_waits_to_be_mixed_is_said(world: World) -> None:
    body = envelope(world, "open", {"trust": "5", "suggestions": "Forsinket"}, "0" * 32)
    world.client().post("/api/submissions", data=body, content_type="application/octet-stream")
    close(world)
    html = world.signed_in("chair").get(OPEN, headers=ENGLISH).text
    assert "1 answer waits to be mixed" in html
    assert "Forsinket" not in html


def test_bad_forms_change_nothing(world: World) -> None:
    put(world, ["tekst"])
    close(world)
    client = world.signed_in("chair")
    key = key_of(world, "tekst")
    for values, status in (
        ({"key": key, "state": "published"}, 400),
        ({"key": key}, 400),
        ({"state": "released"}, 400),
        ({"key": "x" * 32, "state": "released"}, 400),
        ({"key": [key] * 51, "state": "released"}, 400),
        ({"key": "0" * 32, "state": "released"}, 404),
        ({"key": [key, "0" * 32], "state": "released", "shown": "all"}, 404),
        ({"key": key, "state": "released", "token": "0" * 64}, 400),
    ):
        sent = client.post(OPEN, data=form(client, **values))
        assert sent.status_code == status, values
    cross = client.post(
        OPEN, data=form(client, key=key, state="released"), headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert cross.status_code == 400
    assert states(world) == {"tekst": "unread"}


def test_a_text_of_another_round_cannot_be_decided_from_here(world: World) -> None:
    """The chair of one working group guesses, or knows, a key of another's."""
    put(world, ["tekst"])
    with world.store.write() as db:
        rounds.set_state(db, "other1", RoundState.CLOSED)
    close(world)
    client = world.signed_in("otherchair")
    sent = client.post(
        "/desk/rounds/other1/texts",
        data=form(client, key=key_of(world, "tekst"), state="released"),
    )
    assert sent.status_code == 404
    assert states(world) == {"tekst": "unread"}


def test_repetitions_of_a_group_do_not_stand_in_the_order_of_their_answer(world: World) -> None:
    put_rows = [
        (secrets.token_bytes(16), "kinds1", f"steps/{number}/sector", f"Sted {number}", "da")
        for number in range(4)
    ]
    with world.store.write() as db:
        responses.keep(db, [], [], sorted(put_rows))
    close(world, "kinds1")
    html = world.signed_in("chair").get("/desk/rounds/kinds1/texts").text
    assert html.count("<h3>") == 1
    assert "Hvilke steder kom du forbi? – Sted" in html
    shown = re.findall(r'id="t-([0-9a-f]{32})"', html)
    assert shown == sorted(key.hex() for key, *_ in put_rows)
