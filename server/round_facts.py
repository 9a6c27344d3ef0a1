"""What an answering page says of its round: put together from the store, for the public pages and for those of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from forms.questionnaire import Promise
from forms.versions import Version
from server import assets
from server.answering_page import Facts, ForUnit, Mark
from server.service import Service
from server.settings import Settings
from store import round_units
from store.database import Store
from store.rounds import Round

#: The channel of answers that are given on a page.
WEB = "web"


def facts_of(running: Service, found: Round) -> Facts:
    """The facts of the round's public page."""
    version = running.version(found.version)
    return facts_from(running.settings, running.store, found, version)


def facts_from(settings: Settings, store: Store, found: Round, version: Version) -> Facts:
    """The same where no service runs: for the command line."""
    return Facts(
        round_id=found.id,
        version_hash=version.hash,
        padded_size=version.padded_size,
        public_key=found.public_key or "",
        kid=found.kid or "",
        channel=WEB,
        promise=Promise(found.promise),
        organisation=settings.organisation,
        receive_until=found.receive_until,
        privacy_notice=found.privacy_notice,
        support=found.contact,
        languages_at={tag: f"/s/{found.id}/{tag}" for tag in found.languages},
        submissions_at="/api/submissions",
        thanks_at=f"/s/{found.id}",
        accessibility_at=settings.accessibility_url,
        accessibility_external=settings.accessibility_url.startswith("https://"),
        units=[(u.unit, u.name) for u in round_units.listed(store.main, found.id)],
        asks_code=found.by_invitation,
        single_answers=found.single_answers,
        mark=Mark.TEST if found.test_of else Mark.NONE,
    )


def facts_for_unit(running: Service, found: Round, at: str, for_unit: ForUnit) -> Facts:
    """The facts of a page of the desk under the address `at`, on which somebody answers for a unit."""
    return replace(
        facts_of(running, found),
        languages_at={tag: f"{at}/{tag}" for tag in found.languages},
        thanks_at=at,
        for_unit=for_unit,
    )


def asset_addresses() -> Mapping[str, str]:
    """The addresses of the built files by their logical names."""
    return {name: assets.address(name) for name in assets.manifest()}
