"""Statistics of a report: shares with their intervals, means from scores, quantiles from histograms.

Everything is computed from counts, never from responses, so the cost does not depend on how many answered. The base
of every share and mean is the *valid answers*: "Don't know", "Not relevant", unanswered and not shown are outside it
and are reported beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

#: The 97.5th percentile of the normal distribution: intervals are 95 %.
Z_95 = 1.959963984540054


class IntervalRule(StrEnum):
    """How a round's intervals are made; declared when it opens.

    NONE for a total survey of its own period; FINITE for a sample of more than 5 % of a known population; WILSON
    for any other sample.
    """

    NONE = "none"
    WILSON = "wilson"
    FINITE = "finite"


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval for a share, both ends between 0 and 1."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a histogram: `n` values v with low <= v < high, or all of them exactly `low` when high == low."""

    low: float
    high: float
    n: int


def default_rule(
    *, total_survey: bool, sampled: int | None, population: int | None
) -> IntervalRule:
    """The rule for a round that declares none itself (instruments.md, "Rules that hold for all").

    `sampled` is the number of valid answers expected or received, `population` the number of people in the
    population of the period, or None where nobody knows it.
    """
    if total_survey:
        return IntervalRule.NONE
    if population and sampled and sampled > 0.05 * population:
        return IntervalRule.FINITE
    return IntervalRule.WILSON


def wilson(successes: float, n: float) -> Interval:
    """Wilson's score interval (E. B. Wilson 1927, JASA 22:209-212) at 95 %, without continuity correction.

    Raises ValueError unless 0 <= successes <= n and n > 0.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError("a share needs 0 <= successes <= n and n > 0")
    share = successes / n
    square = Z_95 * Z_95
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z_95 / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def wilson_finite(successes: int, n: int, population: int) -> Interval:
    """Wilson's interval with finite-population correction, for n drawn without replacement out of `population`.

    The variance of a sample share is P(1-P)/n * (N-n)/(N-1) (W. G. Cochran, Sampling Techniques, 3rd ed. 1977,
    section 3.2, eq. 3.4), which is that of n' = n (N-1)/(N-n) draws with replacement; so Wilson's interval is taken
    at n' with the same share. When everybody answered the interval is the share itself.

    Raises ValueError as wilson does, and when n exceeds the population.
    """
    if n > population:
        raise ValueError("more answers than people in the population")
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError("a share needs 0 <= successes <= n and n > 0")
    if n == population:
        return Interval(successes / n, successes / n)
    effective = n * (population - 1) / (population - n)
    return wilson(successes / n * effective, effective)


def interval(
    successes: int, n: int, rule: IntervalRule, population: int | None = None
) -> Interval | None:
    """The interval that the round declares, or None where there is to be none or nobody answered.

    FINITE without a usable population (unknown, or smaller than n, as late registrations can make it) falls back to
    Wilson, which is wider.
    """
    if rule is IntervalRule.NONE or n <= 0:
        return None
    if rule is IntervalRule.FINITE and population is not None and population >= n:
        return wilson_finite(successes, n, population)
    return wilson(successes, n)


def share(part: int, n: int) -> float | None:
    """part / n, or None where nobody gave a valid answer."""
    return part / n if n > 0 else None


def mean_of_scores(scored: Iterable[tuple[float, int]]) -> float | None:
    """The mean of scores given (score, how many); None where nobody chose a scored option."""
    pairs = [(score, n) for score, n in scored if n]
    n = sum(count for _, count in pairs)
    return math.fsum(score * count for score, count in pairs) / n if n else None


def mean_of_sum(total: float, n: int) -> float | None:
    """The mean of n numbers with the given sum; None for none."""
    return total / n if n else None


def standard_deviation(total: float, total_sq: float, n: int) -> float | None:
    """The sample standard deviation (n - 1) from sum and sum of squares; None for fewer than two numbers."""
    if n < 2:
        return None
    return math.sqrt(max(0.0, (total_sq - total * total / n) / (n - 1)))


def quantile(bins: Sequence[Bin], probability: float) -> float | None:
    """A quantile of the numbers in a histogram; None where it is empty.

    For bins that hold a single value each this is Hyndman and Fan's definition 2 (The American Statistician 1996,
    50:361-365): the smallest value that at least p*n of the numbers do not exceed, and half-way to the next value
    when exactly p*n of them do not. In a wider bin its numbers are thought spread evenly over it.

    Raises ValueError unless 0 < probability < 1.
    """
    if not 0 < probability < 1:
        raise ValueError("a probability lies strictly between 0 and 1")
    filled = [one for one in sorted(bins, key=lambda one: one.low) if one.n > 0]
    n = sum(one.n for one in filled)
    if n == 0:
        return None
    wanted = probability * n
    below = 0
    for index, one in enumerate(filled):
        reached = below + one.n
        exactly = math.isclose(reached, wanted, rel_tol=0, abs_tol=1e-9)
        if exactly and one.high == one.low and index + 1 < len(filled):
            return (one.low + filled[index + 1].low) / 2
        if exactly or reached > wanted:
            if one.high == one.low:
                return one.low
            return one.low + (one.high - one.low) * (wanted - below) / one.n
        below = reached
    return filled[-1].high


def margin(n: int, population: int | None = None) -> float:
    """How uncertain a share is from n answers, as half the width of its 95 % interval where it is widest, at one half.

    Wilson's interval (see wilson) at 50 % reaches z / (2 sqrt(n + z²)) to either side; with a known population n counts
    as n (N-1)/(N-n) (see wilson_finite; W. G. Cochran, Sampling Techniques, 3rd ed. 1977, section 3.2, eq. 3.4). 0 when
    everybody answered. Raises ValueError unless n > 0 and n <= population.
    """
    if n <= 0 or (population is not None and n > population):
        raise ValueError("answers are above 0, and no more than there are people")
    if n == population:
        return 0.0
    effective = n * (population - 1) / (population - n) if population else float(n)
    return Z_95 / (2 * math.sqrt(effective + Z_95 * Z_95))


def answers_for(points: float, population: int | None = None) -> int:
    """The fewest answers whose margin is at most `points` (0.05 = five points): margin() solved for n.

    Raises ValueError unless 0 < points < 0.5.
    """
    if not 0 < points < 0.5:
        raise ValueError("points lie between 0 and 0.5")
    needed = (Z_95 / (2 * points)) ** 2 - Z_95 * Z_95
    if population is not None:
        # n (N-1)/(N-n) >= needed, solved for n.
        needed = needed * population / (population - 1 + needed) if population > 1 else 1
    n = max(1, math.ceil(needed - 1e-9))
    return n if population is None else min(n, population)
