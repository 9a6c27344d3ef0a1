"""A questionnaire as those who answer will see it, on a page that cannot send: the one renderer, without a round."""

from __future__ import annotations

from datetime import timedelta

from forms.questionnaire import Questionnaire
from server import answering_page, assets
from server.answering_page import Facts, Mark
from server.service import Service
from store import units

#: The example day in the promise: as far ahead as a round that opens now would usually receive.
_EXAMPLE = timedelta(days=56)


def preview(running: Service, questionnaire: Questionnaire, language: str, at: str) -> str:
    """The page in one of its languages; `at` is the address before the language's tag."""
    settings = running.settings
    facts = Facts(
        round_id="",
        version_hash="",
        padded_size=0,
        public_key="",
        kid="",
        channel="",
        promise=questionnaire.promise,
        organisation=settings.organisation,
        receive_until=running.clock() + _EXAMPLE,
        privacy_notice={},
        support={},
        languages_at={one.tag: f"{at}/{one.tag}" for one in questionnaire.languages},
        submissions_at="",
        thanks_at="",
        accessibility_at=settings.accessibility_url,
        accessibility_external=settings.accessibility_url.startswith("https://"),
        units=[(unit.id, unit.name) for unit in units.listed(running.store.main)],
        mark=Mark.PREVIEW,
    )
    return answering_page.render(
        questionnaire,
        facts,
        language,
        one_time_key="",
        assets={name: assets.address(name) for name in assets.manifest()},
    )
