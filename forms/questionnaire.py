"""The model of a questionnaire: one definition for screen, tablet, paper, validation, tables, report and codebook.

Everything here is a frozen dataclass. A questionnaire is read from a document (document.py), checked there, and
published as an immutable version (versions.py). Vocabulary follows FHIR Questionnaire where it has a notion
(linkId → id, enableWhen → show_if, answerOption → option, ordinalValue → score), so that exchange is a mapping.

Ids match ``[a-z][a-z0-9_]{0,39}``: question ids are unique in the whole questionnaire (also inside groups), option,
statement, row and column ids within their question. An underscore, never a hyphen, so that an id is a name in a
condition.

The *place* of an answer names it everywhere (form fields, rows, tables, datasets)::

    trust                  a question
    aids/pump              an option of a several-of-several question
    care/met               a statement of a matrix
    staff/nurses/total     row and column of a table question
    steps/0/waited         question of a repeating group, repetition counted from 0
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from forms.comparisons import Benchmark, PlannedComparison, Target
from forms.report_parts import ReportParts

#: A text in several languages: BCP 47 tag -> text. Never empty for a text that must be shown.
Texts = Mapping[str, str]

#: JsonLogic with the closed set of operators that logic.py defines: a constant, or {"operator": [arguments]}.
Expression = Any

LONG_TEXT_LENGTH = 2000
SHORT_TEXT_LENGTH = 200


class Shape(StrEnum):
    """What one answer is: one person's, one organisation's, one event's, or one case's."""

    SURVEY = "survey"
    RETURN = "return"
    REGISTRATION = "registration"
    INTERVIEW = "interview"
    AUDIT = "audit"


class Promise(StrEnum):
    """What those who answer are promised (design: "What is promised, and what follows")."""

    ANONYMOUS = "anonymous"
    CONFIDENTIAL = "confidential"
    SIGNED = "signed"


PROMISE_OF_SHAPE: Mapping[Shape, Promise] = {
    Shape.SURVEY: Promise.ANONYMOUS,
    Shape.RETURN: Promise.SIGNED,
    Shape.REGISTRATION: Promise.CONFIDENTIAL,
    Shape.INTERVIEW: Promise.CONFIDENTIAL,
    Shape.AUDIT: Promise.CONFIDENTIAL,
}


class Tone(StrEnum):
    """What an option means for the matter asked about; groups of k to 4k are reported in these three."""

    FAVOURABLE = "favourable"
    NEUTRAL = "neutral"
    UNFAVOURABLE = "unfavourable"


class State(StrEnum):
    """The four states of a question in a response, beside `answered`. They are different everywhere."""

    ANSWERED = "answered"
    DONT_KNOW = "dont_know"
    NOT_RELEVANT = "not_relevant"
    UNANSWERED = "unanswered"
    NOT_SHOWN = "not_shown"


class Review(StrEnum):
    """Whether a translation has been read by a person who knows the language."""

    DRAFT = "draft"
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language of the questionnaire. `by` and `on` (ISO date) say who reviewed it, and when."""

    tag: str
    review: Review = Review.DRAFT
    by: str = ""
    on: str = ""

    @property
    def direction(self) -> str:
        """'rtl' for the languages written from right to left, else 'ltr'."""
        return "rtl" if self.tag.split("-")[0] in RIGHT_TO_LEFT else "ltr"


RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "yi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of the options of a choice, or one point of a scale.

    `score` is the number used in means and conditions (FHIR ordinalValue); `exclusive` clears the others in a
    several-of-several question ("None of these").
    """

    id: str
    text: Texts
    score: float | None = None
    tone: Tone | None = None
    exclusive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A rule on an answer: `check` must not be false; `message` is said when it is. An unknown result passes."""

    check: Expression
    message: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What every kind of question has in common. Subclasses add only what their kind needs.

    `dont_know` and `not_relevant` are the texts of those two choices, or None where they are not offered.
    `background` and `sensitive` mark questions whose tables keep the rule of the smallest group for each cell too.
    """

    id: str
    text: Texts
    help: Texts = field(default_factory=dict)
    required: bool = False
    require_if: Expression | None = None
    show_if: Expression | None = None
    constraints: tuple[Constraint, ...] = ()
    background: bool = False
    sensitive: bool = False
    personal: bool = False
    dont_know: Texts | None = None
    not_relevant: Texts | None = None

    #: The word for this kind in a document.
    KIND = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf(Question):
    """Exactly one of the options. Answer: option id."""

    KIND = "one_of"
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralOf(Question):
    """Any number of the options. Answer: list of option ids in the order of the options; never empty."""

    KIND = "several_of"
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(Question):
    """2 to 11 ordered points, each with a score and a tone; labels at the ends or at all points. Answer: point id."""

    KIND = "scale"
    points: tuple[Option, ...]

    @property
    def options(self) -> tuple[Option, ...]:
        """The points, so that tables and pages treat a scale as a choice."""
        return self.points


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Question):
    """A number. Answer: int or float with at most `decimals` decimals; `unit_text` is shown beside the field."""

    KIND = "number"
    minimum: float
    maximum: float
    decimals: int = 0
    unit_text: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Question):
    """A whole number of things from 0. Answer: int."""

    KIND = "count"
    maximum: int = 9999
    unit_text: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Date(Question):
    """A day. Answer: 'YYYY-MM-DD'. `earliest` and `latest` are such days or ''."""

    KIND = "date"
    earliest: str = ""
    latest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOfDay(Question):
    """A time of day. Answer: 'HH:MM', 00:00 to 23:59. `earliest` and `latest` are such times or ''."""

    KIND = "time"
    earliest: str = ""
    latest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration(Question):
    """How long something took. Answer: whole minutes. Typed as minutes, or started and stopped on a tablet."""

    KIND = "duration"
    minimum: int = 0
    maximum: int = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortText(Question):
    """One line of text. Answer: str of at most `length` UTF-16 code units (what HTML's maxlength counts)."""

    KIND = "short_text"
    length: int = SHORT_TEXT_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class LongText(Question):
    """Several lines of text. Answer: str of at most `length` UTF-16 code units, lines separated by \\n."""

    KIND = "long_text"
    length: int = LONG_TEXT_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A statement of a matrix, or a row of a table question."""

    id: str
    text: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix(Question):
    """Statements answered on one scale. Answer: {statement id: point id or MISSING object}; absent = unanswered."""

    KIND = "matrix"
    statements: tuple[Item, ...]
    points: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableQuestion(Question):
    """Fixed rows x columns; a column is a question of a simple kind. Answer: {row id: {column id: answer}}."""

    KIND = "table"
    rows: tuple[Item, ...]
    columns: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Question):
    """A repeating group. Answer: list of {question id: answer}, `minimum` to `maximum` long."""

    KIND = "group"
    questions: tuple[Question, ...]
    minimum: int = 0
    maximum: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitQuestion(Question):
    """One of the units that take part in the round. Answer: unit id."""

    KIND = "unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Information(Question):
    """A text to read; nothing is answered."""

    KIND = "information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent(Question):
    """Yes or no to taking part. Answer: bool."""

    KIND = "consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed(Question):
    """A value that the questionnaire computes; never asked. Answer: number, bool or str as `value` yields."""

    KIND = "computed"
    value: Expression


KINDS: Mapping[str, type[Question]] = {
    kind.KIND: kind
    for kind in (
        OneOf, SeveralOf, Scale, Number, Count, Date, TimeOfDay, Duration, ShortText, LongText,
        Matrix, TableQuestion, Group, UnitQuestion, Information, Consent, Computed,
    )
}  # fmt: skip

#: Kinds that may be a column of a table question.
COLUMN_KINDS = (OneOf, Number, Count, Date, TimeOfDay, Duration, ShortText, LongText)

#: Kinds that count as free text: kept apart, shown only when read and released.
FREE_TEXT_KINDS = (ShortText, LongText)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Questions that stand together; one page on a screen."""

    id: str
    title: Texts
    questions: tuple[Question, ...]
    intro: Texts = field(default_factory=dict)
    show_if: Expression | None = None


class Measure(StrEnum):
    """What is said about a question in a report."""

    DISTRIBUTION = "distribution"
    FAVOURABLE = "favourable"
    MEAN = "mean"
    MEDIAN = "median"


#: What `by` in a report plan may name beside questions: the unit that returned the response, or a sum over units. No
#: question has one of these as its id.
PLACES_OF_UNITS = ("unit", "area", "region")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTable:
    """A table that the report plan promises.

    `question` is the place (without repetition) that is counted; `by` holds up to two of: a question's id, 'unit',
    'area', 'region'. A number by two categories is a number question with two entries in `by`.
    """

    id: str
    question: str
    by: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = (Measure.DISTRIBUTION,)
    title: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlan(ReportParts):
    """What will be reported; fixed when a version is published. `free_text` names the questions whose text is read.

    `smallest_compared`: from how many answers on either side units are tested; None = comparisons.SMALLEST_COMPARED.
    What a later key is not used for is left out of the plain form, so that published versions keep their hash. What the
    other shapes' reports have beside tables is in report_parts.py.
    """

    tables: tuple[PlannedTable, ...] = ()
    free_text: tuple[str, ...] = ()
    comparisons: tuple[PlannedComparison, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    targets: tuple[Target, ...] = ()
    smallest_compared: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """A whole questionnaire. The first of `languages` is the source language, to which missing texts fall back."""

    id: str
    shape: Shape
    promise: Promise
    title: Texts
    languages: tuple[Language, ...]
    sections: tuple[Section, ...]
    intro: Texts = field(default_factory=dict)
    thanks: Texts = field(default_factory=dict)
    report: ReportPlan = field(default_factory=ReportPlan)
    #: On paper: a box filled all over is a mark taken back. Off where pens make that doubtful.
    filled_means_cancelled: bool = True

    @property
    def source_language(self) -> str:
        """The tag of the language that the questionnaire was written in."""
        return self.languages[0].tag

    def questions(self) -> Iterator[Question]:
        """All questions in order; those of repeating groups follow their group. Columns of tables are not included."""
        for section in self.sections:
            for question in section.questions:
                yield question
                if isinstance(question, Group):
                    yield from question.questions


def text_in(texts: Texts, language: str, fallback: str) -> str:
    """The text in `language`, else in its base language, else in `fallback`, else any, else ''."""
    for tag in (language, language.split("-", maxsplit=1)[0], fallback):
        if texts.get(tag):
            return texts[tag]
    return next((text for text in texts.values() if text), "")
