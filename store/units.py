"""Units (municipalities, hospitals …), the spellings they go by, the areas they belong to from day to day, regions.

A unit may belong to several areas at once, and memberships change with dates; what a table sums over is asked for on a
day. Import is repeatable: what is in the file is set, what is not in it stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlite_utils import Database

from forms.problems import Fault, Problem, ProblemError
from forms.units import Area, Membership, Unit, folded
from store.instants import read_day
from store.plain_json import read_json

#: Kept as the first day of a membership that has no first day.
SINCE_EVER = date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region, above all its areas and units."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptUnit:
    """A unit as it is kept; `names` are all its spellings, the proper one among them."""

    id: str
    name: str
    kind: str
    region: str | None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptArea:
    """An area such as a SOF area or a cluster."""

    id: str
    name: str
    kind: str
    region: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOfUnit:
    """A round in which a unit takes part, from `from_day` (None: from the beginning)."""

    round: str
    title: Mapping[str, str]
    state: str
    from_day: date | None


#: A membership is kept as it is read.
KeptMembership = Membership


def keep_region(db: Database, region: Region) -> None:
    """Keep a region, or its new name."""
    db.execute(
        "INSERT INTO region (id, name) VALUES (?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        (region.id, region.name),
    )


def keep_units(db: Database, units: Iterable[Unit]) -> int:
    """Keep units with all their spellings, in place of what was kept of them; how many.

    A region that is not kept yet is made, with its id as its name. Call it in a write transaction.
    Raises ProblemError(INVALID_INPUT) with a fault for each spelling that already means another unit.
    """
    kept = list(units)
    faults: list[Fault] = []
    # All give up their spellings first, so that one may pass from a unit to another in the same import.
    for unit in kept:
        _keep_place(db, "unit", unit)
        db.execute("DELETE FROM unit_name WHERE unit = ?", (unit.id,))
    for unit in kept:
        spellings = {folded(one): one for one in (*unit.alternative_names, unit.id, unit.name)}
        for compared, spelling in spellings.items():
            row = db.execute(
                "INSERT INTO unit_name (folded, unit, spelling) VALUES (?, ?, ?)"
                " ON CONFLICT (folded) DO UPDATE SET folded = excluded.folded RETURNING unit",
                (compared, unit.id, spelling),
            ).fetchone()
            if row[0] != unit.id:
                faults.append(
                    Fault(
                        f"unit {unit.id}",
                        "name-taken",
                        f"{spelling!r} already means the unit {row[0]!r}.",
                        "Take the spelling away from one of them.",
                    )
                )
    if faults:
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(faults))
    return len(kept)


def keep_areas(db: Database, areas: Iterable[Area]) -> int:
    """Keep areas, in place of what was kept of them; how many. Regions as in `keep_units`."""
    number = 0
    for area in areas:
        number += 1
        _keep_place(db, "area", area)
    return number


def keep_memberships(db: Database, memberships: Iterable[Membership]) -> int:
    """Keep memberships; one with the same unit, area and first day gets the new last day. How many.

    Raises sqlite3.IntegrityError for an unknown unit or area, or a last day before the first.
    """
    rows = [
        (
            one.unit,
            one.area,
            (one.from_day or SINCE_EVER).isoformat(),
            one.until_day.isoformat() if one.until_day else None,
        )
        for one in memberships
    ]
    db.conn.executemany(
        "INSERT INTO membership (unit, area, from_day, until_day) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (unit, area, from_day) DO UPDATE SET until_day = excluded.until_day",
        rows,
    )
    return len(rows)


def end_membership(
    db: Database, unit: str, area: str, from_day: date | None, until_day: date | None
) -> bool:
    """Set the last day of a membership (None: until further notice); False when it is not kept.

    Raises sqlite3.IntegrityError for a last day before the first.
    """
    cursor = db.execute(
        "UPDATE membership SET until_day = :until WHERE unit = :unit AND area = :area AND from_day = :from_day",
        {
            "unit": unit,
            "area": area,
            "from_day": (from_day or SINCE_EVER).isoformat(),
            "until": until_day.isoformat() if until_day else None,
        },
    )
    return bool(cursor.rowcount == 1)


def rounds_of(db: Database, unit: str) -> list[RoundOfUnit]:
    """The rounds in which a unit takes part, the latest to open first. Test rounds are left out."""
    return [
        RoundOfUnit(
            round=round_id,
            title=read_json(title),
            state=state,
            from_day=read_day(from_day) if from_day else None,
        )
        for round_id, title, state, from_day in db.execute(
            "SELECT r.id, r.title, r.state, ru.from_day FROM round_unit ru JOIN round r ON r.id = ru.round"
            " WHERE ru.unit = ? AND r.test_of IS NULL ORDER BY r.opens_at DESC, r.id",
            (unit,),
        )
    ]


def regions(db: Database) -> list[Region]:
    """All regions by name."""
    return [
        Region(id=identity, name=name)
        for identity, name in db.execute("SELECT id, name FROM region ORDER BY name, id")
    ]


def areas(db: Database) -> list[KeptArea]:
    """All areas by name."""
    return [
        KeptArea(id=identity, name=name, kind=kind, region=region)
        for identity, name, kind, region in db.execute(
            "SELECT id, name, kind, region FROM area ORDER BY name, id"
        )
    ]


def listed(db: Database, *, kind: str | None = None) -> list[KeptUnit]:
    """All units by name, of one kind (such as 'municipality') when given."""
    return _units(db, ":kind IS NULL OR kind = :kind", {"kind": kind})


def find(db: Database, unit: str) -> KeptUnit | None:
    """The unit with this id, or None."""
    found = _units(db, "id = :id", {"id": unit})
    return found[0] if found else None


def resolve(db: Database, name: str) -> KeptUnit | None:
    """The unit that a person means by a name: its id, its name or another spelling, in any case; None where unknown."""
    found = _units(
        db, "id = (SELECT unit FROM unit_name WHERE folded = :folded)", {"folded": folded(name)}
    )
    return found[0] if found else None


def memberships(db: Database, unit: str | None = None) -> list[Membership]:
    """All memberships, of one unit when given: by unit, area and first day."""
    return [
        Membership(
            unit=unit_id,
            area=area,
            from_day=None if from_day == SINCE_EVER.isoformat() else date.fromisoformat(from_day),
            until_day=date.fromisoformat(until_day) if until_day else None,
        )
        for unit_id, area, from_day, until_day in db.execute(
            "SELECT unit, area, from_day, until_day FROM membership"
            " WHERE (:unit IS NULL OR unit = :unit) ORDER BY unit, area, from_day",
            {"unit": unit},
        )
    ]


def units_in_area(db: Database, area: str, on_day: date) -> list[str]:
    """The ids of the units that belong to the area on this day, sorted."""
    return [
        row[0]
        for row in db.execute(
            "SELECT DISTINCT unit FROM membership WHERE area = :area AND from_day <= :day"
            " AND (until_day IS NULL OR until_day >= :day) ORDER BY unit",
            {"area": area, "day": on_day.isoformat()},
        )
    ]


def areas_of_units(db: Database, on_day: date) -> dict[str, list[KeptArea]]:
    """For each unit that belongs to any area on this day: its areas, by name."""
    found: dict[str, list[KeptArea]] = {}
    for unit, identity, name, kind, region in db.execute(
        "SELECT DISTINCT m.unit, a.id, a.name, a.kind, a.region FROM membership m"
        " JOIN area a ON a.id = m.area WHERE m.from_day <= :day"
        " AND (m.until_day IS NULL OR m.until_day >= :day) ORDER BY m.unit, a.name, a.id",
        {"day": on_day.isoformat()},
    ):
        found.setdefault(unit, []).append(
            KeptArea(id=identity, name=name, kind=kind, region=region)
        )
    return found


def _keep_place(db: Database, table: Literal["unit", "area"], place: Unit | Area) -> None:
    """Keep what units and areas have in common, and make the region if it is not kept yet."""
    if place.region:
        db.execute(
            "INSERT INTO region (id, name) VALUES (:id, :id) ON CONFLICT (id) DO NOTHING",
            {"id": place.region},
        )
    db.execute(
        f"INSERT INTO {table} (id, name, kind, region) VALUES (?, ?, ?, ?) ON CONFLICT (id)"  # noqa: S608 - two words
        " DO UPDATE SET name = excluded.name, kind = excluded.kind, region = excluded.region",
        (place.id, place.name, place.kind, place.region or None),
    )


def _units(db: Database, condition: str, parameters: dict[str, str | None]) -> list[KeptUnit]:
    rows = db.execute(
        f"SELECT id, name, kind, region FROM unit WHERE {condition} ORDER BY name, id",  # noqa: S608 - constants above
        parameters,
    ).fetchall()
    names: dict[str, list[str]] = {}
    for unit, spelling in db.execute("SELECT unit, spelling FROM unit_name ORDER BY unit, folded"):
        names.setdefault(unit, []).append(spelling)
    return [
        KeptUnit(
            id=identity, name=name, kind=kind, region=region, names=tuple(names.get(identity, ()))
        )
        for identity, name, kind, region in rows
    ]
