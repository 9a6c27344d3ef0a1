"""A world that an attacker does not see: whole numbers of people, and everything published about them as rows over these.

Every attacker of tests/exports fills one (attacker.py surveys with their comparisons, attacker_of_journeys.py,
attacker_of_audits.py, attacker_of_tallies.py). HiGHS (scipy.optimize.milp) then finds the smallest and the largest value that
a hidden number can have. A number is pinned when both are the same.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Hidden:
    """A number that is not published: what it is, who it counts (a vector over the unknowns), and what it is in truth."""

    question: str
    name: str
    what: str
    terms: Vector
    truth: int


@dataclass
class Attack:
    """What an attack came to."""

    solves: int = 0
    pinned: list[Hidden] = field(default_factory=list)
    unsolved: list[Hidden] = field(default_factory=list)


class World:
    """Unknowns: `size` numbers of people, whole and not negative, then yes-or-no helpers."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.helpers = 0
        #: Helpers that are numbers of people, as the unknowns are.
        self.numbers_beside: set[int] = set()
        #: As many people as there can be of a kind.
        self.most = 0.0

    # --- what is known

    def know(self, terms: Vector, low: float, high: float) -> None:
        """That a number lies between two others."""
        self.row({int(i): float(terms[i]) for i in np.flatnonzero(terms)}, low, high)

    def row(self, terms: dict[int, float], low: float, high: float) -> None:
        self.rows.append((terms, low, high))

    def helper(self) -> int:
        self.helpers += 1
        return self.size + self.helpers - 1

    def number_beside(self) -> int:
        """A further unknown number of people, after the helpers made so far."""
        self.numbers_beside.add(self.helper())
        return self.size + self.helpers - 1

    def row_if(self, helper: int, terms: Vector, low: float, high: float) -> None:
        """That a number lies between two others where the helper is one."""
        plain = {int(i): float(terms[i]) for i in np.flatnonzero(terms)}
        big = self.most + 1
        if low > -math.inf:
            self.row({**plain, helper: -big}, low - big, math.inf)
        if high < math.inf:
            self.row({**plain, helper: big}, -math.inf, high + big)

    def check(self, truth: Vector) -> None:
        """That what was read is true: an attacker who misreads a figure would look in the wrong worlds."""
        for terms, low, high in self.rows:
            if all(column < self.size for column in terms):
                value = sum(truth[column] * weight for column, weight in terms.items())
                assert low - 1e-6 <= value <= high + 1e-6, (value, low, high)

    # --- solving

    def _matrix(self) -> tuple[Any, Vector, Vector]:
        entries = [
            (row, column, weight)
            for row, (terms, _, _) in enumerate(self.rows)
            for column, weight in terms.items()
        ]
        rows, columns, weights = zip(*entries, strict=True)
        shape = (len(self.rows), self.size + self.helpers)
        matrix = coo_matrix((weights, (rows, columns)), shape=shape).tocsr()
        low = np.array([one for _, one, _ in self.rows])
        return matrix, low, np.array([one for _, _, one in self.rows])

    def attack(self, hidden: Sequence[Hidden], rng: random.Random, scrambles: int = 2) -> Attack:
        """Which of the hidden numbers have one possible value only. A world that fits all that is published shows at once for
        every number that is another in it that it is not pinned; so some worlds are drawn at random first."""
        attack = Attack()
        if not hidden:
            return attack
        matrix, low, high = self._matrix()
        upper = np.full(self.size + self.helpers, self.most or np.inf)
        upper[self.size :] = 1
        upper[sorted(self.numbers_beside)] = self.most or np.inf
        pending = list(hidden)

        def world(goal: Vector) -> Vector | None:
            attack.solves += 1
            solved = milp(
                np.concatenate([goal, np.zeros(self.helpers)]),
                constraints=LinearConstraint(matrix, low, high),
                integrality=np.ones(len(upper)),
                bounds=Bounds(np.zeros(len(upper)), upper),
                options={"node_limit": 20_000, "mip_rel_gap": 0.0},
            )
            if solved.x is None:
                assert solved.status == 1, f"no world at all: {solved.message}"
                return None
            found = np.round(solved.x)
            sums = matrix @ found
            fits = bool(np.all(sums >= low - 1e-6) and np.all(sums <= high + 1e-6))
            assert fits, "a world that does not fit"
            return found[: self.size]

        def keep_open(found: Vector | None) -> None:
            if found is not None:
                pending[:] = [one for one in pending if round(one.terms @ found) == one.truth]

        for _ in range(scrambles):
            if pending:
                keep_open(world(np.array([rng.uniform(-1, 1) for _ in range(self.size)])))
        while pending:
            one = pending[0]
            decided = True
            for sign in (1, -1):
                if one in pending:
                    found = world(sign * one.terms)
                    decided &= found is not None
                    keep_open(found)
            if one in pending:
                pending.remove(one)
                (attack.pinned if decided else attack.unsolved).append(one)
        return attack
