"""The marshmallow schemas of questions and their parts; document_schemas.py has those of all around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import RAISE, Schema, ValidationError

from forms.complaints import (
    Complaint,
    nearest,
    refuse,
    shown,
)
from forms.document_fields import (
    Choice,
    Clock,
    Condition,
    Day,
    DocumentField,
    Numeral,
    Offer,
    Texts,
    Word,
    YesNo,
    name_field,
    option_id_field,
)
from forms.document_lists import (
    Each,
    OptionList,
    Part,
)
from forms.questionnaire import (
    COLUMN_KINDS,
    KINDS,
    Group,
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


#: The schema of each kind of question.
KIND_SCHEMAS: dict[str, DocumentSchema] = {
    **_IN_GROUPS,
    Group.KIND: GroupSchema(),
    "consent": AnsweredSchema(),
}
