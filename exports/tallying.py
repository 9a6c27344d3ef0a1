"""Tallies: sums of what units counted, by week and department and the like, with totals, no small sum shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from exports.figures import Figures
from exports.standing import may_advance
from exports.tables import UNANSWERED
from exports.tallies_together import Tally, hidden_together
from exports.tally_disclosure import TOTAL, Cell, with_totals
from forms.questionnaire import Questionnaire
from forms.report_parts import TallyPlan
from store.responses import StoredResponse


def tally_figures(
    plans: Sequence[TallyPlan],
    questionnaire: Questionnaire,
    units: Sequence[str],
    answers: Iterable[StoredResponse],
    k: int,
) -> list[dict[str, Any]]:
    """The tallies of an edition: for each its rows, columns and cells, a hidden sum None. `units`: ids in their order.

    A registration whose week, say, was not answered counts under ~unanswered, which stands only where there is one.
    """
    asked = {question.id: question for question in questionnaire.questions()}
    sums: list[dict[Cell, int]] = [{} for _ in plans]
    for response in answers:
        values = {row.place: row.value for row in response.rows if row.state == "answered"}
        for plan, found in zip(plans, sums, strict=True):
            number = values.get(plan.count)
            if not isinstance(number, int | float):
                continue
            keys = tuple(
                str((response.unit if by == "unit" else values.get(by)) or UNANSWERED)
                for by in plan.by
            )
            cell = (keys[0], keys[1])
            found[cell] = found.get(cell, 0) + int(number)
    tallies = []
    for plan, found in zip(plans, sums, strict=True):
        axes = [
            [
                *(units if by == "unit" else [one.id for one in getattr(asked[by], "options", ())]),
                *([UNANSWERED] if any(cell[at] == UNANSWERED for cell in found) else []),
            ]
            for at, by in enumerate(plan.by)
        ]
        table = with_totals(axes[0], axes[1], found)
        tallies.append(Tally((plan.by[0], plan.by[1]), tuple(axes[0]), tuple(axes[1]), table))
    hidden: dict[int, frozenset[Cell]] = {}
    for count in dict.fromkeys(plan.count for plan in plans):
        places = [at for at, plan in enumerate(plans) if plan.count == count]
        together = hidden_together([tallies[at] for at in places], k)
        hidden |= dict(zip(places, together, strict=True))
    return [
        _tally(plan, tally, hidden[at])
        for at, (plan, tally) in enumerate(zip(plans, tallies, strict=True))
    ]


def _tally(plan: TallyPlan, tally: Tally, hidden: frozenset[Cell]) -> dict[str, Any]:
    return {
        "id": plan.id,
        "by": list(plan.by),
        "rows": [*tally.rows, TOTAL],
        "columns": [*tally.columns, TOTAL],
        "cells": [
            [
                None if (row, column) in hidden else tally.table[row, column]
                for column in (*tally.columns, TOTAL)
            ]
            for row in (*tally.rows, TOTAL)
        ],
        "since": None,
    }


def advanced_tallies(previous: Figures, told: list[dict[str, Any]], k: int) -> list[dict[str, Any]]:
    """The tallies of a next edition; those of which the difference would say too much stand with their date."""
    earlier = {one["id"]: one for one in previous.get("registrations", {}).get("tallies", ())}
    result = []
    for one in told:
        was = earlier.get(one["id"])
        if was is None or may_advance(_numbers(was), _numbers(one), k):
            result.append(one)
        else:
            result.append({**was, "since": was["since"] or previous["made_on"]})
    return result


def _numbers(tally: Mapping[str, Any]) -> dict[str, int | None]:
    """Every figure by its name, and of each line what its hidden cells hold together, which can be computed."""
    numbers: dict[str, int | None] = {}
    lines: dict[str, list[int | None]] = {}
    for row, cells in zip(tally["rows"], tally["cells"], strict=True):
        for column, n in zip(tally["columns"], cells, strict=True):
            numbers[f"{row}/{column}"] = n
            if column != TOTAL:
                lines.setdefault(f"row {row}", []).append(n)
            if row != TOTAL:
                lines.setdefault(f"column {column}", []).append(n)
    for name, inner in lines.items():
        kind, _, line = name.partition(" ")
        total = numbers[f"{line}/{TOTAL}" if kind == "row" else f"{TOTAL}/{line}"]
        if total is not None:
            numbers[f"rest of {name}"] = total - sum(n for n in inner if n is not None)
    return numbers
