"""Printing at the desk and on the command line.

P1  A pile is one PDF: a cover whose code opens the pile's upload, then sheets with numbers that differ; kept and audited.
P2  A coordinator prints for their own units only; others not at all.
P3  One sheet to photocopy is no pile and has no cover.
P4  A round in test mode gives sheets of its test round, marked TEST; a closed round gives none; a signed one a sheet to work on, and no pile.
P5  The address that sheets go back to is remembered by unit.
P6  The command line writes the sheets and the map of their boxes, and the map is the layout that is kept.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from forms import library
from forms.paper.layout import from_plain
from forms.paper.page_code import read_page_code
from server.test_mode import add_test_round
from store import audit, piles, rounds
from store.rounds import RoundState
from tests.server.command_line import CommandLine
from tests.server.installation import World, open_round, publish
from tests.server.test_board import form_of

AT = "/desk/rounds/open1/sheets"
ENGLISH = {"Accept-Language": "en"}
ORDER = {"language": "da", "unit": "assens", "what": "pile", "count": "2", "return_to": ""}


def order(client: FlaskClient, at: str = AT, **changes: str) -> TestResponse:
    """Order sheets as the page does."""
    token = form_of(client, at)["token"]
    return client.post(at, data={"token": token, **ORDER, **changes}, headers=ENGLISH)


def pages(pdf: bytes) -> list[tuple[str, str]]:
    """(text of the page, what its code says) of a PDF."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            picture = page.render(scale=2.5, grayscale=True).to_numpy().squeeze()
            codes = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
            text = page.get_textpage().get_text_bounded()
            found.append((text, codes[0].text if codes else ""))
    return found


def test_a_pile_is_one_file_with_a_cover_P1(world: World) -> None:
    answer = order(world.signed_in("secretariat"))
    assert answer.status_code == 200
    assert answer.content_type == "application/pdf"
    [pile] = piles.of_round(world.store.main, "open1")
    assert (pile.unit, pile.sheets, pile.language) == ("assens", 2, "da")
    cover, back, *sheets = pages(answer.data)
    assert cover[1] == f"{world.settings.url}/desk/piles/{pile.id}"
    assert "2 sheets" in cover[0]
    assert "Dansk" in cover[0]
    assert "Assens" in cover[0]
    assert back == ("", "")
    codes = [read_page_code(code) for _, code in sheets]
    assert all(code is not None and code.round == "open1" and code.layout == pile.layout for code in codes)  # fmt: skip
    assert [code.page for code in codes if code] == [1, 2, 1, 2]
    numbers = [code.sheet for code in codes if code]
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]
    kept = piles.layout(world.store.main, pile.layout)
    assert kept is not None
    assert from_plain(kept.layout).id == pile.layout
    [entry] = audit.listed(world.store.main, subject="round:open1")
    assert entry.action == "sheets printed"
    assert dict(entry.details) == {"language": "da", "sheets": 2, "unit": "assens"}
    everything = "\n".join(world.store.main.conn.iterdump())
    assert not any(number in everything for number in numbers)


def test_a_coordinator_prints_for_their_own_units_P2(world: World) -> None:
    coordinator = world.signed_in("coordinator")
    html = coordinator.get(AT, headers=ENGLISH).text
    assert "Billund" not in html
    assert order(coordinator).status_code == 200
    assert order(coordinator, unit="billund").status_code == 422
    assert order(coordinator, unit="").status_code == 422
    assert coordinator.get("/desk/rounds/other1/sheets").status_code == 403
    assert world.signed_in("chair").get(AT).status_code == 403
    assert [pile.unit for pile in piles.of_round(world.store.main, "open1")] == ["assens"]


