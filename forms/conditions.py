"""Conditions: the readable form that people write, read into the JsonLogic that the model keeps.

``trust <= 2 and place == 'home'`` becomes ``{"and": [{"<=": [{"var": "trust"}, 2]}, {"==": [...]}]}``. The set of
operators is closed (docs/architecture.md, "Conditions"); nothing is ever evaluated as Python. From loosest to
tightest: ``or``, ``and``, ``not``, one comparison (``== != < <= > >= in``, ``not in``), ``+ -``, ``* /``, a minus
sign, and then a number, a text in quotes, ``true false null``, a list in brackets, a name, a function or parentheses.
What comes out, and how it is written readably again, is in expressions.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from forms.expressions import (
    DEPTH,
    FUNCTIONS,
    LENGTH,
    LEVELS,
    NAME,
    NO_TEXT,
    RESERVED,
    ConditionError,
    Level,
    refuse_depth,
    too_long,
)
from forms.questionnaire import Expression

_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}

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


def parse(source: str) -> Expression:
    """The expression that a readable condition stands for. Raises ConditionError."""
    if len(source) > LENGTH:
        raise too_long()
    expression = _Parser(source, _tokens(source)).whole()
    _depth_within_limit(expression)
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
        expression = self.expression(Level.OR)
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
                ("not in", Level.COMPARE)
                if following.text == "in" and following.kind == "name"
                else None
            )
        if token.kind in ("sign", "name") and token.text in LEVELS:
            return token.text, LEVELS[token.text]
        return None

    def expression(self, level: int) -> Expression:
        self.depth += 1
        if self.depth > _PARSER_DEPTH:
            refuse_depth(self.tokens[self.at].column)
        left = self.operand()
        while (found := self.infix()) is not None and found[1] >= level:
            operator, its_level = found
            column = self.tokens[self.at].column
            self.at += 2 if operator == "not in" else 1
            right = self.expression(its_level + 1)
            left = self.joined(operator, left, right)
            if its_level == Level.COMPARE:
                following = self.infix()
                if following is not None and following[1] == Level.COMPARE:
                    raise ConditionError(
                        self.tokens[self.at].column,
                        f"A comparison cannot follow the one at column {column}.",
                        "Write 1 <= a and a <= 5 instead of 1 <= a <= 5.",
                    )
            elif its_level in (Level.OR, Level.AND):
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
            if NO_TEXT.search(token.text):
                raise ConditionError(
                    token.column,
                    "The text has a line break or a control character.",
                    "Write it in one line.",
                )
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind == "name":
            return self.word(token)
        if token.text == "(":
            inside = self.expression(Level.OR)
            self.expect(")")
            return inside
        if token.text == "[":
            return self.listing(token)
        if token.text == "-":
            if self.tokens[self.at].kind == "number":
                return -_number(self.take()) or 0
            return {"neg": [self.expression(Level.MINUS)]}
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
            return {"not": [self.expression(Level.NOT)]}
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
        if NAME.fullmatch(token.text) is None:
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
            item = self.expression(Level.ADD)
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


def _depth_within_limit(expression: Expression) -> None:
    """Counts without recursion, since a long sum is a deep tree that the parser built in a loop."""
    waiting = [(expression, 1)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEPTH:
            refuse_depth(0)
        if isinstance(part, dict):
            for arguments in part.values():
                if isinstance(arguments, list):
                    waiting.extend((argument, depth + 1) for argument in arguments)
