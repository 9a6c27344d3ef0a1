"""Two thousand people answer through the real server. Afterwards nothing says who, from where, with what, or in which order.

Each check is also run against the fault it is there for: a column for a time, a table with a rowid, an access log.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import requests

import store.database
from store import migrations, responses
from store.migrations import Migration
from sync.mixing import mix
from tests.anonymity.arrivals import WITH_A_DAY, Person, people, send, send_what_goes_wrong
from tests.anonymity.checks import (
    ANONYMOUS_COLUMNS,
    BAR,
    files_that_hold,
    positions,
    rank_correlation,
    schema_faults,
)
from tests.crash.processes import PRODUCT, Running, free_port
from tests.sync.installation import LATER, NOW, ROUND, Installation, install

TALKING = ("-m", "tests.anonymity.talking_server")
#: Of so many an honest shuffle has a rank correlation above a tenth once in 100,000 times.
PEOPLE = 2000
#: A round mixes when ten wait; mixing as often as that is the worst case for the order.
COMPANY = 10
CHANCE = random.Random(11)


def encoded(texts: list[str]) -> list[bytes]:
    return [text.encode() for text in texts]


def mix_now(home: Installation) -> None:
    report = mix(home.store, home.keys, ROUND, rng=CHANCE, whole=True, now=LATER)
    assert report.quarantined == 0


def orders(home: Installation, arrived: list[Person]) -> dict[str, list[int]]:
    """The arrival numbers in every order in which something is stored."""
    by_text = {person.text: n for n, person in enumerate(arrived)}
    by_day = {person.day: n for n, person in enumerate(arrived)}
    db = home.store.main
    texts = db.execute("SELECT text FROM free_text ORDER BY key").fetchall()
    rows = db.execute("SELECT value FROM answer WHERE place = 'seen' ORDER BY response").fetchall()
    scanned = db.execute("SELECT text FROM free_text NOT INDEXED").fetchall()
    home.store.empty_logs()
    file = home.data / "svarboks.db"
    return {
        "texts by key": [by_text[text] for (text,) in texts],
        "answers by key": [by_day[day] for (day,) in rows],
        "texts as SQLite finds them": [by_text[text] for (text,) in scanned],
        "texts by position": positions(file, encoded([one.text for one in arrived])),
        "answers by position": positions(file, [one.row for one in arrived]),
    }


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, list[Person]]:
    """An installation after two thousand people, whose server is stopped."""
    folder = tmp_path_factory.mktemp("anonymity")
    home = install(folder, WITH_A_DAY)
    server = Running("server", PRODUCT, folder, port=free_port())
    arrived = people(PEOPLE)
    server.start()
    try:
        server.wait_until_it_answers()
        with requests.Session() as session:
            for number, person in enumerate(arrived, start=1):
                send(home, session, server.port, person, CHANCE)
                if number == COMPANY // 2:
                    assert_sealed(home, arrived[:number])
                if number % COMPANY == 0:
                    mix_now(home)
        statuses = send_what_goes_wrong(server.port, arrived[0])
        assert all(400 <= status < 500 for status in statuses), statuses
    finally:
        server.stop()
    assert responses.count(home.store.main, ROUND) == PEOPLE
    return home, arrived


def assert_sealed(home: Installation, arrived: list[Person]) -> None:
    """Before it is mixed an answer can be read nowhere."""
    texts = encoded([one.text for one in arrived]) + [one.row for one in arrived]
    assert files_that_hold([home.folder], texts) == {}


def test_no_address_and_no_user_agent_anywhere(
    answered: tuple[Installation, list[Person]],
) -> None:
    home, arrived = answered
    needles = encoded([one.address for one in arrived] + [one.agent for one in arrived])
    assert files_that_hold([home.folder], needles) == {}
    assert {file.name for file in home.folder.iterdir()} == {"data", "keys", "logs"}
    assert (home.folder / "logs" / "server.err").stat().st_size > 0


def test_answers_only_where_answers_live(answered: tuple[Installation, list[Person]]) -> None:
    home, arrived = answered
    home.store.empty_logs()
    texts = encoded([one.text for one in arrived])
    assert files_that_hold([home.folder], texts) == {"svarboks.db": PEOPLE}
    assert files_that_hold([home.folder], [one.row for one in arrived]) == {"svarboks.db": PEOPLE}


def test_nothing_keeps_the_order_of_arrival(
    answered: tuple[Installation, list[Person]],
) -> None:
    home, arrived = answered
    found = {name: rank_correlation(stored) for name, stored in orders(home, arrived).items()}
    print("\n" + ", ".join(f"{name} {rho:+.3f}" for name, rho in found.items()))
    assert {name: rho for name, rho in found.items() if abs(rho) >= BAR} == {}


def test_the_anonymous_tables_have_no_column_too_many(
    answered: tuple[Installation, list[Person]],
) -> None:
    home, _ = answered
    assert schema_faults(home.store.main, home.store.waiting) == []
    names = {
        row[1]
        for db in (home.store.main, home.store.waiting)
        for row in db.execute("PRAGMA main.table_list").fetchall()
    }
    assert ANONYMOUS_COLUMNS.keys() <= names


# ---------------------------------------------------------------- each check can fail


@pytest.mark.parametrize("table", ANONYMOUS_COLUMNS)
def test_a_column_for_a_time_is_found_out(tmp_path: Path, table: str) -> None:
    home = install(tmp_path)
    waits = table in {"submission", "round_load", "quarantined", "invitation", "invitation_round"}
    db = home.store.waiting if waits else home.store.main
    db.execute(f'ALTER TABLE "{table}" ADD COLUMN received_at TEXT')
    assert schema_faults(home.store.main, home.store.waiting) == [
        f"{table}.received_at is not on the list"
    ]
    home.store.close()


def with_rowids(steps: tuple[Migration, ...], tables: tuple[str, ...]) -> tuple[Migration, ...]:
    """The same steps with these tables as ordinary ones."""
    changed = []
    for step in steps:
        parts = step.sql.split("CREATE TABLE ")
        for at, part in enumerate(parts):
            if part.startswith(tuple(f"{name} (" for name in tables)):
                parts[at] = part.replace("STRICT, WITHOUT ROWID", "STRICT", 1)
        changed.append(Migration(step.number, "CREATE TABLE ".join(parts)))
    assert changed != list(steps)
    return tuple(changed)


def test_tables_with_rowids_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = with_rowids(migrations.MAIN, ("response", "answer", "free_text"))
    monkeypatch.setattr(store.database, "MAIN", faulty)
    home = install(tmp_path, WITH_A_DAY)
    assert sorted(schema_faults(home.store.main, home.store.waiting)) == [
        f"{name} keeps the order of arrival in its rowid"
        for name in ("answer", "free_text", "response")
    ]
    arrived = people(200)
    for start in range(0, len(arrived), COMPANY):
        home.receive(*(home.seal(one.answers) for one in arrived[start : start + COMPANY]), now=NOW)
        mix_now(home)
    found = {name: rank_correlation(stored) for name, stored in orders(home, arrived).items()}
    print("\n" + ", ".join(f"{name} {rho:+.3f}" for name, rho in found.items()))
    assert abs(found["texts as SQLite finds them"]) > BAR
    assert abs(found["texts by position"]) > BAR
    assert abs(found["answers by position"]) > BAR
    home.store.close()


def test_an_access_log_is_found_out(tmp_path: Path) -> None:
    home = install(tmp_path)
    server = Running("talking", TALKING, tmp_path, port=free_port())
    (person,) = people(1)
    server.start()
    try:
        server.wait_until_it_answers()
        answer = requests.get(
            f"http://127.0.0.1:{server.port}/healthz", headers=person.headers, timeout=30
        )
        assert answer.status_code == 200
    finally:
        server.stop()
    found = files_that_hold([home.folder], encoded([person.address, person.agent]))
    assert found == {"talking.out": 2}
    home.store.close()
