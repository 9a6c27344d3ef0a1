"""Versions: the canonical form and its hash, what can be published, the padded size, and what stays comparable.

R1  The canonical form is JSON in UTF-8 and NFC with sorted keys, without spaces and without empty values.
R2  The hash depends on what the questionnaire says and on nothing else, and never changes for what was published.
R3  Publishing names every missing text and every language that is not reviewed; a draft can be accepted by name.
R4  The padded size holds the longest answers that the questionnaire allows, in UTF-8.
R5  A questionnaire whose answers are too large is refused, and the largest questions are named.
R6  compare() tells comparable questions from those whose wording changed and those that changed.
R7  Two versions are used in one round only if nothing that is counted differs.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from forms.document import read_document, write_document
from forms.padded_size import longest_answer
from forms.problems import Problem, ProblemError
from forms.questionnaire import (
    Computed,
    Consent,
    Count,
    Date,
    Duration,
    Group,
    Information,
    Matrix,
    Number,
    OneOf,
    Option,
    Question,
    Questionnaire,
    Scale,
    SeveralOf,
    TableQuestion,
    TimeOfDay,
    UnitQuestion,
)
from forms.versions import (
    canonical,
    comparable_in_one_round,
    compare,
    content_hash,
    make_version,
    obstacles_in_one_round,
    padded_size,
    publication_faults,
)
from tests.forms.strategies import questionnaires

SMALL = """\
format: 1
questionnaire: test
shape: survey
languages:
  da: {state: reviewed, by: Svarboks, on: 2026-11-22}
  en: {state: reviewed, by: Svarboks, on: 2026-11-22}
title: {da: Prøve, en: Test}
sections:
  - id: first
    title: {da: Først, en: First}
    questions:
      - id: trust
        kind: scale
        text: {da: Tryg?, en: Safe?}
        points:
          - {id: yes, text: {da: Ja, en: Yes}, score: 2, tone: favourable}
          - {id: no, text: {da: Nej, en: No}, score: 1, tone: unfavourable}
      - {id: minutes, kind: number, text: {da: Minutter, en: Minutes}, minimum: 0, maximum: 60, show_if: trust > 1}
      - id: steps
        kind: group
        text: {da: Trin, en: Steps}
        questions:
          - {id: days, kind: count, text: {da: Dage, en: Days}}
report:
  tables:
    - {id: trust, question: trust}
