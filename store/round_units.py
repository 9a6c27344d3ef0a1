"""The units that take part in a round, from their day, and the four numbers each reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlite_utils import Database

from store.instants import read_day

#: What a unit reports, in the order in which it is asked.
NUMBERS = ("eligible", "offered", "declined", "unable")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundUnit:
    """A unit in a round. None = not reported (or, for `from_day`, from the beginning)."""

    unit: str
    name: str = ""
    from_day: date | None = None
    eligible: int | None = None
    offered: int | None = None
    declined: int | None = None
    unable: int | None = None


def keep(db: Database, round_id: str, units: Iterable[RoundUnit]) -> None:
    """Add units to a round or set what is known of them (all fields). `name` is the unit's own and not written here.

    Raises sqlite3.IntegrityError for an unknown round or unit, or a negative number.
    """
    db.conn.executemany(
        "INSERT INTO round_unit (round, unit, from_day, eligible, offered, declined, unable)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (round, unit) DO UPDATE SET"
        " from_day = excluded.from_day, eligible = excluded.eligible, offered = excluded.offered,"
        " declined = excluded.declined, unable = excluded.unable",
        (
            (
                round_id,
                one.unit,
                one.from_day.isoformat() if one.from_day else None,
                one.eligible,
                one.offered,
                one.declined,
                one.unable,
            )
            for one in units
        ),
    )


def listed(db: Database, round_id: str) -> list[RoundUnit]:
    """The units of a round by name, with what they reported. Empty = the round is not divided by units."""
    return [
        RoundUnit(
            unit=unit,
            name=name,
            from_day=read_day(from_day) if from_day else None,
            eligible=eligible,
            offered=offered,
            declined=declined,
            unable=unable,
        )
        for unit, name, from_day, eligible, offered, declined, unable in db.execute(
            "SELECT ru.unit, u.name, ru.from_day, ru.eligible, ru.offered, ru.declined, ru.unable"
            " FROM round_unit ru JOIN unit u ON u.id = ru.unit WHERE ru.round = ?"
            " ORDER BY u.name, u.id",
            (round_id,),
        )
    ]


def find(db: Database, round_id: str, unit: str) -> RoundUnit | None:
    """One unit of a round with what it reported, or None where it does not take part."""
    row = db.execute(
        "SELECT u.name, ru.from_day, ru.eligible, ru.offered, ru.declined, ru.unable"
        " FROM round_unit ru JOIN unit u ON u.id = ru.unit WHERE ru.round = ? AND ru.unit = ?",
        (round_id, unit),
    ).fetchone()
    if row is None:
        return None
    return RoundUnit(
        unit=unit,
        name=row[0],
        from_day=read_day(row[1]) if row[1] else None,
        eligible=row[2],
        offered=row[3],
        declined=row[4],
        unable=row[5],
    )


def set_numbers(
    db: Database,
    round_id: str,
    unit: str,
    *,
    shown: Mapping[str, int | None],
    typed: Mapping[str, int | None],
) -> bool:
    """Set the four numbers of a unit (None: not reported) if they still are what the person who types was shown; False
    when somebody else has changed them meanwhile. Both mappings have all of NUMBERS."""
    cursor = db.execute(
        "UPDATE round_unit SET eligible = :eligible, offered = :offered, declined = :declined, unable = :unable"
        " WHERE round = :round AND unit = :unit"
        # coalesce, since = NULL is never true and IS between two values is SQLite's own.
        " AND coalesce(eligible, -1) = :was_eligible AND coalesce(offered, -1) = :was_offered"
        " AND coalesce(declined, -1) = :was_declined AND coalesce(unable, -1) = :was_unable",
        {
            "round": round_id,
            "unit": unit,
            **{name: typed[name] for name in NUMBERS},
            **{f"was_{name}": -1 if shown[name] is None else shown[name] for name in NUMBERS},
        },
    )
    return bool(cursor.rowcount == 1)


def ids(db: Database, round_id: str) -> frozenset[str]:
    """The ids of the units that take part in a round."""
    return frozenset(
        row[0] for row in db.execute("SELECT unit FROM round_unit WHERE round = ?", (round_id,))
    )


def remove(db: Database, round_id: str, unit: str) -> bool:
    """Take a unit out of a round that has not opened; False when it was not in it, or the round has opened."""
    cursor = db.execute(
        "DELETE FROM round_unit WHERE round = :round AND unit = :unit"
        " AND EXISTS (SELECT 1 FROM round WHERE id = :round AND state = 'planned')",
        {"round": round_id, "unit": unit},
    )
    return cursor.rowcount == 1
