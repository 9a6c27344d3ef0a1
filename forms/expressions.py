"""Expressions: the conditions that the model keeps, which JSON values are one, and how one is written readably.

An expression is a constant (number, str, bool, None, list of constants) or ``{"operator": [arguments]}``; a name is
``{"var": name}``. The set of operators is closed (docs/architecture.md, "Conditions"). How people write them is read in
conditions.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import IntEnum
from typing import Any, NoReturn

from forms.questionnaire import Expression

#: Longest readable condition, in characters.
LENGTH = 2000

#: Deepest nesting of an expression.
DEPTH = 50

#: Functions of one name.
FUNCTIONS = ("answered", "dont_know", "not_relevant", "count")

#: Words that mean something in a condition, so that no question can have them as its id.
RESERVED = frozenset({"and", "or", "not", "in", "true", "false", "null"})


class Level(IntEnum):
    """How tightly an operator binds in a readable condition, from loosest to tightest."""

    OR = 1
    AND = 2
    NOT = 3
    COMPARE = 4
    ADD = 5
    MULTIPLY = 6
    MINUS = 7


#: The level of each operator that stands between two sides.
LEVELS = {
    "or": Level.OR,
    "and": Level.AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), Level.COMPARE),
    "+": Level.ADD,
    "-": Level.ADD,
    "*": Level.MULTIPLY,
    "/": Level.MULTIPLY,
}

#: A name: of a question, or parts as in ``care.met`` and ``staff.nurses.total``.
NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9][a-z0-9_]*){0,2}")

#: What a text in a condition cannot hold, since no document carries it through unchanged.
NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class ConditionError(ValueError):
    """A condition that cannot be read: at which column (from 1; 0 = the whole), what is wrong, how to mend it."""

    def __init__(self, column: int, message: str, remedy: str) -> None:
        super().__init__(
            f"column {column}: {message} {remedy}" if column else f"{message} {remedy}"
        )
        self.column = column
        self.message = message
        self.remedy = remedy


def check(value: Any) -> Expression:
    """The expression that a JSON value is, its numbers in their shortest form. Raises ConditionError if it is none."""
    expression = _checked(value, 1)
    if len(_write(expression, Level.OR)) > LENGTH:
        raise too_long()
    return expression


def write(expression: Expression) -> str:
    """The readable form of an expression: ``parse(write(e)) == e``. Raises ConditionError if `e` is none."""
    return _write(check(expression), Level.OR)


def names(expression: Expression) -> set[str]:
    """Every name in an expression, as written there (``trust``, ``care.met``, ``staff.nurses.total``)."""
    return {name for name, _ in uses(expression)}


def uses(expression: Expression) -> Iterator[tuple[str, str]]:
    """Every (name, how) in an expression; how is 'var' for its value or the function that it is given to."""
    if isinstance(expression, list):
        for part in expression:
            yield from uses(part)
    elif isinstance(expression, dict):
        for operator, arguments in expression.items():
            if operator == "var":
                yield arguments, "var"
            elif operator in FUNCTIONS:
                yield arguments[0], operator
            else:
                for argument in arguments:
                    yield from uses(argument)


def too_long() -> ConditionError:
    """The error of a condition that is longer than LENGTH."""
    return ConditionError(
        0,
        f"The condition is longer than {LENGTH} characters.",
        "Split it, or use a computed question.",
    )


def refuse_depth(column: int) -> NoReturn:
    """Raises the error of a condition that nests deeper than DEPTH."""
    raise ConditionError(
        column,
        f"The condition nests deeper than {DEPTH} levels.",
        "Split it, or use a computed question.",
    )


def _checked(value: Any, depth: int) -> Expression:
    if depth > DEPTH:
        refuse_depth(0)
    if isinstance(value, dict):
        return _checked_operation(value, depth)
    if isinstance(value, list):
        if not value or any(isinstance(item, dict | list) for item in value):
            raise _not_an_expression("a list holds at least one number or text, and nothing else")
        return [_checked(item, depth) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if NO_TEXT.search(value):
            raise _not_an_expression("a text has a control character")
        return value
    if isinstance(value, int | float):
        # nan is in no range either
        if not -1e16 < value < 1e16 or len(_digits(value)) > 16:
            raise _not_an_expression("a number is too large or has too many digits")
        return int(value) if float(value).is_integer() else value
    raise _not_an_expression(f"{type(value).__name__} is no part of an expression")


def _checked_operation(value: dict[Any, Any], depth: int) -> Expression:
    if len(value) != 1:
        raise _not_an_expression("an operation has one operator")
    operator, arguments = next(iter(value.items()))
    if operator == "var":
        _check_name(arguments)
        return {"var": arguments}
    if not isinstance(arguments, list):
        raise _not_an_expression(f"the arguments of {operator} are not a list")
    if operator in FUNCTIONS:
        if len(arguments) != 1:
            raise _not_an_expression(f"{operator} takes one name")
        _check_name(arguments[0])
        return {operator: [arguments[0]]}
    if operator in ("and", "or"):
        fits = len(arguments) >= 2
    elif operator in ("not", "neg"):
        fits = len(arguments) == 1
    elif operator in LEVELS:
        fits = len(arguments) == 2
    else:
        raise _not_an_expression(f"there is no operator {str(operator)[:40]!r}")
    if not fits:
        raise _not_an_expression(f"{operator} has too many or too few arguments")
    return {operator: [_checked(argument, depth + 1) for argument in arguments]}


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or NAME.fullmatch(name) is None or name in RESERVED:
        raise _not_an_expression("a name is not one that a question can have")


def _not_an_expression(why: str) -> ConditionError:
    return ConditionError(
        0,
        f"This is not a condition: {why}.",
        "Write it readably, as in \"trust <= 2 and place == 'home'\".",
    )


def _digits(value: float) -> str:
    return format(abs(Decimal(repr(value))), "f").removesuffix(".0")


def _write(expression: Expression, level: int) -> str:
    """`level` is the loosest that may stand here without parentheses."""
    if not isinstance(expression, dict):
        return _written_constant(expression)
    operator, arguments = next(iter(expression.items()))
    if operator == "var":
        return str(arguments)
    if operator in FUNCTIONS:
        return f"{operator}({arguments[0]})"
    if operator == "not":
        own, text = Level.NOT, f"not {_write(arguments[0], Level.NOT)}"
    elif operator == "neg":
        operand = _write(arguments[0], Level.MINUS)
        # a minus sign directly before digits would be read as part of the number
        own, text = (
            Level.MINUS,
            f"-({operand})" if isinstance(arguments[0], int | float) else f"-{operand}",
        )
    elif operator in ("and", "or"):
        own = LEVELS[operator]
        text = f" {operator} ".join(_write(argument, own + 1) for argument in arguments)
    else:
        own = LEVELS[operator]
        # sums and products lean to the left; a comparison stands alone, so both its sides bind tighter
        left = _write(arguments[0], own + 1 if own == Level.COMPARE else own)
        text = f"{left} {operator} {_write(arguments[1], own + 1)}"
    return text if own >= level else f"({text})"


def _written_constant(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_written_constant(item) for item in value)}]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return ("-" if value < 0 else "") + _digits(value)
