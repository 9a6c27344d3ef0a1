"""One compiled check per question: the rules of docs/architecture.md, "Answers", as closures.

Mixing checks thousands of responses a second, so all that depends on the questionnaire alone is worked out once:
places, the rows and faults that an answer can lead to, the sets to look in. marshmallow stands at the boundaries of
documents and of the API; in this loop it would cost more than sealing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from forms.logic import Environment, Visibility, evaluate, violated
from forms.questionnaire import (
    Computed,
    Consent,
    Constraint,
    Count,
    Date,
    Duration,
    Expression,
    Group,
    Information,
    LongText,
    Matrix,
    Number,
    OneOf,
    Option,
    Question,
    Scale,
    SeveralOf,
    ShortText,
    State,
    TableQuestion,
    TimeOfDay,
    UnitQuestion,
)
from forms.values import clean_text, code_units, is_day, is_time, number_of, scaled

#: Nobody is told of more unknown names than these: a hostile answer may hold a hundred thousand.
UNKNOWN_NAMES = 50

ANSWERED = State.ANSWERED.value
NOT_SHOWN = State.NOT_SHOWN.value
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


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a questionnaire or of a repetition, ready to be checked. Information and computed have no check."""

    id: str
    place: str
    check: Check | None
    required: bool
    require_if: Expression | None
    constraints: tuple[Constraint, ...]
    computed: bool
    not_shown: AnswerRow | None


def compile_step(question: Question, prefix: str = "") -> Step:
    """The step for `question` whose place begins with `prefix` ("" or "steps/0/")."""
    place = prefix + question.id
    silent = isinstance(question, Information)
    return Step(
        id=question.id,
        place=place,
        check=None
        if isinstance(question, Information | Computed)
        else compile_question(question, place),
        required=question.required,
        require_if=question.require_if,
        constraints=question.constraints,
        computed=isinstance(question, Computed),
        not_shown=None if silent else AnswerRow(place, NOT_SHOWN, None),
    )


def run_steps(
    steps: tuple[Step, ...],
    answers: dict[str, Any],
    out: Outcome,
    environment: Environment | None,
) -> dict[str, Any]:
    """Check `answers` (of a response or of one repetition) and return them normalised. `environment`: for conditions."""
    normal: dict[str, Any] = {}
    view = out.view
    hidden: Collection[str] = view.hidden if view is not None else ()
    for step in steps:
        if step.place in hidden:
            if step.not_shown is not None:
                out.rows.append(step.not_shown)
            continue
        if step.check is None:
            if step.computed and view is not None and step.place in view.computed:
                out.rows.append(AnswerRow(step.place, ANSWERED, _stored(view.computed[step.place])))
            continue
        required = step.required
        if environment is not None and not required and step.require_if is not None:
            required = evaluate(step.require_if, environment) is True
        before = len(out.faults)
        value = step.check(answers.get(step.id), out, required)
        if value is None:
            continue
        normal[step.id] = value
        if (
            environment is not None
            and step.constraints
            and len(out.faults) == before
            and not _is_missing(value)
        ):
            for index, constraint in enumerate(step.constraints):
                if violated(constraint.check, environment):
                    out.faults.append(AnswerFault(step.place, "constraint", {"index": index}))
    return normal


def unknown_names(given: dict[str, Any], known: frozenset[str], prefix: str, out: Outcome) -> None:
    """A fault for each key of `given` that is not known; a key is cut, it may be anything."""
    if given.keys() <= known:
        return
    unknown = [key for key in given if key not in known]
    for key in unknown[:UNKNOWN_NAMES]:
        out.faults.append(AnswerFault(prefix + key[:40], "unknown-question"))


def compile_question(question: Question, place: str) -> Check:
    """The check of one question of any kind but information and computed."""
    match question:
        case OneOf() | Scale():
            return _one_of(question, question.options, place)
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
        case Matrix():
            return _matrix(question, place)
        case TableQuestion():
            return _table(question, place)
        case Group():
            return _group(question, place)
        case _:
            raise TypeError(f"a question of kind {question.KIND!r} is not answered")


def _is_missing(value: Any) -> bool:
    return type(value) is dict and len(value) == 1 and value.get("missing") in MISSING_STATES


