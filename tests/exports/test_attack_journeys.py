"""An attacker who reads journeys (attacker_of_journeys.py), over random interviews with their editions.

J1  Nothing of 1 to k-1 people is pinned: nobody's move, trouble, place or waiting, in an edition or between two.
J2  The attacker is able: each of the faults planted here is found.
"""

from __future__ import annotations

import os
import random
import sys
from typing import Any

import pytest

from exports import journeys, shape_figures
from tests.exports.attacker_of_journeys import (
    Interviews,
    Journey,
    JourneyAttacker,
    Step,
    random_interviews,
    told,
)
from tests.exports.campaign_of_shapes import attack_shapes
from tests.exports.campaign_published import Result
from tests.exports.every_figure import JOURNEYS, unread

ROUNDS = 2000 if os.environ.get("SVARBOKS_PROOF") == "1" else 100


def campaign(rounds: int, seed: int, *, until_found: bool = False) -> Result:
    """Attacks random interviews."""
    return attack_shapes(
        "interviews",
        rounds,
        seed,
        random_interviews,
        told,
        JourneyAttacker,
        until_found=until_found,
    )


@pytest.mark.campaign
def test_nothing_hidden_is_pinned_by_journeys() -> None:
    """J1."""
    result = campaign(ROUNDS, 20261126)
    print(result, file=sys.stderr)
    assert not unread(result.places)
    assert not JOURNEYS & result.places - result.seen, "said to be read, and nobody looked"
    assert not JOURNEYS - result.places - result.seen, "said to be read, and never published"
    assert not result.pinned, "\n".join(result.pinned)
    assert not result.unsolved
    assert result.hidden.total() > ROUNDS


def pinned_in(interviews: Interviews) -> list[tuple[str, int]]:
    """What the attacker pins down in interviews made by hand."""
    attacker = JourneyAttacker(interviews, told(interviews))
    attacker.read()
    attacker.check(attacker.truth())
    pinned = attacker.attack(list(attacker.hidden()), random.Random(1)).pinned
    return [(f"{one.what} {one.name}", one.truth) for one in pinned]


def people(n: int, sector: str, *steps: Step) -> list[Journey]:
    """So many people who were at one place, by these steps from o0, o1 and nobody knows where."""
    away = (None, None, None)
    return [{"s0": away, "s1": away, sector: steps} for _ in range(n)]


BAD, GOOD = (True, None), (False, None)


def interviews(*editions: list[Journey], waits: bool = False) -> Interviews:
    gathered: list[Journey] = []
    stood = []
    for one in editions:
        gathered += one
        stood.append(tuple(gathered))
    return Interviews(("s0", "s1"), ("o0", "o1"), waits, 5, tuple(stood), all_known=True)


def _as_many_as_k(_sector: str, n: int, _origins: Any, _shown: Any, k: int) -> bool:
    return n >= k


def _trouble_of_k(n: int, people: int, _shown: Any, _told: Any, k: int) -> int | None:
    return n if k <= n <= people - k else None


def _waits_of_one(waits: Any, _k: int, _waited: Any = journeys._waited) -> Any:
    made = _waited(waits, 0) if waits else None
    # Also where all waited the same.
    return made or (
        {"people": len(waits), "median": waits[0][1], "quartiles": [waits[0][1]] * 2}
        if waits
        else None
    )


def _every_edition(_name: str, made: Any, _last: Any, _k: int) -> Any:
    return made


def _all_but_the_rest(
    told_of: Any, name: str = "", _numbers: Any = shape_figures._numbers
) -> dict[str, int | None]:
    numbers = _numbers(told_of, name)
    return {place: n for place, n in numbers.items() if not place.endswith("/untroubled")}


#: Where a fault is planted, what stands there instead, the interviews, and what the attacker must find.
FAULTS: list[tuple[Any, str, Any, Interviews, tuple[str, int]]] = [
    (
        journeys,
        "_may_tell",
        _as_many_as_k,
        interviews([*people(10, "s0", GOOD, None, None), *people(4, "s0", None, GOOD, None)]),
        ("people of a move edition 1 since 0 o1-s0", 4),
    ),
    (
        journeys,
        "_people_leave_moves_open",
        lambda *_: True,
        interviews(
            [
                *people(10, "s0", GOOD, None, None),
                *people(4, "s1", GOOD, None, None),
                *people(4, "s1", None, GOOD, None),
            ]
        ),
        ("people of a move edition 1 since 0 o1-s1", 4),
    ),
    (
        shape_figures,
        "_numbers",
        _all_but_the_rest,
        interviews(
            [*people(10, "s0", BAD, None, None), *people(10, "s0", GOOD, None, None)],
            [*people(6, "s0", BAD, None, None), *people(3, "s0", GOOD, None, None)],
        ),
        ("no trouble on a move edition 2 since 1 o0-s0", 3),
    ),
    (
        journeys,
        "_trouble_at_all",
        _trouble_of_k,
        interviews(
            [
                # These were at both places, so that how many people there were forces nothing.
                *[{"s0": (BAD, None, None), "s1": (GOOD, None, None)}] * 5,
                *[{"s0": (None, BAD, None), "s1": (GOOD, None, None)}] * 4,
                *people(6, "s1", BAD, None, None),
                *people(11, "s1", GOOD, None, None),
                *people(4, "s1", None, BAD, None),
            ]
        ),
        ("trouble on a move edition 1 since 0 o1-s0", 4),
    ),
    (
        journeys,
        "_waited",
        _waits_of_one,
        interviews(
            [*people(2, "s0", (False, 5), None, None), *people(9, "s0", GOOD, None, None)],
            waits=True,
        ),
        ("waiting edition 1 since 0 s0 5", 2),
    ),
    (
        shape_figures,
        "standing",
        _every_edition,
        interviews(
            [*people(10, "s0", GOOD, None, None), *people(10, "s1", GOOD, None, None)],
            people(3, "s0", GOOD, None, None),
        ),
        ("people of a move edition 2 since 1 o0-s0", 3),
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=[one[1] for one in FAULTS])
def test_the_attacker_is_able(
    fault: tuple[Any, str, Any, Interviews, tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """J2."""
    place, name, instead, asked, found = fault
    assert found not in pinned_in(asked)
    monkeypatch.setattr(place, name, instead)
    assert found in pinned_in(asked)
