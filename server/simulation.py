"""Draws answers as people might give them, for trying a round out: from a seed alone, or to a given distribution.

A distribution file is JSON (all parts optional)::

    {"questions": {"trust": {"5": 60, "4": 25, "~dont_know": 5, "~unanswered": 10},    weights of options and states
                   "minutes": {"mean": 35, "sd": 10}},                               numbers, counts, durations
     "texts": {"suggestions": {"share": 0.3, "texts": ["…", "…"]}}}                   who writes, and what

Without an entry the options are equally likely, one question in twenty is left unanswered, and nobody writes text.
What is drawn goes through the real intake: sealed, received, mixed, checked like everything else.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil, floor
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from forms.answers import Checker
from forms.problems import Fault, Problem, ProblemError
from forms.questionnaire import (
    Consent,
    Count,
    Date,
    Duration,
    Group,
    LongText,
    Matrix,
    Number,
    OneOf,
    Option,
    Question,
    Questionnaire,
    Scale,
    SeveralOf,
    ShortText,
    TableQuestion,
    TimeOfDay,
    UnitQuestion,
)

UNANSWERED_SHARE = 0.05
#: What stands in a text field that must be answered, where no texts were given.
PLACEHOLDER = "Simuleret svar"
#: Draws of one person's answers before it is said that the questionnaire's own rules leave too little room.
MOST_DRAWS = 200


@dataclass(frozen=True, slots=True)
class WrittenTexts:
    """How many write in a text field (0 to 1), and the texts drawn from."""

    share: float
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """Weights by place: of options and states, or 'mean' and 'sd' of a number; and texts by place."""

    questions: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    texts: Mapping[str, WrittenTexts] = field(default_factory=dict)


class _TextsSchema(Schema):
    share = fields.Float(required=True, validate=validate.Range(0, 1))
    texts = fields.List(fields.String(), required=True, validate=validate.Length(min=1))


class _DistributionSchema(Schema):
    class Meta:
        unknown = EXCLUDE  # a file may carry comments of its own

    questions = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Float(validate=validate.Range(0))),
        load_default=dict,
    )
    texts = fields.Dict(keys=fields.String(), values=fields.Nested(_TextsSchema), load_default=dict)


def read_distribution(plain: object) -> Distribution:
    """The distribution in a file's JSON. Raises ProblemError(INVALID_INPUT) that names what is wrong in it."""
    try:
        loaded = _DistributionSchema().load(
            plain if isinstance(plain, dict) else {"questions": plain}
        )
    except ValidationError as error:
        fault = Fault(
            "distribution",
            "distribution",
            str(error.messages),
            "See the description in the documentation.",
        )
        raise ProblemError(Problem.INVALID_INPUT, faults=(fault,)) from error
    texts = {
        place: WrittenTexts(t["share"], tuple(t["texts"])) for place, t in loaded["texts"].items()
    }
    return Distribution(loaded["questions"], texts)


def draw_answers(
    questionnaire: Questionnaire,
    rng: random.Random,
    distribution: Distribution | None = None,
    *,
    units: Sequence[str] = (),
    around: date = date(2022, 1, 31),
) -> dict[str, Any]:
    """One person's answers in the plain form of forms/answers.py. `around` is the day near which dates are drawn.

    Each answer fits its question; what questions ask of one another (constraints, conditions) is `draw_valid_answers`'.
    """
    draw = _Draw(rng, distribution or Distribution(), units, around)
    answers: dict[str, Any] = {}
    for section in questionnaire.sections:
        for question in section.questions:
            answer = draw.answer(question, question.id)
            if answer is not None:
                answers[question.id] = answer
    return answers


def draw_valid_answers(
    checker: Checker,
    questionnaire: Questionnaire,
    rng: random.Random,
    distribution: Distribution | None = None,
    *,
    units: Sequence[str] = (),
    around: date = date(2022, 1, 31),
) -> dict[str, Any]:
    """As `draw_answers`, drawn anew until the checker has nothing to say.

    Raises ProblemError(INVALID_INPUT) that names what stands in the way, when that does not come about.
    """
    for _ in range(MOST_DRAWS):
        drawn = draw_answers(questionnaire, rng, distribution, units=units, around=around)
        faults = checker.check(drawn, units=units).faults
        if not faults:
            return drawn
    raise ProblemError(
        Problem.INVALID_INPUT,
        f"In {MOST_DRAWS} draws no answers came about that the questionnaire allows.",
        tuple(
            Fault(
                place,
                code,
                f"The answer drawn was not allowed ({code}).",
                "Give weights for the questions that it depends on, in a distribution.",
            )
            for place, code in sorted({(fault.place, fault.code) for fault in faults})
        ),
    )


