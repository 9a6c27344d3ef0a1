"""The board of a round's units: what each reported and returned, what is late, when it was reminded. Numbers only.

Coverage is offered of eligible. A response rate is given only where each person offered has a code of their own: an open
link cannot tell who answers twice (design, "What is promised"). Answers of an anonymous round mostly carry no unit; they
stand in a line of their own, and then nobody can say of a unit that nothing came back from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from forms.questionnaire import Promise
from store import counts, devices, reminders, returns, round_units, submissions
from store.accounts import GROUP_ROLES, Account, Role
from store.database import Store
from store.not_returned import units as not_returned_units
from store.reminders import Reminder
from store.round_units import NUMBERS, RoundUnit
from store.rounds import Round, RoundState

#: Rows on one page of the board.
PAGE_SIZE = 50
#: What the board may be ordered by, beside the unit's name.
ORDERS = ("name", *NUMBERS, "coverage", "returned", "rate", "late", "reminded")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """One unit. `returned` is by channel; `waiting` what is sealed still; `sent_at` and `begun` are of its signed return.
    `declined_on_tablets` is what its tablets counted, beside the typed number. `missing`: it has not returned; `late`: and the deadline of those
    who answer has passed. `lacks_numbers`: answers have come, and it has not said how many it offered it to."""

    reported: RoundUnit
    returned: Mapping[str, int]
    waiting: int
    begun: bool
    sent_at: datetime | None
    missing: bool
    late: bool
    lacks_numbers: bool
    reminded: Reminder | None
    declined_on_tablets: int = 0

    @property
    def back(self) -> int:
        """Everything that came back from it and was not found faulty."""
        return sum(self.returned.values()) + self.waiting

    @property
    def coverage(self) -> float | None:
        """Offered of eligible, where both are reported."""
        return _share(self.reported.offered, self.reported.eligible)

    @property
    def rate(self) -> float | None:
        """Returned of offered."""
        return response_rate(self.back, self.reported.offered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The foot of the board: each number over the units that reported it, and how many did."""

    numbers: Mapping[str, int | None]
    reported: Mapping[str, int]
    returned: Mapping[str, int]
    waiting: int
    sent: int
    late: int
    units: int

    @property
    def back(self) -> int:
        """Everything that came back from these units."""
        return sum(self.returned.values()) + self.waiting

    def whole(self, *names: str) -> bool:
        """Whether every unit has reported these numbers: a share of a part would look like the whole."""
        return all(self.reported[name] == self.units for name in names)

    @property
    def coverage(self) -> float | None:
        """Offered of eligible over all units, once all of them have reported both."""
        if not self.whole("offered", "eligible"):
            return None
        return _share(self.numbers["offered"], self.numbers["eligible"])

    @property
    def rate(self) -> float | None:
        """Returned of offered over all units, once all of them have reported it."""
        return response_rate(self.back, self.numbers["offered"]) if self.whole("offered") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBoard:
    """The board as one account sees it: a page of rows, and the sums of all. `without_unit` is what carries no unit, by
    channel; None where the account sees its own units only."""

    round: Round
    rows: Sequence[UnitRow]
    sums: Sums
    channels: Sequence[str]
    without_unit: Mapping[str, int] | None
    waiting_without_unit: int
    shows_rate: bool
    order: str
    page: int
    pages: int

    @property
    def signed(self) -> bool:
        """Whether units return one signed answer each, instead of numbers and answers."""
        return self.round.promise == Promise.SIGNED


