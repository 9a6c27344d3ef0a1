"""An attacker who reads all tallies of a report together (attacker_of_tallies.py), over random tallies with their editions.

T6  No sum of 1 to k-1 that is not shown is pinned, in an edition or come since the last.
T7  The attacker is able: each of the faults planted here is found.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from exports import tallying
from exports.tallies_together import Tally
from exports.tally_disclosure import Cell, hidden_cells
from tests.exports.attacker_of_tallies import TallyAttacker, random_tallies, told
from tests.exports.campaign_of_shapes import attack_shapes
from tests.exports.campaign_published import Result
from tests.exports.every_figure import TALLIES, unread

ROUNDS = 2000 if os.environ.get("SVARBOKS_PROOF") == "1" else 100


def campaign(rounds: int, seed: int, *, until_found: bool = False) -> Result:
    """Attacks random tallies."""
    return attack_shapes(
        "tallies", rounds, seed, random_tallies, told, TallyAttacker, until_found=until_found
    )


@pytest.mark.campaign
def test_nothing_hidden_is_pinned_by_tallies() -> None:
    """T6."""
    result = campaign(ROUNDS, 20261126)
    print(result, file=sys.stderr)
    assert not unread(result.places)
    assert not TALLIES & result.places - result.seen, "said to be read, and nobody looked"
    assert not TALLIES - result.places - result.seen, "said to be read, and never published"
    assert not result.pinned, "\n".join(result.pinned)
    assert not result.unsolved
    assert result.hidden.total() > 3 * ROUNDS


def _each_alone(tallies: list[Tally], k: int) -> list[frozenset[Cell]]:
    return [hidden_cells(one.rows, one.columns, one.table, k) for one in tallies]


def _small_alone(tallies: list[Tally], k: int) -> list[frozenset[Cell]]:
    return [frozenset(cell for cell, n in one.table.items() if 0 < n < k) for one in tallies]


#: Where a fault is planted, what stands there instead, and a seed that shows it soon.
FAULTS: list[tuple[str, Any, str, Any, int]] = [
    ("each alone", tallying, "hidden_together", _each_alone, 20261126),
    ("no next smallest", tallying, "hidden_together", _small_alone, 0),
    ("every edition", tallying, "advanced_tallies", lambda _last, made, _k: made, 0),
]


@pytest.mark.parametrize("fault", FAULTS, ids=[name for name, *_ in FAULTS])
def test_the_attacker_is_able(
    fault: tuple[str, Any, str, Any, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """T7."""
    _, place, name, instead, seed = fault
    monkeypatch.setattr(place, name, instead)
    result = campaign(100, seed, until_found=True)
    assert result.pinned, result
