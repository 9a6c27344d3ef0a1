"""The four numbers that a unit reports, typed by a coordinator: read, held against each other, kept if nobody was faster.

What cannot be true is refused; what is only unlikely is kept and asked about. They can be typed until the edition of the ended
round is made: its coverage is printed, and what is printed does not change. An interim edition says that it is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError

from forms.problems import Fault, Problem, ProblemError
from server.whole_number import WholeNumber
from store import audit, editions, round_units
from store.database import Store
from store.round_units import NUMBERS, RoundUnit
from store.rounds import Round

#: More people than any unit has.
MOST = 999_999

Numbers = Mapping[str, int | None]


class NumbersForm(Schema):
    """The fields of the page: the numbers, and under `was_…` what the page showed of them."""

    class Meta:
        unknown = EXCLUDE

    eligible = WholeNumber(0, MOST, outside="too-large", load_default=None)
    offered = WholeNumber(0, MOST, outside="too-large", load_default=None)
    declined = WholeNumber(0, MOST, outside="too-large", load_default=None)
    unable = WholeNumber(0, MOST, outside="too-large", load_default=None)
    was_eligible = WholeNumber(0, MOST, outside="too-large", load_default=None)
    was_offered = WholeNumber(0, MOST, outside="too-large", load_default=None)
    was_declined = WholeNumber(0, MOST, outside="too-large", load_default=None)
    was_unable = WholeNumber(0, MOST, outside="too-large", load_default=None)


def read_numbers(form: Mapping[str, str]) -> tuple[Numbers, Numbers]:
    """(shown, typed) of a sent form. Raises ProblemError(INVALID_INPUT) with a fault for each field that is wrong."""
    try:
        loaded = NumbersForm().load({name: form[name] for name in form})
    except ValidationError as error:
        faults = tuple(_faults_of(error.messages_dict))
        raise ProblemError(Problem.INVALID_INPUT, faults=faults) from None
    shown = {name: loaded[f"was_{name}"] for name in NUMBERS}
    typed = {name: loaded[name] for name in NUMBERS}
    gone, offered = (typed["declined"] or 0) + (typed["unable"] or 0), typed["offered"]
    if offered is not None and gone > offered:
        fault = Fault(
            "offered",
            "more-than-offered",
            "More have declined or were unable than were offered it.",
            "Count those who declined or were unable among those who were offered it, or correct the numbers.",
        )
        raise ProblemError(Problem.INVALID_INPUT, faults=(fault,))
    return shown, typed


def _faults_of(messages: Mapping[str, Any]) -> list[Fault]:
    return [
        Fault(name, "too-large", "This number is too large.", "Write how many people it was.")
        if "too-large" in found
        else Fault(
            name, "not-a-number", "This is not a whole number.", "Write it in digits, as 12."
        )
        for name, found in messages.items()
    ]


def can_be_typed(store: Store, shown: Round) -> bool:
    """Whether the round's numbers may still change: until an edition is made that is not an interim one."""
    return not editions.has_ended(store.main, shown.id)


def keep(
    store: Store,
    shown: Round,
    unit: RoundUnit,
    *,
    was: Numbers,
    typed: Numbers,
    actor: str,
    now: datetime,
) -> bool:
    """Keep what was typed, unless somebody has changed it since it was shown: then False, with nothing changed.

    Raises ProblemError(EDITION_MADE)."""
    with store.write() as db:
        if editions.has_ended(db, shown.id):
            raise ProblemError(Problem.EDITION_MADE)
        before = round_units.find(db, shown.id, unit.unit)
        if not round_units.set_numbers(db, shown.id, unit.unit, shown=was, typed=typed):
            return False
        changed = {
            name: f"{_said(getattr(before, name))} → {_said(typed[name])}"
            for name in NUMBERS
            if getattr(before, name) != typed[name]
        }
        if changed:
            audit.note(
                db,
                at=now,
                actor=actor,
                action="numbers typed",
                subject=f"round:{shown.id}",
                details={"unit": unit.unit, **changed},
            )
    return True


def numbers_of(unit: RoundUnit) -> dict[str, int | None]:
    """The four numbers of a unit."""
    return {name: getattr(unit, name) for name in NUMBERS}


def unlikely(unit: RoundUnit) -> list[str]:
    """What a person may want to look at again: 'more-offered' than eligible; 'all-gone': nobody of those offered is left."""
    found = []
    if unit.eligible is not None and unit.offered is not None and unit.offered > unit.eligible:
        found.append("more-offered")
    gone = (unit.declined or 0) + (unit.unable or 0)
    if unit.offered and gone == unit.offered:
        found.append("all-gone")
    return found


def _said(number: int | None) -> str:
    return "–" if number is None else str(number)
