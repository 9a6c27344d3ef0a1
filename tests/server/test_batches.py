"""Batches of paper through HTTP, with real files: uploaded, read, said something to (test_batch_findings.py: what a person is asked; test_confirmed_batches.py: and then).

R1  PDF, TIFF, JPEG and PNG come in by script and by form; the same content is the same file; no name is kept or shown.
R2  What is too large, too much, decided or no scan is told in words; the other files of the batch are read.
R3  Pages in any order make sheets; what was found ends in a sentence with numbers.
R4  Until it is confirmed a batch is voided or moved; another unit may look at it and do no more.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
from flask.testing import FlaskClient

from server.paper import uploading
from store import (
    audit,
    paper_files,
    paper_pages,
    paper_removal,
    submissions,
)
from store.paper_batches import BatchState
from tests.paper.generator.files import pdf_of
from tests.paper.scans import as_image, as_pdf, as_tiff, flat, number
from tests.server.paper_world import (
    PILE,
    PaperWorld,
    begin,
    do,
    kinds,
    settle,
    tick,
    token_of,
    upload,
)


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


def test_until_it_is_confirmed_R4(paper: PaperWorld, client: FlaskClient) -> None:
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
