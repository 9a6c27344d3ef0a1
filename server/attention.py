"""What needs a person now, for one account: each thing with its deadline and the page where it is done.

Read with a handful of statements over all rounds, never one a round: the front page costs the same in a full installation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from forms.questionnaire import Promise
from server.delivery.overview import TELL_FROM
from server.tablet_keeping import is_silent
from server.texts_to_come import rounds_with_texts_to_come
from store import (
    accounts,
    devices,
    mix_orders,
    outbox,
    paper_batches,
    pending,
    quarantine,
    round_lines,
    runs,
    submissions,
)
from store.accounts import GROUP_ROLES, Account, Role
from store.database import Store
from store.deliveries import DELIVERY
from store.outbox import MessageState
from store.pending import Pending
from store.rounds import RoundState
from store.runs import RunState

#: How long before *answer until* the secretariat is told of units that have not returned.
NEAR = timedelta(days=7)
#: How long a new report stands on the front page.
NEWS = timedelta(days=30)
#: Most things of one kind, and of all, on the page.
LIMIT = 20
PAGE_LIMIT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that needs a person. `kind` is what (home.html has its words); `at` the deadline, None where it is due
    as it is; `address` where it is done, '' where this account has no page for it."""

    kind: str
    address: str = ""
    title: Mapping[str, str] = field(default_factory=dict)
    round: str = ""
    unit: str = ""
    number: int = 0
    at: datetime | None = None
    said: str = ""


def needs(store: Store, account: Account, now: datetime) -> list[Need]:
    """Everything that needs this account, the next deadline on top; what has no deadline after that."""
    found: list[Need] = []
    if account.holds(Role.ADMINISTRATOR):
        found += _of_administrator(store)
    if account.holds(Role.SECRETARIAT):
        found += _of_secretariat(store, now)
    if account.holds(Role.SECRETARIAT, *GROUP_ROLES):
        found += _of_results(store, account, now)
    found += _of_units(store, account, now)
    found += _of_paper(store, account)
    unique = {(one.kind, one.round, one.unit, one.said): one for one in found}
    dated = sorted((one for one in unique.values() if one.at), key=lambda one: one.at or now)
    return [*dated, *(one for one in unique.values() if not one.at)][:PAGE_LIMIT]


def _of_administrator(store: Store) -> list[Need]:
    found = []
    failed = outbox.numbers(store.main)[MessageState.FAILED]
    if failed:
        found.append(Need(kind="mail-failed", address="/desk/mail", number=failed))
    unsafe = accounts.without_second_factor(store.main)
    if unsafe:
        found.append(Need(kind="no-second-factor", address="/desk/accounts", number=unsafe))
    # Which round it is they may know; its page has numbers of results and is not theirs.
    return [*found, *_failed_runs(store, linked=False)]


def _of_secretariat(store: Store, now: datetime) -> list[Need]:
    found = _failed_runs(store, linked=True)
    for line in round_lines.not_approved(store.main, limit=LIMIT):
        kind = "open-now" if line.opens_at <= now else "test-mode"
        at = f"/desk/rounds/{line.id}"
        found.append(Need(kind=kind, address=at, title=line.title, round=line.id, at=line.opens_at))
    held = quarantine.counts(store.waiting)
    ordered = {order.round for order in mix_orders.listed(store.main)}
    loads = submissions.waiting_counts(store.waiting)
    waiting = {one: number for one, number in loads.items() if one not in ordered}
    found += _units_missing(store, now + NEAR, loads)
    found += _of_tablets(store, None, now)
    lines = round_lines.of_ids(store.main, sorted({*held, *waiting})[:500], account=None)
    strange = sum(number for round_id, number in held.items() if round_id not in lines)
    if strange:
        found.append(Need(kind="quarantined", address="/desk/quarantine", number=strange))
    for line in lines.values():
        at = f"/desk/rounds/{line.id}"
        if line.id in held:
            number = held[line.id]
            found.append(
                Need(
                    kind="quarantined",
                    address="/desk/quarantine",
                    title=line.title,
                    round=line.id,
                    number=number,
                )
            )
        # In a closed round they are mixed at the scheduler's next tick.
        if line.id in waiting and line.state is RoundState.FINISHED:
            number = waiting[line.id]
            found.append(
                Need(
                    kind="late-answers", address=at, title=line.title, round=line.id, number=number
                )
            )
    return found


def _units_missing(store: Store, until: datetime, loads: Collection[str]) -> list[Need]:
    """Open rounds that end answering before `until` while some of their units have not returned. `loads` has the rounds in which
    answers wait: those of an anonymous round are asked for no unit, as on its board."""
    promises = {
        one: promise
        for one, promise in pending.ending(store.main, until=until).items()
        if one in loads
    }
    named = [one for one, promise in promises.items() if promise != Promise.ANONYMOUS]
    places = {(one, "") for one in promises if one not in named}
    places |= submissions.waiting_places(store.waiting, named)
    return [
        _need(one, "units-missing", "/reminders", at=one.at)
        for one in pending.units_not_returned(store.main, until=until, limit=LIMIT, waiting=places)
    ]


