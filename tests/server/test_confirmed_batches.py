"""Batches of paper once they are confirmed or void, through HTTP and with real files: counted, and gone.

R6  A confirmed batch is handed in once, wherever it is killed, and counts; before, nothing of it is in any count. A round that
    is full gives it back, and a file that comes too late is refused in words.
R7  What is void or due is gone, byte for byte; what is left of an accepted batch is its totals.
"""

from __future__ import annotations

import io
import os
import random
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from forms.problems import Problem, ProblemError
from server.paper.uploading import take_file
from store import (
    audit,
    counts,
    paper_batches,
    paper_files,
    paper_readings,
    paper_removal,
    paper_sheets,
    responses,
    rounds,
    submissions,
)
from store.paper_batches import BatchState, PaperTotals
from sync.mixing import mix
from sync.paper.handing_in import hand_in
from tests.paper.scans import as_pdf, flat, number
from tests.server.paper_world import (
    PaperWorld,
    begin,
    do,
    tick,
    upload,
)


def confirmed(paper: PaperWorld, client: FlaskClient, sheets: int = 3) -> str:
    """A batch that is confirmed, with words typed and second readers; not handed in yet."""
    at = begin(client)
    upload(client, at, as_pdf(flat(paper.pages(sheets, marks={"suggestions": ""}))))
    do(client, f"{at}/sent")
    paper.read()
    paper.decide_all(paper.batch())
    assert do(client, f"{at}/accept", do="accept", sheets=str(sheets)) == "accepting"
    return at


def test_a_confirmed_batch_counts_R6(paper: PaperWorld, client: FlaskClient) -> None:
    world = paper.world
    at = confirmed(paper, client)
    batch = paper.batch()
    assert (batch.state, batch.confirmed) == (BatchState.ACCEPTING, 3)
    assert submissions.waiting_count(world.store.waiting, "open1") == 0
    assert do(client, f"{at}/void", do="void") == "decided"
    paper.read()
    batch = paper.batch()
    assert batch.state is BatchState.ACCEPTED
    assert (batch.totals.sheets, batch.totals.pages) == (3, 6)
    assert batch.totals.boxes_decided == 3
    assert all(one.key is None for one in paper_sheets.of_batch(world.store.paper, batch.id))
    assert (
        paper_readings.of_batch(world.store.paper, batch.id) == []
    )  # of single decisions the totals are left
    assert submissions.waiting_count(world.store.waiting, "open1") == 3
    page = client.get(at, headers={"Accept-Language": "da"}).text
    assert "3 ark er talt med." in page
    mix(
        world.store, world.keys, "open1", rng=random.Random(1), whole=True, promised=True, now=world.now
    )  # fmt: skip
    assert [
        (one.unit, one.channel, one.n) for one in counts.returned(world.store.main, "open1")
    ] == [("assens", "paper", 3)]
    answers = {
        (answer.place, answer.value)
        for response in responses.read(world.store.main, "open1")
        for answer in response.rows
    }
    assert ("trust", "5") in answers
    assert ("preference", "home") in answers


def test_a_round_that_is_full_gives_the_batch_back_R6(
    paper: PaperWorld, client: FlaskClient
) -> None:
    store = paper.world.store

    def ceiling(number: int) -> None:
        with store.write() as db:
            rounds.set_ceiling(db, "open1", number)
        paper.world.app.extensions["svarboks"].intake._facts.clear()  # else known for a second

    confirmed(paper, client, 1)
    paper.read()
    at = begin(client)
    upload(client, at, as_pdf(flat(paper.pages(2, first=2, marks={"suggestions": ""}))))
    do(client, f"{at}/sent")
    paper.read()
    mine = at[-16:]
    paper.decide_all(paper.batch(mine))
    ceiling(1)
    assert do(client, f"{at}/accept", do="accept", sheets="2") == "accepting"
    paper.read()
    assert (paper.batch(mine).state, paper.batch(mine).confirmed) == (BatchState.REVIEW, None)
    assert "har nået sit loft" in client.get(at, headers={"Accept-Language": "da"}).text
    # One fits: it stays handed in, the other is tried again, but not at once and without end.
    ceiling(2)
    assert do(client, f"{at}/accept", do="accept", sheets="2") == "accepting"
    reader = paper.reader()
    assert reader.work() == 0
    assert paper.batch(mine).state is BatchState.ACCEPTING
    ceiling(100)
    assert reader.work() == 0
    assert paper.batch(mine).state is BatchState.ACCEPTING
    paper.world.now += timedelta(minutes=1)
    assert reader.work() == 1
    assert paper.batch(mine).state is BatchState.ACCEPTED
    assert submissions.waiting_count(store.waiting, "open1") == 3


def test_a_file_that_ends_after_confirming_is_refused_R6(
    paper: PaperWorld, client: FlaskClient
) -> None:
    at = begin(client)
    upload(client, at, as_pdf(flat(paper.pages(1, marks={"suggestions": ""}))))
    do(client, f"{at}/sent")
    paper.read()
    paper.decide_all(paper.batch())
    raw = as_pdf(flat(paper.pages(1, first=2)))

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() == 0:
                assert do(client, f"{at}/accept", do="accept", sheets="1") == "accepting"
            return super().read(size)

    store = paper.world.store
    with pytest.raises(ProblemError) as raised:
        take_file(store, paper.batch(), Slow(raw), length=len(raw))
    assert raised.value.problem is Problem.BATCH_DECIDED
    assert len(paper_files.of_batch(store.paper, paper.batch().id)) == 1
    assert list(store.scans.iterdir()) == []


