"""What the desk shows of a round's deliveries: each with its day, what it was, to whom it went and how it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from server.delivery.delivering import next_attempt
from store import deliveries, runs
from store.database import Store
from store.deliveries import DELIVERY, Delivery, Occasion, Told
from store.instants import read_instant
from store.rounds import Interim, Round
from store.runs import Run, RunState

#: A person is told of a delivery that failed from this attempt on; before that it may mend itself.
TELL_FROM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One delivery. `number` is its edition's, None where none could be made; `failed` why the latest attempt failed, '' where it
    did not; `again_at` when it is tried next; `replaced` the instant of the later delivery that holds what this one would have."""

    occasion: Occasion
    due_at: datetime
    number: int | None = None
    delivered_at: datetime | None = None
    folder: str = ""
    people: tuple[Told, ...] = ()
    failed: str = ""
    attempts: int = 0
    again_at: datetime | None = None
    replaced: datetime | None = None


def rows(store: Store, shown: Round) -> list[Row]:
    """The deliveries of a round, the newest first; also one that failed before there was an edition."""
    kept = deliveries.of_round(store.main, shown.id)
    told: dict[int, list[Told]] = {}
    for one in deliveries.told(store.main, [delivery.id for delivery in kept]):
        told.setdefault(one.delivery, []).append(one)
    of_round = {
        run.period.partition(" ")[2]: run
        for run in runs.of_round(store.main, DELIVERY, shown.id)
        if run.state is not RunState.FINISHED or runs.superseded_by(run)
    }
    found = [
        _row(delivery, tuple(told.get(delivery.id, ())), of_round.pop(delivery.period, None))
        for delivery in kept
    ]
    # What is left has no edition yet.
    found += [
        _standing(Row(occasion=_occasion(shown, period), due_at=read_instant(period)), run)
        for period, run in of_round.items()
    ]
    return sorted(found, key=lambda row: row.due_at, reverse=True)


def _row(delivery: Delivery, people: tuple[Told, ...], run: Run | None) -> Row:
    row = Row(
        occasion=delivery.occasion,
        due_at=read_instant(delivery.period),
        number=delivery.number,
        delivered_at=delivery.delivered_at,
        folder=delivery.folder,
        people=people,
    )
    return row if run is None or row.delivered_at is not None else _standing(row, run)


def _standing(row: Row, run: Run) -> Row:
    """The row with what its run says."""
    by = runs.superseded_by(run)
    if by is not None:
        return replace(row, replaced=read_instant(by))
    if run.state is not RunState.FAILED:
        return row
    return replace(row, failed=run.message, attempts=run.attempts, again_at=next_attempt(run))


def _occasion(shown: Round, period: str) -> Occasion:
    if shown.interim is Interim.NONE or read_instant(period) >= shown.receive_until:
        return Occasion.END
    return Occasion(shown.interim.value)
