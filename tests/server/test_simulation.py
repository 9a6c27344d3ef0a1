"""Drawn answers: always such as the questionnaire allows, weights roughly kept, the same from the same seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from math import ceil, floor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms import library
from forms.answers import Checker
from forms.document import read_document
from forms.problems import Problem, ProblemError
from forms.questionnaire import Group, Number, Question, Questionnaire, TableQuestion
from server.simulation import (
    MOST_DRAWS,
    draw_answers,
    draw_valid_answers,
    read_distribution,
    writes_text,
)
from tests.forms.strategies import questionnaires
from tests.server.installation import ALL_KINDS

UNITS = ("assens", "billund")
#: What questions ask of one another cannot be known before the whole is drawn.
OF_THE_WHOLE = {"constraint", "required", "too-few"}


def everything(questions: Any) -> Iterator[Question]:
    for question in questions:
        yield question
        if isinstance(question, Group):
            yield from everything(question.questions)
        if isinstance(question, TableQuestion):
            yield from everything(question.columns)


def possible(questionnaire: Questionnaire) -> bool:
    """Whether valid answers surely exist: nothing constrained, and a number between the bounds of each number."""
    return all(
        not one.constraints
        and (
            not isinstance(one, Number)
            or ceil(one.minimum * 10**one.decimals) <= floor(one.maximum * 10**one.decimals)
        )
        for one in everything(questionnaire.questions())
    )


@given(questionnaires(), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_answer_fits_its_question(questionnaire: Questionnaire, seed: int) -> None:
    checker = Checker(questionnaire)
    rng = random.Random(seed)
    for _ in range(3):
        drawn = draw_answers(questionnaire, rng, units=UNITS, around=date(2026, 11, 22))
        codes = {fault.code for fault in checker.check(drawn, units=UNITS).faults}
        assert codes <= OF_THE_WHOLE


@given(questionnaires(), st.integers(0, 2**32))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_all_answers_together_are_valid_or_it_is_said(
    questionnaire: Questionnaire, seed: int
) -> None:
    checker = Checker(questionnaire)
    try:
        drawn = draw_valid_answers(checker, questionnaire, random.Random(seed), units=UNITS)
    except ProblemError as error:
        assert not possible(questionnaire)
        assert error.problem is Problem.INVALID_INPUT
        assert error.faults
        return
    assert checker.check(drawn, units=UNITS).faults == ()


@pytest.mark.parametrize("name", library.names())
def test_every_questionnaire_of_the_library_can_be_simulated(name: str) -> None:
    questionnaire = library.read(name)
    checker, rng = Checker(questionnaire), random.Random(4)
    for _ in range(20):
        drawn = draw_valid_answers(checker, questionnaire, rng, units=UNITS)
        assert checker.check(drawn, units=UNITS).faults == ()


def test_every_kind_is_drawn() -> None:
    questionnaire = read_document(ALL_KINDS)
    rng = random.Random(1)
    chance = read_distribution({"texts": {"suggestions": {"share": 1, "texts": ["ja"]}}})
    seen: Counter[str] = Counter()
    for _ in range(50):
        seen.update(list(draw_answers(questionnaire, rng, chance, units=UNITS)))
    asked = {one.id for part in questionnaire.sections for one in part.questions}
    asked -= {"welcome", "total"}
    assert set(seen) == asked


def test_the_same_seed_draws_the_same() -> None:
    questionnaire = library.read("iv-satisfaction")

    def some(seed: int) -> list[dict[str, Any]]:
        rng = random.Random(seed)
        return [draw_answers(questionnaire, rng) for _ in range(5)]

    assert some(3) == some(3)
    assert some(3) != some(4)


DOCUMENT = """
format: 1
questionnaire: weighed
shape: survey
languages: {da: {state: reviewed, by: Svarboks, on: 2022-01-01}}
title: Vejet
sections:
  - id: all
    title: Det hele
    questions:
      - id: trust
        kind: one_of
        text: Tryg?
        options: [{id: "1", text: Nej}, {id: "2", text: Ja}, {id: "3", text: Meget}]
        dont_know: true
      - {id: minutes, kind: number, text: Minutter?, minimum: 0, maximum: 600}
      - id: aids
        kind: several_of
        text: Hvad?
        options: [{id: pump, text: Pumpe}, {id: drip, text: Drop}]
      - {id: words, kind: long_text, text: Forslag?, length: 12}
