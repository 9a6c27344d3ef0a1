"""An attacker who reads journeys: people, places, moves, trouble and waiting, as a report publishes them.

Its unknowns: for each place, how many people made which moves to it, met trouble on which of them and waited how long; and how many
people were where, with or without trouble, over all places together. The two meet in the sums by place, which is all that ties
one place to another, so that nothing is lost. Beside it stand random journeys.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from exports import journeys, shape_figures
from forms.document import read_document
from forms.report_parts import JourneyPlan
from tests.exports.worlds import Hidden, Vector, World

DOCUMENT = """
format: 1
questionnaire: attacked-journeys
shape: interview
languages: {da: {state: reviewed, by: T, on: 2026-01-01}}
title: A
sections:
  - id: s
    title: S
    questions:
      - id: steps
        kind: group
        minimum: 0
        maximum: 20
        text: T
        questions:
          - {id: sector, kind: one_of, text: W, options: [%s]}
          - {id: from, kind: one_of, dont_know: true, text: F, options: [%s]}
          - {id: trouble, kind: one_of, text: B, options: [{id: "yes", text: Y}, {id: "no", text: N}]}
          - {id: waited, kind: number, minimum: 0, maximum: 50, decimals: 0, unit_text: u, text: H}
report: {tables: []}
"""
PLAN = JourneyPlan(
    group="steps",
    sector="sector",
    came_from="from",
    trouble="trouble",
    trouble_option="yes",
    waited="waited",
)
#: None of these lies half-way between two others.
WAITS = (1, 5, 8)

#: A step to a place: whether trouble was met, and how long one waited; None for no such step.
Step = tuple[bool, int | None] | None
#: What a person did at one place: a step for each that one can come from, and last one from nobody knows where.
State = tuple[Step, ...]
Journey = dict[str, State]


@dataclass(frozen=True)
class Interviews:
    """Journeys of people, as they had been told at each edition."""

    sectors: tuple[str, ...]
    origins: tuple[str, ...]
    waits: bool
    k: int
    editions: tuple[tuple[Journey, ...], ...]
    #: Whether it is known that everybody told where each step came from.
    all_known: bool = False


def random_interviews(rng: random.Random) -> Interviews:
    """A few places, some of them seldom visited; sometimes more people later."""
    sectors = tuple(f"s{i}" for i in range(rng.choice([2, 2, 3])))
    waits = rng.random() < 0.4
    origins = tuple(f"o{i}" for i in range(2 if waits else rng.choice([2, 3])))
    often = {
        (origin, sector): rng.choice([0.05, 0.2, 0.6]) for origin in origins for sector in sectors
    }
    unknown = rng.choice([0.0, 0.0, 0.05, 0.2])
    bad = {move: rng.choice([0.0, 0.1, 0.5, 0.9]) for move in often}

    def step(trouble: float) -> Step:
        waited = rng.choice([None, *WAITS]) if waits else None
        return rng.random() < trouble, waited

    def journey() -> Journey:
        while True:
            told = {
                sector: (
                    *(
                        step(bad[origin, sector]) if rng.random() < often[origin, sector] else None
                        for origin in origins
                    ),
                    step(0.0) if rng.random() < unknown else None,
                )
                for sector in sectors
            }
            if any(any(one) for one in told.values()):
                return told

    people = [journey() for _ in range(rng.choice([4, 9, 14, 25, 60]))]
    editions = [tuple(people)]
    if rng.random() < 0.5:
        people += [journey() for _ in range(rng.choice([2, 6, 12, 30]))]
        editions.append(tuple(people))
    return Interviews(
        sectors, origins, waits, rng.choice([3, 5]), tuple(editions), all_known=not unknown
    )


def told(interviews: Interviews) -> list[dict[str, Any]]:
    """The journeys of each edition, as exports/shape_figures.py makes them."""

    def options(names: Sequence[str]) -> str:
        return ", ".join(f"{{id: {name}, text: {name}}}" for name in names)

    questionnaire = read_document(
        DOCUMENT % (options(interviews.sectors), options(interviews.origins))
    )
    documents: list[dict[str, Any]] = []
    for number, people in enumerate(interviews.editions):
        answers: Any = [_response(person, interviews.origins) for person in people]
        made = journeys.journey_figures(PLAN, questionnaire, answers, interviews.k)
        last = documents[-1] if documents else None
        document = {"made_on": f"2026-01-{number + 1:02}"}
        documents.append(
            document | {"journeys": shape_figures.standing("journeys", made, last, interviews.k)}
        )
    return documents


def _response(person: Journey, origins: Sequence[str]) -> Any:
    rows = []
    numbers = itertools.count()
    for sector, state in person.items():
        for origin, step in zip((*origins, None), state, strict=True):
            if step is None:
                continue
            number, (trouble, waited) = next(numbers), step
            answers: dict[str, Any] = {
                "sector": sector,
                "from": origin,
                "trouble": "yes" if trouble else "no",
                "waited": waited,
            }
            for place, value in answers.items():
                state_of = "dont_know" if value is None else "answered"
                rows.append(
                    SimpleNamespace(place=f"steps/{number}/{place}", state=state_of, value=value)
                )
    return SimpleNamespace(rows=rows)


def _known(state: State) -> tuple[Step, ...]:
    """The steps from a place that is known: trouble counts on these alone."""
    return state[:-1]


def _sum_of(state: State) -> str:
    """What ties a place to the others: whether one was there, and met trouble on the way."""
    if not any(state):
        return "away"
    return "trouble" if any(one and one[0] for one in _known(state)) else "there"


class JourneyAttacker(World):
    """Knows every published figure of journeys, k, and the rules; solves for the moves that are not told."""

    def __init__(self, interviews: Interviews, documents: Sequence[dict[str, Any]]) -> None:
        self.interviews, self.documents = interviews, documents
        waits: tuple[int | None, ...] = (None, *WAITS) if interviews.waits else (None,)
        steps: list[Step] = [None, *itertools.product((False, True), waits)]
        unknown: list[Step] = [None, *((False, wait) for wait in waits)]
        if interviews.all_known:
            unknown = [None]
        states = list(itertools.product(*[steps] * len(interviews.origins), unknown))
        #: (place, what somebody did there), and what somebody did over all places.
        self.alone = [
            (sector, state) for sector in interviews.sectors for state in states if any(state)
        ]
        self.together = [
            one
            for one in itertools.product(
                ("away", "there", "trouble"), repeat=len(interviews.sectors)
            )
            if set(one) != {"away"}
        ]
        self.kinds = len(self.alone) + len(self.together)
        super().__init__(self.kinds * len(documents))
        self.most = max(len(people) for people in interviews.editions)
        for number in range(len(documents)):
            for at, sector in enumerate(interviews.sectors):
                for kind in ("there", "trouble"):
                    left = self.at(
                        sector, lambda one, kind=kind: _sum_of(one) == kind, number, number
                    )  # type: ignore[misc]
                    right = self.over(lambda one, at=at, kind=kind: one[at] == kind, number, number)  # type: ignore[misc]
                    self.know(left - right, 0, 0)

    def at(
        self, sector: str, weight: Callable[[State], float], edition: int, since: int = 0
    ) -> Vector:
        """A sum over what people did at one place, in an edition or since one."""
        part = np.array(
            [float(weight(state)) if where == sector else 0.0 for where, state in self.alone]
        )
        return self._over_editions(
            np.concatenate([part, np.zeros(len(self.together))]), edition, since
        )

    def over(self, test: Callable[[tuple[str, ...]], bool], edition: int, since: int = 0) -> Vector:
        """How many people did such a thing over all places."""
        part = np.array([float(test(one)) for one in self.together])
        return self._over_editions(
            np.concatenate([np.zeros(len(self.alone)), part]), edition, since
        )

    def _over_editions(self, part: Vector, edition: int, since: int) -> Vector:
        none = np.zeros(self.kinds)
        return np.concatenate(
            [part if since <= number <= edition else none for number in range(len(self.documents))]
        )

    def truth(self) -> Vector:
        """The people themselves."""
        counted = []
        before = 0
        for people in self.interviews.editions:
            alone = Counter(
                (sector, state) for one in people[before:] for sector, state in one.items()
            )
            together = Counter(
                tuple(_sum_of(one[sector]) for sector in self.interviews.sectors)
                for one in people[before:]
            )
            before = len(people)
            counted += [float(alone[one]) for one in self.alone]
            counted += [float(together[one]) for one in self.together]
        return np.array(counted)

    # --- what is published

    def read(self) -> None:
        """Takes every figure of the journeys in; how many answers came the round says itself."""
        for number, document in enumerate(self.documents):
            everyone = self.over(lambda _: True, number)
            came = len(self.interviews.editions[number])
            self.know(everyone, came, came)
            journeys_told = document["journeys"]
            if journeys_told["since"] is None:
                self._read(journeys_told, number)

    def _read(self, one: Any, number: int) -> None:
        k = self.interviews.k
        everyone = self.over(lambda _: True, number)
        if one["people"] is None:
            if not one.get("why"):
                self.know(everyone, 0, k - 1)
            assert not one["sectors"]
            assert not one["moves"]
            assert one["trouble"] is None
            return
        self.know(everyone, one["people"], one["people"])
        if one["trouble"] is not None:
            self.know(
                self.over(lambda kind: "trouble" in kind, number), one["trouble"], one["trouble"]
            )
        for sector in one["sectors"]:
            if sector["people"] is not None:
                people = self.at(sector["sector"], any, number)
                self.know(people, sector["people"], sector["people"])
            if sector["waited"] is not None:
                self._read_waits(sector["sector"], sector["waited"], number)
        shown = {(move["from"], move["to"]): move for move in one["moves"]}
        for at, origin in enumerate(self.interviews.origins):
            for place in self.interviews.sectors:
                people = self.at(place, lambda state, at=at: bool(state[at]), number)  # type: ignore[misc]
                bad = self.at(place, lambda state, at=at: bool(state[at] and state[at][0]), number)  # type: ignore[misc]
                move = shown.get((origin, place))
                if move is None:
                    self.know(people, 0, k - 1)
                    continue
                self.know(people, move["people"], move["people"])
                if move["trouble"] is not None:
                    self.know(bad, move["trouble"], move["trouble"])
                else:
                    # Too few met trouble, or too few did not.
                    helper = self.helper()
                    self.row_if(helper, bad, -math.inf, k - 1)
                    lower = move["people"] - k + 1
                    terms = {int(i): float(bad[i]) for i in np.flatnonzero(bad)}
                    self.row({**terms, helper: float(self.most + 1)}, lower, math.inf)

    def _read_waits(self, sector: str, waited: Any, number: int) -> None:
        def steps(state: State, test: Callable[[int], bool]) -> int:
            return sum(1 for one in state if one and one[1] is not None and test(one[1]))

        people = self.at(sector, lambda state: steps(state, lambda _: True) > 0, number)
        self.know(people, waited["people"], waited["people"])
        all_waits = self.at(sector, lambda state: steps(state, lambda _: True), number)
        low, high = waited["quartiles"]
        for p, value in ((0.25, low), (0.5, waited["median"]), (0.75, high)):
            up_to = self.at(sector, lambda state, v=value: steps(state, lambda w: w <= v), number)  # type: ignore[misc]
            below = self.at(sector, lambda state, v=value: steps(state, lambda w: w < v), number)  # type: ignore[misc]
            if value in WAITS:
                # Hyndman and Fan's definition 2: fewer than p of them lie below, and more than p up to it.
                self.know(4 * below - 4 * p * all_waits, -math.inf, -1)
                self.know(4 * up_to - 4 * p * all_waits, 1, math.inf)
            else:
                self.know(up_to - p * all_waits, 0, 0)

    # --- what is hidden

    def hidden(self) -> Iterator[Hidden]:
        """Everything of 1 to k-1 people that the figures do not tell, and everything that 1 to k-1 have come to since."""
        truth, k = self.truth(), self.interviews.k

        def wanted(what: str, name: str, terms: Vector) -> Iterator[Hidden]:
            value = round(float(terms @ truth))
            if 0 < value < k:
                yield Hidden("journeys", name, what, terms, value)

        for number, document in enumerate(self.documents):
            one = document["journeys"]
            if one["since"] is not None:
                continue
            moves = {(move["from"], move["to"]): move for move in one["moves"]}
            sectors = {sector["sector"]: sector for sector in one["sectors"]}
            for since in {0, number}:
                new = f"edition {number + 1} since {since}"
                for place in self.interviews.sectors:
                    told_of = sectors.get(place)
                    if since or told_of is None or told_of["people"] is None:
                        yield from wanted(
                            "people at a place",
                            f"{new} {place}",
                            self.at(place, any, number, since),
                        )
                    waited = None if told_of is None else told_of["waited"]
                    # Of fewer than 4k people nothing should be told of how long they waited.
                    if since or waited is None or waited["people"] < 4 * k:
                        for wait in WAITS:
                            terms = self.at(
                                place,
                                lambda state, w=wait: any(step and step[1] == w for step in state),  # type: ignore[misc]
                                number,
                                since,
                            )
                            yield from wanted("waiting", f"{new} {place} {wait}", terms)
                    for at, origin in enumerate(self.interviews.origins):
                        made = self.at(place, lambda state, at=at: bool(state[at]), number, since)  # type: ignore[misc]
                        bad = self.at(
                            place,
                            lambda state, at=at: bool(state[at] and state[at][0]),  # type: ignore[misc]
                            number,
                            since,
                        )
                        move = moves.get((origin, place))
                        name = f"{new} {origin}-{place}"
                        if since or move is None:
                            yield from wanted("people of a move", name, made)
                        if since or move is None or move["trouble"] is None:
                            yield from wanted("trouble on a move", name, bad)
                            yield from wanted("no trouble on a move", name, made - bad)
                if since or one["trouble"] is None:
                    bad = self.over(lambda kind: "trouble" in kind, number, since)
                    yield from wanted("trouble at all", new, bad)
                    none = self.over(lambda kind: "trouble" not in kind, number, since)
                    yield from wanted("no trouble at all", new, none)
