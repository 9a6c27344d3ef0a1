"""What is kept of paper: piles, batches, pages, readings and what persons decide, and that it is gone when it is due.

R1  A batch goes its way once: whoever is slower changes nothing; voided or moved only until it is confirmed.
R2  A file is known by its content; a page is there once.
R3  A decision is kept, undone by who made it, and read again by another person only; disagreement is settled.
R4  A batch comes to its totals.
R5  What is removed is in none of the files, byte for byte.
R6  A folder without paper.db gets an empty one: the batches are there, the scans are not.
"""

from __future__ import annotations

import secrets
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest

from forms.units import Unit
from store import (
    paper_batches,
    paper_files,
    paper_findings,
    paper_migration,
    paper_pages,
    paper_readings,
    paper_removal,
    paper_sheets,
    piles,
    round_units,
    rounds,
    units,
)
from store.database import Store, open_store
from store.paper_batches import Batch, BatchState, PaperTotals
from store.paper_files import FileState
from store.paper_findings import Finding
from store.paper_pages import Box, NewPage, Standing
from store.paper_readings import NewReading, ReadingState, Said
from store.plain_json import json_text
from tests.store.conftest import NOW, ROUND, VERSION, keep_round

PILE, BATCH = "a" * 16, "b" * 16
FILE = b"f" * 32
ANNA, BENT, CILLE = 1, 2, 3


@pytest.fixture
def batch(store: Store) -> str:
    """A batch of a pile of two sheets, uploaded as one file."""
    keep_round(store, ROUND)
    with store.write() as db:
        units.keep_units(
            db,
            [
                Unit(id="assens", name="Assens", kind="municipality"),
                Unit(id="billund", name="Billund", kind="municipality"),
            ],
        )
        round_units.keep(db, ROUND, [round_units.RoundUnit(unit="assens")])
        piles.keep_layout(
            db,
            piles.KeptLayout(id="0123abcd", version=VERSION, language="da", layout={"pages": []}),
        )
        piles.add(
            db,
            piles.Pile(
                id=PILE,
                round=ROUND,
                unit="assens",
                layout="0123abcd",
                sheets=2,
                printed_at=NOW,
                back_by=date(2022, 3, 1),
            ),
        )
        paper_batches.make(
            db,
            Batch(
                id=BATCH,
                round=ROUND,
                pile=PILE,
                unit="assens",
                expected=2,
                made_at=NOW,
                scans_until=NOW + timedelta(days=30),
            ),
        )
    with store.write_paper() as db:
        assert paper_files.add(db, BATCH, digest=FILE, size=9, lies_at="0" * 32) is not None
    return BATCH


def page(turn: int, number: str) -> NewPage:
    boxes = [
        Box("trust", "5", 0, "box", 0.4, "marked"),
        Box("trust", "4", 0, "box", 0.0, "blank"),
        Box("care/met", "4", 0, "box", 0.1, "doubtful"),
        Box("words", "", 0, "frame", 0.2, "marked"),
    ]
    return NewPage(
        turn=turn,
        status="sheet",
        digest=secrets.token_bytes(32),
        round=ROUND,
        layout="0123abcd",
        language="da",
        number=number,
        page=1,
        boxes=boxes,
        image=b"SECRET-SCAN-" + number.encode(),
    )


def read(store: Store) -> list[int]:
    """Two sheets of one page each, read; the ids of the sheets."""
    made = []
    with store.write_paper() as db:
        file = paper_files.of_batch(db, BATCH)[0]
        assert paper_pages.add(db, BATCH, FILE, [page(0, "23456789"), page(1, "3456789a")]) == 2
        assert paper_files.ended(db, file, FileState.READ, pages=2)
        for one in paper_pages.of_batch(db, BATCH):
            assert one.number is not None
            sheet = paper_sheets.add(
                db,
                BATCH,
                number=one.number,
                copy=1,
                layout="0123abcd",
                language="da",
                key=secrets.token_bytes(16),
            )
            paper_pages.put_in(db, one.id, sheet.id)
            paper_readings.add(
                db,
                sheet.id,
                [
                    NewReading(
                        place="trust",
                        page=one.id,
                        state=ReadingState.SURE,
                        said=Said(("5",)),
                        second_wanted=True,
                    ),
                    NewReading(place="care/met", page=one.id, state=ReadingState.DOUBTFUL),
                    NewReading(place="words", page=one.id, state=ReadingState.TYPE),
                ],
            )
            made.append(sheet.id)
    with store.write() as db:
        for to in (BatchState.READING, BatchState.REVIEW):
            assert paper_batches.step(db, BATCH, to, of=paper_batches.UNDECIDED)
    return made


