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
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from exports import disclosure_cells, disclosure_levels, figures
from exports.disclosure_levels import Level
from exports.disclosure_means import Means
from exports.statistics import mean_of_scores
from tests.exports.attacked_rounds import (
    QUESTIONS,
    K,
    Publish,
    Round,
    Tables,
    published,
    random_round,
)
from tests.exports.attacker import OUTSIDE, Asked, Attacker, Hidden

ROUNDS = 2000 if os.environ.get("SVARBOKS_PROOF") == "1" else 100
MERGED = "option of a merged group"


class Truth:
    """What the attacker is after: the people themselves, as counts over the attacker's kinds."""

    def __init__(self, attacked: Round, attacker: Attacker) -> None:
        index = {kind: at for at, kind in enumerate(attacker.kinds)}
        counts = []
        before: Counter[Any] = Counter()
        for people in attacked.editions:
            now = Counter(
                tuple(
                    frozenset(person[axis]) if isinstance(person[axis], list) else person[axis]
                    for axis in attacker.axes
                )
                for person in people
            )
            counts.append(np.zeros(len(attacker.kinds)))
            for kind, n in (now - before).items():
                counts[-1][index[kind]] = n
            before = now
        self.vector = np.concatenate(counts)

    def of(self, terms: Any) -> int:
        return round(float(terms @ self.vector))


def attacker_of(attacked: Round, editions: Sequence[Tables]) -> Attacker:
    used = {table.question for table in attacked.plan} | {
        axis for table in attacked.plan for axis in table.by
    }
    asked = {name: one for name, one in QUESTIONS.items() if name in used}
    geographic = used & {"unit", "area", "region"}
    attacker = Attacker(asked, attacked.places if geographic else (), editions, K)
    truth = Truth(attacked, attacker)

    def size(by: Sequence[str], key: Sequence[str], number: int) -> None:
        terms = attacker.terms(attacker.of(by, key), number)
        attacker.know_size(by, key, number, truth.of(terms))

    for number in range(len(editions)):
        size((), (), number)
        if geographic:
            for place in attacked.places:
                size(("unit",), (place.id,), number)
        for table in editions[number]:
            if sizes_known(attacked, table):
                for group in table["groups"]:
                    size(table["by"], group["group"], number)
    attacker.read()
    return attacker


def sizes_known(attacked: Round, table: dict[str, Any]) -> bool:
    """Whether the attacker is told the size of a table's groups: not where it is an answer to a guarded question, nor
    where a table of the round shows or hides it itself."""
    answers = {one.question for one in attacked.plan}
    return not set(table["by"]) & ({"sort"} | answers)


def hidden_numbers(
    attacked: Round, editions: Sequence[Tables], attacker: Attacker
) -> Iterator[Hidden]:
    """Everything that is hidden and is somebody."""
    truth = Truth(attacked, attacker)

    def wanted(
        what: str, name: str, terms: Any, most: float = np.inf, of: str = ""
    ) -> Iterator[Hidden]:
        value = truth.of(terms)
        if 0 < value < most:
            yield Hidden(of or question, name, what, terms, value)

    for number, tables in enumerate(editions):
        for table in tables:
            question = table["question"]
            asked = QUESTIONS[question]
            guarded = table["guarded"]
            cells: list[str | int] = [name for name, _, _ in asked.options] or list(asked.numbers)
            for group in table["groups"]:
                name = f"edition {number + 1}, {table['id']} {group['group']}"
                people = attacker.of(table["by"], group["group"])
                valid = people & attacker.valid(question)
                n = truth.of(attacker.terms(valid, number))
                if group["since"] is not None:
                    continue
                if "sort" in table["by"] and group["state"] == "hidden":
                    chose = group["group"][table["by"].index("sort")]
                    # Who left the question unanswered gave no answer to it.
                    if not chose.startswith("~"):
                        terms = attacker.terms(people, number)
                        yield from wanted(
                            "size of a guarded group", f"{name} size", terms, K, "sort"
                        )
                shown = {cell["cell"]: cell["n"] for cell in group["cells"]}
                for cell in cells:
                    terms = attacker.terms(people & attacker.giving(question, cell), number)
                    if shown.get(cell) is not None:
                        continue
                    if group["state"] == "hidden" and n < K:
                        yield from wanted("small group", f"{name} {cell}", terms)
                    elif guarded and asked.kind != "number":
                        yield from wanted("guarded cell", f"{name} {cell}", terms, K)
                    elif held_back_by_merging(group, asked, cell):
                        yield from wanted(MERGED, f"{name} {cell}", terms)
                if asked.kind == "number" and group["state"] == "hidden" and n < K:
                    terms = attacker.terms(valid, number, attacker.numbers(question))
                    yield from wanted("sum of a small group", f"{name} sum", terms)
                if number and group["state"] != "hidden":
                    newcomers = truth.of(attacker.terms(valid, number, since=number))
                    if 0 < newcomers < K:
                        for cell in cells:
                            mask = people & attacker.giving(question, cell)
                            terms = attacker.terms(mask, number, since=number)
                            yield from wanted("few newcomers", f"{name} new {cell}", terms)
                if guarded and number and group["state"] != "hidden":
                    for cell in (*cells, "~dont_know"):
                        terms = attacker.terms(
                            people & attacker.giving(question, cell), number, since=number
                        )
                        yield from wanted("guarded newcomers", f"{name} new {cell}", terms, K)


