"""Sends simulated answers the whole way: sealed with the round's public key and received by the real intake."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from forms.answers import compile_check
from forms.problems import Problem, ProblemError
from forms.versions import Version
from store import round_units, rounds, versions
from store.database import Store
from store.joined_commits import JoinedWriter
from store.rounds import Round, RoundState
from sync.envelope import SUITE, Header, seal
from sync.intake import Intake
from sync.keys import public_from_text
from sync.payload import Payload, pad

from .publishing import kept_questionnaire
from .settings import Settings
from .simulation import Distribution, draw_valid_answers, writes_text

CHANNEL = "simulated"


def sealed_answers(
    found: Round,
    padded_size: int,
    drawn: Iterable[Mapping[str, Any]],
    rng: random.Random,
    units: Sequence[str] = (),
    channel: str = CHANNEL,
    in_first_language: Callable[[Mapping[str, Any]], bool] = lambda _answers: False,
) -> Iterator[bytes]:
    """An envelope for each of the drawn answers, as a device would seal it; languages by chance, mostly the first.

    `in_first_language` says of which answers the first language is the only one: texts are written in it.
    """
    if found.public_key is None or found.kid is None:
        raise ProblemError(Problem.ROUND_NOT_OPEN, "It has no key yet.")
    public_key = public_from_text(found.public_key)
    weights = [10, *([1] * (len(found.languages) - 1))]
    for answers in drawn:
        header = Header(
            # Not from the seed: the same seed may be sent twice to a round, and these are other people then.
            key=secrets.token_hex(16),
            round=found.id,
            version=found.version,
            channel=channel,
            unit=rng.choice(list(units)) if units else None,
            kid=found.kid,
            suite=SUITE,
        )
        language = rng.choices(found.languages, weights)[0]
        if in_first_language(answers):
            language = found.languages[0]
        payload = Payload(dict(answers), language)
        yield seal(header, pad(payload, padded_size), public_key, padded_size)


def simulate_round(
    store: Store,
    settings: Settings,
    round_id: str,
    *,
    responses: int,
    rng: random.Random,
    distribution: Distribution | None,
    now: datetime,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Draw and send. Texts of a distribution are in the questionnaire's source language, so those answers are too.

    Raises ProblemError: ROUND_NOT_OPEN for a round that is not open, INVALID_INPUT where no valid answers can be drawn.
    """
    found = rounds.read(store.main, round_id)
    if found.state is not RoundState.OPEN:
        raise ProblemError(Problem.ROUND_NOT_OPEN, f"It is {found.state}.")
    version = versions.read(store.main, found.version)
    questionnaire = kept_questionnaire(version)
    checker = compile_check(Version(version.hash, questionnaire, version.padded_size))
    units = [one.unit for one in round_units.listed(store.main, round_id)]
    drawn = (
        draw_valid_answers(
            checker, questionnaire, rng, distribution, units=units, around=now.date()
        )
        for _ in range(responses)
    )
    with closing(JoinedWriter(settings.data)) as writer:
        intake = Intake(writer, store)
        for raw in sealed_answers(
            _source_language_first(found, questionnaire.source_language),
            version.padded_size,
            drawn,
            rng,
            units if found.promise != "anonymous" else (),
            in_first_language=partial(writes_text, questionnaire),
        ):
            intake.receive(raw, now=now)
            progress(1)


def _source_language_first(found: Round, source: str) -> Round:
    """The round with the questionnaire's own language first, where the round is in it at all."""
    if source not in found.languages:
        return found
    rest = tuple(tag for tag in found.languages if tag != source)
    return replace(found, languages=(source, *rest))
