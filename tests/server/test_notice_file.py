"""The privacy notice of a round that is not given one."""

from __future__ import annotations

import pytest

from forms import library
from forms.questionnaire import Promise
from server.notice_file import default_notice
from server.round_plan import read_notice


@pytest.mark.parametrize("name", library.names())
def test_the_default_is_whole_in_every_language_of_the_library(name: str) -> None:
    questionnaire = library.read(name)
    languages = [language.tag for language in questionnaire.languages]
    notice = read_notice(default_notice("Region Nord", str(questionnaire.promise)), languages)
    for texts in notice.values():
        assert "Region Nord" in texts["controller"]
        assert not any("{" in text or "example" in text for text in texts.values())


#: "One by one", as each language says it.
ONE_BY_ONE = {"da": "ét for ét", "en": "one by one", "ar": "واحدة تلو الأخرى", "fa": "یک‌به‌یک"}


@pytest.mark.parametrize("promise", list(Promise), ids=str)
def test_it_says_who_gets_the_answers_one_by_one(promise: Promise) -> None:
    anonymous = promise is Promise.ANONYMOUS
    for given in (False, True):
        notice = default_notice("Region Nord", str(promise), single_answers=given)
        for language, texts in notice.items():
            # Confidential and signed rounds always let analysts have them.
            said = ONE_BY_ONE[language] in texts["recipients"]
            assert said is (given or not anonymous), (language, given)