@pytest.mark.parametrize("point", ["before a sheet", "received", "before accepting", "accepted"])
def test_killed_while_handing_in_R6(paper: PaperWorld, client: FlaskClient, point: str) -> None:
    confirmed(paper, client)
    running = paper.world.app.extensions["svarboks"]
    killed = []

    class Killed(Exception):  # noqa: N818 - not an error: the power goes
        pass

    for times in (1, 2):
        passed = []

        def at(name: str, times: int = times, passed: list[str] = passed) -> None:
            passed.append(name)
            if passed.count(point) == times:
                raise Killed

        batch = paper.batch()
        if batch.state is not BatchState.ACCEPTING:
            break
        try:
            hand_in(
                paper.world.store, running.intake, batch, checker_of=running.checker, now=paper.world.now, at=at
            )  # fmt: skip
        except Killed:
            killed.append(point)
    assert killed
    paper.read()
    assert paper.batch().state is BatchState.ACCEPTED
    assert paper.batch().totals.sheets == 3
    assert submissions.waiting_count(paper.world.store.waiting, "open1") == 3
    assert all(
        one.key is None for one in paper_sheets.of_batch(paper.world.store.paper, paper.batch().id)
    )
    assert paper_readings.of_batch(paper.world.store.paper, paper.batch().id) == []


def test_what_is_due_is_gone_R7(paper: PaperWorld, client: FlaskClient) -> None:
    world = paper.world
    with world.store.write() as db:
        db.execute("UPDATE round SET scan_days = 14")
    confirmed(paper, client)
    paper.read()
    batch = paper.batch()
    assert batch.scans_until == world.now + timedelta(days=14)

    def found() -> set[str]:
        words = [number(n).encode() for n in (1, 2, 3)] + [b"Tak for det"]
        return {
            path.name
            for path in world.store.folder.rglob("*")
            if path.is_file() and any(word in path.read_bytes() for word in words)
        }

    assert found() <= {"paper.db", "paper.db-wal"}
    assert found(), "the search finds what is there"
    world.now += timedelta(days=13)
    tick(world)
    assert found()
    world.now += timedelta(days=1)
    tick(world)
    assert found() == set()
    after = paper.batch()
    assert (after.state, after.scans_until, after.totals) == (
        BatchState.ACCEPTED,
        None,
        batch.totals,
    )
    assert paper_batches.totals_of_round(world.store.main, "open1") == batch.totals
    assert batch.totals != PaperTotals()
    said = [one.action for one in audit.listed(world.store.main, subject=f"batch:{batch.id}")]
    assert said[:2] == ["scans removed", "batch accepted"]


def test_late_and_never_decided_R7(paper: PaperWorld, client: FlaskClient) -> None:
    world = paper.world
    world.now = world.rounds["open"].receive_until + timedelta(hours=1)
    client = world.signed_in("coordinator")
    at = begin(client)
    upload(client, at, as_pdf(flat(paper.pages(1))))
    paper.read()
    assert paper.batch().late
    assert "for sent" in client.get(at, headers={"Accept-Language": "da"}).text
    world.now += timedelta(days=30)
    tick(world)
    assert paper.batch().state is BatchState.VOID
    assert paper_removal.batches(world.store.paper) == set()


def test_confirmed_after_receive_until_R6(paper: PaperWorld, client: FlaskClient) -> None:
    """Uploaded in time and confirmed too late: it is said before, taken in, and marked late on the batch and nowhere else."""
    world = paper.world
    danish = {"Accept-Language": "da"}
    at = begin(client)
    upload(client, at, as_pdf(flat(paper.pages(1))))
    do(client, f"{at}/sent")
    paper.read()
    paper.decide_all(paper.batch())
    page = client.get(at, headers=danish).text
    assert "Det, der bekræftes efter" in page
    assert 'class="late"' not in page
    world.now = world.rounds["open"].receive_until + timedelta(hours=1)
    client = world.signed_in("coordinator")
    page = client.get(at, headers=danish).text
    assert "Den blev uploadet i tide" in page
    assert "Det, der bekræftes efter" not in page
    assert not paper.batch().late
    assert do(client, f"{at}/accept", sheets="1", do="accept") == "accepting"
    paper.read()
    assert (paper.batch().state, paper.batch().late) == (BatchState.ACCEPTED, True)
    assert "efter at runden var holdt op med at tage imod" in client.get(at, headers=danish).text
    assert submissions.waiting_count(world.store.waiting, "open1") == 1
    (said,) = [
        one
        for one in audit.listed(world.store.main, subject=f"batch:{paper.batch().id}")
        if one.action == "batch accepted"
    ]
    assert said.details["late"] is True


def test_what_belongs_to_no_batch_is_gone_R7(paper: PaperWorld, client: FlaskClient) -> None:
    """A batch that is there no more (its test round was removed), and an upload that broke off."""
    world = paper.world
    at = begin(client)
    upload(client, at, as_pdf(flat(paper.pages(1))))
    paper.read()
    (world.store.scans / "ff").write_bytes(b"broken off")
    tick(world)
    assert paper_removal.batches(world.store.paper) == {at[-16:]}
    with world.store.write() as db:
        db.execute("DELETE FROM batch")
    tick(world)
    assert paper_removal.batches(world.store.paper) == set()
    assert [path.name for path in world.store.scans.iterdir()] == ["ff"], "it may still be written"
    os.utime(world.store.scans / "ff", (0, 0))
    tick(world)
    assert list(world.store.scans.iterdir()) == []
