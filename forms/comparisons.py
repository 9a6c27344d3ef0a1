"""What a report plan compares its figures with: earlier rounds, the level above, benchmarks and targets.

Fixed shapes, named when a version is published; nothing here filters answers. What is compared is computed in
exports/comparing.py from figures that the edition shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: A unit is tested against the rest only from so many answers on either side, unless the plan asks for more.
SMALLEST_COMPARED = 10


class Against(StrEnum):
    """What a question is compared with."""

    EARLIER_ROUNDS = "earlier_rounds"
    LEVEL_ABOVE = "level_above"


class Compared(StrEnum):
    """What is compared: the share of favourable answers (in per cent where a document writes a value), mean or median."""

    FAVOURABLE = "favourable"
    MEAN = "mean"
    MEDIAN = "median"


class Direction(StrEnum):
    """On which side of a target's value a figure should lie."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedComparison:
    """A question (its place) that is compared by one measure."""

    question: str
    measure: Compared
    against: tuple[Against, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkValue:
    """One published figure. `when` is the year or period as it is printed; with `n` (and for a mean `spread`, the
    standard deviation) the difference is tested, without it is only shown. `other_wording`: the question was worded
    otherwise then or there."""

    label: Mapping[str, str]
    value: float
    when: str = ""
    n: int | None = None
    spread: float | None = None
    other_wording: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Published figures that a question is held against, and where they stand."""

    question: str
    measure: Compared
    values: tuple[BenchmarkValue, ...]
    source: Mapping[str, str]
    footnote: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A value that a question should reach, and who set it."""

    question: str
    measure: Compared
    value: float
    direction: Direction
    source: Mapping[str, str]
    footnote: Mapping[str, str] = field(default_factory=dict)
