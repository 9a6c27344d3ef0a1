"""The scheduler on real files with a clock of the test's own: keys, opening, closing, mixing, once and after faults."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forms import library
from server.publishing import publish as publish_questionnaire
from server.round_opening import close_round
from server.round_plan import RoundPlan, set_up_round
from server.scheduler import CLOSING_MIX, LEASE, Scheduler
from server.settings import Settings, from_environment
from server.simulated_answers import sealed_answers, simulate_round
from store import leases, responses, rounds, runs, submissions, versions
from store.database import Store, create_store
from store.joined_commits import JoinedWriter
from store.rounds import Round, RoundState
from store.runs import RunState
from store.versions import KeptVersion
from sync.intake import Intake
from sync.keys import KeyFolder
from tests.server.installation import NOTICE as SHORT_NOTICE

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
FIELDS = ("controller", "data_protection_officer", "purpose", "legal_basis", "recipients", "retention", "rights", "complaint")  # fmt: skip
NOTICE = {tag: dict.fromkeys(FIELDS, "Tekst.") for tag in SHORT_NOTICE}


@dataclass
class Machine:
    """A data folder, a keys folder and a clock."""

    store: Store
    settings: Settings
    keys: KeyFolder
    version: KeptVersion
    now: datetime = START

    def scheduler(self, holder: str = "one") -> Scheduler:
        return Scheduler(self.store, self.keys, holder, lambda: self.now, random.SystemRandom())

    def plan(self, **changes: object) -> Round:
        values: dict[str, object] = {
            "privacy_notice": NOTICE,
            "opens_at": START + timedelta(hours=1),
            "answer_until": START + timedelta(days=7),
            "receive_until": START + timedelta(days=9),
            **changes,
        }
        plan = RoundPlan(**values)  # type: ignore[arg-type]
        return set_up_round(self.store, self.version, plan, now=self.now, rng=random.SystemRandom())

    def answers(self, round_id: str, number: int) -> None:
        simulate_round(self.store, self.settings, round_id, responses=number,
                       rng=random.Random(number), distribution=None, now=self.now)  # fmt: skip

    def late(self, round_id: str) -> None:
        """One answer through the real intake, which takes it whatever the time."""
        found = self.round(round_id)
        size = versions.read(self.store.main, found.version).padded_size
        [raw] = sealed_answers(found, size, [{"trust": "5"}], random.Random(5))
        with JoinedWriter(self.settings.data) as writer:
            Intake(writer, self.store).receive(raw, now=self.now)

    def round(self, round_id: str) -> Round:
        return rounds.read(self.store.main, round_id)

    def waiting(self, round_id: str) -> int:
        return submissions.waiting_count(self.store.waiting, round_id)

    def mixed(self, round_id: str) -> int:
        return responses.count(self.store.main, round_id)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    settings = from_environment({"SVARBOKS_DATA": str(tmp_path / "data")})
    with create_store(settings.data) as store:
        version = publish_questionnaire(
            store,
            library.read("iv-satisfaction"),
            accept_unreviewed=("ar", "fa"),
            today=START.date(),
        )
        yield Machine(store, settings, KeyFolder(settings.keys), version)


def test_a_round_from_planned_to_mixed_by_the_clock_alone(machine: Machine) -> None:
    round_id = machine.plan().id
    scheduler = machine.scheduler()
    assert scheduler.tick()
    planned = machine.round(round_id)
    assert planned.state is RoundState.PLANNED
    assert planned.public_key is not None
    assert machine.keys.has(round_id)

    machine.now = planned.opens_at - timedelta(seconds=1)
    scheduler.tick()
    assert machine.round(round_id).state is RoundState.PLANNED
    machine.now = planned.opens_at
    scheduler.tick()
    assert machine.round(round_id).state is RoundState.OPEN

    machine.answers(round_id, 9)
    scheduler.tick()
    assert (machine.waiting(round_id), machine.mixed(round_id)) == (9, 0)
    machine.answers(round_id, 1)
    scheduler.tick()
    assert (machine.waiting(round_id), machine.mixed(round_id)) == (0, 10)
    machine.answers(round_id, 3)

    machine.now = planned.receive_until - timedelta(seconds=1)
    scheduler.tick()
    assert machine.round(round_id).state is RoundState.OPEN
    assert machine.waiting(round_id) == 3
    machine.now = planned.receive_until
    scheduler.tick()
    assert machine.round(round_id).state is RoundState.FINISHED
    assert (machine.waiting(round_id), machine.mixed(round_id)) == (0, 13)
    [run] = runs.listed(machine.store.main)
    assert (run.name, run.state, run.attempts) == (CLOSING_MIX, RunState.FINISHED, 1)
    assert run.message == "3 mixed, 0 quarantined, 0 left waiting"


def opened(machine: Machine, answers: int, **changes: object) -> str:
    """A round that is open and has answers waiting."""
    round_id = machine.plan(**changes).id
    machine.now = machine.round(round_id).opens_at
    machine.scheduler().tick()
    machine.answers(round_id, answers)
    return round_id


def test_the_closing_mix_happens_exactly_once(machine: Machine) -> None:
    round_id = opened(machine, 4)
    machine.now = machine.round(round_id).receive_until
    for _ in range(3):
        machine.scheduler().tick()
        machine.now += timedelta(minutes=5)
    [run] = runs.listed(machine.store.main)
    assert run.attempts == 1
    assert machine.mixed(round_id) == 4
    # What comes in late waits for a person to order it: one answer mixed alone would be known by its time.
    machine.late(round_id)
    machine.now = machine.round(round_id).receive_until + timedelta(days=1)
    machine.scheduler().tick()
    assert (machine.waiting(round_id), machine.mixed(round_id)) == (1, 4)


def test_a_round_closed_by_a_person_is_mixed_too(machine: Machine) -> None:
    round_id = opened(machine, 4)
    machine.now += timedelta(hours=2)
    close_round(machine.store, round_id, now=machine.now)
    machine.scheduler().tick()
    assert machine.mixed(round_id) == 4


def test_a_closing_mix_without_its_key_is_recorded_and_tried_again(machine: Machine) -> None:
    lost = opened(machine, 4)
    whole = opened(machine, 4)
    file = machine.keys.path / f"{lost}.key"
    file.rename(machine.settings.data / "away")
    machine.now = machine.round(lost).receive_until
    for attempt in (1, 2):
        machine.scheduler().tick()
        [failed] = [run for run in runs.listed(machine.store.main) if lost in run.period]
        assert (failed.state, failed.attempts) == (RunState.FAILED, attempt)
        assert failed.message == "keys-missing"
        assert machine.waiting(lost) == 4
        machine.now += timedelta(seconds=10)
    # The other round is not held up.
    assert machine.mixed(whole) == 4
    (machine.settings.data / "away").rename(file)
    machine.scheduler().tick()
    [run] = [run for run in runs.listed(machine.store.main) if lost in run.period]
    assert (run.state, run.attempts) == (RunState.FINISHED, 3)
    assert machine.mixed(lost) == 4


def test_a_mix_that_a_dead_scheduler_left_running_is_taken_up(machine: Machine) -> None:
    round_id = opened(machine, 4)
    found = machine.round(round_id)
    machine.now = found.receive_until
    period = f"{round_id} {found.receive_until:%Y-%m-%dT%H:%M:%SZ}"
    with machine.store.write() as db:
        assert runs.try_begin(db, CLOSING_MIX, period, machine.now) is not None
    machine.now += timedelta(seconds=30)
    machine.scheduler().tick()
    [run] = runs.listed(machine.store.main)
    assert (run.state, run.attempts) == (RunState.FINISHED, 2)
    assert machine.mixed(round_id) == 4


def test_a_second_scheduler_does_nothing_until_the_first_falls_silent(machine: Machine) -> None:
    round_id = machine.plan().id
    first, second = machine.scheduler("one"), machine.scheduler("two")
    assert first.tick()
    machine.now = machine.round(round_id).opens_at
    assert first.tick()
    machine.answers(round_id, 12)
    assert not second.tick()
    assert machine.waiting(round_id) == 12
    assert leases.holder_of(machine.store.main, LEASE, machine.now) == "one"
    machine.now += timedelta(seconds=59)
    assert not second.tick()
    machine.now += timedelta(seconds=2)
    assert second.tick()
    assert machine.mixed(round_id) == 12
    assert not first.tick()


def test_a_scheduler_that_was_down_catches_up(machine: Machine) -> None:
    """Nothing ran between planning and the end: the round is opened, closed and, with nothing in it, mixed."""
    round_id = machine.plan().id
    machine.now = machine.round(round_id).receive_until + timedelta(days=3)
    machine.scheduler().tick()
    assert machine.round(round_id).state is RoundState.FINISHED
    machine.scheduler().tick()
    [run] = runs.listed(machine.store.main)
    assert run.state is RunState.FINISHED


def test_a_round_that_gets_no_key_holds_up_no_other(machine: Machine) -> None:
    broken, sound = machine.plan().id, machine.plan().id
    (machine.keys.path / f"{broken}.key").write_text("not a key", encoding="utf-8")
    machine.now = machine.round(sound).opens_at
    assert machine.scheduler().tick()
    assert machine.round(broken).state is RoundState.PLANNED
    assert machine.round(broken).public_key is None
    assert machine.round(sound).state is RoundState.OPEN


def test_a_fault_of_any_kind_in_one_round_is_recorded_without_its_words(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    """Free text refused by the file itself: the other round is mixed, and no log holds what was written."""
    broken = opened(machine, 4)
    whole = opened(machine, 4)
    machine.store.main.conn.execute(
        f"CREATE TRIGGER refuse BEFORE INSERT ON response WHEN NEW.round = '{broken}'"
        " BEGIN SELECT RAISE(ABORT, 'a secret word'); END"
    )
    machine.now = machine.round(broken).receive_until
    assert machine.scheduler().tick()
    [failed] = [run for run in runs.listed(machine.store.main) if broken in run.period]
    assert (failed.state, failed.message) == (RunState.FAILED, "IntegrityError")
    assert machine.mixed(whole) == 4
    assert machine.waiting(broken) == 4
    assert "a secret word" not in caplog.text
    machine.store.main.conn.execute("DROP TRIGGER refuse")
    machine.scheduler().tick()
    assert machine.mixed(broken) == 4
