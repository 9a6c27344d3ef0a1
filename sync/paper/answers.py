"""From boxes to answers: what is sure, what a person has to look at, and what has to be typed.

Answers are kept as the fields of a form (place -> values, forms/form_fields.py), so that what was read, what a person
decided and what was typed come together in one form, and `answers_of` gives the answers that any channel would.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.form_fields import MISSING_FIELDS, from_form
from forms.questionnaire import (
    Group,
    Matrix,
    Option,
    Question,
    Questionnaire,
    SeveralOf,
    TableQuestion,
)
from sync.paper.pages import ReadBox

#: What a form holds: the place of an answer, and its values.
Fields = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PageAnswers:
    """What some boxes say.

    `sure` are fields that need nobody; `doubtful` are places at which a person decides which boxes are marked, in the
    order of the page; `to_type` are places whose digits or words a person types. A place that is in none of them was
    left unanswered. `marked` are the marks that were read at the doubtful places, to show beside the crop.
    """

    sure: Fields
    doubtful: tuple[str, ...]
    to_type: tuple[str, ...]
    marked: Fields


def page_answers(questionnaire: Questionnaire, boxes: Iterable[ReadBox]) -> PageAnswers:
    """What the boxes of a page, or of all pages of a sheet, say. Nothing is guessed.

    A place is doubtful when one of its boxes is; when a choice of one has two marks; when a mark says that nothing
    applies and another says that something does; when all that was marked was taken back; and when words or digits
    stand beside a marked "don't know".
    """
    places: dict[str, list[ReadBox]] = defaultdict(list)
    for box in boxes:
        places[box.place].append(box)
    sure: dict[str, tuple[str, ...]] = {}
    marked: dict[str, tuple[str, ...]] = {}
    doubtful, to_type = [], []
    for place, found in places.items():
        ticks = [box for box in found if box.kind == "box"]
        written = any(box.state != "blank" for box in found if box.kind != "box")
        chosen = tuple(box.option for box in ticks if box.state == "marked")
        if written:
            to_type.append(place)
        if _is_doubtful(question_at(questionnaire, place), ticks, chosen, written=written):
            doubtful.append(place)
            marked[place] = chosen
        elif chosen:
            sure[place] = chosen
    return PageAnswers(sure, tuple(doubtful), tuple(to_type), marked)


def answers_of(questionnaire: Questionnaire, *fields: Fields) -> dict[str, Any]:
    """The answers that fields make together; a later one takes the place of an earlier one."""
    merged: dict[str, tuple[str, ...]] = {}
    for one in fields:
        merged.update(one)
    return from_form(questionnaire, _Form(merged))


def question_at(questionnaire: Questionnaire, place: str) -> Question | None:
    """The question that a place belongs to: for a statement its matrix, for a cell its column; None if there is none."""
    id, *rest = place.split("/")
    question = next(
        (one for section in questionnaire.sections for one in section.questions if one.id == id),
        None,
    )
    if isinstance(question, Group):
        inner = rest[1] if len(rest) > 1 else ""
        found = next((one for one in question.questions if one.id == inner), None)
        question, rest = found, rest[2:]
    if isinstance(question, TableQuestion):
        column = rest[1] if len(rest) > 1 else ""
        return next((one for one in question.columns if one.id == column), None)
    return question


def _is_doubtful(
    question: Question | None, ticks: list[ReadBox], chosen: tuple[str, ...], *, written: bool
) -> bool:
    if question is None or any(box.state == "doubtful" for box in ticks):
        return True
    if not chosen:
        return any(box.state == "cancelled" for box in ticks)
    if written:
        return True
    if len(chosen) == 1:
        return False
    if not isinstance(question, SeveralOf):
        return True
    alone = {option.id for option in _options(question) if option.exclusive} | set(MISSING_FIELDS)
    return any(option in alone for option in chosen)


def _options(question: Question) -> tuple[Option, ...]:
    if isinstance(question, Matrix):
        return question.points
    options: tuple[Option, ...] = getattr(question, "options", ())
    return options


class _Form:
    """Fields, read as werkzeug's MultiDict is."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    def getlist(self, key: str) -> list[str]:
        return list(self._fields.get(key, ()))

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)
