"""Random rounds for the attacker who reads what is published: units, plans, people, and the figures of their editions."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from exports import comparing, trends, unit_rates
from exports.advance import advanced_tables
from exports.disclosure import Rule, disclose
from exports.editions import edition_figures
from exports.statistics import IntervalRule
from exports.tables import UnitPlace, build_tables
from forms.comparisons import (
    Against,
    Benchmark,
    BenchmarkValue,
    Compared,
    Direction,
    PlannedComparison,
    Target,
)
from forms.document import read_document
from forms.questionnaire import Questionnaire
from tests.exports.attacker import Asked
from tests.exports.cast import Bins, Planned, count_up

K = 5

QUESTIONNAIRE = """
format: 1
questionnaire: attacked
shape: survey
languages: {da: {state: reviewed, by: T, on: 2026-01-01}}
title: A
sections:
  - id: s
    title: S
    questions:
      - {id: scale, kind: scale, text: Q, dont_know: true, points: [
          {id: "5", text: a, score: 5, tone: favourable}, {id: "4", text: b, score: 4, tone: favourable},
          {id: "3", text: c, score: 3, tone: neutral}, {id: "1", text: d, score: 1, tone: unfavourable}]}
      - {id: plain, kind: one_of, text: O, dont_know: true, options: [{id: a, text: A}, {id: b, text: B}, {id: c, text: C}]}
      - {id: many, kind: several_of, text: S, options: [{id: a, text: A}, {id: b, text: B}, {id: c, text: C}]}
      - {id: minutes, kind: number, text: M, minimum: 0, maximum: 10}
      - {id: plan, kind: one_of, text: H, options: [{id: "yes", text: A, tone: favourable}, {id: "no", text: B, tone: unfavourable}]}
      - {id: auditor, kind: one_of, text: W, options: [{id: hospital, text: H}, {id: town, text: T}]}
      - {id: case, kind: count, text: N}
      - {id: place, kind: one_of, text: P, options: [{id: x, text: X}, {id: y, text: Y}, {id: z, text: Z}]}
      - {id: sort, kind: one_of, text: K, background: true, options: [{id: m, text: M}, {id: n, text: N}, {id: o, text: O}]}
