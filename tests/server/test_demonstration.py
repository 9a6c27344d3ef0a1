"""The demonstration, set up once: a finished round with a report and an open one, and people who can sign in."""

from __future__ import annotations

import random
import stat
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from exports.editions import latest_edition
from server import demonstration
from server.passwords import password_fits
from server.settings import from_environment
from store import accounts, counts, quarantine, responses, round_units, rounds
from store.consistency import check
from store.database import create_store
from store.responses import Reading
from store.rounds import RoundState
from sync.keys import KeyFolder
from sync.recount import recount

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    folder = tmp_path_factory.mktemp("demonstration")
    settings = from_environment({"SVARBOKS_DATA": str(folder / "data")})
    keys = KeyFolder(settings.keys)
    with create_store(settings.data) as store:
        told = demonstration.set_up(
            store, keys, now=NOW, rng=random.SystemRandom(), settings=settings
        )
        yield SimpleNamespace(store=store, settings=settings, told=told)


def test_every_simulated_answer_was_mixed_and_counted(made: SimpleNamespace) -> None:
    finished = made.told.finished_round
    assert counts.returned_total(made.store.main, finished) == demonstration.RESPONSES
    assert responses.count(made.store.main, finished) == demonstration.RESPONSES
    assert quarantine.count(made.store.waiting, finished) == 0
    assert check(made.store, recount(made.store)) == []


def test_each_comment_is_released_once(made: SimpleNamespace) -> None:
    texts = responses.texts(made.store.main, made.told.finished_round)
    released = Counter(one.text for one in texts if one.state == Reading.RELEASED)
    assert set(released.values()) == {1}
    assert set(released) == {one.text for one in texts}
    assert not any(one.state == Reading.UNREAD for one in texts)
    [told] = latest_edition(made.store, made.told.finished_round).figures["free_text"]
    assert sorted(one["text"] for one in told["texts"]) == sorted(released)
    assert len(released) >= 8


def test_who_wrote_danish_answered_in_danish(made: SimpleNamespace) -> None:
    texts = responses.texts(made.store.main, made.told.finished_round)
    assert {one.language for one in texts} == {"da"}
    languages = {one.language for one in responses.read(made.store.main, made.told.finished_round)}
    assert languages == {"da", "en", "ar", "fa"}


def test_there_is_a_report_and_an_open_round(made: SimpleNamespace) -> None:
    assert len(list(made.store.reports.glob("*.pdf"))) == 1
    opened = rounds.read(made.store.main, made.told.open_round)
    assert opened.state is RoundState.OPEN
    assert opened.answering(NOW)
    assert opened.languages == ("da", "en", "ar", "fa")


def test_people_can_sign_in_and_are_told_how(made: SimpleNamespace) -> None:
    said = demonstration.what_to_open(made.settings, made.told, None)
    for one in made.told.people:
        account = accounts.by_email(made.store.main, one.email)
        assert account is not None
        assert password_fits(account.password_hash, one.password)
        assert f"{one.email}   password {one.password}" in said
    assert made.settings.link(made.told.open_round) in said
    assert made.told.finished_round in said
    names = {account.name for account in accounts.listed(made.store.main)}
    assert names == {
        "Chair of the IV working group",
        "Secretariat",
        "Member of the IV working group",
        "Administrator",
        "Coordinator of two municipalities",
        "Respondent",
        "Interviewer",
    }


def test_units_are_asked_for_their_signed_answer(made: SimpleNamespace) -> None:
    [signed] = [one for one in rounds.listed(made.store.main) if one.promise == "signed"]
    assert signed.state is RoundState.OPEN
    assert set(demonstration.UNITS) < round_units.ids(made.store.main, signed.id)


def test_it_is_remembered_for_its_owner_only(made: SimpleNamespace) -> None:
    demonstration.remember(made.settings.data, made.told)
    path = made.settings.data / demonstration.NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert demonstration.remembered(made.settings.data) == made.told


def test_an_empty_folder_says_how_to_begin(made: SimpleNamespace, tmp_path: Path) -> None:
    assert demonstration.remembered(tmp_path) is None
    link = "http://localhost:8080/first/abc"
    said = demonstration.what_to_open(made.settings, None, link)
    assert link in said
    assert "The data folder is empty" in said
    assert "/sign-in" in demonstration.what_to_open(made.settings, None, None)
