"""Batches of paper through HTTP, with real files: uploaded, read, said something to (test_confirmed_batches.py: and then).

R1  PDF, TIFF, JPEG and PNG come in by script and by form; the same content is the same file; no name is kept or shown.
R2  What is too large, too much, decided or no scan is told in words; the other files of the batch are read.
R3  Pages in any order make sheets; what was found ends in a sentence with numbers.
R4  Photocopies, scans of a sheet twice, a pile twice, missing, foreign and other rounds' pages: nothing is joined or left out silently.
R5  Until it is confirmed a batch is voided or moved; another unit may look at it and do no more.
"""

from __future__ import annotations

import io
from datetime import timedelta

import numpy as np
import pytest
from flask.testing import FlaskClient

from forms.document import read_document
from forms.paper.layout import to_plain
from server.paper import uploading
from server.paper.laying_out import LaidOut, lay_out
from store import (
    audit,
    paper_batches,
    paper_files,
    paper_findings,
    paper_pages,
    paper_readings,
    paper_removal,
    paper_sheets,
    piles,
    submissions,
)
from store.paper_batches import BatchState
from store.paper_pages import Standing
from store.paper_readings import Said
from store.paper_sheets import SheetStanding
from tests.paper.generator.files import pdf_of
from tests.paper.scans import as_image, as_pdf, as_tiff, flat, number, page_of, sheet_pages
from tests.paper.sheets import facts
from tests.server.installation import open_round, publish
from tests.server.paper_world import (
    MARKS,
    PILE,
    PaperWorld,
    begin,
    do,
    tick,
    token_of,
    upload,
)


def kinds(paper: PaperWorld, *, open_only: bool = True) -> list[str]:
    found = paper_findings.of_batch(paper.world.store.paper, paper.batch().id)
    return [one.kind for one in found if one.open or not open_only]


def settle(paper: PaperWorld, client: FlaskClient, kind: str, said: str, **more: str) -> str:
    batch = paper.batch()
    one = next(
        one
        for one in paper_findings.of_batch(paper.world.store.paper, batch.id)
        if one.kind == kind and one.open
    )
    return do(client, f"/desk/batches/{batch.id}/findings/{one.id}", do=said, **more)


def test_files_of_all_kinds_make_sheets_R1_R3(paper: PaperWorld, client: FlaskClient) -> None:
    sheets = paper.pages(4)
    upside_down = np.rot90(np.asarray(sheets[3][1]), 2)
    assert client.get(f"/desk/piles/{PILE}").status_code == 200
    at = begin(client)
    assert upload(client, at, as_pdf(flat([sheets[1][::-1], sheets[0][:1]]))) == (201, "new")
    assert upload(client, at, as_tiff(flat([sheets[2]]))) == (201, "new")
    assert upload(client, at, as_image(sheets[0][1], "PNG")) == (201, "new")
    # And without a script, as a form, with a name that tells something.
    form = {
        "token": token_of(client),
        "file": [
            (io.BytesIO(as_image(sheets[3][0], "JPEG")), "Jensen, Ole 010203-1234.png"),
            (io.BytesIO(as_image(upside_down, "JPEG")), "bagside.jpg"),
        ],
    }
    assert client.post(f"{at}/files", data=form).headers["Location"].endswith("told=new#told")
    assert client.get(f"{at}/state").json["reading"]
    assert do(client, f"{at}/sent") == "sent"
    assert paper.batch().state is BatchState.READING
    paper.read()
    assert paper.batch().state is BatchState.REVIEW
    state = client.get(f"{at}/state").json
    assert (state["reading"], len(state["files"])) == (False, 5)
    assert "4 af 4 ark fundet." in client.get(at, headers={"Accept-Language": "da"}).text
    assert kinds(paper) == []
    store = paper.world.store
    assert list(store.scans.iterdir()) == []
    listed = paper_pages.of_batch(store.paper, paper.batch().id)
    assert sorted((one.number, one.page) for one in listed) == [
        (number(n), page) for n in range(1, 5) for page in (1, 2)
    ]
    assert sorted({one.turned for one in listed}) == [0, 180]
    for path in store.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"010203" not in content, path
            assert b"bagside" not in content, path
    assert submissions.waiting_count(store.waiting, "open1") == 0


def test_the_same_content_R1(paper: PaperWorld, client: FlaskClient) -> None:
    file = as_pdf(flat(paper.pages(1)))
    at = begin(client)
    assert upload(client, at, file) == (201, "new")
    assert upload(client, at, file) == (200, "same")
    paper.read()
    assert upload(client, at, file) == (200, "same")
    other = begin(client)
    assert upload(client, other, file) == (200, "elsewhere")
    assert upload(client, other, b"") == (200, "empty")
    assert paper_files.of_batch(paper.world.store.paper, other[-16:]) == []
    # What was voided may come again.
    assert do(client, f"{at}/void", do="void") == "voided"
    assert upload(client, other, file) == (201, "new")
    assert [path.name for path in paper.world.store.scans.iterdir()] == [
        one.lies_at for one in paper_files.of_batch(paper.world.store.paper, other[-16:])
    ]


