"""Conditions between their readable form and JsonLogic.

R1  Operators bind as docs/questionnaire-format.md says, from or to the minus sign.
R2  parse(write(e)) == e for every expression.
R3  A condition that cannot be read says at which column, what is wrong and how to mend it.
R4  Nothing but ConditionError is ever raised, whatever the text or the value.
R5  Length and depth have limits, which cost no recursion.
R6  names() gives every name, dotted ones whole.
R7  check() lets only the closed set of operators pass, and gives numbers their shortest form.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.conditions import parse
from forms.expressions import DEPTH, ConditionError, check, names, write
from tests.forms.strategies import expressions

TRUST, PLACE, A, B, C = ({"var": name} for name in ("trust", "place", "a", "b", "c"))


@pytest.mark.parametrize(
    ("source", "expression"),
    [
        ("trust <= 2 and place == 'home'", {"and": [{"<=": [TRUST, 2]}, {"==": [PLACE, "home"]}]}),
        ("a or b and c", {"or": [A, {"and": [B, C]}]}),
        ("a and b and c", {"and": [A, B, C]}),
        ("(a and b) and c", {"and": [{"and": [A, B]}, C]}),
        ("not a == b", {"not": [{"==": [A, B]}]}),
        ("not a and b", {"and": [{"not": [A]}, B]}),
        ("a - b - c", {"-": [{"-": [A, B]}, C]}),
        ("a - (b - c)", {"-": [A, {"-": [B, C]}]}),
        ("a + b * c", {"+": [A, {"*": [B, C]}]}),
        ("-a * b", {"*": [{"neg": [A]}, B]}),
        ("a - -1.5", {"-": [A, -1.5]}),
        ("-(5)", {"neg": [5]}),
        ("a not in ['x', -2]", {"not": [{"in": [A, ["x", -2]]}]}),
        ("'it\\'s' == \"a\\\"b\"", {"==": ["it's", 'a"b']}),
        ("answered(care.met) != true", {"!=": [{"answered": ["care.met"]}, True]}),
        ("count(aids) > 2", {">": [{"count": ["aids"]}, 2]}),
        ("count > 2", {">": [{"var": "count"}, 2]}),
        (
            "staff.nurses.total / 2 == null",
            {"==": [{"/": [{"var": "staff.nurses.total"}, 2]}, None]},
        ),
        ("  a\n  and b ", {"and": [A, B]}),
        ("2.0", 2),
    ],
)
def test_operators_bind_as_documented(source: str, expression: Any) -> None:
    """R1"""
    parsed = parse(source)
    assert json.dumps(parsed) == json.dumps(expression)


@given(expressions(["a", "care.met", "staff.nurses.total", "no"]))
def test_what_is_written_is_read_as_the_same(expression: Any) -> None:
    """R2"""
    assert json.dumps(parse(write(expression))) == json.dumps(check(expression))


@pytest.mark.parametrize(
    ("source", "column", "words"),
    [
        ("", 1, "empty"),
        ("   ", 1, "empty"),
        ("a = b", 3, "Write ==."),
        ("a && b", 3, "Write and."),
        ("a || b", 3, "Write or."),
        ("!a", 1, "Write not."),
        ("a ≤ 2", 3, "Write <=."),
        ("a ==", 5, "ends too early"),
        ("a b", 3, "not expected"),
        ("a)", 2, "not expected"),
        ("(a", 3, "')' is expected"),
        ("1 < a < 5", 7, "1 <= a and a <= 5"),
        ("'home", 1, "not closed"),
        ("'a\\n'", 1, "backslash"),
        ("'a\nb'", 1, "line break"),
        ("and b", 1, "before 'and'"),
        ("foo(a)", 1, "answered, dont_know, not_relevant, count"),
        ("answered('a')", 10, "name of one question"),
        ("answered(not)", 10, "name of one question"),
        ("Trust == 1", 1, "small letters"),
        ("a.b.c.d == 1", 1, "small letters"),
        ("a in []", 6, "empty"),
        ("a in [b]", 7, "numbers and texts only"),
        ("a in [1 2]", 9, "',' is expected"),
        ("a == 12345678901234567", 6, "too many digits"),
        ("a == $", 6, "no meaning"),
    ],
)
def test_a_fault_says_where_what_and_how(source: str, column: int, words: str) -> None:
    """R3"""
    with pytest.raises(ConditionError) as caught:
        parse(source)
    assert caught.value.column == column
    assert words in f"{caught.value.message} {caught.value.remedy}"
    assert caught.value.message.endswith(".")
    assert caught.value.remedy


@given(st.text(max_size=60) | st.text(alphabet="ab.()[]<>=!+-*/'\"\\ notandi,0129", max_size=60))
def test_any_text_is_read_or_refused(source: str) -> None:
    """R2 R4"""
    try:
        expression = parse(source)
    except ConditionError:
        return
    assert json.dumps(parse(write(expression))) == json.dumps(expression)


_json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["var", "and", "not", "neg", "count", "==", "in", "if", ""]),
            inner,
            max_size=2,
        )
    ),
    max_leaves=10,
)


@given(_json_values)
def test_any_value_is_an_expression_or_refused(value: Any) -> None:
    """R4 R7"""
    try:
        expression = check(value)
    except ConditionError:
        return
    assert json.dumps(parse(write(expression))) == json.dumps(expression)


@pytest.mark.parametrize(
    "source",
    [
        "+".join(["a"] * 60),
        "(" * 900 + "a" + ")" * 900,
        "not " * 400 + "a",
        "-" * 1999 + "a",
        "a or " * 401 + "a",
        "[" * 2000,
    ],
    ids=["sum", "parentheses", "not", "minus", "long", "brackets"],
)
def test_deep_and_long_conditions_are_refused(source: str) -> None:
    """R5"""
    with pytest.raises(ConditionError):
        parse(source)


def test_the_deepest_that_is_allowed_can_be_written_and_read() -> None:
    """R5"""
    deep: Any = {"var": "a"}
    for _ in range(DEPTH - 1):
        deep = {"neg": [deep]} if "neg" not in deep else {"-": [1, deep]}
    assert parse(write(deep)) == deep
    with pytest.raises(ConditionError, match="deeper"):
        check({"not": [deep]})


def test_a_wide_condition_is_not_deep() -> None:
    """R5"""
    assert len(parse(" and ".join(["a"] * 200))["and"]) == 200


def test_names_are_all_names() -> None:
    """R6"""
    source = "not (a + care.met > 2) or answered(b) and 'c' in d or count(staff.nurses.total) == 1"
    assert names(parse(source)) == {"a", "care.met", "b", "d", "staff.nurses.total"}
    assert names(5) == set()


@pytest.mark.parametrize(
    "value",
    [
        {"if": [1, 2]},
        {"var": 1},
        {"var": "A"},
        {"var": "and"},
        {"and": [1]},
        {"==": [1, 2, 3]},
        {"==": 1},
        {"not": [1, 2]},
        {"answered": ["a", "b"]},
        {"answered": [{"var": "a"}]},
        {},
        {"var": "a", "not": [1]},
        [],
        [[1]],
        {"==": [1, [{"var": "a"}]]},
        float("nan"),
        float("inf"),
        10**400,
        "\x00",
        b"a",
        {"+": ["x" * 2000, 1]},
    ],
)
def test_only_the_closed_set_passes(value: Any) -> None:
    """R7"""
    with pytest.raises(ConditionError):
        check(value)


def test_numbers_have_one_form() -> None:
    """R7"""
    assert json.dumps(check({"==": [2.0, -0.0]})) == '{"==": [2, 0]}'