def writes_text(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> bool:
    """Whether these answers hold words of the person's own, which are in one language."""

    def written(question: Question, answer: Any) -> bool:
        match question:
            case ShortText() | LongText():
                return isinstance(answer, str)
            case TableQuestion():
                return any(
                    written(column, cells.get(column.id))
                    for cells in answer.values()
                    for column in question.columns
                )
            case Group():
                return any(
                    written(inner, one.get(inner.id))
                    for one in answer
                    for inner in question.questions
                )
        return False

    return any(
        written(question, answers[question.id])
        for section in questionnaire.sections
        for question in section.questions
        if question.id in answers
    )


@dataclass(frozen=True, slots=True)
class _Draw:
    rng: random.Random
    distribution: Distribution
    units: Sequence[str]
    around: date

    def answer(self, question: Question, place: str) -> Any:
        weights = self.distribution.questions.get(place)
        match question:
            case Matrix():
                drawn = {
                    s.id: self._choice(question.points, question, f"{place}/{s.id}")
                    for s in question.statements
                }
                return {key: value for key, value in drawn.items() if value is not None} or None
            case TableQuestion():
                rows = {
                    row.id: {
                        column.id: value
                        for column in question.columns
                        if (value := self.answer(column, f"{place}/{row.id}/{column.id}"))
                        is not None
                    }
                    for row in question.rows
                }
                return {row: cells for row, cells in rows.items() if cells} or None
            case Group():
                repetitions = self.rng.randint(
                    question.minimum, min(question.maximum, question.minimum + 3)
                )
                return [
                    {
                        inner.id: value
                        for inner in question.questions
                        if (value := self.answer(inner, f"{place}/{inner.id}")) is not None
                    }
                    for _ in range(repetitions)
                ] or None
            case OneOf() | Scale():
                return self._choice(question.options, question, place)
            case ShortText() | LongText():
                return self._text(question, place)
        # The rest are single values, left out now and then unless they are required.
        if not _asked_for(question) and self.rng.random() < UNANSWERED_SHARE:
            return None
        match question:
            case SeveralOf():
                return self._several(question, weights)
            case Number():
                return self._number(question.minimum, question.maximum, question.decimals, weights)
            case Count():
                return self._number(
                    0,
                    min(question.maximum, 20 if weights is None else question.maximum),
                    0,
                    weights,
                )
            case Duration():
                usual = question.maximum if weights else question.minimum + 59
                return self._number(question.minimum, min(question.maximum, usual), 0, weights)
            case Date():
                return self._day(question)
            case TimeOfDay():
                return self._time(question)
            case UnitQuestion():
                return self.rng.choice(list(self.units)) if self.units else None
            case Consent():
                return True
        return None

    def _choice(self, options: Sequence[Option], question: Question, place: str) -> Any:
        weights = self.distribution.questions.get(place)
        if weights is None:
            if not _asked_for(question) and self.rng.random() < UNANSWERED_SHARE:
                return None
            return self.rng.choice(options).id
        states = _offered(question)
        known = {option.id for option in options} | {*states, "~unanswered"}
        drawable = {
            name: weight for name, weight in weights.items() if name in known and weight > 0
        }
        if not drawable:
            return None
        drawn = self.rng.choices(list(drawable), list(drawable.values()))[0]
        if drawn in states:
            return {"missing": drawn[1:]}
        return None if drawn == "~unanswered" else drawn

    def _several(self, question: SeveralOf, weights: Mapping[str, float] | None) -> Any:
        alone = [option.id for option in question.options if option.exclusive]
        if alone and self.rng.random() < 1 / (len(question.options) + 1):
            return [self.rng.choice(alone)]
        open_options = [option for option in question.options if not option.exclusive]
        shares = {
            option.id: weights.get(option.id, 0) / 100 if weights else 0.35
            for option in open_options
        }
        chosen = [name for name, share in shares.items() if self.rng.random() < share]
        if not chosen and _asked_for(question):
            chosen = [self.rng.choice(question.options).id]
        return chosen or None

    def _number(
        self, low: float, high: float, decimals: int, weights: Mapping[str, float] | None
    ) -> float | int | None:
        mean, spread = (low + high) / 2, (high - low) / 6
        if weights:
            mean, spread = weights.get("mean", mean), weights.get("sd", spread)
        # In steps of the last decimal, so that rounding never leaves the bounds.
        scale: int = 10**decimals
        least, most = ceil(low * scale - 1e-9), floor(high * scale + 1e-9)
        if least > most:
            return None  # no number with so few decimals lies between the bounds
        value = min(most, max(least, round(self.rng.gauss(mean, spread) * scale)))
        return value / scale if decimals else value

    def _text(self, question: ShortText | LongText, place: str) -> str | None:
        written = self.distribution.texts.get(place)
        if written is not None and self.rng.random() < written.share:
            return _cut(self.rng.choice(written.texts), question.length)
        return _cut(PLACEHOLDER, question.length) if question.required else None

    def _time(self, question: TimeOfDay) -> str:
        """Between seven and ten o'clock, in steps of five minutes, where the question allows that."""
        low, high = _minutes(question.earliest or "00:00"), _minutes(question.latest or "23:59")
        by_day = [minute for minute in range(7 * 60, 22 * 60, 5) if low <= minute <= high]
        minute = self.rng.choice(by_day) if by_day else self.rng.randint(low, max(low, high))
        return f"{minute // 60:02d}:{minute % 60:02d}"

    def _day(self, question: Date) -> str:
        latest = date.fromisoformat(question.latest) if question.latest else None
        earliest = date.fromisoformat(question.earliest) if question.earliest else None
        if earliest is None:
            earliest = min(self.around, latest or self.around) - timedelta(days=29)
        if latest is None:
            latest = max(self.around, earliest)
        days = max(0, (latest - earliest).days)
        return (earliest + timedelta(days=self.rng.randint(0, days))).isoformat()


def _asked_for(question: Question) -> bool:
    return question.required or question.require_if is not None


def _offered(question: Question) -> set[str]:
    states = {"~dont_know": question.dont_know, "~not_relevant": question.not_relevant}
    return {name for name, text in states.items() if text is not None}


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def _cut(text: str, length: int) -> str:
    """The beginning of a text, in UTF-16 code units as lengths are counted; never half a sign."""
    units = text.encode("utf-16-le")[: 2 * length]
    return units.decode("utf-16-le", errors="ignore")
