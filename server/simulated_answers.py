"""Sends simulated answers the whole way: sealed with the round's public key and received by the real intake."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from forms.problems import Problem, ProblemError
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
from .simulation import Distribution, draw_answers

CHANNEL = "simulated"


def sealed_answers(
    found: Round,
    padded_size: int,
    drawn: Iterable[Mapping[str, Any]],
    rng: random.Random,
    units: Sequence[str] = (),
    channel: str = CHANNEL,
) -> Iterator[bytes]:
    """An envelope for each of the drawn answers, as a device would seal it; languages by chance, mostly the first."""
    if found.public_key is None or found.kid is None:
        raise ProblemError(Problem.ROUND_NOT_OPEN, "It has no key yet.")
    public_key = public_from_text(found.public_key)
    weights = [10, *([1] * (len(found.languages) - 1))]
    for answers in drawn:
        header = Header(
            key=rng.randbytes(16).hex(),
            round=found.id,
            version=found.version,
            channel=channel,
            unit=rng.choice(list(units)) if units else None,
            kid=found.kid,
            suite=SUITE,
        )
        payload = Payload(dict(answers), rng.choices(found.languages, weights)[0])
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
    """Draw and send. Raises ProblemError(ROUND_NOT_OPEN) for a round that is not open."""
    found = rounds.read(store.main, round_id)
    if found.state is not RoundState.OPEN:
        raise ProblemError(Problem.ROUND_NOT_OPEN, f"It is {found.state}.")
    version = versions.read(store.main, found.version)
    questionnaire = kept_questionnaire(version)
    units = [one.unit for one in round_units.listed(store.main, round_id)]
    drawn = (
        draw_answers(questionnaire, rng, distribution, units=units, around=now.date())
        for _ in range(responses)
    )
    with closing(JoinedWriter(settings.data)) as writer:
        intake = Intake(writer, store)
        for raw in sealed_answers(
            found, version.padded_size, drawn, rng, units if found.promise != "anonymous" else ()
        ):
            intake.receive(raw, now=now)
            progress(1)