def test_a_batch_goes_its_way_once_R1(store: Store, batch: str) -> None:
    with store.write() as db:
        assert paper_batches.move(db, batch, "billund")
        assert paper_batches.move(db, batch, "assens")
        assert paper_batches.give_review(db, batch, "billund")
        assert not paper_batches.confirm(db, batch, 2), "it is not in review"
        assert paper_batches.step(db, batch, BatchState.READING, of={BatchState.UPLOADING})
        assert not paper_batches.step(db, batch, BatchState.READING, of={BatchState.UPLOADING})
        assert paper_batches.step(db, batch, BatchState.REVIEW, of={BatchState.READING})
    assert [one.id for one in paper_batches.to_review(store.main, {"billund"}, 5)] == [batch]
    assert paper_batches.to_review(store.main, {"nyborg"}, 5) == []
    assert paper_batches.to_review(store.main, set(), 5) == []
    with store.write() as db:
        assert paper_batches.confirm(db, batch, 2)
        assert not paper_batches.void(db, batch, now=NOW)
        assert not paper_batches.move(db, batch, "billund")
        assert paper_batches.step(db, batch, BatchState.ACCEPTING, of={BatchState.REVIEW})
        totals = PaperTotals(
            sheets=2, pages=2, boxes=8, boxes_decided=3, second_read=2, disagreed=1
        )
        kept = {"now": NOW, "scans_until": NOW + timedelta(days=3)}
        assert paper_batches.accepted(db, batch, totals, **kept)
        assert not paper_batches.accepted(db, batch, PaperTotals(), **kept)
    found = paper_batches.find(store.main, batch)
    assert found is not None
    assert (found.state, found.totals, found.unit_name, found.reviewed_by_name) == (
        BatchState.ACCEPTED,
        totals,
        "Assens",
        "Billund",
    )
    assert paper_batches.totals_of_round(store.main, ROUND) == totals
    assert paper_batches.accepted_sheets(store.main, ROUND) == {"assens": 2}
    assert piles.handed_out(store.main, ROUND) == {"assens": 2}
    assert paper_batches.due(store.main, NOW) == []
    assert [one.id for one in paper_batches.due(store.main, NOW + timedelta(days=3))] == [batch]
    with store.write() as db:
        paper_batches.scans_gone(db, batch, now=NOW + timedelta(days=3))
    assert paper_batches.due(store.main, NOW + timedelta(days=99)) == []
    assert paper_batches.find(store.main, batch).state is BatchState.ACCEPTED  # type: ignore[union-attr]


def test_what_nobody_decides_about_is_void_when_its_scans_go_R1(store: Store, batch: str) -> None:
    late = NOW + timedelta(days=30)
    assert [one.id for one in paper_batches.due(store.main, late)] == [batch]
    with store.write() as db:
        paper_batches.scans_gone(db, batch, now=late)
    found = paper_batches.find(store.main, batch)
    assert found is not None
    assert (found.state, found.scans_until) == (BatchState.VOID, None)


