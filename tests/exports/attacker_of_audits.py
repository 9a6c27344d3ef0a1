"""An attacker who reads agreements of two auditors and kappa beside the tables of the same question.

To the unknowns of attacker.py (answers by unit, auditor and option) come pairs: how many cases of a unit the first auditor gave this
answer and the second that. Agreements are sums of pairs; kappa, with n and the agreements, is the sum over the options of the
products of both auditors' numbers, and each such division of the cases is a case of its own. Beside them stand random audits.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from exports import agreement, shape_figures
from forms.report_parts import AgreementPlan
from tests.exports.attacked_rounds import (
    QUESTIONS,
    READ,
    Document,
    K,
    Person,
    Round,
    published,
    random_places,
)
from tests.exports.attacker import Attacker
from tests.exports.cast import Planned

AUDITORS = ("hospital", "town")
#: So many divisions of the cases that have one kappa are looked at; more leave it as good as unread.
MOST_DIVISIONS = 60


def random_audit(rng: random.Random) -> Round:
    """Cases that two auditors read, some of them one alone; the same cases grow from one edition to the next."""
    question = rng.choice(["plan", "plan", "scale", "plain"])
    guarded = rng.random() < 0.5
    plan = [Planned("t", question, (), "options", guarded)]
    for by in ("unit", "auditor", "area"):
        if rng.random() < 0.5:
            plan.append(Planned(f"t_{by}", question, (by,), "options", guarded))
    places = random_places(rng)[: rng.randrange(2, 4)]
    answers = QUESTIONS[question].answers()
    weights = [rng.choice([1, 3, 10]) for _ in answers]
    weights[-1] = rng.choice([0, 0, 1])
    spread = [rng.choice([1, 3, 20]) for _ in places]
    agreeing = rng.choice([1.0, 1.0, 0.9, 0.6])
    alone = rng.choice([0.0, 0.0, 0.1])
    numbers = itertools.count(1)

    def case() -> list[Person]:
        unit = rng.choices(places, spread)[0].id
        first = rng.choices(answers, weights)[0]
        second = first if rng.random() < agreeing else rng.choices(answers, weights)[0]
        number = next(numbers)
        read = [
            {question: given, "auditor": auditor, "unit": unit, "case": number}
            for auditor, given in zip(AUDITORS, (first, second), strict=True)
        ]
        return [rng.choice(read)] if rng.random() < alone else read

    people = [one for _ in range(rng.choice([6, 12, 35, 80])) for one in case()]
    editions = [tuple(people)]
    if rng.random() < 0.5:
        people += [one for _ in range(rng.choice([2, 6, 12, 30])) for one in case()]
        editions.append(tuple(people))
    return Round(
        question, guarded, tuple(plan), places, tuple(editions), kept_back=(1,) * len(places)
    )


def audited(attacked: Round) -> list[Document]:
    """The figures of each edition, with the agreement as exports/shape_figures.py makes it."""
    plan = AgreementPlan(case="case", auditor="auditor", questions=(attacked.question,))
    questionnaire = replace(
        READ,
        sections=tuple(
            replace(
                section,
                questions=tuple(
                    replace(one, sensitive=attacked.guarded) if one.id == attacked.question else one
                    for one in section.questions
                ),
            )
            for section in READ.sections
        ),
    )
    documents = published(attacked)
    for number, (document, people) in enumerate(zip(documents, attacked.editions, strict=True)):
        answers: Any = [response_of(person, attacked.question) for person in people]
        made = agreement.agreement_figures(plan, questionnaire, answers, K, document["tables"])
        last = documents[number - 1] if number else None
        document["agreement"] = shape_figures.standing_agreement(made, last, K)
    return documents


def response_of(person: Mapping[str, Any], question: str) -> Any:
    """A person's answers as they are kept."""
    rows = []
    for place in ("case", "auditor", question):
        given = person[place]
        outside = isinstance(given, str) and given.startswith("~")
        state, value = (given[1:], None) if outside else ("answered", given)
        rows.append(SimpleNamespace(place=place, state=state, value=value))
    return SimpleNamespace(rows=rows)


