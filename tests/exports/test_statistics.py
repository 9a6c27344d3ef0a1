"""Statistics of a report.

R1  Wilson's interval equals scipy's to 1e-9.
R2  Finite-population correction narrows the interval, equals hand values, and closes when everybody answered.
R3  The rule of a round: none for a total survey, correction above 5 % of a known population, else Wilson.
R4  Means are of valid answers only and equal the mean of the expanded list.
R5  Quantiles of single-value bins equal numpy's averaged_inverted_cdf; wide bins interpolate.
R6  Nothing is computed from nobody.
"""

from __future__ import annotations

import statistics as plain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from exports.statistics import (
    Bin,
    IntervalRule,
    default_rule,
    interval,
    mean_of_scores,
    mean_of_sum,
    quantile,
    share,
    standard_deviation,
    wilson,
    wilson_finite,
)


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_equals_scipy(pair: tuple[int, int]) -> None:
    """R1."""
    successes, n = pair
    ours = wilson(successes, n)
    theirs = binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert ours.low == pytest.approx(theirs.low, abs=1e-9)
    assert ours.high == pytest.approx(theirs.high, abs=1e-9)


def test_finite_population_by_hand() -> None:
    """R2: 60 of 100 out of 200: n' = 100 * 199 / 100 = 199."""
    square = 1.959963984540054**2
    middle = (0.6 + square / 398) / (1 + square / 199)
    half = 1.959963984540054 / (1 + square / 199) * (0.24 / 199 + square / (4 * 199**2)) ** 0.5
    ours = wilson_finite(60, 100, 200)
    assert ours.low == pytest.approx(middle - half, abs=1e-9)
    assert ours.high == pytest.approx(middle + half, abs=1e-9)
    plain_interval = wilson(60, 100)
    assert plain_interval.low < ours.low < ours.high < plain_interval.high


def test_finite_population_closes_when_all_answered() -> None:
    """R2."""
    assert wilson_finite(30, 40, 40).low == wilson_finite(30, 40, 40).high == 0.75


def test_rule_of_a_round() -> None:
    """R3."""
    assert default_rule(total_survey=True, sampled=90, population=100) is IntervalRule.NONE
    assert default_rule(total_survey=False, sampled=6, population=100) is IntervalRule.FINITE
    assert default_rule(total_survey=False, sampled=5, population=100) is IntervalRule.WILSON
    assert default_rule(total_survey=False, sampled=50, population=None) is IntervalRule.WILSON


def test_interval_follows_the_rule() -> None:
    """R3."""
    assert interval(5, 10, IntervalRule.NONE) is None
    assert interval(5, 10, IntervalRule.FINITE, 20) == wilson_finite(5, 10, 20)
    assert interval(5, 10, IntervalRule.FINITE, 8) == wilson(5, 10)
    assert interval(5, 10, IntervalRule.WILSON) == wilson(5, 10)


@given(st.lists(st.integers(1, 5), min_size=2, max_size=60))
def test_mean_and_spread(values: list[int]) -> None:
    """R4."""
    scored = [(float(score), values.count(score)) for score in range(1, 6)]
    assert mean_of_scores(scored) == pytest.approx(plain.fmean(values), abs=1e-9)
    assert mean_of_sum(sum(values), len(values)) == pytest.approx(plain.fmean(values), abs=1e-9)
    squares = sum(value * value for value in values)
    assert standard_deviation(sum(values), squares, len(values)) == pytest.approx(
        plain.stdev(values), abs=1e-9
    )


@given(st.lists(st.integers(0, 90), min_size=1, max_size=80), st.sampled_from([0.25, 0.5, 0.75]))
def test_quantiles_of_single_values(values: list[int], probability: float) -> None:
    """R5."""
    bins = [Bin(value, value, values.count(value)) for value in range(91)]
    theirs = float(np.quantile(values, probability, method="averaged_inverted_cdf"))
    assert quantile(bins, probability) == pytest.approx(theirs, abs=1e-9)


def test_quantiles_of_wide_bins() -> None:
    """R5: ten numbers in [0, 10) and ten in [10, 30)."""
    bins = [Bin(0, 10, 10), Bin(10, 30, 10)]
    assert quantile(bins, 0.25) == pytest.approx(5)
    assert quantile(bins, 0.5) == pytest.approx(10)
    assert quantile(bins, 0.75) == pytest.approx(20)


def test_nothing_from_nobody() -> None:
    """R6."""
    assert share(0, 0) is None
    assert mean_of_scores([(5.0, 0)]) is None
    assert mean_of_sum(0, 0) is None
    assert standard_deviation(3, 9, 1) is None
    assert quantile([], 0.5) is None
    assert interval(0, 0, IntervalRule.WILSON) is None
    with pytest.raises(ValueError, match="share"):
        wilson(3, 2)
    with pytest.raises(ValueError, match="population"):
        wilson_finite(1, 3, 2)
    with pytest.raises(ValueError, match="probability"):
        quantile([Bin(1, 1, 1)], 1)
