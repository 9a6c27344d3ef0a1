"""The parts of a report plan for the other shapes.

P1  A part that names what is not there, or of another kind or group, is refused at its place.
P2  What shows units' answers is for signed returns alone; no other shape or promise gets it.
P3  A plan that uses none of them is written as before: no key is added, so published versions keep their hash.
P4  What is read is what is written, for every part.
"""

from __future__ import annotations

import pytest

from forms.document import read_document, to_plain, write_document
from forms.library import names, read
from forms.problems import ProblemError
from forms.versions import content_hash

QUESTIONS = """
format: 1
questionnaire: parts
shape: {shape}
languages: {{da: draft}}
title: Dele
sections:
  - id: all
    title: Alt
    questions:
      - {{id: sector, kind: one_of, text: Sektor, options: [{{id: gp, text: Praksis}}, {{id: town, text: Kommune}}]}}
      - {{id: told, kind: long_text, text: Fortæl}}
      - {{id: staff, kind: count, text: Ansatte}}
      - id: steps
        kind: group
        text: Trin
        questions:
          - {{id: place, kind: one_of, text: Sted, options: [{{id: a, text: A}}, {{id: b, text: B}}]}}
          - {{id: named, kind: short_text, text: Navn}}
report:
{report}
"""


def faults(shape: str, report: str) -> list[tuple[str, str]]:
    text = QUESTIONS.format(shape=shape, report="  " + report)
    try:
        read_document(text)
    except ProblemError as error:
        return [(fault.place, fault.code) for fault in error.faults]
    return []


@pytest.mark.parametrize(
    ("shape", "report", "place", "code"),
    [
        ("return", "collated: {questions: [nothing]}", "report.collated.questions[0]", "unknown-question"),
        ("return", "collated: {questions: [named]}", "report.collated.questions[0]", "wrong-group"),
        ("return", "grid: {columns: told, rows: [{id: r, title: R, questions: [told]}]}", "report.grid.columns", "wrong-kind"),
        ("return", "grid: {columns: sector, rows: [{id: r, title: R, questions: [staff]}]}", "report.grid.rows[0].questions[0]", "wrong-kind"),
        ("return", "grid: {columns: sector, rows: [{id: r, title: R, questions: [told]}], named_if: sector, named_option: x}", "report.grid.named_option", "unknown-option"),
        ("return", "shares: [{id: s, title: S, parts: [{id: p, title: P, part: told, whole: staff}]}]", "report.shares[0].parts[0].part", "wrong-kind"),
        ("return", "shares: [{id: s, title: S, parts: [{id: p, title: P, part: steps/place/x, whole: steps}]}]", "report.shares[0].parts[0].part", "unknown-option"),
        ("return", "catalogue: {group: steps, name: told, show: [place]}", "report.catalogue.name", "wrong-group"),
        ("registration", "tallies: [{id: t, title: T, count: told, by: [sector, unit]}]", "report.tallies[0].count", "wrong-kind"),
        ("interview", "journey: {group: steps, sector: place, came_from: place, trouble: place}", "report.journey.trouble_option", "unknown-option"),
        ("interview", "journey: {group: steps, sector: sector, came_from: place}", "report.journey.sector", "wrong-group"),
        ("audit", "agreement: {case: told, auditor: sector, questions: [sector]}", "report.agreement.case", "wrong-kind"),
        ("survey", "goal: {at_least: 10, at_most: 5}", "report.goal.at_most", "bounds"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_P1(shape: str, report: str, place: str, code: str) -> None:
    assert faults(shape, report) == [(place, code)]


@pytest.mark.parametrize("shape", ["survey", "registration", "interview", "audit"])
@pytest.mark.parametrize(
    "report",
    [
        "collated: {questions: [told]}",
        "grid: {columns: sector, rows: [{id: r, title: R, questions: [told]}]}",
        "shares: [{id: s, title: S, parts: [{id: p, title: P, part: staff, whole: staff}]}]",
        "catalogue: {group: steps, name: named, show: [place]}",
    ],
)
def test_answers_of_units_are_shown_of_returns_alone_P2(shape: str, report: str) -> None:
    assert {code for _, code in faults(shape, report)} == {"other-shape"}
    assert faults("return", report) == []
    # And of returns only where the promise is that the unit signs.
    assert faults("return\npromise: confidential", report) == [
        (f"report.{report.split(':', maxsplit=1)[0]}", "other-promise")
    ]


def test_what_is_not_used_is_not_written_P3() -> None:
    assert set(to_plain(read("iv-satisfaction"))["report"]) == {"tables", "free_text"}
    assert set(to_plain(read("time-study"))["report"]) == {"tables"}


@pytest.mark.parametrize("name", names())
def test_what_is_read_is_what_is_written_P4(name: str) -> None:
    questionnaire = read(name)
    again = read_document(write_document(questionnaire))
    assert again == questionnaire
    assert content_hash(again) == content_hash(questionnaire)
