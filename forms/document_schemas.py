"""The marshmallow schemas of the document format: which keys there are, where, and what each may hold.

Nothing passes that is not listed here (``unknown = RAISE``). What the schemas cannot see, because it lies across
several places (equal ids, names in conditions, languages), is checked in document_rules.py and condition_rules.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import RAISE, Schema, ValidationError

from forms.document_fields import (
    Choice,
    Clock,
    Complaint,
    Condition,
    Day,
    DocumentField,
    Each,
    Languages,
    Line,
    Numeral,
    Offer,
    OptionList,
    Part,
    Texts,
    Word,
    YesNo,
    name_field,
    nearest,
    option_id_field,
    refuse,
    shown,
)
from forms.document_text import Path
from forms.questionnaire import (
    COLUMN_KINDS,
    KINDS,
    Group,
    Measure,
    Promise,
    Review,
    Shape,
    Tone,
)

#: The bounds of numbers times ten to the power of their decimals stay within this, so that sums are exact integers.
NUMBER_LIMIT = 1_000_000_000

#: Longest answer that a text question may allow, in UTF-16 code units.
TEXT_ANSWER_LIMIT = 20_000


class DocumentSchema(Schema):
    """Base of all schemas; says which keys it knows when it meets one that it does not."""

    #: What the thing is called in messages.
    thing = "part"

    class Meta:
        """Only what is listed may pass."""

        unknown = RAISE

    error_messages = {"unknown": "unknown-key", "type": "not-a-mapping"}  # noqa: RUF012

    def handle_error(
        self,
        error: ValidationError,
        data: Any,
        *,
        many: bool,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Turns marshmallow's codes into complaints while it is known which keys are allowed here."""
        messages = error.messages
        if not isinstance(messages, dict):
            return
        for key, complaints in messages.items():
            if isinstance(complaints, list):
                messages[key] = [
                    self._complaint(str(key), complaint, data) for complaint in complaints
                ]

    def _complaint(self, key: str, complaint: Any, data: Any) -> Any:
        if complaint == "unknown-key":
            return UnknownKey(
                "unknown-key", f"{shown(key)} is not a key of {self.thing}.", "", tuple(self.fields)
            )
        if complaint == "missing-key":
            return Complaint(
                "missing-key", f"{self.thing} needs {key}.".capitalize(), f"Add {key}."
            )
        if complaint == "not-a-mapping":
            return Complaint(
                "wrong-type",
                f"{shown(data)} is not {self.thing}.",
                "Write its keys, one a line, each with a colon.",
            )
        return complaint


@dataclass(frozen=True, slots=True)
class UnknownKey(Complaint):
    """A complaint about a key, with the keys that there are; what is nearest is looked up when it is said."""

    known: tuple[str, ...] = ()


class OptionSchema(DocumentSchema):
    """An option or a point of a scale."""

    thing = "an option"
    id = option_id_field(required=True)
    text = Texts(required=True)
    score = Numeral(-1_000_000, 1_000_000)
    tone = Choice(Tone)
    exclusive = YesNo()


class ItemSchema(DocumentSchema):
    """A statement of a matrix or a row of a table."""

    thing = "a statement or row"
    id = option_id_field(required=True)
    text = Texts(required=True)


class ConstraintSchema(DocumentSchema):
    """A rule on an answer."""

    thing = "a constraint"
    check = Condition(required=True)
    message = Texts(required=True)


class LanguageSchema(DocumentSchema):
    """The state of a language."""

    thing = "a language"
    state = Choice(Review)
    by = Line()
    on = Day()


class ReadSchema(DocumentSchema):
    """What every question has, also one that is only read."""

    thing = "a question"
    id = name_field(required=True)
    kind = Word("[a-z_]{1,40}", "a kind", "Use one of the kinds.", required=True)
    text = Texts(required=True)
    help = Texts()
    show_if = Condition()


class AskedSchema(ReadSchema):
    """What every question has that is answered or computed."""

    background = YesNo()
    sensitive = YesNo()
    personal = YesNo()
    constraints = Each(Part(ConstraintSchema()), at_most=20)


class AnsweredSchema(AskedSchema):
    """What every question has that is answered."""

    required = YesNo()
    require_if = Condition()


class OfferingSchema(AnsweredSchema):
    """What every question has that may be answered with "don't know" or "not relevant"."""

    dont_know = Offer()
    not_relevant = Offer()


class ChoiceSchema(OfferingSchema):
    """one_of and several_of."""

    options = OptionList(Part(OptionSchema()), at_least=1, at_most=300, required=True)


class ScaleSchema(OfferingSchema):
    """scale."""

    points = OptionList(Part(OptionSchema()), at_least=2, at_most=11, required=True)


class MatrixSchema(ScaleSchema):
    """matrix."""

    statements = Each(Part(ItemSchema()), at_least=1, at_most=100, required=True)


class NumberSchema(OfferingSchema):
    """number."""

    minimum = Numeral(-NUMBER_LIMIT, NUMBER_LIMIT, required=True)
    maximum = Numeral(-NUMBER_LIMIT, NUMBER_LIMIT, required=True)
    decimals = Numeral(0, 6, whole=True)
    unit_text = Texts()


