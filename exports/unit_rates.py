"""Coverage and response rate of each unit, where the report may print them. Pure.

Only where the plan breaks a table down by unit: a report that speaks of a region as a whole names no unit. A public
round has no response rate, since it cannot tell who answered twice, and one by letters has that of its letters. How many
a unit returned is told from the smallest group on, and never so that an untold number could be subtracted: neither from the
sum of all, nor from what the tables say of how many were asked in an area, a region or a unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exports.figures import Figures
from exports.tables import UnitPlace
from forms.questionnaire import PLACES_OF_UNITS


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
    places: Sequence[UnitPlace] = (),
) -> dict[str, Any]:
    """The key `units` of the figures, or nothing. `rates`: whether the round may print response rates.

    `previous`: the round's last edition, whose numbers stand while any unit has grown by less than the smallest group.
    `places`: where the units belong.
    """
    if not numbers or not any("unit" in table["by"] for table in figures["tables"]):
        return {}
    k = int(figures["smallest_group"])
    hidden = _hidden({one.unit: one.returned for one in numbers}, k, figures, places)
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


def _hidden(
    returned: Mapping[str, int], k: int, figures: Figures, places: Sequence[UnitPlace]
) -> set[str]:
    """Units whose number is not told: below k but not 0, and with each so many more of its own kind that at least two are
    untold, together at least k, and one person less here and one more there would change nothing that is told.

    Units are of one kind where every sum of units that the tables tell has all of them or none. Where that does not come to
    an end, or a table crosses units with a question, no number is told that is not 0.
    """
    few = {unit for unit, n in returned.items() if 0 < n < k}
    if not few:
        return set()
    anybody = {unit for unit, n in returned.items() if n}
    if any(len(table["by"]) > 1 and set(table["by"]) & set(PLACES_OF_UNITS) for table in figures["tables"]):  # fmt: skip
        return anybody
    sums = _told_sums(figures, places)
    kinds: dict[tuple[bool, ...], list[str]] = {}
    for unit in sorted(anybody, key=lambda unit: (returned[unit], unit)):
        kinds.setdefault(tuple(unit in told for told in sums), []).append(unit)
    hidden: set[str] = set()
    for units in kinds.values():
        gone = [unit for unit in units if unit in few]
        rest = [unit for unit in units if unit not in few]
        while gone and not _settled([returned[unit] for unit in gone], k):
            if not rest:
                return anybody
            gone.append(rest.pop(0))
        hidden |= set(gone)
    return hidden


def _settled(numbers: Sequence[int], k: int) -> bool:
    """Whether untold numbers may stand together. A table says of a hidden group whether it is nobody's, or too small: so a
    number that crosses from 1 to 0, or between k-1 and k, would be noticed."""
    if len(numbers) < 2 or sum(numbers) < k:
        return False

    def may_move(index: int, other: int) -> bool:
        return numbers[index] not in (1, k) and numbers[other] != k - 1

    return all(
        any(
            may_move(index, other) or may_move(other, index)
            for other in range(len(numbers))
            if other != index
        )
        for index, n in enumerate(numbers)
        if n < k
    )


def _told_sums(figures: Figures, places: Sequence[UnitPlace]) -> list[frozenset[str]]:
    """The sets of units of which some table tells how many were asked together."""
    found: dict[frozenset[str], None] = {}
    for table in figures["tables"]:
        if len(table["by"]) != 1 or table["by"][0] not in PLACES_OF_UNITS:
            continue
        for group in table["groups"]:
            if group["state"] != "hidden":
                found[_members(table["by"][0], group["group"][0], places)] = None
    return list(found)


def _members(by: str, key: str, places: Sequence[UnitPlace]) -> frozenset[str]:
    if by == "unit":
        return frozenset({key})
    return frozenset(
        place.id
        for place in places
        if (by == "area" and any(area == key for area, _ in place.areas))
        or (by == "region" and place.region is not None and place.region[0] == key)
    )


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