def test_limits_in_words_R2(
    paper: PaperWorld, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = begin(client)
    monkeypatch.setattr(uploading, "LARGEST_FILE", 100)
    assert upload(client, at, b"x" * 101) == (413, "too-large")
    monkeypatch.setattr(uploading, "MOST_FILES", 0)
    assert upload(client, at, b"x") == (413, "too-many-files")
    monkeypatch.undo()
    monkeypatch.setattr(uploading, "ROOM", 2**60)
    response = client.post(
        f"{at}/files",
        data=b"x",
        headers={
            "Content-Type": "application/octet-stream",
            "Svarboks-Form-Token": token_of(client),
            "Accept-Language": "da",
        },
    )
    assert response.status_code == 507
    assert "for lidt plads" in response.json["said"]
    assert list(paper.world.store.scans.iterdir()) == []
    # A body without the session's token is refused, as every form is.
    forged = client.post(
        f"{at}/files", data=b"x", headers={"Content-Type": "application/octet-stream"}
    )
    assert forged.status_code == 400


def test_what_is_no_scan_holds_up_no_other_R2(paper: PaperWorld, client: FlaskClient) -> None:
    at = begin(client)
    assert do(client, f"{at}/sent") == "no-files"
    assert upload(client, at, b"%PDF-1.7 this is cut short")[0] == 201
    assert upload(client, at, as_pdf(flat(paper.pages(1))))[0] == 201
    paper.read()
    broken, good = paper_files.of_batch(paper.world.store.paper, paper.batch().id)
    assert (str(broken.state), good.pages) == ("failed", 2)
    assert "Glem filen" in client.get(at, headers={"Accept-Language": "da"}).text
    assert do(client, f"{at}/files/{broken.turn}/remove") == "file-removed"
    assert do(client, f"{at}/files/{good.turn}/remove") == "file-removed"
    assert len(paper_files.of_batch(paper.world.store.paper, paper.batch().id)) == 1


def test_a_damaged_page_among_good_ones_R2(paper: PaperWorld, client: FlaskClient) -> None:
    """It costs itself: the others are read, the file and the batch say which page it was, and a file of nothing else is none."""
    sheets = [as_image(page, "JPEG") for page in flat(paper.pages(2))]
    at = begin(client)
    damaged = sheets[2][:900]
    assert upload(client, at, pdf_of([*sheets[:2], damaged, sheets[3]]))[0] == 201
    assert upload(client, at, damaged)[0] == 201
    paper.read()
    first, second = paper_files.of_batch(paper.world.store.paper, paper.batch().id)
    assert (str(first.state), first.pages, first.said) == ("read", 4, "broken-scan")
    assert (str(second.state), second.pages, second.said) == ("failed", 0, "broken-scan")
    assert sorted(kinds(paper)) == ["aside", "missing"]
    page = client.get(at, headers={"Accept-Language": "da"}).text
    assert "Side 3 af fil 1 er beskadiget" in page
    assert "Læg den der" not in page
    assert settle(paper, client, "aside", "discarded") == "settled"


def test_missing_foreign_blank_and_other_rounds_R4(paper: PaperWorld, client: FlaskClient) -> None:
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


def test_pages_of_another_round_get_a_batch_of_their_own_R4(paper: PaperWorld) -> None:
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


def test_pages_of_another_questionnaire_are_read_and_given_to_its_round_R4(
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


def test_photocopies_and_sheets_twice_R4(paper: PaperWorld, client: FlaskClient) -> None:
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


def test_what_was_said_of_fronts_does_not_hold_for_backs_that_come_later_R4(
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


def test_a_page_that_was_opened_before_R4(paper: PaperWorld, client: FlaskClient) -> None:
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


def test_photocopies_that_were_paired_wrongly_R4(paper: PaperWorld, client: FlaskClient) -> None:
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


def test_a_pile_twice_R4(paper: PaperWorld, client: FlaskClient) -> None:
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


def test_a_page_that_cannot_be_read_is_put_where_it_belongs_R4(
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


def test_until_it_is_confirmed_R5(paper: PaperWorld, client: FlaskClient) -> None:
    at = begin(client)
    upload(client, at, as_pdf(flat(paper.pages(1))))
    secretariat = paper.world.signed_in("secretariat")
    assert do(client, f"{at}/unit", unit="billund") == "403"
    assert do(secretariat, f"{at}/unit", unit="nyborg") == "403"
    assert do(secretariat, f"{at}/unit", unit="billund") == "moved"
    assert client.get(at).status_code == 403, "it is another unit's now"
    assert do(secretariat, f"{at}/unit", unit="assens") == "moved"
    nyborg = paper.world.signed_in("othercoordinator")
    assert nyborg.get(at).status_code == 403
    assert do(client, f"{at}/review-unit", unit="nyborg") == "review-given"
    assert "Nyborg" in client.get(at).text
    assert nyborg.get(at).status_code == 200
    assert "/void" not in nyborg.get(at).text
    for step in ("void", "unit", "accept", "review-unit", "sent", "files"):
        assert do(nyborg, f"{at}/{step}", do=step) == "403", step
    assert nyborg.get(f"/desk/piles/{PILE}").status_code == 403
    assert do(client, f"{at}/review-unit", unit="") == "review-given"
    assert nyborg.get(at).status_code == 403
    assert client.get(f"{at}/void").status_code == 200
    assert do(client, f"{at}/void", do="void") == "voided"
    assert do(client, f"{at}/void", do="void") == "decided"
    assert upload(client, at, b"x") == (409, "batch-decided")
    said = [one.action for one in audit.listed(paper.world.store.main, subject=f"batch:{at[-16:]}")]
    assert said[::-1] == [
        "batch begun",
        "batch moved",
        "batch moved",
        "review of a batch given to a unit",
        "review of a batch given to a unit",
        "batch voided",
    ]
    paper.read()
    tick(paper.world)
    assert paper_removal.batches(paper.world.store.paper) == set()
    assert list(paper.world.store.scans.iterdir()) == []
