"""The attacker who reads what is published (attacker.py), over random rounds with their editions.

P1  No positive figure of a hidden group of fewer than k answers can be pinned down: no count of an answer, no sum of numbers.
P2  Nor can a hidden figure from 1 to k-1 of a background or sensitive question, in a table or between two editions.
P3  Nor can the count of an option that a merged group holds back.
P4  The attacker is able: each of the faults planted here is found.

What is not counted: figures that a shown group gives away because everyone in it gave the same answer, where the question is
not guarded (docs/disclosure.md). The size of every unit is known to the attacker, and that of every group by a question that
is not guarded.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from exports import disclosure, disclosure_cells, disclosure_levels, figures
from exports.disclosure_levels import Level
from exports.disclosure_means import Means
from exports.statistics import mean_of_scores
from tests.exports import attacked_rounds
from tests.exports.campaign_published import MERGED, campaign
from tests.exports.every_figure import SURVEY, unread

ROUNDS = 2000 if os.environ.get("SVARBOKS_PROOF") == "1" else 100


@pytest.mark.campaign
def test_nothing_hidden_is_pinned() -> None:
    """P1, P2, P3."""
    result = campaign(ROUNDS, 20261126)
    print(result, file=sys.stderr)
    assert not unread(result.places)
    assert not SURVEY & result.places - result.seen, "said to be read, and nobody looked"
    assert not SURVEY - result.places - result.seen, "said to be read, and never published"
    assert not result.pinned, "\n".join(result.pinned)
    assert not result.unsolved
    assert result.hidden.total() > 5 * ROUNDS


def _exact_means(means: Means) -> None:
    for space in means.spaces:
        for group, _ in space.groups:
            if group.level is Level.MERGED and group.n:
                scored = ((means.score[cell], n) for cell, n in group.counts.items())
                group.mean, group.step = mean_of_scores(scored), None


#: A fault, where it is planted, what stands there instead, what the attacker must find, and a seed that shows it soon.
FAULTS: list[tuple[str, Any, str, Any, str, int]] = [
    ("no next smallest", disclosure_levels, "_grow", lambda *_a, **_k: False, "small group", 0),
    ("no next cell", disclosure_cells, "_fill", lambda *_a: False, "guarded cell", 0),
    ("exact means", Means, "settle", _exact_means, MERGED, 0),
    ("each mean by itself", Means, "_settle_in", lambda *_a: None, MERGED, 0),
    ("finer reasons", figures, "_said", lambda _raw, why: why, "guarded cell", 19),
]


@pytest.mark.parametrize("fault", FAULTS, ids=[name for name, *_ in FAULTS])
def test_the_attacker_is_able(
    fault: tuple[str, Any, str, Any, str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """P4: faults planted in the rules."""
    _, place, name, instead, what, seed = fault
    monkeypatch.setattr(place, name, instead)
    result = campaign(30, seed, until_found=True)
    assert what in "\n".join(result.pinned), result


@pytest.mark.parametrize("first", [1458, 1834])
def test_areas_that_share_units_are_read(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """P2, P4: two rounds whose areas share units, or lie in several regions: their differences told a small cell."""
    assert not campaign(1, 20261126, first=first).pinned
    monkeypatch.setattr(disclosure._Family, "_areas_lie_across", lambda _self: False)
    assert "guarded cell" in "\n".join(campaign(1, 20261126, first=first).pinned)


def test_the_attacker_reads_editions(monkeypatch: pytest.MonkeyPatch) -> None:
    """P4: figures that advance with every answer give the last ones away."""
    monkeypatch.setattr(attacked_rounds, "advanced_tables", lambda _old, new: new["tables"])
    result = campaign(30, 8, until_found=True)
    assert "newcomers" in "\n".join(result.pinned), result
