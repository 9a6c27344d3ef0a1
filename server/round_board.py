"""What the desk shows of a round before its edition: state, days, numbers returned. Never an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store import counts, editions, quarantine, round_units, submissions, working_groups
from store.database import Store
from store.editions import KeptEdition
from store.round_units import RoundUnit
from store.rounds import Round, RoundState


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The next thing that happens by the clock: 'opens', 'answer_until', 'receive_until'."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One round as the desk sees it. `mixed` is by channel; `waiting` is what is sealed still."""

    round: Round
    working_group: str
    deadline: Deadline | None
    mixed: tuple[tuple[str, int], ...]
    waiting: int
    quarantined: int
    editions: tuple[KeptEdition, ...]
    units: tuple[RoundUnit, ...] = ()

    @property
    def returned(self) -> int:
        """Everything that came in and was not found faulty."""
        return sum(n for _, n in self.mixed) + self.waiting

    @property
    def needs_edition(self) -> bool:
        """Whether receiving has ended and no edition has been made."""
        ended = self.round.state in {RoundState.CLOSED, RoundState.FINISHED}
        return ended and not self.editions


def board(store: Store, shown: Round, now: datetime) -> Board:
    """One round with its numbers."""
    names = {group.id: group.name for group in working_groups.listed(store.main)}
    by_channel: dict[str, int] = {}
    for row in counts.returned(store.main, shown.id):
        by_channel[row.channel] = by_channel.get(row.channel, 0) + row.n
    return Board(
        round=shown,
        working_group=names.get(shown.working_group or "", ""),
        deadline=next_deadline(shown, now),
        mixed=tuple(sorted(by_channel.items())),
        waiting=submissions.waiting_count(store.waiting, shown.id),
        quarantined=quarantine.count(store.waiting, shown.id),
        editions=tuple(editions.listed(store.main, shown.id)),
        units=tuple(round_units.listed(store.main, shown.id)),
    )


def next_deadline(shown: Round, now: datetime) -> Deadline | None:
    """The round's next instant after `now`, or None."""
    if shown.state in {RoundState.CLOSED, RoundState.FINISHED}:
        return None
    return next_instant(
        (
            ("opens", shown.opens_at),
            ("answer_until", shown.answer_until),
            ("receive_until", shown.receive_until),
        ),
        now,
    )


def next_instant(instants: Sequence[tuple[str, datetime]], now: datetime) -> Deadline | None:
    """The first of the instants, which stand in their order, that is after `now`; None where all have passed."""
    return next((Deadline(kind=kind, at=at) for kind, at in instants if now < at), None)
