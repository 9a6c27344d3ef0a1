"""Opens the data folder and owns its write transactions.

Three files: `svarboks.db` (main: everything that is kept), `waiting.db` (sealed answers until they are mixed) and
`paper.db` (scans until they are done with), so that the pages of what waits, and of what can be read, never lie in the
main file. Each thread has its own connections, opened when first used and never carried over a fork.

A write transaction begins IMMEDIATE: a deferred one that reads first and writes later fails with "database is locked"
as soon as two do it (measured: 716 of 800 lost with deferred, 0 of 800 with immediate). For the same reason
`sqlite_utils.Database.atomic()` is not used. The caller answers its client after the `with` block, that is, after
the commit, and never before.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from forms.problems import Problem, ProblemError
from store.lots import lot_of
from store.migrations import MAIN, PAPER, WAITING, Migration

MAIN_FILE = "svarboks.db"
WAITING_FILE = "waiting.db"
PAPER_FILE = "paper.db"
QUEUE_FILE = "waiting.queue"
TEMPORARY_FOLDER = "tmp"
REPORTS_FOLDER = "reports"
SCANS_FOLDER = "scans"

#: How long a connection waits for another one's lock before it gives up, in milliseconds.
BUSY_TIMEOUT = 10_000

#: Pages in the write-ahead log before it is copied into the file; more than SQLite's 1,000, because every copy costs
#: two fsyncs and a sealed answer alone fills several pages.
PAGES_BEFORE_CHECKPOINT = 4_000

#: Connections that a forked child inherited. Closing them there could touch the parent's log, so they are kept, unused.
_inherited: list[object] = []

_temporary_folder: Path | None = None
_temporary_folder_lock = threading.Lock()


def connect(path: Path, *, read_only: bool = False) -> Database:
    """A connection as all connections of Svarboks are: durable, checked, one statement one transaction unless begun.

    `read_only` gives one that refuses every write (PRAGMA query_only). The file must exist.
    """
    # check_same_thread is off only so that Store.close() may close the connections of other threads.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT / 1000,
    )
    database = Database(connection)
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        f"busy_timeout = {BUSY_TIMEOUT}",
        "temp_store = FILE",
        f"wal_autocheckpoint = {PAGES_BEFORE_CHECKPOINT}",
        f"query_only = {int(read_only)}",
    ):
        database.execute(f"PRAGMA {pragma}")
    _put_temporary_files_in(path.parent / TEMPORARY_FOLDER, database)
    return database


def _put_temporary_files_in(folder: Path, database: Database) -> None:
    """Make SQLite write its temporary files (VACUUM, large sorts) into the data folder, where backups skip them.

    SQLite reads SQLITE_TMPDIR only when the library starts, which in Python is at the import of sqlite3 (traced: later
    it went to /var/tmp all the same); the environment variable is set for child processes, the pragma for this one.
    The pragma is one per process and not safe to change beside running statements, so it is set once.
    """
    global _temporary_folder  # noqa: PLW0603 - SQLite keeps it in a global too
    with _temporary_folder_lock:
        if _temporary_folder != folder:
            _temporary_folder = folder
            os.environ["SQLITE_TMPDIR"] = str(folder)
            quoted = str(folder).replace("'", "''")
            database.execute(f"PRAGMA temp_store_directory = '{quoted}'")


class Queue:
    """Where those who write waiting.db in several processes wait for one another.

    SQLite's own waiting is sleeping and trying again, up to a tenth of a second: two busy processes reached 1,400
    submissions a second where one alone reached 4,900. The kernel wakes the next in line at once, and lets go when a
    process dies. It only orders the writers; what keeps them apart is still SQLite's lock.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / QUEUE_FILE
        if not path.exists():
            _make_file(path)
        self._file = os.open(path, os.O_RDWR)
        self._open = True

    def enter(self) -> None:
        """Wait until it is one's turn, as long as that takes."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def leave(self) -> None:
        """Let the next one in."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the file back; also in a forked child, whose copy would hold the parent's place after its death."""
        if self._open:
            self._open = False
            os.close(self._file)


