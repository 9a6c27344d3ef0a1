"""Tests and false-discovery control of the comparisons.

R1  Fisher's exact test equals scipy's to 1e-9, also where groups are large.
R2  Welch's test from counts equals scipy's on the expanded lists to 1e-9.
R3  Student's distribution equals scipy's to 1e-9.
R4  Benjamini and Hochberg's adjusted values equal statsmodels' to 1e-9, in the order given.
R5  Hand values: the lady tasting tea; two means; four p-values.
R6  What cannot be tested is not: no variation, fewer than two.
R7  The margin is half of Wilson's interval at one half; answers_for is the fewest that keep to it.
"""

from __future__ import annotations

import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from exports.significance import (
    Spread,
    benjamini_hochberg,
    fisher_exact,
    spread_of,
    student_two_sided,
    welch,
)
from exports.statistics import answers_for, margin, wilson, wilson_finite

shares = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
scores = st.lists(st.integers(0, 60), min_size=5, max_size=5)


@given(shares, shares)
def test_fisher_equals_scipy(one: tuple[int, int], two: tuple[int, int]) -> None:
    """R1."""
    table = [[one[0], one[1] - one[0]], [two[0], two[1] - two[0]]]
    assert fisher_exact(*one, *two) == pytest.approx(stats.fisher_exact(table)[1], abs=1e-9)


@pytest.mark.parametrize(
    ("one", "two"),
    [((26_000, 45_000), (550_000, 955_000)), ((0, 20), (14_000, 14_500)), ((9, 10), (1, 90_000))],
)
def test_fisher_with_many(one: tuple[int, int], two: tuple[int, int]) -> None:
    """R1."""
    table = [[one[0], one[1] - one[0]], [two[0], two[1] - two[0]]]
    assert fisher_exact(*one, *two) == pytest.approx(stats.fisher_exact(table)[1], abs=1e-9)


@given(scores, scores)
def test_welch_equals_scipy(one: list[int], two: list[int]) -> None:
    """R2."""
    lists = [
        [score for score, n in enumerate(counts, 1) for _ in range(n)] for counts in (one, two)
    ]
    assume(all(len(set(values)) > 1 for values in lists))
    first, second = (spread_of(list(enumerate(counts, 1))) for counts in (one, two))
    assert first is not None
    assert second is not None
    ours = welch(first, second)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = stats.ttest_ind(*lists, equal_var=False).pvalue
    assert ours == pytest.approx(float(theirs), abs=1e-9)


@given(st.floats(-60, 60), st.floats(0.5, 100_000))
def test_student_equals_scipy(t: float, freedom: float) -> None:
    """R3."""
    assert student_two_sided(t, freedom) == pytest.approx(
        2 * float(stats.t.sf(abs(t), freedom)), abs=1e-9
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_false_discoveries_equal_statsmodels(values: list[float]) -> None:
    """R4."""
    theirs = multipletests(values, method="fdr_bh")[1]
    assert benjamini_hochberg(values) == pytest.approx(list(theirs), abs=1e-9)


def test_by_hand() -> None:
    """R5: 3 of 4 cups against 1 of 4: (1 + 16 + 16 + 1) / 70. Adjusted: 0.01*4/1, 0.02*4/2, 0.03*4/3 are all 0.04."""
    assert fisher_exact(3, 4, 1, 4) == pytest.approx(34 / 70, abs=1e-12)
    assert fisher_exact(4, 4, 0, 4) == pytest.approx(2 / 70, abs=1e-12)
    assert fisher_exact(2, 4, 2, 4) == pytest.approx(1.0, abs=1e-12)
    assert benjamini_hochberg([0.03, 0.9, 0.01, 0.02]) == pytest.approx((0.04, 0.9, 0.04, 0.04))
    assert benjamini_hochberg([]) == ()
    assert spread_of([(1, 1), (3, 1)]) == Spread(2, 2.0, 2.0)
    # t = (2 - 4) / sqrt(2/2 + 2/2), v = 2; for two degrees of freedom P = 1 - |t| / sqrt(t² + 2).
    assert welch(Spread(2, 2.0, 2.0), Spread(2, 4.0, 2.0)) == pytest.approx(
        1 - 2**0.5 / 4**0.5, abs=1e-12
    )


def test_what_cannot_be_tested() -> None:
    """R6."""
    assert spread_of([(4, 1)]) is None
    assert spread_of([]) is None
    assert welch(Spread(9, 4.0, 0.0), Spread(9, 5.0, 0.0)) is None
    with pytest.raises(ValueError, match="share"):
        fisher_exact(3, 2, 1, 4)
    with pytest.raises(ValueError, match="freedom"):
        student_two_sided(1.0, 0.0)


@given(st.integers(1, 2000).map(lambda half: 2 * half), st.integers(1, 5000))
def test_margin_is_half_of_wilsons_interval(n: int, more: int) -> None:
    """R7."""
    alone, finite = wilson(n // 2, n), wilson_finite(n // 2, n, n + more)
    assert margin(n) == pytest.approx((alone.high - alone.low) / 2, abs=1e-12)
    assert margin(n, n + more) == pytest.approx((finite.high - finite.low) / 2, abs=1e-12)
    assert margin(n, n) == 0


@given(st.floats(0.005, 0.4), st.none() | st.integers(2, 100_000))
def test_the_fewest_answers(points: float, population: int | None) -> None:
    """R7."""
    n = answers_for(points, population)
    assert margin(n, population) <= points + 1e-9
    assert n == 1 or margin(n - 1, population) > points - 1e-9


def test_margin_by_hand() -> None:
    """R7: 96.04 - 3.84 = 92.2 answers for ten points; 381 for five (Cochran's 385 without Wilson's z²)."""
    assert answers_for(0.10) == 93
    assert answers_for(0.05) == 381
    assert answers_for(0.05, 1000) == 276
    assert margin(100) == pytest.approx(0.09617, abs=1e-5)
    for wrong in ((0, None), (11, 10)):
        with pytest.raises(ValueError, match="answers"):
            margin(*wrong)
    with pytest.raises(ValueError, match="points"):
        answers_for(0.5)
