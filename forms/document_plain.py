"""A questionnaire as JSON values: the exact form that is embedded and hashed, and the readable form for documents.

What says nothing (None, false, an empty text or list) is left out of both, so that a field which a later model adds,
with such a default, leaves the hash of every older version as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from forms import expressions
from forms.questionnaire import (
    PROMISE_OF_SHAPE,
    Constraint,
    Language,
    Question,
    Questionnaire,
    Review,
    Section,
)

_EXPRESSIONS = ("show_if", "require_if", "check", "value")
#: The value of a benchmark is a number and no condition.
_WITH_EXPRESSIONS = (Question, Section, Constraint)

#: Keys in the order that a person reads them; all others follow in the order of the model.
_FIRST = ("id", "kind", "text", "help")


def plain_of(q: Questionnaire) -> dict[str, Any]:
    """The exact form. Whole numbers are ints, conditions JsonLogic, languages a list, since their order means something."""
    plain = {
        "format": 1,
        "questionnaire": q.id,
        "shape": str(q.shape),
        "promise": str(q.promise),
        "languages": [{"tag": language.tag, **_language(language)} for language in q.languages],
        "title": dict(q.title),
        "intro": dict(q.intro),
        "thanks": dict(q.thanks),
        "sections": [_part(section, readable=False) for section in q.sections],
        "report": _part(q.report, readable=False),
    }
    kept = {key: value for key, value in plain.items() if value not in ({}, "")}
    if not q.filled_means_cancelled:
        kept["filled_means_cancelled"] = False
    return kept


def plain_of_question(question: Question) -> dict[str, Any]:
    """One question in the exact form."""
    return _part(question, readable=False)


def readable_of(q: Questionnaire) -> dict[str, Any]:
    """The form for documents: readable conditions, defaults left out, options that are used again named as scales."""
    readable = plain_of(q)
    readable["languages"] = {
        language.tag: "draft" if language == Language(tag=language.tag) else _language(language)
        for language in q.languages
    }
    if q.promise == PROMISE_OF_SHAPE[q.shape]:
        del readable["promise"]
    sections = [_part(section, readable=True) for section in q.sections]
    scales = _named_scales(sections)
    del readable["sections"]
    report = readable.pop("report", None)
    if scales:
        readable["scales"] = scales
    readable["sections"] = sections
    if report is not None:
        readable["report"] = _part(q.report, readable=True)
    return readable


def _language(language: Language) -> dict[str, str]:
    plain = {"state": str(language.review or Review.DRAFT), "by": language.by, "on": language.on}
    return {key: value for key, value in plain.items() if value}


def _part(part: Any, *, readable: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    if isinstance(part, Question):
        plain = {"id": part.id, "kind": part.KIND}
    for field in fields(part):
        value = getattr(part, field.name)
        if field.name in _EXPRESSIONS and isinstance(part, _WITH_EXPRESSIONS):
            if value is not None:
                plain[field.name] = (
                    expressions.write(value) if readable else expressions.check(value)
                )
            continue
        if (
            value is None
            or value is False
            or value == ""
            or (isinstance(value, dict | tuple) and not value)
        ):
            continue
        if readable and field.default is not MISSING and value == field.default:
            continue
        plain[field.name] = _value(value, readable=readable)
    if readable:
        plain = {key: plain[key] for key in _FIRST if key in plain} | plain
    return plain


def _value(value: Any, *, readable: bool) -> Any:
    if is_dataclass(value):
        return _part(value, readable=readable)
    if isinstance(value, tuple):
        return [_value(item, readable=readable) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        return str(value)
    return dict(value) if isinstance(value, dict) else value


def _named_scales(sections: list[dict[str, Any]]) -> dict[str, Any]:
    """Takes lists of options that stand more than once out of `sections` and returns them by name."""
    holders: dict[str, list[tuple[dict[str, Any], str]]] = {}
    for holder, key in _option_lists(sections):
        holders.setdefault(json.dumps(holder[key], sort_keys=True), []).append((holder, key))
    scales: dict[str, Any] = {}
    for sharing in holders.values():
        if len(sharing) > 1:
            name = f"scale_{len(scales) + 1}"
            scales[name] = sharing[0][0][sharing[0][1]]
            for holder, key in sharing:
                holder[key] = name
    return scales


def _option_lists(parts: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str]]:
    for part in parts:
        for key in ("options", "points"):
            if key in part:
                yield part, key
        for key in ("questions", "columns"):
            yield from _option_lists(part.get(key, []))