class _Connections:
    """The connections of one thread of one process, and its place in the queue. Few threads need paper.db."""

    def __init__(self, process: int, folder: Path) -> None:
        self.process = -1
        self.main = connect(folder / MAIN_FILE)
        self.waiting = connect(folder / WAITING_FILE)
        self.queue = Queue(folder)
        self._paper_file = folder / PAPER_FILE
        self._paper: Database | None = None
        self.process = process

    @property
    def paper(self) -> Database:
        if self._paper is None:
            self._paper = connect(self._paper_file)
        return self._paper

    def close(self) -> None:
        self.main.close()
        self.waiting.close()
        if self._paper is not None:
            self._paper.close()
        self.queue.close()

    def __del__(self) -> None:
        # A thread has ended; in a forked child the connections are the parent's and stay untouched.
        if self.process == os.getpid():
            self.close()


class Store:
    """The data folder, opened. Safe to share between threads and to carry over a fork.

    `main` and `waiting` are this thread's connections. Reads need no more than that; for several reads that must agree
    use `reading()`; for writes `write()` and `write_waiting()`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._local = threading.local()
        self._all: weakref.WeakSet[_Connections] = weakref.WeakSet()
        self._process = os.getpid()

    @property
    def main(self) -> Database:
        """This thread's connection to svarboks.db."""
        return self._connections().main

    @property
    def waiting(self) -> Database:
        """This thread's connection to waiting.db."""
        return self._connections().waiting

    @property
    def paper(self) -> Database:
        """This thread's connection to paper.db."""
        return self._connections().paper

    @property
    def reports(self) -> Path:
        """The folder of rendered files, named by their content."""
        return self.folder / REPORTS_FOLDER

    @property
    def scans(self) -> Path:
        """The folder of uploaded files that are not read yet, under random names."""
        return self.folder / SCANS_FOLDER

    @contextmanager
    def write(self) -> Iterator[Database]:
        """One write transaction on the main file: BEGIN IMMEDIATE, then COMMIT, or ROLLBACK when the block raises.

        Raises ProblemError(BUSY) when the lock is not had in ten seconds, RuntimeError when one is open already.
        """
        with _transaction(self.main, "BEGIN IMMEDIATE") as database:
            yield database

    @contextmanager
    def write_waiting(self) -> Iterator[Database]:
        """As `write`, on waiting.db, in the queue with the processes that receive."""
        connections = self._connections()
        if connections.waiting.conn.in_transaction:
            raise RuntimeError("a transaction is open already; transactions do not nest")
        connections.queue.enter()
        try:
            with _transaction(connections.waiting, "BEGIN IMMEDIATE") as database:
                yield database
        finally:
            connections.queue.leave()

    @contextmanager
    def write_paper(self) -> Iterator[Database]:
        """As `write`, on paper.db."""
        with _transaction(self.paper, "BEGIN IMMEDIATE") as database:
            yield database

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """A read transaction on the main file: everything read in the block is of one moment."""
        with _transaction(self.main, "BEGIN") as database:
            yield database

    def compact(self) -> None:
        """Rewrite both files without free pages and with their rows in key order (VACUUM), and empty the logs.

        For the closing mix of a round, off-hours: it holds writers for some seconds per gigabyte (7 s for 0.7 GB) and
        needs as much free space again. Never call it after each mix. Not inside a transaction.
        Raises ProblemError(BUSY) when somebody else is writing for more than ten seconds.
        """
        for database in (self.main, self.waiting):
            if database.conn.in_transaction:
                raise RuntimeError("compact() cannot run inside a transaction")
            _put_temporary_files_in(self.folder / TEMPORARY_FOLDER, database)
            with _busy_is_a_problem():
                database.execute("VACUUM")
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def empty_logs(self) -> bool:
        """Copy both write-ahead logs into their files and cut them to nothing, so that no old page lingers in them.

        For the end of a mix: the log of waiting.db still holds the sealed pages that were removed. Waits up to ten
        seconds for readers of old pages; False when one of the logs could not be emptied. Not inside a transaction.
        """
        emptied = True
        for database in (self.main, self.waiting):
            blocked, _, _ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            emptied = emptied and not blocked
        return emptied

    def empty_paper_log(self) -> bool:
        """As `empty_logs`, for paper.db: after scans were removed. False when it could not be emptied."""
        blocked, _, _ = self.paper.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not blocked

    def close(self) -> None:
        """Close the connections of all threads of this process. The store may be used again afterwards."""
        for connections in list(self._all):
            if connections.process == os.getpid():
                connections.close()
        self._all = weakref.WeakSet()
        self._local = threading.local()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _connections(self) -> _Connections:
        process = os.getpid()
        if self._process != process:
            _inherited.append((list(self._all), self._local))
            for connections in self._all:
                connections.queue.close()
            self._all, self._local, self._process = weakref.WeakSet(), threading.local(), process
        mine: _Connections | None = getattr(self._local, "connections", None)
        if mine is None:
            mine = _Connections(process, self.folder)
            self._local.connections = mine
            self._all.add(mine)
        return mine


