"""Which chapters there are, and their order in a report."""

from __future__ import annotations

from collections.abc import Callable

from exports.benchmark_chapter import benchmark_chapter
from exports.case_chapters import agreement_chapter, goal_chapter, journey_chapter
from exports.chapters import Chapter
from exports.figures import Figures
from exports.overview_chapter import overview_chapter
from exports.phrases import Phrases
from exports.registration_chapters import tallies_chapter
from exports.return_chapters import catalogue_chapter, collated_chapter, grid_chapter
from exports.share_chapter import shares_chapter
from exports.trend_chapter import trend_chapter
from exports.units_chapter import rates_chapter, units_chapter

#: In the order in which a report has them. Each is given (figures, phrases); what makes one is a file of its own.
MAKERS: tuple[Callable[[Figures, Phrases], Chapter | None], ...] = (
    overview_chapter,
    benchmark_chapter,
    trend_chapter,
    units_chapter,
    goal_chapter,
    shares_chapter,
    grid_chapter,
    collated_chapter,
    catalogue_chapter,
    tallies_chapter,
    journey_chapter,
    agreement_chapter,
    rates_chapter,
)


def chapters_of(figures: Figures, phrases: Phrases) -> tuple[Chapter, ...]:
    """The chapters that the figures of an edition hold something for."""
    return tuple(made for make in MAKERS if (made := make(figures, phrases)) is not None)
