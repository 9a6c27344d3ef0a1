"""What the demonstration is made of: a distribution that fits the IV form, comments, and a privacy notice."""

from __future__ import annotations

import json
import random
import re
from importlib.resources import files
from typing import Any

import yaml

from forms.answers import compile_check
from forms.library import read
from forms.personal_data import find
from forms.questionnaire import LongText, OneOf, Scale
from forms.versions import make_version
from server.round_plan import read_notice
from server.simulation import draw_answers, read_distribution

FIELDS = [
    "controller",
    "data_protection_officer",
    "purpose",
    "legal_basis",
    "recipients",
    "retention",
    "rights",
    "complaint",
]


def distribution() -> dict[str, Any]:
    """The distribution of the demonstration's finished round."""
    text = (files("server") / "demo" / "iv-distribution.json").read_text(encoding="utf-8")
    plain: dict[str, Any] = json.loads(text)
    return plain


def notice() -> dict[str, dict[str, str]]:
    """The privacy notice of the demonstration's rounds."""
    text = (files("server") / "demo" / "privacy-notice.yaml").read_text(encoding="utf-8")
    plain: dict[str, dict[str, str]] = yaml.safe_load(text)
    return plain


def test_every_choice_of_the_iv_form_has_weights_for_what_it_offers() -> None:
    weights = distribution()["questions"]
    choices = [q for q in read("iv-satisfaction").questions() if isinstance(q, Scale | OneOf)]
    assert set(weights) == {question.id for question in choices}
    for question in choices:
        offered = {option.id for option in question.options} | {"~unanswered"}
        offered |= {"~dont_know"} if question.dont_know else set()
        offered |= {"~not_relevant"} if question.not_relevant else set()
        assert set(weights[question.id]) == offered
        assert all(weight > 0 for weight in weights[question.id].values())


def test_answers_drawn_from_it_are_as_the_form_allows() -> None:
    questionnaire = read("iv-satisfaction")
    checker = compile_check(make_version(questionnaire, ("ar", "fa")))
    rng = random.Random(1)
    read_in = read_distribution(distribution())
    drawn = [draw_answers(questionnaire, rng, read_in) for _ in range(400)]
    assert [fault for answers in drawn for fault in checker.check(answers).faults] == []
    # 0.35 of 400 write; four standard deviations are 38.
    assert 102 <= sum("suggestions" in answers for answers in drawn) <= 178
    home = sum(answers.get("preference") == "home" for answers in drawn)
    hospital = sum(answers.get("preference") == "hospital" for answers in drawn)
    assert home > 4 * hospital > 0


def test_comments_are_many_different_and_free_of_personal_data() -> None:
    texts = distribution()["texts"]
    written = {q.id for q in read("iv-satisfaction").questions() if isinstance(q, LongText)}
    assert set(texts) == written == {"suggestions"}
    comments = texts["suggestions"]["texts"]
    assert texts["suggestions"]["share"] == 0.35
    assert len(set(comments)) == len(comments) == 40
    assert [find(comment) for comment in comments] == [[]] * 40
    assert sum("CRP" in comment for comment in comments) >= 3
    assert not any("CPR" in comment for comment in comments)


def test_the_notice_answers_everything_in_each_language_of_the_iv_form() -> None:
    languages = [language.tag for language in read("iv-satisfaction").languages]
    assert list(notice()) == languages
    for fields in notice().values():
        assert list(fields) == FIELDS
        assert all(text.strip() for text in fields.values())
        assert "www.datatilsynet.dk" in fields["complaint"]


def test_a_round_takes_the_notice() -> None:
    assert read_notice(notice(), ["da", "en", "ar", "fa"]) == notice()


def test_the_notice_s_contacts_are_invented() -> None:
    addresses = re.findall(r"[\w.]+@([\w.]+\w)", str(notice()))
    assert len(addresses) == 8
    assert set(addresses) == {"region.example"}
