"""What is added to an edition's figures when it is made: comparisons, trends and the units' rates.

Reads the store for what is around the figures: earlier rounds of the collection with the editions already made of
them, and what units reported. Figures come from editions alone.
"""

from __future__ import annotations

from typing import Any

from sqlite_utils import Database

from exports.comparing import compared
from exports.figures import Figures
from exports.places import places_of
from exports.tables import UnitPlace
from exports.trends import PastRound, trends
from exports.unit_rates import UnitNumbers, unit_rates
from forms.comparisons import Against
from forms.document import from_plain
from forms.questionnaire import Questionnaire
from store import counts, editions, round_units, rounds, versions
from store.rounds import Round


def added_to(
    db: Database,
    round_: Round,
    questionnaire: Questionnaire,
    figures: Figures,
    places: list[UnitPlace],
    previous: Figures | None,
    *,
    by_letter: bool,
) -> dict[str, Any]:
    """The keys that the plan asks for and that hold something; `figures` are those to be published, tables advanced.

    `by_letter`: letters were sent, whose codes no unit is known of, so that the round has one response rate and units none.
    """
    added = compared(figures, questionnaire, places)
    if any(Against.EARLIER_ROUNDS in one.against for one in questionnaire.report.comparisons):
        now = PastRound(figures, questionnaire, {place.id: place for place in places})
        found = trends([*_earlier(db, round_), now])
        if found:
            added["trend"] = found
    added |= unit_rates(
        figures,
        _numbers(db, round_),
        rates=round_.access != "public" and not by_letter,
        previous=previous,
        places=places,
    )
    return added


def _earlier(db: Database, round_: Round) -> list[PastRound]:
    """The rounds of the collection that ended before this one and have an edition, the oldest first.

    Only those of the same working group: a report must not carry another group's figures to its readers.
    """
    found = []
    for one in reversed(rounds.of_collection(db, round_.collection)):
        if (
            one.id == round_.id
            or one.working_group != round_.working_group
            or one.answer_until >= round_.answer_until
        ):
            continue
        kept = editions.latest(db, one.id)
        if kept is not None:
            questionnaire = from_plain(dict(versions.read(db, one.version).document))
            places = {place.id: place for place in places_of(db, one)}
            found.append(PastRound(kept.figures, questionnaire, places))
    return found


def _numbers(db: Database, round_: Round) -> list[UnitNumbers]:
    returned: dict[str, int] = {}
    for row in counts.returned(db, round_.id):
        if row.unit:
            returned[row.unit] = returned.get(row.unit, 0) + row.n
    return [
        UnitNumbers(one.unit, one.name, one.eligible, one.offered, returned.get(one.unit, 0))
        for one in round_units.listed(db, round_.id)
    ]
