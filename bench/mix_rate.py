"""`mix_rate_vs_raw`: responses a second unsealed, checked, kept and counted, beside raw sqlite3 writing the same rows.

Raw inserts the same answer rows and applies the same count updates, response by response, in the same portions and
order, into the tables of a data folder like ours (an answer needs its response's row there) with the same pragmas, and
neither unseals nor checks anything. Ours runs whole:
recovery, receipts, removal of the sealed copies, emptying of the logs.

Mixing adds count updates up before it writes them. Given that idea too (rows inserted, counts written once a portion),
raw has hardly anything left to do; that ratio is printed beside, as `with_counts_added_up`, and has no bar.
"""

from __future__ import annotations

import cProfile
import pstats
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forms import library
from server.publishing import publish
from server.round_opening import give_key, open_due
from server.round_plan import RoundPlan, set_up_round
from server.simulated_answers import sealed_answers
from server.simulation import draw_answers
from store import responses, rounds, submissions, versions
from store.counts import Tally
from store.database import MAIN_FILE, Store, create_store
from store.submissions import Submission
from sync.envelope import unpack
from sync.keys import KeyFolder
from sync.mixing import BATCH, mix
from sync.recount import recount

from .demo_notice import NOTICE
from .figure import Figure, alternating

RESPONSES = 10_000
BAR = 0.2

_RAW_RESPONSE = "INSERT INTO response VALUES (?, ?, ?, ?, ?, ?)"
_RAW_ANSWER = "INSERT INTO answer VALUES (?, ?, ?, ?)"
_RAW_COUNT = (
    "INSERT INTO count VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (round, tab, grp, cell) DO UPDATE SET"
    " n = n + excluded.n, total = total + excluded.total, squares = squares + excluded.squares"
)


def measure() -> Figure:
    """The ratio, and the rates it is made of."""
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        prepared = _Prepared(Path(folder))
        numbers = iter(range(1000))
        ratio, ours, raw = alternating(
            lambda: prepared.mix_rate(next(numbers)), lambda: prepared.raw_rate(next(numbers))
        )
        added_up, _, leaner = alternating(
            lambda: statistics.median(ours), lambda: prepared.raw_rate(next(numbers), added_up=True)
        )
        return Figure(
            "mix_rate_vs_raw", ratio, BAR, "higher",
            {"ours_per_s": [round(rate) for rate in ours], "raw_per_s": [round(rate) for rate in raw],
             "responses": RESPONSES, "answer_rows": len(prepared.rows), "count_updates": prepared.updates,
             "with_counts_added_up": round(added_up, 3), "raw_added_up_per_s": [round(rate) for rate in leaner]},
        )  # fmt: skip


