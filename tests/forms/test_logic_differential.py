"""The conditions of forms/logic.py and of the tablet's copy are one: Hypothesis looks for a case on which they differ.

R1  Any expression of the closed set of operators, in any environment, has the same value in Python and in TypeScript.
R2  So has whatever is no expression at all: unknown operators, wrong numbers of arguments, any JSON.
R3  A constraint is violated in both or in none.
R4  For any answers to a questionnaire with conditions, the same shows and the same is computed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.document import from_plain, read_document, to_plain
from forms.logic import Environment, evaluate, violated, visible
from tests.node_process import NodeProcess

#: The proof runs the campaign in full, `make check` a twentieth of it.
EXAMPLES = 40_000 if os.environ.get("SVARBOKS_PROOF") == "1" else 2_000

pytestmark = pytest.mark.campaign


@pytest.fixture(scope="module")
def tablet() -> Iterator[NodeProcess]:
    with NodeProcess("logic") as process:
        yield process


NAMES = st.sampled_from(["a", "b", "c", "care.met", "staff.nurses.total", "__proto__", "toString"])
STATES = st.sampled_from(["answered", "dont_know", "not_relevant", "unanswered", "not_shown"])
NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.sampled_from(
        [0.1, 0.2, 0.3, 1.0, -0.0, 1e308, -1e308, 5e-324, 2**53, 2**53 + 1, 10**30, 2.5]
    ),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
#: Lone surrogates too, and what UTF-16 and code points order differently.
STRINGS = st.one_of(
    st.sampled_from(
        ["", "home", "clinic", "10", "9", "\uffee", "\U0001d11e", "\ud800", "é", "e\u0301"]
    ),
    st.text(st.characters(), max_size=4),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, STRINGS)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3))

PAIRS = ["==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/"]


def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.tuples(st.sampled_from(PAIRS), st.lists(inner, min_size=2, max_size=2)).map(
            lambda p: {p[0]: p[1]}
        ),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, max_size=4)).map(
            lambda p: {p[0]: p[1]}
        ),
        st.tuples(st.sampled_from(["not", "neg"]), st.lists(inner, min_size=1, max_size=1)).map(
            lambda p: {p[0]: p[1]}
        ),
        st.lists(inner, max_size=3),
    )


LEAVES = st.one_of(
    SCALARS,
    NAMES.map(lambda name: {"var": name}),
    st.tuples(st.sampled_from(["answered", "dont_know", "not_relevant", "count"]), NAMES).map(
        lambda p: {p[0]: [p[1]]}
    ),
)
EXPRESSIONS = st.recursive(LEAVES, deeper, max_leaves=12)
ANY_JSON = st.recursive(
    st.one_of(SCALARS, EXPRESSIONS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [*PAIRS, "var", "and", "not", "neg", "count", "answered", "if", "__proto__"]
            ),
            inner,
            max_size=2,
        ),
    ),
    max_leaves=8,
)
ENVIRONMENTS = st.fixed_dictionaries(
    {
        "values": st.dictionaries(NAMES, VALUES, max_size=4),
        "states": st.dictionaries(NAMES, STATES, max_size=3),
        "counts": st.dictionaries(NAMES, st.integers(0, 10), max_size=2),
    }
)


def same(a: Any, b: Any) -> bool:
    """Equal in type and value; a whole number is the same as int and as float, and there is one zero."""
    if type(a) is bool or type(b) is bool:
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return float(a) == float(b)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and bool(a == b)


def compare(tablet: NodeProcess, expression: Any, environment: dict[str, Any]) -> None:
    here = Environment(**environment)
    there = tablet.ask({"expression": expression, **environment})
    value = evaluate(expression, here)
    assert same(value, there["value"]), (expression, environment, value, there["value"])
    assert violated(expression, here) is there["violated"], (expression, environment)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expression=EXPRESSIONS, environment=ENVIRONMENTS)
def test_expressions(tablet: NodeProcess, expression: Any, environment: dict[str, Any]) -> None:
    """R1, R3"""
    compare(tablet, expression, environment)


@settings(max_examples=EXAMPLES // 4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expression=ANY_JSON, environment=ENVIRONMENTS)
def test_what_is_no_expression(
    tablet: NodeProcess, expression: Any, environment: dict[str, Any]
) -> None:
    """R2, R3"""
    compare(tablet, expression, environment)


def test_deep_expressions(tablet: NodeProcess) -> None:
    """R1: what lies deeper than a hundred levels is null in both."""
    expression: Any = True
    for depth in range(140):
        compare(tablet, expression, {"values": {}, "states": {}, "counts": {}})
        expression = {"not": [expression]} if depth % 2 else {"and": [expression, True]}


QUESTIONNAIRE = """
format: 1
questionnaire: differential
shape: survey
languages: {en: {state: reviewed, by: Svarboks, on: 2026-11-22}}
title: Differential
sections:
  - id: first
    title: First
    questions:
      - {id: place, kind: one_of, text: Where, dont_know: true, options: [{id: home, text: Home}, {id: clinic, text: Clinic}]}
      - {id: aids, kind: several_of, text: Aids, not_relevant: true, options: [{id: pump, text: Pump}, {id: bed, text: Bed}]}
      - {id: minutes, kind: number, text: Minutes, minimum: 0, maximum: 600, decimals: 1, show_if: "place == 'home'"}
      - {id: day, kind: date, text: Day}
      - {id: note, kind: short_text, text: Note, show_if: "minutes > 10 or 'pump' in aids"}
      - {id: twice, kind: computed, text: Twice, value: "minutes * 2"}
      - id: care
        kind: matrix
        text: Care
        show_if: "answered(note) or dont_know(place)"
        dont_know: true
        statements: [{id: met, text: Met}, {id: heard, text: Heard}]
        points: [{id: "1", text: Low, score: 1}, {id: "2", text: High, score: 2}]
  - id: second
    title: Second
    show_if: "care.met >= 2 or count(aids) == 2"
    questions:
      - id: staff
        kind: table
        text: Staff
        rows: [{id: nurses, text: Nurses}]
        columns: [{id: total, kind: count, text: Total, maximum: 50}]
      - id: steps
        kind: group
        text: Steps
        maximum: 3
        show_if: "staff.nurses.total != 3"
        questions:
          - {id: days, kind: count, text: Days, maximum: 100}
          - {id: why, kind: short_text, text: Why, show_if: "days > 7 and place == 'home'"}
          - {id: weeks, kind: computed, text: Weeks, value: "days / 7"}
      - {id: consent, kind: consent, text: May we, show_if: "count(steps) > 1 or day >= '2022-01-01'"}