def unit_rows(store: Store, shown: Round, now: datetime) -> tuple[list[UnitRow], dict[str, int]]:
    """All units of a round by name, and by channel what came back without a unit."""
    returned: dict[str, dict[str, int]] = {}
    for row in counts.returned(store.main, shown.id):
        returned.setdefault(row.unit or "", {})[row.channel] = row.n
    nowhere = returned.get("", {})
    named = shown.promise != Promise.ANONYMOUS
    waiting = submissions.waiting_by_unit(store.waiting, shown.id) if named else {}
    signed = shown.promise == Promise.SIGNED
    begun = returns.of_round(store.main, shown.id) if signed else {}
    reminded = reminders.latest(store.main, shown.id)
    on_tablets = devices.declined(store.main, shown.id)
    ended = shown.state is not RoundState.PLANNED and now >= shown.answer_until
    places = {(shown.id, unit) for unit in waiting}
    if not named and submissions.waiting_count(store.waiting, shown.id):
        places.add((shown.id, ""))
    not_returned = not_returned_units(store.main, shown.id, waiting=places)
    rows = []
    for unit in round_units.listed(store.main, shown.id):
        missing = unit.unit in not_returned
        rows.append(
            UnitRow(
                reported=unit,
                returned=returned.get(unit.unit, {}),
                waiting=waiting.get(unit.unit, 0),
                begun=unit.unit in begun,
                sent_at=begun.get(unit.unit),
                missing=missing,
                late=missing and ended,
                lacks_numbers=not signed and not missing and unit.offered is None,
                reminded=reminded.get(unit.unit),
                declined_on_tablets=on_tablets.get(unit.unit, 0),
            )
        )
    return rows, nowhere


def unit_board(
    store: Store, shown: Round, account: Account, now: datetime, *, order: str, page: int
) -> UnitBoard | None:
    """The board for an account, or None where the round is not divided by units that it sees."""
    rows, nowhere = unit_rows(store, shown, now)
    everything = sees_all_units(account, shown)
    if not everything:
        own = set(account.units)
        rows = [row for row in rows if row.reported.unit in own]
    if not rows:
        return None
    order = order if order in ORDERS else "name"
    ordered = _ordered(rows, order)
    pages = -(-len(ordered) // PAGE_SIZE)
    page = min(max(1, page), pages)
    waiting = submissions.waiting_count(store.waiting, shown.id)
    sums = _sums(rows)
    return UnitBoard(
        round=shown,
        rows=ordered[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        sums=sums,
        channels=sorted({c for row in rows for c in row.returned} | (set(nowhere) if everything else set())),
        without_unit=nowhere if everything else None,
        waiting_without_unit=max(0, waiting - sums.waiting) if everything else 0,
        shows_rate=shown.access == "invited" and not nowhere and shown.promise != Promise.SIGNED,
        order=order,
        page=page,
        pages=pages,
    )  # fmt: skip


def sees_all_units(account: Account, shown: Round) -> bool:
    """Whether an account sees every unit's row: the secretariat, and those of the round's working group."""
    return account.holds(Role.SECRETARIAT) or any(
        grant.role in GROUP_ROLES and grant.working_group == shown.working_group
        for grant in account.grants
    )


def response_rate(back: int, offered: int | None) -> float | None:
    """Returned of offered; None where more came back than were offered, since one of the two is then wrong."""
    return None if offered is None or back > offered else _share(back, offered)


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None


def _sums(rows: Sequence[UnitRow]) -> Sums:
    told = {
        name: [n for row in rows if (n := getattr(row.reported, name)) is not None]
        for name in NUMBERS
    }
    returned: dict[str, int] = {}
    for row in rows:
        for channel, n in row.returned.items():
            returned[channel] = returned.get(channel, 0) + n
    return Sums(
        numbers={name: sum(values) if values else None for name, values in told.items()},
        reported={name: len(values) for name, values in told.items()},
        returned=returned,
        waiting=sum(row.waiting for row in rows),
        sent=sum(row.sent_at is not None for row in rows),
        late=sum(row.late for row in rows),
        units=len(rows),
    )


def _ordered(rows: list[UnitRow], order: str) -> list[UnitRow]:
    """Numbers largest first, what is not known last; what is late first; what was reminded longest ago first."""
    if order == "name":
        return rows
    if order == "late":
        return sorted(rows, key=lambda row: (not row.late, not row.missing, not row.lacks_numbers))
    if order == "reminded":
        return sorted(
            rows, key=lambda row: (row.reminded is not None, row.reminded.at if row.reminded else 0)
        )
    if order == "returned":
        return sorted(rows, key=lambda row: -row.back)

    def value(row: UnitRow) -> float | None:
        if order == "coverage":
            return row.coverage
        return row.rate if order == "rate" else getattr(row.reported, order)

    return sorted(rows, key=lambda row: (value(row) is None, -(value(row) or 0)))
