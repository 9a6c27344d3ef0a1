"""Compiled checks of whole questions, one step each, in the order of the questionnaire.

The kinds with one answer are in simple_checks.py; here are those with parts (matrix, table, repeating group), and what
conditions add: what does not show, what is required just now, constraints, computed values.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from forms.logic import Environment, evaluate, violated
from forms.questionnaire import (
    Computed,
    Constraint,
    Expression,
    Group,
    Information,
    Matrix,
    Question,
    State,
    TableQuestion,
)
from forms.simple_checks import (
    ANSWERED,
    AnswerFault,
    AnswerRow,
    Check,
    Outcome,
    compile_simple,
    is_missing,
    one_of_check,
)

#: Nobody is told of more unknown names than these: a hostile answer may hold a hundred thousand.
UNKNOWN_NAMES = 50

NOT_SHOWN = State.NOT_SHOWN.value


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
            and not is_missing(value)
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
        case Matrix():
            return _matrix(question, place)
        case TableQuestion():
            return _table(question, place)
        case Group():
            return _group(question, place)
        case _:
            return compile_simple(question, place)


def _stored(value: Any) -> str | int | float:
    stored: str | int | float = int(value) if type(value) is bool else value
    return stored


def _matrix(question: Matrix, place: str) -> Check:
    """Required: every statement. {"missing": …} stands for a statement, not for the matrix."""
    statements = tuple(
        (item.id, one_of_check(question, question.points, f"{place}/{item.id}"))
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
