"""What one worker process has at hand while it answers requests: settings, clock, store, intake, buckets.

The store gives each thread of each process its own connections, so one Service serves all threads. The intake starts a
thread of its own, and threads do not survive a fork: it is started by the first request of a process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from flask import current_app

from forms.answers import Checker, compile_check
from forms.document import from_plain
from forms.questionnaire import Questionnaire
from forms.versions import Version
from server.flooding import Buckets
from server.identity_provider import IdentityProvider
from server.settings import Settings, secret_of
from server.sign_in_brake import SignInBrake
from store import versions
from store.database import Store, open_store
from store.joined_commits import JoinedWriter
from sync.intake import MOST_ASIDE, Intake

#: Wrong codes that an invited round takes a second for long, and at once, in each worker. With two workers and 5,000
#: letters, four weeks of guessing find one code with a probability of a thousandth.
WRONG_CODES_RATE = 10.0
WRONG_CODES_BURST = 100
#: Codes that enrol no tablet, likewise: a code lives for ten minutes, so about 700 guesses meet 3e11 possible ones.
WRONG_ENROLMENTS_RATE = 1.0
WRONG_ENROLMENTS_BURST = 30
#: Answers that one tablet may bring in: more than a ward collects in a month at once, so that only a fault meets it.
TABLET_RATE = 100.0
TABLET_BURST = 10_000


class Service:
    """One per process. `clock` gives the time that people's deadlines are measured by, as an aware datetime."""

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], datetime],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.store: Store = open_store(settings.data)
        self.secret = secret_of(settings)
        self.buckets = Buckets(settings.intake_rate, settings.intake_burst, seconds)
        self.wrong_codes = Buckets(WRONG_CODES_RATE, WRONG_CODES_BURST, seconds)
        self.wrong_enrolments = Buckets(WRONG_ENROLMENTS_RATE, WRONG_ENROLMENTS_BURST, seconds)
        self.of_tablets = Buckets(TABLET_RATE, TABLET_BURST, seconds)
        self.brake = SignInBrake(self.store, clock, self.secret)
        self.provider: IdentityProvider | None = None
        if settings.provider is not None:
            callback = f"{settings.url}/sign-in/oidc/callback"
            self.provider = IdentityProvider(settings.provider, callback=callback, clock=clock)
        self._lock = threading.Lock()
        self._writer: JoinedWriter | None = None
        self._intake: Intake | None = None
        self.version = lru_cache(maxsize=64)(self._read_version)
        self.checker = lru_cache(maxsize=64)(self._compile)

    @property
    def intake(self) -> Intake:
        """The one way in for answers, started when first needed."""
        if self._intake is None:
            with self._lock:
                if self._intake is None:
                    self._writer = JoinedWriter(self.settings.data, most_aside=MOST_ASIDE)
                    self._intake = Intake(
                        self._writer,
                        self.store,
                        brake=self.buckets.take,
                        wrong_codes=self.wrong_codes,
                    )
        return self._intake

    def _read_version(self, version_hash: str) -> Version:
        kept = versions.read(self.store.main, version_hash)
        return Version(
            hash=kept.hash,
            questionnaire=from_plain(dict(kept.document)),
            padded_size=kept.padded_size,
        )

    def _compile(self, version_hash: str) -> Checker:
        return compile_check(self.version(version_hash))

    def questionnaire(self, version_hash: str) -> Questionnaire:
        """The questionnaire of a published version; versions never change, so it is read once."""
        return self.version(version_hash).questionnaire

    def close(self) -> None:
        """Stop the writer's thread and close the files."""
        with self._lock:
            if self._writer is not None:
                self._writer.close()
            self._writer = self._intake = None
        self.store.close()


def service() -> Service:
    """The service that answers this request."""
    found = current_app.extensions["svarboks"]
    assert isinstance(found, Service)
    return found
