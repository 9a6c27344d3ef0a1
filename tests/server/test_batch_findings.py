"""What a person is asked about a batch of paper, through HTTP: nothing is joined or left out silently.

F1  Missing, foreign, blank and damaged pages.
F2  Pages of another round or another questionnaire get a batch of their own there.
F3  Photocopies, scans of a sheet twice, a pile twice.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from flask.testing import FlaskClient

from forms.document import read_document
from forms.paper.layout import to_plain
from server.paper.laying_out import LaidOut, lay_out
from store import (
    paper_batches,
    paper_findings,
    paper_pages,
    paper_readings,
    paper_sheets,
    piles,
)
from store.paper_batches import BatchState
from store.paper_pages import Standing
from store.paper_readings import Said
from store.paper_sheets import SheetStanding
from tests.paper.scans import as_image, as_pdf, flat, number, page_of, sheet_pages
from tests.paper.sheets import facts
from tests.server.installation import open_round, publish
from tests.server.paper_world import (
    MARKS,
    PaperWorld,
    begin,
    do,
    kinds,
    settle,
    token_of,
    upload,
)


def test_missing_foreign_blank_and_other_rounds_F1(paper: PaperWorld, client: FlaskClient) -> None:
    store = paper.world.store
    whole, lacking = paper.pages(2)
    foreign = np.full((1754, 1240), 255, np.uint8)
    for row in range(200, 1500, 60):
        foreign[row : row + 20, 100:1100] = 0
    blank = np.full((1754, 1240), 250, np.uint8)
    elsewhere = sheet_pages(paper.sheet, "other1", number(99), MARKS)
    at = begin(client)
    upload(client, at, as_pdf([*flat([whole, lacking[:1], elsewhere]), foreign, blank]))
    paper.read()
    page = client.get(at, headers={"Accept-Language": "da"}).text
    assert "2 af 4 ark fundet. 3 felter skal ses, ca. 2 minutter." in page
    assert "Side 2 af ark" in page
    assert sorted(kinds(paper, open_only=False)) == ["aside", "blank", "elsewhere", "missing"]
    assert do(client, f"{at}/accept", do="accept", sheets="2") == "not-ready"
    assert do(client, f"{at}/sent") == "sent"
    assert do(client, f"{at}/accept", do="accept", sheets="2") == "not-ready"
    # The page that is missing is scanned: it goes into its sheet.
    upload(client, at, as_image(lacking[1], "PNG"))
    paper.read()
    assert kinds(paper) == ["aside", "elsewhere"]
    assert settle(paper, client, "aside", "discarded") == "settled"
    # Assens is not in the other round, so its coordinator cannot give the pages to it; the secretariat can.
    assert settle(paper, client, "elsewhere", "moved") == "403"
    assert settle(paper, client, "elsewhere", "paired") == "400"
    assert settle(paper, client, "elsewhere", "discarded") == "settled"
    assert kinds(paper) == []
    assert (
        "2 af 4 ark fundet. Der er ikke mere at se på."
        in client.get(at, headers={"Accept-Language": "da"}).text
    )
    pages = paper_pages.of_batch(paper.world.store.paper, paper.batch().id)
    assert len(pages) == 8, "nothing is lost"
    # More of them come: what was said does not hold for these, and taking it back brings back only what it was said of.
    upload(client, at, as_pdf(sheet_pages(paper.sheet, "other1", number(98), MARKS)))
    paper.read()
    assert kinds(paper) == ["elsewhere"]
    assert settle(paper, client, "elsewhere", "discarded") == "settled"
    first, second = (
        one
        for one in paper_findings.of_batch(store.paper, paper.batch().id)
        if one.kind == "elsewhere"
    )
    assert do(client, f"{at}/findings/{first.id}", do="undo") == "settled"
    assert kinds(paper) == ["elsewhere"]
    aside = {
        one.number
        for one in paper_pages.of_batch(store.paper, first.batch)
        if one.round == "other1" and one.standing is Standing.ASIDE
    }
    assert aside == {number(99)}
    assert second.details["pages"] != first.details["pages"]


def test_pages_of_another_round_get_a_batch_of_their_own_F2(paper: PaperWorld) -> None:
    secretariat = paper.world.signed_in("secretariat")
    kinds_of_other = sheet_pages(paper.sheet, "planned1", number(9), MARKS)
    at = begin(secretariat)
    upload(secretariat, at, as_pdf(flat([*paper.pages(1), kinds_of_other])))
    paper.read()
    first = paper.batch()
    paper.world.now += timedelta(days=10)
    secretariat = paper.world.signed_in("secretariat")
    location = settle(paper, secretariat, "elsewhere", "moved")
    assert location == "from-elsewhere"
    (made,) = paper_batches.of_round(paper.world.store.main, "planned1")
    assert (made.unit, made.state) == ("assens", BatchState.REVIEW)
    assert made.scans_until == first.scans_until, "their days are counted from when they came"
    refused = secretariat.post(
        f"/desk/batches/{made.id}/accept",
        data={"token": token_of(secretariat), "do": "accept", "sheets": "1"},
    )
    assert refused.status_code == 409, "the round has not opened"
    listed = paper_pages.of_batch(paper.world.store.paper, made.id)
    assert [(one.number, one.page, str(one.standing)) for one in listed] == [
        (number(9), 1, "in"),
        (number(9), 2, "in"),
    ]
    assert len(paper_pages.of_batch(paper.world.store.paper, first.id)) == 2


def test_pages_of_another_questionnaire_are_read_and_given_to_its_round_F2(
    paper: PaperWorld,
) -> None:
    secretariat = paper.world.signed_in("secretariat")
    other = another_questionnaire(paper)
    theirs = sheet_pages(other, "ward1", number(9), {"place": "home"})
    at = begin(secretariat)
    upload(secretariat, at, as_pdf(flat([*paper.pages(1), theirs])))
    paper.read()
    assert kinds(paper) == ["elsewhere"]
    assert "Runde ward" in secretariat.get(at, headers={"Accept-Language": "da"}).text
    assert settle(paper, secretariat, "elsewhere", "moved") == "from-elsewhere"
    (made,) = paper_batches.of_round(paper.world.store.main, "ward1")
    listed = paper_pages.of_batch(paper.world.store.paper, made.id)
    assert [(one.number, one.page, str(one.standing)) for one in listed] == [
        (number(9), page.number, "in") for page in other.layout.pages
    ]
    (sheet,) = paper_sheets.of_batch(paper.world.store.paper, made.id)
    (reading,) = paper_readings.of_sheet(paper.world.store.paper, sheet.id)
    assert (reading.place, reading.said) == ("place", Said(("home",)))


ANOTHER = """
format: 1
questionnaire: ward
shape: survey
promise: anonymous
languages: {da: {state: reviewed, by: T, on: 2026-01-01}}
title: Et andet skema
sections:
  - id: s
    title: S
    questions:
      - {id: place, kind: one_of, text: Hvor?, options: [{id: home, text: Hjemme}, {id: ward, text: Afdelingen}]}
