"""Opening the data folder, its transactions and its connections.

R1  Every connection is durable and checked: WAL, synchronous FULL, foreign keys, secure_delete, ten seconds' patience.
R2  Of 800 read-modify-writes by 8 threads none is lost and none is refused.
R3  A transaction commits whole or not at all, and does not nest.
R4  A folder is made with modes 0700 and 0600; opening one that is not there, lacks a file or is too new is refused.
R5  Migrations run forward, once, each in a transaction of its own; one that fails leaves nothing of itself.
R6  Temporary files of SQLite lie in the data folder.
R7  A store works in a forked child.
R8  What is deleted is gone from the files after compact().
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from forms.problems import Problem, ProblemError
from store import database, settings
from store.database import Store, create_store, open_store, schema_version
from store.migrations import MAIN, WAITING, Migration


def test_connections_are_durable_and_checked_R1(store: Store) -> None:
    for db in (store.main, store.waiting):
        wanted = {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "secure_delete": 1,
            "busy_timeout": 10_000,
            "temp_store": 1,
        }
        assert {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted} == wanted
        assert db.conn.isolation_level is None


@pytest.mark.parametrize("file", ["main", "waiting"])
def test_no_read_modify_write_is_lost_R2(store: Store, file: str) -> None:
    begin = store.write if file == "main" else store.write_waiting
    with begin() as db:
        db.execute("CREATE TABLE number (n INTEGER NOT NULL) STRICT")
        db.execute("INSERT INTO number VALUES (0)")
    refused: list[Exception] = []

    def work() -> None:
        for _ in range(100):
            try:
                with begin() as db:
                    (n,) = db.execute("SELECT n FROM number").fetchone()
                    db.execute("UPDATE number SET n = ?", (n + 1,))
            except Exception as error:
                refused.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = getattr(store, file).execute("SELECT n FROM number").fetchone()[0]
    assert (kept, refused) == (800, [])


def test_a_raised_error_leaves_nothing_R3(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as db:
        settings.write(db, "a", "1")
        _ = 1 / 0
    assert settings.read(store.main, "a") is None
    with store.write() as db:
        settings.write(db, "a", "2")
    assert settings.read(store.main, "a") == "2"


@pytest.mark.parametrize("begin", ["write", "write_waiting"])
def test_transactions_do_not_nest_R3(store: Store, begin: str) -> None:
    with (
        getattr(store, begin)(),
        pytest.raises(RuntimeError, match="do not nest"),
        getattr(store, begin)(),
    ):
        pass
    with getattr(store, begin)():
        pass


def test_a_lock_that_is_not_had_is_a_problem_R3(store: Store) -> None:
    store.main.execute("PRAGMA busy_timeout = 50")
    other = database.connect(store.folder / database.MAIN_FILE)
    other.conn.execute("BEGIN IMMEDIATE")
    with pytest.raises(ProblemError) as caught, store.write():
        pass
    assert caught.value.problem is Problem.BUSY
    other.conn.execute("ROLLBACK")
    other.close()
    with store.write() as db:
        settings.write(db, "after", "1")


def test_reading_is_of_one_moment_R3(store: Store) -> None:
    with store.reading() as db:
        assert settings.read(db, "a") is None
        other = database.connect(store.folder / database.MAIN_FILE)
        settings.write(other, "a", "1")
        other.close()
        assert settings.read(db, "a") is None
    assert settings.read(store.main, "a") == "1"


def test_a_read_only_connection_refuses_writes_R3(store: Store) -> None:
    reader = database.connect(store.folder / database.MAIN_FILE, read_only=True)
    with pytest.raises(Exception, match="readonly"):
        settings.write(reader, "a", "1")
    reader.close()


def test_modes_of_folder_and_files_R4(store: Store) -> None:
    with store.write() as db:
        settings.write(db, "a", "1")
    with store.write_waiting() as db:
        db.execute("INSERT INTO round_load VALUES ('r', 0, 0)")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in store.folder.iterdir()}
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert {name for name, mode in modes.items() if mode == 0o700} == {"tmp", "reports", "scans"}
    assert {mode for name, mode in modes.items() if name not in ("tmp", "reports", "scans")} == {
        0o600
    }
    assert {"svarboks.db", "svarboks.db-wal", "waiting.db", "waiting.db-wal"} <= modes.keys()


def test_a_folder_without_data_is_refused_R4(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as caught:
        open_store(tmp_path)
    assert caught.value.problem is Problem.NOT_INITIALISED
    assert list(tmp_path.iterdir()) == []


def test_a_lost_waiting_file_is_not_replaced_R4(store: Store) -> None:
    store.close()
    for path in store.folder.glob("waiting.db*"):
        path.unlink()
    for opening in (open_store, create_store):
        with pytest.raises(ProblemError) as caught:
            opening(store.folder)
        assert caught.value.problem is Problem.NOT_INITIALISED
        assert "waiting.db" in caught.value.detail
    assert not (store.folder / "waiting.db").exists()


def test_newer_data_is_refused_and_untouched_R4(store: Store) -> None:
    store.waiting.execute("PRAGMA user_version = 99")
    store.main.execute("PRAGMA user_version = 0")
    store.close()
    with pytest.raises(ProblemError) as caught:
        open_store(store.folder)
    assert caught.value.problem is Problem.DATA_TOO_NEW
    with database.connect(store.folder / database.MAIN_FILE) as main:
        assert schema_version(main) == 0


def test_creating_twice_keeps_what_is_there_R4(store: Store) -> None:
    with store.write() as db:
        settings.write(db, "a", "1")
    with create_store(store.folder) as again:
        assert settings.read(again.main, "a") == "1"


def test_migrations_are_numbered_without_gaps_R5() -> None:
    for migrations in (MAIN, WAITING):
        assert [one.number for one in migrations] == list(range(1, len(migrations) + 1))


def test_a_migration_runs_once_and_whole_R5(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    number = MAIN[-1].number
    store.close()
    good = Migration(number + 1, "CREATE TABLE one (a TEXT) STRICT; INSERT INTO one VALUES ('x');")
    bad = Migration(number + 2, "CREATE TABLE two (a TEXT) STRICT; INSERT INTO missing VALUES (1);")
    monkeypatch.setattr(database, "MAIN", (*MAIN, good, bad))
    with pytest.raises(Exception, match="no such table: missing"):
        open_store(store.folder)
    monkeypatch.setattr(database, "MAIN", (*MAIN, good))
    for _ in range(2):
        with open_store(store.folder) as opened:
            assert schema_version(opened.main) == number + 1
            assert opened.main.execute("SELECT count(*) FROM one").fetchone() == (1,)
            assert "two" not in opened.main.table_names()


def test_folders_opened_by_many_at_once_are_migrated_once_R5(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from store.database import create_store; create_store(Path(sys.argv[1]))"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "data")], stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    said = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    with open_store(tmp_path / "data") as opened:
        assert schema_version(opened.main) == MAIN[-1].number


def test_temporary_files_lie_in_the_data_folder_R6(store: Store) -> None:
    # SQLite unlinks a temporary file as soon as it has opened it, so the open files of the process are looked at.
    db = store.main
    db.execute("PRAGMA cache_size = 5")
    seen: set[str] = set()

    def look() -> int:
        for link in Path("/proc/self/fd").iterdir():
            try:
                target = str(link.readlink())
            except OSError:
                continue
            if "etilqs" in target:
                seen.add(str(Path(target).parent))
        return 0

    db.conn.set_progress_handler(look, 5_000)
    db.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
        " SELECT count(*) FROM (SELECT randomblob(100) AS b FROM n ORDER BY b)"
    ).fetchone()
    db.conn.set_progress_handler(None, 0)
    assert seen == {str(store.folder / "tmp")}
    assert db.execute("PRAGMA temp_store_directory").fetchone() == (str(store.folder / "tmp"),)


def test_a_store_works_in_a_forked_child_R7(store: Store) -> None:
    with store.write() as db:
        settings.write(db, "parent", "1")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with store.write() as db:
                settings.write(db, "child", settings.read(db, "parent") or "")
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    with store.write() as db:
        settings.write(db, "parent", "2")
    assert settings.read(store.main, "child") == "1"
    assert store.main.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_is_deleted_is_gone_from_the_files_R8(store: Store) -> None:
    canary = "canary-of-a-deleted-setting" * 200
    with store.write() as db:
        settings.write(db, "secret", canary)
    with store.write() as db:
        db.execute("DELETE FROM setting WHERE name = 'secret'")
    store.compact()
    for path in store.folder.rglob("*"):
        assert not path.is_file() or b"canary-of-a-deleted" not in path.read_bytes(), path.name


def test_compact_refuses_inside_a_transaction_R8(store: Store) -> None:
    with store.write(), pytest.raises(RuntimeError, match="inside a transaction"):
        store.compact()


def test_connections_of_ended_threads_are_closed_R1(store: Store) -> None:
    def use() -> None:
        _ = store.main

    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    use()
    before = open_files()
    for _ in range(20):
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
    assert open_files() <= before + 3


def test_the_folder_may_have_any_name_R4(tmp_path: Path) -> None:
    folder = tmp_path / "Bjørn's data? 100% #1"
    with create_store(folder) as made:
        assert schema_version(made.main) == MAIN[-1].number
    shutil.rmtree(folder)


def test_a_folder_prepared_for_a_group_is_shared_by_it(tmp_path: Path) -> None:
    """In the container the web server and the scheduler are two users of one group."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o2770)
    with create_store(folder) as store, store.write() as db:
        db.execute("INSERT INTO setting (name, value) VALUES ('a', 'b')")
        modes = {path.name: path.stat().st_mode & 0o7777 for path in folder.iterdir()}
    assert modes["svarboks.db"] == modes["waiting.db"] == modes["svarboks.db-wal"] == 0o660
    assert modes["reports"] == modes["tmp"] == 0o2770
    assert folder.stat().st_mode & 0o7777 == 0o2770
