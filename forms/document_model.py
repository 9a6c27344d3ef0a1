"""Builds the model from what the schemas read and the rules found no fault in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.comparison_schemas import built_comparisons
from forms.document_fields import Boxed
from forms.questionnaire import (
    KINDS,
    PROMISE_OF_SHAPE,
    Constraint,
    Item,
    Language,
    Measure,
    Option,
    PlannedTable,
    Question,
    Questionnaire,
    ReportPlan,
    Review,
    Section,
)
from forms.report_part_model import report_parts


def built(data: Mapping[str, Any]) -> Questionnaire:
    """The questionnaire of `data`, which must be free of faults."""
    shape = data["shape"]
    report = data.get("report", {})
    return Questionnaire(
        id=data["questionnaire"],
        shape=shape,
        promise=data.get("promise", PROMISE_OF_SHAPE[shape]),
        title=dict(data["title"]),
        languages=tuple(_language(language) for language in data["languages"]),
        sections=tuple(_section(section) for section in data["sections"]),
        intro=dict(data.get("intro", {})),
        thanks=dict(data.get("thanks", {})),
        report=ReportPlan(
            tables=tuple(_planned(table) for table in report.get("tables", ())),
            free_text=tuple(report.get("free_text", ())),
            **built_comparisons(report),
            **report_parts(report),
        ),
        filled_means_cancelled=data.get("filled_means_cancelled", True),
    )


def _language(data: Mapping[str, Any]) -> Language:
    return Language(
        tag=data["tag"],
        review=data.get("state", Review.DRAFT),
        by=data.get("by", ""),
        on=data.get("on", ""),
    )


def _section(data: Mapping[str, Any]) -> Section:
    return Section(
        id=data["id"],
        title=dict(data["title"]),
        questions=tuple(_question(question) for question in data["questions"]),
        intro=dict(data.get("intro", {})),
        show_if=_expression(data.get("show_if")),
    )


def _planned(data: Mapping[str, Any]) -> PlannedTable:
    return PlannedTable(
        id=data["id"],
        question=data["question"],
        by=tuple(data.get("by", ())),
        measures=tuple(data.get("measures", (Measure.DISTRIBUTION,))),
        title=dict(data.get("title", {})),
    )


def _expression(boxed: Boxed | None) -> Any:
    return None if boxed is None else boxed.expression


def _question(data: Mapping[str, Any]) -> Question:
    parts = {
        key: _part(key, value)
        for key, value in data.items()
        if key != "kind" and not key.startswith("@")
    }
    return KINDS[data["kind"]](**parts)


def _part(key: str, value: Any) -> Any:
    if isinstance(value, Boxed):
        return value.expression
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, list):
        return value
    if key in ("options", "points"):
        return tuple(Option(**{**option, "text": dict(option["text"])}) for option in value)
    if key in ("statements", "rows"):
        return tuple(Item(id=item["id"], text=dict(item["text"])) for item in value)
    if key == "constraints":
        return tuple(
            Constraint(check=c["check"].expression, message=dict(c["message"])) for c in value
        )
    return tuple(_question(question) for question in value)
