"""The checks of the kinds with one answer each: the rules of docs/architecture.md, "Answers", as closures.

Mixing checks thousands of responses a second, so all that depends on the questionnaire alone is worked out once:
places, the rows and faults that an answer can lead to, the sets to look in. marshmallow stands at the boundaries of
documents and of the API; in this loop it would cost more than opening the seal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from forms.logic import Visibility
from forms.questionnaire import (
    Consent,
    Count,
    Date,
    Duration,
    LongText,
    Number,
    OneOf,
    Option,
    Question,
    Scale,
    SeveralOf,
    ShortText,
    State,
    TimeOfDay,
    UnitQuestion,
)
from forms.values import clean_text, code_units, is_day, is_time, number_of, scaled

ANSWERED = State.ANSWERED.value
MISSING_STATES = (State.DONT_KNOW.value, State.NOT_RELEVANT.value)


# Rows and texts are tuples with names and not dataclasses: they go by the thousand into executemany as they are.
class AnswerRow(NamedTuple):
    """One row of the table `answer`: booleans are 1 and 0; value is None for free text and for the other states."""

    place: str
    state: str
    value: str | int | float | None


class FreeText(NamedTuple):
    """A free text and where it was written; kept apart from the rows."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerFault:
    """What is wrong with one answer. `params` are for its message (bounds, lengths) and never what was answered."""

    place: str
    code: str
    params: Mapping[str, str | int | float] = field(default_factory=dict)


class Outcome:
    """What the checks of one response add to."""

    __slots__ = ("faults", "rows", "texts", "units", "view")

    def __init__(self, units: Collection[str], view: Visibility | None) -> None:
        self.rows: list[AnswerRow] = []
        self.texts: list[FreeText] = []
        self.faults: list[AnswerFault] = []
        self.units = units
        self.view = view


#: (answer or None, where to add, whether it must be answered) -> the normalised answer, or None if there is none.
Check = Callable[[Any, Outcome, bool], Any]


def compile_simple(question: Question, place: str) -> Check:
    """The check of one question of a kind with one answer."""
    match question:
        case OneOf() | Scale():
            return one_of_check(question, question.options, place)
        case SeveralOf():
            return _several_of(question, place)
        case Number():
            bounds = {"minimum": question.minimum, "maximum": question.maximum}
            return _number(question, place, bounds, question.decimals)
        case Count():
            return _number(question, place, {"minimum": 0, "maximum": question.maximum}, 0)
        case Duration():
            bounds = {"minimum": question.minimum, "maximum": question.maximum}
            return _number(question, place, bounds, 0)
        case Date():
            return _moment(question, place, is_day, "not-a-date")
        case TimeOfDay():
            return _moment(question, place, is_time, "not-a-time")
        case ShortText() | LongText():
            return _text(question, place)
        case UnitQuestion():
            return _unit(question, place)
        case Consent():
            return _consent(question, place)
        case _:
            raise TypeError(f"a question of kind {question.KIND!r} has not one answer")


def is_missing(value: Any) -> bool:
    """Whether `value` is {"missing": "dont_know"} or {"missing": "not_relevant"}."""
    return type(value) is dict and len(value) == 1 and value.get("missing") in MISSING_STATES


def _without_answer(question: Question, place: str) -> Check:
    """What every simple kind does with an answer that is not of its type: unanswered, missing, or wrong."""
    required_fault = AnswerFault(place, "required")
    wrong_type = AnswerFault(place, "wrong-type")
    not_offered = AnswerFault(place, "missing-not-offered")
    offered = {
        state: AnswerRow(place, state, None)
        for state, text in zip(
            MISSING_STATES, (question.dont_know, question.not_relevant), strict=True
        )
        if text is not None
    }

    def check(answer: Any, out: Outcome, required: bool) -> Any:
        if answer is None:
            if required:
                out.faults.append(required_fault)
            return None
        if not is_missing(answer):
            out.faults.append(wrong_type)
            return None
        row = offered.get(answer["missing"])
        if row is None:
            out.faults.append(not_offered)
            return None
        out.rows.append(row)
        return {"missing": row.state}

    return check


def one_of_check(question: Question, options: tuple[Option, ...], place: str) -> Check:
    """The check of one of `options`; `question` says which missing states are offered."""
    otherwise = _without_answer(question, place)
    rows = {option.id: AnswerRow(place, ANSWERED, option.id) for option in options}
    unknown = AnswerFault(place, "unknown-option")

    def check(answer: Any, out: Outcome, required: bool) -> Any:
        if type(answer) is not str:
            return otherwise(answer, out, required)
        row = rows.get(answer)
        if row is None:
            out.faults.append(unknown)
            return None
        out.rows.append(row)
        return row.value

    return check