def open_store(folder: Path) -> Store:
    """Open an existing data folder and migrate it forward.

    Raises ProblemError: NOT_INITIALISED when a file is missing (a lost waiting.db is never replaced in silence, since
    it held answers), DATA_TOO_NEW when a newer Svarboks wrote it.
    """
    folder = Path(folder)
    for name in (MAIN_FILE, WAITING_FILE):
        if not (folder / name).is_file():
            raise ProblemError(Problem.NOT_INITIALISED, f"{folder / name} is missing.")
    return _migrated(folder)


def create_store(folder: Path) -> Store:
    """Make a data folder (mode 0700) with its files (0600), or fill one prepared for a group (see _shared); on one that exists, open it and migrate it forward.

    Raises ProblemError(NOT_INITIALISED) when svarboks.db is there without waiting.db.
    """
    folder = Path(folder)
    if (folder / MAIN_FILE).is_file():
        return open_store(folder)
    if not folder.is_dir():
        # another process may be making it at this moment
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    elif not _shared(folder):
        folder.chmod(0o700)
    # waiting.db first: where svarboks.db is, the folder is whole.
    for name in (WAITING_FILE, MAIN_FILE):
        _make_file(folder / name)
    return _migrated(folder)


def _shared(folder: Path) -> bool:
    """Whether somebody prepared this folder for several users of one group (set-group-id, as the Dockerfile does).

    Then the web server and the scheduler, which are different users there, share its files; else the owner is alone.
    """
    mode = folder.stat().st_mode
    return bool(mode & stat.S_ISGID and mode & stat.S_IWGRP)


def _make_file(path: Path) -> None:
    """An empty file for its owner only, or for the group that shares the folder. SQLite gives its logs the same mode."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if _shared(path.parent):
            os.fchmod(handle, 0o660)  # nosec B103 - the group that shares the folder, nobody else
    finally:
        os.close(handle)


def _migrated(folder: Path) -> Store:
    if not (folder / PAPER_FILE).is_file():
        # An older folder has none, nor has a restored one: scans are in no backup, since they go within days; the paper is there.
        _make_file(folder / PAPER_FILE)
    for name in (TEMPORARY_FOLDER, REPORTS_FOLDER, SCANS_FOLDER):
        if not (folder / name).is_dir():
            (folder / name).mkdir(exist_ok=True)
            (folder / name).chmod(0o2770 if _shared(folder) else 0o700)
    store = Store(folder)
    files = ((store.main, MAIN), (store.waiting, WAITING), (store.paper, PAPER))
    try:
        # Refuse each before touching any, so that a folder that is too new stays exactly as it was.
        for database, migrations in files:
            _refuse_newer(database, migrations)
        for database, migrations in files:
            _migrate(database, migrations)
    except BaseException:
        store.close()
        raise
    return store


def schema_version(database: Database) -> int:
    """The number of the last migration that this file has had."""
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _refuse_newer(database: Database, migrations: tuple[Migration, ...]) -> None:
    found, known = schema_version(database), migrations[-1].number
    if found > known:
        raise ProblemError(
            Problem.DATA_TOO_NEW, f"Its form is number {found}; this Svarboks knows {known}."
        )


def _migrate(database: Database, migrations: tuple[Migration, ...]) -> None:
    database.conn.create_function("lot_of", 1, lot_of, deterministic=True)
    for migration in migrations:
        if schema_version(database) >= migration.number:
            continue
        with _transaction(database, "BEGIN IMMEDIATE"):
            # Another process may have run it while this one waited for the lock.
            if schema_version(database) < migration.number:
                database.executescript(migration.sql)
                database.execute(f"PRAGMA user_version = {migration.number}")


@contextmanager
def _transaction(database: Database, begin: str) -> Iterator[Database]:
    connection = database.conn
    if connection.in_transaction:
        raise RuntimeError("a transaction is open already; transactions do not nest")
    with _busy_is_a_problem():
        connection.execute(begin)
    try:
        yield database
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    try:
        with _busy_is_a_problem():
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _busy_is_a_problem() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise ProblemError(Problem.BUSY) from error
        raise
