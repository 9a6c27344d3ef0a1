"""HTML form fields to answers and back, for answering without JavaScript.

A field's name is the place of the answer (docs/architecture.md, "Answers"). What cannot be understood is passed on as
the text that was typed, so that the check names the fault and the page can show it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol

from forms.questionnaire import (
    FREE_TEXT_KINDS,
    Computed,
    Consent,
    Count,
    Date,
    Duration,
    Group,
    Information,
    Matrix,
    Number,
    Question,
    Questionnaire,
    SeveralOf,
    TableQuestion,
    TimeOfDay,
)

#: What a form sends for the two missing states; no option id begins with ~.
MISSING_FIELDS = {"~dont_know": "dont_know", "~not_relevant": "not_relevant"}

# Digits and decimal signs of the languages that we speak, to those of a number in Python.
_SIGNS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫,−", "01234567890123456789..-")
_SPACES = re.compile("[\\s\u00a0\u202f]+")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}[.,][0-9]{3}")
_INDEX = re.compile(r"(0|[1-9][0-9]{0,4})/")


class FormFields(Protocol):
    """A form as it arrives: werkzeug's MultiDict."""

    def getlist(self, key: str) -> list[str]:
        """All values of a field, [] if there is none."""

    def __iter__(self) -> Iterator[str]: ...


def from_form(q: Questionnaire, form: FormFields) -> dict[str, Any]:
    """The answers that a sent form holds; empty fields are left out, unknown fields are not looked at."""
    answers: dict[str, Any] = {}
    for section in q.sections:
        for question in section.questions:
            _put(answers, question.id, _read(question, question.id, form))
    return answers


def _put(answers: dict[str, Any], id_: str, answer: Any) -> None:
    if answer is not None:
        answers[id_] = answer


def _read(question: Question, place: str, form: FormFields) -> Any:
    if isinstance(question, Computed | Information):
        return None
    if isinstance(question, Matrix):
        statements: dict[str, Any] = {}
        for item in question.statements:
            _put(statements, item.id, _one(question, form.getlist(f"{place}/{item.id}")))
        return statements or None
    if isinstance(question, TableQuestion):
        table: dict[str, Any] = {}
        for row in question.rows:
            cells: dict[str, Any] = {}
            for column in question.columns:
                _put(cells, column.id, _read(column, f"{place}/{row.id}/{column.id}", form))
            _put(table, row.id, cells or None)
        return table or None
    if isinstance(question, Group):
        return _repetitions(question, place, form) or None
    return _one(question, form.getlist(place))


def _repetitions(group: Group, place: str, form: FormFields) -> list[dict[str, Any]]:
    """The repetitions in which anything is filled in, in their order."""
    start = place + "/"
    found = {
        int(match[1])
        for name in form
        if name.startswith(start) and (match := _INDEX.match(name, len(start)))
    }
    repetitions = []
    # One more than allowed is read, so that the check can say that there are too many.
    for index in sorted(found)[: group.maximum + 1]:
        repetition: dict[str, Any] = {}
        for question in group.questions:
            _put(repetition, question.id, _read(question, f"{start}{index}/{question.id}", form))
        if repetition:
            repetitions.append(repetition)
    return repetitions


def _one(question: Question, sent: list[str]) -> Any:
    values = [value for value in sent if value.strip()]
    missing = [MISSING_FIELDS[value] for value in values if value in MISSING_FIELDS]
    given = [value for value in values if value not in MISSING_FIELDS]
    if isinstance(question, FREE_TEXT_KINDS) and not missing:
        return given[0] if given else None
    # An option and "don't know" together can only come from check boxes: the option says more.
    if isinstance(question, SeveralOf) and given:
        return given
    if missing:
        return {"missing": missing[0]}
    if not given:
        return None
    value = given[0].strip()
    if isinstance(question, Number):
        return parse_number(value, question.decimals)
    if isinstance(question, Count | Duration):
        return parse_number(value, 0)
    if isinstance(question, Date):
        return value.translate(_SIGNS)
    if isinstance(question, TimeOfDay):
        # Some browsers send seconds.
        return (
            value.translate(_SIGNS).removesuffix(":00")
            if value.count(":") == 2
            else value.translate(_SIGNS)
        )
    if isinstance(question, Consent):
        return {"yes": True, "no": False}.get(value, value)
    return value


def parse_number(typed: str, decimals: int) -> int | float | str:
    """The number that a person typed, with comma or point; the text itself if it is none, or could be two.

    "1.000" is a thousand to a Dane and one to an Englishman: where no three decimals are asked for, we do not guess.

    >>> parse_number("2,5", 1), parse_number("1.000", 0), parse_number("about 3", 0)
    (2.5, '1.000', 'about 3')
    """
    compact = _SPACES.sub("", typed)
    plain = compact.translate(_SIGNS)
    if not _NUMBER.fullmatch(plain) or (decimals < 3 and _THOUSANDS.fullmatch(plain)):
        return typed
    return float(plain) if "." in plain else int(plain)


def to_form(
    q: Questionnaire, answers: dict[str, Any], *, decimal: str = "."
) -> dict[str, list[str]]:
    """The fields that show `answers` again, also rejected ones: `from_form` of them gives the same answers.

    `decimal` is the sign between whole and decimals in text fields (",", where numbers are Danish).
    """
    fields: dict[str, list[str]] = {}
    for section in q.sections:
        for question in section.questions:
            _write(question, question.id, answers.get(question.id), decimal, fields)
    return fields


def _write(
    question: Question, place: str, answer: Any, decimal: str, fields: dict[str, list[str]]
) -> None:
    if answer is None or isinstance(question, Computed | Information):
        return
    if isinstance(question, Matrix):
        given = answer if isinstance(answer, dict) else {}
        for item in question.statements:
            _write_one(question, f"{place}/{item.id}", given.get(item.id), decimal, fields)
    elif isinstance(question, TableQuestion):
        for row in question.rows:
            cells = answer.get(row.id) if isinstance(answer, dict) else None
            for column in question.columns:
                cell = cells.get(column.id) if isinstance(cells, dict) else None
                _write(column, f"{place}/{row.id}/{column.id}", cell, decimal, fields)
    elif isinstance(question, Group):
        for index, repetition in enumerate(answer if isinstance(answer, list) else []):
            for inner in question.questions:
                given = repetition if isinstance(repetition, dict) else {}
                _write(inner, f"{place}/{index}/{inner.id}", given.get(inner.id), decimal, fields)
    else:
        _write_one(question, place, answer, decimal, fields)


def _write_one(
    question: Question, place: str, answer: Any, decimal: str, fields: dict[str, list[str]]
) -> None:
    if isinstance(answer, dict):
        states = [field for field, state in MISSING_FIELDS.items() if answer == {"missing": state}]
        if states:
            fields[place] = states
    elif isinstance(answer, bool):
        fields[place] = ["yes" if answer else "no"]
    elif isinstance(answer, int | float):
        fields[place] = [str(answer).replace(".", decimal)]
    elif isinstance(answer, str):
        fields[place] = [answer]
    elif isinstance(answer, list) and isinstance(question, SeveralOf):
        fields[place] = [option for option in answer if isinstance(option, str)]