report: {tables: []}
"""
READ = read_document(QUESTIONNAIRE)

UNKNOWN = ("~dont_know", "~unanswered")
QUESTIONS = {
    "scale": Asked(
        "options",
        (
            ("5", "favourable", 5),
            ("4", "favourable", 4),
            ("3", "neutral", 3),
            ("1", "unfavourable", 1),
        ),
        outside=UNKNOWN,
    ),
    "plain": Asked("options", (("a", "", 0), ("b", "", 0), ("c", "", 0)), outside=UNKNOWN),
    "many": Asked("several", (("a", "", 0), ("b", "", 0), ("c", "", 0))),
    "minutes": Asked("number", numbers=(0, 1, 2, 3, 4, 6, 10)),
    "plan": Asked("options", (("yes", "favourable", 0), ("no", "unfavourable", 0))),
    "auditor": Asked("options", (("hospital", "", 0), ("town", "", 0)), outside=()),
    "place": Asked("options", (("x", "", 0), ("y", "", 0), ("z", "", 0))),
    "sort": Asked("options", (("m", "", 0), ("n", "", 0), ("o", "", 0))),
}
REGIONS = (("r1", "R1"), ("r2", "R2"))
Person = dict[str, Any]


@dataclass(frozen=True)
class Round:
    """A random round: its plan, its units, and who had answered at each of its editions."""

    question: str
    guarded: bool
    plan: tuple[Planned, ...]
    places: tuple[UnitPlace, ...]
    editions: tuple[tuple[Person, ...], ...]
    id: str = "now"
    #: How many of those who were handed a form by each unit did not send it; whether the report has response rates.
    kept_back: tuple[int, ...] = ()
    rates: bool = False
    #: A round before this one in the same collection, with the same plan.
    earlier: Round | None = None


def random_places(rng: random.Random) -> tuple[UnitPlace, ...]:
    areas = [("a1", "A1"), ("a2", "A2"), ("a3", "A3")]
    overlapping = rng.random() < 0.3
    return tuple(
        UnitPlace(
            f"u{i}",
            f"U{i}",
            tuple(rng.sample(areas, 2 if overlapping and rng.random() < 0.4 else 1)),
            rng.choice(REGIONS),
        )
        for i in range(rng.randrange(2, 7))
    )


def random_round(rng: random.Random) -> Round:
    question = rng.choice(["scale", "scale", "plain", "many", "minutes"])
    guarded = rng.random() < 0.4
    kind = QUESTIONS[question].kind
    histogram = Bins() if kind == "number" else None
    plan = [Planned("t", question, (), kind, guarded, histogram=histogram)]
    single = [("unit",), ("area",), ("region",), ("place",), ("sort",)]
    crossed = [("place", "sort"), ("unit", "place"), ("unit", "sort"), ("area", "place")]
    for by in [one for one in single if rng.random() < 0.45] + [
        one for one in crossed if rng.random() < 0.12
    ]:
        name = "_".join(("t", *by))
        plan.append(Planned(name, question, by, kind, guarded, histogram=histogram))
    used = {axis for table in plan for axis in table.by}
    for axis in ("place", "sort"):
        if axis in used and rng.random() < 0.6:
            plan.append(Planned(axis, axis, (), "options", axis == "sort"))
        if axis in used and used & {"unit", "area", "region"} and rng.random() < 0.15:
            plan.append(Planned(f"{axis}_unit", axis, ("unit",), "options", axis == "sort"))
    places = random_places(rng)
    answers = QUESTIONS[question].answers()
    weights = [rng.choice([0, 1, 3, 10]) for _ in answers]
    weights[rng.randrange(len(QUESTIONS[question].options) or 4)] += 1
    spread = [rng.choice([1, 3, 20]) for _ in places]
    tilt = [rng.sample(weights, len(weights)) if rng.random() < 0.3 else weights for _ in places]
    nobody = rng.choice([0, 0, 1])

    def person() -> Person:
        at = rng.choices(range(len(places)), spread)[0]
        chosen = rng.choices(answers, tilt[at])[0]
        return {
            question: sorted(chosen) if isinstance(chosen, frozenset) else chosen,
            "place": rng.choices(["x", "y", "z", "~unanswered"], [20, 8, 2, nobody])[0],
            "sort": rng.choices(["m", "n", "o", "~unanswered"], [10, 6, 3, nobody])[0],
            "unit": places[at].id,
        }

    def answered() -> tuple[tuple[Person, ...], ...]:
        people = [person() for _ in range(rng.choice([8, 25, 60, 150, 400]))]
        editions = [tuple(people)]
        if rng.random() < 0.4:
            people += [person() for _ in range(rng.choice([1, 4, 7, 25, 80]))]
            editions.append(tuple(people))
        return tuple(editions)

    found = Round(question, guarded, tuple(plan), places, answered())
    found = replace(
        found,
        kept_back=tuple(rng.choice([0, 1, 30]) for _ in places),
        rates=rng.random() < 0.5,
    )
    if rng.random() < 0.3:
        found = replace(
            found, earlier=replace(found, id="before", editions=answered(), rates=False)
        )
    return found


Document = dict[str, Any]
Publish = Callable[[Round], list[Document]]
WORDS = {"da": "En kilde"}


def questionnaire_of(question: str) -> Questionnaire:
    """The questionnaire with a plan that compares a question in every way that there is."""
    measures = {
        "scale": (Compared.FAVOURABLE, Compared.MEAN),
        "minutes": (Compared.MEAN, Compared.MEDIAN),
    }.get(question, ())
    fixed = [(one, 0.4 if one is Compared.FAVOURABLE else 4.0) for one in measures]
    report = replace(
        READ.report,
        comparisons=tuple(
            PlannedComparison(
                question=question,
                measure=one,
                against=(Against.LEVEL_ABOVE, Against.EARLIER_ROUNDS),
            )
            for one in measures
        ),
        benchmarks=tuple(
            Benchmark(
                question=question,
                measure=one,
                values=(
                    BenchmarkValue(label=WORDS, value=value, n=900, spread=1.1),
                    BenchmarkValue(label=WORDS, value=value, when="2021"),
                ),
                source=WORDS,
            )
            for one, value in fixed
        ),
        targets=tuple(
            Target(question=question, measure=one, value=value, direction=at, source=WORDS)
            for one, value in fixed
            for at in (Direction.AT_LEAST, Direction.AT_MOST)
        ),
    )
    return replace(READ, report=report)


def published(attacked: Round) -> list[Document]:
    """The figures of each edition as exports/editions.py makes them, with what it compares and counts beside the tables."""
    questionnaire = questionnaire_of(attacked.question)
    places = {place.id: place for place in attacked.places}
    before = []
    if attacked.earlier is not None:
        last = published(attacked.earlier)[-1]
        before = [trends.PastRound(last, questionnaire, places)]
    documents: list[Document] = []
    for number, people in enumerate(attacked.editions):
        previous = documents[-1] if documents else None
        rows = [row for table in attacked.plan for row in count_up(table, people)]
        raw = build_tables(rows, attacked.plan, READ, attacked.places)
        numbers = [
            unit_rates.UnitNumbers(
                place.id,
                place.name,
                500,
                sum(1 for one in attacked.editions[-1] if one["unit"] == place.id) + more,
                sum(1 for one in people if one["unit"] == place.id),
            )
            for place, more in zip(attacked.places, attacked.kept_back, strict=True)
        ]
        offered = sum(one.offered or 0 for one in numbers)
        about = {
            "title": WORDS,
            "answer_until": "2026-01-01",
            "offered": offered,
            "returned": {"web": len(people)},
            "response_rate": len(people) / offered if attacked.rates and offered else None,
        }
        document = edition_figures(
            round_id=attacked.id,
            number=number + 1,
            made_on=f"2026-01-{number + 1:02}",
            about=about,
            disclosed=disclose(raw, Rule(k=K, interval=IntervalRule.WILSON)),
            free_text=[],
        )
        if previous is not None:
            document["tables"] = advanced_tables(previous, document)
        document |= comparing.compared(document, questionnaire, attacked.places)
        found = trends.trends([*before, trends.PastRound(document, questionnaire, places)])
        if found:
            document["trend"] = found
        document |= unit_rates.unit_rates(
            document,
            numbers,
            rates=attacked.rates,
            previous=previous,
            places=attacked.places,
        )
        documents.append(document)
    return documents
