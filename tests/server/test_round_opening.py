"""Setting rounds up: people's times, the notice, the key before the opening, and closing early."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forms import library
from forms.problems import Problem, ProblemError
from server.publishing import find_version, publish
from server.round_ids import ID_ALPHABET
from server.round_opening import close_round, give_key, open_due
from server.round_plan import RoundPlan, read_local, read_notice, set_up_round
from store import rounds
from store.database import Store, create_store
from store.rounds import Round, RoundState
from sync.keys import KeyFolder, kid_of
from tests.server.test_scheduler import NOTICE

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with create_store(tmp_path / "data") as made:
        publish(made, library.read("iv-satisfaction"), accept_unreviewed=("ar", "fa"), today=NOW.date())  # fmt: skip
        yield made


def set_up(store: Store, rng: random.Random | None = None, **changes: Any) -> Round:
    plan = RoundPlan(**{"privacy_notice": NOTICE, **changes})
    version = find_version(store, "iv-satisfaction")
    return set_up_round(store, version, plan, now=NOW, rng=rng or random.Random(1))


def codes(store: Store, **changes: Any) -> set[tuple[str, str]]:
    with pytest.raises(ProblemError) as caught:
        set_up(store, **changes)
    assert caught.value.problem is Problem.INVALID_INPUT
    assert rounds.listed(store.main) == []
    return {(fault.place, fault.code) for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-12-31 12:00", "2026-12-31T11:00:00+00:00"),
        ("2026-06-30 12:00", "2026-06-30T10:00:00+00:00"),
        ("2026-12-31", "2026-12-31T22:59:59+00:00"),
        (" 2026-12-31T12:00+00:00 ", "2026-12-31T12:00:00+00:00"),
    ],
)
def test_a_time_is_on_peoples_clock(text: str, instant: str) -> None:
    assert read_local(text, where="--until").isoformat() == instant


@pytest.mark.parametrize("text", ["", "31.12.2026", "tomorrow", "2026-02-30", "2026-12-31 25:00"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ProblemError) as caught:
        read_local(text, where="--until")
    assert [fault.place for fault in caught.value.faults] == ["--until"]


def test_the_defaults(store: Store) -> None:
    made = set_up(store)
    assert len(made.id) == 6
    assert set(made.id) <= set(ID_ALPHABET)
    assert made.state is RoundState.PLANNED
    assert made.opens_at == NOW.replace(microsecond=0)
    assert made.answer_until == made.opens_at + timedelta(weeks=4)
    assert made.receive_until == made.answer_until + timedelta(weeks=3)
    assert made.collection == "iv-satisfaction"
    assert made.title["da"]
    assert made.public_key is None


def test_an_id_that_is_taken_is_drawn_anew(store: Store) -> None:
    first, second = set_up(store, random.Random(1)), set_up(store, random.Random(1))
    assert first.id != second.id


def test_every_fault_of_a_plan_at_once(store: Store) -> None:
    assert codes(
        store,
        languages=("da", "pl"),
        answer_until=NOW - timedelta(days=1),
        smallest_group=4,
        survey="sample",
        units=("nowhere",),
        working_group="nobody",
        privacy_notice={},
    ) == {
        ("languages", "unknown-language"),
        ("until", "order"),
        ("smallest group", "too-small"),
        ("population", "missing"),
        ("units", "unknown-unit"),
        ("working group", "unknown-group"),
        ("privacy notice, da", "missing-notice"),
    }


def test_a_notice_is_whole_in_each_language() -> None:
    assert read_notice(NOTICE, ("da", "ar")) == {"da": NOTICE["da"], "ar": NOTICE["ar"]}
    half = {
        "da": {**NOTICE["da"], "purpose": ""},
        "en": "text",
        "ar": {**NOTICE["ar"], "more": "x"},
    }
    with pytest.raises(ProblemError) as caught:
        read_notice(half, ("da", "en", "ar", "fa"))
    places = {fault.place for fault in caught.value.faults}
    assert places >= {
        "privacy notice, da, purpose",
        "privacy notice, ar, more",
        "privacy notice, fa",
    }
    assert any(place.startswith("privacy notice, en") for place in places)


@pytest.mark.parametrize("plain", [None, [], "text", {"da": None}, {"da": []}])
def test_a_notice_that_is_none(plain: object) -> None:
    with pytest.raises(ProblemError) as caught:
        read_notice(plain, ("da",))
    assert caught.value.problem is Problem.INVALID_INPUT


def test_the_private_key_is_there_before_the_public_one(store: Store, tmp_path: Path) -> None:
    """Killed between the two, the next attempt takes the key that was made: nobody sealed to another."""
    made = set_up(store)
    keys = KeyFolder(tmp_path / "keys")
    public = keys.make(made.id)
    give_key(store, keys, made.id)
    assert rounds.read(store.main, made.id).kid == kid_of(public)
    assert open_due(store, keys, now=NOW) == [made.id]
    assert open_due(store, keys, now=NOW) == []


def test_closing_in_the_second_of_opening(store: Store, tmp_path: Path) -> None:
    made = set_up(store)
    with pytest.raises(ProblemError):
        close_round(store, made.id, now=NOW)
    open_due(store, KeyFolder(tmp_path / "keys"), now=NOW)
    answered = close_round(store, made.id, now=NOW, keep_receiving=True)
    assert answered.state is RoundState.OPEN
    assert (answered.answer_until, answered.receive_until) == (made.opens_at, made.receive_until)
    assert not answered.answering(NOW)
    assert answered.receiving(NOW)
    closed = close_round(store, made.id, now=NOW)
    assert closed.state is RoundState.CLOSED
    assert closed.receive_until == made.opens_at
    with pytest.raises(ProblemError) as caught:
        close_round(store, made.id, now=NOW)
    assert caught.value.problem is Problem.ROUND_NOT_OPEN
    with pytest.raises(ProblemError) as caught:
        close_round(store, "nothing", now=NOW)
    assert caught.value.problem is Problem.NO_SUCH_ROUND


def test_a_late_answer_holds_up_no_edition(tmp_path: Path) -> None:
    """Mixed wholly, a closed round is finished: what comes after that waits for a mix that a person orders."""
    from tests.server.command_line import CommandLine

    line = CommandLine(tmp_path / "data")
    line.done("init")
    line.done("publish", "iv-satisfaction", "--accept-unreviewed", "ar,fa")
    round_id = line.done("round", "open", "iv-satisfaction").split()[0]
    line.done("simulate", round_id, "--responses", "12", "--seed", "1")
    line.done("round", "close", round_id)
    line.done("mix", round_id, "--now")
    assert json.loads(line.done("round", "list", "--format", "json"))[0]["state"] == "finished"
    assert "edition 1" in line.done("edition", "make", round_id)
