"""Requirements of forms/logic.py.

R1  An expression yields what docs/architecture.md, "Conditions", says; the cases are shared with the tablet.
R2  Evaluation is total: no JSON value as expression, and no environment, raises.
R3  Whole numbers are JavaScript's doubles to arithmetic and comparison.
R4  A constraint that reads a null value passes; else it is broken when false.
R5  Sections, questions and the questions of each repetition show as their conditions say, in the order of the document;
    what does not show is null to all that follows.
R6  Computed values are computed in order and may be used later.
R7  Looking at visibility never raises, whatever the answers are.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forms.document import from_plain, read_document
from forms.logic import Environment, environment, evaluate, violated, visible

FOLDER = Path(__file__).parents[1] / "vectors"
LOGIC = json.loads((FOLDER / "logic.json").read_text(encoding="utf-8"))
ANSWERS = json.loads((FOLDER / "answers.json").read_text(encoding="utf-8"))
DOCUMENTS = {name: from_plain(plain) for name, plain in ANSWERS["documents"].items()}

OPERATORS = [
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "and",
    "or",
    "not",
    "in",
    "+",
    "-",
    "*",
    "/",
    "neg",
    "var",
    "answered",
    "dont_know",
    "not_relevant",
    "count",
    "other",
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["a", "b", "", "😀", "\ud800"])
)
EXPRESSIONS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(OPERATORS), st.lists(inner, max_size=3) | inner, max_size=2
        )
    ),
    max_leaves=25,
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


def same(a: Any, b: Any) -> bool:
    """Equal as JSON values: 1 and 1.0 are one number, true and 1 are not one value."""
    return type(a) is type(b) and a == b if isinstance(a, bool) or isinstance(b, bool) else a == b


@pytest.mark.parametrize(
    "case", LOGIC["evaluate"], ids=lambda case: json.dumps(case["expression"])[:60]
)
def test_vectors(case: dict[str, Any]) -> None:
    """R1."""
    env = Environment(case["values"], case.get("states", {}), case.get("counts", {}))
    assert same(evaluate(case["expression"], env), case["result"])


@pytest.mark.parametrize(
    "case", LOGIC["constraints"], ids=lambda case: json.dumps(case["check"])[:60]
)
def test_constraints(case: dict[str, Any]) -> None:
    """R4."""
    assert violated(case["check"], Environment(case["values"])) is case["violated"]


@given(EXPRESSIONS, st.dictionaries(st.sampled_from(["a", "b"]), JSON))
@example({"+": [10**400, 1]}, {})
@example({"==": [{"var": "a"}, {"var": "b"}]}, {"a": 10**400, "b": math.nan})
def test_total(expression: Any, values: dict[str, Any]) -> None:
    """R2: and the result is null, a boolean, a finite number, a string or a list."""
    result = evaluate(expression, values)
    assert result is None or type(result) in (bool, int, float, str, list)
    if type(result) is float:
        assert math.isfinite(result)
    assert violated(expression, Environment(values)) in (True, False)


def test_depth() -> None:
    """R2: a hundred thousand levels are no more dangerous than one."""
    expression: Any = True
    for _ in range(100_000):
        expression = {"not": [expression]}
    assert evaluate(expression, {}) in (True, False)


@given(st.integers(), st.integers(), st.sampled_from("+-*"))
def test_doubles(a: int, b: int, operator: str) -> None:
    """R3."""
    got = evaluate({operator: [a, b]}, {})
    x, y = float(a), float(b)
    expected = {"+": x + y, "-": x - y, "*": x * y}[operator]
    assert got == expected if math.isfinite(expected) else got is None
    assert evaluate({"<": [a, b]}, {}) == (x < y)


CASES = [case for case in ANSWERS["cases"] if "hidden" in case]


@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case["answers"])[:60])
def test_visibility_vectors(case: dict[str, Any]) -> None:
    """R5, R6."""
    view = visible(DOCUMENTS[case["document"]], case["answers"])
    assert sorted(view.hidden) == case["hidden"]
    if "computed" in case:
        assert view.computed == case["computed"]


@given(st.sampled_from(sorted(DOCUMENTS)), st.data())
def test_visibility_is_total(name: str, data: st.DataObject) -> None:
    """R7."""
    document = DOCUMENTS[name]
    ids = [question.id for question in document.questions()]
    answers = data.draw(st.dictionaries(st.sampled_from(ids), JSON))
    view = visible(document, answers)
    assert view.hidden.isdisjoint(view.computed)


CHAIN = """
format: 1
questionnaire: chain
shape: survey
languages: {da: draft}
title: Kæde
sections:
  - id: first
    title: A
    questions:
      - {id: a, kind: one_of, text: a, options: [{id: "yes", text: y}, {id: "no", text: n}]}
      - {id: b, kind: one_of, text: b, options: [{id: "yes", text: y}, {id: "no", text: n}], show_if: "a == 'yes'"}
      - {id: n, kind: computed, text: n, value: "count(steps)", show_if: "b == 'yes'"}
  - id: second
    title: B
    show_if: "b == 'yes'"
    questions:
      - {id: c, kind: short_text, text: c}
"""


def test_hidden_answers_hide_further() -> None:
    """R5: an answer that no longer shows opens nothing; the parts of what is hidden are hidden."""
    document = read_document(CHAIN.replace("count(steps)", "1 + 1"))
    shown = visible(document, {"a": "yes", "b": "yes"})
    assert shown.hidden == frozenset() and shown.computed == {"n": 2}
    view = visible(document, {"a": "no", "b": "yes", "c": "x"})
    assert view.hidden == {"b", "n", "c"}
    assert view.hidden_sections == {"second"}
    assert not view.shows("c/part") and view.shows("a")
    assert environment(document, {"a": "no", "b": "yes"}).values["b"] is None
    assert environment(document, {"a": "no", "b": "yes"}).state("b") == "not_shown"
