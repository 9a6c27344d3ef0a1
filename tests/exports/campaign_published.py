"""Attacks on random rounds by everything that they publish: what is hidden in them, and what an attack came to."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.exports.attacked_rounds import (
    QUESTIONS,
    Document,
    K,
    Publish,
    Round,
    published,
    random_round,
)
from tests.exports.attacker import OUTSIDE, Asked, Attacker
from tests.exports.attacker_compared import read_compared, read_trends
from tests.exports.watched import places_of, watched
from tests.exports.worlds import Attack, Hidden

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


def attacker_of(
    attacked: Round,
    editions: Sequence[Document],
    later: Sequence[Document] = (),
    *,
    sizes: bool = True,
    also: Sequence[str] = (),
) -> Attacker:
    """`later`: the documents of the next round, whose trends speak of this one. `sizes`: the attacker is told how large
    every group is; else it knows only what is published of it. `also`: what its world is divided by beside what tables are."""
    used = {table.question for table in attacked.plan} | {*also}
    used |= {axis for table in attacked.plan for axis in table.by}
    asked = {name: one for name, one in QUESTIONS.items() if name in used}
    geographic = used & {"unit", "area", "region"}
    attacker = Attacker(asked, attacked.places if geographic else (), editions, K)
    truth = Truth(attacked, attacker)

    def size(by: Sequence[str], key: Sequence[str], number: int) -> None:
        terms = attacker.terms(attacker.of(by, key), number)
        attacker.know_size(by, key, number, truth.of(terms))

    for number in range(len(editions)):
        size((), (), number)
        if not sizes:
            continue
        if geographic:
            for place in attacked.places:
                size(("unit",), (place.id,), number)
        for table in editions[number]["tables"]:
            if sizes_known(attacked, table):
                for group in table["groups"]:
                    size(table["by"], group["group"], number)
    attacker.read()
    read_compared(attacker)
    for document in later:
        read_trends(attacker, document)
    attacker.check(truth.vector)
    return attacker


def sizes_known(attacked: Round, table: dict[str, Any]) -> bool:
    """Whether the attacker is told the size of a table's groups: not where it is an answer to a guarded question, nor
    where a table of the round shows or hides it itself."""
    answers = {one.question for one in attacked.plan}
    return not set(table["by"]) & ({"sort"} | answers)


def hidden_numbers(
    attacked: Round, editions: Sequence[Document], attacker: Attacker
) -> Iterator[Hidden]:
    """Everything that is hidden and is somebody."""
    truth = Truth(attacked, attacker)

    def wanted(
        what: str, name: str, terms: Any, most: float = np.inf, of: str = ""
    ) -> Iterator[Hidden]:
        value = truth.of(terms)
        if 0 < value < most:
            yield Hidden(of or question, name, what, terms, value)

    for number, document in enumerate(editions):
        for table in document["tables"]:
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
    hidden: Hidden, attacked: Round, editions: Sequence[Document], attacker: Attacker
) -> bool:
    """Whether somebody's answer is that of everyone in a larger group that may be shown."""
    truth = Truth(attacked, attacker)
    for number, document in enumerate(editions):
        for table in document["tables"]:
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
    pinned: Sequence[Hidden], attacked: Round, editions: Sequence[Document], rng: random.Random
) -> set[str]:
    """Options of merged groups that are pinned without any mean of a merged group: where nobody in the groups that merge gave
    the other answers of a tone, the sum of the tone is the count of the one."""
    bare = [
        {
            # What is compared by a mean says that mean once more.
            **{name: document[name] for name in ("round", "edition", "made_on", "about")},
            "tables": [
                {
                    **table,
                    "groups": [
                        {**group, "mean": None} if group["state"] == "merged" else group
                        for group in table["groups"]
                    ],
                }
                for table in document["tables"]
            ],
        }
        for document in editions
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
    told_by_tables: int = 0
    #: Places of the documents that hold something, and those that the attacker has looked at.
    places: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    def add(self, hidden: Sequence[Hidden], attack: Attack) -> None:
        """Counts an attack in; what was pinned is looked at apart."""
        self.solves += attack.solves
        self.hidden.update(one.what for one in hidden)
        self.unsolved += len(attack.unsolved)

    def __str__(self) -> str:
        kinds = ", ".join(f"{n} {what}" for what, n in sorted(self.hidden.items()))
        return (
            f"{self.rounds} rounds, {self.hidden.total()} hidden numbers ({kinds}), {self.solves} solves, "
            f"{len(self.pinned)} pinned, {self.unsolved} not decided, {self.told_by_counts} options told by the counts of their tone, "
            f"{self.told_by_tables} sizes told by tables alone"
        )


def campaign(
    rounds: int,
    seed: int,
    publish: Publish = published,
    *,
    until_found: bool = False,
    first: int = 0,
) -> Result:
    """Attacks random rounds, and the rounds before them whose figures their trends repeat; with `until_found` only until
    something is pinned. `first`: the number of the first one, where only those from there on are attacked."""
    result = Result()
    for number in range(first, first + rounds):
        # Each round from a seed of its own, so that one can be looked at alone.
        rng = random.Random(f"{seed} {number}")
        attacked = random_round(rng)
        made = publish(attacked)
        result.places.update(place for document in made for place in places_of(document))
        editions = [watched(document, result.seen) for document in made]
        _attack(attacked, editions, (), rng, f"round {number}", result)
        _attack_sizes(attacked, editions, rng, f"round {number}", result)
        if attacked.earlier is not None:
            before = [watched(document, result.seen) for document in publish(attacked.earlier)]
            name = f"the round before {number}"
            _attack(attacked.earlier, before, editions, rng, name, result)
        result.rounds += 1
        if until_found and result.pinned:
            break
    return result


def _attack(
    attacked: Round,
    editions: Sequence[Document],
    later: Sequence[Document],
    rng: random.Random,
    name: str,
    result: Result,
) -> None:
    attacker = attacker_of(attacked, editions, later)
    hidden = list(hidden_numbers(attacked, editions, attacker))
    attack = attacker.attack(hidden, rng)
    result.add(hidden, attack)
    pinned = [
        one for one in attack.pinned if not told_by_a_shown_group(one, attacked, editions, attacker)
    ]
    if any(one.what == MERGED for one in pinned):
        told = told_by_counts(pinned, attacked, editions, rng)
        result.told_by_counts += len(told)
        pinned = [one for one in pinned if one.name not in told]
    result.pinned += [f"{name}: {one.what}: {one.name} must be {one.truth}" for one in pinned]


def _attack_sizes(
    attacked: Round,
    editions: Sequence[Document],
    rng: random.Random,
    name: str,
    result: Result,
) -> None:
    """What a unit returned and is not told, for somebody who knows no size but the published ones. What the tables of
    several questions give away without the rates is counted apart: the tables are not made to hide how many took part."""
    if not any("units" in document for document in editions):
        return
    attacker, hidden = _hidden_sizes(attacked, editions, editions)
    attack = attacker.attack(hidden, rng)
    result.add(hidden, attack)
    pinned = attack.pinned
    if pinned:
        bare = [{key: part for key, part in one.items() if key != "units"} for one in editions]
        attacker, hidden = _hidden_sizes(attacked, editions, bare)
        told = {one.name for one in attacker.attack(hidden, rng).pinned}
        result.told_by_tables += len(told)
        pinned = [one for one in pinned if one.name not in told]
    result.pinned += [f"{name}: {one.what}: {one.name} must be {one.truth}" for one in pinned]


def _hidden_sizes(
    attacked: Round, editions: Sequence[Document], read: Sequence[Document]
) -> tuple[Attacker, list[Hidden]]:
    """What the rates of `editions` do not tell, for an attacker who reads `read`."""
    attacker = attacker_of(attacked, read, sizes=False)
    truth = Truth(attacked, attacker)
    hidden = []
    for number, document in enumerate(editions):
        told = document.get("units")
        if not told or told["since"] is not None:
            continue
        for row in told["rows"]:
            terms = attacker.terms(attacker.of(("unit",), (row["unit"],)), number)
            size = truth.of(terms)
            if row["returned"] is None and 0 < size < K:
                what = f"edition {number + 1}, {row['unit']}"
                hidden.append(Hidden("", what, "size of a unit", terms, size))
    return attacker, hidden
