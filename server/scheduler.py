"""The scheduler: one process of its own that gives rounds their keys, opens and closes them, mixes, removes scans and delivers.

Answers of an open round are mixed when ten wait, and wholly at each instant that people were told of, also where the round
was prolonged since; those of a test round at each tick; those that came late when a person has ordered it.

It is the only process that reads private keys. A lease in the store lets one work at a time, however many are started;
runs that must happen once (the mixes that were promised) are in the table of runs, by name and period, so that a restart catches up
and never repeats. APScheduler keeps the time; what is due is always read from the store, so nothing is lost when the
process was down.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from sqlite_utils import Database

from forms.problems import ProblemError
from forms.questionnaire import Promise
from store import (
    audit,
    leases,
    mix_orders,
    promised_mixes,
    rounds,
    runs,
    sign_in_failures,
    submissions,
    uploads,
)
from store.database import Store, open_store
from store.instants import instant_text
from store.mix_orders import MixOrder
from store.rounds import Round, RoundState
from store.runs import Run, RunState
from sync.judging import SMALLEST_MIX
from sync.keys import KeyFolder
from sync.mixing import MixReport, mix
from sync.paper.removing import remove_due

from .delivery.delivering import deliver, end_superseded
from .delivery.delivering import due as deliveries_due
from .mail_sending import send_due
from .round_opening import close_due, finish, open_due
from .settings import Settings
from .sign_in_brake import WAIT
from .test_mode import finish_removals, make_test_edition

LEASE = "scheduler"
LEASE_TIME = timedelta(seconds=60)
TICK_SECONDS = 10
#: How often it is looked whether a person waits for something: a key, an opening, a mix that was ordered.
LOOK_SECONDS = 2
#: A tick takes no further delivery after so long.
DELIVERING_SECONDS = 20.0

#: A mix of all that waits, at an instant that people were told of: the closing mix, and where a round was prolonged the
#: mix at its earlier *receive until*. The period is '<round> <instant>', so that either keeps the promise.
CLOSING_MIX = "closing mix"
#: A failed closing mix is tried again at each tick: most often its key was brought back meanwhile.
MOST_ATTEMPTS = 10_000

log = logging.getLogger("svarboks.scheduler")


@dataclass(frozen=True, slots=True)
class Scheduler:
    """What a tick needs; the clock and the source of chance are passed in. Without settings no mail is sent."""

    store: Store
    keys: KeyFolder
    holder: str
    clock: Callable[[], datetime]
    rng: random.Random
    settings: Settings | None = None

    def tick(self) -> bool:
        """Do all that is due now. False when another scheduler holds the lease. A round that fails holds up no other."""
        now = self.clock()
        with self.store.write() as db:
            if not leases.acquire(db, LEASE, self.holder, now=now, until=now + LEASE_TIME):
                return False
            uploads.remove_expired(db, now)
            sign_in_failures.remove_old(db, now - WAIT)
        for round_id in open_due(self.store, self.keys, now=now):
            log.info("round %s is open", round_id)
        for round_id in close_due(self.store, now=now):
            log.info("round %s is closed", round_id)
        if self.settings is not None:
            send_due(self.store, self.settings, clock=self.clock, seconds=time.monotonic)
        for round_id, at in promised_mixes.due(self.store.main, now, job=CLOSING_MIX):
            self._mix_whole(rounds.read(self.store.main, round_id), at, now)
        for found in rounds.listed(self.store.main, with_tests=True):
            if found.state is RoundState.CLOSED:
                self._mix_whole(found, found.receive_until, now)
            elif found.state is RoundState.OPEN:
                self._mix_some(found, now)
        for order in mix_orders.listed(self.store.main):
            self._carry_out(order, now)
        finish_removals(self.store, self.keys, now=now)
        for batch in remove_due(self.store, now=now):
            log.info("scans of batch %s are removed", batch)
        if self.settings is not None:
            self._deliver(self.settings)
        return True

    def _deliver(self, settings: Settings) -> None:
        """Deliver what is due, and send its mails. Rounds have to be opened and mixed too: the rest has the next tick."""
        begun = time.monotonic()
        end_superseded(self.store, self.clock())
        found = deliveries_due(self.store, self.clock())
        for number, one in enumerate(found):
            now = self.clock()
            with self.store.write() as db:
                # Rendering takes its time; another one would begin the same.
                if not leases.acquire(db, LEASE, self.holder, now=now, until=now + LEASE_TIME):
                    return
            if number and time.monotonic() - begun > DELIVERING_SECONDS:
                return
            shown = rounds.read(self.store.main, one.round)
            if shown.state is RoundState.OPEN and shown.promise == Promise.SIGNED:
                # Nobody is anonymous there, and an interim edition holds what was sent.
                self._mixed(shown, now, whole=True)
            deliver(self.store, settings, one, clock=self.clock, rng=self.rng)
        if found:
            send_due(self.store, settings, clock=self.clock, seconds=time.monotonic)

    def _mix_some(self, found: Round, now: datetime) -> None:
        """Mix what waits in an open round, when ten do; of a test round whatever waits."""
        waiting = submissions.waiting_count(self.store.waiting, found.id)
        if waiting >= (1 if found.test_of else SMALLEST_MIX):
            self._mixed(found, now, whole=found.test_of is not None)

    def _mix_whole(self, found: Round, at: datetime, now: datetime) -> None:
        """Mix all of a round for an instant that was promised, once. What a closed one gets later waits for a person."""
        run = self._begun(found, at, now)
        if run is None and not self._closed_again(found, at):
            return
        report = self._mixed(found, now, whole=True, run=run)
        if report is None:
            return
        with self.store.write() as db:
            if run is None or runs.finish(db, run, self.clock(), said(report)):
                finish(db, found.id)
                self._note(db, "all answers mixed", found, report)

    def _closed_again(self, found: Round, at: datetime) -> bool:
        """Whether a round is closed at an instant whose mix was done while it was open again: it is finished all the same."""
        run = runs.find(self.store.main, CLOSING_MIX, f"{found.id} {instant_text(at)}")
        done = run is not None and run.state is RunState.FINISHED
        return done and found.state is RoundState.CLOSED

    def _carry_out(self, order: MixOrder, now: datetime) -> None:
        """Do what a person ordered: mix what came late to a finished round, or all of a test for its report."""
        found = rounds.read(self.store.main, order.round)
        expected = RoundState.FINISHED if found.test_of is None else RoundState.OPEN
        report = self._mixed(found, now, whole=True) if found.state is expected else None
        if report is None:
            return
        if found.test_of is not None:
            try:
                make_test_edition(self.store, found.id, now=now, rng=self.rng)
            except ProblemError as error:
                log.error("test %s has no report: %s", found.id, error.problem.code)
        with self.store.write() as db:
            if mix_orders.done(db, order) and found.test_of is None:
                self._note(db, "late answers mixed", found, report)

    def _note(self, db: Database, action: str, found: Round, report: MixReport) -> None:
        audit.note(
            db,
            at=self.clock(),
            actor=audit.SCHEDULER,
            action=action,
            subject=f"round:{found.id}",
            details={"mixed": report.mixed, "quarantined": report.quarantined},
        )

    def _mixed(
        self, found: Round, now: datetime, *, whole: bool, run: Run | None = None
    ) -> MixReport | None:
        """Mix a round; None where it failed, which is noted at its run."""
        try:
            report = mix(
                self.store,
                self.keys,
                found.id,
                rng=self.rng,
                whole=whole,
                promised=whole,
                now=now,
            )
        except Exception as error:
            # Whatever it is: the other rounds are mixed, and this one is tried again. Only the kind is told, since the
            # words of an exception may quote what a person wrote.
            why = error.problem.code if isinstance(error, ProblemError) else type(error).__name__
            log.error("round %s was not mixed: %s", found.id, why)
            if run is not None:
                with self.store.write() as db:
                    runs.fail(db, run, self.clock(), why)
            return None
        log.info("round %s: %s", found.id, said(report))
        return report

    def _begun(self, found: Round, at: datetime, now: datetime) -> Run | None:
        """The run of the round's mix for an instant, begun or taken up again; None when it is done.

        We hold the lease, so a run that is marked running was left behind by a process that died; mixing repeats safely.
        """
        period = f"{found.id} {instant_text(at)}"
        with self.store.write() as db:
            return runs.try_begin(db, CLOSING_MIX, period, now) or runs.retry(
                db,
                CLOSING_MIX,
                period,
                now,
                attempts=MOST_ATTEMPTS,
                stale_before=now + timedelta(seconds=1),
            )


def somebody_waits(store: Store, now: datetime) -> bool:
    """Whether a person waits for what only this process does. Three short reads, nothing written."""
    recently = now - timedelta(minutes=1)
    return bool(
        rounds.without_key(store.main)
        or rounds.due_to_open(store.main, now)
        # An order that has failed for a minute is tried again at each tick, and not more often.
        or any(order.at >= recently for order in mix_orders.listed(store.main))
    )


def said(report: MixReport) -> str:
    """A mix in words, for the log and the table of runs."""
    return f"{report.mixed} mixed, {report.quarantined} quarantined, {report.left} left waiting"


def run_scheduler(
    settings: Settings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Tick until told to stop, at once where somebody waits for it. One tick at a time; a tick that comes late is run once,
    not as often as it was missed."""
    holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
    keys = KeyFolder(settings.keys, data_folder=settings.data)
    # Jobs run in this one thread: a large mix forks, and a fork must not inherit other threads.
    scheduler = BlockingScheduler(timezone=UTC, executors={"default": DebugExecutor()})

    next_tick = clock()

    def look() -> None:
        nonlocal next_tick
        # The store is opened in the thread that uses it, and a fault of one tick does not end the next.
        with open_store(settings.data) as store:
            now = clock()
            if now < next_tick and not somebody_waits(store, now):
                return
            next_tick = now + timedelta(seconds=TICK_SECONDS)
            Scheduler(store, keys, holder, clock, secrets.SystemRandom(), settings).tick()

    scheduler.add_job(
        look, "interval", seconds=LOOK_SECONDS, max_instances=1, coalesce=True, misfire_grace_time=None,
        next_run_time=datetime.now(UTC),  # APScheduler goes by the machine's clock
    )  # fmt: skip
    scheduler.start()
