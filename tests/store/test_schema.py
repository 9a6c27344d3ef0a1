"""The schema keeps the promise of anonymity, and the database checks what it can.

R1  Every table that is not one of the desk's own is anonymous: WITHOUT ROWID (or its rowid is made of a random key), and no
    column for time, order, address or device.
R2  Every table is STRICT.
R3  Every foreign key is indexed, on both sides.
R4  The inspection turns red when a timestamp is added or WITHOUT ROWID is dropped.
R5  What can be read of paper is in paper.db, and nothing in the other two files names a sheet.
"""

from __future__ import annotations

import re
import sqlite3

import pytest

from store.database import Store

#: The desk's own tables, which hold nothing of those who answer. A new table is anonymous unless it is named here.
DESK = {
    "setting", "region", "unit", "unit_name", "area", "membership", "working_group", "account", "account_role",
    "session", "recovery_code", "account_link", "account_identity", "message", "audit", "promised_mix", "mix_order",
    "reminder", "return_revision", "return_sent", "upload", "questionnaire", "version", "collection", "round", "round_version", "round_unit", "edition",
    "edition_file", "run", "lease", "paper_layout", "pile", "batch",
    "device", "device_round", "device_code", "device_declined", "delivery", "delivery_mail", "sign_in_failure",
}  # fmt: skip

#: Scans of paper: readable, with numbers and order, until their batch is done with. All in paper.db and nowhere else.
SCANS = {"scan_file", "sheet", "page", "page_image", "box", "reading", "finding"}

ANONYMOUS = {
    "response", "answer", "free_text", "count", "returned", "receipt", "submission", "round_load", "quarantined",
    "invitation", "invitation_round",
}  # fmt: skip

#: Tables whose rowid is made of a random key, in the column of this name; tests/anonymity looks at those numbers.
DRAWN = {"submission": "lot"}

#: Whose `number` is no sheet's: versions of a questionnaire, entries of the audit log, editions.
NUMBERED = {"version", "audit", "edition", "device"}

FORBIDDEN = {
    "time", "timestamp", "date", "datetime", "day", "at", "on", "when", "hour", "minute", "second", "instant", "moment",
    "created", "updated", "modified", "inserted", "arrived", "arrival", "received_at", "since", "until",
    "order", "ordinal", "seq", "sequence", "serial", "position", "id", "rowid", "number", "autoincrement", "rank",
    "ip", "address", "addr", "host", "remote", "forwarded", "peer", "network",
    "agent", "browser", "device", "tablet", "user", "ua", "fingerprint", "session", "account", "cookie",
}  # fmt: skip


def tables(db: sqlite3.Connection) -> list[tuple[str, bool, bool]]:
    """(name, WITHOUT ROWID, STRICT) of every table."""
    return [
        (name, bool(without_rowid), bool(strict))
        for _schema, name, kind, _columns, without_rowid, strict in db.execute("PRAGMA table_list")
        if kind == "table" and not name.startswith("sqlite_")
    ]


def rowid_column(db: sqlite3.Connection, name: str) -> str | None:
    """The column that SQLite uses as the rowid of a table, where one is declared so."""
    keys = [(row[1], row[2]) for row in db.execute(f"PRAGMA table_info({name})") if row[5]]
    return keys[0][0] if len(keys) == 1 and keys[0][1] == "INTEGER" else None


def anonymity_faults(db: sqlite3.Connection) -> list[str]:
    """What in the anonymous tables of a file could tell when, in which order or from where."""
    faults = []
    for name, without_rowid, _strict in tables(db):
        if name in DESK:
            continue
        if not without_rowid and (name not in DRAWN or DRAWN[name] != rowid_column(db, name)):
            faults.append(f"{name} has a rowid")
        for _cid, column, kind, *_rest in db.execute(f"PRAGMA table_info({name})"):
            words = set(re.findall(r"[a-z]+", f"{column} {kind}".lower())) | {column.lower()}
            faults += [f"{name}.{column}: {word}" for word in sorted(words & FORBIDDEN)]
    return faults


