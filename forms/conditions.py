"""Conditions: the readable form that people write, and the JsonLogic that the model keeps.

``trust <= 2 and place == 'home'`` becomes ``{"and": [{"<=": [{"var": "trust"}, 2]}, {"==": [...]}]}``. The set of
operators is closed (docs/architecture.md, "Conditions"); nothing is ever evaluated as Python. From loosest to
tightest: ``or``, ``and``, ``not``, one comparison (``== != < <= > >= in``, ``not in``), ``+ -``, ``* /``, a minus
sign, and then a number, a text in quotes, ``true false null``, a list in brackets, a name, a function or parentheses.

Expressions are JSON values: a constant (number, str, bool, None, list of constants) or ``{"operator": [arguments]}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
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

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")
_OR, _AND, _NOT, _COMPARE, _ADD, _MULTIPLY, _MINUS, _ATOM = range(1, 9)
_LEVEL = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(_COMPARISONS, _COMPARE),
    "+": _ADD,
    "-": _ADD,
    "*": _MULTIPLY,
    "/": _MULTIPLY,
}
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}

_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9][a-z0-9_]*){0,2}")
#: What a text in a condition cannot hold, since no document carries it through unchanged.
_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<text>'(?:[^'\\]|\\['\"\\])*'|\"(?:[^\"\\]|\\['\"\\])*\")"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)"
    r"|(?P<sign>==|!=|<=|>=|[-+*/<>()\[\],]))"
)
#: What people write who know another language, and what it is called here.
_FOREIGN = {"=": "==", "&&": "and", "&": "and", "||": "or", "|": "or", "!": "not", "<>": "!=", "≤": "<=", "≥": ">=", "≠": "!="}  # fmt: skip

#: A readable condition of DEPTH levels opens at most two levels of the parser for each.
_PARSER_DEPTH = 3 * DEPTH


class ConditionError(ValueError):
    """A condition that cannot be read: at which column (from 1; 0 = the whole), what is wrong, how to mend it."""

    def __init__(self, column: int, message: str, remedy: str) -> None:
        super().__init__(
            f"column {column}: {message} {remedy}" if column else f"{message} {remedy}"
        )
        self.column = column
        self.message = message
        self.remedy = remedy


def parse(source: str) -> Expression:
    """The expression that a readable condition stands for. Raises ConditionError."""
    if len(source) > LENGTH:
        raise ConditionError(
            0,
            f"The condition is longer than {LENGTH} characters.",
            "Split it, or use a computed question.",
        )
    expression = _Parser(source, _tokens(source)).whole()
    _depth_within_limit(expression)
    return expression


def write(expression: Expression) -> str:
    """The readable form of an expression: ``parse(write(e)) == e``. Raises ConditionError if `e` is none."""
    return _write(check(expression), _OR)


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


def check(value: Any) -> Expression:
    """The expression that a JSON value is, its numbers in their shortest form. Raises ConditionError if it is none."""
    expression = _checked(value, 1)
    if len(_write(expression, _OR)) > LENGTH:
        raise ConditionError(
            0,
            f"The condition is longer than {LENGTH} characters.",
            "Split it, or use a computed question.",
        )
    return expression


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def _tokens(source: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    end = len(source.rstrip())
    while position < end:
        match = _TOKEN.match(source, position)
        if match is None or match.lastgroup is None:
            _bad_character(source, position)
        tokens.append(
            _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1)
        )
        position = match.end()
    tokens.append(_Token("end", "", end + 1))
    return tokens


def _bad_character(source: str, position: int) -> NoReturn:
    while source[position].isspace():
        position += 1
    rest = source[position:]
    if rest[0] in "'\"":
        raise ConditionError(
            position + 1,
            "A text is not closed, or has a backslash before another sign than a quote or a backslash.",
            f"End it with {rest[0]}; write a quote inside it as \\{rest[0]}.",
        )
    for foreign in sorted(_FOREIGN, key=len, reverse=True):
        if rest.startswith(foreign):
            raise ConditionError(
                position + 1, f"'{foreign}' is not known here.", f"Write {_FOREIGN[foreign]}."
            )
    raise ConditionError(
        position + 1,
        f"'{rest[0]}' has no meaning in a condition.",
        "Use names, numbers, texts in quotes, and the operators of docs/questionnaire-format.md.",
    )


class _Parser:
    """A Pratt parser: prefix forms in `operand`, infix operators by the level they bind at in `expression`."""

    def __init__(self, source: str, tokens: list[_Token]) -> None:
        self.source = source
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def whole(self) -> Expression:
        if self.tokens[0].kind == "end":
            raise ConditionError(1, "The condition is empty.", "Write one, or leave the key out.")
        expression = self.expression(_OR)
        token = self.tokens[self.at]
        if token.kind != "end":
            raise ConditionError(
                token.column,
                f"'{token.text}' is not expected here.",
                "Join two conditions with and or or; close every parenthesis once.",
            )
        return expression

    def take(self) -> _Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def expect(self, sign: str) -> None:
        token = self.tokens[self.at]
        if token.text != sign or token.kind != "sign":
            found = f"'{token.text}'" if token.text else "the end"
            raise ConditionError(
                token.column, f"'{sign}' is expected here, not {found}.", f"Add {sign}."
            )
        self.at += 1

    def infix(self) -> tuple[str, int] | None:
        """The operator that stands here and its level; ``not in`` counts as one."""
        token = self.tokens[self.at]
        if token.kind == "name" and token.text == "not":
            following = self.tokens[self.at + 1]
            return (
                ("not in", _COMPARE)
                if following.text == "in" and following.kind == "name"
                else None
            )
        if token.kind in ("sign", "name") and token.text in _LEVEL:
            return token.text, _LEVEL[token.text]
        return None

    def expression(self, level: int) -> Expression:
        self.depth += 1
        if self.depth > _PARSER_DEPTH:
            _too_deep(self.tokens[self.at].column)
        left = self.operand()
        while (found := self.infix()) is not None and found[1] >= level:
            operator, its_level = found
            column = self.tokens[self.at].column
            self.at += 2 if operator == "not in" else 1
            right = self.expression(its_level + 1)
            left = self.joined(operator, left, right)
            if its_level == _COMPARE:
                following = self.infix()
                if following is not None and following[1] == _COMPARE:
                    raise ConditionError(
                        self.tokens[self.at].column,
                        f"A comparison cannot follow the one at column {column}.",
                        "Write 1 <= a and a <= 5 instead of 1 <= a <= 5.",
                    )
            elif its_level in (_OR, _AND):
                # a and b and c is one list; (a and b) and c keeps the shape that it was written in
                while self.infix() == (operator, its_level):
                    self.at += 1
                    left[operator].append(self.expression(its_level + 1))
        self.depth -= 1
        return left

    def joined(self, operator: str, left: Expression, right: Expression) -> Expression:
        if operator == "not in":
            return {"not": [{"in": [left, right]}]}
        return {operator: [left, right]}

    def operand(self) -> Expression:
        token = self.take()
        if token.kind == "number":
            return _number(token)
        if token.kind == "text":
            if _NO_TEXT.search(token.text):
                raise ConditionError(
                    token.column,
                    "The text has a line break or a control character.",
                    "Write it in one line.",
                )
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind == "name":
            return self.word(token)
        if token.text == "(":
            inside = self.expression(_OR)
            self.expect(")")
            return inside
        if token.text == "[":
            return self.listing(token)
        if token.text == "-":
            if self.tokens[self.at].kind == "number":
                return -_number(self.take()) or 0
            return {"neg": [self.expression(_MINUS)]}
        if token.kind == "end":
            raise ConditionError(
                token.column, "The condition ends too early.", "Write what is missing at the end."
            )
        raise ConditionError(
            token.column,
            f"'{token.text}' is not expected here.",
            "Write a name, a number or a text in quotes.",
        )

    def word(self, token: _Token) -> Expression:
        word = token.text
        if word == "not":
            return {"not": [self.expression(_NOT)]}
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if word in RESERVED:
            raise ConditionError(
                token.column,
                f"Something is missing before '{word}'.",
                f"Write what stands before {word}.",
            )
        if self.tokens[self.at].text == "(":
            return self.function(token)
        return {"var": self.name(token)}

    def function(self, token: _Token) -> Expression:
        if token.text not in FUNCTIONS:
            raise ConditionError(
                token.column,
                f"There is no function {token.text}.",
                f"The functions are {', '.join(FUNCTIONS)}.",
            )
        self.expect("(")
        argument = self.take()
        if argument.kind != "name" or argument.text in RESERVED:
            raise ConditionError(
                argument.column,
                f"{token.text} takes the name of one question.",
                f"Write it as in {token.text}(trust).",
            )
        name = self.name(argument)
        self.expect(")")
        return {token.text: [name]}

    def name(self, token: _Token) -> str:
        if _NAME.fullmatch(token.text) is None:
            raise ConditionError(
                token.column,
                f"'{token.text}' cannot be the name of a question.",
                "Names have small letters a-z, digits and _; parts are joined as in care.met or staff.nurses.total.",
            )
        return token.text

    def listing(self, opening: _Token) -> Expression:
        items: list[Any] = []
        while self.tokens[self.at].text != "]":
            if items:
                self.expect(",")
            token = self.tokens[self.at]
            item = self.expression(_ADD)
            if isinstance(item, dict | list):
                raise ConditionError(
                    token.column,
                    "A list holds numbers and texts only.",
                    "Write it as in place in ['home', 'clinic'].",
                )
            items.append(item)
        if not items:
            raise ConditionError(opening.column, "The list is empty.", "Name what it holds.")
        self.at += 1
        return items


def _number(token: _Token) -> int | float:
    if len(token.text) > 16:
        raise ConditionError(token.column, "The number has too many digits.", "Use at most 15.")
    value = float(token.text)
    return int(value) if value.is_integer() else value


def _too_deep(column: int) -> NoReturn:
    raise ConditionError(
        column,
        f"The condition nests deeper than {DEPTH} levels.",
        "Split it, or use a computed question.",
    )


def _depth_within_limit(expression: Expression) -> None:
    """Counts without recursion, since a long sum is a deep tree that the parser built in a loop."""
    waiting = [(expression, 1)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEPTH:
            _too_deep(0)
        if isinstance(part, dict):
            for arguments in part.values():
                if isinstance(arguments, list):
                    waiting.extend((argument, depth + 1) for argument in arguments)


def _checked(value: Any, depth: int) -> Expression:
    if depth > DEPTH:
        _too_deep(0)
    if isinstance(value, dict):
        return _checked_operation(value, depth)
    if isinstance(value, list):
        if not value or any(isinstance(item, dict | list) for item in value):
            raise _not_an_expression("a list holds at least one number or text, and nothing else")
        return [_checked(item, depth) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if _NO_TEXT.search(value):
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
    elif operator in _LEVEL:
        fits = len(arguments) == 2
    else:
        raise _not_an_expression(f"there is no operator {str(operator)[:40]!r}")
    if not fits:
        raise _not_an_expression(f"{operator} has too many or too few arguments")
    return {operator: [_checked(argument, depth + 1) for argument in arguments]}


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or _NAME.fullmatch(name) is None or name in RESERVED:
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
        own, text = _NOT, f"not {_write(arguments[0], _NOT)}"
    elif operator == "neg":
        operand = _write(arguments[0], _MINUS)
        # a minus sign directly before digits would be read as part of the number
        own, text = (
            _MINUS,
            f"-({operand})" if isinstance(arguments[0], int | float) else f"-{operand}",
        )
    elif operator in ("and", "or"):
        own = _LEVEL[operator]
        text = f" {operator} ".join(_write(argument, own + 1) for argument in arguments)
    else:
        own = _LEVEL[operator]
        # sums and products lean to the left; a comparison stands alone, so both its sides bind tighter
        left = _write(arguments[0], own + 1 if own == _COMPARE else own)
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
