"""Builds the parts of a report plan from what their schemas read and the rules found no fault in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.report_parts import (
    AgreementPlan,
    CataloguePlan,
    CollatedPlan,
    GoalPlan,
    GridPlan,
    GridRow,
    JourneyPlan,
    SharePart,
    SharePlan,
    ShareTarget,
    TallyPlan,
)


def report_parts(report: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ReportParts that a report plan uses."""
    parts: dict[str, Any] = {}
    for name, part in (
        ("collated", CollatedPlan),
        ("catalogue", CataloguePlan),
        ("goal", GoalPlan),
        ("journey", JourneyPlan),
        ("agreement", AgreementPlan),
    ):
        if name in report:
            parts[name] = part(**_plain(report[name]))
    if "grid" in report:
        given = _plain(report["grid"])
        parts["grid"] = GridPlan(
            **{**given, "rows": tuple(GridRow(**one) for one in given["rows"])}
        )
    if report.get("shares"):
        parts["shares"] = tuple(_shares(_plain(one)) for one in report["shares"])
    if report.get("tallies"):
        parts["tallies"] = tuple(TallyPlan(**_plain(one)) for one in report["tallies"])
    return parts


def _shares(given: dict[str, Any]) -> SharePlan:
    given["parts"] = tuple(SharePart(**one) for one in given["parts"])
    if "target" in given:
        given["target"] = ShareTarget(**given["target"])
    return SharePlan(**given)


def _plain(value: Any) -> Any:
    """Lists as tuples, and mappings (texts among them) as plain ones."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return tuple(_plain(part) for part in value)
    return value
