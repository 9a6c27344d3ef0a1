"""Conditions at work: what an expression yields, which questions show, what is computed.

The semantics are those of docs/architecture.md, "Conditions", and total: no expression and no environment raises. The
tablet's copy in sync/tablet/ passes the same tests/vectors/logic.json, so every step here is one that JavaScript's
doubles and UTF-16 strings take alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forms.named_values import Value, names_of, put_names
from forms.questionnaire import (
    Computed,
    Expression,
    Group,
    Question,
    Questionnaire,
    State,
)
from forms.values import number_of

#: What lies deeper than this in an expression is null; conditions.py refuses to parse anything near it.
DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Environment:
    """What names stand for. A name without a state is answered if its value is not null."""

    values: Mapping[str, Value]
    states: Mapping[str, str] = field(default_factory=dict)
    #: Repetitions of each repeating group.
    counts: Mapping[str, int] = field(default_factory=dict)

    def state(self, name: str) -> str:
        """The state of the question called `name`."""
        known = self.states.get(name)
        if known is not None:
            return known
        return State.UNANSWERED if self.values.get(name) is None else State.ANSWERED


def evaluate(expression: Expression, environment: Environment | Mapping[str, Value]) -> Value:
    """What `expression` yields in `environment`: null, a boolean, a number, a string or a list. Never raises."""
    if not isinstance(environment, Environment):
        environment = Environment(environment)
    return _evaluate(expression, environment, 0)


def _evaluate(expression: Expression, env: Environment, depth: int) -> Value:
    if depth > DEEPEST:
        return None
    if type(expression) is dict:
        if len(expression) != 1:
            return None
        operator, arguments = next(iter(expression.items()))
        if operator == "var":
            return _constant(env.values.get(arguments)) if type(arguments) is str else None
        if type(arguments) is not list:
            return None
        of_name = _OF_NAME.get(operator)
        if of_name is not None:
            if len(arguments) != 1 or type(arguments[0]) is not str:
                return None
            return of_name(arguments[0], env)
        rule = _RULES.get(operator)
        if rule is None:
            return None
        return rule([_evaluate(argument, env, depth + 1) for argument in arguments])
    if type(expression) is list:
        return [_evaluate(element, env, depth + 1) for element in expression]
    return _scalar(expression)


def _scalar(value: object) -> Value:
    """A value of the closed set; anything else, also a number that no finite double holds, is null."""
    if value is None or type(value) is bool or type(value) is str:
        return value
    return number_of(value)


def _constant(value: object) -> Value:
    return [_scalar(element) for element in value] if type(value) is list else _scalar(value)


def _kind(value: Value) -> str:
    if value is None:
        return "null"
    if type(value) is bool:
        return "boolean"
    if type(value) is str:
        return "string"
    return "list" if type(value) is list else "number"


def _equal(a: Value, b: Value) -> bool:
    kind = _kind(a)
    if kind != _kind(b):
        return False
    if kind == "list":
        return len(a) == len(b) and all(map(_equal, a, b))
    return bool(a == b)


def _before(a: Value, b: Value) -> bool:
    kind = _kind(a)
    if kind != _kind(b):
        return False
    if kind == "number":
        return bool(a < b)
    if kind == "string":
        # JavaScript orders strings by UTF-16 code units, Python by code points: they differ beyond the BMP.
        return bool(a.encode("utf-16-be", "surrogatepass") < b.encode("utf-16-be", "surrogatepass"))
    return False


def _ordered(a: Value, b: Value) -> bool:
    return _before(a, b) or (_kind(a) in ("number", "string") and _equal(a, b))


def _pair(rule: Callable[[Value, Value], Value]) -> Callable[[list[Value]], Value]:
    return lambda arguments: rule(*arguments) if len(arguments) == 2 else None


def _arithmetic(rule: Callable[[float, float], float | None]) -> Callable[[list[Value]], Value]:
    def of(arguments: list[Value]) -> Value:
        if len(arguments) != 2 or any(_kind(argument) != "number" for argument in arguments):
            return None
        # Always in doubles: whole numbers of Python are exact where JavaScript's are not.
        result = rule(float(arguments[0]), float(arguments[1]))
        return None if result is None or not math.isfinite(result) else number_of(result + 0.0)

    return of


def _not(arguments: list[Value]) -> Value:
    return arguments[0] is not True if len(arguments) == 1 else None


def _negative(arguments: list[Value]) -> Value:
    return _RULES["-"]([0, *arguments]) if len(arguments) == 1 else None


def _in(needle: Value, haystack: Value) -> bool:
    return type(haystack) is list and any(_equal(needle, element) for element in haystack)


def _count(name: str, env: Environment) -> int:
    value = env.values.get(name)
    return len(value) if type(value) is list else env.counts.get(name, 0)


_RULES: Mapping[str, Callable[[list[Value]], Value]] = {
    "==": _pair(_equal),
    "!=": _pair(lambda a, b: not _equal(a, b)),
    "<": _pair(_before),
    "<=": _pair(_ordered),
    ">": _pair(lambda a, b: _before(b, a)),
    ">=": _pair(lambda a, b: _ordered(b, a)),
    "and": lambda arguments: all(argument is True for argument in arguments),
    "or": lambda arguments: any(argument is True for argument in arguments),
    "not": _not,
    "in": _pair(_in),
    "+": _arithmetic(lambda a, b: a + b),
    "-": _arithmetic(lambda a, b: a - b),
    "*": _arithmetic(lambda a, b: a * b),
    "/": _arithmetic(lambda a, b: None if b == 0 else a / b),
    "neg": _negative,
}

_OF_NAME: Mapping[str, Callable[[str, Environment], Value]] = {
    "answered": lambda name, env: env.state(name) == State.ANSWERED,
    "dont_know": lambda name, env: env.state(name) == State.DONT_KNOW,
    "not_relevant": lambda name, env: env.state(name) == State.NOT_RELEVANT,
    "count": _count,
}


def variables(expression: Expression) -> set[str]:
    """The names whose *values* an expression reads (not those it only asks the state of)."""
    found: set[str] = set()
    waiting = [expression]
    while waiting:
        one = waiting.pop()
        if type(one) is list:
            waiting.extend(one)
        elif type(one) is dict:
            for operator, arguments in one.items():
                if operator == "var" and type(arguments) is str:
                    found.add(arguments)
                elif type(arguments) is list and operator not in _OF_NAME:
                    waiting.extend(arguments)
    return found


def violated(check: Expression, environment: Environment) -> bool:
    """Whether a constraint is broken: its check is false, and it was known.

    "start < stop" says nothing while `start` is unanswered, although a comparison with null is false: a constraint
    that reads a null value passes.
    """
    if any(environment.values.get(name) is None for name in variables(check)):
        return False
    return evaluate(check, environment) is False


# --- from answers to names -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visibility:
    """What shows to a person with these answers, and what the questionnaire computed on the way."""

    #: Places of questions that do not show (those inside a hidden section or group are not all listed: see `shows`).
    hidden: frozenset[str]
    hidden_sections: frozenset[str]
    environment: Environment
    #: Per repetition ("steps/0") the environment inside it.
    scopes: Mapping[str, Environment]
    #: Place -> value of every computed question that shows and is not null.
    computed: Mapping[str, Value]

    def shows(self, place: str) -> bool:
        """Whether the question at `place` shows; a part of a hidden question is hidden."""
        parts = place.split("/")
        return not any(
            "/".join(parts[:length]) in self.hidden for length in range(1, len(parts) + 1)
        )


def environment(q: Questionnaire, answers: Mapping[str, Any]) -> Environment:
    """What the names of `q` stand for when all of `answers` is given."""
    return visible(q, answers).environment


def visible(q: Questionnaire, answers: Mapping[str, Any]) -> Visibility:
    """Walk `q` in its order and say what shows. What does not show is null to all that follows.

    `answers` need not have been checked: an answer of a wrong kind is null here, one that is merely out of bounds
    still has its value.
    """
    walk = _Walk()
    hidden_sections: set[str] = set()
    names = _Names()
    for section in q.sections:
        shown = section.show_if is None or evaluate(section.show_if, names.environment()) is True
        if not shown:
            hidden_sections.add(section.id)
        for question in section.questions:
            walk.question(question, answers, "", names, shown)
    return Visibility(
        hidden=frozenset(walk.hidden),
        hidden_sections=frozenset(hidden_sections),
        environment=names.environment(),
        scopes=walk.scopes,
        computed=walk.computed,
    )


@dataclass(slots=True)
class _Names:
    values: dict[str, Value] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def environment(self) -> Environment:
        return Environment(self.values, self.states, self.counts)

    def put(self, name: str, state: str, value: Value) -> None:
        self.states[name] = state
        self.values[name] = value

    def inside(self) -> _Names:
        return _Names(dict(self.values), dict(self.states), dict(self.counts))


class _Walk:
    def __init__(self) -> None:
        self.hidden: set[str] = set()
        self.scopes: dict[str, Environment] = {}
        self.computed: dict[str, Value] = {}

    def question(
        self,
        question: Question,
        answers: Mapping[str, Any],
        prefix: str,
        names: _Names,
        shown: bool,
    ) -> None:
        place = prefix + question.id
        if shown and question.show_if is not None:
            shown = evaluate(question.show_if, names.environment()) is True
        if not shown:
            self.hidden.add(place)
            for name in names_of(question):
                names.put(name, State.NOT_SHOWN, None)
            return
        if isinstance(question, Computed):
            value = computed_value(question.value, names.environment())
            names.put(question.id, State.UNANSWERED if value is None else State.ANSWERED, value)
            if value is not None:
                self.computed[place] = value
        elif isinstance(question, Group):
            self.group(question, answers.get(question.id), place, names)
        else:
            put_names(question, answers.get(question.id), names.put)

    def group(self, group: Group, answer: object, place: str, names: _Names) -> None:
        repetitions = answer[: group.maximum] if type(answer) is list else []
        names.put(group.id, State.ANSWERED if repetitions else State.UNANSWERED, None)
        names.counts[group.id] = len(repetitions)
        for index, repetition in enumerate(repetitions):
            inside = names.inside()
            for question in group.questions:
                given = repetition if type(repetition) is dict else {}
                self.question(question, given, f"{place}/{index}/", inside, True)
            self.scopes[f"{place}/{index}"] = inside.environment()


def computed_value(expression: Expression, environment: Environment) -> Value:
    """What a computed question holds: a number (whole ones as int below 2**53), a boolean or a string, else null."""
    value = evaluate(expression, environment)
    return None if type(value) is list else value
