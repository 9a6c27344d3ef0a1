"""When the figures of a journey, a tally or an agreement may advance from one edition to the next.

They advance together or stand together with their date, since the difference between two editions is a table of the few who
came in between (docs/disclosure.md, rule 9).
"""

from __future__ import annotations

from collections.abc import Mapping


def may_advance(old: Mapping[str, int | None], new: Mapping[str, int | None], k: int) -> bool:
    """Whether the same figures are shown in both, and each changed by nothing or by at least k."""
    if old == new:
        return True
    if {name for name, n in old.items() if n is not None} != {
        name for name, n in new.items() if n is not None
    }:
        return False
    return all(
        n is None or (was := old[name]) is None or n == was or abs(n - was) >= k
        for name, n in new.items()
    )
