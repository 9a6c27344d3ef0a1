"""A document of every kind of question, small ones, and what is said of one that is wrong."""

from __future__ import annotations

import re

import pytest

from forms.document import read_document
from forms.problems import Fault, Problem, ProblemError

HEAD = """\
format: 1
questionnaire: test
shape: survey
languages: {da: draft, en: draft}
title: Prøve
"""

#: A document with one section; `{}` is where the questions go, six spaces in.
ONE_SECTION = HEAD + "sections:\n  - id: first\n    title: Først\n    questions:\n"

EVERY_KIND = (
    HEAD
    + """\
intro: {da: Velkommen, en: Welcome}
thanks: Tak
filled_means_cancelled: false
scales:
  degree:
    - {id: "5", text: {da: I meget høj grad}, score: 5, tone: favourable}
    - {id: 3, text: I nogen grad, score: 3, tone: neutral}
    - {id: 1, text: Slet ikke, score: 1.0, tone: unfavourable}
sections:
  - id: first
    title: Først
    intro: Læs dette
    questions:
      - {id: hello, kind: information, text: Goddag}
      - {id: may, kind: consent, text: Må vi?}
      - {id: trust, kind: scale, text: Tryg?, points: degree, dont_know: true, required: true}
      - id: place
        kind: one_of
        text: Hvor?
        options: [{id: home, text: Hjemme}, {id: no, text: Nej}]
        not_relevant: {da: Ikke relevant – kun ét besøg}
        background: true
        sensitive: true
        personal: true
      - {id: aids, kind: several_of, text: Hvad?, options: [{id: pump, text: Pumpe}, {id: none, text: Intet, exclusive: true}]}
      - {id: minutes, kind: number, text: Minutter, minimum: -0.5, maximum: 600, decimals: 1, unit_text: min,
         constraints: [{check: minutes < 60, message: Under en time}], require_if: place == 'home'}
      - {id: travel, kind: count, text: Rejse, maximum: 10, unit_text: km}
      - {id: total, kind: computed, text: I alt, value: minutes + travel}
      - {id: seen, kind: date, text: Hvornår?, earliest: 2022-01-01, latest: 2022-12-31}
      - {id: start, kind: time, text: Start, earliest: 07:00, latest: 23:00}
      - {id: took, kind: duration, text: Hvor længe?, minimum: 1, maximum: 60}
  - id: second
    title: Dernæst
    show_if: trust <= 2 and place != 'home'
    questions:
      - {id: why, kind: short_text, text: Hvorfor?, length: 50}
      - {id: more, kind: long_text, text: Mere?}
      - {id: care, kind: matrix, text: Pleje, points: degree, statements: [{id: met, text: Mødt}, {id: heard, text: Hørt}]}
      - id: staff
        kind: table
        text: Personale
        rows: [{id: nurses, text: Sygeplejersker}]
        columns: [{id: total, kind: count, text: I alt}, {id: note, kind: short_text, text: Note}]
        show_if: care.met > 2
      - id: steps
        kind: group
        text: Trin
        help: Et ad gangen
        minimum: 1
        maximum: 5
        questions:
          - {id: sector, kind: one_of, text: Hvor?, options: [{id: gp, text: Læge}, {id: ward, text: Afdeling}]}
          - {id: waited, kind: number, text: Ventede, minimum: 0, maximum: 99, show_if: sector == 'gp'}
      - {id: which, kind: unit, text: Kommune, show_if: count(steps) > 1}
report:
  tables:
    - {id: trust, question: trust, measures: [distribution, favourable, mean, median]}
    - {id: minutes, question: minutes, by: [place, area], title: Tid, measures: [mean]}
    - {id: met, question: care/met}
    - {id: nurses, question: staff/nurses/total, measures: [median]}
  free_text: [why, more, staff/nurses/note]
"""
)


def faults_of(text: str) -> list[Fault]:
    """The faults of a document that must have some."""
    with pytest.raises(ProblemError) as caught:
        read_document(text, file="test.yaml")
    assert caught.value.problem is Problem.INVALID_DOCUMENT
    assert caught.value.faults
    for fault in caught.value.faults:
        assert fault.file == "test.yaml"
        assert fault.place
        assert re.fullmatch("[a-z]+(-[a-z]+)*", fault.code)
        assert fault.message[-1] in ".!?", fault
        assert fault.remedy, fault
    return list(caught.value.faults)


def question(lines: str, *, report: str = "") -> str:
    """A document whose questions are `lines`, written without indentation."""
    return ONE_SECTION + "".join(f"      {line}\n" for line in lines.splitlines()) + report
