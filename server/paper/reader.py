"""The reading process: reads what was uploaded, and hands in what was confirmed. `svarboks reader`; one is enough.

It runs under the web server's user. It parses files that strangers may have made, so it must never run where private keys can be
read, and it never needs them: what it hands in is sealed to the round's public key. A lease for each batch lets several run;
a process that was killed is followed by the next after LEASE_TIME.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from forms.answers import Checker, compile_check
from forms.document import from_plain
from forms.problems import ProblemError
from forms.versions import Version
from store import leases, paper_batches, versions
from store.database import Store, open_store
from store.joined_commits import JoinedWriter
from store.paper_batches import Batch, BatchState
from sync.intake import Intake
from sync.paper.batch_reading import Reader, read_batch, waiting_batches
from sync.paper.handing_in import hand_in
from sync.paper.reading import read_pages
from sync.paper.removing import forget_decisions

from ..settings import Settings

#: What the lease of a batch is called, before its id.
LEASE = "batch:"
LEASE_TIME = timedelta(seconds=20)
#: A batch that intake does not take is handed in again after so long.
AGAIN_TIME = timedelta(seconds=30)
#: How often the lease of the batch at hand is renewed, and how often it is looked for work, in seconds.
RENEW_SECONDS = 5.0
LOOK_SECONDS = 1.0

log = logging.getLogger("svarboks.reader")


@dataclass(slots=True)
class ReadingProcess:
    """What one round of work needs; the clock and the source of chance are passed in."""

    store: Store
    intake: Intake
    holder: str
    clock: Callable[[], datetime]
    rng: random.Random
    reader: Reader = read_pages
    _checkers: Callable[[str], Checker] = field(init=False)
    #: When a batch that failed is tried again; only of this process.
    _later: dict[str, datetime] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._checkers = lru_cache(maxsize=16)(self._compile)

    def work(self) -> int:
        """Do what there is to do; on how many batches. One that fails holds up no other, and is tried again later."""
        done = 0
        accepting = paper_batches.in_state(self.store.main, BatchState.ACCEPTING)
        for batch in [*waiting_batches(self.store), *accepting]:
            if self._later.get(batch.id, self.clock()) <= self.clock():
                done += self._with_lease(batch)
        forget_decisions(self.store)
        return done

    def _with_lease(self, batch: Batch) -> int:
        name = f"{LEASE}{batch.id}"
        if not self._acquire(name):
            return 0
        over = threading.Event()
        lost = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(name, over, lost), daemon=True)
        renewing.start()
        done = 1
        try:
            self._do(batch, lambda: not lost.is_set())
            self._later.pop(batch.id, None)
        except Exception as error:
            # Only the kind is told: the words of an exception may quote what stands on a sheet.
            why = error.problem.code if isinstance(error, ProblemError) else type(error).__name__
            log.error("batch %s: %s", batch.id, why)
            if batch.state is BatchState.ACCEPTING:
                self._later[batch.id] = self.clock() + AGAIN_TIME
                done = 0
        finally:
            over.set()
            renewing.join()
            with self.store.write() as db:
                leases.release(db, name, self.holder)
        return done

    def _do(self, batch: Batch, still_ours: Callable[[], bool]) -> None:
        if batch.state is BatchState.ACCEPTING:
            hand_in(self.store, self.intake, batch, checker_of=self._checkers, now=self.clock())
        else:
            read_batch(self.store, batch, rng=self.rng, reader=self.reader, still_ours=still_ours)

    def _acquire(self, name: str) -> bool:
        now = self.clock()
        with self.store.write() as db:
            if leases.acquire(db, name, self.holder, now=now, until=now + LEASE_TIME):
                return True
            other = leases.holder_of(db, name, now)
            if other is None or not _is_dead(other):
                return False
            leases.release(db, name, other)
            return leases.acquire(db, name, self.holder, now=now, until=now + LEASE_TIME)

    def _renew(self, name: str, over: threading.Event, lost: threading.Event) -> None:
        while not over.wait(RENEW_SECONDS):
            try:
                if not self._acquire(name):
                    lost.set()
                    return
            except ProblemError:
                continue  # busy; it is tried again well before the lease ends

    def _compile(self, version_hash: str) -> Checker:
        kept = versions.read(self.store.main, version_hash)
        questionnaire = from_plain(dict(kept.document))
        return compile_check(Version(kept.hash, questionnaire, kept.padded_size))


def _is_dead(holder: str) -> bool:
    """Whether the holder of a lease was a process of this machine that is gone: then nobody waits for its lease to end."""
    host, _, rest = holder.partition("/")
    number = rest.partition("/")[0]
    if host != socket.gethostname() or not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def run_reader(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    wait: Callable[[float], object] = time.sleep,
) -> None:
    """Work until told to stop."""
    holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
    writer = JoinedWriter(settings.data)
    with open_store(settings.data) as store:
        process = ReadingProcess(
            store, Intake(writer, store), holder, clock, secrets.SystemRandom()
        )
        while True:
            try:
                worked = process.work()
            except Exception as error:
                log.error("looking for work failed: %s", type(error).__name__)
                worked = 0
            if not worked:
                wait(LOOK_SECONDS)
