"""Invited rounds: letters at the desk, codes at the door.

R1  Letters are made by the secretariat only, within bounds; each has a code of its own that reads back as typed.
R2  A code works once; a repeat of a kept answer gets its receipt whatever code it brings; a refused answer keeps nothing.
R3  The file for mail merge has the byte order mark and semicolons; unused letters leave out used ones; codes are in no log.
R4  The PDF has a page for each letter. R5 The plain form shows a wrong code at its field and keeps what was typed.
R6  A public round does not look at a code.
R7  The edition's response rate is of the letters sent. R8 A test round of an invited one asks for none.
R9  A letter says who asks, until when, what is promised and whom to call; its address, code and QR code are its own.
"""

from __future__ import annotations

import io
import random
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask.testing import FlaskClient

from exports.assemble import assemble
from exports.editions import make_edition
from forms import library
from forms.problems import Problem, ProblemError
from server import invitations as making
from store import audit, invitations, rounds
from sync import invitation_codes
from sync.mixing import mix
from tests.server.installation import World, build, envelope, open_round

TYPE = "application/octet-stream"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = build(tmp_path)
    version = world.rounds["open"].version
    world.rounds["invited"] = open_round(
        world, "invited", version, library.read("iv-satisfaction"), access="invited", channels=("web",)
    )  # fmt: skip
    return world


def codes_of(world: World, number: int) -> list[str]:
    making.make_letters(
        world.store, world.rounds["invited"], number, now=world.now, actor="test",
        randbytes=random.Random(5).randbytes,
    )  # fmt: skip
    seed = invitations.seed(world.store.waiting, "invited1")
    assert seed is not None
    return [invitation_codes.make(seed, letter) for letter in range(1, number + 1)]


def send(world: World, raw: bytes, code: str | None = None) -> Any:
    headers = {} if code is None else {"Svarboks-Code": code}
    return world.client().post("/api/submissions", data=raw, content_type=TYPE, headers=headers)


def sealed(world: World, number: int, name: str = "invited") -> bytes:
    return envelope(world, name, {}, f"{number:032x}")


def token(client: FlaskClient, at: str) -> str:
    found = re.search('name="token" value="([^"]+)"', client.get(at).get_data(as_text=True))
    assert found
    return found[1]


def test_codes_read_as_people_type_them_and_slips_are_found_R1() -> None:
    for letter in range(1, 300):
        code = invitation_codes.make(b"s" * 32, letter)
        assert invitation_codes.read(f" {invitation_codes.grouped(code).upper()} ") == code
        for at in range(len(code)):
            other = invitation_codes.ALPHABET[
                (invitation_codes.ALPHABET.index(code[at]) + letter) % 27
            ]
            wrong = code[:at] + other + code[at + 1 :]
            assert (invitation_codes.read(wrong) is None) == (wrong != code)
            swapped = code[:at] + code[at : at + 2][::-1] + code[at + 2 :]
            assert swapped == code or invitation_codes.read(swapped) is None
    assert invitation_codes.read("x" * 100) is None


def test_a_code_works_once_and_a_repeat_gets_its_receipt_R2(world: World) -> None:
    one, two = codes_of(world, 2)
    assert send(world, sealed(world, 1)).json["code"] == "code-missing"
    assert send(world, sealed(world, 1), one[:-1] + "!").json["code"] == "code-unknown"
    stranger = invitation_codes.make(b"x" * 32, 1)
    assert (send(world, sealed(world, 1), stranger).status_code) == 403
    assert world.waiting() == 0
    raw = sealed(world, 1)
    first = send(world, raw, one.upper())
    assert first.status_code == 201
    refused = send(world, sealed(world, 2), one)
    assert (refused.status_code, refused.json["code"]) == (409, "code-used")
    for code in (one, two, "nonsense", None):
        assert send(world, raw, code).data == first.data
    assert invitations.numbers(world.store.waiting, "invited1").used == 1
    assert world.waiting() == 1


def test_a_full_round_gives_the_code_back_R2(world: World) -> None:
    one, two = codes_of(world, 2)
    with world.store.write() as db:
        rounds.set_ceiling(db, "invited1", 1)
    assert send(world, sealed(world, 1), one).status_code == 201
    assert send(world, sealed(world, 2), two).json["code"] == "round-full"
    assert invitations.numbers(world.store.waiting, "invited1").used == 1


def test_asking_uses_nothing_and_guessing_is_slowed_R2(world: World) -> None:
    (one,) = codes_of(world, 1)
    ask = lambda code: world.client().post("/api/codes", json={"round": "invited1", "code": code})  # noqa: E731
    assert ask(one).status_code == ask(one).status_code == 204
    assert ask("").json["code"] == "code-missing"
    said = {ask(invitation_codes.make(b"g" * 32, n)).status_code for n in range(100)}
    assert said == {403}
    assert ask(one).status_code == 429
    assert send(world, sealed(world, 1), one).status_code == 429
    world.elapsed += 1
    assert send(world, sealed(world, 1), one).status_code == 201
    assert ask(one).json["code"] == "code-used"


