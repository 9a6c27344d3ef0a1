"""What reading a scan comes to: pages, boxes, and what was wrong with a file. Frozen, and plain JSON between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from forms.paper.layout import Kind
from forms.problems import Problem

#: Pixels to the millimetre of a page set straight (127 dpi): crops are cut from it, and boxes are measured on it.
PIXELS_PER_MM = 5

State = Literal["blank", "marked", "cancelled", "doubtful"]
Status = Literal["sheet", "blank", "foreign", "unreadable"]


class Warned(StrEnum):
    """What a person should know about a page that was read all the same, or why one was not."""

    #: Black and white without greys: pencil may be lost. Ask for grey.
    ONE_BIT = "one-bit"
    #: Fewer than 130 dots an inch.
    COARSE = "coarse"
    #: One corner mark was not found; the other three were enough.
    THREE_MARKS = "three-marks"
    #: The outlines of several boxes were not found where they should be.
    OUTLINES = "outlines"
    #: Black and white, and a light pen or pencil seems to have been lost: what seems unmarked is shown.
    PENCIL_LOST = "pencil-lost"
    #: Not read: corner marks are there, but the QR code cannot be read.
    NO_CODE = "no-code"
    #: Not read: the QR code is there, but fewer than three corner marks.
    NO_MARKS = "no-marks"
    #: Not read: a sheet of ours that this installation does not know.
    UNKNOWN_LAYOUT = "unknown-layout"
    #: Not read: reading this page failed or took too long; the pages around it were read.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReadBox:
    """One place to write in, as it was found.

    `fill` is the share of its inside that holds ink, from 0 to 1. `doubtful` goes to a person. Combs and frames are
    only ever `blank`, `marked` (there is ink, to be typed) or `doubtful` (perhaps ink).
    """

    place: str
    option: str
    kind: Kind
    column: int | None
    fill: float
    state: State


@dataclass(frozen=True, slots=True)
class ReadPage:
    """One page of a file.

    `index` counts from 0 in the file. `sheet` is a page of ours, read; `blank` has nothing on it; `foreign` is no page of
    ours; `unreadable` seems to be ours but could not be read: `warnings` say why, and `round`, `layout`, `page` and
    `sheet` are there as far as the QR code told them. `turned` says by how many degrees clockwise it lay. `digest` is
    SHA-256 of the page's content: the same scan has the same digest in whatever file it comes. `image` is the page as a
    grey JPEG, set straight at PIXELS_PER_MM for `sheet`, else as it was.
    """

    index: int
    status: Status
    digest: str
    round: str = ""
    language: str = ""
    layout: str = ""
    page: int = 0
    sheet: str = ""
    turned: int = 0
    one_bit: bool = False
    dpi: int = 0
    warnings: tuple[Warned, ...] = ()
    boxes: tuple[ReadBox, ...] = ()
    image: bytes = b""

    def to_plain(self) -> dict[str, Any]:
        """As JSON, without the image."""
        return {
            "index": self.index,
            "status": self.status,
            "digest": self.digest,
            "round": self.round,
            "language": self.language,
            "layout": self.layout,
            "page": self.page,
            "sheet": self.sheet,
            "turned": self.turned,
            "one_bit": self.one_bit,
            "dpi": self.dpi,
            "warnings": list(self.warnings),
            "boxes": [
                {
                    "place": box.place,
                    "option": box.option,
                    "kind": box.kind,
                    "column": box.column,
                    "fill": box.fill,
                    "state": box.state,
                }
                for box in self.boxes
            ],
        }


@dataclass(frozen=True, slots=True)
class FileFault:
    """Why a file, or part of it, was not read: an entry of the catalogue, and the page (from 0) where it is one page."""

    problem: Problem
    detail: str = ""
    page: int | None = None

    def to_plain(self) -> dict[str, Any]:
        """As JSON: code, title, remedy, detail and page."""
        return {
            "code": self.problem.code,
            "title": self.problem.title,
            "remedy": self.problem.remedy,
            "detail": self.detail,
            "page": self.page,
        }


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file's pages in their order, and what was wrong with it. Pages that were read stand beside faults."""

    pages: tuple[ReadPage, ...]
    problems: tuple[FileFault, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost. Bytes, pages and pixels are looked at before anything is decoded."""

    #: Size of a file.
    bytes: int = 500_000_000
    pages: int = 2_000
    #: Pixels of a page: A3 at 600 dpi has 70 million.
    pixels: int = 80_000_000
    #: Address space of a child process, in bytes.
    memory: int = 1_200_000_000
    #: Seconds of waiting for the next page, and of CPU for one page, before a child is killed.
    seconds: float = 20.0
    #: Children at work on one file at a time, where it has many pages.
    workers: int = 2
    #: Children that are started anew on one file after a page killed one.
    restarts: int = 5


def page_from_plain(plain: Mapping[str, Any], image: bytes) -> ReadPage:
    """The page that a child tells of. Raises ValueError, TypeError or KeyError when it tells nonsense."""
    boxes = tuple(_box_from_plain(one) for one in plain["boxes"])
    return ReadPage(
        index=int(plain["index"]),
        status=_one_of(plain["status"], ("sheet", "blank", "foreign", "unreadable")),
        digest=str(plain["digest"]),
        round=str(plain["round"]),
        language=str(plain["language"]),
        layout=str(plain["layout"]),
        page=int(plain["page"]),
        sheet=str(plain["sheet"]),
        turned=int(plain["turned"]),
        one_bit=bool(plain["one_bit"]),
        dpi=int(plain["dpi"]),
        warnings=tuple(Warned(one) for one in plain["warnings"]),
        boxes=boxes,
        image=image,
    )


def _box_from_plain(plain: Mapping[str, Any]) -> ReadBox:
    column = plain["column"]
    return ReadBox(
        place=str(plain["place"]),
        option=str(plain["option"]),
        kind=_one_of(plain["kind"], ("box", "comb", "frame")),
        column=None if column is None else int(column),
        fill=float(plain["fill"]),
        state=_one_of(plain["state"], ("blank", "marked", "cancelled", "doubtful")),
    )


def _one_of(value: Any, choices: tuple[str, ...]) -> Any:
    if value not in choices:
        raise ValueError(value)
    return value
