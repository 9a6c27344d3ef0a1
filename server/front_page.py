"""The desk's front page as one account sees it: what needs a person, what happens next, the rounds a page at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.attention import Need, needs
from server.rights import ROUTES
from server.round_board import Deadline, next_instant
from server.service import Service
from store import round_lines, submissions, units, versions
from store.accounts import GROUP_ROLES, Account, Role
from store.round_lines import RoundLine
from store.rounds import RoundState

PAGE_SIZE = 50
#: How many of the next deadlines are told.
NEXT = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a new secretariat, whether it is done, and where."""

    kind: str
    done: bool
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRound:
    """A line of the table: `returned` with what waits to be mixed; `sees_report` whether the account may open it."""

    line: RoundLine
    returned: int
    sees_report: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontPage:
    """`total` is of the rounds in the chosen state (None: all), `numbers` by state."""

    needs: Sequence[Need]
    upcoming: Sequence[tuple[RoundLine, Deadline]]
    steps: Sequence[Step]
    rounds: Sequence[ListedRound]
    numbers: Mapping[RoundState, int]
    state: RoundState | None
    page: int
    pages: int
    sees_rounds: bool
    sets_up: bool

    @property
    def total(self) -> int:
        """How many rounds there are in all."""
        return sum(self.numbers.values())


def front_page(running: Service, account: Account, asked: Mapping[str, str]) -> FrontPage:
    """The page for an account; `asked` is what the address says: `state` and `page`."""
    main, now = running.store.main, running.clock()
    sees_rounds = not account.holds(Role.ADMINISTRATOR)
    sets_up = account.holds(Role.SECRETARIAT)
    whose = None if sets_up else account.id
    numbers = round_lines.numbers(main, account=whose) if sees_rounds else {}
    state = next((one for one in RoundState if one.value == asked.get("state")), None)
    total = numbers.get(state, 0) if state else sum(numbers.values())
    pages = max(1, -(-total // PAGE_SIZE))
    number = asked.get("page", "")
    page = min(int(number), pages) if re.fullmatch("[1-9][0-9]{0,4}", number) else 1
    lines = (
        round_lines.listed(
            main, account=whose, state=state, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE
        )
        if total
        else []
    )
    waiting = submissions.waiting_counts(running.store.waiting) if lines else {}
    upcoming = (
        round_lines.next_to_happen(main, now, account=whose, limit=NEXT) if sees_rounds else []
    )
    return FrontPage(
        needs=needs(running.store, account, now),
        upcoming=[(line, deadline) for line in upcoming if (deadline := _deadline(line, now))],
        steps=_steps(running) if sets_up and not any(numbers.values()) else (),
        rounds=[
            ListedRound(
                line=line,
                returned=line.mixed + waiting.get(line.id, 0),
                sees_report=sets_up or _of_group(account, line),
            )
            for line in lines
        ],
        numbers=numbers,
        state=state,
        page=page,
        pages=pages,
        sees_rounds=sees_rounds,
        sets_up=sets_up and "round_setup.new" in ROUTES,
    )


def _of_group(account: Account, line: RoundLine) -> bool:
    return any(
        grant.role in GROUP_ROLES and grant.working_group == line.group for grant in account.grants
    )


def _deadline(line: RoundLine, now: datetime) -> Deadline | None:
    instants = (
        ("opens", line.opens_at),
        ("answer_until", line.answer_until),
        ("receive_until", line.receive_until),
    )
    return next_instant(instants, now)


def _steps(running: Service) -> list[Step]:
    """From nothing to an open round, in order; the address where this account has a page for it."""
    main = running.store.main
    known = {
        "units": ("units.overview", "/desk/units", bool(units.listed(main))),
        "publish": ("questionnaires.shelf", "/desk/questionnaires", bool(versions.listed(main))),
        "set-up": ("round_setup.new", "/desk/rounds/new", False),
        "try": ("", "", False),
        "open": ("", "", False),
    }
    return [
        Step(kind, done, address if endpoint in ROUTES else "")
        for kind, (endpoint, address, done) in known.items()
    ]
