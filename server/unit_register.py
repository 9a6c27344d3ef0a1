"""What the pages of units show: the units by name with their areas today, one unit with its history, one area on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlite_utils import Database

from forms.units import Membership, folded
from store import accounts, units
from store.accounts import Account, Role
from store.units import KeptArea, KeptUnit, RoundOfUnit

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUnit:
    """A unit in the list: with its areas today, and its spellings without its id and its name."""

    unit: KeptUnit
    areas: tuple[KeptArea, ...]
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitList:
    """A page of the units that were asked for; `found` of `total`."""

    units: tuple[ListedUnit, ...]
    regions: Mapping[str, str]
    found: int
    total: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedMembership:
    """A membership with its area's name; `state` is 'past', 'now' or 'coming'."""

    membership: Membership
    area: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRecord:
    """One unit with everything its page says."""

    unit: KeptUnit
    region: str
    spellings: tuple[str, ...]
    memberships: tuple[DatedMembership, ...]
    people: Sequence[Account]
    rounds: Sequence[RoundOfUnit]


def unit_list(
    db: Database, *, query: str, kind: str, region: str, area: str, number: int, today: date
) -> UnitList:
    """The units of which any spelling holds `query`, of a kind, a region and an area where one is given."""
    all_units = units.listed(db)
    areas = units.areas_of_units(db, today)
    wanted = folded(query)
    found = [
        one
        for one in all_units
        if (not kind or one.kind == kind)
        and (not region or one.region == region)
        and (not area or any(belongs.id == area for belongs in areas.get(one.id, ())))
        and (not wanted or any(wanted in folded(name) for name in one.names))
    ]
    pages = max(1, -(-len(found) // PAGE_SIZE))
    number = min(max(1, number), pages)
    return UnitList(
        units=tuple(
            ListedUnit(unit=one, areas=tuple(areas.get(one.id, ())), spellings=_spellings(one))
            for one in found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        ),
        regions={one.id: one.name for one in units.regions(db)},
        found=len(found),
        total=len(all_units),
        number=number,
        pages=pages,
    )


def unit_record(db: Database, unit: str, today: date) -> UnitRecord | None:
    """A unit with its areas over time (those of today first, then the coming, then the past), its people and rounds."""
    found = units.find(db, unit)
    if found is None:
        return None
    names = {one.id: one.name for one in units.areas(db)}
    memberships = [
        DatedMembership(membership=one, area=names[one.area], state=_state(one, today))
        for one in units.memberships(db, unit)
    ]
    order = ["now", "coming", "past"]
    return UnitRecord(
        unit=found,
        region={one.id: one.name for one in units.regions(db)}.get(found.region or "", ""),
        spellings=_spellings(found),
        memberships=tuple(sorted(memberships, key=lambda one: (order.index(one.state), one.area))),
        people=accounts.of_unit(db, unit, Role.COORDINATOR),
        rounds=units.rounds_of(db, unit),
    )


def _spellings(unit: KeptUnit) -> tuple[str, ...]:
    own = {folded(unit.id), folded(unit.name)}
    return tuple(one for one in unit.names if folded(one) not in own)


def _state(one: Membership, today: date) -> str:
    if one.on(today):
        return "now"
    return "coming" if one.from_day and one.from_day > today else "past"


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaOnDay:
    """An area with the units that belong to it on a day, by name."""

    area: KeptArea
    units: tuple[KeptUnit, ...]


def areas_on(db: Database, day: date) -> list[AreaOnDay]:
    """All areas by name with their units on a day."""
    members: dict[str, set[str]] = {}
    for unit, areas in units.areas_of_units(db, day).items():
        for area in areas:
            members.setdefault(area.id, set()).add(unit)
    listed = units.listed(db)
    return [
        AreaOnDay(
            area=area,
            units=tuple(one for one in listed if one.id in members.get(area.id, ())),
        )
        for area in units.areas(db)
    ]
