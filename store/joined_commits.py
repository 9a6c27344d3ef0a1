"""One writer for all requests that wait: their submissions go into one transaction, and all are answered after it.

A durable commit costs one wait for the disk, whether it holds one submission or fifty. Here one thread takes everything
that has gathered while the previous commit was on its way; under load the commits join by themselves, and a single
request waits for nobody. Nothing is answered before its transaction has committed.

One commit's pages lie side by side in the write-ahead log: where a code was spent, the mark of the code and the sealed answer
it came with. So after each commit that spent a code the log is emptied into the file, where nothing stands in the order of
time. That costs some waits for the disk a commit, and only in invited rounds.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from forms.problems import Problem, ProblemError
from store import quarantine, receipts, submissions
from store.database import BUSY_TIMEOUT, MAIN_FILE, WAITING_FILE, Queue, connect
from store.submissions import Outcome, Submission, Ticket

#: How long `submit` waits for its commit, in seconds: longer than a connection waits for a lock.
PATIENCE = 15.0

#: Memory for pages of waiting.db in this writer, in KiB. A hundred sealed answers of 16 KiB fill SQLite's own two MiB, and
#: what does not fit is written to the log and read back in the middle of the transaction (measured: 1.7 GB read for 6,000
#: answers instead of 0.15). It is used only as far as a transaction needs it.
CACHE = 65_536

#: Bytes of sealed answers that this writer commits before it copies the log into the file, and pages (of 4 KiB) in the log
#: above which it is copied within a commit, while all that it answers wait.
COPIED_AFTER = 16 * 1024 * 1024
LONGEST_LOG = 32_000

#: How long emptying the log waits for those who read it, in milliseconds; those who send wait behind it.
READERS_PATIENCE = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission with what is to be held against it.

    `ceiling` is how many submissions its round may receive in all; None = any number. `ticket` is given for a round that
    asks for a code, which is spent with it. `aside`: no mix could take it, so it goes to quarantine with this code.
    """

    submission: Submission
    ceiling: int | None = None
    ticket: Ticket | None = None
    aside: str | None = None


class _Request:
    """The submissions of one request, and the thread that waits for their outcomes. They fail together or not at all."""

    __slots__ = ("clears", "committed", "entries", "error", "outcomes")

    def __init__(self, entries: Sequence[Entry], *, clears: bool) -> None:
        self.entries = entries
        self.clears = clears
        self.outcomes: list[Outcome] | None = None
        self.error: Exception | None = None
        # A bare lock, taken now and released by the writer: the cheapest way for one thread to wait for another.
        self.committed = threading.Lock()
        self.committed.acquire()


