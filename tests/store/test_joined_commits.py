"""Receiving: each submission exactly once, whatever is repeated, and answered only after its commit.

R1  Same key and same bytes, also twenty at once and after mixing: one row, `repeated`. Same key, other bytes: `conflict`,
    nothing changed.
R2  A round receives no more than its ceiling; a repeat is never refused for it.
R3  When `submit` returns, another connection sees the submission.
R4  One submission that breaks a rule fails alone.
R5  A closed writer, a locked file and a slow disk are BUSY; closing commits what waits.
R6  The writer works in threads, in several processes at once and after a fork.
R7  Submissions leave in the order of their lots; removing may be repeated.
R8  Quarantine keeps the sealed bytes with codes, and may be repeated.
"""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from forms.problems import Problem, ProblemError
from store import database, quarantine, receipts, submissions
from store.database import Store
from store.joined_commits import JoinedWriter
from store.lots import lot_of
from store.submissions import Outcome, Submission

ROUND = "k7m2pq4t"


def submission(number: int, text: str = "", round_id: str = ROUND) -> Submission:
    key = hashlib.sha256(f"key {number}".encode()).digest()[:16]
    sealed = f"sealed {number} {text}".encode() * 30
    return Submission(key, hashlib.sha256(sealed).digest(), round_id, '{"channel":"web"}', sealed)


