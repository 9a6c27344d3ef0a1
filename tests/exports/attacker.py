"""An attacker who reads the figures of a round's editions as they are published, and solves for what they do not say.

Its world is the whole round: how many people there are of each kind (unit, answers to the questions that tables are broken
down by, answer to the attacked question), whole and not negative, in the first edition, and how many came between one edition
and the next. Everything published becomes an equation or a bound over these: n, asked, don't know and the like, counts of
options and of merged options, means (rounded ones as intervals), medians, quartiles and histograms of numbers, and what the
reason beside a hidden figure says of it. What an edition compares (attacker_compared.py) is read after its tables. Which figures
there are, and what becomes of each, stands in every_figure.py; worlds.py solves.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exports.tables import UnitPlace
from tests.exports.worlds import Mask, Vector, World

OUTSIDE = {
    "dont_know": "~dont_know",
    "not_relevant": "~not_relevant",
    "unanswered": "~unanswered",
}


@dataclass(frozen=True)
class Asked:
    """What everybody knows of a question: its kind, its options (id, tone, score) or the numbers that can be answered, and
    the states outside the base that it can have."""

    kind: str
    options: tuple[tuple[str, str, float], ...] = ()
    numbers: tuple[int, ...] = ()
    outside: tuple[str, ...] = ("~unanswered",)

    def answers(self) -> list[Any]:
        """Every answer that a person can give; the states outside the base are among them. For several answers, each set."""
        outside: list[Any] = list(self.outside)
        if self.kind == "number":
            return [*self.numbers, *outside]
        names = [name for name, _, _ in self.options]
        if self.kind == "several":
            sets = [
                frozenset(chosen)
                for size in range(1, len(names) + 1)
                for chosen in itertools.combinations(names, size)
            ]
            return [*sets, *outside]
        return [*names, *outside]


class Attacker(World):
    """Unknowns: people by kind in the first edition, then those who came before each further one, then yes-or-no helpers."""

    def __init__(
        self,
        questions: Mapping[str, Asked],
        places: Sequence[UnitPlace],
        documents: Sequence[Mapping[str, Any]],
        k: int,
    ) -> None:
        self.questions, self.k = questions, k
        axes: dict[str, list[Any]] = {name: one.answers() for name, one in questions.items()}
        if places:
            axes["unit"] = [place.id for place in places]
        self.axes = list(axes)
        self.kinds = list(itertools.product(*axes.values()))
        super().__init__(len(self.kinds) * len(documents))
        self.places = {place.id: place for place in places}
        self.documents = documents
        self.editions = len(documents)
        self._cache: dict[Any, Mask] = {}

    # --- who

    def of(self, by: Sequence[str], key: Sequence[str]) -> Mask:
        """The kinds of people in a group of a table."""
        known = (tuple(by), tuple(key))
        if known not in self._cache:
            mask = np.ones(len(self.kinds), dtype=bool)
            for axis, value in zip(by, key, strict=True):
                mask &= self._on_axis(axis, value)
            self._cache[known] = mask
        return self._cache[known]

    def _on_axis(self, axis: str, value: str) -> Mask:
        at = self.axes.index("unit" if axis in ("area", "region") else axis)

        def within(unit: str) -> bool:
            place = self.places[unit]
            if axis == "area":
                return value in {area for area, _ in place.areas}
            return place.region is not None and place.region[0] == value

        if axis in ("area", "region"):
            return np.array([within(kind[at]) for kind in self.kinds])
        return np.array([kind[at] == value for kind in self.kinds])

    def answering(self, question: str, test: Callable[[Any], bool]) -> Mask:
        """The kinds of people whose answer to a question is such."""
        at = self.axes.index(question)
        return np.array([test(kind[at]) for kind in self.kinds])

    def valid(self, question: str) -> Mask:
        """Those with a valid answer."""
        return self.answering(question, lambda answer: answer not in OUTSIDE.values())

    def giving(self, question: str, cell: str | int) -> Mask:
        """Those who are counted in a cell: an option, a tone, or a state outside the base."""
        known = (question, cell)
        if known not in self._cache:
            self._cache[known] = self._giving(question, cell)
        return self._cache[known]

    def _giving(self, question: str, cell: str | int) -> Mask:
        asked = self.questions[question]
        tones = {name: tone for name, tone, _ in asked.options}
        if cell in ("favourable", "neutral", "unfavourable") and cell not in tones:
            return self.answering(question, lambda answer: tones.get(answer) == cell)
        if asked.kind == "several" and cell not in asked.outside:
            return self.answering(
                question, lambda answer: isinstance(answer, frozenset) and cell in answer
            )
        return self.answering(question, lambda answer: answer == cell)

    def terms(
        self, mask: Mask, edition: int, weights: Vector | None = None, *, since: int = 0
    ) -> Vector:
        """A vector over the unknowns: those of the mask in an edition; with `since` only who came after that edition."""
        one = np.where(mask, 1.0 if weights is None else weights, 0.0)
        none = np.zeros(len(self.kinds))
        parts = [one if since <= number <= edition else none for number in range(self.editions)]
        return np.concatenate(parts)

    # --- what is known

    def know_size(self, by: Sequence[str], key: Sequence[str], edition: int, size: int) -> None:
        """How many people a group has, whatever they answered."""
        self.know(self.terms(self.of(by, key), edition), size, size)
        self.most = max(self.most, size)

    def read(self) -> None:
        """Takes every published figure in."""
        for number, document in enumerate(self.documents):
            for table in document["tables"]:
                for group in table["groups"]:
                    # What stands from an earlier edition was read there.
                    if group["since"] is None:
                        self._read_group(table, group, number)

    def edition_of(self, since: str | None, number: int) -> int:
        """The edition that figures come from which stand in another with a date."""
        days = [document["made_on"] for document in self.documents]
        return number if since is None else days.index(since)

    def _read_group(self, table: Mapping[str, Any], group: Mapping[str, Any], number: int) -> None:
        question = table["question"]
        people = self.of(table["by"], group["group"])
        valid = people & self.valid(question)
        if group["state"] == "hidden":
            self._read_reason(question, people, valid, group["why"], number)
            return
        n = group["n"]
        self.know(self.terms(valid, number), n, n)
        if group["asked"] is not None:
            self.know(self.terms(people, number), group["asked"], group["asked"])
        for name, count in (group["outside"] or {}).items():
            self.know(
                self.terms(people & self.giving(question, OUTSIDE[name]), number), count, count
            )
        for cell in group["cells"]:
            terms = self.terms(people & self.giving(question, cell["cell"]), number)
            self.know_share(terms, n, cell)
            if cell["n"] is not None:
                self.know(terms, cell["n"], cell["n"])
            elif cell["why"] == "few-cell":
                self.know(terms, 1, self.k - 1)
            elif cell["why"] == "complement-cell":
                helper = self.helper()
                self.row_if(helper, terms, self.k, math.inf)
                self.row(
                    {
                        **{int(i): float(terms[i]) for i in np.flatnonzero(terms)},
                        helper: -self.most,
                    },
                    -math.inf,
                    0,
                )
        if group["favourable"] is not None:
            count = group["favourable"]["n"]
            terms = self.terms(people & self.giving(question, "favourable"), number)
            self.know_share(terms, n, group["favourable"])
            self.know(terms, count, count)
        asked = self.questions[question]
        if asked.kind == "number":
            self._read_numbers(question, group, valid, n, number)
        elif group["mean"] is not None:
            terms = self.terms(valid, number, self.weights(question, "mean"))
            half = (group["mean_step"] or 0.0) / 2
            slack = 1e-7 if group["mean_step"] is None else 0.0
            self.know(terms, (group["mean"] - half) * n - slack, (group["mean"] + half) * n + slack)

    def know_share(self, terms: Vector, n: int, told: Mapping[str, Any]) -> None:
        """A share of n people, and the interval around it: each says the count, also where the count itself is not told."""
        if told["share"] is not None and told["n"] is None:
            self.know(terms, told["share"] * n - 1e-6, told["share"] * n + 1e-6)
        # The interval is made of share and n; beside a hidden count it would have to be solved for it.
        assert told["low"] is None or told["share"] is not None
        assert told["high"] is None or told["share"] is not None

    def _read_reason(self, question: str, people: Mask, valid: Mask, why: str, number: int) -> None:
        """What the reason beside a hidden group says of it."""
        if why == "no-answers":
            self.know(self.terms(people, number), 0, 0)
        elif why == "too-few":
            self.know(self.terms(valid, number), 0, self.k - 1)
        elif why == "complement":
            self.know(self.terms(valid, number), self.k, math.inf)
        elif why == "same-answer":
            asked = self.questions[question]
            answers = asked.numbers or [name for name, _, _ in asked.options]
            helpers = [self.helper() for _ in answers]
            self.row(dict.fromkeys(helpers, 1.0), 1, 1)
            for answer, helper in zip(answers, helpers, strict=True):
                others = valid & ~self.giving(question, answer)
                self.row_if(helper, self.terms(others, number), -math.inf, 0)

    def _read_numbers(
        self, question: str, group: Mapping[str, Any], valid: Mask, n: int, number: int
    ) -> None:
        numbers = self.numbers(question)
        if group["mean"] is not None:
            total = round(group["mean"] * n)
            self.know(self.terms(valid, number, numbers), total, total)
        if group["median"] is not None:
            self.read_quantile(valid, numbers, n, 0.5, group["median"], number)
        if group["quartiles"] is not None:
            for probability, value in zip((0.25, 0.75), group["quartiles"], strict=True):
                self.read_quantile(valid, numbers, n, probability, value, number)
        if group["histogram"] is not None:
            counts = {low: count for low, _, count in group["histogram"]}
            for value in self.questions[question].numbers:
                count = counts.get(value, 0)
                self.know(self.terms(valid & (numbers == value), number), count, count)

    def numbers(self, question: str) -> Vector:
        """The number that each kind of person answered; 0 where none."""
        at = self.axes.index(question)
        return np.array([kind[at] if isinstance(kind[at], int) else 0.0 for kind in self.kinds])

    def weights(self, question: str, measure: str) -> Vector:
        """What each kind of person adds to a sum: a score, a number, or one where the answer is favourable."""
        asked, at = self.questions[question], self.axes.index(question)
        if measure == "favourable":
            return np.where(self.giving(question, "favourable"), 1.0, 0.0)
        if asked.kind == "number":
            return self.numbers(question)
        scores = {name: score for name, _, score in asked.options}
        return np.array([scores.get(kind[at], 0.0) for kind in self.kinds])

    def read_quantile(
        self, valid: Mask, numbers: Vector, n: int, probability: float, value: float, number: int
    ) -> None:
        """Hyndman and Fan's definition 2, as exports/statistics.py has it: where exactly p*n of the numbers do not exceed one,
        the value lies half-way to the next, else it is that number."""
        wanted = probability * n
        whole = math.isclose(wanted, round(wanted))

        def up_to(limit: float) -> Vector:
            return self.terms(valid & (numbers <= limit), number)

        below = self.terms(valid & (numbers < value), number)
        helpers = []
        if value in numbers:
            helper = self.helper()
            helpers.append(helper)
            # Fewer than p*n lie below it, and more than p*n do not exceed it.
            self.row_if(
                helper, below, -math.inf, round(wanted) - 1 if whole else math.floor(wanted)
            )
            self.row_if(
                helper, up_to(value), round(wanted) + 1 if whole else math.ceil(wanted), math.inf
            )
        if whole:
            for low, high in itertools.combinations(sorted(set(numbers)), 2):
                if (low + high) / 2 != value:
                    continue
                helper = self.helper()
                helpers.append(helper)
                exact = round(wanted)
                between = self.terms(valid & (numbers < high), number)
                self.row_if(helper, up_to(low), exact, exact)
                self.row_if(helper, between, exact, exact)
                for end in (low, high):
                    self.row_if(helper, self.terms(valid & (numbers == end), number), 1, math.inf)
        self.row(dict.fromkeys(helpers, 1.0), 1, math.inf)
