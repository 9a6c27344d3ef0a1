"""From answers to names: the state of a question, and what its id stands for in conditions.

An answer need not have been checked to have a value: its type must be right, its bounds need not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from forms.questionnaire import (
    FREE_TEXT_KINDS,
    Consent,
    Count,
    Date,
    Duration,
    Information,
    Matrix,
    Number,
    OneOf,
    Option,
    Question,
    Scale,
    SeveralOf,
    State,
    TableQuestion,
    TimeOfDay,
    UnitQuestion,
)
from forms.values import clean_text, is_day, is_time, number_of

#: None, bool, int, float, str, or a list of these.
Value = Any


def names_of(question: Question) -> list[str]:
    """The names under which conditions outside a repeating group know `question`."""
    if isinstance(question, Matrix):
        return [question.id, *(f"{question.id}.{item.id}" for item in question.statements)]
    if isinstance(question, TableQuestion):
        cells = [f"{question.id}.{r.id}.{c.id}" for r in question.rows for c in question.columns]
        return [question.id, *cells]
    return [question.id]


def put_names(question: Question, answer: object, put: Callable[[str, str, Value], None]) -> None:
    """Call `put(name, state, value)` for each name of an answered or unanswered `question` (no group, not computed)."""
    if isinstance(question, Matrix):
        given = answer if type(answer) is dict else {}
        any_answered = False
        for item in question.statements:
            state, value = _state_and_value(
                question, given.get(item.id), lambda one: _score(question.points, one)
            )
            any_answered = any_answered or state == State.ANSWERED
            put(f"{question.id}.{item.id}", state, value)
        put(question.id, State.ANSWERED if any_answered else State.UNANSWERED, None)
    elif isinstance(question, TableQuestion):
        table = answer if type(answer) is dict else {}
        any_answered = False
        for row in question.rows:
            cells = table.get(row.id)
            for column in question.columns:
                cell = cells.get(column.id) if type(cells) is dict else None
                state, value = state_and_value(column, cell)
                any_answered = any_answered or state == State.ANSWERED
                put(f"{question.id}.{row.id}.{column.id}", state, value)
        put(question.id, State.ANSWERED if any_answered else State.UNANSWERED, None)
    elif not isinstance(question, Information):
        put(question.id, *state_and_value(question, answer))


def state_and_value(question: Question, answer: object) -> tuple[str, Value]:
    """The state of a simple question and what its name stands for. Free text is answered but has no value."""
    return _state_and_value(question, answer, lambda one: _value(question, one))


_TEXT = object()


def _state_and_value(
    question: Question, answer: object, value_of: Callable[[object], Value]
) -> tuple[str, Value]:
    if type(answer) is dict:
        if answer == {"missing": "dont_know"} and question.dont_know is not None:
            return State.DONT_KNOW, None
        if answer == {"missing": "not_relevant"} and question.not_relevant is not None:
            return State.NOT_RELEVANT, None
        return State.UNANSWERED, None
    value = value_of(answer)
    if value is None:
        return State.UNANSWERED, None
    return State.ANSWERED, None if value is _TEXT else value


def _score(points: tuple[Option, ...], answer: object) -> Value:
    """A point's score; a point without one stands for its id, so that it is not taken for unanswered."""
    for point in points:
        if point.id == answer:
            return point.id if point.score is None else number_of(point.score)
    return None


def _value(question: Question, answer: object) -> Value:
    if isinstance(question, OneOf):
        return answer if any(option.id == answer for option in question.options) else None
    if isinstance(question, Scale):
        return _score(question.points, answer)
    if isinstance(question, SeveralOf):
        chosen = answer if type(answer) is list else []
        return [option.id for option in question.options if option.id in chosen] or None
    if isinstance(question, Number | Count | Duration):
        return number_of(answer)
    if isinstance(question, Date):
        return answer if is_day(answer) else None
    if isinstance(question, TimeOfDay):
        return answer if is_time(answer) else None
    if isinstance(question, Consent):
        return answer if type(answer) is bool else None
    if isinstance(question, UnitQuestion):
        return answer if type(answer) is str and answer else None
    if isinstance(question, FREE_TEXT_KINDS):
        return _TEXT if type(answer) is str and clean_text(answer, lines=True) else None
    return None
