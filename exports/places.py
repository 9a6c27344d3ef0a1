"""Where the units of a round belonged in its period."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlite_utils import Database

from exports.tables import UnitPlace
from store import round_units, units
from store.rounds import Round

PEOPLES_CLOCK = ZoneInfo("Europe/Copenhagen")


def places_of(db: Database, round_: Round) -> list[UnitPlace]:
    """The units that take part, with the memberships of the day on which answering ended; all units where the round
    is not divided by units are left out, since no answer of it names one."""
    day = round_.answer_until.astimezone(PEOPLES_CLOCK).date()
    regions = {region.id: region.name for region in units.regions(db)}
    areas = units.areas_of_units(db, day)
    kept = {unit.id: unit for unit in units.listed(db)}
    return [
        UnitPlace(
            one.unit,
            kept[one.unit].name,
            tuple((area.id, area.name) for area in areas.get(one.unit, [])),
            (region, regions.get(region, region)) if (region := kept[one.unit].region) else None,
        )
        for one in round_units.listed(db, round_.id)
    ]