def test_one_sheet_to_photocopy_is_no_pile_P3(world: World) -> None:
    answer = order(world.signed_in("secretariat"), what="master", count="")
    assert len(pages(answer.data)) == 2
    assert piles.of_round(world.store.main, "open1") == []
    layouts = piles.layouts_of_round(world.store.main, "open1")
    assert len(layouts) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"count": "0"}, "Write a whole number from 1 to 500."),
        ({"count": "501"}, "Write a whole number from 1 to 500."),
        ({"count": "many"}, "Write a whole number from 1 to 500."),
        ({"language": "sv"}, "Choose one of the languages."),
        ({"unit": "nyborg"}, "Choose one of the units."),
        ({"return_to": "x" * 500}, "Write at most 400 characters."),
        ({"what": "book"}, "Choose one of the two."),
    ],
)
def test_what_cannot_be_printed_is_said_beside_its_field(
    world: World, changes: dict[str, str], said: str
) -> None:
    answer = order(world.signed_in("secretariat"), **changes)
    assert answer.status_code == 422
    assert answer.text.count(said) == 2
    assert piles.of_round(world.store.main, "open1") == []


def test_a_round_in_test_mode_prints_TEST_P4(world: World) -> None:
    with world.store.write() as db:
        db.execute("UPDATE round SET approved = 0 WHERE id = 'planned1'")
        test = add_test_round(db, "planned1", now=world.now, rng=random.Random(1))
    answer = order(world.signed_in("secretariat"), "/desk/rounds/planned1/sheets")
    assert answer.status_code == 200, answer.text
    cover, _, first, *_ = pages(answer.data)
    assert "TEST" in cover[0]
    assert "TEST" in first[0]
    code = read_page_code(first[1])
    assert code is not None
    assert code.round == test.id
    assert [pile.round for pile in piles.of_round(world.store.main, test.id)] == [test.id]


def test_a_closed_round_prints_nothing_P4(world: World) -> None:
    client = world.signed_in("secretariat")
    token = form_of(client, AT)["token"]
    with world.store.write() as db:
        rounds.set_state(db, "open1", RoundState.CLOSED)
    assert "No sheets can be printed" in client.get(AT, headers=ENGLISH).text
    assert client.post(AT, data={"token": token, **ORDER}).status_code == 409


def test_a_signed_round_prints_a_sheet_to_work_on_P4(world: World) -> None:
    questionnaire = library.read("sof-follow-up")
    version = publish(world.store, questionnaire)
    open_round(world, "sof", version, questionnaire, channels=("web",))
    client = world.signed_in("coordinator")
    at = "/desk/rounds/sof1/sheets"
    page = client.get(at, headers=ENGLISH).text
    assert "A scan of it is not taken in." in page
    assert "How many sheets in the pile" not in page
    # Even asked for as a pile it is one sheet without a cover, so there is nothing to upload to.
    answer = order(client, at)
    assert answer.status_code == 200, answer.text
    text, code = pages(answer.data)[0]
    assert "1." in text
    assert code.startswith("SVB1.sof1.da.")
    assert piles.of_round(world.store.main, "sof1") == []
    assert 'href="/desk/rounds/sof1/sheets"' in client.get("/desk/rounds/sof1").text


def test_the_address_is_remembered_by_unit_P5(world: World) -> None:
    client = world.signed_in("secretariat")
    address = "Assens Kommune\r\nSygeplejen\r\n\r\n5610 Assens"
    answer = order(client, return_to=address)
    assert any("5610 Assens" in text for text, _ in pages(answer.data))
    assert "Sygeplejen\n5610 Assens</textarea>" in client.get(f"{AT}?unit=assens").text
    assert "Sygeplejen" not in client.get(f"{AT}?unit=billund").text


def test_the_command_line_writes_sheets_and_their_map_P6(world: World, tmp_path: Path) -> None:
    pdf, plain = tmp_path / "sheets.pdf", tmp_path / "map.json"
    CommandLine(world.settings.data).done(
        "sheets", "open1", "--language", "ar", "--count", "3", "--out", str(pdf), "--map", str(plain),
    )  # fmt: skip
    layout = from_plain(json.loads(plain.read_text(encoding="utf-8")))
    codes = [read_page_code(code) for _, code in pages(pdf.read_bytes())]
    assert [code.page for code in codes if code] == [1, 2] * 3
    assert {code.layout for code in codes if code} == {layout.id}
    kept = piles.layout(world.store.main, layout.id)
    assert kept is not None
    assert from_plain(kept.layout) == layout
