"""What stands in the cells of a row: the answers of a response, by the variables that are in the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from exports.datasets.variables import Variable
from forms.questionnaire import State

UNANSWERED = f"~{State.UNANSWERED.value}"
NOT_SHOWN = f"~{State.NOT_SHOWN.value}"


def cells_of(variables: Sequence[Variable]) -> Callable[[Mapping[str, Any]], list[str]]:
    """A function from the answers of a response to its cells, quick for what most questions are."""
    places = [variable.place for variable in variables]
    others = [
        (at, variable)
        for at, variable in enumerate(variables)
        if variable.option is not None or variable.question.KIND == "consent"
    ]
    numbers = [
        at
        for at, variable in enumerate(variables)
        if variable.question.KIND in ("number", "count", "duration", "computed")
    ]
    every = tuple(enumerate(variables))

    def cells(answers: Mapping[str, Any]) -> list[str]:
        get = answers.get
        row: list[Any] = [get(place) for place in places]
        for at, variable in others:
            row[at] = token_of(answers, variable)
        for at in numbers:
            if type(row[at]) is not str and row[at] is not None:
                row[at] = repr(row[at])
        if None in row:
            for at, variable in every:
                if row[at] is None:
                    row[at] = token_of(answers, variable)
        return row

    return cells


def token_of(answers: Mapping[str, Any], variable: Variable) -> str:
    """What stands in the cell of a variable: an option's id, 0 or 1, a number, or '~' and the state."""
    place = variable.place
    if variable.option is not None:
        return _chosen(answers, place, variable)
    value = answers.get(place)
    if value is None:
        value = _state_above(answers, place, variable)
    elif variable.question.KIND == "consent" and not isinstance(value, str):
        value = "yes" if value else "no"
    return value if isinstance(value, str) else repr(value)


def _chosen(answers: Mapping[str, Any], place: str, variable: Variable) -> str:
    """1 where an option was chosen, 0 where only others were, else the state of the question."""
    if place in answers:
        return "1"
    before = place[: -len(variable.option.id)] if variable.option else place
    if any(before + option.id in answers for option in getattr(variable.question, "options", ())):
        return "0"
    return str(answers.get(before[:-1]) or _state_above(answers, place, variable))


def _state_above(answers: Mapping[str, Any], place: str, variable: Variable) -> str:
    """The state of a place without an answer: that of what it stands in, where that was not shown at all."""
    if variable.repetition is not None:
        repetition = f"{variable.top.id}/{variable.repetition}/"
        if not any(name.startswith(repetition) for name in answers):
            return NOT_SHOWN
    while "/" in place:
        place = place.rpartition("/")[0]
        found = answers.get(place)
        if isinstance(found, str) and found.startswith("~"):
            return found
    return UNANSWERED
