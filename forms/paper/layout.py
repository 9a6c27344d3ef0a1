"""Where everything stands on a printed sheet: the box map that printing makes and reading goes by.

All lengths are millimetres from the top left corner of the page as printed, x to the right and y down, also for
languages written from right to left. A layout is plain JSON at rest and on its way to the process that reads scans
(``to_plain``, ``from_plain``); its id is a hash of that JSON, so that two sheets that differ in anything differ in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from marshmallow import Schema, ValidationError, fields, post_load, validate

from forms.problems import Fault, Problem, ProblemError

#: A4.
WIDTH = 210.0
HEIGHT = 297.0

#: What a box is: one to put a cross in, one cell of a comb for a digit, or a frame for words.
Kind = Literal["box", "comb", "frame"]
KINDS: tuple[Kind, ...] = ("box", "comb", "frame")

#: What stands for an option where none of the question's own is meant.
DONT_KNOW = "~dont_know"
NOT_RELEVANT = "~not_relevant"
#: The two options of a consent.
YES, NO = "yes", "no"

#: More than any sheet has; a layout is read in a process with little memory.
MOST_PAGES = 100
MOST_BOXES = 5000


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle on a page: its top left corner, its width and its height, in millimetres."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A corner mark: its AprilTag id (0 top left, 1 top right, 2 bottom right, 3 bottom left) and its black square."""

    id: int
    area: Area


@dataclass(frozen=True, slots=True)
class Box:
    """One place to write in.

    `place` is the place of the answer (forms/questionnaire.py), for several-of-several the question's; `option` the
    option's id, DONT_KNOW, NOT_RELEVANT, YES or NO, and '' for combs and frames; `column` the cell of a comb from 0 at
    the left, else None. `area` is the outer edge of the printed outline.
    """

    place: str
    option: str
    kind: Kind
    area: Area
    column: int | None = None


@dataclass(frozen=True, slots=True)
class PageMap:
    """One page, numbered from 1. `qr` is the black part of the QR code, without its quiet zone."""

    number: int
    marks: tuple[Mark, ...]
    qr: Area
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class PaperLayout:
    """A whole sheet. Make one with `make_layout`, which works out the id."""

    id: str
    version: str
    language: str
    pages: tuple[PageMap, ...]
    filled_means_cancelled: bool
    width: float = WIDTH
    height: float = HEIGHT

    def page(self, number: int) -> PageMap | None:
        """The page with this number, or None."""
        return self.pages[number - 1] if 1 <= number <= len(self.pages) else None


def make_layout(
    *, version: str, language: str, pages: tuple[PageMap, ...], filled_means_cancelled: bool
) -> PaperLayout:
    """The layout with its id: 8 hex digits of SHA-256 over everything else in it."""
    without = PaperLayout("", version, language, pages, filled_means_cancelled)
    return PaperLayout(
        _content_id(to_plain(without)), version, language, pages, filled_means_cancelled
    )


def to_plain(layout: PaperLayout) -> dict[str, Any]:
    """The layout as JSON: what the store keeps, `svarboks sheets --map` writes and the reader is handed."""
    return {
        "id": layout.id,
        "version": layout.version,
        "language": layout.language,
        "width": layout.width,
        "height": layout.height,
        "filled_means_cancelled": layout.filled_means_cancelled,
        "pages": [
            {
                "number": page.number,
                "marks": [{"id": mark.id, **_plain_area(mark.area)} for mark in page.marks],
                "qr": _plain_area(page.qr),
                "boxes": [
                    {
                        "place": box.place,
                        "option": box.option,
                        "kind": box.kind,
                        "column": box.column,
                        **_plain_area(box.area),
                    }
                    for box in page.boxes
                ],
            }
            for page in layout.pages
        ],
    }


def to_map(layout: PaperLayout) -> dict[str, Any]:
    """The same for whoever measures from outside: each page with its size, each box with its question and its page.

    `from_plain` reads it too.
    """
    plain = to_plain(layout)
    for page in plain["pages"]:
        page["width"], page["height"] = layout.width, layout.height
        for box in page["boxes"]:
            box["question"], box["page"] = box["place"].split("/")[0], page["number"]
    return plain


