"""The privacy notice of a round that is not given one."""

from __future__ import annotations

import pytest

from forms import library
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
