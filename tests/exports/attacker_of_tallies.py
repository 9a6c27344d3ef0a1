"""An attacker who reads all tallies of a report together: sums of one count by several pairs of things, over editions.

Its unknowns are the sums by everything that any of the tallies goes by, in the first edition and come since; each sum that is shown is
an equation. Beside it stand random tallies.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from exports import tallying
from exports.tally_disclosure import TOTAL
from forms.document import read_document
from forms.questionnaire import Questionnaire
from forms.report_parts import TallyPlan
from tests.exports.worlds import Hidden, Vector, World

AXES = ("week", "ward", "kind")
DOCUMENT = """
format: 1
questionnaire: attacked-tallies
shape: registration
languages: {da: {state: reviewed, by: T, on: 2026-01-01}}
title: A
sections:
  - id: s
    title: S
    questions:
      - {id: week, kind: one_of, text: W, options: [%s]}
      - {id: ward, kind: one_of, text: A, options: [%s]}
      - {id: kind, kind: one_of, text: K, options: [%s]}
      - {id: patients, kind: count, text: P}
report: {tables: []}
"""
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Tallied:
    """The counted numbers by week, ward and kind, as they had been registered at each edition."""

    names: tuple[tuple[str, ...], ...]
    plans: tuple[TallyPlan, ...]
    k: int
    editions: tuple[tuple[tuple[Key, int], ...], ...]


def random_tallies(rng: random.Random) -> Tallied:
    """One to three tallies of one count, some of them each other's transpose."""
    names = tuple(tuple(f"{axis}{i}" for i in range(rng.choice([2, 2, 3, 4]))) for axis in AXES)
    pairs = rng.sample(list(itertools.permutations(AXES, 2)), rng.choice([1, 2, 2, 3]))
    plans = tuple(
        TallyPlan(id="_".join(pair), title={"da": "T"}, count="patients", by=pair) for pair in pairs
    )
    most = rng.choice([2, 5, 12])
    nobody = rng.choice([0.2, 0.6])

    def registered(share: float) -> tuple[tuple[Key, int], ...]:
        return tuple(
            ((first, second, third), rng.randint(0, most))
            for first, second, third in itertools.product(*names)
            if rng.random() < share and rng.random() >= nobody
        )

    editions = [registered(1.0)]
    if rng.random() < 0.5:
        editions.append((*editions[0], *registered(rng.choice([0.1, 1.0]))))
    return Tallied(names, plans, rng.choice([3, 5]), tuple(editions))


def questionnaire_of(tallied: Tallied) -> Questionnaire:
    """The questionnaire whose options are the names."""
    listed = [
        ", ".join(f"{{id: {name}, text: {name}}}" for name in names) for names in tallied.names
    ]
    return read_document(DOCUMENT % tuple(listed))


def told(tallied: Tallied) -> list[dict[str, Any]]:
    """The tallies of each edition, as exports/shape_figures.py makes them."""
    questionnaire = questionnaire_of(tallied)
    documents: list[dict[str, Any]] = []
    for number, registered in enumerate(tallied.editions):
        answers: Any = [
            SimpleNamespace(
                unit="",
                rows=[
                    SimpleNamespace(place=place, state="answered", value=value)
                    for place, value in zip((*AXES, "patients"), (*key, n), strict=True)
                ],
            )
            for key, n in registered
        ]
        made = tallying.tally_figures(tallied.plans, questionnaire, [], answers, tallied.k)
        if documents:
            made = tallying.advanced_tallies(documents[-1], made, tallied.k)
        documents.append(
            {
                "made_on": f"2026-01-{number + 1:02}",
                "registrations": {"tallies": made, "units": {"a": "A"}},
            }
        )
    return documents


class TallyAttacker(World):
    """Knows every sum that any tally of any edition shows."""

    def __init__(self, tallied: Tallied, documents: Sequence[dict[str, Any]]) -> None:
        self.tallied, self.documents = tallied, documents
        self.keys = list(itertools.product(*tallied.names))
        super().__init__(len(self.keys) * len(documents))
        self.most = 50.0 + sum(n for _, n in tallied.editions[-1])

    def sum_of(
        self, by: Sequence[str], cell: Sequence[str], edition: int, since: int = 0
    ) -> Vector:
        """A cell or a total of a tally, as a sum over the unknowns."""
        part = np.array(
            [
                float(
                    all(
                        name in (key[AXES.index(axis)], TOTAL)
                        for axis, name in zip(by, cell, strict=True)
                    )
                )
                for key in self.keys
            ]
        )
        none = np.zeros(len(self.keys))
        return np.concatenate(
            [part if since <= number <= edition else none for number in range(len(self.documents))]
        )

    def truth(self) -> Vector:
        """The sums themselves."""
        parts, before = [], 0
        for registered in self.tallied.editions:
            sums = dict.fromkeys(self.keys, 0)
            for key, n in registered[before:]:
                sums[key] += n
            before = len(registered)
            parts += [float(sums[key]) for key in self.keys]
        return np.array(parts)

    def read(self) -> None:
        """Takes every shown sum in; no sum is below nobody."""
        self.know(np.ones(self.size), 0, np.inf)
        for number, tally, cell, n in self._cells():
            if n is not None:
                self.know(self.sum_of(tally["by"], cell, number), n, n)

    def _cells(self) -> Iterator[tuple[int, Any, tuple[str, str], int | None]]:
        for number, document in enumerate(self.documents):
            for tally in document["registrations"]["tallies"]:
                if tally["since"] is not None:
                    continue
                for row, cells in zip(tally["rows"], tally["cells"], strict=True):
                    for column, n in zip(tally["columns"], cells, strict=True):
                        yield number, tally, (row, column), n

    def hidden(self) -> Iterator[Hidden]:
        """Every sum of 1 to k-1 that is not shown, and every one of 1 to k-1 who came since."""
        truth = self.truth()
        for number, tally, cell, n in self._cells():
            for since in {0, number}:
                terms = self.sum_of(tally["by"], cell, number, since)
                value = round(float(terms @ truth))
                if 0 < value < self.tallied.k and (since or n is None):
                    name = f"edition {number + 1} since {since} {tally['id']} {cell}"
                    yield Hidden("patients", name, "sum of a tally", terms, value)
