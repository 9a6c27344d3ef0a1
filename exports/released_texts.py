"""Free text as an edition may show it: released by a person, from so many people, in random order, tied to nothing.

A question within a repeated group has several texts of one person, and no text says whose it is. How many people wrote is
then told by the repetition that most wrote in: nobody writes twice in the same one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlite_utils import Database

from exports.advance import advanced_texts
from exports.figures import Figures
from forms.questionnaire import Group, Questionnaire
from store import responses

#: From how many people free text is shown (docs/disclosure.md).
SMALLEST_FREE_TEXT = 8


def asked_at(questionnaire: Questionnaire) -> Mapping[str, tuple[str, int]]:
    """{question: (the group that repeats it or '', most texts of one person)} of all questions that can be reported."""
    found = {}
    for section in questionnaire.sections:
        for question in section.questions:
            found[question.id] = ("", 1)
            if isinstance(question, Group):
                found |= {one.id: (question.id, question.maximum) for one in question.questions}
    return found


def people_at_least(places: Iterable[str]) -> int:
    """How many people wrote texts at these places, at least: of each repetition a person has one."""
    return max(Counter(places).values(), default=0)


def released_texts(
    db: Database, round_id: str, questionnaire: Questionnaire, rng: random.Random
) -> list[dict[str, Any]]:
    """Released texts by question of the report plan: from eight people, in random order, with their language and nothing else."""
    released = responses.texts(db, round_id, state=responses.Reading.RELEASED)
    groups = asked_at(questionnaire)
    told: list[dict[str, Any]] = []
    for name in questionnaire.report.free_text:
        group, _ = groups[name]
        own = [one for one in released if _is_at(one.place, group, name)]
        texts = [{"language": one.language, "text": one.text} for one in own]
        if people_at_least(one.place for one in own) < SMALLEST_FREE_TEXT:
            texts = []
        rng.shuffle(texts)
        told.append({"question": name, "texts": texts})
    return told


def texts_that_advance(
    previous: Figures, new: Figures, questionnaire: Questionnaire
) -> list[dict[str, Any]]:
    """The texts of the next edition: those of a question advance only by as many as eight people can have written."""
    most = {name: most for name, (_, most) in asked_at(questionnaire).items()}
    smallest = {name: SMALLEST_FREE_TEXT * most[name] for name in questionnaire.report.free_text}
    return advanced_texts(previous, new, smallest=smallest)


def _is_at(place: str, group: str, name: str) -> bool:
    parts = place.split("/")
    return parts == [name] if not group else (parts[0], parts[-1]) == (group, name)
