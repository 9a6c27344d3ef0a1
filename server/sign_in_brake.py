"""The brake on guessing passwords and codes: by account, in the memory of each worker, never by address."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

from forms.problems import Problem, ProblemError

#: Wrong ones in a row for one account before it has to wait, and for how many seconds.
ATTEMPTS = 5
WAIT = 300.0
MOST_REMEMBERED = 10_000


class SignInBrake:
    """Slows guessing for one name: an address that was typed, an account's codes. It is kept as a hash."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._failures: dict[bytes, tuple[int, float]] = {}

    def check(self, name: str) -> None:
        """Raises ProblemError(SLOW_DOWN) while the account has to wait."""
        with self._lock:
            count, since = self._failures.get(_folded(name), (0, 0.0))
            left = since + WAIT - self._seconds()
        if count >= ATTEMPTS and left > 0:
            raise ProblemError(Problem.SLOW_DOWN, extra={"retry_after": max(1, round(left))})

    def failed(self, name: str) -> bool:
        """Remember a wrong one. True when it was the last that was allowed: from now on the account waits."""
        folded = _folded(name)
        now = self._seconds()
        with self._lock:
            count, since = self._failures.pop(folded, (0, now))
            if now - since > WAIT:
                count, since = 0, now
            if len(self._failures) >= MOST_REMEMBERED:
                self._failures.pop(next(iter(self._failures)))
            # The wait counts from the latest, so that a wrong one never shortens it.
            self._failures[folded] = (count + 1, now)
        return count + 1 == ATTEMPTS

    def succeeded(self, name: str) -> None:
        """Forget the wrong ones."""
        with self._lock:
            self._failures.pop(_folded(name), None)


def codes_of(account: int) -> str:
    """The name under which wrong codes of an account count: those of the app and recovery codes together, apart from
    wrong passwords, so that a right password in between forgets none of them."""
    return f"codes {account}"


def mails_to(address: str) -> str:
    """The name under which mails for a new password count."""
    return f"mails {address}"


def _folded(name: str) -> bytes:
    return hashlib.sha256(name.strip().lower().encode()).digest()
