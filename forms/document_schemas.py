"""The marshmallow schemas of the document format: which keys there are, where, and what each may hold.

Nothing passes that is not listed here (``unknown = RAISE``). What the schemas cannot see, because it lies across
several places (equal ids, names in conditions, languages), is checked in document_rules.py, condition_rules.py and
document_settling.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from forms.comparison_schemas import SCHEMAS as COMPARISON_SCHEMAS
from forms.comparison_schemas import (
    BenchmarkSchema,
    ComparisonSchema,
    TargetSchema,
    smallest_field,
)
from forms.complaints import (
    Complaint,
    nearest,
    refuse,
    shown,
)
from forms.document_fields import (
    Choice,
    Condition,
    Day,
    DocumentField,
    Line,
    Numeral,
    Texts,
    Word,
    YesNo,
    name_field,
)
from forms.document_lists import (
    Each,
    Languages,
    Part,
)
from forms.document_text import Path
from forms.question_schemas import (
    KIND_SCHEMAS,
    ConstraintSchema,
    DocumentSchema,
    ItemSchema,
    OptionSchema,
    QuestionField,
    UnknownKey,
)
from forms.questionnaire import (
    Measure,
    Promise,
    Review,
    Shape,
)
from forms.report_part_schemas import REPORT_PART_SCHEMAS, ReportPartsSchema


class LanguageSchema(DocumentSchema):
    """The state of a language."""

    thing = "a language"
    state = Choice(Review)
    by = Line()
    on = Day()


class SectionSchema(DocumentSchema):
    """A section."""

    thing = "a section"
    id = name_field(required=True)
    title = Texts(required=True)
    intro = Texts()
    show_if = Condition()
    questions = Each(QuestionField(KIND_SCHEMAS, {}), at_least=1, at_most=500, required=True)


class PlannedTableSchema(DocumentSchema):
    """A table of the report plan."""

    thing = "a table"
    id = name_field(required=True)
    question = Word(
        "[a-z0-9_]+(?:/[a-z0-9_]+){0,2}",
        "the place of a question",
        "Write trust, care/met or staff/nurses/total.",
        required=True,
    )
    by = Each(name_field("the id of a question"), at_most=20)
    measures = Each(Choice(Measure), at_least=1, at_most=4)
    title = Texts()


class ReportSchema(ReportPartsSchema):
    """The report plan."""

    thing = "the report plan"
    tables = Each(Part(PlannedTableSchema()), at_most=300)
    free_text = Each(
        Word(
            "[a-z0-9_]+(?:/[a-z0-9_]+){0,2}",
            "the id of a question",
            "Write the id of a text question.",
        ),
        at_most=300,
    )
    comparisons = Each(Part(ComparisonSchema()), at_most=300)
    benchmarks = Each(Part(BenchmarkSchema()), at_most=300)
    targets = Each(Part(TargetSchema()), at_most=300)
    smallest_compared = smallest_field()


class ScalesField(DocumentField):
    """Named lists of options."""

    def read(self, value: Any) -> dict[str, Any]:
        """Reads each list under its name."""
        if not isinstance(value, Mapping):
            raise refuse(
                "wrong-type",
                f"{shown(value)} is not a mapping of scales.",
                "Write a name and a list of points.",
            )
        scales: dict[str, Any] = {}
        errors: dict[str | int, Any] = {}
        name = name_field("the name of a scale")
        points = Each(Part(OptionSchema()), at_least=1, at_most=300, required=True)
        for key, listed in value.items():
            try:
                name.deserialize(key)
                scales[str(key)] = points.deserialize(listed)
            except ValidationError as error:
                errors[key] = (
                    [
                        Complaint(
                            "missing-key", "The scale has no points.", "Write a list of points."
                        )
                        if complaint == "missing-key"
                        else complaint
                        for complaint in error.messages
                    ]
                    if isinstance(error.messages, list)
                    else error.messages
                )
                scales[str(key)] = error.valid_data
        if errors:
            raise ValidationError(errors, valid_data=scales)
        return scales


class QuestionnaireSchema(DocumentSchema):
    """A whole document."""

    thing = "a questionnaire document"
    format = Numeral(1, 1, whole=True, required=True)
    questionnaire = Word(
        "[a-z0-9][a-z0-9-]{0,63}",
        "the id of a questionnaire",
        "Use a-z, 0-9 and -, at most 64.",
        required=True,
    )
    shape = Choice(Shape, required=True)
    promise = Choice(Promise)
    languages = Languages(LanguageSchema(), required=True)
    title = Texts(required=True)
    intro = Texts()
    thanks = Texts()
    filled_means_cancelled = YesNo()
    scales = ScalesField()
    sections = Each(Part(SectionSchema()), at_least=1, at_most=100, required=True)
    report = Part(ReportSchema())


#: All other schemas.
PART_SCHEMAS: tuple[DocumentSchema, ...] = (
    QuestionnaireSchema(),
    LanguageSchema(),
    SectionSchema(),
    OptionSchema(),
    ItemSchema(),
    ConstraintSchema(),
    ReportSchema(),
    PlannedTableSchema(),
    *COMPARISON_SCHEMAS,
    *REPORT_PART_SCHEMAS,
)

#: How many misspelt keys get a suggestion; looking for one takes a while, and nobody needs it a thousand times.
_SUGGESTIONS = 50

Found = tuple[Path, Complaint]


def load(tree: Any) -> tuple[dict[str, Any], list[Found]]:
    """What a document holds as far as it can be read, and every complaint with its path.

    Ids, texts and numbers are what the model takes; expressions are `Boxed`, texts `GivenTexts`, the names of scales
    `ScaleName`; an item of a list that cannot be read at all is None.
    """
    try:
        return PART_SCHEMAS[0].load(tree), []
    except ValidationError as error:
        data = error.valid_data if isinstance(error.valid_data, dict) else {}
        return data, list(_said(_found((), error.messages), _SUGGESTIONS))


def _found(path: Path, messages: Any) -> Iterator[Found]:
    if isinstance(messages, Complaint):
        yield path, messages
    elif isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _found(path if key == "_schema" else (*path, key), inner)
    elif isinstance(messages, list):
        for inner in messages:
            yield from _found(path, inner)
    elif messages == "missing-key":
        yield (
            path,
            Complaint("missing-key", "There is nothing here.", "Write it, or take the line out."),
        )
    else:
        raise TypeError(
            f"no complaint: {messages!r}"
        )  # a schema that does not speak in complaints is our fault


def _said(found: Iterator[Found], suggestions: int) -> Iterator[Found]:
    for path, complaint in found:
        if isinstance(complaint, UnknownKey):
            remedy = "Remove it."
            if suggestions:
                suggestions -= 1
                remedy = nearest(str(path[-1]) if path else "", complaint.known)
            yield path, Complaint(complaint.code, complaint.message, remedy)
        else:
            yield path, complaint
