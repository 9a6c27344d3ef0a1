"""A round's key, its opening and its end, by the clock or by a person.

Only a caller that can reach the keys folder opens a new round at once; otherwise it waits, planned, until the scheduler has
made its key.
"""

from __future__ import annotations

import logging
from datetime import datetime

from sqlite_utils import Database

from forms.problems import Problem, ProblemError
from store import audit, counts, rounds, test_rounds
from store.database import Store
from store.instants import instant_text
from store.rounds import Round, RoundState
from sync.keys import KeyFolder, kid_of, public_text

log = logging.getLogger("svarboks.rounds")


def give_key(store: Store, keys: KeyFolder, round_id: str) -> None:
    """Make the round's key, the private half in the keys folder first, so that no round is ever without it."""
    public_key = keys.private(round_id).public_key() if keys.has(round_id) else keys.make(round_id)
    with store.write() as db:
        rounds.set_key(db, round_id, public_text(public_key), kid_of(public_key))


def open_due(
    store: Store, keys: KeyFolder, *, now: datetime, actor: str = audit.SCHEDULER
) -> list[str]:
    """Give keys to the rounds that lack one and open those whose time has come. Returns the ids of those opened."""
    for waiting in rounds.without_key(store.main):
        try:
            give_key(store, keys, waiting.id)
        except (ProblemError, OSError) as error:
            # One round without a key stays planned, and holds up no other.
            log.error("round %s got no key: %s", waiting.id, type(error).__name__)
    opened = []
    for due in rounds.due_to_open(store.main, now):
        with store.write() as db:
            found = rounds.find(db, due.id)
            # A person may have given it up or taken the approval back meanwhile.
            if found is None or found.state is not RoundState.PLANNED or not found.approved:
                continue
            open_round(db, found, now=now, actor=actor)
        opened.append(due.id)
    return opened


def open_round(db: Database, found: Round, *, now: datetime, actor: str) -> None:
    """Open a planned round that has its key, and remove its test round with every answer in it: one transaction.

    test_mode.finish_removals does the rest of the removal.
    """
    test = test_rounds.of_round(db, found.id)
    tested = 0
    if test is not None:
        tested = counts.returned_total(db, test.id)
        test_rounds.remove(db, test.id, now=now)
    rounds.set_state(db, found.id, RoundState.OPEN)
    if found.test_of is not None:
        return
    audit.note(
        db,
        at=now,
        actor=actor,
        action="round opened",
        subject=f"round:{found.id}",
        details={
            "opens_at": instant_text(found.opens_at),
            "answer_until": instant_text(found.answer_until),
            "receive_until": instant_text(found.receive_until),
            **({"test_answers_removed": tested} if test is not None else {}),
        },
    )


def close_round(
    store: Store,
    round_id: str,
    *,
    now: datetime,
    keep_receiving: bool = False,
    actor: str = audit.COMMAND_LINE,
) -> Round:
    """End the answering now; and the receiving too, unless sheets and tablets are still to come in."""
    with store.write() as db:
        found = rounds.read(db, round_id)
        if found.state is not RoundState.OPEN or found.test_of is not None:
            raise ProblemError(Problem.ROUND_NOT_OPEN, f"It is {found.state}.")
        # A round that is closed in the very second it was opened still begins before it ends.
        moment = max(now.replace(microsecond=0), found.opens_at)
        answer_until = min(found.answer_until, moment)
        receive_until = found.receive_until if keep_receiving else min(found.receive_until, moment)
        if not keep_receiving:
            # First: the moment of closing was promised to nobody.
            rounds.set_state(db, round_id, RoundState.CLOSED)
        rounds.set_instants(
            db,
            round_id,
            opens_at=found.opens_at,
            answer_until=answer_until,
            receive_until=receive_until,
        )
        audit.note(
            db,
            at=now,
            actor=actor,
            action="answering ended" if keep_receiving else "round closed",
            subject=f"round:{round_id}",
            details={
                "answer_until": [instant_text(found.answer_until), instant_text(answer_until)],
                "receive_until": [instant_text(found.receive_until), instant_text(receive_until)],
            },
        )
    return rounds.read(store.main, round_id)


def finish(db: Database, round_id: str) -> bool:
    """Note that a closed round has been mixed wholly; what comes later waits for a mix that a person orders.

    In a write transaction. False, and nothing changes, for a round that is open or finished already.
    """
    closed = rounds.read(db, round_id).state is RoundState.CLOSED
    if closed:
        rounds.set_state(db, round_id, RoundState.FINISHED)
    return closed


def close_due(store: Store, *, now: datetime) -> list[str]:
    """Close the rounds whose *receive until* has passed. Returns their ids."""
    closed = []
    for due in rounds.due_to_close(store.main, now):
        with store.write() as db:
            found = rounds.find(db, due.id)
            # It may have been prolonged in this very moment.
            if found is None or found.state is not RoundState.OPEN or now < found.receive_until:
                continue
            rounds.set_state(db, due.id, RoundState.CLOSED)
            audit.note(
                db,
                at=now,
                actor=audit.SCHEDULER,
                action="round closed",
                subject=f"round:{due.id}",
                details={"receive_until": instant_text(found.receive_until)},
            )
        closed.append(due.id)
    return closed
