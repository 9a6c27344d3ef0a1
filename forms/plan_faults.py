"""What a report plan may ask for, and the faults of one that asks for something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms.problems import Fault
from forms.questionnaire import (
    FREE_TEXT_KINDS,
    PLACES_OF_UNITS,
    Consent,
    Count,
    Duration,
    Group,
    Matrix,
    Measure,
    Number,
    OneOf,
    PlannedTable,
    Question,
    Questionnaire,
    Scale,
    SeveralOf,
    TableQuestion,
    UnitQuestion,
)

NUMBER_KINDS = (Number, Count, Duration)
#: One answer of a closed set, so that a response falls in one group.
_BY_KINDS = (OneOf, Scale, Consent, UnitQuestion)
_COUNTED_KINDS = (*_BY_KINDS, SeveralOf, *NUMBER_KINDS)


@dataclass(frozen=True, slots=True)
class Target:
    """What a place names: the question that holds its options or bounds (the column in a table, else the matrix)."""

    question: Question
    guarded: bool


def question_of(q: Questionnaire, id_: str) -> Question | None:
    """The question with this id that stands outside repeating groups."""
    for section in q.sections:
        for question in section.questions:
            if question.id == id_:
                return question
    return None


def whole_matrix(q: Questionnaire, place: str) -> Matrix | None:
    """The matrix that `place` names as a whole, else None."""
    question = question_of(q, place)
    return question if isinstance(question, Matrix) else None


def target_of(q: Questionnaire, place: str) -> Target | None:
    """What `place` names, None if nothing that can be counted as one table."""
    first, *rest = place.split("/")
    question = question_of(q, first)
    if question is None:
        return None
    guarded = question.background or question.sensitive
    if not rest:
        return Target(question, guarded) if isinstance(question, _COUNTED_KINDS) else None
    if isinstance(question, Matrix):
        known = len(rest) == 1 and any(item.id == rest[0] for item in question.statements)
        return Target(question, guarded) if known else None
    if isinstance(question, TableQuestion) and len(rest) == 2:
        if not any(row.id == rest[0] for row in question.rows):
            return None
        for column in question.columns:
            if column.id == rest[1] and isinstance(column, _COUNTED_KINDS):
                return Target(column, guarded or column.background or column.sensitive)
    return None


#: code -> (what is wrong, how to mend it); {} is what the plan wrote.
_WORDS = {
    "duplicate-id": ("The table {} stands twice.", "Give it an id of its own."),
    "in-group": (
        "{} is in a repeating group, which tables do not count yet.",
        "Take the table out of the plan.",
    ),
    "not-countable": (
        "{} is nothing that a table can count.",
        "Name a choice, a scale, a number, a consent or a unit question, a statement as in care/met, "
        "or a cell as in staff/nurses/total.",
    ),
    "measure": (
        "{} cannot be said of this question.",
        "Median is for numbers and scales, mean for numbers and scores, favourable for options with a tone.",
    ),
    "too-many-by": (
        "The table {} is broken down by more than two, or twice by one.",
        "Keep at most two different ones.",
    ),
    "by-kind": (
        "A table cannot be broken down by {}.",
        "Break down by another choice with one answer, or by unit, area or region.",
    ),
    "not-free-text": ("{} is not a question of free text.", "Name a short or long text."),
}


def _fault(place: str, code: str, written: str) -> Fault:
    message, remedy = _WORDS[code]
    return Fault(place, code, message.format(written), remedy)


def plan_faults(q: Questionnaire) -> list[Fault]:
    """All that is wrong with the report plan of `q`; empty if it can be compiled."""
    faults: list[Fault] = []
    seen: set[str] = set()
    for index, planned in enumerate(q.report.tables):
        place = f"report.tables[{index}]"
        if planned.id in seen:
            faults.append(_fault(f"{place}.id", "duplicate-id", planned.id))
        seen.add(planned.id)
        faults += _question_faults(q, planned, place)
        faults += _by_faults(q, planned, place)
    texts = {question.id for question in q.questions() if isinstance(question, FREE_TEXT_KINDS)}
    for index, name in enumerate(q.report.free_text):
        if name not in texts:
            faults.append(_fault(f"report.free_text[{index}]", "not-free-text", name))
    return faults


def _question_faults(q: Questionnaire, planned: PlannedTable, place: str) -> Iterator[Fault]:
    first = planned.question.split("/")[0]
    in_groups = {
        inner.id
        for group in q.questions()
        if isinstance(group, Group)
        for inner in (group, *group.questions)
    }
    if first in in_groups:
        yield _fault(f"{place}.question", "in-group", planned.question)
        return
    target = target_of(q, planned.question)
    question = whole_matrix(q, planned.question) or (target.question if target else None)
    if question is None:
        yield _fault(f"{place}.question", "not-countable", planned.question)
        return
    for measure in planned.measures:
        if not _fits(measure, question):
            yield _fault(f"{place}.measures", "measure", measure.value)


def _fits(measure: Measure, question: Question) -> bool:
    points = question.points if isinstance(question, Matrix) else ()
    options = question.options if isinstance(question, OneOf | Scale | SeveralOf) else points
    match measure:
        case Measure.DISTRIBUTION:
            return True
        case Measure.MEDIAN:
            return isinstance(question, (*NUMBER_KINDS, Scale, Matrix))
        case Measure.MEAN:
            return isinstance(question, NUMBER_KINDS) or any(
                option.score is not None for option in options
            )
        case Measure.FAVOURABLE:
            return any(option.tone is not None for option in options)


def _by_faults(q: Questionnaire, planned: PlannedTable, place: str) -> Iterator[Fault]:
    if len(planned.by) > 2 or len(set(planned.by)) < len(planned.by):
        yield _fault(f"{place}.by", "too-many-by", planned.id)
    for name in planned.by:
        if name in PLACES_OF_UNITS:
            continue
        if name == planned.question or not isinstance(question_of(q, name), _BY_KINDS):
            yield _fault(f"{place}.by", "by-kind", name)
