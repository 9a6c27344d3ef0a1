"""What units sent in their own name, as a report may show it: checked, without fields marked personal, CPR numbers masked.

Signed returns are the only answers that are shown one by one (docs/disclosure.md, "Signed returns").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from forms.answers import Checker, mask_personal_data
from forms.questionnaire import Group, Question, Questionnaire, TableQuestion
from store import responses, returns, round_units
from store.responses import Reading

#: What stands in the place of a text that a reader withheld.
WITHHELD: Mapping[str, bool] = {"withheld": True}


@dataclass(frozen=True, slots=True)
class UnitAnswers:
    """A unit of the round and what it sent; `answers` is None where it sent nothing."""

    unit: str
    name: str
    answers: Mapping[str, Any] | None


def read_unit_answers(
    db: Database, round_id: str, questionnaire: Questionnaire
) -> tuple[UnitAnswers, ...]:
    """The units of a round of signed returns, by name, with what each sent."""
    checker = Checker(questionnaire)
    units = round_units.listed(db, round_id)
    ids = frozenset(one.unit for one in units)
    withheld = {
        (_without_repetition(one.place), one.text)
        for one in responses.texts(db, round_id, state=Reading.WITHHELD)
    }
    found = []
    for one in units:
        sent = returns.sent(db, round_id, one.unit)
        revision = returns.read(db, round_id, one.unit, sent.revision) if sent else None
        answers: Mapping[str, Any] | None = None
        if revision is not None:
            checked = mask_personal_data(checker.check(dict(revision.answers), units=ids))
            answers = _shown(questionnaire, checked.answers, withheld)
        found.append(UnitAnswers(one.unit, one.name or one.unit, answers))
    return tuple(found)


def _without_repetition(place: str) -> str:
    return "/".join(part for part in place.split("/") if not part.isdecimal())


def _shown(
    questionnaire: Questionnaire, answers: Mapping[str, Any], withheld: set[tuple[str, str]]
) -> dict[str, Any]:
    """The answers without personal fields, and without texts that a person decided not to show."""
    top = [question for section in questionnaire.sections for question in section.questions]
    return _of_questions(tuple(top), answers, "", withheld)


def _of_questions(
    questions: tuple[Question, ...],
    answers: Mapping[str, Any],
    prefix: str,
    withheld: set[tuple[str, str]],
) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for question in questions:
        value = answers.get(question.id)
        if value is None or question.personal:
            continue
        place = f"{prefix}{question.id}"
        if isinstance(question, Group):
            rows = [_of_questions(question.questions, one, f"{place}/", withheld) for one in value]
            kept[question.id] = [row for row in rows if row]
        elif isinstance(question, TableQuestion):
            kept[question.id] = {
                row: _of_questions(question.columns, cells, f"{place}/{row}/", withheld)
                for row, cells in value.items()
            }
        else:
            held = isinstance(value, str) and (_without_repetition(place), value) in withheld
            kept[question.id] = dict(WITHHELD) if held else value
    return kept
