"""Chapters: the parts of a report that its shape or its plan asks for, beside the tables that every report has.

A maker turns an edition's figures into one chapter, or None where the figures hold nothing for it; figures of editions from
before a chapter existed hold nothing. PDF and web page show all chapters alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from exports.blocks import Block
from exports.figures import Figures
from exports.phrases import Phrases


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading, sentences that say what was found, and blocks as elsewhere. `landscape` for tables too wide upright."""

    id: str
    heading: str
    lead: tuple[str, ...]
    blocks: tuple[Block, ...]
    landscape: bool = False


#: In the order in which a report has them. Each is given (figures, phrases).
MAKERS: tuple[Callable[[Figures, Phrases], Chapter | None], ...] = ()


def chapters_of(figures: Figures, phrases: Phrases) -> tuple[Chapter, ...]:
    """The chapters that the figures of an edition hold something for."""
    return tuple(made for make in MAKERS if (made := make(figures, phrases)) is not None)
