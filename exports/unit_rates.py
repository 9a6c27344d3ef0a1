"""Coverage and response rate of each unit, where the report may print them. Pure.

Only where the plan breaks a table down by unit: a report that speaks of a region as a whole names no unit. A public
round has no response rate, since it cannot tell who answered twice, and one by letters has that of its letters. How many
a unit returned is told from the smallest group on, and never so that a single untold number could be subtracted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exports.figures import Figures


@dataclass(frozen=True, slots=True)
class UnitNumbers:
    """What a unit reported (None: nothing) and how many answers came from it."""

    unit: str
    name: str
    eligible: int | None
    offered: int | None
    returned: int


def unit_rates(
    figures: Figures,
    numbers: Sequence[UnitNumbers],
    *,
    rates: bool,
    previous: Figures | None,
) -> dict[str, Any]:
    """The key `units` of the figures, or nothing. `rates`: whether the round may print response rates.

    `previous`: the round's last edition, whose numbers stand while any unit has grown by less than the smallest group.
    """
    if not numbers or not any("unit" in table["by"] for table in figures["tables"]):
        return {}
    k = int(figures["smallest_group"])
    hidden = _hidden({one.unit: one.returned for one in numbers}, k)
    rows = []
    for one in numbers:
        told = one.unit not in hidden
        rate = None
        if rates and told and one.offered and one.returned <= one.offered:
            rate = one.returned / one.offered
        rows.append(
            {
                "unit": one.unit,
                "label": one.name,
                "eligible": one.eligible,
                "offered": one.offered,
                "coverage": one.offered / one.eligible
                if one.offered is not None and one.eligible
                else None,
                "returned": one.returned if told else None,
                "response_rate": rate,
                "why": "" if told else "too-few",
            }
        )
    new = {"rates": rates, "since": None, "rows": rows}
    before = (previous or {}).get("units")
    if before and previous is not None and not _may_advance(before["rows"], rows, k):
        return {"units": {**before, "since": before["since"] or previous["made_on"]}}
    return {"units": new}


def _hidden(returned: Mapping[str, int], k: int) -> set[str]:
    """Units whose number is not told: below k but not 0, and then so many more that at least two are untold and
    together at least k."""
    few = {unit for unit, n in returned.items() if 0 < n < k}
    rest = sorted((n, unit) for unit, n in returned.items() if n >= k)
    # One alone is below k, so that this makes at least two.
    while few and rest and sum(returned[unit] for unit in few) < k:
        few.add(rest.pop(0)[1])
    return few


def _may_advance(old: Sequence[Figures], new: Sequence[Figures], k: int) -> bool:
    before = {row["unit"]: row["returned"] for row in old}
    after = {row["unit"]: row["returned"] for row in new}
    if before.keys() != after.keys():
        return False
    for unit, n in after.items():
        was = before[unit]
        if (n is None) != (was is None):
            return False
        if n is not None and was is not None and 0 < abs(n - was) < k:
            return False
    # What came to the untold ones could be computed from the total.
    return None not in after.values() or before == after