def _several_of(question: SeveralOf, place: str) -> Check:
    otherwise = _without_answer(question, place)
    rows = {
        option.id: AnswerRow(f"{place}/{option.id}", ANSWERED, 1) for option in question.options
    }
    exclusive = frozenset(option.id for option in question.options if option.exclusive)
    unknown = AnswerFault(place, "unknown-option")
    wrong_type = AnswerFault(place, "wrong-type")
    not_alone = AnswerFault(place, "too-many-exclusive")

    def check(answer: Any, out: Outcome, required: bool) -> Any:
        if type(answer) is not list:
            return otherwise(answer, out, required)
        if not answer:
            return otherwise(None, out, required)
        if not all(type(option) is str for option in answer):
            out.faults.append(wrong_type)
            return None
        given = set(answer)
        if not given <= rows.keys():
            out.faults.append(unknown)
            return None
        if len(given) > 1 and not exclusive.isdisjoint(given):
            out.faults.append(not_alone)
            return None
        chosen = [option for option in rows if option in given]
        out.rows.extend([rows[option] for option in chosen])
        return chosen

    return check


def _number(question: Question, place: str, bounds: Mapping[str, float], decimals: int) -> Check:
    otherwise = _without_answer(question, place)
    low, high, scale = bounds["minimum"], bounds["maximum"], 10**decimals
    outside = AnswerFault(place, "out-of-bounds", bounds)
    too_fine = AnswerFault(place, "decimals", {"decimals": decimals})
    wrong_type = AnswerFault(place, "wrong-type")

    def check(answer: Any, out: Outcome, required: bool) -> Any:
        if type(answer) is not int and type(answer) is not float:
            return otherwise(answer, out, required)
        number = number_of(answer)
        if number is None:
            out.faults.append(wrong_type)
            return None
        if not low <= number <= high:
            out.faults.append(outside)
            return None
        if type(number) is float and scaled(number, scale) / scale != number:
            out.faults.append(too_fine)
            return None
        out.rows.append(AnswerRow(place, ANSWERED, number))
        return number

    return check


def _moment(
    question: Date | TimeOfDay, place: str, is_one: Callable[[object], bool], code: str
) -> Check:
    """Days and times of day: as text they are in the order of time."""
    otherwise = _without_answer(question, place)
    earliest, latest = question.earliest, question.latest or "~"
    fault = AnswerFault(place, code)
    bounds = {"earliest": question.earliest, "latest": question.latest}
    outside = AnswerFault(place, "out-of-bounds", {key: day for key, day in bounds.items() if day})

    def check(answer: Any, out: Outcome, required: bool) -> Any:
        if type(answer) is not str:
            return otherwise(answer, out, required)
        if not is_one(answer):
            out.faults.append(fault)
            return None
        if not earliest <= answer <= latest:
            out.faults.append(outside)
            return None
        out.rows.append(AnswerRow(place, ANSWERED, answer))
        return answer

    return check


def _text(question: ShortText | LongText, place: str) -> Check:
    otherwise = _without_answer(question, place)
    lines = isinstance(question, LongText)
    longest = question.length
    # NFC may shorten a text, but not fourfold; what is longer still is refused before it costs anything.
    longest_given = 4 * longest + 64
    too_long = AnswerFault(place, "too-long", {"maximum": longest})
    row = AnswerRow(place, ANSWERED, None)

    def check(answer: Any, out: Outcome, required: bool) -> Any:
        if type(answer) is not str:
            return otherwise(answer, out, required)
        if len(answer) > longest and code_units(answer) > longest_given:
            out.faults.append(too_long)
            return None
        text = clean_text(answer, lines=lines)
        if not text:
            return otherwise(None, out, required)
        # A code point is at most two code units.
        if 2 * len(text) > longest and code_units(text) > longest:
            out.faults.append(too_long)
            return None
        out.rows.append(row)
        out.texts.append(FreeText(place, text))
        return text

    return check


def _unit(question: UnitQuestion, place: str) -> Check:
    otherwise = _without_answer(question, place)
    unknown = AnswerFault(place, "unknown-unit")

    def check(answer: Any, out: Outcome, required: bool) -> Any:
        if type(answer) is not str:
            return otherwise(answer, out, required)
        if answer not in out.units:
            out.faults.append(unknown)
            return None
        out.rows.append(AnswerRow(place, ANSWERED, answer))
        return answer

    return check


def _consent(question: Consent, place: str) -> Check:
    otherwise = _without_answer(question, place)
    yes, no = AnswerRow(place, ANSWERED, 1), AnswerRow(place, ANSWERED, 0)
    refused = AnswerFault(place, "no-consent")

    def check(answer: Any, out: Outcome, required: bool) -> Any:
        if type(answer) is not bool:
            return otherwise(answer, out, required)
        if required and not answer:
            out.faults.append(refused)
        out.rows.append(yes if answer else no)
        return answer

    return check