class CountSchema(OfferingSchema):
    """count."""

    maximum = Numeral(1, NUMBER_LIMIT, whole=True)
    unit_text = Texts()


class DateSchema(OfferingSchema):
    """date."""

    earliest = Day()
    latest = Day()


class TimeSchema(OfferingSchema):
    """time."""

    earliest = Clock()
    latest = Clock()


class DurationSchema(OfferingSchema):
    """duration."""

    minimum = Numeral(0, 1_000_000, whole=True)
    maximum = Numeral(1, 1_000_000, whole=True)


class TextSchema(OfferingSchema):
    """short_text and long_text."""

    length = Numeral(1, TEXT_ANSWER_LIMIT, whole=True)


class ComputedSchema(AskedSchema):
    """computed."""

    value = Condition(required=True)


class QuestionField(DocumentField):
    """A question: its `kind` says which schema reads it."""

    def __init__(
        self, kinds: Mapping[str, DocumentSchema], nowhere: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.kinds = kinds
        #: Kinds that exist but not here, and why.
        self.nowhere = nowhere

    def read(self, value: Any) -> Any:
        """Reads by kind; a question of an unknown kind is still read for what every question has."""
        if not isinstance(value, Mapping):
            raise refuse(
                "wrong-type",
                f"{shown(value)} is not a question.",
                "Write its keys, one a line, each with a colon.",
            )
        kind = value.get("kind")
        if isinstance(kind, str) and str(kind) in self.kinds:
            return self.kinds[str(kind)].load(value)
        common = {key: value[key] for key in ("id", "text", "help", "show_if") if key in value}
        if kind is None:
            complaint = Complaint("missing-key", "A question needs kind.", nearest("", self.kinds))
        elif str(kind) in self.nowhere:
            complaint = Complaint(
                "kind-not-here", f"{kind} cannot stand here.", self.nowhere[str(kind)]
            )
        else:
            complaint = Complaint(
                "unknown-kind",
                f"{shown(kind)} is not a kind of question.",
                nearest(str(kind), self.kinds),
            )
        errors: dict[str | int, Any] = {}
        valid: Any = {}
        try:
            valid = _COMMON.load(common | {"kind": "information"})
        except ValidationError as error:
            errors.update(error.messages_dict)
            valid = error.valid_data
        valid = dict(valid) if isinstance(valid, Mapping) else {}
        valid["kind"] = ""
        errors["kind"] = [complaint]
        raise ValidationError(errors, valid_data=valid)


_COMMON = ReadSchema()

_SIMPLE: dict[str, DocumentSchema] = {
    "one_of": ChoiceSchema(),
    "several_of": ChoiceSchema(),
    "scale": ScaleSchema(),
    "number": NumberSchema(),
    "count": CountSchema(),
    "date": DateSchema(),
    "time": TimeSchema(),
    "duration": DurationSchema(),
    "short_text": TextSchema(),
    "long_text": TextSchema(),
    "matrix": MatrixSchema(),
    "unit": OfferingSchema(),
    "information": ReadSchema(),
    "computed": ComputedSchema(),
}

#: Keys that a question in a column cannot have: the table as a whole shows, is required and is constrained.
_NOT_IN_COLUMNS = ("show_if", "require_if", "constraints")

#: Which schema reads a column of which kind.
_COLUMNS: dict[str, DocumentSchema] = {
    kind.KIND: type(_SIMPLE[kind.KIND])(exclude=_NOT_IN_COLUMNS) for kind in COLUMN_KINDS
}


class TableSchema(AnsweredSchema):
    """table."""

    rows = Each(Part(ItemSchema()), at_least=1, at_most=100, required=True)
    columns = Each(
        QuestionField(
            _COLUMNS,
            {
                kind: f"A column is one of {', '.join(_COLUMNS)}."
                for kind in KINDS
                if kind not in _COLUMNS
            },
        ),
        at_least=1,
        at_most=20,
        required=True,
    )


_IN_GROUPS: dict[str, DocumentSchema] = {**_SIMPLE, "table": TableSchema()}


class GroupSchema(ReadSchema):
    """group."""

    background = YesNo()
    sensitive = YesNo()
    personal = YesNo()
    questions = Each(
        QuestionField(
            _IN_GROUPS,
            {
                "group": "A repeating group cannot hold another; put its questions here, or after the group.",
                "consent": "Ask for consent once, outside the group.",
            },
        ),
        at_least=1,
        at_most=100,
        required=True,
    )
    minimum = Numeral(0, 100, whole=True)
    maximum = Numeral(1, 100, whole=True)


_ALL: dict[str, DocumentSchema] = {
    **_IN_GROUPS,
    Group.KIND: GroupSchema(),
    "consent": AnsweredSchema(),
}


class SectionSchema(DocumentSchema):
    """A section."""

    thing = "a section"
    id = name_field(required=True)
    title = Texts(required=True)
    intro = Texts()
    show_if = Condition()
    questions = Each(QuestionField(_ALL, {}), at_least=1, at_most=500, required=True)


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


class ReportSchema(DocumentSchema):
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


#: The schema of each kind of question, for whoever wants to know its keys.
KIND_SCHEMAS: Mapping[str, DocumentSchema] = _ALL

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
