"""The rule for each cell of background and sensitive questions.

Cells of 1 to k-1 are hidden, and with them as many others as it takes so that no row or column sum gives them away.
What is returned is certified: for every positive hidden cell there is an exchange of answers between two rows that
changes nothing published and puts another number in that cell. Where none is found the caller withholds the table.
"""

from __future__ import annotations

from collections.abc import Mapping

from exports.disclosure_levels import Why

Key = tuple[str, ...]


def hidden_in_row(row: Mapping[str, int], k: int) -> dict[str, str]:
    """The cells of one row to hide, with the reason: those of 1 to k-1, and the next smallest with them until the
    hidden ones are at least two and sum to at least k, since their sum can be computed from the n of the row."""
    hidden = {cell: Why.FEW_CELL for cell, n in row.items() if 0 < n < k}
    _fill(row, hidden, k)
    return hidden


def _fill(row: Mapping[str, int], hidden: dict[str, str], k: int) -> bool:
    """Adds cells to a row that has hidden ones until they do not give each other away."""
    changed = False
    while hidden and (len(hidden) < 2 or sum(row[cell] for cell in hidden) < k):
        # A cell of nobody hides nothing well: it is taken last.
        rest = sorted((n == 0, n, cell) for cell, n in row.items() if cell not in hidden)
        if not rest:
            break
        hidden[rest[0][2]] = Why.COMPLEMENT_CELL
        changed = True
    return changed


def settle_cells(
    total: Mapping[str, int],
    total_hidden: Mapping[str, str],
    rows: Mapping[Key, Mapping[str, int]],
    open_rows: set[Key],
    k: int,
) -> dict[Key, dict[str, str]] | None:
    """The cells to hide in the rows of one table under its total; None when no safe choice was found.

    `open_rows` are the groups that show their options; all cells of the others are hidden already.
    """
    hidden: dict[Key, dict[str, str]] = {
        key: hidden_in_row(row, k) if key in open_rows else dict.fromkeys(row, Why.TOO_FEW)
        for key, row in rows.items()
    }
    changed = True
    while changed:
        changed = False
        for cell in total:
            covered = [key for key in rows if cell in hidden[key]]
            if cell in total_hidden:
                too_few = not covered
            else:
                # What the column hides is the total less the rest: it is a figure like any other.
                together = sum(rows[key].get(cell, 0) for key in covered)
                too_few = bool(covered) and (len(covered) < 2 or 0 < together < k)
            if too_few:
                rest = sorted(
                    (rows[key].get(cell, 0) == 0, rows[key].get(cell, 0), key)
                    for key in open_rows
                    if cell not in hidden[key]
                )
                if not rest:
                    if not covered or cell not in total_hidden:
                        return None
                    continue
                hidden[rest[0][2]][cell] = Why.COMPLEMENT_CELL
                changed = True
        for key in open_rows:
            changed |= _fill(rows[key], hidden[key], k)
    if not _certified(rows, hidden, open_rows) or not _total_certified(
        total, total_hidden, rows, hidden
    ):
        return None
    return {key: hidden[key] for key in rows if key in open_rows}


def _certified(
    rows: Mapping[Key, Mapping[str, int]],
    hidden: Mapping[Key, Mapping[str, str]],
    open_rows: set[Key],
) -> bool:
    """Whether each positive hidden cell of an open row takes part in an exchange with another row."""
    for key in open_rows:
        for cell in hidden[key]:
            if rows[key].get(cell, 0) == 0:
                continue
            if not any(
                cell in hidden[other] and swap in hidden[other] and rows[other].get(swap, 0) > 0
                for other in rows
                if other != key
                for swap in hidden[key]
                if swap != cell
            ):
                return False
    return True


def _total_certified(
    total: Mapping[str, int],
    total_hidden: Mapping[str, str],
    rows: Mapping[Key, Mapping[str, int]],
    hidden: Mapping[Key, Mapping[str, str]],
) -> bool:
    """Whether for each positive hidden cell of the total one person could have given another hidden answer, which
    must lie within one row whose two cells are hidden as well."""
    for cell in total_hidden:
        if total.get(cell, 0) == 0:
            continue
        if not any(
            swap != cell
            and cell in hidden[key]
            and swap in hidden[key]
            and rows[key].get(cell, 0) > 0
            for key in rows
            for swap in total_hidden
        ):
            return False
    return True
