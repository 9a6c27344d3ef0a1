"""Makes an edition and delivers it: what is due, each period once, tried again with growing pauses where it failed.

The steps of one delivery, each of which may be repeated:

1. its run is begun, or taken up where a process died (the scheduler holds its lease);
2. one transaction keeps the edition and the row of the delivery: who comes after has the same figures;
3. its files are made, and kept by their content;
4. the folder is put into the group's, whole or not at all, or found there;
5. one transaction notes it as delivered, puts the mails into the outbox, notes it in the audit log and ends the run.

Killed anywhere, the next tick goes on at the step that was not finished.
"""

from __future__ import annotations

import errno
import functools
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from exports.editions import make_edition
from forms.problems import ProblemError
from forms.questionnaire import Promise, text_in
from server.account_mails import put as put_letter
from server.delivery import folders
from server.delivery.contents import HELD
from server.delivery.mails import letter
from server.delivery.periods import latest_period
from server.settings import Settings
from store import (
    accounts,
    audit,
    counts,
    deliveries,
    editions,
    responses,
    rounds,
    runs,
    working_groups,
)
from store.accounts import Role
from store.database import Store
from store.deliveries import DELIVERY, Delivery, Occasion
from store.editions import KeptEdition
from store.instants import instant_text
from store.rounds import Round
from store.runs import Run, RunState

#: After the first, second, … attempt in vain; the last is then repeated until a person has mended what is wrong.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
MOST_ATTEMPTS = 1_000_000

#: Why a folder could not be written, as the desk has words for it.
_REFUSED = {
    errno.EACCES: "not-writable",
    errno.EPERM: "not-writable",
    errno.EROFS: "not-writable",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
}

log = logging.getLogger("svarboks.delivery")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A period of a round that is to be delivered."""

    round: str
    period: str
    occasion: Occasion

    @property
    def run_period(self) -> str:
        """What its period is called in the table of runs."""
        return deliveries.run_period(self.round, self.period)


def due(store: Store, now: datetime) -> list[Due]:
    """What is to be delivered now, without what failed a moment ago."""
    return [one for one in _undelivered(store, now) if _is_due(store, one, now)]


def end_superseded(store: Store, now: datetime) -> int:
    """End the runs of periods that nobody tries again, since a later one of their round is due or the round has ended; how many.

    An interim edition that was never made is not made later: the next one holds what it would have. Only the process that
    holds the scheduler's lease calls this, so a run that is marked running was left behind.
    """
    left = [run for run in runs.unfinished(store.main) if run.name == DELIVERY]
    if not left:
        return 0
    tried = _undelivered(store, now)
    still = {one.run_period for one in tried}
    ended = 0
    for run in left:
        round_id = run.period.partition(" ")[0]
        if run.period in still:
            continue
        later = [one.period for one in tried if one.round == round_id]
        by = max(later, default=instant_text(rounds.read(store.main, round_id).receive_until))
        with store.write() as db:
            ended += runs.supersede(db, run, now, by)
    return ended


def _undelivered(store: Store, now: datetime) -> list[Due]:
    """All periods whose delivery is to be tried until it is done."""
    found = [
        Due(round=one.round, period=one.period, occasion=one.occasion)
        for one in reversed(deliveries.on_their_way(store.main))
    ]
    found += [
        Due(round=round_id, period=instant_text(at), occasion=Occasion.END)
        for round_id, at in deliveries.ended(store.main)
    ]
    for shown in rounds.with_interim(store.main):
        at = latest_period(shown.interim, now)
        if at is not None and shown.opens_at < at < shown.receive_until:
            found.append(
                Due(
                    round=shown.id,
                    period=instant_text(at),
                    occasion=Occasion(shown.interim.value),
                )
            )
    return list({one.run_period: one for one in found}.values())


def _is_due(store: Store, one: Due, now: datetime) -> bool:
    run = runs.find(store.main, DELIVERY, one.run_period)
    if run is None or run.state is RunState.RUNNING:
        return True
    return run.state is RunState.FAILED and next_attempt(run) <= now


def next_attempt(run: Run) -> datetime:
    """When a run that failed is tried again."""
    assert run.finished_at is not None  # it has failed
    return run.finished_at + PAUSES[min(run.attempts, len(PAUSES)) - 1]


def deliver(
    store: Store,
    settings: Settings,
    one: Due,
    *,
    clock: Callable[[], datetime],
    rng: random.Random,
) -> bool:
    """Deliver a period; whether it is done. What goes wrong is noted at its run, and nothing is raised for it."""
    now = clock()
    with store.write() as db:
        run = runs.try_begin(db, DELIVERY, one.run_period, now) or runs.retry(
            db,
            DELIVERY,
            one.run_period,
            now,
            attempts=MOST_ATTEMPTS,
            stale_before=now + timedelta(seconds=1),
        )
    if run is None:
        return False
    try:
        said = _delivered(store, settings, one, run, clock, rng)
    except Exception as error:
        # Whatever it is: the other rounds get theirs. Only the kind is told, since the words of an exception may quote.
        why = reason(error)
        log.error("round %s was not delivered: %s", one.round, why)
        with store.write() as db:
            runs.fail(db, run, clock(), why)
        return False
    log.info("round %s: %s", one.round, said)
    return True


def reason(error: Exception) -> str:
    """Why a delivery failed, as a short word."""
    if isinstance(error, ProblemError):
        return error.problem.code
    if isinstance(error, folders.NoFolderError):
        return "no-folder"
    if isinstance(error, OSError):
        return _REFUSED.get(error.errno or 0, f"folder ({errno.errorcode.get(error.errno or 0)})")
    return type(error).__name__


def _delivered(
    store: Store,
    settings: Settings,
    one: Due,
    run: Run,
    clock: Callable[[], datetime],
    rng: random.Random,
) -> str:
    shown = rounds.read(store.main, one.round)
    delivery = deliveries.find(store.main, one.round, one.period) or _begun(
        store, shown, one, clock(), rng
    )
    if delivery is None:
        with store.write() as db:
            runs.finish(db, run, clock(), "nothing new")
        return "nothing new"
    edition = editions.read(store.main, delivery.edition)
    folder = put_into_folder(store, settings, shown, edition)
    return _noted(store, settings, shown, delivery, run, folder, clock())


def _begun(
    store: Store, shown: Round, one: Due, now: datetime, rng: random.Random
) -> Delivery | None:
    """The edition made, and the row of its delivery kept with it; None where an interim one would say nothing new."""
    interim = one.occasion in {Occasion.WEEKLY, Occasion.MONTHLY}
    if interim and not counts.returned_total(store.main, shown.id):
        return None
    before = editions.newest_number(store.main, shown.id)

    def row(db: Database, edition: KeptEdition) -> None:
        deliveries.add(
            db,
            round_id=one.round,
            period=one.period,
            occasion=one.occasion,
            edition=edition.id,
            now=now,
        )

    def kept(db: Database, made: KeptEdition) -> None:
        details = {"edition": made.number, "hash": made.figures["hash"]}
        _note(db, now, audit.SCHEDULER, "edition made", shown, details)
        row(db, made)

    edition = make_edition(store, shown.id, now=now, rng=rng, kept=kept, interim=interim)
    if edition.number == before:
        if interim:
            return None
        with store.write() as db:
            row(db, edition)
    return deliveries.find(store.main, one.round, one.period)


def put_into_folder(store: Store, settings: Settings, shown: Round, edition: KeptEdition) -> str:
    (
        """Put an edition into its working group's export folder; its path below the root, '' for a round of no group."""
        ""
    )
    if shown.working_group is None:
        return ""
    pieces = {piece.name: functools.partial(piece.write, store, edition) for piece in HELD}
    if settings.exports_in_data:
        settings.exports.mkdir(mode=0o750, exist_ok=True)
    title = text_in(shown.title, "da", "en")
    facts: dict[str, Any] = {
        "round": shown.id,
        "title": dict(shown.title),
        "working_group": shown.working_group,
        "edition": edition.number,
        "made_on": edition.figures["made_on"],
        "figures": edition.digest,
        "interim": bool(edition.figures["about"].get("interim")),
    }
    name = folders.folder_name(
        day=facts["made_on"], title=title, round_id=shown.id, number=edition.number
    )
    return folders.put(settings.exports, shown.working_group, name, facts, pieces)


