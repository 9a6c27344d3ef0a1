"""Counts by (round, table, cell), kept in the same transaction as the answers, and what each round has got back.

Tables come from these and never from responses: a report costs the same for a thousand answers and for a million.
Sums are whole numbers, so that adding in any order gives the same and a recount can ask for equality.
All functions work on the main file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from sqlite_utils import Database

#: The sum of squares is kept as high * SQUARES_BASE + low: 10^11 øre squared is more than 64 bits hold.
SQUARES_BASE = 10**15


class Increment(Protocol):
    """What forms.report_plan yields: one person more in a cell; `value` is a whole number for sums, or None."""

    @property
    def table(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def cell(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def value(self) -> float | None: ...


class CountRow(NamedTuple):
    """One cell: `n` people, and for numbers the sum and the sum of squares (of the scaled whole numbers), else 0."""

    table: str
    group: str
    cell: str
    n: int
    total: int
    total_sq: int


class Tally:
    """Adds increments up in memory, so that a batch costs one statement per cell and not one per answer."""

    def __init__(self, increments: Iterable[Increment] = ()) -> None:
        self.cells: dict[tuple[str, str, str], list[int]] = {}
        self.add(increments)

    def add(self, increments: Iterable[Increment]) -> None:
        """Add the increments of one response (or of many).

        Raises ValueError when a value is not a whole number: sums would then depend on the order of adding.
        """
        cells = self.cells
        for one in increments:
            place = (one.table, one.group, one.cell)
            sums = cells.get(place)
            if sums is None:
                sums = cells[place] = [0, 0, 0]
            sums[0] += one.n
            if one.value is not None:
                value = int(one.value)
                if value != one.value:
                    raise ValueError(f"a counted value must be a whole number, not {one.value!r}")
                sums[1] += value
                sums[2] += value * value

    def rows(self) -> list[CountRow]:
        """What was added up, sorted by table, group and cell."""
        return [CountRow(*place, *sums) for place, sums in sorted(self.cells.items())]


def add(db: Database, round_id: str, increments: Tally | Iterable[Increment]) -> None:
    """Add increments (better: a Tally of the whole batch) to the counts of a round.

    Raises OverflowError when one sum no longer fits 64 bits (more than 9 * 10^18), ValueError as Tally.add does.
    """
    tally = increments if isinstance(increments, Tally) else Tally(increments)
    db.conn.executemany(
        "INSERT INTO count (round, tab, grp, cell, n, total, squares, squares_high)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (round, tab, grp, cell) DO UPDATE SET"
        " n = count.n + excluded.n, total = count.total + excluded.total,"
        " squares = (count.squares + excluded.squares) % 1000000000000000,"
        " squares_high = count.squares_high + excluded.squares_high"
        " + (count.squares + excluded.squares) / 1000000000000000",
        (
            (round_id, *place, n, total, squares % SQUARES_BASE, squares // SQUARES_BASE)
            for place, (n, total, squares) in sorted(tally.cells.items())
        ),
    )


def read(db: Database, round_id: str, table: str | None = None) -> list[CountRow]:
    """The counts of a round, of one table when given, sorted by table, group and cell."""
    return [
        CountRow(tab, grp, cell, n, total, high * SQUARES_BASE + low)
        for tab, grp, cell, n, total, low, high in db.conn.execute(
            "SELECT tab, grp, cell, n, total, squares, squares_high FROM count"
            " WHERE round = :round AND (:table IS NULL OR tab = :table) ORDER BY tab, grp, cell",
            {"round": round_id, "table": table},
        )
    ]


class ReturnedRow(NamedTuple):
    """How many answers a unit (None: no unit) has returned through a channel, mixed or quarantined."""

    unit: str | None
    channel: str
    n: int


def add_returned(
    db: Database, round_id: str, numbers: Mapping[tuple[str | None, str], int]
) -> None:
    """Add what a mix took in, by (unit or None, channel), in the transaction with its receipts."""
    db.conn.executemany(
        "INSERT INTO returned (round, unit, channel, n) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (round, unit, channel) DO UPDATE SET n = returned.n + excluded.n",
        ((round_id, unit or "", channel, n) for (unit, channel), n in numbers.items()),
    )


def take_returned(db: Database, round_id: str, unit: str | None, channel: str) -> None:
    """Take one back of what was counted as returned: a submission that leaves quarantine, in the transaction that says so."""
    db.conn.execute(
        "UPDATE returned SET n = n - 1 WHERE round = ? AND unit = ? AND channel = ? AND n > 0",
        (round_id, unit or "", channel),
    )


def returned(db: Database, round_id: str) -> list[ReturnedRow]:
    """What a round has got back, by unit and channel, without what still waits (submissions.waiting_count)."""
    return [
        ReturnedRow(unit or None, channel, n)
        for unit, channel, n in db.conn.execute(
            "SELECT unit, channel, n FROM returned WHERE round = ? ORDER BY unit, channel",
            (round_id,),
        )
    ]


def returned_total(db: Database, round_id: str) -> int:
    """The sum of `returned`."""
    row = db.conn.execute(
        "SELECT coalesce(sum(n), 0) FROM returned WHERE round = ?", (round_id,)
    ).fetchone()
    return int(row[0])
