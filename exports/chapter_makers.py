"""Which chapters there are, and their order in a report."""

from __future__ import annotations

from collections.abc import Callable

from exports.chapters import Chapter
from exports.figures import Figures
from exports.phrases import Phrases

#: In the order in which a report has them. Each is given (figures, phrases); what makes one is a file of its own.
MAKERS: tuple[Callable[[Figures, Phrases], Chapter | None], ...] = ()


def chapters_of(figures: Figures, phrases: Phrases) -> tuple[Chapter, ...]:
    """The chapters that the figures of an edition hold something for."""
    return tuple(made for make in MAKERS if (made := make(figures, phrases)) is not None)
