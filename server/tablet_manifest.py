"""What a tablet takes along: the manifest of its rounds, and their pages, rendered by the code that the web uses.

A page's bytes are the same whenever they are asked for, as long as nothing that stands on it changes: no key, no token, no
time is in it. So the manifest can name their hash, and the tablet knows whether it has them whole. Pages that were rendered
are remembered in this process, by everything that they were made from.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise
from server import answering_page
from server.answering_page import Facts, ForTablet
from server.languages import direction, name_of
from server.round_facts import asset_addresses, facts_of
from server.service import Service
from store import devices, rounds, settings, test_rounds
from store.devices import Device, Pin
from store.instants import instant_text
from store.rounds import Round, RoundState
from sync.intake import TABLET

#: Where the app itself lives.
SHELL = "/tablet"
#: Pages remembered at a time: a page has some 40 KiB.
MOST_PAGES = 200


class PageShelf:
    """The pages that were rendered last, by what they were made from. For all threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: OrderedDict[tuple[str, str, str], tuple[bytes, str]] = OrderedDict()

    def page(self, running: Service, facts: Facts, language: str) -> tuple[bytes, str]:
        """The bytes of a page and their SHA-256 in hex."""
        name = (facts.version_hash, language, repr(facts))
        with self._lock:
            found = self._pages.get(name)
            if found is not None:
                self._pages.move_to_end(name)
                return found
        html = answering_page.render(
            running.questionnaire(facts.version_hash),
            facts,
            language,
            one_time_key="",
            assets=asset_addresses(),
        ).encode()
        made = html, hashlib.sha256(html).hexdigest()
        with self._lock:
            self._pages[name] = made
            while len(self._pages) > MOST_PAGES:
                self._pages.popitem(last=False)
        return made


_shelf = PageShelf()


def enrolment_body(running: Service, device: Device) -> dict[str, Any]:
    """What a tablet is told when it has been enrolled."""
    return {
        "tablet": device.name,
        "unit": {"id": device.unit, "name": device.unit_name},
        "pin": _pin(device.pin),
        "epoch": settings.restore_epoch(running.store.main),
    }


def manifest_body(running: Service, number: int) -> dict[str, Any]:
    """Everything that a tablet needs to know to work without a network."""
    device = devices.find(running.store.main, number)
    if device is None:
        raise ProblemError(Problem.TABLET_UNKNOWN)
    now = running.clock()
    return {
        **enrolment_body(running, device),
        "rounds": [_round(running, device, found, now) for found in _rounds(running, device)],
    }


def page_of(
    running: Service, number: int, round_id: str, version: str, language: str
) -> tuple[bytes, str]:
    """One page of the bundle, and its hash. Raises ProblemError(NOT_FOUND) for what is not this tablet's."""
    device = devices.find(running.store.main, number)
    if device is not None:
        for found in _rounds(running, device):
            if found.id == round_id and version in found.versions and language in found.languages:
                return _shelf.page(running, _facts(running, device, found, version), language)
    raise ProblemError(Problem.NOT_FOUND)


def offered_on_tablets(found: Round) -> bool:
    """Whether tablets can take a round along at all. A signed return is a unit's own, typed at the desk."""
    return TABLET in found.channels and found.promise != Promise.SIGNED


def _rounds(running: Service, device: Device) -> Iterator[Round]:
    """The rounds that were chosen for a tablet, each followed by the test round that tries it out."""
    main = running.store.main
    for round_id in device.rounds:
        chosen = rounds.find(main, round_id)
        if chosen is None:
            continue
        for found in (chosen, test_rounds.of_round(main, chosen.id)):
            if found is not None and found.public_key is not None and offered_on_tablets(found):
                yield found


def _round(running: Service, device: Device, found: Round, now: datetime) -> dict[str, Any]:
    version = running.version(found.version)
    facts = _facts(running, device, found, found.version)
    return {
        "round": found.id,
        "version": version.hash,
        "kid": found.kid,
        "public_key": found.public_key,
        "padded_size": version.padded_size,
        "shape": str(version.questionnaire.shape),
        "promise": str(found.promise),
        "test": found.test_of is not None,
        "state": _state(found, now),
        "opens_at": instant_text(found.opens_at),
        "answer_until": instant_text(found.answer_until),
        "turn_minutes": found.turn_minutes,
        "title": dict(found.title),
        "languages": [
            {
                "tag": tag,
                "name": name_of(tag),
                "direction": direction(tag),
                "page": f"/api/tablet/pages/{found.id}/{version.hash}/{tag}",
                "sha256": _shelf.page(running, facts, tag)[1],
            }
            for tag in found.languages
        ],
    }


def _state(found: Round, now: datetime) -> str:
    """planned, open or closed, for somebody who wants to begin a turn now."""
    if found.answering(now):
        return "open"
    early = found.state is RoundState.PLANNED or (
        found.state is RoundState.OPEN and now < found.opens_at
    )
    return "planned" if early else "closed"


def _facts(running: Service, device: Device, found: Round, version: str) -> Facts:
    """What a page on this tablet says: as the public page, but for where it leads and whose it is."""
    kept = running.version(version)
    public = facts_of(running, found)
    takes_part = any(unit == device.unit for unit, _name in public.units)
    return replace(
        public,
        version_hash=kept.hash,
        padded_size=kept.padded_size,
        channel=TABLET,
        languages_at={tag: f"{SHELL}/turn/{found.id}/{tag}" for tag in found.languages},
        submissions_at="/api/tablet/batches",
        thanks_at="",
        for_tablet=ForTablet(unit=device.unit if takes_part else ""),
    )


def _pin(pin: Pin) -> dict[str, Any]:
    return {
        "salt": _base64url(pin.salt),
        "iterations": pin.iterations,
        "hash": _base64url(pin.hash),
    }


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