def from_plain(plain: Mapping[str, Any]) -> PaperLayout:
    """The layout of such JSON. Raises ProblemError(INVALID_INPUT) naming every place that is wrong."""
    try:
        layout = _LayoutSchema().load(plain)
    except ValidationError as error:
        faults = tuple(
            Fault(place, "bad-layout", message, "Print the sheets again and use their map.")
            for place, message in _messages(error.messages)
        )
        raise ProblemError(Problem.INVALID_INPUT, "This is no map of a sheet.", faults) from None
    return cast(PaperLayout, layout)


def _plain_area(area: Area) -> dict[str, float]:
    return {"x": area.x, "y": area.y, "width": area.width, "height": area.height}


def _content_id(plain: dict[str, Any]) -> str:
    rest = {key: value for key, value in plain.items() if key != "id"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _messages(messages: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(messages, Mapping):
        return [
            found
            for key, inner in messages.items()
            for found in _messages(inner, path if key == "_schema" else f"{path}.{key}".strip("."))
        ]
    return [(path, str(message)) for message in messages]


class _AreaSchema(Schema):
    x = fields.Float(required=True, validate=validate.Range(0, 1000))
    y = fields.Float(required=True, validate=validate.Range(0, 1000))
    width = fields.Float(required=True, validate=validate.Range(0, 1000, min_inclusive=False))
    height = fields.Float(required=True, validate=validate.Range(0, 1000, min_inclusive=False))


class _PlainAreaSchema(_AreaSchema):
    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Area:
        return Area(**data)


class _MarkSchema(_AreaSchema):
    id = fields.Integer(required=True, strict=True, validate=validate.Range(0, 3))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Mark:
        return Mark(data.pop("id"), Area(**data))


class _BoxSchema(_AreaSchema):
    place = fields.String(required=True, validate=validate.Length(1, 200))
    option = fields.String(required=True, validate=validate.Length(0, 100))
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    column = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 99)
    )
    question = fields.String()
    page = fields.Integer(strict=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Box:
        own = {name: data.pop(name) for name in ("place", "option", "kind", "column")}
        for said_elsewhere in ("question", "page"):
            data.pop(said_elsewhere, None)
        return Box(area=Area(**data), **own)


class _PageSchema(Schema):
    number = fields.Integer(required=True, strict=True, validate=validate.Range(1, MOST_PAGES))
    width = fields.Float(validate=validate.Equal(WIDTH))
    height = fields.Float(validate=validate.Equal(HEIGHT))
    marks = fields.List(
        fields.Nested(_MarkSchema), required=True, validate=validate.Length(equal=4)
    )
    qr = fields.Nested(_PlainAreaSchema, required=True)
    boxes = fields.List(
        fields.Nested(_BoxSchema), required=True, validate=validate.Length(max=MOST_BOXES)
    )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> PageMap:
        if [mark.id for mark in data["marks"]] != [0, 1, 2, 3]:
            raise ValidationError("The corner marks are 0, 1, 2 and 3.", "marks")
        return PageMap(data["number"], tuple(data["marks"]), data["qr"], tuple(data["boxes"]))


class _LayoutSchema(Schema):
    id = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{8}\Z"))
    version = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))
    language = fields.String(required=True, validate=validate.Regexp(r"[A-Za-z0-9-]{2,35}\Z"))
    width = fields.Float(required=True, validate=validate.Equal(WIDTH))
    height = fields.Float(required=True, validate=validate.Equal(HEIGHT))
    filled_means_cancelled = fields.Boolean(required=True)
    pages = fields.List(
        fields.Nested(_PageSchema), required=True, validate=validate.Length(1, MOST_PAGES)
    )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> PaperLayout:
        if [page.number for page in data["pages"]] != list(range(1, len(data["pages"]) + 1)):
            raise ValidationError("Pages are numbered from 1 without a gap.", "pages")
        layout = PaperLayout(**{**data, "pages": tuple(data["pages"])})
        if _content_id(to_plain(layout)) != layout.id:
            raise ValidationError("The id is not that of what the map says.", "id")
        return layout
