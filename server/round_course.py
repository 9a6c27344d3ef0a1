"""What a person does to a round in its course: approve and open it, prolong it, open it again, change its rules, let a unit
join, give it up, order a mix of what came late, make its edition. Each is one transaction, with its entry in the audit log.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlite_utils import Database

from exports.editions import make_edition
from forms.problems import Fault, Problem, ProblemError
from server.delivery.ordering import order_later
from store import audit, mix_orders, round_units, rounds, submissions, test_rounds
from store import units as kept_units
from store.database import Store
from store.editions import KeptEdition
from store.instants import instant_text
from store.round_units import RoundUnit
from store.rounds import Round, RoundState

from .round_opening import open_round
from .round_plan import LOCAL_TIME

#: Faults of a person's choices, by code: in English, as all faults are; the desk's pages have the words (round_words.py).
_MESSAGES = {
    "past": ("This has passed.", "Give a later day."),
    "earlier": ("This is earlier than what people were told.", "Give the same day or a later one."),
    "before-answering": ("It is received at least as long as it is answered.", "Give a later day."),
    "lower": ("It is never lowered once the round has opened.", "Give the same number or a higher one."),
    "too-small": ("The smallest group is at least 5.", "Give 5 or more."),
    "received-more": ("More answers have been received than this.", "Give a higher number."),
    "missing": ("This is missing.", "Fill it in."),
    "unknown-unit": ("No unit has this id.", "Choose one of the list."),
    "takes-part": ("This unit takes part already.", "Choose another."),
    "ended": ("The answering ended before this day.", "Give an earlier day."),
}  # fmt: skip


def approve(store: Store, round_id: str, *, now: datetime, actor: str, at_once: bool) -> Round:
    """Approve a planned round: it opens on its day, or `at_once`. Without its key yet it opens as soon as it has it.

    Raises ProblemError: ROUND_NOT_OPEN for a round that is not planned, INVALID_INPUT where its days have passed.
    """
    moment = now.replace(microsecond=0)
    with store.write() as db:
        found = _in_state(db, round_id, RoundState.PLANNED)
        if found.answer_until <= moment:
            raise ProblemError(Problem.INVALID_INPUT, faults=(_fault("answer_until", "past"),))
        opens_now = at_once or found.opens_at <= moment
        if opens_now:
            _open_from(db, found, moment)
        rounds.approve(db, round_id)
        ready = opens_now and found.public_key is not None
        if ready:
            open_round(db, rounds.read(db, round_id), now=now, actor=actor)
        else:
            details = {"opens_at": instant_text(rounds.read(db, round_id).opens_at)}
            _note(db, now, actor, "round approved", round_id, details)
    return rounds.read(store.main, round_id)


def _open_from(db: Database, found: Round, moment: datetime) -> None:
    """Set the opening to this moment; units that were in from the planned opening on are in from now on."""
    rounds.set_instants(
        db,
        found.id,
        opens_at=moment,
        answer_until=found.answer_until,
        receive_until=found.receive_until,
    )
    planned = found.opens_at.astimezone(LOCAL_TIME).date()
    day = moment.astimezone(LOCAL_TIME).date()
    round_units.keep(
        db,
        found.id,
        [
            replace(one, from_day=day)
            for one in round_units.listed(db, found.id)
            if one.from_day == planned
        ],
    )


def take_approval_back(store: Store, round_id: str, *, now: datetime, actor: str) -> None:
    """Let a planned round wait for a person again. Raises ProblemError(ROUND_NOT_OPEN)."""
    with store.write() as db:
        found = _in_state(db, round_id, RoundState.PLANNED)
        if found.approved:
            rounds.approve(db, round_id, approved=False)
            _note(db, now, actor, "approval taken back", round_id, {})


def cancel(store: Store, round_id: str, *, now: datetime, actor: str) -> None:
    """Give a planned round up: it is removed with its test. Raises ProblemError(ROUND_NOT_OPEN), also where answers of
    people wait: its opening has come, and the scheduler is only late."""
    with store.write() as db:
        found = _in_state(db, round_id, RoundState.PLANNED)
        if submissions.waiting_count(store.waiting, round_id):
            raise ProblemError(Problem.ROUND_NOT_OPEN, "It has answers.")
        test = test_rounds.of_round(db, round_id)
        if test is not None:
            test_rounds.remove(db, test.id, now=now)
        test_rounds.remove(db, round_id, now=now)
        _note(db, now, actor, "round cancelled", round_id, {"title": dict(found.title)})


def set_days(
    store: Store,
    round_id: str,
    *,
    answer_until: datetime,
    receive_until: datetime,
    now: datetime,
    actor: str,
) -> Round:
    """Give an open round later days, or open one again that is closed and not finished.

    What people were told stays: each earlier *receive until* is still an instant at which everything is mixed. Raises
    ProblemError: ROUND_NOT_OPEN for a planned or finished round, INVALID_INPUT for days that have passed, are earlier than
    before, or in the wrong order.
    """
    with store.write() as db:
        found = _in_state(db, round_id, RoundState.OPEN, RoundState.CLOSED)
        again = found.state is RoundState.CLOSED or not found.answering(now)
        faults = []
        if answer_until <= now:
            faults.append(_fault("answer_until", "past"))
        elif answer_until < found.answer_until:
            faults.append(_fault("answer_until", "earlier"))
        if receive_until < answer_until:
            faults.append(_fault("receive_until", "before-answering"))
        elif receive_until < found.receive_until:
            faults.append(_fault("receive_until", "earlier"))
        if faults:
            raise ProblemError(Problem.INVALID_INPUT, faults=tuple(faults))
        rounds.set_instants(
            db,
            round_id,
            opens_at=found.opens_at,
            answer_until=answer_until,
            receive_until=receive_until,
        )
        if found.state is RoundState.CLOSED:
            rounds.set_state(db, round_id, RoundState.OPEN)
        details = {
            "answer_until": [instant_text(found.answer_until), instant_text(answer_until)],
            "receive_until": [instant_text(found.receive_until), instant_text(receive_until)],
        }
        action = "round opened again" if again else "round prolonged"
        audit.note(
            db, at=now, actor=actor, action=action, subject=f"round:{round_id}", details=details
        )
    return rounds.read(store.main, round_id)


def set_rules(
    store: Store,
    round_id: str,
    *,
    smallest_group: int,
    ceiling: int,
    population: int | None,
    now: datetime,
    actor: str,
) -> None:
    """Raise the smallest group (never lower it after the opening), set the ceiling and the population.

    Raises ProblemError: ROUND_NOT_OPEN for a planned round (it is set up anew instead), INVALID_INPUT.
    """
    with store.write() as db:
        found = _in_state(db, round_id, RoundState.OPEN, RoundState.CLOSED, RoundState.FINISHED)
        received = submissions.received_count(store.waiting, round_id)
        faults = []
        if smallest_group < 5:
            faults.append(_fault("smallest_group", "too-small"))
        elif smallest_group < found.smallest_group:
            faults.append(_fault("smallest_group", "lower"))
        if ceiling < max(1, received):
            faults.append(_fault("ceiling", "received-more"))
        if found.survey == "sample" and not population:
            faults.append(_fault("population", "missing"))
        if faults:
            raise ProblemError(Problem.INVALID_INPUT, faults=tuple(faults))
        rounds.set_smallest_group(db, round_id, smallest_group)
        rounds.set_ceiling(db, round_id, ceiling)
        rounds.set_population(db, round_id, population)
        after = rounds.read(db, round_id)
        changed = {
            name: [getattr(found, name), getattr(after, name)]
            for name in ("smallest_group", "ceiling", "population")
            if getattr(found, name) != getattr(after, name)
        }
        if changed:
            _note(db, now, actor, "rules of the round changed", round_id, changed)


def add_unit(
    store: Store, round_id: str, unit: str, *, from_day: date, now: datetime, actor: str
) -> None:
    """Let a unit join an open round from a day on. Raises ProblemError ROUND_NOT_OPEN, INVALID_INPUT."""
    with store.write() as db:
        found = _in_state(db, round_id, RoundState.OPEN)
        fault = None
        if kept_units.find(db, unit) is None:
            fault = _fault("unit", "unknown-unit")
        elif unit in round_units.ids(db, round_id):
            fault = _fault("unit", "takes-part")
        elif from_day > found.answer_until.astimezone(LOCAL_TIME).date():
            fault = _fault("from_day", "ended")
        if fault is not None:
            raise ProblemError(Problem.INVALID_INPUT, faults=(fault,))
        round_units.keep(db, round_id, [RoundUnit(unit=unit, from_day=from_day)])
        details = {"unit": unit, "from_day": from_day.isoformat()}
        _note(db, now, actor, "unit added to the round", round_id, details)


def order_late_mix(store: Store, round_id: str, *, account: int, now: datetime, actor: str) -> int:
    """Order a mix of what came late to a finished round; how many answers wait. The scheduler carries it out.

    Raises ProblemError(ROUND_NOT_OPEN) for a round that is not finished: what it has is mixed without an order.
    """
    with store.write() as db:
        _in_state(db, round_id, RoundState.FINISHED)
        waiting = submissions.waiting_count(store.waiting, round_id)
        if waiting:
            mix_orders.place(db, round_id, account=account, now=now)
            _note(db, now, actor, "mix of late answers ordered", round_id, {"waiting": waiting})
    return waiting


def make_audited_edition(
    store: Store, round_id: str, *, now: datetime, rng: random.Random, actor: str
) -> KeptEdition:
    """Make the edition of a round. Where nothing is new, the last one is returned and nothing is noted. One that is made after
    the report was delivered is delivered as well, at the scheduler's next tick.

    Raises as exports.editions.make_edition does.
    """

    def noted(db: Database, made: KeptEdition) -> None:
        details = {"edition": made.number, "hash": made.figures["hash"]}
        _note(db, now, actor, "edition made", round_id, details)
        if order_later(db, rounds.read(db, round_id), made, now=now):
            _note(db, now, actor, "delivery ordered again", round_id, {"edition": made.number})

    return make_edition(store, round_id, now=now, rng=rng, kept=noted)


def _in_state(db: Database, round_id: str, *states: RoundState) -> Round:
    """The round, read again in the transaction that changes it: somebody else may have been faster."""
    found = rounds.read(db, round_id)
    if found.state not in states or found.test_of is not None:
        raise ProblemError(Problem.ROUND_NOT_OPEN, f"It is {found.state}.")
    return found


def _fault(place: str, code: str) -> Fault:
    message, remedy = _MESSAGES[code]
    return Fault(place, code, message, remedy)


def _note(
    db: Database,
    now: datetime,
    actor: str,
    action: str,
    round_id: str,
    details: Mapping[str, Any],
) -> None:
    audit.note(db, at=now, actor=actor, action=action, subject=f"round:{round_id}", details=details)
