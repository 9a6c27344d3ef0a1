"""Whether two groups differ by more than chance: two-sided tests from counts, and false-discovery control over a report.

Everything is computed from what an edition shows (counts, means with n and spread), never from responses.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

#: A table as extreme as the one seen counts as extreme although rounding made it a trifle likelier.
_TIE = 1e-7
#: Tables so much rarer than the commonest add nothing that 64 bits could tell.
_NOTHING = 1e-18


@dataclass(frozen=True, slots=True)
class Spread:
    """n scores: their mean and their sample variance (n - 1)."""

    n: int
    mean: float
    variance: float


def fisher_exact(successes: int, n: int, other_successes: int, other_n: int) -> float:
    """The two-sided p-value of Fisher's exact test that two shares are the same (R. A. Fisher 1935, JRSS 98:39-82).

    Two-sided: the probability of all tables with the same margins that are no likelier than the one seen. The number
    of tables looked at grows as the root of n, since those that are too rare to matter end the walk.
    Raises ValueError unless 0 <= successes <= n in both groups.
    """
    if not (0 <= successes <= n and 0 <= other_successes <= other_n):
        raise ValueError("a share needs 0 <= successes <= n")
    all_n, all_successes = n + other_n, successes + other_successes
    low, high = max(0, all_successes - other_n), min(n, all_successes)
    common = min(max((n + 1) * (all_successes + 1) // (all_n + 2), low), high)
    up = list(_weights(common, high, n, all_successes, all_n))
    down = list(_weights(common, low, n, all_successes, all_n))
    away = successes - common
    side, steps = (up, away) if away >= 0 else (down, -away)
    seen = side[steps - 1] if 0 < steps <= len(side) else 1.0 if not steps else 0.0
    bound = seen * (1 + _TIE)
    extreme = sum(weight for weight in (1.0, *up, *down) if weight <= bound)
    return min(1.0, extreme / (1.0 + sum(up) + sum(down)))


def _weights(common: int, end: int, n: int, all_successes: int, all_n: int) -> Iterator[float]:
    """How likely each table from the commonest to an end is, over the commonest; until nothing is left to tell.

    Neighbours of the hypergeometric distribution differ by a simple ratio, so nothing is ever as large as a factorial.
    """
    weight, k, left = 1.0, common, all_n - all_successes - n
    if end > common:
        while k < end and weight > _NOTHING:
            weight *= (all_successes - k) * (n - k) / ((k + 1) * (left + k + 1))
            k += 1
            yield weight
    else:
        while k > end and weight > _NOTHING:
            weight *= k * (left + k) / ((all_successes - k + 1) * (n - k + 1))
            k -= 1
            yield weight


def spread_of(scored: Iterable[tuple[float, int]]) -> Spread | None:
    """Mean and variance of scores given as (score, how many); None for fewer than two."""
    pairs = [(score, n) for score, n in scored if n]
    n = sum(count for _, count in pairs)
    if n < 2:
        return None
    mean = math.fsum(score * count for score, count in pairs) / n
    squares = math.fsum((score - mean) ** 2 * count for score, count in pairs)
    return Spread(n, mean, squares / (n - 1))


def welch(first: Spread, second: Spread) -> float | None:
    """The two-sided p-value of Welch's t-test that two means are the same (B. L. Welch 1947, Biometrika 34:28-35).

    None where neither group varies at all, so that there is nothing to measure the difference by.
    """
    one, two = first.variance / first.n, second.variance / second.n
    if one + two <= 0:
        return None
    t = (first.mean - second.mean) / math.sqrt(one + two)
    freedom = (one + two) ** 2 / (one**2 / (first.n - 1) + two**2 / (second.n - 1))
    return student_two_sided(t, freedom)


def student_two_sided(t: float, freedom: float) -> float:
    """P(|T| >= |t|) of Student's distribution: the regularised incomplete beta function I_x(v/2, 1/2), x = v/(v+t²)
    (Abramowitz and Stegun 26.7.1). Raises ValueError unless freedom > 0."""
    if freedom <= 0:
        raise ValueError("degrees of freedom are above 0")
    square = t * t
    return _incomplete_beta(
        freedom / 2, 0.5, freedom / (freedom + square), square / (freedom + square)
    )


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """I_x(a, b) with rest = 1 - x given apart, so that neither loses digits (Press et al., Numerical Recipes 6.4)."""
    if x <= 0:
        return 0.0
    if rest <= 0:
        return 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    )
    if x < (a + 1) / (a + b + 2):
        return front * _continued_fraction(a, b, x) / a
    return 1.0 - front * _continued_fraction(b, a, rest) / b


def _continued_fraction(a: float, b: float, x: float) -> float:
    """Lentz's evaluation of the continued fraction of the incomplete beta function (DLMF 8.17.22)."""
    tiny = 1e-300
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1)
    d = 1.0 / (d if abs(d) > tiny else tiny)
    result = d
    for m in range(1, 100_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 + step * d
            d = 1.0 / (d if abs(d) > tiny else tiny)
            c = 1.0 + step / c
            c = c if abs(c) > tiny else tiny
            result *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return result


def benjamini_hochberg(values: Sequence[float]) -> tuple[float, ...]:
    """p-values adjusted so that keeping those up to q lets at most the share q of what is reported be chance
    (Y. Benjamini and Y. Hochberg 1995, JRSS B 57:289-300). In the order given."""
    adjusted = [0.0] * len(values)
    smallest = 1.0
    for rank, index in _from_largest(values):
        smallest = min(smallest, values[index] * len(values) / rank)
        adjusted[index] = smallest
    return tuple(adjusted)


def _from_largest(values: Sequence[float]) -> Iterator[tuple[int, int]]:
    """(rank, index) from the largest value to the smallest; rank 1 is the smallest."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    for rank in range(len(order), 0, -1):
        yield rank, order[rank - 1]
