"""Slows crude flooding with buckets that live in memory only.

A bucket belongs to a round, not to a visitor: no address is looked at, so none can be kept by mistake. Each worker has
buckets of its own, which is accepted: the limit is there against floods, not as a count.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NoReturn

from forms.problems import Problem, ProblemError

#: Buckets kept at a time. Only rounds that exist should get one; the bound holds whatever is asked for.
MOST_BUCKETS = 1000


class Buckets:
    """Leaky buckets by round: `rate` answers a second for long, `burst` at once. A rate of 0 means no limit."""

    def __init__(self, rate: float, burst: int, seconds: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._seconds = seconds
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}

    def require(self, name: str) -> None:
        """Count nothing. Raises ProblemError(SLOW_DOWN) as `take` does, when the bucket is empty."""
        if not self._rate:
            return
        now = self._seconds()
        with self._lock:
            left, at = self._levels.get(name, (float(self._burst), now))
        left = min(self._burst, left + (now - at) * self._rate)
        if left < 1:
            self._refuse(left)

    def count(self, name: str) -> None:
        """Count one, and refuse nothing."""
        try:
            self.take(name)
        except ProblemError:
            return

    def take(self, name: str, number: int = 1) -> None:
        """Count one request, or as many as come together.

        Raises ProblemError(SLOW_DOWN) with `retry_after` in whole seconds when the bucket is empty.
        """
        if not self._rate:
            return
        now = self._seconds()
        with self._lock:
            left, at = self._levels.pop(name, (float(self._burst), now))
            left = min(self._burst, left + (now - at) * self._rate)
            allowed = left >= number
            if len(self._levels) >= MOST_BUCKETS:
                self._levels.pop(next(iter(self._levels)))
            self._levels[name] = (left - number if allowed else left, now)
        if not allowed:
            self._refuse(left, number)

    def _refuse(self, left: float, number: int = 1) -> NoReturn:
        wait = max(1, round((number - left) / self._rate + 0.5))
        raise ProblemError(Problem.SLOW_DOWN, extra={"retry_after": wait})