class _Prepared:
    """Sealed answers to the IV questionnaire, and the rows that mixing made of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._now = datetime.now(UTC)
        rng = random.Random(7)
        questionnaire = library.read("iv-satisfaction")
        drawn = [draw_answers(questionnaire, rng) for _ in range(RESPONSES)]
        self._drawn = drawn
        self.rows: list[tuple[Any, ...]] = []
        self._people: list[_Written] = []

    @property
    def updates(self) -> int:
        """How many count updates all responses make."""
        return sum(len(one.updates) for one in self._people)

    @contextmanager
    def _installed(self, name: str) -> Iterator[tuple[Store, KeyFolder, str]]:
        """A new data folder with an open round, always under the same id, and its keys."""
        rng = random.Random(7)
        with create_store(self._folder / name) as store:
            keys = KeyFolder(self._folder / f"{name}-keys", data_folder=store.folder)
            version = publish(
                store,
                library.read("iv-satisfaction"),
                accept_unreviewed=("ar", "fa"),
                today=self._now.date(),
            )
            plan = RoundPlan(privacy_notice=NOTICE, languages=("da",), ceiling=10**6)
            made = set_up_round(store, version, plan, now=self._now, rng=rng)
            give_key(store, keys, made.id)
            open_due(store, keys, now=self._now)
            yield store, keys, made.id

    def mix_rate(self, number: int, profile: cProfile.Profile | None = None) -> float:
        """Responses a second of one whole mix in a new installation."""
        rng = random.Random(number + 1)
        with self._installed(f"ours-{number}") as (store, keys, round_id):
            opened = rounds.read(store.main, round_id)
            size = versions.read(store.main, opened.version).padded_size
            items = list(_submissions(sealed_answers(opened, size, self._drawn, rng)))
            with store.write_waiting() as db:
                submissions.put(db, items, known={}, ceilings={})
            store.empty_logs()
            if profile is not None:
                profile.enable()
            began = time.perf_counter()
            report = mix(store, keys, round_id, rng=rng, whole=False, now=self._now)
            took = time.perf_counter() - began
            if profile is not None:
                profile.disable()
            if report.mixed != RESPONSES:
                raise AssertionError(f"{report} of {RESPONSES}")
            if not self._people:
                again = recount(store)(opened.version)
                self._people = [
                    _Written(
                        (one.key, round_id, one.version, one.unit, one.language, one.channel),
                        [(one.key, *row) for row in one.rows],
                        [
                            (round_id, *place, n, total, squares)
                            for place, (n, total, squares) in Tally(again(one)).cells.items()
                        ],
                    )
                    for one in responses.read(store.main, round_id)
                ]
                self.rows = [row for one in self._people for row in one.rows]
        return RESPONSES / took

    def raw_rate(self, number: int, *, added_up: bool = False) -> float:
        """Responses a second of sqlite3 alone, in portions as large as mixing's."""
        people = self._people
        portions = [people[at : at + BATCH] for at in range(0, len(people), BATCH)]
        summed = [_added_up(portion) for portion in portions]
        with self._installed(f"raw-{number}") as (store, _, _):
            file = store.folder / MAIN_FILE
        with closing(sqlite3.connect(file, isolation_level=None)) as db:
            db.executescript(
                "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
                " PRAGMA wal_autocheckpoint = 4000;"
            )
            began = time.perf_counter()
            for portion, cells in zip(portions, summed, strict=True):
                db.execute("BEGIN IMMEDIATE")
                for one in portion:
                    db.execute(_RAW_RESPONSE, one.response)
                    db.executemany(_RAW_ANSWER, one.rows)
                    if not added_up:
                        db.executemany(_RAW_COUNT, one.updates)
                if added_up:
                    db.executemany(_RAW_COUNT, cells)
                db.execute("COMMIT")
            took = time.perf_counter() - began
        return len(people) / took


@dataclass(frozen=True, slots=True)
class _Written:
    """What keeping one response writes: its row, its answer rows, and (round, table, group, cell, n, total, squares)."""

    response: tuple[Any, ...]
    rows: list[tuple[Any, ...]]
    updates: list[tuple[Any, ...]]


def _added_up(portion: list[_Written]) -> list[tuple[Any, ...]]:
    cells: dict[tuple[Any, ...], list[int]] = {}
    for one in portion:
        for *place, n, total, squares in one.updates:
            sums = cells.setdefault(tuple(place), [0, 0, 0])
            sums[:] = [sums[0] + n, sums[1] + total, sums[2] + squares]
    return [(*place, *sums) for place, sums in cells.items()]


def _submissions(raws: Iterator[bytes]) -> Iterator[Submission]:
    for number, raw in enumerate(raws):
        envelope = unpack(raw)
        yield Submission(
            bytes.fromhex(envelope.header.key),
            number.to_bytes(32, "big"),
            envelope.header.round,
            envelope.header_text,
            envelope.sealed,
        )


def main() -> None:
    """Print where the time of one mix goes: `python -m bench.mix_rate`."""
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        prepared = _Prepared(Path(folder))
        profile = cProfile.Profile()
        rate = prepared.mix_rate(0, profile)
        sys.stdout.write(f"{rate:.0f} responses a second under the profiler\n")
        pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(18)


if __name__ == "__main__":
    main()
