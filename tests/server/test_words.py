"""Conditions in words, the script's words, and what is said about faults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.numbers import format_decimal

from forms.conditions import parse
from forms.document import read_document
from server.answering_page import json_block
from server.condition_words import condition_in_words
from server.languages import words
from server.page_words import SCRIPT_WORDS, fault_message, script_words
from tests.server.installation import ALL_KINDS

ROOT = Path(__file__).parents[2]
KINDS = read_document(ALL_KINDS)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("place == 'home'", "you answered “At home” to “Where was it?”"),
        ("'home' == place", "you answered “At home” to “Where was it?”"),
        ("place != 'home'", "you did not answer “At home” to “Where was it?”"),
        (
            "place in ['home', 'clinic']",
            "you answered “At home” or “At the clinic” to “Where was it?”",
        ),
        (
            "trust > 1",
            "you answered “To a high degree” or “To some degree” to “Did you feel safe?”",
        ),
        ("2 > trust", "you answered “Not at all” to “Did you feel safe?”"),
        ("trust > 3", "never"),
        ("care.met == 1", "you answered “Not at all” to “I was met”"),
        ("'pump' in aids", "you chose “A pump” at “What did you have?”"),
        ("may", "you answered “Yes” to “Will you take part?”"),
        ("may == false", "you answered “No” to “Will you take part?”"),
        ("answered(minutes)", "you have answered “How long?”"),
        ("minutes == null", "you have not answered “How long?”"),
        ("dont_know(trust)", "you answered “Don't know” to “Did you feel safe?”"),
        ("minutes >= 1000", "“How long?” is at least 1,000"),
        ("minutes + lasted < 60", "(“How long?” + “How long did it last?”) is less than 60"),
        ("began < '07:00'", "“What time?” is before 07:00"),
        ("'23:00' <= began", "“What time?” is at 23:00 or after"),
        ("count(aids) == 2", "the number of answers to “What did you have?” is 2"),
        (
            "staff.nurses.total > 0",
            "“Who was there? – Nurses – Number” is more than 0",
        ),
        (
            "not (place == 'home' or may)",
            "it is not so that you answered “At home” to “Where was it?” or "
            "you answered “Yes” to “Will you take part?”",
        ),
        (
            "(place == 'home' or may) and trust == 3",
            "(you answered “At home” to “Where was it?” or you answered “Yes” to “Will you take part?”) "
            "and you answered “To a high degree” to “Did you feel safe?”",
        ),
    ],
)
def test_a_condition_in_words(condition: str, said: str) -> None:
    assert condition_in_words(KINDS, parse(condition), words("en")) == said


def test_a_time_of_day_is_said_as_the_clock_is_read() -> None:
    said = condition_in_words(KINDS, parse("began < '07:00' or began > '23:00'"), words("da"))
    assert said == (
        "“Hvornår på dagen?” er før kl.\u00a007.00 eller “Hvornår på dagen?” er efter kl.\u00a023.00"
    )


@pytest.mark.parametrize("language", ["da", "ar", "fa"])
def test_a_condition_is_said_in_the_readers_language(language: str) -> None:
    said = condition_in_words(KINDS, parse("place == 'home' and trust <= 2"), words(language))
    assert "you answered" not in said
    assert not re.search(r"%\(\w+\)s", said)


def test_the_scripts_words_are_those_of_the_seam() -> None:
    text = (ROOT / "docs" / "answering-page.md").read_text("utf-8")
    documented = set(
        re.findall(r"^    ([a-z_0-9]+) {2,}\S", text.split("## Words")[1], re.MULTILINE)
    )
    assert documented == set(SCRIPT_WORDS)


@pytest.mark.parametrize("language", ["da", "ar", "fa"])
def test_a_translation_keeps_what_the_script_fills_in(language: str) -> None:
    for key, said in script_words(words(language)).items():
        english = SCRIPT_WORDS[key]
        assert said != english, key
        assert set(re.findall(r"{\w+}", said)) == set(re.findall(r"{\w+}", english)), key


def test_a_fault_is_said_with_the_numbers_of_the_language() -> None:
    minutes = next(q for q in KINDS.questions() if q.id == "minutes")
    bounds = {"minimum": 0, "maximum": 1600.5}
    assert fault_message("out-of-bounds", bounds, minutes, words("en")) == (
        "Please write a number from 0 to 1,600.5."
    )
    assert "1.600,5" in fault_message("out-of-bounds", bounds, minutes, words("da"))


def test_json_cannot_end_the_element_that_holds_it() -> None:
    block = json_block({"text": "</script><!-- \u2028 &"})
    assert not set(block) & set("<>&\u2028")


@pytest.mark.parametrize("language", ["da", "en", "ar", "fa"])
def test_small_numbers_are_written_as_cldr_writes_them(language: str) -> None:
    for value in (0, 7, 12, 999, 1000, 12345, -3, 2.5):
        assert words(language).number(value) == format_decimal(value, locale=language)
