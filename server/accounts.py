"""Passwords, kept as argon2id hashes, and the brake on guessing them. Who may do what is in rights.py."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from forms.problems import Fault, Problem, ProblemError

#: Shortest password, in characters. Length is the only rule: it is what makes guessing hopeless.
SHORTEST_PASSWORD = 12

#: argon2id with the library's parameters (RFC 9106, low-memory profile: 64 MiB, 3 passes, 4 lanes).
_HASHER = PasswordHasher()

#: Wrong passwords in a row for one account before it has to wait, and for how many seconds.
ATTEMPTS = 5
WAIT = 300.0
MOST_REMEMBERED = 10_000


def hash_password(password: str) -> str:
    """The argon2id hash to keep.

    Raises ProblemError(INVALID_INPUT) when the password is too short.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise ProblemError(
            Problem.INVALID_INPUT,
            faults=(
                Fault(
                    "password",
                    "too-short",
                    f"The password has fewer than {SHORTEST_PASSWORD} characters.",
                    "Choose a longer one, for example four words.",
                ),
            ),
        )
    return _HASHER.hash(password)


def password_fits(password_hash: str, password: str) -> bool:
    """Whether a password is the one behind a hash."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def decoy_hash() -> str:
    """A hash that nobody's password fits, so that an unknown account takes as long to refuse as a known one."""
    return _HASHER.hash("nobody has this password")


class SignInBrake:
    """Slows guessing at one account's password; in memory only, under a hash of the name that was typed."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._failures: dict[bytes, tuple[int, float]] = {}

    def check(self, email: str) -> None:
        """Raises ProblemError(SLOW_DOWN) while the account has to wait."""
        with self._lock:
            count, since = self._failures.get(_folded(email), (0, 0.0))
            left = since + WAIT - self._seconds()
        if count >= ATTEMPTS and left > 0:
            raise ProblemError(Problem.SLOW_DOWN, extra={"retry_after": max(1, round(left))})

    def failed(self, email: str) -> None:
        """Remember a wrong password."""
        name = _folded(email)
        now = self._seconds()
        with self._lock:
            count, since = self._failures.pop(name, (0, now))
            if now - since > WAIT:
                count = 0
            if len(self._failures) >= MOST_REMEMBERED:
                self._failures.pop(next(iter(self._failures)))
            self._failures[name] = (count + 1, now)

    def succeeded(self, email: str) -> None:
        """Forget the wrong ones."""
        with self._lock:
            self._failures.pop(_folded(email), None)


def _folded(email: str) -> bytes:
    return hashlib.sha256(email.strip().lower().encode()).digest()
