"""What every format writes: sheets of named columns, whose cells are text, numbers or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

#: A cell: text, a number, or None where nothing is said.
Value = str | int | float | None


class Kind(Enum):
    """What stands in a column."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    #: Numbers, and text where there is none: a state without an answer.
    MIXED = "number or state"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `name` is a word for programs, `label` one for people, `labels` what its values mean."""

    name: str
    label: str
    kind: Kind = Kind.TEXT
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a dataset. `name` is a word for programs, `title` one for people; `rows` may be read once only."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Value, ...]]
