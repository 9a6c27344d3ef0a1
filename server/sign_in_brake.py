"""The brake on guessing passwords and codes: by account, for all worker processes together, never by address.

An attempt is counted before it is looked at and forgotten when it was right: however many try at the same moment, in
whichever process, no more than five are looked at.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlite_utils import Database

from forms.problems import Problem, ProblemError
from store import sign_in_failures
from store.database import Store

#: Wrong ones in a row for one account before it has to wait, and for how long.
ATTEMPTS = 5
WAIT = timedelta(minutes=5)


class SignInBrake:
    """Slows guessing for one name: an address that was typed, an account's codes. It is kept as a hash under `secret`."""

    def __init__(self, store: Store, clock: Callable[[], datetime], secret: bytes) -> None:
        self._store = store
        self._clock = clock
        self._secret = secret

    def attempt(self, name: str) -> bool:
        """Count an attempt, before it is looked at. True when it is the last that is allowed: if it is wrong, the account waits.

        Raises ProblemError(SLOW_DOWN) while the account has to wait.
        """
        hashed, now = self._hashed(name), self._clock()
        # Whoever has to wait is refused without taking the lock.
        _count_before(self._store.main, hashed, now)
        with self._store.write() as db:
            count = _count_before(db, hashed, now) + 1
            sign_in_failures.remove_old(db, now - WAIT)
            # The wait counts from the latest, so that a wrong one never shortens it.
            sign_in_failures.keep(db, hashed, count, now)
        return count == ATTEMPTS

    def succeeded(self, name: str) -> None:
        """Forget the attempts."""
        with self._store.write() as db:
            sign_in_failures.remove(db, self._hashed(name))

    def _hashed(self, name: str) -> bytes:
        folded = name.strip().lower().encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, b"sign-in " + folded, hashlib.sha256)


def _count_before(db: Database, hashed: bytes, now: datetime) -> int:
    """How many wrong ones count now. What lies in the future says nothing: a clock that was set right locks nobody out."""
    count, since = sign_in_failures.find(db, hashed) or (0, now)
    passed = now.replace(microsecond=0) - since
    if not timedelta(0) <= passed < WAIT:
        return 0
    if count >= ATTEMPTS:
        left = round((WAIT - passed).total_seconds())
        raise ProblemError(Problem.SLOW_DOWN, extra={"retry_after": max(1, left)})
    return count


def codes_of(account: int) -> str:
    """The name under which wrong codes of an account count: those of the app and recovery codes together, apart from
    wrong passwords, so that a right password in between forgets none of them."""
    return f"codes {account}"


def mails_to(address: str) -> str:
    """The name under which mails for a new password count."""
    return f"mails {address}"
