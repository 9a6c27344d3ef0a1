"""Test mode: the test round beside a planned one, its simulated answers, its report, and its end.

A test round lives as long as the round that it tries out is planned, under an id and a key of its own; everything goes the
real way. store/test_rounds.py removes it; `finish_removals` does what lies outside the main file.
"""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, replace
from datetime import datetime

from sqlite_utils import Database

from exports.editions import make_edition
from forms.problems import ProblemError
from store import counts, editions, round_units, rounds, submissions, test_rounds
from store.database import Store
from store.editions import KeptEdition
from store.rounds import Round, RoundState
from store.test_rounds import SETTLING
from sync.keys import KeyFolder

from .round_ids import draw_round_id
from .settings import Settings
from .simulated_answers import CHANNEL, simulate_round

log = logging.getLogger("svarboks.rounds")

#: How many answers "fill with simulated answers" sends: enough for a report with groups in it.
SIMULATED = 40


def add_test_round(db: Database, round_id: str, *, now: datetime, rng: random.Random) -> Round:
    """Keep the test round of a planned round, in the transaction that keeps or changes that one.

    It opens by itself as soon as the process that keeps keys has given it one.
    """
    real = rounds.read(db, round_id)
    test = replace(
        _in_the_likeness_of(real, now),
        id=draw_round_id(db, rng),
        test_of=real.id,
        approved=True,
        state=RoundState.PLANNED,
        public_key=None,
        kid=None,
    )
    rounds.add(db, test)
    round_units.keep(db, test.id, round_units.listed(db, real.id))
    return test


def follow(
    db: Database,
    before: Round,
    real: Round,
    units_changed: bool,
    *,
    now: datetime,
    rng: random.Random,
) -> None:
    """Let the test round follow a change of the round that it tries out, in the transaction of the change.

    Where its answers would be answers to something else, it is removed and another is made.
    """
    test = test_rounds.of_round(db, real.id)
    if test is None:
        return
    facts = [
        (one.versions, one.promise, one.smallest_group, one.languages) for one in (before, real)
    ]
    if units_changed or facts[0] != facts[1]:
        test_rounds.remove(db, test.id, now=now)
        add_test_round(db, real.id, now=now, rng=rng)
    else:
        rounds.set_up_anew(db, replace(_in_the_likeness_of(real, now), id=test.id))


def _in_the_likeness_of(real: Round, now: datetime) -> Round:
    """What a test round has of the real one. It opens at once, and takes simulated answers as well."""
    channels = (*(name for name in real.channels if name != CHANNEL), CHANNEL)
    return replace(
        real, opens_at=min(now.replace(microsecond=0), real.answer_until), channels=channels
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPanel:
    """What the round's page shows of its test."""

    round: Round
    link: str
    returned: int
    waiting: int
    report_made_at: datetime | None

    @property
    def ready(self) -> bool:
        """Whether it can be answered: the process that keeps keys has given it one."""
        return self.round.state is RoundState.OPEN


def test_panel(store: Store, real: Round, settings: Settings) -> TestPanel | None:
    """The test of a planned round, or None."""
    test = test_rounds.of_round(store.main, real.id)
    if test is None:
        return None
    made = editions.latest(store.main, test.id)
    return TestPanel(
        round=test,
        link=settings.link(test.id),
        returned=returned(store, test),
        waiting=submissions.waiting_count(store.waiting, test.id),
        report_made_at=made.made_at if made else None,
    )


def fill(
    store: Store, settings: Settings, test: Round, *, now: datetime, rng: random.Random
) -> None:
    """Send simulated answers to a test round through the real intake. Raises as `simulate_round` does."""
    simulate_round(
        store, settings, test.id, responses=SIMULATED, rng=rng, distribution=None, now=now
    )


def returned(store: Store, test: Round) -> int:
    """How many answers a test round has, mixed or waiting."""
    return counts.returned_total(store.main, test.id) + submissions.waiting_count(
        store.waiting, test.id
    )


def make_test_edition(
    store: Store, test_id: str, *, now: datetime, rng: random.Random
) -> KeptEdition:
    """The figures of all that has been mixed of a test round, in place of those made before."""
    with store.write() as db:
        test_rounds.remove_editions(db, test_id)
    return make_edition(store, test_id, now=now, rng=rng)


def finish_removals(store: Store, keys: KeyFolder | None, *, now: datetime) -> None:
    """Remove what is left outside the main file of rounds that were removed or emptied: waiting.db, rendered files, the
    logs, and the private key where `keys` is given. Repeatable; a note in the main file says what is still to be done.
    """
    for removal in test_rounds.removals(store.main):
        with store.write_waiting() as waiting:
            test_rounds.finish_removal(waiting, removal)
        for name in removal.files:
            (store.reports / name).unlink(missing_ok=True)
        if removal.gone and keys is not None:
            try:
                keys.destroy(removal.round)
            except (ProblemError, OSError) as error:
                log.error("the key of %s was not removed: %s", removal.round, type(error).__name__)
                continue
        emptied = store.empty_logs()
        done = keys is not None and now >= removal.at + SETTLING if removal.gone else True
        if emptied and done:
            with store.write() as db:
                test_rounds.settled(db, removal)
