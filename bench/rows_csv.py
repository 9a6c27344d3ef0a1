"""`csv_vs_sqlite_cli`: rows a second of a row-level CSV of 1,000,000 responses, over those of `sqlite3 -csv` on a query that
yields the same columns.

Ours is whole: it counts what may stand in the rows (the smallest group behind each value of the background), tells states apart,
and writes them shuffled. The command line writes what is there in the
order in which it lies. Of the two obvious queries it is given the faster one here (a look-up for each cell; the other, one
group with a CASE for each column, is printed beside).
"""

from __future__ import annotations

import random
import resource
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exports.datasets.row_rules import RowPlan
from exports.datasets.rows import write_rows
from exports.editions import make_edition
from store.database import MAIN_FILE
from store.response_rows import scan

from .figure import Figure, alternating
from .tables import filled

DRAWN = 1000
COPIES = 1000
BAR = 0.5


def measure(copies: int = COPIES, rounds: int = 3) -> Figure:
    """The ratio of the rates, the rates themselves, and how many columns and MB of memory it took."""
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as name:
        folder = Path(name)
        store, round_id, questionnaire = filled(folder / "data", copies, single_answers=True)
        figures = make_edition(
            store, round_id, now=datetime.now(UTC) + timedelta(minutes=1), rng=random.Random(1)
        ).figures
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        plans: list[RowPlan] = []

        def ours() -> float:
            began = time.perf_counter()
            plan = write_rows(
                folder / "ours.csv",
                figures,
                [questionnaire],
                scan(store.main, round_id),
                promise="anonymous",
                rng=random.Random(1),
            )
            assert plan is not None
            took = time.perf_counter() - began
            plans[:] = [plan]
            return plan.number / took

        ours()
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        places = [one.place for one in plans[0].variables]
        number = plans[0].number

        def theirs(query: str) -> float:
            began = time.perf_counter()
            with (folder / "theirs.csv").open("wb") as out:
                subprocess.run(
                    ["sqlite3", "-csv", "-header", str(folder / "data" / MAIN_FILE), query],
                    stdout=out,
                    check=True,
                )
            return number / (time.perf_counter() - began)

        looked_up = _by_look_ups(places, round_id)
        ratio, our_rates, their_rates = alternating(ours, lambda: theirs(looked_up), rounds)
        assert _lines(folder / "ours.csv") == _lines(folder / "theirs.csv") == number + 1
        grouped = theirs(_by_groups(places, round_id))
        store.close()
    return Figure(
        "csv_vs_sqlite_cli", ratio, BAR, "higher",
        {"responses": number, "columns": len(places), "rows_a_second": [round(rate) for rate in our_rates],
         "sqlite3_csv": [round(rate) for rate in their_rates], "sqlite3_csv_grouped": round(grouped),
         "grown_mb": round(grown / 1024)},
    )  # fmt: skip


def _by_look_ups(places: list[str], round_id: str) -> str:
    cells = ", ".join(
        f"(SELECT coalesce(value, '~' || state) FROM answer WHERE response = r.key AND place = '{place}') AS \"{place}\""
        for place in places
    )
    return f"SELECT {cells} FROM response r WHERE r.round = '{round_id}'"


def _by_groups(places: list[str], round_id: str) -> str:
    cells = ", ".join(
        f"max(CASE WHEN a.place = '{place}' THEN coalesce(a.value, '~' || a.state) END) AS \"{place}\""
        for place in places
    )
    return f"SELECT {cells} FROM response r JOIN answer a ON a.response = r.key WHERE r.round = '{round_id}' GROUP BY r.key"


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)
