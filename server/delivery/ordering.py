"""Deliveries that persons ask for: the newest edition once more, and one that they make after the round's report was delivered.

Nothing is delivered here: the row of the delivery is kept, and the scheduler takes it up at its next tick.
"""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from store import audit, deliveries, editions
from store.database import Store
from store.deliveries import Occasion
from store.editions import KeptEdition
from store.instants import instant_text
from store.rounds import Round


def order_again(store: Store, shown: Round, *, now: datetime, actor: str) -> bool:
    """Let the newest edition of a round be delivered again at the next tick; False where none has been made."""
    edition = editions.latest(store.main, shown.id)
    if edition is None:
        return False
    with store.write() as db:
        if _order(db, edition, now):
            audit.note(
                db,
                at=now,
                actor=actor,
                action="delivery ordered again",
                subject=f"round:{shown.id}",
                details={"edition": edition.number},
            )
    return True


def order_later(db: Database, shown: Round, edition: KeptEdition, *, now: datetime) -> bool:
    """Let an edition that a person made after the round's report was delivered follow it to the same folder and people, in the
    transaction that keeps it; False where no report of the round's end was sent on its way."""
    if shown.working_group is None or not _end_was_ordered(db, shown.id):
        return False
    return _order(db, edition, now)


def delivers_later(store: Store, shown: Round) -> bool:
    """Whether an edition that is made now by hand is delivered."""
    return shown.working_group is not None and _end_was_ordered(store.main, shown.id)


def _order(db: Database, edition: KeptEdition, now: datetime) -> bool:
    return deliveries.add(
        db,
        round_id=edition.round,
        period=instant_text(now),
        occasion=Occasion.AGAIN,
        edition=edition.id,
        now=now,
    )


def _end_was_ordered(db: Database, round_id: str) -> bool:
    return any(one.occasion is Occasion.END for one in deliveries.of_round(db, round_id))
