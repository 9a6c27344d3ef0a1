"""How large a sealed answer is: the size that the longest answers of a questionnaire need, in steps of four.

Every sealed answer of a version has the same size, so that its length says nothing about what was answered. The sum
is an upper bound: all questions shown, every text as long as it may be, each UTF-16 code unit three bytes of UTF-8
(a character beyond the first 65,536 takes two code units and four bytes; an escaped quote, backslash or line end
takes two bytes; other control characters and lone surrogates never stand in a checked text).
"""

from __future__ import annotations

from collections.abc import Iterator

from forms.questionnaire import (
    Computed,
    Consent,
    Count,
    Date,
    Duration,
    Group,
    Information,
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

#: Sizes of the plain text inside an envelope, in bytes, the four bytes of its length included.
SIZES = (4096, 16384, 65536)

#: Bytes of the plain text before its JSON.
LENGTH_BYTES = 4

#: Longest id of a unit, in characters.
UNIT_ID_LENGTH = 64

_BYTES_PER_CODE_UNIT = 3
_DONT_KNOW = len('{"missing":"dont_know"}')
_NOT_RELEVANT = len('{"missing":"not_relevant"}')


def padded_size(q: Questionnaire) -> int | None:
    """The least of SIZES that holds every answer to `q`; None when even the largest is too small."""
    longest = longest_answer(q)
    return next((size for size in SIZES if longest <= size), None)


def longest_answer(q: Questionnaire) -> int:
    """Bytes that the longest set of answers takes, as compact JSON in UTF-8 with its language and its length."""
    tag = max((len(language.tag) for language in q.languages), default=0)
    frame = LENGTH_BYTES + len('{"answers":{},"language":""}') + tag
    return frame + _members((question.id, size) for question, size in sizes(q))


def sizes(q: Questionnaire) -> list[tuple[Question, int]]:
    """Every question that is answered by itself (a group as a whole) with the bytes of its longest answer."""
    return list(_sizes(question for section in q.sections for question in section.questions))


def _sizes(questions: Iterator[Question]) -> Iterator[tuple[Question, int]]:
    for question in questions:
        if not isinstance(question, Information | Computed):
            yield question, _size(question)


def _members(members: Iterator[tuple[str, int]]) -> int:
    """Bytes of the members of an object: each with its quoted key, a colon and a comma."""
    return sum(len(key) + 4 + size for key, size in members)


def _size(question: Question) -> int:
    size = _answer(question)
    if question.dont_know is not None and not isinstance(question, Matrix):
        size = max(size, _DONT_KNOW)
    if question.not_relevant is not None and not isinstance(question, Matrix):
        size = max(size, _NOT_RELEVANT)
    return size


def _answer(question: Question) -> int:
    size = 0
    if isinstance(question, OneOf | Scale):
        size = _longest_id(question.options)
    elif isinstance(question, SeveralOf):
        size = 2 + sum(len(option.id) + 3 for option in question.options)
    elif isinstance(question, Number):
        bounds = (question.minimum, question.maximum)
        # sign, whole digits, point, decimals (a whole float is written with one)
        size = max(len(str(int(bound))) for bound in bounds) + 2 + max(1, question.decimals)
    elif isinstance(question, Count | Duration):
        size = len(str(question.maximum)) + 2
    elif isinstance(question, Date):
        size = len('"2026-11-22"')
    elif isinstance(question, TimeOfDay):
        size = len('"07:30"')
    elif isinstance(question, ShortText | LongText):
        size = 2 + _BYTES_PER_CODE_UNIT * question.length
    elif isinstance(question, UnitQuestion):
        size = 2 + UNIT_ID_LENGTH
    elif isinstance(question, Consent):
        size = len("false")
    elif isinstance(question, Matrix):
        each = _longest_id(question.points)
        if question.dont_know is not None:
            each = max(each, _DONT_KNOW)
        if question.not_relevant is not None:
            each = max(each, _NOT_RELEVANT)
        size = 2 + _members((statement.id, each) for statement in question.statements)
    elif isinstance(question, TableQuestion):
        row_size = 2 + _members(
            (column.id, size) for column, size in _sizes(iter(question.columns))
        )
        size = 2 + _members((row.id, row_size) for row in question.rows)
    elif isinstance(question, Group):
        repetition = 2 + _members(
            (inner.id, size) for inner, size in _sizes(iter(question.questions))
        )
        size = 2 + question.maximum * (repetition + 1)
    return size


def _longest_id(options: tuple[Option, ...]) -> int:
    return 2 + max((len(option.id) for option in options), default=0)