class JoinedWriter:
    """Receives submissions of all threads of a process, durably. Its thread starts with the first one, also after a
    fork. `folder` is an opened (migrated) data folder; `most_aside` says of a code how many submissions may lie in
    quarantine with it."""

    def __init__(
        self,
        folder: Path,
        *,
        patience: float = PATIENCE,
        most_aside: Mapping[str, int] | None = None,
    ) -> None:
        self._folder = Path(folder)
        self._most_aside = dict(most_aside or {})
        self._patience = patience
        self._closed = False
        self._begin_anew()
        _writers.add(self)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Lock()
        self._wake.acquire()
        self._requests: list[_Request] = []
        self._asleep = False
        self._thread: threading.Thread | None = None
        self._files: _Files | None = None

    def _begin_anew_in_child(self) -> None:
        if self._files is not None:
            self._files.abandon()
        self._begin_anew()

    def submit(
        self,
        submission: Submission,
        *,
        ceiling: int | None = None,
        ticket: Ticket | None = None,
    ) -> Outcome:
        """Keep one submission, as `submit_all` keeps several. Raises sqlite3.IntegrityError when it breaks a rule of the
        table (a key that is not 16 bytes)."""
        return self._wait_for(_Request([Entry(submission, ceiling, ticket)], clears=False))[0]

    def submit_all(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Keep several submissions; returns when the one transaction that holds them (or finds them known) has committed.

        What is received here leaves no copy in quarantine. May be called from any number of threads. Raises ProblemError(BUSY) when the writer is closed, the file
        is locked or full, or the commit takes longer than the patience: then they may or may not be kept, and sending
        them again with the same keys is safe.
        """
        return self._wait_for(_Request(entries, clears=True)) if entries else []

    def _wait_for(self, request: _Request) -> list[Outcome]:
        with self._lock:
            if self._closed:
                raise ProblemError(Problem.BUSY, "The writer is closed.")
            self._requests.append(request)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._write, name="joined-commits", daemon=True
                )
                self._thread.start()
            elif self._asleep:
                self._asleep = False
                self._wake.release()
        if not request.committed.acquire(timeout=self._patience):
            raise ProblemError(Problem.BUSY)
        if request.error is not None:
            raise request.error
        if request.outcomes is None:
            raise ProblemError(Problem.BUSY, "The writer is closed.")
        return request.outcomes

    def close(self) -> None:
        """Commit what waits, then end the thread and its connections. Later submissions are refused with BUSY."""
        with self._lock:
            self._closed = True
            thread = self._thread
            if self._asleep:
                self._asleep = False
                self._wake.release()
        if thread is not None:
            thread.join()

    def __enter__(self) -> JoinedWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _write(self) -> None:
        """The thread: take all that wait, commit them, answer them, again."""
        while True:
            with self._lock:
                requests, self._requests = self._requests, []
                if not requests and not self._closed:
                    self._asleep = True
                closed = self._closed
            if not requests:
                if closed:
                    break
                self._wake.acquire()
                continue
            try:
                if self._files is None:
                    self._files = _Files(self._folder, self._most_aside)
                self._files.commit_each_or_all(requests)
            except Exception as error:
                for request in requests:
                    request.error = _as_seen_by_the_caller(error)
            for request in requests:
                request.committed.release()
            if self._files is not None and any(
                entry.ticket for request in requests for entry in request.entries
            ):
                self._files.empty_the_log()
            elif self._files is not None:
                self._files.copy_the_log()
        if self._files is not None:
            self._files.close()


class _Files:
    """What the thread writes with: connections of its own, and its place in the queue of waiting.db."""

    def __init__(self, folder: Path, most_aside: Mapping[str, int]) -> None:
        self.most_aside = most_aside
        self._main = connect(folder / MAIN_FILE, read_only=True)
        self._waiting = connect(folder / WAITING_FILE)
        self._waiting.execute(f"PRAGMA cache_size = -{CACHE}")
        self._waiting.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG}")
        self._written = 0
        self._queue = Queue(folder)

    def close(self) -> None:
        self._main.close()
        self._waiting.close()
        self._queue.close()

    def abandon(self) -> None:
        """In a forked child: let go of the parent's place in the queue, and never touch its connections."""
        self._queue.close()
        _inherited.append(self)

    def commit_each_or_all(self, requests: Sequence[_Request]) -> None:
        """One transaction for all; when one of them makes it fail, one for each, so that only that one fails."""
        try:
            self._commit(requests)
        except Exception as error:
            if len(requests) == 1 or _is_about_the_file(error):
                raise
            for request in requests:
                try:
                    self._commit([request])
                except Exception as own:
                    request.error = _as_seen_by_the_caller(own)

    def _commit(self, requests: Sequence[_Request]) -> None:
        entries = list(chain.from_iterable(request.entries for request in requests))
        taken = [entry for entry in entries if entry.aside is None]
        aside = [(entry.submission, entry.aside) for entry in entries if entry.aside is not None]
        keys = [entry.submission.key for entry in entries]
        ceilings = {
            entry.submission.round: entry.ceiling for entry in taken if entry.ceiling is not None
        }
        items = [entry.submission for entry in taken]
        tickets = [entry.ticket for entry in taken]
        connection = self._waiting.conn
        self._queue.enter()
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                # Under the lock nothing leaves waiting.db: what is not found there has its receipt by now.
                known = receipts.digest_of(self._main, keys)
                outcomes = submissions.put(
                    self._waiting,
                    items,
                    known=known,
                    ceilings=ceilings,
                    tickets=tickets if any(tickets) else None,
                )
                if aside:
                    known |= submissions.digest_of(self._waiting, [one.key for one, _ in aside])
                    put_aside = quarantine.put(
                        self._waiting, aside, known=known, most=self.most_aside
                    )
                if any(request.clears for request in requests):
                    quarantine.remove_received(
                        self._waiting,
                        [i for i, o in zip(items, outcomes, strict=True) if o is Outcome.NEW],
                    )
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        finally:
            self._queue.leave()
        self._written += sum(len(entry.submission.sealed) for entry in entries)
        of_taken, of_aside = iter(outcomes), iter(put_aside if aside else ())
        for request in requests:
            request.outcomes = [
                next(of_taken if entry.aside is None else of_aside) for entry in request.entries
            ]

    def copy_the_log(self) -> None:
        """Copy the log into the file when it has grown long, after those who waited have their answer.

        Others may commit meanwhile and lengthen it: when it is too long SQLite copies it within a commit, whose turn it is.
        """
        if self._written >= COPIED_AFTER:
            self._written = 0
            with suppress(
                sqlite3.OperationalError
            ):  # the answers are kept; it is copied after a later commit
                self._waiting.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def empty_the_log(self) -> None:
        """Copy waiting.db's log into the file and cut it to nothing. What a reader holds back goes the next time."""
        connection = self._waiting.conn
        self._queue.enter()
        try:
            connection.execute(f"PRAGMA busy_timeout = {READERS_PATIENCE}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.OperationalError:
            pass  # the answers are kept; the log is emptied after the next commit, and by the next mix
        finally:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
            self._queue.leave()


def _is_about_the_file(error: Exception) -> bool:
    """Whether it would happen to every submission (locked, disk full, cannot be read) and not to one of them."""
    return isinstance(error, sqlite3.OperationalError)


def _as_seen_by_the_caller(error: Exception) -> Exception:
    if _is_about_the_file(error):
        busy = ProblemError(Problem.BUSY)
        busy.__cause__ = error
        return busy
    return error


_inherited: list[_Files] = []
_writers: weakref.WeakSet[JoinedWriter] = weakref.WeakSet()


def _forget_the_parents_thread() -> None:
    """A forked child has the parent's objects but not its threads: every writer begins anew there."""
    for writer in _writers:
        writer._begin_anew_in_child()


os.register_at_fork(after_in_child=_forget_the_parents_thread)
