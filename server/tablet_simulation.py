"""Tablets that nobody holds: each enrols, takes its rounds along, draws answers, seals them and sends its queue."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from forms.answers import Checker, compile_check
from forms.problems import Problem, ProblemError
from forms.versions import Version
from sync.keys import public_from_text
from sync.sealing import seal_answers

from .simulation import draw_valid_answers, writes_text
from .tablet_client import (
    Manifest,
    NotHeard,
    Queue,
    Refused,
    Sealed,
    Sender,
    TakenRound,
    Tally,
    Wire,
)
from .tablet_page import TakenPage, read_page

T = TypeVar("T")

#: Tablets that send at the same time.
TOGETHER = 16
#: How often what is fetched is asked for, before a tablet gives up.
TRIES = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one tablet's answers; `refused` names the codes of those that the server will not take."""

    name: str
    received: int
    waiting: int
    refused: tuple[str, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class _Ready:
    """A round that can be answered now: how to seal for it, and what its pages say."""

    taken: TakenRound
    pages: tuple[TakenPage, ...]
    checker: Checker


def simulate_tablets(
    url: str,
    codes: Sequence[str],
    *,
    answers: int,
    rng: random.Random,
    round_id: str | None = None,
    seconds: float = 600.0,
    progress: Callable[[int], object] = lambda _: None,
) -> list[Outcome]:
    """One tablet for each code, `answers` answers each, over the rounds that it takes (or the one named).

    Raises ProblemError(INVALID_INPUT) that names a code or a round that does not work. What could not be sent within
    `seconds` is said to wait.
    """
    seeds = [rng.getrandbits(64) for _ in codes]
    with ThreadPoolExecutor(min(TOGETHER, len(codes) or 1)) as pool:
        return list(
            pool.map(
                lambda pair: _one_tablet(url, pair[0], answers, random.Random(pair[1]), round_id, seconds, progress),  # noqa: S311 - a seed is the point
                zip(codes, seeds, strict=True),
            )
        )  # fmt: skip


def _one_tablet(
    url: str,
    code: str,
    answers: int,
    rng: random.Random,
    round_id: str | None,
    seconds: float,
    progress: Callable[[int], object],
) -> Outcome:
    wire = Wire(url)
    try:
        name = _tried(lambda: wire.enrol(code))
        manifest = _tried(wire.manifest)
        ready = ready_rounds(wire, manifest, round_id)
        queue = Queue()
        queue.keep(draw_sealed(rng.choice(ready), rng) for _ in range(answers))
        sender = Sender(wire, queue, rng=rng, epoch=manifest.epoch)
        sender.flush(seconds=seconds)
        progress(len(queue.delivered))
        versions = {one.taken.round: one.taken.version for one in ready}
        _tried(
            lambda: wire.contact(
                waiting=len(queue.waiting), failed=len(queue.failed), versions=versions
            )
        )
    except Refused as refusal:
        raise ProblemError(
            Problem.INVALID_INPUT, f"A tablet was refused: {refusal.code or refusal}."
        ) from refusal
    except NotHeard as silence:
        raise ProblemError(Problem.INVALID_INPUT, f"{url} does not answer: {silence}.") from silence
    finally:
        wire.close()
    refused = tuple(sorted(refusal for _item, refusal in queue.failed.values()))
    return Outcome(name, len(queue.delivered), len(queue.waiting), refused, sender.tally)


def _tried(ask: Callable[[], T]) -> T:
    for _ in range(TRIES - 1):
        try:
            return ask()
        except NotHeard:
            continue
    return ask()


def ready_rounds(wire: Wire, manifest: Manifest, round_id: str | None) -> list[_Ready]:
    """The open rounds that a tablet takes (or the one named), with their pages. Raises NotHeard, Refused, ProblemError."""
    ready = []
    for taken in manifest.rounds:
        if taken.state != "open" or round_id not in (None, taken.round):
            continue
        pages = tuple(read_page(_tried(lambda at=at: wire.page(at))) for at in taken.languages)  # type: ignore[misc]
        version = Version(taken.version, pages[0].questionnaire, taken.padded_size)
        ready.append(_Ready(taken, pages, compile_check(version)))
    if not ready:
        raise ProblemError(
            Problem.INVALID_INPUT,
            f"A tablet takes no open round{f' {round_id}' if round_id else ''}.",
        )
    return ready


def draw_sealed(ready: _Ready, rng: random.Random) -> Sealed:
    """Somebody's answers, sealed as the tablet seals them. Texts are in the questionnaire's source language."""
    page = rng.choice(ready.pages)
    questionnaire = page.questionnaire
    drawn = draw_valid_answers(ready.checker, questionnaire, rng, units=page.units)
    if writes_text(questionnaire, drawn):
        source = questionnaire.source_language
        page = next((one for one in ready.pages if one.language == source), page)
    # Not from the seed: the same seed may be used twice, and these are other people then.
    key = secrets.token_hex(16)
    envelope = seal_answers(
        drawn,
        language=page.language,
        round_id=ready.taken.round,
        version=ready.taken.version,
        padded_size=ready.taken.padded_size,
        public_key=public_from_text(ready.taken.public_key),
        key=key,
        channel="tablet",
        unit=page.unit,
    )
    return Sealed(key, envelope)