def _stored(value: Any) -> str | int | float:
    stored: str | int | float = int(value) if type(value) is bool else value
    return stored


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
        if not _is_missing(answer):
            out.faults.append(wrong_type)
            return None
        row = offered.get(answer["missing"])
        if row is None:
            out.faults.append(not_offered)
            return None
        out.rows.append(row)
        return {"missing": row.state}

    return check


def _one_of(question: Question, options: tuple[Option, ...], place: str) -> Check:
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


def _matrix(question: Matrix, place: str) -> Check:
    """Required: every statement. {"missing": …} stands for a statement, not for the matrix."""
    statements = tuple(
        (item.id, _one_of(question, question.points, f"{place}/{item.id}"))
        for item in question.statements
    )
    known = frozenset(id_ for id_, _ in statements)
    wrong_type = AnswerFault(place, "wrong-type")

    def check(answer: Any, out: Outcome, required: bool) -> Any:
        given = {} if answer is None else answer
        if type(given) is not dict:
            out.faults.append(wrong_type)
            return None
        normal = {}
        for id_, check_statement in statements:
            value = check_statement(given.get(id_), out, required)
            if value is not None:
                normal[id_] = value
        unknown_names(given, known, place + "/", out)
        return normal or None

    return check


def _table(question: TableQuestion, place: str) -> Check:
    """Required: at least one cell. A required column: its cell in every row that has anything, in a required table all."""
    rows = tuple(
        (
            row.id,
            tuple(
                (
                    column.id,
                    column.required,
                    compile_question(column, f"{place}/{row.id}/{column.id}"),
                )
                for column in question.columns
            ),
        )
        for row in question.rows
    )
    known_rows = frozenset(id_ for id_, _ in rows)
    known_columns = frozenset(column.id for column in question.columns)
    wrong_type = AnswerFault(place, "wrong-type")
    required_fault = AnswerFault(place, "required")

    def check(answer: Any, out: Outcome, required: bool) -> Any:
        given = {} if answer is None else answer
        if type(given) is not dict:
            out.faults.append(wrong_type)
            return None
        before = len(out.faults)
        normal = {}
        for row_id, columns in rows:
            cells = given.get(row_id)
            if cells is None:
                cells = {}
            if type(cells) is not dict:
                out.faults.append(AnswerFault(f"{place}/{row_id}", "wrong-type"))
                continue
            begun = required or len(cells) > 0
            kept = {}
            for column_id, column_required, check_cell in columns:
                value = check_cell(cells.get(column_id), out, begun and column_required)
                if value is not None:
                    kept[column_id] = value
            unknown_names(cells, known_columns, f"{place}/{row_id}/", out)
            if kept:
                normal[row_id] = kept
        unknown_names(given, known_rows, place + "/", out)
        if required and not normal and len(out.faults) == before:
            out.faults.append(required_fault)
        return normal or None

    return check


def _group(question: Group, place: str) -> Check:
    """Repetitions are compiled when the first response needs them: most groups allow more than anybody fills in."""
    compiled: list[tuple[Step, ...]] = []
    known = frozenset(inner.id for inner in question.questions)
    wrong_type = AnswerFault(place, "wrong-type")
    required_fault = AnswerFault(place, "required")
    too_few = AnswerFault(place, "too-few", {"minimum": question.minimum})
    too_many = AnswerFault(place, "too-many", {"maximum": question.maximum})

    def check(answer: Any, out: Outcome, required: bool) -> Any:
        given = [] if answer is None else answer
        if type(given) is not list:
            out.faults.append(wrong_type)
            return None
        if not given and not question.minimum:
            if required:
                out.faults.append(required_fault)
            return None
        if len(given) > question.maximum:
            out.faults.append(too_many)
            given = given[: question.maximum]
        elif len(given) < question.minimum:
            out.faults.append(too_few)
        normal = []
        for index, repetition in enumerate(given):
            here = f"{place}/{index}"
            if index == len(compiled):
                compiled.append(
                    tuple(compile_step(inner, here + "/") for inner in question.questions)
                )
            if type(repetition) is not dict:
                out.faults.append(AnswerFault(here, "wrong-type"))
                continue
            environment = None if out.view is None else out.view.scopes[here]
            normal.append(run_steps(compiled[index], repetition, out, environment))
            unknown_names(repetition, known, here + "/", out)
        return normal or None

    return check
