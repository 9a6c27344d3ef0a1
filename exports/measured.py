"""What one group of an edition's figures says by one measure: the value that comparisons hold against others.

Reads published figures and nothing else, so that whatever is computed from it says no more than they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exports.figures import Figures
from exports.significance import Spread, spread_of
from exports.tables import options_of, question_at
from forms.questionnaire import Questionnaire


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with its n. `step` is what it was rounded to (None: exact); the interval only where the edition has one;
    `since` the day of the edition that the value stands from, where that is an earlier one."""

    value: float
    n: int
    step: float | None = None
    low: float | None = None
    high: float | None = None
    since: str | None = None


def measured(group: Figures, measure: str) -> Measured | None:
    """The value of a shown group; None where it is hidden or the measure is not told."""
    if group["state"] == "hidden" or group["n"] is None:
        return None
    if measure == "favourable":
        told = group["favourable"]
        if told is None or told["n"] is None:
            return None
        return Measured(
            told["share"], group["n"], None, told["low"], told["high"], group.get("since")
        )
    value = group["mean"] if measure == "mean" else group["median"]
    if value is None:
        return None
    step = group["mean_step"] if measure == "mean" else None
    return Measured(value, group["n"], step, since=group.get("since"))


def table_of(figures: Figures, question: str, *by: str) -> Figures | None:
    """The first table of a question that is broken down by exactly this."""
    return next(
        (
            table
            for table in figures["tables"]
            if table["question"] == question and tuple(table["by"]) == by
        ),
        None,
    )


def groups_of(table: Figures | None) -> dict[str, Figures]:
    """The groups that somebody was asked in, by their key; '' is everyone."""
    if table is None:
        return {}
    return {
        (group["group"][0] if group["group"] else ""): group
        for group in table["groups"]
        if group["why"] != "no-answers"
    }


def scores_of(questionnaire: Questionnaire, place: str) -> Mapping[str, float]:
    """Option id -> score; {} where an option has none."""
    options = options_of(question_at(questionnaire, place)[0])
    if any(option.score is None for option in options):
        return {}
    return {option.id: float(option.score or 0) for option in options}


def option_counts(group: Figures, scores: Mapping[str, float]) -> dict[str, int] | None:
    """How many chose each option, where the edition shows every one of them."""
    if group["state"] != "all" or not scores:
        return None
    told = {cell["cell"]: cell["n"] for cell in group["cells"]}
    if set(told) != set(scores) or any(n is None for n in told.values()):
        return None
    return told


def spread_in(counts: Mapping[str, int] | None, scores: Mapping[str, float]) -> Spread | None:
    """Mean and variance of the scores of so many people an option."""
    return None if counts is None else spread_of((scores[cell], n) for cell, n in counts.items())
