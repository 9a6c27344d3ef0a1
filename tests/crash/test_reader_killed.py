"""The reading process killed in the middle of a batch, again and again: every page is read once, every sheet counted once.

In check size three times while it reads and twice while it hands in; in full (SVARBOKS_PROOF=1) 20 and 20.
"""

from __future__ import annotations

import io
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from server.paper import batch_course
from server.paper.uploading import take_file
from store import (
    paper_batches,
    paper_files,
    paper_pages,
    paper_sheets,
    piles,
    submissions,
)
from store.paper_batches import Batch, BatchState
from store.paper_files import FileState
from tests.crash.processes import Running
from tests.paper.scans import as_pdf, flat, number
from tests.server.installation import build
from tests.server.paper_world import PILE, PaperWorld, paper_world

READER = ("-m", "server.cli", "reader")
PROOF = os.environ.get("SVARBOKS_PROOF") == "1"
FILES, SHEETS = (6, 25) if PROOF else (2, 12)
KILLS, KILLS_HANDING_IN = (20, 20) if PROOF else (3, 2)


@pytest.mark.campaign
def test_killed_while_it_works(tmp_path: Path) -> None:
    world = build(tmp_path)
    paper = paper_world(world, sheets=FILES * SHEETS)
    batch = _uploaded(paper)
    rng = random.Random(20)
    reader = Running("reader", READER, tmp_path, SVARBOKS_KEYS=str(world.settings.keys))
    try:
        killed = _killed(
            reader, KILLS, rng, lambda: len(paper_pages.of_batch(world.store.paper, batch.id))
        )
        print(f"killed while reading after so many pages: {killed}")
        _until(lambda: paper.batch().state is BatchState.REVIEW, reader)
        pages = paper_pages.of_batch(world.store.paper, batch.id)
        wanted = {(number(n), page): 1 for n in range(FILES * SHEETS) for page in (1, 2)}
        assert Counter((one.number, one.page) for one in pages) == wanted
        assert all(str(one.standing) == "in" for one in pages)
        sheets = paper_sheets.of_batch(world.store.paper, batch.id)
        assert len(sheets) == FILES * SHEETS
        files = paper_files.of_batch(world.store.paper, batch.id)
        assert {one.state for one in files} == {FileState.READ}
        assert list(world.store.scans.iterdir()) == []

        paper.decide_all(batch)
        now = world.now
        batch_course.confirm(
            world.store, paper.batch(), sheets=len(sheets), actor="a test", now=now
        )
        killed = _killed(
            reader,
            KILLS_HANDING_IN,
            rng,
            lambda: submissions.waiting_count(world.store.waiting, "open1"),
            soon=True,
        )
        print(f"killed while handing in after so many sheets: {killed}")
        _until(lambda: paper.batch().state is BatchState.ACCEPTED, reader)
    finally:
        reader.kill()
    assert submissions.waiting_count(world.store.waiting, "open1") == len(sheets)
    assert paper_batches.totals_of_round(world.store.main, "open1").sheets == len(sheets)
    world.app.extensions["svarboks"].close()


def _uploaded(paper: PaperWorld) -> Batch:
    """A batch of several files; a person has said that all are there."""
    store, now = paper.world.store, paper.world.now

    pile = piles.find(store.main, PILE)
    batch = batch_course.begin(
        store, paper.world.rounds["open"], pile=pile, unit=None, account=1, actor="a test", now=now
    )
    for file in range(FILES):
        scan = as_pdf(flat(paper.pages(SHEETS, first=file * SHEETS)))
        assert take_file(store, batch, io.BytesIO(scan), length=len(scan)).outcome == "new"
    batch_course.all_sent(store, batch, actor="a test", now=now)
    return batch


def _killed(
    reader: Running,
    times: int,
    rng: random.Random,
    done: Callable[[], int],
    *,
    soon: bool = False,
) -> list[int]:
    """Start it and kill it so many times: at once where something has been done since, or after a while; how much was done each time."""
    seen = []
    for _ in range(times):
        before = done()
        reader.start()
        until = time.monotonic() + 20
        while time.monotonic() < until and done() == before:
            time.sleep(0.01)
        if not soon:
            time.sleep(rng.uniform(0, 0.1))
        reader.kill()
        seen.append(done())
    return seen


def _until(true: Callable[[], bool], reader: Running, patience: float = 90) -> None:
    reader.start()
    until = time.monotonic() + patience
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)
    reader.kill()
