"""Migration 2 over data of the first release.

R1  Everybody keeps what they might do: secretariat and administrator for everything, chairs and members for their groups.
R2  Sessions of before end; nothing else is lost, and the files are whole.
R3  Rounds of before open as they would have, and the instant by which people were told that all is mixed is noted.
R4  Killed in the middle of it, the file is as before and migrates at the next start.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from store import accounts, desk_migration, first_migration, rounds
from store.accounts import Grant, Role
from store.database import MAIN_FILE, WAITING_FILE, connect, open_store, schema_version

FIRST = """
INSERT INTO working_group (id, name) VALUES ('iv', 'IV'), ('sof', 'SOF');
INSERT INTO account (id, name, email, password_hash, role, active) VALUES
    (1, 'Ane', 'ane@example.org', '$argon2id$1', 'chair', 1),
    (2, 'Bo', 'bo@example.org', '$argon2id$2', 'secretariat', 1),
    (3, 'Cy', 'cy@example.org', '$argon2id$3', 'administrator', 0),
    (7, 'Di', 'di@example.org', '$argon2id$4', 'member', 1);
INSERT INTO working_group_member VALUES ('iv', 1), ('sof', 1), ('sof', 7), ('iv', 2);
INSERT INTO session VALUES (zeroblob(32), 1, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z');
INSERT INTO collection VALUES ('c', '{}');
INSERT INTO round (id, collection, title, promise, opens_at, answer_until, receive_until, languages, channels,
    smallest_group, survey, ceiling, access, contact, privacy_notice, working_group)
    VALUES ('k7m2pq', 'c', '{}', 'anonymous', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z',
    '["da"]', '["web"]', 5, 'total', 9, 'public', '{}', '{}', 'iv');
"""


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A data folder as the first release left it."""
    for name, sql in (
        (MAIN_FILE, first_migration.MAIN + FIRST),
        (WAITING_FILE, first_migration.WAITING),
    ):
        with sqlite3.connect(tmp_path / name) as db:
            db.executescript(sql)
            db.execute("PRAGMA user_version = 1")
        db.close()
    return tmp_path


def test_everybody_keeps_what_they_might_do_R1_R2(released: Path) -> None:
    with open_store(released) as store:
        found = {one.id: one for one in accounts.listed(store.main)}
        assert {one.id: one.grants for one in found.values()} == {
            1: (Grant(Role.CHAIR, working_group="iv"), Grant(Role.CHAIR, working_group="sof")),
            2: (Grant(Role.SECRETARIAT),),
            3: (Grant(Role.ADMINISTRATOR),),
            7: (Grant(Role.MEMBER, working_group="sof"),),
        }
        assert (found[3].active, found[7].email, found[7].password_hash) == (
            False,
            "di@example.org",
            "$argon2id$4",
        )
        assert store.main.execute("SELECT count(*) FROM session").fetchone() == (0,)
        assert store.main.execute("PRAGMA foreign_key_check").fetchall() == []
        assert store.main.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        sql = store.main.execute("SELECT group_concat(sql) FROM sqlite_master").fetchone()[0]
        assert "account_2" not in sql


def test_rounds_open_as_they_would_have_R3(released: Path) -> None:
    with open_store(released) as store:
        kept = rounds.read(store.main, "k7m2pq")
        assert (kept.approved, kept.test_of) == (True, None)
        assert store.main.execute("SELECT * FROM promised_mix").fetchall() == [
            ("k7m2pq", "2026-03-01T00:00:00Z")
        ]


def test_killed_in_the_middle_R4(released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = desk_migration.MAIN + "INSERT INTO nowhere VALUES (1);"
    from store import migrations

    whole = migrations.MAIN
    monkeypatch.setattr("store.database.MAIN", (whole[0], migrations.Migration(2, broken)))
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        open_store(released)
    db = connect(released / MAIN_FILE)
    assert schema_version(db) == 1
    assert db.execute("SELECT count(*) FROM working_group_member").fetchone() == (4,)
    db.close()
    monkeypatch.setattr("store.database.MAIN", whole)
    with open_store(released) as store:
        assert len(accounts.listed(store.main)) == 4
