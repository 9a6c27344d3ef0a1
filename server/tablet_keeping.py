"""What a person decides of a tablet, checked and kept: its name, its PIN, its rounds; and a queue that it saved to a file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from forms.problems import Fault, Problem, ProblemError
from server.tablet_manifest import offered_on_tablets
from store import audit, devices, rounds
from store.database import Store
from store.devices import Device, Pin
from store.rounds import Round
from sync.batches import Item, unpack_file
from sync.devices import LONGEST_PIN, SHORTEST_PIN
from sync.envelope import unpack
from sync.intake import TABLET, Intake, Receipt

#: After so long without a contact, the desk is warned of a tablet on which answers wait.
SILENT_AFTER = timedelta(days=7)
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a saved queue: how many of it are kept now (also those that were known), and codes of the others."""

    received: int
    refused: dict[str, int]


def is_silent(device: Device, today: date) -> bool:
    """Whether answers waited on a tablet when it was last heard from, and that is long ago."""
    return (
        device.waiting > 0
        and device.contact_on is not None
        and today - device.contact_on >= SILENT_AFTER
    )


def check_pin(typed: str) -> str:
    """The staff PIN without spaces. Raises ProblemError(INVALID_INPUT) where it is not 4 to 12 digits."""
    fault = pin_fault(typed)
    if fault is not None:
        raise ProblemError(Problem.INVALID_INPUT, faults=(fault,))
    return "".join(typed.split())


def pin_fault(typed: str) -> Fault | None:
    """What is wrong with a staff PIN as it was typed, or None."""
    pin = "".join(typed.split())
    if pin.isascii() and pin.isdigit() and SHORTEST_PIN <= len(pin) <= LONGEST_PIN:
        return None
    return Fault("pin", "not-a-pin", "The staff PIN has 4 to 12 digits.", "Choose another one.")


def name_fault(store: Store, unit: str, typed: str, *, but: int | None = None) -> Fault | None:
    """What is wrong with a name for a tablet of a unit, or None; `but` is the number of the tablet that may have it."""
    name = typed.strip()
    if not name or len(name) > LONGEST_NAME:
        return Fault(
            "name",
            "no-name",
            "Write a name of at most 60 characters.",
            "Choose another one.",
        )
    taken = {one.name for one in devices.listed(store.main, units=[unit]) if one.number != but}
    if name in taken:
        return Fault(
            "name",
            "name-of-another",
            "Another tablet of this unit has this name.",
            "Choose another one.",
        )
    return None


def rounds_for(store: Store, unit: str) -> list[Round]:
    """The rounds that a tablet of this unit can offer: on tablets at all, not finished, and the unit takes part in them
    or they are not divided by units. Those that open last first."""
    return [one for one in rounds.for_unit(store.main, unit) if offered_on_tablets(one)]


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


def change(
    store: Store,
    device: Device,
    *,
    name: str,
    rounds: Collection[str],
    pin: Pin | None,
    actor: str,
    now: datetime,
) -> None:
    """Give a tablet another name, other rounds, another PIN (None: the one that it has); it learns of them at its next contact."""
    details: dict[str, object] = {}
    with store.write() as db:
        if name != device.name:
            devices.rename(db, device.number, name)
            details["name"] = name
        if set(rounds) != set(device.rounds):
            devices.set_rounds(db, device.number, rounds)
            details["rounds"] = sorted(rounds)
        if pin is not None:
            devices.set_pin(db, device.number, pin)
            details["pin"] = "new"
        if details:
            audit.note(
                db, at=now, actor=actor, action="tablet changed", subject=f"tablet:{device.number}",
                details=details,
            )  # fmt: skip


def receive_file(intake: Intake, raw: bytes, *, now: datetime) -> Tally:
    """Receive the queue that a tablet saved to a file. What is known already counts as received; the file may come twice.

    Which tablet it came from is not asked. Raises ProblemError: BAD_BATCH for what is no such file, BUSY.
    """
    received, refused = 0, dict[str, int]()
    for items in unpack_file(raw):
        ways: dict[bool, list[Item]] = {True: [], False: []}
        for item in items:
            ways[_of_tablet(item)].append(item)
        for from_tablet, some in ways.items():
            for one in intake.receive_batch(some, now=now, from_tablet=from_tablet):
                if isinstance(one, Receipt):
                    received += 1
                else:
                    refused[one.code] = refused.get(one.code, 0) + 1
    return Tally(received, refused)


def _of_tablet(item: Item) -> bool:
    try:
        return unpack(item.envelope).header.channel == TABLET
    except ProblemError:
        return True
