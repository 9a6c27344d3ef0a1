"""CHECK clauses of columns that hold days and instants as text (store/instants.py writes them)."""

from __future__ import annotations

_DIGITS = "[0-9][0-9]"
_DAY = f"{_DIGITS}{_DIGITS}-{_DIGITS}-{_DIGITS}"
_INSTANT = f"{_DAY}T{_DIGITS}:{_DIGITS}:{_DIGITS}Z"


def day_check(column: str) -> str:
    """`2022-03-21`, or NULL where the column allows it."""
    return f"CHECK ({column} GLOB '{_DAY}')"


def instant_check(column: str) -> str:
    """`2022-03-21T11:00:00Z`, or NULL where the column allows it."""
    return f"CHECK ({column} GLOB '{_INSTANT}')"
