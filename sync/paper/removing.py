"""Removes what can be read of paper when it is due: the scheduler's part. Safe to be killed anywhere, and to repeat.

Due are batches that are void, those whose days are over, and what lies in paper.db or in the folder of scans of no batch at all
(its test round was removed, its upload broke off). A batch that nobody decided about in time is void by that; its paper is there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from store import audit, paper_batches, paper_files, paper_readings, paper_removal, paper_sheets
from store.database import Store
from store.paper_batches import BatchState
from sync.paper.handing_in import forget_single_answers

#: An upload that nothing has been written to for so long has broken off, in seconds.
BROKEN_OFF = 24 * 3600


def remove_due(
    store: Store, *, now: datetime, seconds: Callable[[], float] = time.time
) -> list[str]:
    """Remove what is due; the ids of the batches whose scans are gone now."""
    gone = []
    for batch in paper_batches.due(store.main, now):
        _remove(store, batch.id)
        with store.write() as db:
            paper_batches.scans_gone(db, batch.id, now=now)
            audit.note(
                db,
                at=now,
                actor=audit.SCHEDULER,
                action="scans removed",
                subject=f"batch:{batch.id}",
                details={"round": batch.round},
            )
        gone.append(batch.id)
    lying = paper_removal.batches(store.paper)
    if lying:
        listed = paper_batches.with_scans(store.main)
        for unknown in sorted(lying - listed):
            _remove(store, unknown)
    known = paper_files.lying(store.paper)
    for path in paper_removal.unknown_files(store.scans, known, before=seconds() - BROKEN_OFF):
        paper_removal.remove_file(path)
    return gone


def forget_decisions(store: Store) -> None:
    """Forget keys and single decisions of accepted batches that a killed process left."""
    for batch in paper_batches.in_state(store.main, BatchState.ACCEPTED):
        if batch.scans_until is None:
            continue
        keyed = any(one.handed_in and one.key for one in paper_sheets.of_batch(store.paper, batch.id))  # fmt: skip
        if keyed or paper_readings.of_batch(store.paper, batch.id):
            forget_single_answers(store, batch.id)


def _remove(store: Store, batch: str) -> None:
    for file in paper_files.of_batch(store.paper, batch):
        if file.lies_at is not None:
            paper_removal.remove_file(store.scans / file.lies_at)
    with store.write_paper() as db:
        paper_removal.remove(db, batch)
    store.empty_paper_log()
