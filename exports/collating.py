"""The figures of signed returns: the collated document, the grid, shares by unit and the catalogue.

All start from what units sent (unit_answers.py) and hold values as they were answered; words come with the report. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from exports.figures import Figures
from exports.unit_answers import WITHHELD, UnitAnswers
from forms.questionnaire import Questionnaire
from forms.report_parts import GridPlan, SharePart, SharePlan
from forms.versions import compare

#: What begins a line that is an item of a list.
_BULLET = re.compile(r"^(?:[-–—•*·]|\d{1,2}[.)])\s+")
#: Stands for the name of a unit that did not agree to be named.
UNNAMED = "[…]"


def returns_figures(
    questionnaire: Questionnaire,
    units: Sequence[UnitAnswers],
    earlier: Mapping[str, Any] | None,
    earlier_questionnaire: Questionnaire | None,
) -> dict[str, Any]:
    """The key `returns` of an edition. `earlier`: the figures of the newest edition of the collection's last earlier
    round, None where there is none; `earlier_questionnaire` is the one they were given to."""
    plan = questionnaire.report
    before = (earlier or {}).get("returns")
    told: dict[str, Any] = {
        "units": [
            {"unit": one.unit, "name": one.name, "sent": one.answers is not None} for one in units
        ]
    }
    if plan.collated is not None:
        told["collated"] = {
            "questions": [
                {"place": place, "cells": _cells(place, units)} for place in plan.collated.questions
            ]
        }
        if plan.collated.earlier and earlier and before and earlier_questionnaire:
            told["collated"]["earlier"] = _earlier_answers(
                plan.collated.questions, earlier, earlier_questionnaire, questionnaire
            )
    if plan.grid is not None:
        told["grid"] = _grid(plan.grid, units, questionnaire)
    if plan.shares:
        told["shares"] = [_shares(one, units, earlier) for one in plan.shares]
    if plan.catalogue is not None:
        group = plan.catalogue.group
        told["catalogue"] = [
            {"unit": one.unit, "entries": [dict(entry) for entry in one.answers.get(group, ())]}
            for one in units
            if one.answers is not None
        ]
    return told


def _cells(place: str, units: Iterable[UnitAnswers]) -> list[dict[str, Any]]:
    return [
        {"unit": one.unit, "answer": one.answers.get(place)}
        for one in units
        if one.answers is not None
    ]


def _named(earlier: Figures) -> dict[str, Any]:
    about = earlier["about"]
    return {
        "title": dict(about["title"]),
        "answer_until": about["answer_until"],
        "edition": earlier["edition"],
    }


def _earlier_answers(
    places: Sequence[str], earlier: Figures, old: Questionnaire, new: Questionnaire
) -> dict[str, Any]:
    """The earlier answers to the same questions; a question that has become another one has none."""
    found = compare(old, new)
    kept = {
        one["place"]: one for one in earlier["returns"].get("collated", {}).get("questions", ())
    }
    questions = []
    for place in places:
        if place in kept and place in (*found.comparable, *found.wording):
            questions.append({**kept[place], "reworded": place in found.wording})
    return {**_named(earlier), "units": earlier["returns"]["units"], "questions": questions}


# --- the grid


def _grid(
    plan: GridPlan, units: Sequence[UnitAnswers], questionnaire: Questionnaire
) -> dict[str, Any]:
    """Lines of the units' texts, by row and column. Lines that say the same stand once, with how many units wrote them;
    those that most wrote first. A unit is named only where it agreed to be an example."""
    asked = {question.id: question for question in questionnaire.questions()}
    columns = [option.id for option in getattr(asked[plan.columns], "options", ())]
    pages = [option.id for option in getattr(asked.get(plan.pages), "options", ())] or [""]
    sent = [one for one in units if one.answers is not None]
    told = []
    for page in pages:
        here = [one for one in sent if not page or _answer(one, plan.pages) == page]
        told.append(
            {
                "page": page,
                "units": len(here),
                "columns": [
                    {
                        "column": column,
                        "units": sum(1 for one in here if _answer(one, plan.columns) == column),
                    }
                    for column in columns
                ],
                "rows": [
                    {
                        "row": row.id,
                        "cells": [
                            _condensed(
                                plan,
                                row.questions,
                                [one for one in here if _answer(one, plan.columns) == column],
                            )
                            for column in columns
                        ],
                    }
                    for row in plan.rows
                ],
            }
        )
    # Whoever named no sector or group is in no cell; that is told, not hidden.
    placed = sum(
        1
        for one in sent
        if _answer(one, plan.columns) in columns
        and (pages == [""] or _answer(one, plan.pages) in pages)
    )
    return {"pages": told, "without_place": len(sent) - placed}


def _answer(one: UnitAnswers, place: str) -> Any:
    return (one.answers or {}).get(place)


def _condensed(
    plan: GridPlan, questions: Sequence[str], units: Sequence[UnitAnswers]
) -> list[dict[str, Any]]:
    """[{question, lines: [{text, units, named}]}] of the questions that somebody answered."""
    told = []
    for place in questions:
        lines: dict[str, dict[str, Any]] = {}
        for one in units:
            text = _answer(one, place)
            if not isinstance(text, str):
                continue
            may_be_named = bool(plan.named_if) and _answer(one, plan.named_if) == plan.named_option
            seen: set[str] = set()
            for line in _lines(text if may_be_named else _without_name(text, one)):
                key = line.casefold().rstrip(" .;,")
                if key in seen:
                    continue
                seen.add(key)
                found = lines.setdefault(key, {"text": line, "units": 0, "named": []})
                found["units"] += 1
                if may_be_named:
                    found["named"].append(one.name)
        if lines:
            ordered = sorted(lines.items(), key=lambda item: (-item[1]["units"], item[0]))
            told.append({"question": place, "lines": [line for _, line in ordered]})
    return told


def _lines(text: str) -> Iterable[str]:
    for line in text.split("\n"):
        if cleaned := _BULLET.sub("", line.strip()).strip():
            yield cleaned


def _without_name(text: str, one: UnitAnswers) -> str:
    """The text without the unit's own name, in whatever case, with a genitive s or as "Odense Kommunes"."""
    name = re.sub(r"\s+kommune$", "", one.name, flags=re.IGNORECASE)
    pattern = rf"\b{re.escape(name)}(?:s|['’]s?)?(?:\s+kommune(?:ns|n|s)?)?(?!\w)"
    return re.sub(pattern, UNNAMED, text, flags=re.IGNORECASE)


