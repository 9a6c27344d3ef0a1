"""The marshmallow schemas of report_parts.py: what a report plan may ask for beside tables and free text."""

from __future__ import annotations

from forms.document_fields import Numeral, Texts, Word, YesNo, name_field, option_id_field
from forms.document_lists import Each, Part
from forms.question_schemas import DocumentSchema


def _question(**kwargs: bool) -> Word:
    return name_field("the id of a question", **kwargs)


def _place(**kwargs: bool) -> Word:
    return Word(
        "[a-z0-9_]+(?:/[a-z0-9_]+){0,2}",
        "the place of a number",
        "Write staff, staff/nurses/total, or homes/doctor/yes for repetitions of a group.",
        **kwargs,
    )


class CollatedSchema(DocumentSchema):
    """The collated document."""

    thing = "the collated document"
    questions = Each(_question(), at_least=1, at_most=200, required=True)
    earlier = YesNo()


class GridRowSchema(DocumentSchema):
    """A row of the grid."""

    thing = "a row of the grid"
    id = name_field(required=True)
    title = Texts(required=True)
    questions = Each(_question(), at_least=1, at_most=20, required=True)


class GridSchema(DocumentSchema):
    """The grid."""

    thing = "the grid"
    columns = _question(required=True)
    rows = Each(Part(GridRowSchema()), at_least=1, at_most=20, required=True)
    pages = _question()
    named_if = _question()
    named_option = option_id_field()


class SharePartSchema(DocumentSchema):
    """A part of a whole."""

    thing = "a share"
    id = name_field(required=True)
    title = Texts(required=True)
    part = _place(required=True)
    whole = _place(required=True)


class ShareTargetSchema(DocumentSchema):
    """A target."""

    thing = "a target"
    percent = Numeral(0, 100, required=True)
    source = Texts(required=True)


class ShareSchema(DocumentSchema):
    """Shares by unit."""

    thing = "a table of shares"
    id = name_field(required=True)
    title = Texts(required=True)
    parts = Each(Part(SharePartSchema()), at_least=1, at_most=8, required=True)
    target = Part(ShareTargetSchema())
    note = _question()
    earlier = YesNo()


class CatalogueSchema(DocumentSchema):
    """A catalogue."""

    thing = "the catalogue"
    group = _question(required=True)
    number = _question()
    name = _question(required=True)
    show = Each(_question(), at_least=1, at_most=30, required=True)


class TallySchema(DocumentSchema):
    """A tally."""

    thing = "a tally"
    id = name_field(required=True)
    title = Texts(required=True)
    count = _question(required=True)
    by = Each(_question(), at_least=2, at_most=2, required=True)


class GoalSchema(DocumentSchema):
    """How many answers there should be."""

    thing = "the goal"
    at_least = Numeral(1, 1_000_000, whole=True, required=True)
    at_most = Numeral(0, 1_000_000, whole=True)


class JourneySchema(DocumentSchema):
    """The journey."""

    thing = "the journey"
    group = _question(required=True)
    sector = _question(required=True)
    came_from = _question(required=True)
    trouble = _question()
    trouble_option = option_id_field()
    waited = _question()


class AgreementSchema(DocumentSchema):
    """Agreement of two answers to a case."""

    thing = "the agreement"
    case = _question(required=True)
    auditor = _question(required=True)
    questions = Each(_question(), at_least=1, at_most=50, required=True)


class ReportPartsSchema(DocumentSchema):
    """All of them, as keys of the report plan."""

    collated = Part(CollatedSchema())
    grid = Part(GridSchema())
    shares = Each(Part(ShareSchema()), at_most=20)
    catalogue = Part(CatalogueSchema())
    tallies = Each(Part(TallySchema()), at_most=20)
    goal = Part(GoalSchema())
    journey = Part(JourneySchema())
    agreement = Part(AgreementSchema())


#: All of these, for whoever lists the keys of documents.
REPORT_PART_SCHEMAS: tuple[DocumentSchema, ...] = (
    CollatedSchema(),
    GridRowSchema(),
    GridSchema(),
    SharePartSchema(),
    ShareTargetSchema(),
    ShareSchema(),
    CatalogueSchema(),
    TallySchema(),
    GoalSchema(),
    JourneySchema(),
    AgreementSchema(),
)
