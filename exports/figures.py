"""The figures of an edition: disclosed tables as the JSON that everything else starts from (docs/architecture.md).

Holds only what may be said: a hidden number is null here, not merely unprinted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exports.disclosure import DisclosedGroup, DisclosedTable, DisclosedTables, Rule
from exports.disclosure_levels import Level, Why, merged_cells
from exports.statistics import interval, mean_of_scores, mean_of_sum, quantile
from exports.tables import RawTable

#: Any part of the figures of an edition: what this file makes, or the same read again from the store.
Figures = Mapping[str, Any]

STATES = {Level.HIDDEN: "hidden", Level.MERGED: "merged", Level.ALL: "all"}


def table_figures(disclosed: DisclosedTables) -> list[dict[str, Any]]:
    """The tables of an edition as plain JSON."""
    return [_table(table, disclosed.rule) for table in disclosed.tables]


def _table(table: DisclosedTable, rule: Rule) -> dict[str, Any]:
    raw = table.raw
    return {
        "id": raw.id,
        "question": raw.question,
        "by": list(raw.by),
        "title": raw.title,
        "kind": raw.kind,
        "guarded": raw.guarded,
        "measures": list(raw.measures),
        "unit_text": raw.unit_text,
        "groups": [_group(raw, group, rule) for group in table.groups],
    }


def _group(raw: RawTable, group: DisclosedGroup, rule: Rule) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "group": list(group.counted.key),
        "label": group.counted.label,
        "n": None,
        "asked": None,
        "state": STATES[group.level],
        "why": "no-answers" if group.empty else _said(raw, group.why),
        "cells": [],
        "outside": None,
        "favourable": None,
        "mean": None,
        "mean_step": None,
        "median": None,
        "quartiles": None,
        "histogram": None,
        "since": None,
    }
    if group.level is Level.HIDDEN:
        plain["cells"] = [
            _cell(choice.id, choice.label, None, 0, rule, "hidden", _said(raw, group.why), False)
            for choice in raw.choices
        ]
        return plain
    plain["n"] = group.n
    if group.outside:
        plain["asked"] = group.asked
        plain["outside"] = {
            name: group.counted.cells.get("~" + name, 0)
            for name in ("dont_know", "not_relevant", "unanswered")
        }
    total = not raw.by
    if raw.kind == "number":
        _number(raw, group, plain)
    elif group.level is Level.MERGED:
        _merged(raw, group, rule, plain, total)
    else:
        _all_options(raw, group, rule, plain, total)
    return plain


def _said(raw: RawTable, why: str) -> str:
    """The reason as it is published. Where a question is guarded, that a group is hidden because everyone answered the
    same, or beside another, would itself tell something of the answers: there is one reason for them all."""
    if why in (Why.FEW_CELL, Why.COMPLEMENT_CELL):
        return Why.PROTECTED_CELL
    if (raw.guarded or any(raw.guarded_by)) and why in (
        Why.SAME_ANSWER,
        Why.GUARDED_GROUP,
        Why.COMPLEMENT,
    ):
        return Why.PROTECTED
    return why


def _cell(
    cell: str,
    label: str,
    count: int | None,
    n: int,
    rule: Rule,
    state: str,
    why: str,
    total: bool,
) -> dict[str, Any]:
    between = None
    if count is not None and n:
        between = interval(count, n, rule.interval, rule.population if total else None)
    return {
        "cell": cell,
        "label": label,
        "n": count,
        "share": count / n if count is not None and n else None,
        "low": between.low if between else None,
        "high": between.high if between else None,
        "state": state,
        "why": why,
    }


def _all_options(
    raw: RawTable, group: DisclosedGroup, rule: Rule, plain: dict[str, Any], total: bool
) -> None:
    counts = {choice.id: group.counted.cells.get(choice.id, 0) for choice in raw.choices}
    for choice in raw.choices:
        why = group.hidden_cells.get(choice.id)
        plain["cells"].append(
            _cell(choice.id, choice.label, counts[choice.id], group.n, rule, "shown", "", total)
            if why is None
            else _cell(
                choice.id, choice.label, None, group.n, rule, "hidden", _said(raw, why), total
            )
        )
    if group.hidden_cells or raw.kind == "several":
        # A mean or a share of the favourable would tie the hidden cells to each other.
        return
    scored = [(choice.score, counts[choice.id]) for choice in raw.choices]
    if scored and all(score is not None for score, _ in scored):
        plain["mean"] = mean_of_scores((float(score or 0), n) for score, n in scored)
    _favourable(raw, group, plain, rule, total)


def _favourable(
    raw: RawTable, group: DisclosedGroup, plain: dict[str, Any], rule: Rule, total: bool
) -> None:
    if not any(choice.tone == "favourable" for choice in raw.choices) or not group.n:
        return
    count = merged_cells(raw, group.counted)["favourable"]
    cell = _cell("favourable", "", count, group.n, rule, "shown", "", total)
    plain["favourable"] = {name: cell[name] for name in ("n", "share", "low", "high")}


def _merged(
    raw: RawTable, group: DisclosedGroup, rule: Rule, plain: dict[str, Any], total: bool
) -> None:
    if group.merged_as == "none":
        plain["cells"] = [
            _cell(one.id, one.label, None, 0, rule, "hidden", Why.FEW_FOR_OPTIONS, False)
            for one in raw.choices
        ]
        return
    if group.merged_as == "cells":
        _all_options(raw, group, rule, plain, total)
        plain["mean"] = plain["favourable"] = None
        return
    for tone, count in merged_cells(raw, group.counted).items():
        why = group.hidden_cells.get(tone)
        plain["cells"].append(
            _cell(tone, "", count, group.n, rule, "merged", group.why, total)
            if why is None
            else _cell(tone, "", None, group.n, rule, "hidden", _said(raw, why), total)
        )
    if group.hidden_cells:
        return
    plain["mean"], plain["mean_step"] = group.mean, group.mean_step
    _favourable(raw, group, plain, rule, total)


def _number(raw: RawTable, group: DisclosedGroup, plain: dict[str, Any]) -> None:
    bins = group.counted.bins
    if raw.guarded and group.level is not Level.ALL:
        return
    plain["mean"] = mean_of_sum(group.counted.total, group.n)
    plain["median"] = quantile(bins, 0.5)
    if group.level is Level.ALL:
        low, high = quantile(bins, 0.25), quantile(bins, 0.75)
        plain["quartiles"] = None if low is None else [low, high]
        if not raw.guarded:
            plain["histogram"] = [[one.low, one.high, one.n] for one in bins if one.n]