"""


def test_weights_are_kept_roughly() -> None:
    """Within five standard deviations of 4,000 draws; a wrong weight is far outside."""
    chance = read_distribution(
        {
            "questions": {
                "trust": {"1": 60, "2": 25, "~dont_know": 5, "~unanswered": 10, "~not_relevant": 50},
                "minutes": {"mean": 100, "sd": 10},
                "aids": {"pump": 80, "drip": 10},
            },
            "texts": {"words": {"share": 0.3, "texts": ["kort", "en alt for lang tekst"]}},
        }
    )  # fmt: skip
    questionnaire = read_document(DOCUMENT)
    rng, many = random.Random(11), 4000
    drawn = [draw_answers(questionnaire, rng, chance) for _ in range(many)]
    said = Counter(repr(one.get("trust")) for one in drawn)
    # ~not_relevant is not offered here, so that its weight counts for nothing.
    for word, share in (("'1'", 0.6), ("'2'", 0.25), ("{'missing': 'dont_know'}", 0.05), ("None", 0.1)):  # fmt: skip
        assert abs(said[word] / many - share) < 5 * (share * (1 - share) / many) ** 0.5, word
    assert sum(said.values()) == many
    assert said["'3'"] == 0
    minutes = [one["minutes"] for one in drawn if "minutes" in one]
    assert abs(len(minutes) / many - 0.95) < 0.02
    assert abs(sum(minutes) / len(minutes) - 100) < 1
    aids = [one.get("aids", []) for one in drawn]
    assert abs(sum("pump" in one for one in aids) / many - 0.8 * 0.95) < 0.05
    assert abs(sum("drip" in one for one in aids) / many - 0.1 * 0.95) < 0.05
    texts = [one["words"] for one in drawn if "words" in one]
    assert abs(len(texts) / many - 0.3) < 0.04
    assert set(texts) == {"kort", "en alt for l"}


def test_lengths_are_counted_as_the_form_counts_them() -> None:
    chance = read_distribution({"texts": {"words": {"share": 1, "texts": ["👩👩👩👩👩👩👩"]}}})
    questionnaire = read_document(DOCUMENT.replace("length: 12", "length: 5"))
    drawn = draw_answers(questionnaire, random.Random(1), chance)
    assert drawn["words"] == "👩👩"


@pytest.mark.parametrize(
    "plain",
    [
        {"questions": {"trust": {"1": -1}}},
        {"questions": {"trust": {"1": "many"}}},
        {"questions": {"trust": [1, 2]}},
        {"texts": {"words": {"share": 1.5, "texts": ["x"]}}},
        {"texts": {"words": {"share": 0.5, "texts": []}}},
        [1, 2],
        "60 percent",
        None,
    ],
)
def test_a_faulty_distribution_is_refused_in_words(plain: object) -> None:
    with pytest.raises(ProblemError) as caught:
        read_distribution(plain)
    assert caught.value.problem is Problem.INVALID_INPUT
    assert caught.value.faults


def test_what_can_never_be_valid_is_said_with_its_place() -> None:
    text = DOCUMENT.replace(
        "maximum: 600}",
        "maximum: 600, required: true, constraints: [{check: 'minutes > 700', message: Nej}]}",
    )
    questionnaire = read_document(text)
    with pytest.raises(ProblemError) as caught:
        draw_valid_answers(Checker(questionnaire), questionnaire, random.Random(1))
    assert str(MOST_DRAWS) in caught.value.detail
    assert [(one.place, one.code) for one in caught.value.faults] == [("minutes", "constraint")]


def test_who_writes_text() -> None:
    questionnaire = read_document(ALL_KINDS)
    assert not writes_text(questionnaire, {})
    assert not writes_text(questionnaire, {"trust": "3", "steps": [{"waited": 2}], "staff": {}})
    assert writes_text(questionnaire, {"suggestions": "ja"})
    assert writes_text(questionnaire, {"steps": [{"waited": 2}, {"sector": "gp"}]})
    assert not writes_text(questionnaire, {"suggestions": {"missing": "dont_know"}})


@pytest.mark.parametrize(
    ("question", "drawn"),
    [
        ("{kind: number, minimum: 0.6, maximum: 2.4}", {1, 2}),
        ("{kind: number, minimum: 0.26, maximum: 0.44, decimals: 1}", {0.3, 0.4}),
        ("{kind: number, minimum: 0.25, maximum: 0.75}", {None}),
        ("{kind: duration, minimum: 100, maximum: 102}", {100, 101, 102}),
        ("{kind: date, latest: '2020-01-01'}", None),
        ("{kind: time, earliest: '22:30', latest: '22:31'}", {"22:30", "22:31"}),
        ("{kind: short_text, length: 2}", {"Si"}),
        ("{kind: long_text, length: 3}", {"Sim"}),
    ],
)
def test_narrow_bounds_are_kept(question: str, drawn: set[object] | None) -> None:
    asked = question.replace("{kind", "{id: narrow, text: Hvad?, required: true, kind")
    head = DOCUMENT[: DOCUMENT.index("      - id: trust")]
    questionnaire = read_document(f"{head}      - {asked}\n")
    rng, checker = random.Random(2), Checker(questionnaire)
    found = [draw_answers(questionnaire, rng) for _ in range(300)]
    assert {fault.code for one in found for fault in checker.check(one).faults} <= {"required"}
    if drawn is not None:
        assert {one.get("narrow") for one in found} == drawn