def unindexed_foreign_keys(db: sqlite3.Connection) -> list[str]:
    """Foreign keys whose columns do not begin an index."""
    faults = []
    for name, _without, _strict in tables(db):
        beginnings = [
            [row[2] for row in db.execute(f"PRAGMA index_info({index[1]})")]
            for index in db.execute(f"PRAGMA index_list({name})").fetchall()
        ]
        keys: dict[int, list[str]] = {}
        for row in db.execute(f"PRAGMA foreign_key_list({name})"):
            keys.setdefault(row[0], []).append(row[3])
        faults += [
            f"{name}({', '.join(columns)})"
            for columns in keys.values()
            if not any(sorted(b[: len(columns)]) == sorted(columns) for b in beginnings)
        ]
    return faults


def test_the_anonymous_tables_tell_no_time_and_no_order_R1(store: Store) -> None:
    assert anonymity_faults(store.main.conn) == []
    assert anonymity_faults(store.waiting.conn) == []


def test_every_table_is_on_one_of_the_two_lists_R1(store: Store) -> None:
    names = {row[0] for db in (store.main.conn, store.waiting.conn) for row in tables(db)}
    assert names == DESK | ANONYMOUS


def test_what_can_be_read_of_paper_is_in_a_file_of_its_own_R5(store: Store) -> None:
    assert {row[0] for row in tables(store.paper.conn)} == SCANS
    # Nothing beside an answer, and nothing of a batch or a pile, names a sheet.
    for db in (store.main.conn, store.waiting.conn):
        for name, _without, _strict in tables(db):
            for _cid, column, *_rest in db.execute(f"PRAGMA table_info({name})"):
                assert column not in {"sheet", "page", "number"} or name in NUMBERED, (name, column)


def test_random_keys_are_sixteen_bytes_R1(store: Store, round_id: str) -> None:
    for key in (b"k" * 15, b"k" * 17):
        with pytest.raises(sqlite3.IntegrityError), store.write() as db:
            db.execute("INSERT INTO receipt VALUES (?, ?, 'mixed')", (key, b"d" * 32))
        with pytest.raises(sqlite3.IntegrityError), store.write() as db:
            db.execute(
                "INSERT INTO free_text VALUES (?, ?, 'p', 't', 'da', 'unread')", (key, round_id)
            )
    with pytest.raises(sqlite3.IntegrityError, match="cannot store INT"), store.write() as db:
        db.execute("INSERT INTO receipt VALUES (?, ?, 'mixed')", (7, b"d" * 32))


def test_every_table_is_strict_R2(store: Store) -> None:
    for db in (store.main.conn, store.waiting.conn, store.paper.conn):
        assert [name for name, _without, strict in tables(db) if not strict] == []


def test_every_foreign_key_is_indexed_R3(store: Store) -> None:
    assert unindexed_foreign_keys(store.main.conn) == []
    assert unindexed_foreign_keys(store.paper.conn) == []
    store.main.execute("DROP INDEX response_by_unit")
    assert unindexed_foreign_keys(store.main.conn) == ["response(unit)"]


def test_a_rowid_that_is_not_drawn_turns_it_red_R4(store: Store) -> None:
    store.waiting.executescript(
        "DROP TABLE submission; CREATE TABLE submission (lot BLOB PRIMARY KEY, sealed BLOB) STRICT"
    )
    assert "submission has a rowid" in anonymity_faults(store.waiting.conn)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("ALTER TABLE response ADD COLUMN created_at TEXT", "response.created_at: at"),
        ("ALTER TABLE answer ADD COLUMN arrival INTEGER", "answer.arrival: arrival"),
        ("ALTER TABLE receipt ADD COLUMN received_on TEXT", "receipt.received_on: on"),
        ("ALTER TABLE free_text ADD COLUMN device TEXT", "free_text.device: device"),
        ("ALTER TABLE count ADD COLUMN user_agent TEXT", "count.user_agent: agent"),
        ("ALTER TABLE returned ADD COLUMN ip TEXT", "returned.ip: ip"),
        ("CREATE TABLE comment (text TEXT) STRICT", "comment has a rowid"),
        ("DROP TABLE answer; CREATE TABLE answer (response BLOB, place TEXT, PRIMARY KEY (response, place))",
         "answer has a rowid"),
    ],
)  # fmt: skip
def test_the_inspection_turns_red_R4(store: Store, statement: str, fault: str) -> None:
    store.main.executescript(statement)
    assert fault in anonymity_faults(store.main.conn)


def test_the_inspection_of_what_waits_turns_red_R4(store: Store) -> None:
    store.waiting.execute("ALTER TABLE submission ADD COLUMN seen_at TEXT")
    assert anonymity_faults(store.waiting.conn) == ["submission.seen_at: at"]
