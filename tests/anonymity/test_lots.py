"""Sealed answers lie in waiting.db by a number made of their random keys: it tells nothing of the order in which they arrived."""

from __future__ import annotations

import random
from itertools import count
from pathlib import Path

import pytest

from store import submissions
from store.database import create_store
from store.lots import lot_of
from store.migrations import WAITING
from store.submissions import Submission
from tests.anonymity.checks import BAR, rank_correlation

ANSWERS = 2000
CHANCE = random.Random(7)


def submission(number: int) -> Submission:
    return Submission(CHANCE.randbytes(16), number.to_bytes(32), "r", "{}", b"s" * 300)


def stored(folder: Path) -> list[int]:
    """The arrival numbers of two thousand answers, received ten at a time, in the order of their lots."""
    with create_store(folder) as store:
        for start in range(0, ANSWERS, 10):
            with store.write_waiting() as db:
                some = [submission(number) for number in range(start, start + 10)]
                submissions.put(db, some, known={}, ceilings={})
        rows = store.waiting.execute("SELECT digest FROM submission NOT INDEXED").fetchall()
    return [int.from_bytes(digest) for (digest,) in rows]


def test_lots_tell_no_order(tmp_path: Path) -> None:
    rho = rank_correlation(stored(tmp_path / "data"))
    print(f"\n{rho:+.3f}")
    assert abs(rho) < BAR


def test_lots_that_are_counted_up_are_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = count(1)
    monkeypatch.setattr(submissions, "lot_of", lambda _key: next(numbers))
    assert rank_correlation(stored(tmp_path / "data")) == 1.0


def test_what_waits_is_kept_when_it_is_laid_out_anew(tmp_path: Path) -> None:
    with create_store(tmp_path / "data") as store:
        db = store.waiting.conn
        db.execute("DROP TABLE submission")
        db.execute(
            "CREATE TABLE submission (key BLOB NOT NULL PRIMARY KEY, digest BLOB NOT NULL, round TEXT NOT NULL,"
            " header TEXT NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID"
        )
        some = sorted(submission(number) for number in range(50))
        db.executemany("INSERT INTO submission VALUES (?, ?, ?, ?, ?)", some)
        db.create_function("lot_of", 1, lot_of, deterministic=True)
        db.executescript(next(one.sql for one in WAITING if one.number == 4))
        assert sorted(submissions.take(store.waiting, "r", 100)) == some
        lots = [lot for (lot,) in db.execute("SELECT lot FROM submission ORDER BY key")]
        assert lots == [lot_of(one.key) for one in some]
        assert min(lots) >= 0 and lots != sorted(lots)
