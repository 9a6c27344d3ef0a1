"""One figure of the bench: a ratio, its bar, and whether it holds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` beside `bar`; `better` says on which side of the bar it has to be. `detail` holds what it was made of."""

    name: str
    value: float
    bar: float
    better: str
    detail: dict[str, object] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the bar is met."""
        return self.value >= self.bar if self.better == "higher" else self.value <= self.bar

    def plain(self) -> dict[str, object]:
        """As it stands in build/bench.json."""
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "bar": self.bar,
            "better": self.better,
            "holds": self.holds,
            "detail": self.detail,
        }

    def __str__(self) -> str:
        sign = "≥" if self.better == "higher" else "≤"
        parts = ", ".join(f"{key} {value}" for key, value in self.detail.items())
        return f"{'holds' if self.holds else 'FAILS'}  {self.name} {self.value:.3f} (bar {sign} {self.bar})  {parts}"


def alternating(
    ours: Callable[[], float], theirs: Callable[[], float], rounds: int = 3
) -> tuple[float, list[float], list[float]]:
    """Median of ours/theirs over alternating rounds, with the single measurements of both."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return median([a / b for a, b in pairs]), [a for a, _ in pairs], [b for _, b in pairs]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)