def in_threads(number: int, work: object) -> None:
    barrier = threading.Barrier(number)

    def begin(index: int) -> None:
        barrier.wait()
        work(index)  # type: ignore[operator]

    threads = [threading.Thread(target=begin, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_twenty_at_once_are_one_R1(store: Store) -> None:
    outcomes: list[Outcome] = []
    with JoinedWriter(store.folder) as writer:
        in_threads(20, lambda _index: outcomes.append(writer.submit(submission(1))))
        assert sorted(outcomes) == [Outcome.NEW] + [Outcome.REPEATED] * 19
        assert writer.submit(submission(1)) is Outcome.REPEATED
        assert writer.submit(submission(1, "other")) is Outcome.CONFLICT
    assert submissions.take(store.waiting, ROUND, 10) == [submission(1)]
    assert submissions.waiting_count(store.waiting, ROUND) == 1


def test_a_conflict_within_one_transaction_R1(store: Store) -> None:
    with store.write_waiting() as db:
        outcomes = submissions.put(
            db, [submission(1), submission(1, "other"), submission(1)], known={}, ceilings={}
        )
    assert outcomes == [Outcome.NEW, Outcome.CONFLICT, Outcome.REPEATED]


def test_what_was_mixed_long_ago_is_known_R1(store: Store) -> None:
    with JoinedWriter(store.folder) as writer:
        writer.submit(submission(1))
        with store.write() as db:
            receipts.add(db, [(submission(1).key, submission(1).digest)])
        with store.write_waiting() as db:
            assert submissions.remove(db, ROUND, [submission(1).key]) == 1
        assert writer.submit(submission(1)) is Outcome.REPEATED
        assert writer.submit(submission(1, "other")) is Outcome.CONFLICT
    assert submissions.waiting_counts(store.waiting) == {}
    assert receipts.state_of(store.main, submission(1).key) == "mixed"
    assert receipts.state_of(store.main, submission(2).key) is None


def test_a_receipt_is_never_given_twice_R1(store: Store) -> None:
    with store.write() as db:
        receipts.add(db, [(submission(1).key, submission(1).digest)])
    with pytest.raises(sqlite3.IntegrityError), store.write() as db:
        receipts.add(
            db, [(submission(2).key, b"d" * 32), (submission(1).key, submission(1).digest)]
        )
    assert receipts.state_of(store.main, submission(2).key) is None


def test_digests_of_many_keys_R1(store: Store) -> None:
    many = [submission(number) for number in range(500)]
    with store.write() as db:
        receipts.add(db, [(one.key, one.digest) for one in many[::2]])
    found = receipts.digest_of(store.main, [one.key for one in many])
    assert found == {one.key: one.digest for one in many[::2]}
    assert receipts.digest_of(store.main, []) == {}


def test_a_round_holds_no_more_than_its_ceiling_R2(store: Store) -> None:
    outcomes: list[Outcome] = []
    with JoinedWriter(store.folder) as writer:
        in_threads(16, lambda index: outcomes.append(writer.submit(submission(index), ceiling=10)))
        assert outcomes.count(Outcome.NEW) == 10
        assert outcomes.count(Outcome.FULL) == 6
        kept = submissions.take(store.waiting, ROUND, 100)
        assert writer.submit(kept[0], ceiling=10) is Outcome.REPEATED
        # What was mixed has been received all the same.
        with store.write_waiting() as db:
            submissions.remove(db, ROUND, [one.key for one in kept])
        assert writer.submit(submission(99), ceiling=10) is Outcome.FULL
        assert writer.submit(submission(99), ceiling=11) is Outcome.NEW
        assert writer.submit(submission(100, round_id="other"), ceiling=10) is Outcome.NEW
    assert submissions.waiting_counts(store.waiting) == {ROUND: 1, "other": 1}


def test_the_ceiling_is_held_within_one_transaction_R2(store: Store) -> None:
    many = [submission(number) for number in range(200)]
    with store.write_waiting() as db:
        outcomes = submissions.put(db, [*many, many[0], many[150]], known={}, ceilings={ROUND: 130})
    assert outcomes == [
        *[Outcome.NEW] * 130,
        *[Outcome.FULL] * 70,
        Outcome.REPEATED,
        Outcome.FULL,
    ]
    assert submissions.waiting_count(store.waiting, ROUND) == 130
    assert len(submissions.take(store.waiting, ROUND, 1000)) == 130


def test_it_is_committed_when_submit_returns_R3(store: Store) -> None:
    other = sqlite3.connect(store.folder / database.WAITING_FILE)
    with JoinedWriter(store.folder) as writer:
        for number in range(50):
            one = submission(number)
            writer.submit(one)
            seen = other.execute("SELECT digest FROM submission WHERE key = ?", (one.key,))
            assert seen.fetchone() == (one.digest,)
    other.close()


def test_one_that_breaks_a_rule_fails_alone_R4(store: Store) -> None:
    fine: list[Outcome] = []
    broken: list[Exception] = []

    def send(index: int) -> None:
        one = submission(index)
        if index % 4:
            fine.append(writer.submit(one))
            return
        try:
            writer.submit(one._replace(key=b"short"))
        except sqlite3.IntegrityError as error:
            broken.append(error)

    with JoinedWriter(store.folder) as writer:
        for _ in range(3):
            in_threads(16, send)
    assert (len(fine), len(broken)) == (36, 12)
    assert fine.count(Outcome.NEW) == 12
    assert submissions.waiting_count(store.waiting, ROUND) == 12


def test_a_closed_writer_is_busy_R5(store: Store) -> None:
    writer = JoinedWriter(store.folder)
    assert writer.submit(submission(1)) is Outcome.NEW
    writer.close()
    writer.close()
    with pytest.raises(ProblemError) as caught:
        writer.submit(submission(2))
    assert caught.value.problem is Problem.BUSY
    assert submissions.waiting_count(store.waiting, ROUND) == 1


def test_closing_commits_what_waits_R5(store: Store) -> None:
    outcomes: list[Outcome] = []
    writer = JoinedWriter(store.folder)
    writer.submit(submission(0))
    until(lambda: writer._asleep)
    with store.write_waiting():
        threads = [
            threading.Thread(target=lambda n=n: outcomes.append(writer.submit(submission(n))))
            for n in range(1, 9)
        ]
        # The writer takes the first and cannot commit it; so the others stand in the list, all of them.
        threads[0].start()
        until(lambda: not writer._asleep and not writer._requests)
        for thread in threads[1:]:
            thread.start()
        until(lambda: len(writer._requests) == 7)
        closing = threading.Thread(target=writer.close)
        closing.start()
    for thread in [*threads, closing]:
        thread.join()
    assert outcomes == [Outcome.NEW] * 8


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_held_lock_is_busy_and_the_same_again_is_safe_R5(store: Store) -> None:
    with JoinedWriter(store.folder, patience=0.2) as writer:
        writer.submit(submission(0))
        with store.write_waiting():
            with pytest.raises(ProblemError) as caught:
                writer.submit(submission(1))
            assert caught.value.problem is Problem.BUSY
    with JoinedWriter(store.folder) as writer:
        assert writer.submit(submission(1)) is Outcome.REPEATED


def test_a_folder_that_is_gone_is_busy_R5(tmp_path: Path) -> None:
    with JoinedWriter(tmp_path / "nothing") as writer, pytest.raises(ProblemError) as caught:
        writer.submit(submission(1))
    assert caught.value.problem is Problem.BUSY


def test_many_threads_lose_nothing_R6(store: Store) -> None:
    with JoinedWriter(store.folder) as writer:
        in_threads(
            8,
            lambda index: [writer.submit(submission(index * 100 + n), ceiling=9_999) for n in range(100)],
        )  # fmt: skip
    kept = submissions.take(store.waiting, ROUND, 10_000)
    assert {one.key for one in kept} == {submission(n).key for n in range(800)}
    assert submissions.waiting_count(store.waiting, ROUND) == 800


def test_two_processes_at_once_lose_nothing_R6(store: Store, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from threading import Thread\n"
        "from store.joined_commits import JoinedWriter; from store.submissions import Submission\n"
        "import hashlib\n"
        "def send(first):\n"
        "    for n in range(first, first + 100):\n"
        "        b = str(n).encode(); d = hashlib.sha256(b).digest()\n"
        "        w.submit(Submission(d[:16], d, 'k7m2pq4t', '{}', b))\n"
        "w = JoinedWriter(Path(sys.argv[1])); first = int(sys.argv[2])\n"
        "ts = [Thread(target=send, args=(first + 50 * i,)) for i in range(4)]\n"
        "[t.start() for t in ts]; [t.join() for t in ts]; w.close()\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(store.folder), str(first)])
        for first in (0, 100)
    ]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    assert submissions.waiting_count(store.waiting, ROUND) == 350
    assert len(submissions.take(store.waiting, ROUND, 1000)) == 350


def test_a_writer_begins_anew_after_a_fork_R6(store: Store) -> None:
    with JoinedWriter(store.folder) as writer:
        assert writer.submit(submission(1)) is Outcome.NEW
        child = os.fork()
        if child == 0:
            status = 1
            try:
                good = writer.submit(submission(1)) is Outcome.REPEATED
                good = good and writer.submit(submission(2)) is Outcome.NEW
                writer.close()
                status = 0 if good else 2
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert writer.submit(submission(2)) is Outcome.REPEATED
        assert writer.submit(submission(3)) is Outcome.NEW


def test_they_leave_in_the_order_of_their_lots_R7(store: Store) -> None:
    numbers = list(range(100))
    random.Random(1).shuffle(numbers)
    with JoinedWriter(store.folder) as writer:
        for number in numbers:
            writer.submit(submission(number))
        writer.submit(submission(500, round_id="other"))
    keys = sorted((submission(number).key for number in numbers), key=lot_of)
    first = submissions.take(store.waiting, ROUND, 60)
    rest = submissions.take(store.waiting, ROUND, 60, after=first[-1].key)
    assert [one.key for one in [*first, *rest]] == keys
    with store.write_waiting() as db:
        assert submissions.remove(db, ROUND, keys[:70]) == 70
    with store.write_waiting() as db:
        assert submissions.remove(db, ROUND, [*keys[:71], submission(500).key]) == 1
    assert submissions.waiting_counts(store.waiting) == {ROUND: 29, "other": 1}


def test_taking_needs_no_sorting_R7(store: Store) -> None:
    plan = store.waiting.execute(
        "EXPLAIN QUERY PLAN SELECT key, digest, round, header, sealed FROM submission"
        " WHERE round = ? AND lot > ? ORDER BY lot LIMIT ?",
        ("r", -1, 1),
    ).fetchall()
    assert "TEMP B-TREE" not in str(plan)


def test_quarantine_keeps_the_sealed_bytes_R8(store: Store) -> None:
    with store.write_waiting() as db:
        submissions.put(db, [submission(1), submission(2), submission(3)], known={}, ceilings={})
    codes = {
        submission(1).key: ["wrong-type", "required", "required"],
        submission(2).key: ["noise"],
    }
    for expected in (2, 0):
        with store.write_waiting() as db:
            assert quarantine.move(db, ROUND, codes) == expected
    with store.write_waiting() as db:
        assert submissions.remove(db, ROUND, codes) == 2
    assert quarantine.count(store.waiting, ROUND) == 2
    assert quarantine.codes(store.waiting, ROUND) == {"noise": 1, "required": 1, "wrong-type": 1}
    one = next(q for q in quarantine.listed(store.waiting, ROUND) if q.key == submission(1).key)
    assert one == (*submission(1)[:3], ("required", "wrong-type"), *submission(1)[3:])
