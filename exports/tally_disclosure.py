"""Which sums of a tally may be shown: a table of counted people with totals, in which no small sum can be computed.

The people behind a cell are those that it counts, so the smallest group k holds for each sum: 1 to k-1 is hidden, and so
much beside it that every hidden figure could be another one with everything shown the same. That is shown for each by
an exchange around a rectangle of hidden figures (one more here, one less there), which no shown figure notices; a total
that is hidden itself takes part as a row or column of its own. docs/disclosure.md, "Tallies".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import product

#: The row or column of totals.
TOTAL = "~total"

#: (row, column)
Cell = tuple[str, str]


def with_totals(
    rows: Sequence[str], columns: Sequence[str], sums: Mapping[Cell, int]
) -> dict[Cell, int]:
    """Every cell, and the totals of rows, columns and all."""
    table = {(row, column): sums.get((row, column), 0) for row in rows for column in columns}
    table |= {(row, TOTAL): sum(table[row, column] for column in columns) for row in rows}
    table |= {(TOTAL, column): sum(table[row, column] for row in rows) for column in columns}
    table[TOTAL, TOTAL] = sum(table[row, TOTAL] for row in rows)
    return table


def hidden_cells(
    rows: Sequence[str],
    columns: Sequence[str],
    table: Mapping[Cell, int],
    k: int,
    also: Collection[Cell] = (),
) -> frozenset[Cell]:
    """The cells, totals among them, that are not shown. All of them where fewer than k people were counted at all. `also` are
    totals that another tally of the same count hides."""
    if 0 < table[TOTAL, TOTAL] < k:
        return frozenset(table)
    hider = _Hider(rows, columns, table, k)
    hider.hidden |= set(also)
    if hider.margins() and hider.inside():
        return hider.result()
    # Not even with everything inside hidden: the totals of the first kind alone, which lie under one sum.
    hider = _Hider(rows, columns, table, k)
    hider.hidden |= set(also)
    if hider.one_margin():
        return hider.result()
    return frozenset(table) - {(TOTAL, TOTAL)}


class _Hider:
    """Hides ever more of one table until what is hidden is safe."""

    def __init__(
        self, rows: Sequence[str], columns: Sequence[str], table: Mapping[Cell, int], k: int
    ) -> None:
        self.rows, self.columns, self.table, self.k = rows, columns, table, k
        self.hidden: set[Cell] = set()

    def result(self) -> frozenset[Cell]:
        """What is hidden in the end; where a total of nobody is shown, all know what is under it."""
        return frozenset(cell for cell in self.hidden if not self._of_nobody(cell))

    def _of_nobody(self, cell: Cell) -> bool:
        """Whether the cell lies under a shown total of 0."""
        row, column = cell
        totals = [total for total in ((row, TOTAL), (TOTAL, column)) if total != cell]
        return any(self.table[total] == 0 and total not in self.hidden for total in totals)

    def margins(self) -> bool:
        """Hides small totals, and all that lies under a hidden total. False where no totals of a kind can be shown."""
        settled = self._line([(row, TOTAL) for row in self.rows]) and self._line(
            [(TOTAL, column) for column in self.columns]
        )
        for row, column in product(self.rows, self.columns):
            if (row, TOTAL) in self.hidden or (TOTAL, column) in self.hidden:
                self.hidden.add((row, column))
        return settled

    def one_margin(self) -> bool:
        """Shows the totals of rows, and nothing else but the sum of all."""
        self.hidden |= {cell for cell in self.table if cell[1] != TOTAL}
        return self._line([(row, TOTAL) for row in self.rows])

    def inside(self) -> bool:
        """Hides small cells and what must go with them. False where that does not come to an end in safety."""
        for cell in product(self.rows, self.columns):
            if 0 < self.table[cell] < self.k:
                self.hidden.add(cell)
        while True:
            lines = [
                *([(row, column) for column in self.columns] for row in self.rows),
                *([(row, column) for row in self.rows] for column in self.columns),
            ]
            if not all(self._line(line) for line in lines):
                return False
            open_ = [
                cell
                for cell in sorted(self.hidden)
                if not self._of_nobody(cell) and not self._exchanges(cell)
            ]
            if not open_:
                return True
            # A cell that cannot be exchanged takes the cheapest rectangle with it.
            before = len(self.hidden)
            self.hidden |= self._cheapest(open_[0])
            if len(self.hidden) == before:
                return False

    def _line(self, cells: Sequence[Cell]) -> bool:
        """Hides the small ones of one line under its total, and the next smallest, until the hidden ones are two or more
        and k or more together. False where that is impossible."""
        inner = all(TOTAL not in cell for cell in cells)
        if not inner:
            self.hidden |= {cell for cell in cells if 0 < self.table[cell] < self.k}
        gone = [cell for cell in cells if cell in self.hidden]
        rest = sorted(
            (
                cell
                for cell in cells
                if cell not in self.hidden and not (inner and self._of_nobody(cell))
            ),
            key=lambda cell: (self.table[cell] == 0, self.table[cell], cell),
        )
        while gone and (len(gone) < 2 or sum(self.table[cell] for cell in gone) < self.k):
            if inner and self._total_hidden(cells):
                break
            if not rest:
                return False
            gone.append(rest.pop(0))
            self.hidden.add(gone[-1])
        return True

    def _total_hidden(self, cells: Sequence[Cell]) -> bool:
        row, column = cells[0]
        same_row = all(cell[0] == row for cell in cells)
        return ((row, TOTAL) if same_row else (TOTAL, column)) in self.hidden

    def _exchanges(self, cell: Cell) -> bool:
        """Whether the hidden cell could hold another number, with all shown figures the same."""
        return any(
            all(corner in self.hidden for corner in corners) and self._possible(corners)
            for corners in self._rectangles(cell)
        )

    def _rectangles(self, cell: Cell) -> list[tuple[Cell, Cell, Cell, Cell]]:
        row, column = cell
        return [
            ((row, column), (row, other), (below, other), (below, column))
            for below in (*self.rows, TOTAL)
            if below != row
            for other in (*self.columns, TOTAL)
            if other != column
        ]

    def _possible(self, corners: tuple[Cell, Cell, Cell, Cell]) -> bool:
        """Whether one more and one less around the rectangle leaves no number below 0, one way round or the other. A
        total moves with its line, so its sign is the other one."""
        signs = [
            (1 if index % 2 == 0 else -1) * (-1 if TOTAL in corner else 1)
            for index, corner in enumerate(corners)
        ]
        return any(
            all(
                self.table[corner] + way * sign >= 0
                for corner, sign in zip(corners, signs, strict=True)
            )
            for way in (1, -1)
        )

    def _cheapest(self, cell: Cell) -> set[Cell]:
        """The corners whose hiding costs least and lets the cell be exchanged; none where there is no such rectangle."""
        candidates = [
            (sum(self.table[corner] for corner in corners if corner not in self.hidden), corners)
            for corners in self._rectangles(cell)
            if all(corner in self.hidden or TOTAL not in corner for corner in corners)
            and self._possible(corners)
        ]
        if not candidates:
            return set()
        return set(min(candidates)[1])