report: {tables: []}
"""


def another_questionnaire(paper: PaperWorld) -> LaidOut:
    """The sheet of a round 'ward1' that asks something else, kept as printing keeps it."""
    questionnaire = read_document(ANOTHER)
    version = publish(paper.world.store, questionnaire)
    open_round(paper.world, "ward", version, questionnaire)
    sheet = lay_out(questionnaire, facts(questionnaire, version_hash=version), "da")
    kept = piles.KeptLayout(
        id=sheet.layout.id, version=version, language="da", layout=to_plain(sheet.layout)
    )
    with paper.world.store.write() as db:
        piles.keep_layout(db, kept)
    return sheet


def test_photocopies_and_sheets_twice_F3(paper: PaperWorld, client: FlaskClient) -> None:
    one = sheet_pages(paper.sheet, "open1", number(5), MARKS)
    again = sheet_pages(paper.sheet, "open1", number(5), MARKS, seed=1)
    other = sheet_pages(paper.sheet, "open1", number(5), {**MARKS, "trust": "1", "choice": "1"})
    at = begin(client)
    upload(client, at, as_pdf(flat([one, other, again])))
    paper.read()
    assert sorted(kinds(paper)) == ["copies", "duplicate"]
    sheets = paper_sheets.of_batch(paper.world.store.paper, paper.batch().id)
    assert [sheet.copy for sheet in sheets] == [1, 2, 3]
    page = client.get(at).text
    picture = page.split('<img src="')[1].split('"')[0]
    assert client.get(picture).data[:2] == b"\xff\xd8"
    assert settle(paper, client, "copies", "paired") == "settled"
    assert settle(paper, client, "duplicate", "out") == "settled"
    assert "2 af 4 ark fundet." in client.get(at, headers={"Accept-Language": "da"}).text
    undone = next(
        one
        for one in paper_findings.of_batch(paper.world.store.paper, paper.batch().id)
        if one.settled == "out"
    )
    assert do(client, f"{at}/findings/{undone.id}", do="undo") == "settled"
    assert kinds(paper) == ["duplicate"]
    assert "3 af 4 ark fundet." in client.get(at, headers={"Accept-Language": "da"}).text


def test_what_was_said_of_fronts_does_not_hold_for_backs_that_come_later_F3(
    paper: PaperWorld, client: FlaskClient
) -> None:
    one = sheet_pages(paper.sheet, "open1", number(5), MARKS)
    other = sheet_pages(paper.sheet, "open1", number(5), {**MARKS, "trust": "1", "choice": "1"})
    at = begin(client)
    upload(client, at, as_pdf([one[0], other[0]]))
    paper.read()
    assert sorted(kinds(paper)) == ["copies", "missing", "missing"]
    assert settle(paper, client, "copies", "paired") == "settled"
    upload(client, at, as_pdf([other[1], one[1]]))
    paper.read()
    assert kinds(paper) == ["copies"]
    assert settle(paper, client, "copies", "paired") == "settled"
    assert kinds(paper) == []


def test_a_page_that_was_opened_before_F3(paper: PaperWorld, client: FlaskClient) -> None:
    """Two look at the same findings: who is second hears so, and says nothing to another finding than they see."""
    store = paper.world.store
    sheets = paper.pages(3)
    again = sheet_pages(paper.sheet, "open1", number(1), MARKS, seed=1)
    at = begin(client)
    upload(client, at, as_pdf(flat([sheets[0], again, sheets[1][:1]])))
    paper.read()
    duplicate, missing = paper_findings.of_batch(store.paper, at[-16:])
    assert (duplicate.kind, missing.kind) == ("duplicate", "missing")
    assert do(client, f"{at}/findings/{duplicate.id}", do="undo") == "gone"
    assert do(client, f"{at}/findings/{duplicate.id}", do="out") == "settled"
    for said in ("keep", "out"):
        assert do(client, f"{at}/findings/{duplicate.id}", do=said) == "gone"
    upload(client, at, as_pdf([sheets[1][1], sheets[2][0]]))
    paper.read()
    assert kinds(paper) == ["missing"]
    assert do(client, f"{at}/findings/{missing.id}", do="out") == "gone"
    assert do(client, f"{at}/findings", kind="missing", do="out", finding=str(missing.id)) == "gone"
    assert kinds(paper) == ["missing"]
    listed = {one.number: one.standing for one in paper_sheets.of_batch(store.paper, at[-16:]) if one.copy == 1}  # fmt: skip
    assert set(listed.values()) == {SheetStanding.IN}
    found = paper_findings.find(store.paper, at[-16:], duplicate.id)
    assert found is not None
    assert found.settled == "out"
    left_out = paper_sheets.find(store.paper, found.sheet or 0)
    assert left_out is not None
    assert left_out.standing is SheetStanding.OUT
    assert (
        "Intet er ændret" in client.get(f"{at}?told=gone", headers={"Accept-Language": "da"}).text
    )


def test_photocopies_that_were_paired_wrongly_F3(paper: PaperWorld, client: FlaskClient) -> None:
    """The back of one lay behind the front of the other: they change places, with what was decided, and the batch stays."""
    store = paper.world.store
    mine = sheet_pages(paper.sheet, "open1", number(1), MARKS)
    theirs = sheet_pages(paper.sheet, "open1", number(1), {**MARKS, "trust": "1", "choice": "1", "preference": "hospital"})  # fmt: skip
    at = begin(client)
    upload(client, at, as_pdf([mine[0], theirs[1], theirs[0], mine[1]]))
    paper.read()
    batch = paper.batch()
    first, second = paper_sheets.of_batch(store.paper, batch.id)

    def said(sheet: int, place: str) -> list[str]:
        found = paper_readings.find(store.paper, sheet, place)
        assert found is not None
        assert found.said is not None
        return list(found.said.value)

    assert (said(first.id, "trust"), said(first.id, "preference")) == (["5"], ["hospital"])
    page = client.get(at, headers={"Accept-Language": "da"}).text
    assert "Side 2 af ark 1 og af ark 2" in page
    (finding,) = paper_findings.of_batch(store.paper, batch.id)
    change = f"{at}/findings/{finding.id}"
    for wrong in ("", f"{first.id}/9/{second.id}", f"{first.id}/2/{first.id}", f"{first.id}/2/99"):
        assert do(client, change, do="exchanged", pages=wrong) == "400", wrong
    assert do(client, change, do="exchanged", pages=f"{first.id}/2/{second.id}") == "exchanged"
    assert (said(first.id, "trust"), said(first.id, "preference")) == (["5"], ["home"])
    assert (said(second.id, "trust"), said(second.id, "preference")) == (["1"], ["hospital"])
    backs = [paper_pages.of_sheet(store.paper, one.id)[1] for one in (first, second)]
    assert [one.turn for one in backs] == [3, 1]
    assert kinds(paper) == ["copies"]
    assert settle(paper, client, "copies", "paired") == "settled"
    assert kinds(paper) == []


def test_a_pile_twice_F3(paper: PaperWorld, client: FlaskClient) -> None:
    at = begin(client)
    upload(client, at, as_pdf(flat(paper.pages(3))))
    paper.read()
    again = begin(client)
    rescanned = [sheet_pages(paper.sheet, "open1", number(n), MARKS, seed=n) for n in (1, 2, 3, 4)]
    upload(client, again, as_pdf(flat(rescanned)))
    paper.read()
    batch = paper.batch(again[-16:])
    (found,) = paper_findings.of_batch(paper.world.store.paper, batch.id)
    assert (found.kind, found.details["batch"], len(found.details["sheets"])) == (
        "again",
        at[-16:],
        3,
    )
    page = client.get(again, headers={"Accept-Language": "da"}).text
    assert "7 af 4 ark fundet. 3 af dem kom i andre omgange." in page
    assert "Der er flere ark" in page
    assert do(client, f"{again}/findings", kind="again", do="out") == "gone"
    assert (
        do(client, f"{again}/findings", kind="again", do="out", finding=str(found.id)) == "settled"
    )
    page = client.get(again, headers={"Accept-Language": "da"}).text
    assert "4 af 4 ark fundet." in page


def test_a_page_that_cannot_be_read_is_put_where_it_belongs_F1(
    paper: PaperWorld, client: FlaskClient
) -> None:
    first = page_of(paper.sheet, "open1", number(1), 1, MARKS)
    second = page_of(paper.sheet, "open1", number(1), 2, MARKS)
    second[: second.shape[0] // 4] = 255
    second[-second.shape[0] // 5 :] = 255  # no code, and no corner
    at = begin(client)
    upload(client, at, as_pdf([first, second]))
    paper.read()
    assert sorted(kinds(paper)) == ["aside", "missing"]
    (sheet,) = paper_sheets.of_batch(paper.world.store.paper, paper.batch().id)
    assert settle(paper, client, "aside", "assigned", to=f"{sheet.id}/1") == "400"
    with paper.world.store.write() as db:
        db.execute("UPDATE round SET second_share = 100")
    assert settle(paper, client, "aside", "assigned", to=f"{sheet.id}/2") == "settled"
    assert kinds(paper) == []
    # Where the round asks for a second reader for all, nothing of this page goes by one person alone.
    readings = paper_readings.of_sheet(paper.world.store.paper, sheet.id)
    assert {one.second_wanted for one in readings if one.page == sheet_page(paper, 2)} == {True}
    assert "3 felter skal ses" in client.get(at, headers={"Accept-Language": "da"}).text


def sheet_page(paper: PaperWorld, at: int) -> int:
    """The page of this number, of the one sheet there is."""
    listed = paper_pages.of_batch(paper.world.store.paper, paper.batch().id)
    return next(page.id for page in listed if page.page == at)
