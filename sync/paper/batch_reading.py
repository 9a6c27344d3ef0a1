"""Reads the files of a batch into paper.db, each page once, however often the process is killed.

Pages are kept a few at a time, as they are read, each under its place in its file; a process that begins anew skips those that
are there. The file is done when its last page is kept, in the same transaction in which the batch is looked over. Only then is
it removed from the folder of scans.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from forms.document import from_plain
from forms.paper.layout import PaperLayout
from forms.paper.layout import from_plain as layout_from_plain
from forms.problems import Problem
from forms.questionnaire import Questionnaire
from store import paper_batches, paper_files, paper_pages, piles, rounds, versions
from store.database import Store
from store.paper_batches import Batch, BatchState
from store.paper_files import FileState, ScanFile
from store.paper_pages import Box, NewPage
from store.paper_removal import remove_file
from sync.paper.answers import page_answers
from sync.paper.looking_over import Ground, Judged, look_over
from sync.paper.pages import FileFault, ReadBox, ReadPage, Warned
from sync.paper.reading import read_pages

#: So many pages, or those of so many seconds, are kept in one transaction.
PAGES_AT_ONCE = 8
SECONDS_AT_ONCE = 2.0
#: Reading a file is begun this often; a file that ends the whole process each time is then given up.
MOST_ATTEMPTS = 60


class Reader(Protocol):
    """How a file is read: sync.paper.reading.read_pages, or what a test puts in its place."""

    def __call__(
        self,
        path: Path,
        layouts: Callable[[str], PaperLayout | None],
        /,
        *,
        skip: Callable[[int], bool],
    ) -> Iterator[ReadPage | FileFault]:
        """Pages and faults as they are found."""


#: Called after each transaction: False when the batch is no longer ours, so that reading stops.
StillOurs = Callable[[], bool]


def waiting_batches(store: Store) -> list[Batch]:
    """Batches that a reading process has something to do for: files to read, or the end of reading to note."""
    undecided = paper_batches.in_state(store.main, *paper_batches.UNDECIDED)
    return [
        batch
        for batch in undecided
        if batch.state is BatchState.READING
        or any(_unfinished(one) for one in paper_files.of_batch(store.paper, batch.id))
    ]


def read_batch(
    store: Store,
    batch: Batch,
    *,
    rng: random.Random,
    reader: Reader = read_pages,
    still_ours: StillOurs = lambda: True,
) -> None:
    """Read every file of a batch that waits, and go on to the review when a person has said that all files are there.

    What breaks over one file holds up no other: it is raised when the others have been read.
    """
    ground = ground_of(store, batch, rng)
    broke: Exception | None = None
    for file in paper_files.of_batch(store.paper, batch.id):
        try:
            if file.state is FileState.WAITING and not _read(
                store, file, ground, reader, still_ours
            ):
                return
        except Exception as error:
            broke = broke or error
            continue
        if file.lies_at is not None:
            remove_file(store.scans / file.lies_at)
            with store.write_paper() as db:
                paper_files.taken_away(db, file)
    if broke is not None:
        raise broke
    with store.write() as db:
        left = any(_unfinished(one) for one in paper_files.of_batch(store.paper, batch.id))
        if not left:
            paper_batches.step(db, batch.id, BatchState.REVIEW, of={BatchState.READING})


def ground_of(store: Store, batch: Batch, rng: random.Random) -> Ground:
    """What a batch is looked over by."""
    round_ = rounds.read(store.main, batch.round)
    layouts = {
        kept.id: layout_from_plain(kept.layout)
        for kept in piles.layouts_of_round(store.main, round_.id)
    }
    others = {
        one.id
        for one in paper_batches.of_round(store.main, round_.id)
        if one.id != batch.id and one.state is not BatchState.VOID
    }
    return Ground(round_.id, layouts, _judge(store), round_.second_share, others, rng)


def _any_layout(store: Store) -> Callable[[str], PaperLayout | None]:
    """The layouts that pages are read by: also those of other rounds, whose pages come in mixed piles and are given to them."""

    @cache
    def layout(id: str) -> PaperLayout | None:
        kept = piles.layout(store.main, id)
        return None if kept is None else layout_from_plain(kept.layout)

    return layout


def _judge(store: Store) -> Callable[[str, Any], Judged]:
    @cache
    def questionnaire(version: str) -> Questionnaire:
        return from_plain(dict(versions.read(store.main, version).document))

    def judge(version: str, boxes: list[Box]) -> Judged:
        said = page_answers(questionnaire(version), [_read_box(box) for box in boxes])
        return said.sure, said.doubtful, said.to_type

    return judge


def _read(
    store: Store, file: ScanFile, ground: Ground, reader: Reader, still_ours: StillOurs
) -> bool:
    """Read one file to its end; False where the batch is no longer ours."""
    with store.write_paper() as db:
        attempts = paper_files.begun(db, file)
    path = store.scans / (file.lies_at or "")
    if attempts > MOST_ATTEMPTS or file.lies_at is None or not path.is_file():
        return _end(store, file, ground, [Problem.READING_FAILED.code])
    kept = {page.turn for page in paper_pages.of_file(store.paper, file.batch, file.digest)}
    said: list[str] = []
    loose: list[NewPage] = []
    since = time.monotonic()
    for found in reader(path, _any_layout(store), skip=kept.__contains__):
        if isinstance(found, FileFault):
            said.append(found.problem.code)
            continue
        if found.index not in kept:
            kept.add(found.index)
            loose.append(_new_page(found, file))
        if len(loose) >= PAGES_AT_ONCE or time.monotonic() - since > SECONDS_AT_ONCE:
            _keep(store, file, loose)
            loose, since = [], time.monotonic()
            if not still_ours() or not _undecided(store, file.batch):
                return False
    _keep(store, file, loose)
    return _end(store, file, ground, said)


def _keep(store: Store, file: ScanFile, pages: list[NewPage]) -> None:
    if pages:
        with store.write_paper() as db:
            paper_pages.add(db, file.batch, file.digest, pages)


def _end(store: Store, file: ScanFile, ground: Ground, said: list[str]) -> bool:
    if not _undecided(store, file.batch):
        return False
    with store.write_paper() as db:
        pages = paper_pages.of_file(db, file.batch, file.digest)
        lost = [page.id for page in pages if Warned.FAILED in page.warnings]
        if len(lost) == len(pages):
            # Nothing of it came through: the file says why, and there is no page to say something to.
            paper_pages.forget(db, lost)
            pages = []
        number = len(pages)
        state = FileState.READ if number else FileState.FAILED
        failed = Problem.READING_FAILED.code
        why = said[0] if said else "" if number and not lost else failed
        paper_files.ended(db, file, state, pages=number, said=why)
        look_over(db, file.batch, ground)
    return True


def _undecided(store: Store, batch: str) -> bool:
    found = paper_batches.find(store.main, batch)
    return found is not None and found.undecided


def _unfinished(file: ScanFile) -> bool:
    return file.state is FileState.WAITING or file.lies_at is not None


def _new_page(page: ReadPage, file: ScanFile) -> NewPage:
    # A page that came to nothing has no content to be known by: its place in its file stands for it.
    digest = page.digest or hashlib.sha256(file.digest + page.index.to_bytes(4)).hexdigest()
    return NewPage(
        turn=page.index,
        status=page.status,
        digest=bytes.fromhex(digest),
        round=page.round or None,
        language=page.language or None,
        layout=page.layout or None,
        number=page.sheet or None,
        page=page.page or None,
        turned=page.turned,
        one_bit=page.one_bit,
        dpi=page.dpi or None,
        warnings=[str(one) for one in page.warnings],
        boxes=[
            Box(
                box.place,
                box.option,
                -1 if box.column is None else box.column,
                box.kind,
                box.fill,
                box.state,
            )
            for box in page.boxes
        ],
        image=page.image,
    )


def _read_box(box: Box) -> ReadBox:
    return ReadBox(
        place=box.place,
        option=box.option,
        kind=box.kind,  # type: ignore[arg-type]
        column=None if box.column < 0 else box.column,
        fill=box.fill,
        state=box.state,  # type: ignore[arg-type]
    )
