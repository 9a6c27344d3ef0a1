"""From boxes to answers: every kind of question, and nothing guessed."""

from __future__ import annotations

import pytest

from forms.document import read_document
from sync.paper.answers import PageAnswers, answers_of, page_answers, question_at
from sync.paper.pages import ReadBox, State

QUESTIONNAIRE = read_document("""
format: 1
questionnaire: kinds
shape: return
languages: {en: {state: reviewed, by: Svarboks, on: 2022-01-01}}
title: {en: All kinds}
sections:
  - id: all
    title: {en: All}
    questions:
      - {id: part, kind: consent, text: {en: May we?}}
      - id: trust
        kind: one_of
        text: {en: Trust?}
        options: [{id: "a", text: {en: A}}, {id: "b", text: {en: B}}]
        dont_know: true
      - id: aids
        kind: several_of
        text: {en: Aids?}
        options: [{id: pump, text: {en: Pump}}, {id: drip, text: {en: Drip}}, {id: none, text: {en: None}, exclusive: true}]
        not_relevant: true
      - id: care
        kind: matrix
        text: {en: Care}
        statements: [{id: met, text: {en: Met}}, {id: heard, text: {en: Heard}}]
        points: [{id: "1", text: {en: "1"}, score: 1, tone: unfavourable}, {id: "2", text: {en: "2"}, score: 2, tone: favourable}]
      - {id: minutes, kind: number, text: {en: Minutes?}, minimum: 0, maximum: 600, dont_know: true}
      - {id: words, kind: long_text, text: {en: Words?}}
      - {id: where, kind: unit, text: {en: Where?}}
      - id: staff
        kind: table
        text: {en: Staff}
        rows: [{id: nurses, text: {en: Nurses}}]
        columns:
          - {id: total, kind: count, text: {en: Total}}
          - {id: level, kind: one_of, text: {en: Level}, options: [{id: low, text: {en: Low}}, {id: high, text: {en: High}}]}
      - id: steps
        kind: group
        text: {en: Steps}
        questions:
          - {id: sector, kind: one_of, text: {en: Sector}, options: [{id: gp, text: {en: GP}}, {id: home, text: {en: Home}}]}
          - {id: waited, kind: count, text: {en: Waited}}
""")


def box(place: str, option: str, state: State = "marked") -> ReadBox:
    return ReadBox(place, option, "box", None, 0.3, state)


def cell(place: str, column: int, state: State = "marked") -> ReadBox:
    return ReadBox(place, "", "comb", column, 0.1, state)


def said(*boxes: ReadBox) -> PageAnswers:
    return page_answers(QUESTIONNAIRE, boxes)


def test_marks_of_every_kind_become_answers() -> None:
    found = said(
        box("part", "yes"),
        box("part", "no", "blank"),
        box("trust", "a", "blank"),
        box("trust", "b"),
        box("aids", "pump"),
        box("aids", "drip"),
        box("aids", "none", "blank"),
        box("care/met", "2"),
        box("care/heard", "1", "blank"),
        box("where", "ouh-odense"),
        box("staff/nurses/level", "high"),
        box("steps/0/sector", "home"),
        box("minutes", "~dont_know"),
        cell("minutes", 0, "blank"),
    )
    assert found.doubtful == ()
    assert found.to_type == ()
    assert answers_of(QUESTIONNAIRE, found.sure) == {
        "part": True,
        "trust": "b",
        "aids": ["pump", "drip"],
        "care": {"met": "2"},
        "where": "ouh-odense",
        "staff": {"nurses": {"level": "high"}},
        "steps": [{"sector": "home"}],
        "minutes": {"missing": "dont_know"},
    }


@pytest.mark.parametrize(
    "boxes",
    [
        (box("trust", "a"), box("trust", "b")),
        (box("trust", "a"), box("trust", "~dont_know")),
        (box("care/met", "1"), box("care/met", "2")),
        (box("part", "yes"), box("part", "no")),
        (box("staff/nurses/level", "low"), box("staff/nurses/level", "high")),
        (box("steps/1/sector", "gp"), box("steps/1/sector", "home")),
        (box("trust", "a"), box("trust", "b", "doubtful")),
        (box("trust", "a", "doubtful"),),
        (box("aids", "pump"), box("aids", "none")),
        (box("aids", "pump"), box("aids", "~not_relevant")),
        (box("aids", "pump", "cancelled"), box("aids", "drip", "blank")),
        (box("minutes", "~dont_know"), cell("minutes", 0)),
        (box("of_another_version", "a"),),
    ],
)
def test_what_is_not_sure_is_left_to_a_person(boxes: tuple[ReadBox, ...]) -> None:
    found = said(*boxes)
    assert found.doubtful == (boxes[0].place,)
    assert found.sure == {}
    assert answers_of(QUESTIONNAIRE, found.sure) == {}


def test_a_mark_taken_back_beside_another_is_no_doubt() -> None:
    found = said(box("trust", "a", "cancelled"), box("trust", "b"))
    assert (found.sure, found.doubtful) == ({"trust": ("b",)}, ())


def test_digits_and_words_are_typed_never_guessed() -> None:
    found = said(
        cell("minutes", 0),
        cell("minutes", 1, "blank"),
        cell("staff/nurses/total", 0, "doubtful"),
        cell("steps/0/waited", 0, "blank"),
        ReadBox("words", "", "frame", None, 0.01, "marked"),
    )
    assert found.to_type == ("minutes", "staff/nurses/total", "words")
    assert found.sure == {}
    typed = {"minutes": ("35",), "staff/nurses/total": ("4",), "words": ("Tak",)}
    assert answers_of(QUESTIONNAIRE, found.sure, typed) == {
        "minutes": 35,
        "staff": {"nurses": {"total": 4}},
        "words": "Tak",
    }


def test_an_untouched_question_is_unanswered() -> None:
    assert said(box("trust", "a", "blank"), cell("minutes", 0, "blank")) == PageAnswers(
        {}, (), (), {}
    )


def test_what_a_person_decided_takes_the_place_of_what_was_read() -> None:
    found = said(box("trust", "a"), box("trust", "b"), box("part", "yes"))
    assert found.marked == {"trust": ("a", "b")}
    decided = {"trust": ("a",)}
    assert answers_of(QUESTIONNAIRE, found.sure, decided) == {"part": True, "trust": "a"}


def test_a_place_leads_to_its_question() -> None:
    kinds = {
        place: found.KIND if (found := question_at(QUESTIONNAIRE, place)) else None
        for place in (
            "trust",
            "care/met",
            "staff/nurses/total",
            "steps/3/sector",
            "nothing",
            "steps/0/nothing",
        )
    }
    assert list(kinds.values()) == ["one_of", "matrix", "count", "one_of", None, None]
