"""What a person decides of a tablet, checked: its PIN, its rounds."""

from __future__ import annotations

from collections.abc import Collection

from forms.problems import Fault, Problem, ProblemError
from server.tablet_manifest import offered_on_tablets
from store import round_units, rounds
from store.database import Store
from store.rounds import Round, RoundState
from sync.devices import LONGEST_PIN, SHORTEST_PIN


def check_pin(typed: str) -> str:
    """The staff PIN without spaces. Raises ProblemError(INVALID_INPUT) where it is not 4 to 12 digits."""
    pin = "".join(typed.split())
    if not (pin.isascii() and pin.isdigit() and SHORTEST_PIN <= len(pin) <= LONGEST_PIN):
        raise ProblemError(
            Problem.INVALID_INPUT,
            faults=(
                Fault("pin", "not-a-pin", "The staff PIN has 4 to 12 digits.", "Choose another."),
            ),
        )
    return pin


def rounds_for(store: Store, unit: str) -> list[Round]:
    """The rounds that a tablet of this unit can offer: on tablets at all, not finished, and the unit takes part in them
    or they are not divided by units. Those that open last first."""
    found = []
    for one in rounds.listed(store.main):
        if one.state is RoundState.FINISHED or not offered_on_tablets(one):
            continue
        units = round_units.ids(store.main, one.id)
        if not units or unit in units:
            found.append(one)
    return found


def check_rounds(store: Store, unit: str, chosen: Collection[str]) -> None:
    """Raises ProblemError(INVALID_INPUT) for a round that a tablet of this unit cannot offer."""
    possible = {one.id for one in rounds_for(store, unit)}
    faults = [
        Fault(
            "rounds",
            "not-for-this-tablet",
            f"{round_id} cannot be answered on a tablet of this unit.",
            "Choose a round that has the channel tablet and in which the unit takes part.",
        )
        for round_id in sorted(set(chosen) - possible)
    ]
    if faults:
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(faults))