class Pairs:
    """The pairs of the cases of a round, beside the unknowns of an attacker; per edition those who came since the last."""

    def __init__(self, attacker: Attacker, question: str) -> None:
        self.attacker, self.question = attacker, question
        asked = attacker.questions[question]
        self.options = [name for name, _, _ in asked.options]
        units = list(attacker.places) or [""]
        self.numbers = {
            (edition, unit, first, second): attacker.number_beside()
            for edition in range(attacker.editions)
            for unit in units
            for first, second in itertools.product(asked.answers(), repeat=2)
        }
        # Each answer of an auditor in a unit is in one pair at most; the rest read their cases alone.
        for edition, unit in itertools.product(range(attacker.editions), units):
            for at, auditor in enumerate(AUDITORS):
                for given in asked.answers():
                    mask = attacker.of(("auditor",), (auditor,))
                    mask = mask & attacker.answering(
                        question, lambda one, given=given: one == given
                    )  # type: ignore[misc]
                    if unit:
                        mask = mask & attacker.of(("unit",), (unit,))
                    terms = attacker.terms(mask, edition, since=edition)
                    row = {index: 1.0 for index in range(attacker.size) if terms[index]}
                    for (number, where, *both), column in self.numbers.items():
                        if (number, where) == (edition, unit) and both[at] == given:
                            row[column] = -1.0
                    attacker.row(row, 0, float("inf"))

    def such(self, edition: int, test: Any) -> dict[int, float]:
        """The pairs of an edition that are such."""
        return {
            column: 1.0
            for (number, _, first, second), column in self.numbers.items()
            if number <= edition and test(first, second)
        }

    def read(self, documents: Sequence[Document]) -> None:
        """Takes the agreement of each edition in."""
        for number, document in enumerate(documents):
            told = document["agreement"]
            if told["since"] is not None:
                continue
            row, double = self.attacker.row, told["double"]
            row(self.such(number, lambda *_: True), double, double)
            # So many cases were read by one alone.
            everyone = self.attacker.terms(self.attacker.of((), ()), number)
            people = double + told["cases"]
            self.attacker.know(everyone, people, people)
            for one in told["questions"]:
                self._read(one, number)

    def _read(self, one: Mapping[str, Any], number: int) -> None:
        row = self.attacker.row

        def valid(*both: str) -> bool:
            return not any(given.startswith("~") for given in both)

        pairs = self.such(number, valid)
        if one["n"] is None:
            if one["why"] == "too-few":
                row(pairs, 0, K - 1)
            assert one["agreed"] is None
            assert one["kappa"] is None
            return
        n, agreed = one["n"], one["agreed"]
        row(pairs, n, n)
        row(self.such(number, lambda a, b: valid(a, b) and a == b), agreed, agreed)
        if one["why"] == "same-answer":
            helpers = {self.attacker.helper(): option for option in self.options}
            row(dict.fromkeys(helpers, 1.0), 1, 1)
            for helper, option in helpers.items():
                self._if(helper, self.such(number, lambda a, b, o=option: a == b == o), n)
        elif one["kappa"] == 1.0:
            for option in self.options:
                row(self.such(number, lambda a, b, o=option: a == b == o), 0, n - 1)
        elif one["kappa"] is not None:
            self._read_kappa(n, agreed, one["kappa"], number)

    def _read_kappa(self, n: int, agreed: int, kappa: float, number: int) -> None:
        """(n·agreed − e) / (n² − e) = kappa, solved for e, the sum of products; then every division of the cases with that e."""
        expected = round((n * agreed - kappa * n * n) / (1 - kappa))
        if len(self.options) != 2:
            return
        divisions = [
            (first, second)
            for first, second in itertools.product(range(n + 1), repeat=2)
            if first * second + (n - first) * (n - second) == expected
        ]
        if len(divisions) > MOST_DIVISIONS:
            return
        one = self.options[0]
        helpers = [self.attacker.helper() for _ in divisions]
        self.attacker.row(dict.fromkeys(helpers, 1.0), 1, 1)
        for helper, (first, second) in zip(helpers, divisions, strict=True):
            for at, count in enumerate((first, second)):
                self._if(
                    helper,
                    self.such(
                        number,
                        lambda *both, at=at: (
                            both[at] == one and not any(given.startswith("~") for given in both)
                        ),
                    ),
                    count,
                )

    def _if(self, helper: int, terms: dict[int, float], value: int) -> None:
        big = self.attacker.most + 1
        self.attacker.row({**terms, helper: -big}, value - big, float("inf"))
        self.attacker.row({**terms, helper: big}, -float("inf"), value + big)
