"""The words of a turn on a tablet: the same in the server's list and in the script, and in every language of respondents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.kiosk_words import KIOSK_WORDS, kiosk_words
from server.languages import words

ROOT = Path(__file__).parents[2]


def test_the_script_stands_in_with_the_same_english() -> None:
    script = (ROOT / "sync/tablet/src/kiosk_words.ts").read_text("utf-8")
    written = dict(re.findall(r'^  ([a-z_]+): "(.*)",$', script, re.MULTILINE))
    assert written == dict(KIOSK_WORDS)


@pytest.mark.parametrize("language", ["da", "ar", "fa"])
def test_a_translation_keeps_what_the_script_fills_in(language: str) -> None:
    for key, said in kiosk_words(words(language)).items():
        english = KIOSK_WORDS[key]
        assert said != english or english == "OK", key
        assert set(re.findall(r"{\w+}", said)) == set(re.findall(r"{\w+}", english)), key


def test_a_turn_speaks_the_language_of_its_page() -> None:
    assert kiosk_words(words("da"))["staff"] == "Personale"
    assert kiosk_words(words("en")) == dict(KIOSK_WORDS)