"""

PLAIN = to_plain(read_document(QUESTIONNAIRE))
MISSING = st.sampled_from([{"missing": "dont_know"}, {"missing": "not_relevant"}, {"missing": "x"}])
ODD = st.one_of(SCALARS, MISSING, st.lists(SCALARS, max_size=2), st.just({}))


def field(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(usual, usual, usual, MISSING, ODD)


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "place": field(st.sampled_from(["home", "home", "clinic"])),
        "aids": field(st.lists(st.sampled_from(["pump", "bed"]), max_size=3)),
        "minutes": field(st.sampled_from([5, 10.5, 30, 700])),
        "day": field(st.sampled_from(["2022-02-28", "2021-02-29", "2020-01-01"])),
        "note": field(st.sampled_from(["x", " ", "\u0007"])),
        "care": field(
            st.fixed_dictionaries(
                {}, optional={"met": field(st.sampled_from(["1", "2"])), "heard": ODD}
            )
        ),
        "staff": field(
            st.fixed_dictionaries(
                {},
                optional={
                    "nurses": field(
                        st.fixed_dictionaries({}, optional={"total": field(st.integers(0, 5))})
                    )
                },
            )
        ),
        "steps": field(
            st.lists(
                field(
                    st.fixed_dictionaries(
                        {}, optional={"days": field(st.integers(0, 20)), "why": STRINGS}
                    )
                ),
                max_size=4,
            )
        ),
        "consent": field(st.booleans()),
    },
)


@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(answers=ANSWERS)
def test_what_shows(tablet: NodeProcess, answers: dict[str, Any]) -> None:
    """R4"""
    here = visible(from_plain(PLAIN), answers)
    there = tablet.ask({"questionnaire": PLAIN, "answers": answers})
    assert there["hidden"] == sorted(here.hidden)
    assert there["hidden_sections"] == sorted(here.hidden_sections)
    assert same(there["computed"], dict(here.computed))
    environments = {"": here.environment, **here.scopes}
    for place, environment in environments.items():
        seen = there["scopes"][place] if place else there["environment"]
        assert same(seen["values"], dict(environment.values)), (answers, place)
        assert seen["states"] == {name: str(state) for name, state in environment.states.items()}
        assert seen["counts"] == dict(environment.counts)