def held_back_by_merging(group: dict[str, Any], asked: Asked, cell: str | int) -> bool:
    """Whether a merged group shows the tone of an option and not the option: those alone in their tone it shows."""
    if group["state"] != "merged" or not any(one["state"] == "merged" for one in group["cells"]):
        return False
    tones = {name: tone for name, tone, _ in asked.options}
    return sum(1 for tone in tones.values() if tone == tones.get(str(cell))) > 1


def told_by_a_shown_group(
    hidden: Hidden, attacked: Round, editions: Sequence[Tables], attacker: Attacker
) -> bool:
    """Whether somebody's answer is that of everyone in a larger group that may be shown."""
    truth = Truth(attacked, attacker)
    for number, tables in enumerate(editions):
        for table in tables:
            if table["question"] != hidden.question or table["guarded"]:
                continue
            asked = QUESTIONS[table["question"]]
            answers = {tone for _, tone, _ in asked.options if tone} or {
                name for name, _, _ in asked.options
            }
            for group in table["groups"]:
                if group["state"] == "hidden":
                    continue
                people = attacker.of(table["by"], group["group"])
                covered = attacker.terms(people, attacker.editions - 1) > 0
                if not np.all(covered[hidden.terms > 0]):
                    continue
                whole = truth.of(attacker.terms(people, number))
                for cell in [*answers, *asked.numbers, *OUTSIDE.values()]:
                    mask = people & attacker.giving(table["question"], cell)
                    if truth.of(attacker.terms(mask, number)) == whole:
                        return True
    return False


def told_by_counts(
    pinned: Sequence[Hidden], attacked: Round, editions: Sequence[Tables], rng: random.Random
) -> set[str]:
    """Options of merged groups that are pinned without any mean of a merged group: where nobody in the groups that merge gave
    the other answers of a tone, the sum of the tone is the count of the one."""
    bare = [
        [
            {
                **table,
                "groups": [
                    {**group, "mean": None} if group["state"] == "merged" else group
                    for group in table["groups"]
                ],
            }
            for table in tables
        ]
        for tables in editions
    ]
    names = {one.name for one in pinned if one.what == MERGED}
    attacker = attacker_of(attacked, bare)
    hidden = [one for one in hidden_numbers(attacked, bare, attacker) if one.name in names]
    return {one.name for one in attacker.attack(hidden, rng).pinned}


@dataclass
class Result:
    """What the attacks of a campaign came to."""

    rounds: int = 0
    solves: int = 0
    hidden: Counter[str] = field(default_factory=Counter)
    pinned: list[str] = field(default_factory=list)
    unsolved: int = 0
    told_by_counts: int = 0

    def __str__(self) -> str:
        kinds = ", ".join(f"{n} {what}" for what, n in sorted(self.hidden.items()))
        return (
            f"{self.rounds} rounds, {self.hidden.total()} hidden numbers ({kinds}), {self.solves} solves, "
            f"{len(self.pinned)} pinned, {self.unsolved} not decided, {self.told_by_counts} options told by the counts of their tone"
        )


def campaign(
    rounds: int, seed: int, publish: Publish = published, *, until_found: bool = False
) -> Result:
    """Attacks random rounds; with `until_found` only until something is pinned."""
    result = Result()
    for number in range(rounds):
        # Each round from a seed of its own, so that one can be looked at alone.
        rng = random.Random(f"{seed} {number}")
        attacked = random_round(rng)
        editions = publish(attacked)
        attacker = attacker_of(attacked, editions)
        hidden = list(hidden_numbers(attacked, editions, attacker))
        attack = attacker.attack(hidden, rng)
        result.rounds += 1
        result.solves += attack.solves
        result.hidden.update(one.what for one in hidden)
        result.unsolved += len(attack.unsolved)
        pinned = [
            one
            for one in attack.pinned
            if not told_by_a_shown_group(one, attacked, editions, attacker)
        ]
        if any(one.what == MERGED for one in pinned):
            told = told_by_counts(pinned, attacked, editions, rng)
            result.told_by_counts += len(told)
            pinned = [one for one in pinned if one.name not in told]
        result.pinned += [
            f"round {number}: {one.what}: {one.name} must be {one.truth}" for one in pinned
        ]
        if until_found and result.pinned:
            break
    return result


@pytest.mark.campaign
def test_nothing_hidden_is_pinned() -> None:
    """P1, P2, P3."""
    result = campaign(ROUNDS, 20261126)
    print(result, file=sys.stderr)
    assert not result.pinned, "\n".join(result.pinned)
    assert not result.unsolved
    assert result.hidden.total() > 5 * ROUNDS


def _exact_means(means: Means) -> None:
    for space in means.spaces:
        for group, _ in space.groups:
            if group.level is Level.MERGED and group.n:
                scored = ((means.score[cell], n) for cell, n in group.counts.items())
                group.mean, group.step = mean_of_scores(scored), None


def _always_advancing(attacked: Round) -> list[Tables]:
    return [published(replace(attacked, editions=(people,)))[0] for people in attacked.editions]


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


def test_the_attacker_reads_editions() -> None:
    """P4: figures that advance with every answer give the last ones away."""
    result = campaign(30, 8, _always_advancing, until_found=True)
    assert "newcomers" in "\n".join(result.pinned), result