def test_a_file_by_its_content_and_a_page_once_R2(store: Store, batch: str) -> None:
    with store.write_paper() as db:
        assert paper_files.add(db, batch, digest=FILE, size=9, lies_at="1" * 32) is None
    assert [one.batch for one in paper_files.with_content(store.paper, FILE)] == [batch]
    read(store)
    with store.write_paper() as db:
        file = paper_files.of_batch(db, batch)[0]
        assert not paper_files.ended(db, file, FileState.READ, pages=2), "somebody has read it"
    with pytest.raises(sqlite3.IntegrityError), store.write_paper() as db:
        paper_pages.add(db, batch, FILE, [page(0, "23456789")])
    listed = paper_pages.of_batch(store.paper, batch)
    assert [(one.turn, one.number, one.standing) for one in listed] == [
        (0, "23456789", Standing.IN),
        (1, "3456789a", Standing.IN),
    ]
    assert paper_pages.image(store.paper, listed[0].id) == b"SECRET-SCAN-23456789"
    assert len(paper_pages.boxes(store.paper, [listed[0].id])[listed[0].id]) == 4


def test_decisions_R3_R4(store: Store, batch: str) -> None:
    first, second = read(store)
    waiting = [
        (one.place, one.sheet, one.needs) for one in paper_readings.to_look_at(store.paper, batch)
    ]
    assert waiting == [
        ("care/met", first, "decision"),
        ("care/met", second, "decision"),
        ("words", first, "decision"),
        ("words", second, "decision"),
        ("trust", first, "second"),
        ("trust", second, "second"),
    ]
    with store.write_paper() as db:
        assert paper_readings.decide(db, batch, first, "care/met", ["4"], by=ANNA)
        assert paper_readings.decide(db, batch, second, "care/met", [], by=ANNA)
        assert not paper_readings.decide(db, batch, second, "nothing", ["4"], by=ANNA)
        assert not paper_readings.decide(db, "c" * 16, second, "care/met", ["4"], by=ANNA)
        undone = paper_readings.undo(db, batch, by=ANNA)
        assert undone is not None
        assert (undone.sheet, undone.needs) == (second, "decision")
        assert paper_readings.undo(db, batch, by=BENT) is None
        assert paper_readings.decide(db, batch, second, "care/met", ["~dont_know"], by=ANNA)
        assert not paper_readings.decide_second(db, batch, second, "care/met", ["4"], by=ANNA)
        for sheet in (first, second):
            assert paper_readings.decide(db, batch, sheet, "words", ["Tak"], by=ANNA)
        assert paper_readings.final_fields(db, first) is None, "a second reader is wanted"
        assert paper_readings.decide_second(db, batch, first, "trust", ["5"], by=BENT)
        assert paper_readings.decide_second(db, batch, second, "trust", ["4"], by=BENT)
        assert not paper_readings.decide_second(db, batch, second, "trust", ["5"], by=CILLE)
        assert paper_readings.find(db, second, "trust").needs == "settling"  # type: ignore[union-attr]
        assert not paper_readings.settle(db, batch, first, "words", ["x"], by=CILLE)
        assert paper_readings.settle(db, batch, second, "trust", ["5"], by=CILLE)
        assert paper_readings.to_look_at(db, batch) == []
        assert paper_readings.final_fields(db, second) == {
            "trust": ("5",),
            "care/met": ("~dont_know",),
            "words": ("Tak",),
        }
    assert paper_readings.totals(store.paper, batch) == PaperTotals(
        sheets=2, pages=2, boxes=8, boxes_decided=6, second_read=2, disagreed=1
    )
    with store.write_paper() as db:
        paper_sheets.leave_out(db, second)
        assert [one.id for one in paper_sheets.to_hand_in(db, batch, 9)] == [first]
        paper_sheets.handed_in(db, first)
        assert not paper_readings.decide(db, batch, first, "words", ["x"], by=ANNA)
        assert paper_sheets.to_hand_in(db, batch, 9) == []
        paper_sheets.forget_keys(db, batch)
        assert paper_sheets.find(db, first).key is None  # type: ignore[union-attr]
    assert paper_readings.totals(store.paper, batch).boxes == 4


