"""Which sums of several tallies of one count may be shown: they count the same people, so they are decided together.

Totals that two tallies share are shown in both or in neither. A tally by the same two things the other way round shows what
the first does. Tallies that hang together as a tree say nothing of each other's insides but by the totals between them; one
that closes a ring (week by ward, ward by kind, kind by week) shows its totals alone, unless nothing is hidden in any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exports.tally_disclosure import TOTAL, Cell, hidden_cells


@dataclass(frozen=True, slots=True)
class Tally:
    """A tally with its totals: what it goes by, and every sum."""

    by: tuple[str, str]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    table: Mapping[Cell, int]


#: A total of one thing: (week, w3).
Total = tuple[str, str]


def hidden_together(tallies: Sequence[Tally], k: int) -> list[frozenset[Cell]]:
    """For each tally of one count the cells that are not shown, in the order given."""
    first: dict[frozenset[str], int] = {}
    for at, tally in enumerate(tallies):
        first.setdefault(frozenset(tally.by), at)
    tree, closing = _tree([(at, tallies[at].by) for at in first.values()])
    hidden: dict[int, frozenset[Cell]] = {}
    totals: set[Total] = set()
    while True:
        before = len(totals)
        for at in tree:
            tally = tallies[at]
            also = _cells(tally, totals)
            hidden[at] = hidden_cells(tally.rows, tally.columns, tally.table, k, also)
            totals |= _totals(tally, hidden[at])
        if len(totals) == before:
            break
    rings = [hidden_cells(tallies[at].rows, tallies[at].columns, tallies[at].table, k) for at in closing]  # fmt: skip
    whole = not any(hidden.values()) and not any(rings)
    for at in closing:
        tally = tallies[at]
        inside = {cell for cell in tally.table if TOTAL not in cell}
        everything = {(TOTAL, TOTAL)} if any((TOTAL, TOTAL) in one for one in hidden.values()) else set()  # fmt: skip
        hidden[at] = frozenset() if whole else frozenset(inside | _cells(tally, totals) | everything)  # fmt: skip
    found = []
    for tally in tallies:
        at = first[frozenset(tally.by)]
        same = tallies[at].by == tally.by
        found.append(hidden[at] if same else frozenset((b, a) for a, b in hidden[at]))
    return found


def _tree(edges: Sequence[tuple[int, tuple[str, str]]]) -> tuple[list[int], list[int]]:
    """The tallies that hang together without a ring, and those that would close one."""
    group: dict[str, str] = {}

    def root(thing: str) -> str:
        while (above := group.setdefault(thing, thing)) != thing:
            thing = above
        return thing

    tree, closing = [], []
    for at, (row, column) in edges:
        if root(row) == root(column):
            closing.append(at)
        else:
            group[root(row)] = root(column)
            tree.append(at)
    return tree, closing


def _totals(tally: Tally, hidden: frozenset[Cell]) -> set[Total]:
    row, column = tally.by
    return {(row, a) for a, b in hidden if b == TOTAL and a != TOTAL} | {
        (column, b) for a, b in hidden if a == TOTAL and b != TOTAL
    }


def _cells(tally: Tally, totals: set[Total]) -> set[Cell]:
    row, column = tally.by
    return {(name, TOTAL) for name in tally.rows if (row, name) in totals} | {
        (TOTAL, name) for name in tally.columns if (column, name) in totals
    }