def _noted(
    store: Store,
    settings: Settings,
    shown: Round,
    delivery: Delivery,
    run: Run,
    folder: str,
    now: datetime,
) -> str:
    with store.write() as db:
        mails = 0
        if deliveries.delivered(db, delivery.id, folder=folder, now=now):
            mails = _told(db, settings, shown, delivery, now)
            details = {
                "edition": delivery.number,
                "occasion": delivery.occasion.value,
                "folder": folder,
                "mails": mails,
            }
            _note(db, now, audit.SCHEDULER, "report delivered", shown, details)
        runs.finish(db, run, now, f"edition {delivery.number}, {mails} mails")
    return f"edition {delivery.number} delivered, {mails} mails"


def _told(db: Database, settings: Settings, shown: Round, delivery: Delivery, now: datetime) -> int:
    """The mails, in the transaction that notes the delivery: whoever is in the working group at that moment gets one."""
    if shown.working_group is None:
        return 0
    group = working_groups.find(db, shown.working_group)
    people = accounts.of_working_group(db, shown.working_group)
    secretariat = accounts.able_to_sign_in(db, Role.SECRETARIAT)
    # Without a number: in a small round it would say how many people wrote.
    unread = shown.promise != Promise.SIGNED and responses.has_unread(db, shown.id)
    before = [one.number for one in deliveries.of_round(db, shown.id) if one.id < delivery.id]
    for account in people:
        made = letter(
            settings,
            account,
            shown,
            delivery,
            group=group.name if group else shown.working_group,
            secretariat=secretariat,
            unread=unread,
            later=bool(before) and delivery.number > max(before),
        )
        message = put_letter(db, settings, account, DELIVERY, made, now=now)
        deliveries.keep_told(db, delivery.id, account.id, message)
    return len(people)


def _note(
    db: Database, now: datetime, actor: str, action: str, shown: Round, details: dict[str, Any]
) -> None:
    audit.note(db, at=now, actor=actor, action=action, subject=f"round:{shown.id}", details=details)