# --- shares


def _shares(
    plan: SharePlan, units: Sequence[UnitAnswers], earlier: Figures | None
) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for one in units:
        if one.answers is None:
            continue
        note = _answer(one, plan.note) if plan.note else None
        rows.append(
            {
                "unit": one.unit,
                "parts": [_share(part, one.answers) for part in plan.parts],
                "note": note if isinstance(note, str) else "",
            }
        )
    told: dict[str, Any] = {
        "id": plan.id,
        "rows": rows,
        "total": [
            _total([row["parts"][index] for row in rows]) for index in range(len(plan.parts))
        ],
    }
    if plan.earlier and earlier:
        kept = {one["id"]: one for one in (earlier.get("returns") or {}).get("shares", ())}
        same = kept.get(plan.id)
        if same is not None and len(same["total"]) == len(plan.parts):
            told["earlier"] = {**_named(earlier), "rows": same["rows"], "total": same["total"]}
    return told


def _share(part: SharePart, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Part, whole and share of one unit; a share only where both were given and part is no more than whole."""
    some, all_ = _number(part.part, answers), _number(part.whole, answers)
    fits = some is not None and all_ is not None and 0 <= some <= all_ and all_ > 0
    return {"part": some, "whole": all_, "share": some / all_ if fits else None}  # type: ignore[operator]


def _total(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums over the units whose share could be computed: the others are in neither number."""
    whole = [one for one in parts if one["share"] is not None]
    some, all_ = sum(one["part"] for one in whole), sum(one["whole"] for one in whole)
    return {
        "part": some,
        "whole": all_,
        "share": some / all_ if all_ else None,
        "units": len(whole),
    }


def _number(place: str, answers: Mapping[str, Any]) -> float | None:
    first, *rest = place.split("/")
    value = answers.get(first)
    if isinstance(value, list):
        if not rest:
            return len(value)
        return sum(1 for row in value if row.get(rest[0]) == rest[1])
    for step in rest:
        value = value.get(step) if isinstance(value, Mapping) else None
    # A missing state is a mapping; true and false are no numbers.
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


__all__ = ["UNNAMED", "WITHHELD", "returns_figures"]