"""


def changed(old: str, new: str) -> Questionnaire:
    """SMALL with a passage replaced, which must be there."""
    assert old in SMALL
    return read_document(SMALL.replace(old, new))


# --- R1, R2 -------------------------------------------------------------------------------------------------------


def test_the_canonical_form_is_bare() -> None:
    """R1"""
    raw = canonical(read_document(SMALL))
    text = raw.decode("utf-8")
    plain = json.loads(text)
    assert text == json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert "Prøve" in text
    assert plain["sections"][0]["questions"][1] == {
        "decimals": 0,
        "id": "minutes",
        "kind": "number",
        "maximum": 60,
        "minimum": 0,
        "show_if": {">": [{"var": "trust"}, 1]},
        "text": {"da": "Minutter", "en": "Minutes"},
    }


def test_the_hash_of_a_published_version_never_changes() -> None:
    """R2: rounds refer to it for years. If this fails, the change of the model or the form must be undone.

    The digest was computed once, when the format was made.
    """
    assert (
        content_hash(read_document(SMALL))
        == "2d0ac8173747cc15b1fa986b5d5895cd66c10bb1fa9b5173d9597bfce427ef35"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: {da: Prøve, en: Test}", "title: {en: Test, da: Prøve}"),
        ("maximum: 60,", "maximum: 60.0, decimals: 0,"),
        ("Prøve", unicodedata.normalize("NFD", "Prøve  ").strip()),
        ("shape: survey", "shape: survey\npromise: anonymous\nfilled_means_cancelled: true"),
        ("show_if: trust > 1", "show_if: (trust)   >  1.0"),
    ],
)
def test_how_it_is_written_leaves_the_hash(old: str, new: str) -> None:
    """R2"""
    assert content_hash(changed(old, new)) == content_hash(read_document(SMALL))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Prøve", "Prøven"),
        ("maximum: 60", "maximum: 61"),
        ("trust > 1", "trust >= 1"),
        ("score: 2", "score: 2.5"),
        ("kind: group", "kind: group\n        sensitive: true"),
        ("shape: survey", "shape: survey\nfilled_means_cancelled: false"),
        ("on: 2026-11-22}\n  en", "on: 2026-11-21}\n  en"),
        ("{id: trust, question: trust}", "{id: trust, question: trust, by: [area]}"),
    ],
)
def test_what_it_says_changes_the_hash(old: str, new: str) -> None:
    """R2"""
    assert content_hash(changed(old, new)) != content_hash(read_document(SMALL))


def test_the_order_of_languages_is_content() -> None:
    """R2: the first is the source language."""
    q = read_document(SMALL)
    assert content_hash(replace(q, languages=q.languages[::-1])) != content_hash(q)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(questionnaires())
def test_a_document_and_its_reading_have_one_hash(q: Questionnaire) -> None:
    """R1 R2 R6"""
    raw = canonical(q)
    assert raw == canonical(read_document(write_document(q)))
    assert unicodedata.is_normalized("NFC", raw.decode("utf-8"))
    comparison = compare(q, q)
    assert comparison.comparable == tuple(question.id for question in q.questions())
    assert comparable_in_one_round(q, q)


# --- R3 -----------------------------------------------------------------------------------------------------------


def test_a_complete_questionnaire_is_published() -> None:
    """R3"""
    q = read_document(SMALL)
    assert publication_faults(q) == []
    version = make_version(q)
    assert (version.hash, version.questionnaire, version.padded_size) == (content_hash(q), q, 4096)


def test_every_missing_text_and_every_draft_is_named() -> None:
    """R3"""
    text = SMALL.replace(
        "  en: {state: reviewed, by: Svarboks, on: 2026-11-22}", "  en: draft\n  ar: draft"
    )
    text = text.replace(", en: Yes}", "}").replace(
        "kind: number, text: {da: Minutter, en: Minutes},", "kind: number, text: {en: Minutes},"
    )
    text = text.replace("{da: Dage, en: Days}", "{da: Dage, en: Days, ar: أيام}, help: {ar: ساعد}")
    faults = {(fault.code, fault.place) for fault in publication_faults(read_document(text))}
    questions = "sections[0].questions"
    assert faults == {
        ("not-reviewed", "languages.en"),
        ("not-reviewed", "languages.ar"),
        ("missing-text", "title.ar"),
        ("missing-text", "sections[0].title.ar"),
        ("missing-text", f"{questions}[0].text.ar"),
        ("missing-text", f"{questions}[0].points[0].text.en"),
        ("missing-text", f"{questions}[0].points[0].text.ar"),
        ("missing-text", f"{questions}[0].points[1].text.ar"),
        ("missing-text", f"{questions}[1].text.da"),
        ("missing-text", f"{questions}[1].text.ar"),
        ("missing-text", f"{questions}[2].text.ar"),
        ("missing-text", f"{questions}[2].questions[0].help.da"),
        ("missing-text", f"{questions}[2].questions[0].help.en"),
    }


@pytest.mark.parametrize(
    "state", ["draft", "{state: reviewed, on: 2026-11-22}", "{state: reviewed, by: Svarboks}"]
)
def test_a_draft_must_be_accepted_by_name(state: str) -> None:
    """R3: also a review of which it is not said by whom or when."""
    q = changed("en: {state: reviewed, by: Svarboks, on: 2026-11-22}", f"en: {state}")
    for accepted in ((), ("da",), ("ar", "e")):
        with pytest.raises(ProblemError) as caught:
            make_version(q, accepted)
        assert caught.value.problem is Problem.NOT_PUBLISHABLE
        assert [(fault.code, fault.place) for fault in caught.value.faults] == [
            ("not-reviewed", "languages.en")
        ]
    assert make_version(q, ("en",)).hash == content_hash(q)


def test_accepting_a_draft_accepts_no_gap_in_it() -> None:
    """R3"""
    q = changed("en: {state: reviewed, by: Svarboks, on: 2026-11-22}", "en: draft")
    q = replace(q, title={"da": "Prøve"})
    with pytest.raises(ProblemError) as caught:
        make_version(q, ("en",))
    assert [fault.place for fault in caught.value.faults] == ["title.en"]


def test_a_questionnaire_that_no_document_describes_is_not_published() -> None:
    """R3: one that was put together in Python, with a report plan that points nowhere."""
    q = read_document(SMALL)
    tables = (replace(q.report.tables[0], question="nothing"),)
    faults = publication_faults(replace(q, report=replace(q.report, tables=tables)))
    assert [(fault.code, fault.place) for fault in faults] == [
        ("unknown-question", "report.tables[0].question")
    ]


# --- R4, R5 -------------------------------------------------------------------------------------------------------

_LONGEST_CHARACTER = "\u0e01"  # three bytes, one code unit


def longest(question: Question) -> Any:
    """An answer to `question` that takes as many bytes as any."""
    candidates: list[Any] = []
    if isinstance(question, OneOf | Scale):
        candidates = [option.id for option in question.options]
    elif isinstance(question, SeveralOf):
        candidates = [[option.id for option in question.options]]
    elif isinstance(question, Number):
        candidates = [
            round(bound + step, question.decimals) if question.decimals else int(bound)
            for bound in (question.minimum, question.maximum)
            for step in (0, 0.111111, -0.111111)
            if question.minimum <= bound + step <= question.maximum
        ]
    elif isinstance(question, Count | Duration):
        candidates = [question.maximum]
    elif isinstance(question, Date | TimeOfDay):
        candidates = ["2026-11-22" if isinstance(question, Date) else "23:59"]
    elif isinstance(question, UnitQuestion):
        candidates = ["u" * 64]
    elif isinstance(question, Consent):
        candidates = [False]
    elif isinstance(question, Matrix):
        cell = max((*(p.id for p in question.points), *_offered(question)), key=_bytes)
        return {statement.id: cell for statement in question.statements}
    elif isinstance(question, TableQuestion):
        return {row.id: _all_longest(question.columns) for row in question.rows}
    elif isinstance(question, Group):
        return [_all_longest(question.questions)] * question.maximum
    else:
        length = question.length  # type: ignore[attr-defined]
        candidates = [
            _LONGEST_CHARACTER * length,
            '"' * length,
            "\\" * length,
            "\n" * length,
            "👩" * (length // 2),
        ]
    return max((*candidates, *_offered(question)), key=_bytes)


def _offered(question: Question) -> list[Any]:
    names = ("dont_know", "not_relevant")
    return [{"missing": name} for name in names if getattr(question, name) is not None]


def _all_longest(questions: tuple[Question, ...]) -> dict[str, Any]:
    return {q.id: longest(q) for q in questions if not isinstance(q, Information | Computed)}


def _bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(questionnaires())
def test_the_longest_answers_fit(q: Questionnaire) -> None:
    """R4: and the bound is no wild guess, since a smaller size is a faster upload."""
    answers = _all_longest(
        tuple(question for section in q.sections for question in section.questions)
    )
    tag = max((language.tag for language in q.languages), key=len)
    needed = 4 + _bytes({"answers": answers, "language": tag})
    assert needed <= longest_answer(q)
    assert longest_answer(q) <= 2 * needed + 100


@pytest.mark.parametrize(
    ("length", "size"),
    [(1, 4096), (1200, 4096), (1300, 16384), (5300, 16384), (5400, 65536), (20000, 65536)],
)
def test_sizes_come_in_three_steps(length: int, size: int) -> None:
    """R4: about three bytes a code unit."""
    why = f"{{id: why, kind: long_text, length: {length}, text: {{da: H, en: W}}}}"
    q = changed("      - id: steps", f"      - {why}\n      - id: steps")
    assert padded_size(q) == size


def test_answers_that_are_too_large_are_refused_and_named() -> None:
    """R5"""
    q = changed("kind: count,", "kind: long_text, length: 2500,")
    [fault] = publication_faults(q)
    assert fault.code == "too-large"
    assert fault.place == "sections[0].questions[2]"
    assert "The largest: steps (75," in fault.message
    for refused in (make_version, padded_size):
        with pytest.raises(ProblemError) as caught:
            refused(q)
        assert caught.value.problem is Problem.NOT_PUBLISHABLE
        assert caught.value.faults == (fault,)


# --- R6, R7 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "wording", "different"),
    [
        ("en: Safe?", "en: Secure?", (), ()),
        ("da: Tryg?", "da: Følte du dig tryg?", ("trust",), ()),
        ("da: Nej,", "da: Slet ikke,", ("trust",), ()),
        ("da: Trin", "da: Skridt", ("steps",), ()),
        ("da: Dage", "da: Døgn", ("days",), ()),
        ("kind: scale", "kind: scale\n        help: {da: Tænk på det, en: Think}", ("trust",), ()),
        ("kind: scale", "kind: scale\n        required: true", (), ()),
        ("da: Først", "da: Nu", (), ()),
        ("score: 2", "score: 3", (), ("trust",)),
        ("tone: favourable", "tone: neutral", (), ("trust",)),
        ("id: no, text", "id: nope, text", (), ("trust",)),
        ("kind: scale", "kind: scale\n        dont_know: true", (), ("trust",)),
        ("maximum: 60", "maximum: 61", (), ("minutes",)),
        ("maximum: 60", "maximum: 60, decimals: 1", (), ("minutes",)),
        ("kind: number, text: {da: Minutter, en: Minutes}, minimum: 0,", "kind: count, text: {da: Minutter, en: Minutes},", (), ("minutes",)),
        ("trust > 1", "trust >= 1", (), ("minutes",)),
        ("kind: group", "kind: group\n        maximum: 5", (), ("steps",)),
        ("kind: count", "kind: count, maximum: 5", (), ("days",)),
    ],
)  # fmt: skip
def test_what_became_of_each_question(
    old: str, new: str, wording: tuple[str, ...], different: tuple[str, ...]
) -> None:
    """R6"""
    first, second = read_document(SMALL), changed(old, new)
    comparison = compare(first, second)
    assert comparison.wording == wording
    assert comparison.changed == different
    assert set(comparison.comparable) == {"trust", "minutes", "steps", "days"} - {
        *wording,
        *different,
    }
    assert comparison.added == comparison.removed == ()
    assert comparable_in_one_round(first, second) == (not different)
    assert compare(second, first).changed == different


def test_added_and_removed_questions() -> None:
    """R6 R7: a question that only one version has keeps nobody from counting the others."""
    first = read_document(SMALL)
    more = changed(
        "      - id: steps",
        "      - {id: seen, kind: date, text: {da: Dato, en: Date}}\n      - id: steps",
    )
    assert compare(first, more).added == compare(more, first).removed == ("seen",)
    assert compare(first, more).removed == compare(more, first).added == ()
    assert comparable_in_one_round(first, more)


def test_who_sees_a_section_or_a_group_is_part_of_its_questions() -> None:
    """R6: figures of people who were asked cannot stand beside those of others."""
    two = SMALL.replace(
        "      - id: steps",
        "  - id: second\n    title: {da: To, en: Two}\n    questions:\n      - id: steps",
    )
    shown = two.replace("  - id: second", "  - id: second\n    show_if: trust > 1")
    assert compare(read_document(two), read_document(shown)).changed == ("steps", "days")


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("shape: survey", "shape: audit", ["other-shape", "other-promise"]),
        ("maximum: 60", "maximum: 61", ["changed-question"]),
        ("kind: scale", "kind: scale\n        sensitive: true", ["other-protection"]),
        ("question: trust}", "question: trust, by: [area]}", ["changed-table"]),
        (
            "{id: trust, question: trust}",
            "{id: other, question: minutes}",
            ["changed-table", "changed-table"],
        ),
        ("question: trust}", "question: trust, measures: [mean], title: {da: T, en: T}}", []),
    ],
)
def test_what_keeps_two_versions_out_of_one_round(old: str, new: str, codes: list[str]) -> None:
    """R7"""
    first, second = read_document(SMALL), changed(old, new)
    assert [fault.code for fault in obstacles_in_one_round(first, second)] == codes
    assert comparable_in_one_round(first, second) == (not codes)


def test_a_table_of_a_new_question_is_no_obstacle() -> None:
    """R7"""
    text = SMALL.replace(
        "      - id: steps",
        "      - {id: travel, kind: count, text: {da: Rejse, en: Travel}}\n      - id: steps",
    )
    text += "    - {id: travel, question: travel}\n"
    assert comparable_in_one_round(read_document(SMALL), read_document(text))
    assert comparable_in_one_round(read_document(text), read_document(SMALL))


def test_options_in_another_order_are_another_question() -> None:
    """R6: what stands first is chosen more often."""
    q = read_document(SMALL)
    section = q.sections[0]
    trust = section.questions[0]
    assert isinstance(trust, Scale)
    turned: tuple[Option, ...] = trust.points[::-1]
    questions = (replace(trust, points=turned), *section.questions[1:])
    assert compare(q, replace(q, sections=(replace(section, questions=questions),))).changed == (
        "trust",
    )