def _of_tablets(store: Store, units: Collection[str] | None, now: datetime) -> list[Need]:
    """One line for all tablets that are silent with answers on them."""
    today = now.date()
    silent = [one for one in devices.listed(store.main, units=units) if is_silent(one, today)]
    if not silent:
        return []
    return [Need(kind="tablet-silent", address="/desk/tablets", number=len(silent))]


def _of_results(store: Store, account: Account, now: datetime) -> list[Need]:
    """For those who decide, what is to be read and made; for chairs and members, new reports."""
    everything = account.holds(Role.SECRETARIAT)
    whose = None if everything else account.id
    found = []
    if account.holds(Role.SECRETARIAT, Role.CHAIR):
        chaired = {grant.working_group for grant in account.grants if grant.role is Role.CHAIR}
        unread = pending.unread_texts(store.main, account=whose, limit=LIMIT)
        due = round_lines.without_edition(store.main, account=whose, limit=LIMIT)
        later = rounds_with_texts_to_come(store, now, account=whose)[:LIMIT]
        lines = round_lines.of_ids(
            store.main, [*(one.round for one in unread), *later], account=whose
        )
        found += [
            _need(one, "unread-texts", "/texts")
            for one in unread
            if everything or lines[one.round].group in chaired
        ]
        found += [
            Need(
                kind="texts-released",
                address=f"/desk/rounds/{one}/edition",
                title=lines[one].title,
                round=one,
            )
            for one in later
            if everything or lines[one].group in chaired
        ]
        found += [
            Need(kind="edition", address=f"/desk/rounds/{line.id}", title=line.title, round=line.id)
            for line in due
            if everything or line.group in chaired
        ]
    if account.holds(*GROUP_ROLES):
        new = pending.new_reports(store.main, since=now - NEWS, account=account.id, limit=LIMIT)
        lines = round_lines.of_ids(store.main, [one.round for one in new], account=account.id)
        groups = set(account.working_groups)
        found += [
            _need(one, "report-ready", "", number=one.number)
            for one in new
            if lines[one.round].group in groups
        ]
    return found


def _of_units(store: Store, account: Account, now: datetime) -> list[Need]:
    found: list[Need] = []
    main = store.main
    if account.holds(Role.COORDINATOR):
        found += _of_tablets(store, account.units_as(Role.COORDINATOR), now)
        found += [
            _need(one, "numbers", f"/units/{one.unit}", at=one.at)
            for one in pending.numbers_to_type(main, account=account.id, limit=LIMIT)
        ]
    if account.holds(Role.RESPONDENT):
        found += [
            _need(one, "return", f"/returns/{one.unit}", at=one.at, number=one.number)
            for one in pending.returns_to_send(main, account=account.id, limit=LIMIT)
        ]
    if account.holds(Role.INTERVIEWER):
        found += [
            _need(one, "interviews", f"/units/{one.unit}/answer", at=one.at)
            for one in pending.interviews_to_hold(main, now=now, account=account.id, limit=LIMIT)
        ]
    return found


def _of_paper(store: Store, account: Account) -> list[Need]:
    """Batches whose marks are to be looked at or that are to be confirmed, before their scans go: of one's own units, and those
    that were given to them; to the secretariat all."""
    if not account.holds(Role.SECRETARIAT, Role.COORDINATOR):
        return []
    whose = None if account.holds(Role.SECRETARIAT) else account.units_as(Role.COORDINATOR)
    waiting = paper_batches.to_review(store.main, whose, LIMIT)
    # Of a round in which one's own unit takes no part the title is told too: its batch was given to that unit.
    lines = round_lines.of_ids(store.main, [one.round for one in waiting] or [""], account=None)
    return [
        Need(
            kind="batch",
            address=f"/desk/batches/{one.id}",
            title=lines[one.round].title if one.round in lines else {},
            round=one.round,
            unit=one.unit_name,
            at=one.scans_until,
            # Two batches of a unit are two things to do.
            said=one.id,
        )
        for one in waiting
    ]


def _failed_runs(store: Store, *, linked: bool) -> list[Need]:
    """Jobs that failed; the first word of a period of a round's job is the round. A delivery may mend itself at first."""
    failed = [
        run
        for run in runs.unfinished(store.main)
        if run.state is RunState.FAILED and (run.name != DELIVERY or run.attempts >= TELL_FROM)
    ][:LIMIT]
    lines = round_lines.of_ids(
        store.main, [run.period.split(" ")[0] for run in failed] or [""], account=None
    )
    found = []
    for run in failed:
        line = lines.get(run.period.split(" ")[0])
        kind, under = (
            ("delivery-failed", "/deliveries") if run.name == DELIVERY else ("failed-run", "")
        )
        found.append(
            Need(
                kind=kind,
                address=f"/desk/rounds/{line.id}{under}" if line and linked else "",
                title=line.title if line else {},
                round=line.id if line else run.period,
                said=run.message,
            )
        )
    return found


def _need(
    one: Pending, kind: str, under: str, *, at: datetime | None = None, number: int | None = None
) -> Need:
    return Need(
        kind=kind,
        address=f"/desk/rounds/{one.round}{under}",
        title=one.title,
        round=one.round,
        unit=one.unit_name,
        number=one.number if number is None else number,
        at=at,
    )