def test_letters_at_the_desk_R1_R3_R4(world: World) -> None:
    at = "/desk/rounds/invited1/invitations"
    assert world.signed_in("chair").get(at).status_code == 403
    desk = world.signed_in("secretariat")
    form = {"token": token(desk, at)}
    form["seen"] = "0"
    assert 'name="seen" value="0"' in desk.get(at).text
    assert desk.post(at, data={**form, "number": "50001"}).status_code == 422
    assert desk.post(at, data={**form, "number": "3"}).status_code == 303
    twice = desk.post(at, data={**form, "number": "3"}, headers={"Accept-Language": "en"})
    assert twice.status_code == 422
    assert "Nothing more was made" in twice.text
    assert invitations.numbers(world.store.waiting, "invited1").made == 3
    assert 'name="seen" value="3"' in twice.text
    file = desk.post(f"{at}/codes.csv", data=form)
    assert file.data.startswith(b"\xef\xbb\xbfletter;code;link\r\n1;")
    assert file.headers["Cache-Control"] == "no-store"
    rows = [line.split(";") for line in file.data.decode("utf-8-sig").splitlines()[1:]]
    assert send(world, sealed(world, 1), rows[1][1]).status_code == 201
    unused = desk.post(f"{at}/codes.csv", data={**form, "which": "unused"}).data.decode("utf-8-sig")
    assert [line.split(";")[0] for line in unused.splitlines()[1:]] == ["1", "3"]
    pdf = desk.post(f"{at}/letters.pdf", data={**form, "language": "da"}).data
    assert pdf.startswith(b"%PDF")
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert len(opened.pages) == 3
    assert desk.post(f"{at}/sent", data={**form, "sent": "4"}).status_code == 422
    assert desk.post(f"{at}/sent", data={**form, "sent": "2"}).status_code == 303
    assert "50" in desk.get(at).get_data(as_text=True)
    noted = repr(audit.listed(world.store.main, limit=50))
    assert "letters made" in noted
    assert not any(row[1] in noted or row[1].replace("-", "") in noted for row in rows)


def test_the_plain_form_shows_a_wrong_code_R5(world: World) -> None:
    (one,) = codes_of(world, 1)
    client = world.client()
    page = client.get("/s/invited1/da").get_data(as_text=True)
    assert 'name="~code"' in page
    assert 'name="~code"' not in client.get("/s/open1/da").get_data(as_text=True)
    form = {"~key": "ab" * 16, "~code": "xx-typo"}
    answer = client.post("/s/invited1/da", data=form)
    assert answer.status_code == 422
    assert "xx-typo" in answer.get_data(as_text=True)
    assert "Sammenlign den med dit brev" in answer.get_data(as_text=True)
    used = send(world, sealed(world, 1), one)
    assert used.status_code == 201
    refused = client.post("/s/invited1/da", data={**form, "~code": one})
    assert refused.status_code in {409, 422}


def test_a_public_round_does_not_look_at_a_code_R6(world: World) -> None:
    assert send(world, sealed(world, 1, "open"), "whatever").status_code == 201
    with pytest.raises(ProblemError) as refused:
        making.make_letters(
            world.store, world.rounds["open"], 1, now=world.now, actor="test",
            randbytes=random.Random(5).randbytes,
        )  # fmt: skip
    assert refused.value.problem is Problem.INVALID_INPUT


def test_the_edition_tells_the_rate_of_the_letters_R7(world: World) -> None:
    codes = codes_of(world, 10)
    for n, code in enumerate(codes[:6]):
        assert send(world, sealed(world, n), code).status_code == 201
    invited = world.rounds["invited"]
    making.set_sent(world.store, invited, 8, now=world.now, actor="test")
    with world.store.write() as db:
        rounds.set_state(db, invited.id, rounds.RoundState.CLOSED)
    late = invited.receive_until + timedelta(days=1)
    rng = random.Random(1)
    assert mix(world.store, world.keys, invited.id, rng=rng, whole=True, now=late).mixed == 6
    figures = make_edition(world.store, invited.id, now=late, rng=rng).figures
    assert figures["about"]["letters"] == {"sent": 8, "used": 6}
    assert figures["about"]["response_rate"] == 0.75
    told = dict(assemble(figures, library.read("iv-satisfaction"), "da").collected)
    assert told["Svarprocent (brugte koder af sendte breve)"].startswith("75")


def test_a_test_round_asks_for_no_code_R8(world: World) -> None:
    world.rounds["trial"] = open_round(
        world, "trial", world.rounds["open"].version, library.read("iv-satisfaction"),
        access="invited", channels=("web",), test_of="invited1",
    )  # fmt: skip
    assert send(world, sealed(world, 1)).status_code == 403
    assert send(world, sealed(world, 2, "trial")).status_code == 201
    html = world.client().get("/s/trial1/da").text
    assert "TEST" in html
    field = 'for="f-~code"'
    assert field not in html
    assert field in world.client().get("/s/invited1/da").text


def test_a_letter_says_what_it_has_to_R9(world: World, tmp_path: Path) -> None:
    codes = codes_of(world, 2)
    client = world.signed_in("secretariat")
    at = "/desk/rounds/invited1/invitations"
    sent = client.post(f"{at}/letters.pdf", data={"token": token(client, at), "language": "da"})
    assert sent.status_code == 200
    assert sent.headers["Cache-Control"] == "no-store"
    path = tmp_path / "letters.pdf"
    path.write_bytes(sent.data)
    pages = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    ).stdout.split("\f")
    for number, code in enumerate(codes, 1):
        said = " ".join(pages[number - 1].split())
        for words in ("Region Eksempel", "Runde invited", "2. december 2026", "anonyme", "12 34 56 78",
                      "/s/invited1", invitation_codes.grouped(code), f"Brev {number}"):  # fmt: skip
            assert words in said, (words, said)
    assert invitation_codes.grouped(codes[1]) not in pages[0]
