"""Sheets for tests: any questionnaire laid out without a store, with the notice that every installation has."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from forms import library
from forms.questionnaire import Questionnaire
from forms.versions import content_hash
from server.answering_page import Facts, Mark
from server.notice_file import default_notice
from server.paper.laying_out import LaidOut, lay_out

#: Sheet numbers for tests.
NUMBERS = tuple(f"{first}{second}345678" for first in "abcdefgh" for second in "23456789abcdefgh")


def facts(questionnaire: Questionnaire, *, test: bool = False, **changes: object) -> Facts:
    """The facts of a round of this questionnaire that no store has seen."""
    own = {
        "round_id": "k7m2pq",
        "version_hash": content_hash(questionnaire),
        "padded_size": 4096,
        "public_key": "",
        "kid": "",
        "channel": "paper",
        "promise": questionnaire.promise,
        "organisation": "Region Syddanmark",
        "receive_until": datetime(2022, 3, 21, 11, tzinfo=UTC),
        "privacy_notice": default_notice("Region Syddanmark", questionnaire.promise),
        "support": {"da": "Ring til os på 12 34 56 78.", "en": "Call us on 12 34 56 78."},
        "languages_at": {language.tag: "" for language in questionnaire.languages},
        "submissions_at": "",
        "thanks_at": "",
        "accessibility_at": "",
        "mark": Mark.TEST if test else Mark.NONE,
    }
    return Facts(**{**own, **changes})  # type: ignore[arg-type]


@cache
def laid_out(name: str, language: str) -> LaidOut:
    """A questionnaire of the library on paper."""
    questionnaire = library.read(name)
    return lay_out(questionnaire, facts(questionnaire), language)
