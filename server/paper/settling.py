"""What a person says to a finding of a batch, and what follows: a sheet is left out, a page is put into one, discarded or moved."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from forms.problems import Problem, ProblemError
from server.paper import batch_course
from store import (
    paper_batches,
    paper_files,
    paper_findings,
    paper_pages,
    paper_readings,
    paper_sheets,
    rounds,
)
from store.database import Store
from store.paper_batches import Batch, BatchState
from store.paper_files import FileState
from store.paper_findings import Finding
from store.paper_pages import Page, Standing
from sync.paper.batch_reading import ground_of
from sync.paper.looking_over import Ground, assign, look_over

#: What may be said to each kind of finding that asks; 'aside' also takes `assign` with a sheet and a page.
WORDS = {
    "copies": ("paired",),
    "duplicate": ("keep", "out"),
    "again": ("keep", "out"),
    "missing": ("without", "out"),
    "aside": ("discarded", "assigned"),
    "elsewhere": ("discarded", "moved"),
}


def settle(
    store: Store,
    batch: Batch,
    findings: Sequence[Finding],
    said: str,
    *,
    rng: random.Random,
    to: tuple[int, int] | None = None,
) -> None:
    """Say the same to findings of one kind, and look the batch over again. `to` is the sheet and the page that a page is put to.

    Raises ProblemError: BATCH_DECIDED, FINDING_SETTLED where one is no longer open as it was shown, MALFORMED for a word that does not go with the kind or a place that is not free. Moving
    pages to another round is `move_elsewhere`.
    """
    if not batch.undecided:
        raise ProblemError(Problem.BATCH_DECIDED)
    ground = ground_of(store, batch, rng)
    with store.write_paper() as db:
        for finding in findings:
            if said not in WORDS.get(finding.kind, ()) or said == "moved":
                raise ProblemError(Problem.MALFORMED)
            _still_open(db, finding)
            _carry_out(db, batch, finding, said, to, ground)
            paper_findings.settle(db, finding, said)
        look_over(db, batch.id, ground)


def exchange(
    store: Store,
    batch: Batch,
    finding: Finding,
    *,
    at: int,
    one: int,
    other: int,
    rng: random.Random,
) -> None:
    """Page `at` of two photocopied sheets goes to the other: they were paired by the order of scanning, and wrongly. What has been
    decided of the pages goes with them. Where one sheet lacks the page, it gets the other's.

    Raises ProblemError: BATCH_DECIDED, FINDING_SETTLED, MALFORMED for sheets that are not those of the finding, or a page that none has.
    """
    if not batch.undecided:
        raise ProblemError(Problem.BATCH_DECIDED)
    about = finding.details.get("sheets", ())
    if finding.kind != "copies" or one == other or not {one, other} <= {*about}:
        raise ProblemError(Problem.MALFORMED)
    ground = ground_of(store, batch, rng)
    with store.write_paper() as db:
        _still_open(db, finding)
        pages = {
            page.id: to
            for sheet, to in ((one, other), (other, one))
            for page in paper_pages.of_sheet(db, sheet)
            if page.page == at
        }
        layouts = {
            found.layout for sheet in (one, other) if (found := paper_sheets.find(db, sheet))
        }
        if not pages or len(layouts) != 1:
            raise ProblemError(Problem.MALFORMED)
        for page, to in pages.items():
            paper_pages.put_in(db, page, to)
        paper_readings.exchange(db, one, other, pages)
        look_over(db, batch.id, ground)


def take_back(store: Store, batch: Batch, finding: Finding, *, rng: random.Random) -> None:
    """Undo what was said to a finding: sheets count again, a page is aside again. Raises ProblemError: BATCH_DECIDED,
    FINDING_SETTLED where something else is said to it by now, MALFORMED where it cannot be undone (pages that were moved)."""
    if not batch.undecided:
        raise ProblemError(Problem.BATCH_DECIDED)
    if finding.settled in {"moved", "assigned"}:
        raise ProblemError(Problem.MALFORMED)
    ground = ground_of(store, batch, rng)
    with store.write_paper() as db:
        if finding.settled is None or paper_findings.find(db, batch.id, finding.id) != finding:
            raise ProblemError(Problem.FINDING_SETTLED)
        if finding.settled == "out":
            for sheet in _sheets(finding):
                paper_sheets.take_in(db, sheet)
        if finding.settled == "discarded":
            for page in _pages(db, batch, finding, Standing.DISCARDED):
                paper_pages.set_aside(db, page.id)
        paper_findings.settle(db, finding, None)
        look_over(db, batch.id, ground)


def move_elsewhere(
    store: Store,
    batch: Batch,
    finding: Finding,
    *,
    rng: random.Random,
    account: int,
    actor: str,
    now: datetime,
) -> Batch:
    """Give the pages of another round to a batch of that round, made for them; the new batch.

    The caller has looked whether the account may bring in paper of that round. Raises ProblemError: BATCH_DECIDED, FINDING_SETTLED,
    MALFORMED, NO_SUCH_ROUND.
    """
    if not batch.undecided:
        raise ProblemError(Problem.BATCH_DECIDED)
    if finding.kind != "elsewhere":
        raise ProblemError(Problem.MALFORMED)
    _still_open(store.paper, finding)
    other = rounds.read(store.main, finding.details["round"])
    made = batch_course.begin(
        store,
        other,
        pile=None,
        unit=batch.unit,
        account=account,
        actor=actor,
        now=now,
        scans_until=batch.scans_until,
    )
    ground = ground_of(store, made, rng)
    with store.write_paper() as db:
        _still_open(db, finding)
        pages = _pages(db, batch, finding, Standing.ASIDE)
        name = hashlib.sha256(b"".join(page.digest for page in pages)).digest()
        file = paper_files.add(db, made.id, digest=name, size=0, lies_at="")
        assert file is not None
        paper_pages.give_to(db, [page.id for page in pages], made.id, file=name)
        paper_files.ended(db, file, FileState.READ, pages=len(pages))
        paper_files.taken_away(db, file)
        paper_findings.settle(db, finding, "moved")
        look_over(db, made.id, ground)
    with store.write() as main:
        paper_batches.step(main, made.id, BatchState.REVIEW, of={BatchState.UPLOADING})
    return made


def _still_open(db: Database, finding: Finding) -> None:
    """Raises ProblemError(FINDING_SETTLED) where a finding is not, or no longer, as somebody was shown it who now says something:
    another has said something, or pages came that changed it."""
    if not finding.open or paper_findings.find(db, finding.batch, finding.id) != finding:
        raise ProblemError(Problem.FINDING_SETTLED)


def _carry_out(
    db: Database,
    batch: Batch,
    finding: Finding,
    said: str,
    to: tuple[int, int] | None,
    ground: Ground,
) -> None:
    if said == "out":
        for one in _sheets(finding):
            paper_sheets.leave_out(db, one)
    elif said == "discarded":
        for page in _pages(db, batch, finding, Standing.ASIDE):
            paper_pages.discard(db, page.id)
    elif said == "assigned":
        loose = paper_pages.find(db, finding.page or 0)
        sheet = paper_sheets.find(db, to[0]) if to else None
        if loose is None or sheet is None or to is None or sheet.batch != batch.id:
            raise ProblemError(Problem.MALFORMED)
        if not assign(db, loose, sheet, to[1], ground):
            raise ProblemError(Problem.MALFORMED)


def _sheets(finding: Finding) -> list[int]:
    """The sheets that a finding is about, those that may be left out."""
    if finding.kind == "again":
        return [int(one) for one in finding.details["sheets"]]
    return [] if finding.sheet is None else [finding.sheet]


def _pages(db: Database, batch: Batch, finding: Finding, standing: Standing) -> list[Page]:
    pages = [page for page in paper_pages.of_batch(db, batch.id) if page.standing is standing]
    if finding.kind == "elsewhere":
        about = finding.details["pages"]
        return [page for page in pages if page.id in about]
    return [page for page in pages if page.id == finding.page]
