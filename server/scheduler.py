"""The scheduler: one process of its own that gives rounds their keys, opens and closes them, and mixes.

It is the only process that reads private keys. A lease in the store lets one work at a time, however many are started;
runs that must happen once (the closing mix) are in the table of runs, by name and period, so that a restart catches up
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

from forms.problems import ProblemError
from store import leases, rounds, runs, submissions
from store.database import Store, open_store
from store.instants import instant_text
from store.rounds import Round, RoundState
from store.runs import Run
from sync.judging import SMALLEST_MIX
from sync.keys import KeyFolder
from sync.mixing import MixReport, mix

from .mail_sending import send_due
from .round_opening import close_due, finish, open_due
from .settings import Settings

LEASE = "scheduler"
LEASE_TIME = timedelta(seconds=60)
TICK_SECONDS = 10

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
        for round_id in open_due(self.store, self.keys, now=now):
            log.info("round %s is open", round_id)
        for round_id in close_due(self.store, now=now):
            log.info("round %s is closed", round_id)
        if self.settings is not None:
            send_due(self.store, self.settings, clock=self.clock, seconds=time.monotonic)
        for found in rounds.listed(self.store.main, with_tests=True):
            if found.state in {RoundState.OPEN, RoundState.CLOSED}:
                self._mix(found, now)
        return True

    def _mix(self, found: Round, now: datetime) -> None:
        """Mix what waits in an open round; in a closed one all of it, once. What comes after that waits for a person."""
        closing = found.state is RoundState.CLOSED
        run = self._closing_run(found, now) if closing else None
        if closing and run is None:
            return
        if not closing and submissions.waiting_count(self.store.waiting, found.id) < SMALLEST_MIX:
            return
        try:
            report = mix(self.store, self.keys, found.id, rng=self.rng, whole=closing, now=now)
        except Exception as error:
            # Whatever it is: the other rounds are mixed, and this one is tried again. Only the kind is told, since the
            # words of an exception may quote what a person wrote.
            why = error.problem.code if isinstance(error, ProblemError) else type(error).__name__
            log.error("round %s was not mixed: %s", found.id, why)
            if run is not None:
                with self.store.write() as db:
                    runs.fail(db, run, self.clock(), why)
            return
        log.info("round %s: %s", found.id, said(report))
        if run is not None:
            with self.store.write() as db:
                if runs.finish(db, run, self.clock(), said(report)):
                    finish(db, found.id)

    def _closing_run(self, found: Round, now: datetime) -> Run | None:
        """The run of the round's closing mix, begun or taken up again; None when it is done.

        We hold the lease, so a run that is marked running was left behind by a process that died; mixing repeats safely.
        """
        period = f"{found.id} {instant_text(found.receive_until)}"
        with self.store.write() as db:
            return runs.try_begin(db, CLOSING_MIX, period, now) or runs.retry(
                db,
                CLOSING_MIX,
                period,
                now,
                attempts=MOST_ATTEMPTS,
                stale_before=now + timedelta(seconds=1),
            )


def said(report: MixReport) -> str:
    """A mix in words, for the log and the table of runs."""
    return f"{report.mixed} mixed, {report.quarantined} quarantined, {report.left} left waiting"


def run_scheduler(
    settings: Settings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Tick until told to stop. One tick at a time; a tick that comes late is run once, not as often as it was missed."""
    holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
    keys = KeyFolder(settings.keys, data_folder=settings.data)
    # Jobs run in this one thread: a large mix forks, and a fork must not inherit other threads.
    scheduler = BlockingScheduler(timezone=UTC, executors={"default": DebugExecutor()})

    def tick() -> None:
        # The store is opened in the thread that uses it, and a fault of one tick does not end the next.
        with open_store(settings.data) as store:
            Scheduler(store, keys, holder, clock, secrets.SystemRandom(), settings).tick()

    scheduler.add_job(
        tick, "interval", seconds=TICK_SECONDS, max_instances=1, coalesce=True, misfire_grace_time=None,
        next_run_time=clock(),
    )  # fmt: skip
    scheduler.start()