def test_findings(store: Store, batch: str) -> None:
    first, _second = read(store)
    with store.write_paper() as db:
        for _again in range(2):
            paper_findings.add(
                db, Finding(batch=batch, kind="missing", sheet=first, details={"pages": [2]})
            )
        paper_findings.add(db, Finding(batch=batch, kind="one-bit", details={}, binding=False))
        missing, told = paper_findings.of_batch(db, batch)
        assert paper_findings.open_number(db, batch) == 1
        assert (missing.open, told.open) == (True, False)
        assert paper_findings.settle(db, missing, "without")
        assert paper_findings.open_number(db, batch) == 0
        paper_findings.renew(db, batch, [])
        assert [one.kind for one in paper_findings.of_batch(db, batch)] == ["missing"]


def test_a_finding_keeps_its_id_and_no_other_gets_it(store: Store, batch: str) -> None:
    """Who opened the page before says something to what they saw, or to nothing."""
    sheets = read(store)
    one, other, third = (
        Finding(batch=batch, kind=kind, sheet=sheet, details={"pages": [2]})
        for kind, sheet in (("missing", sheets[0]), ("missing", sheets[1]), ("other", sheets[1]))
    )

    def ids(*found: Finding) -> list[int]:
        with store.write_paper() as db:
            paper_findings.renew(db, batch, found)
            return [kept.id for kept in paper_findings.of_batch(db, batch)]

    assert ids(one) == [1]
    assert ids(one, other) == [1, 2]
    assert ids(one) == [1]
    assert ids(one, third) == [1, 3]
    assert ids() == []
    assert ids(other) == [4]


def test_findings_of_before_name_their_pages(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "paper.db") as old:
        old.executescript(paper_migration.PAPER)
        for page, round_id in enumerate(("a", "b", "b"), start=1):
            old.execute(
                "INSERT INTO page (batch, file, turn, status, round, digest) VALUES (?, x'', ?, 'sheet', ?, ?)",
                (BATCH, page, round_id, FILE),
            )
        old.execute(
            "INSERT INTO finding (batch, kind, details, binding, settled) VALUES (?, 'elsewhere', ?, 1, 'discarded')",
            (BATCH, '{"round":"b"}'),
        )
        old.executescript(paper_migration.FINDINGS)
        (found,) = old.execute("SELECT details, settled FROM finding")
    old.close()
    assert found == (json_text({"round": "b", "pages": [2, 3]}), "discarded")


def test_what_is_removed_is_gone_from_the_files_R5(store: Store, batch: str) -> None:
    first, _ = read(store)
    lying = store.scans / ("0" * 32)
    lying.write_bytes(b"SECRET-SCAN-FILE")
    with store.write_paper() as db:
        paper_readings.decide(db, batch, first, "words", ["SECRET-SCAN-TYPED"], by=ANNA)

    def found() -> list[str]:
        return sorted(
            path.name
            for path in store.folder.rglob("*")
            if path.is_file()
            and any(word in path.read_bytes() for word in (b"SECRET-SCAN", b"3456789a"))
        )

    assert found(), "the search finds what is there"
    with store.write_paper() as db:
        assert paper_removal.batches(db) == {batch}
        paper_removal.remove(db, batch)
        assert paper_removal.batches(db) == set()
    paper_removal.remove_file(lying)
    paper_removal.remove_file(lying)
    assert store.empty_paper_log()
    assert found() == []


def test_files_that_broke_off_are_found_R5(store: Store, batch: str) -> None:
    (store.scans / ("0" * 32)).write_bytes(b"known")
    (store.scans / ("1" * 32)).write_bytes(b"broken off")
    known = paper_files.lying(store.paper)
    found = paper_removal.unknown_files(store.scans, known, before=2**33)
    assert [path.name for path in found] == ["1" * 32]
    assert paper_removal.unknown_files(store.scans, known, before=0) == []


def test_a_folder_without_scans_R6(store: Store, batch: str) -> None:
    read(store)
    store.close()
    for path in store.folder.glob("paper.db*"):
        path.unlink()
    with open_store(store.folder) as again:
        assert paper_batches.find(again.main, batch) is not None
        assert paper_pages.of_batch(again.paper, batch) == []


def test_what_a_round_says_of_paper(store: Store) -> None:
    keep_round(store, ROUND, scan_days=14, second_share=100)
    found = rounds.read(store.main, ROUND)
    assert (found.scan_days, found.second_share) == (14, 100)
