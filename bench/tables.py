"""`tables_1e6_vs_1e3`: time to build and disclose all tables of a round with 1,000,000 responses over one with 1,000.

The million are real rows in a real file: a thousand drawn answers, each kept a thousand times under its own random key,
and counted so. What is timed is what `svarboks edition make` does with them: reading the counts, building the tables,
disclosure control, writing the edition.
"""

from __future__ import annotations

import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exports.editions import make_edition
from forms import library
from forms.answers import compile_check
from forms.questionnaire import Questionnaire
from forms.report_plan import compile_plan
from forms.versions import Version
from server.publishing import publish
from server.round_opening import close_round, give_key, open_due
from server.round_plan import RoundPlan, set_up_round
from server.simulation import draw_answers
from store import counts, responses
from store.counts import Tally
from store.database import Store, create_store
from sync.keys import KeyFolder

from .demo_notice import NOTICE
from .figure import Figure, median

DRAWN = 1000
BAR = 1.5
ROUNDS = 7


def measure() -> Figure:
    """Ratio of the medians; the single times are in the detail, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        few, many = _filled(small, 1), _filled(large, DRAWN)
        pairs = [(_timed(*many), _timed(*few)) for _ in range(ROUNDS)]
        kept = [responses.count(store.main, round_id) for store, round_id in (many, few)]
        for store, _ in (many, few):
            store.close()
    return Figure(
        "tables_1e6_vs_1e3", median([a / b for a, b in pairs]), BAR, "lower",
        {"responses": kept, "ms_large": [round(a * 1e3, 1) for a, _ in pairs],
         "ms_small": [round(b * 1e3, 1) for _, b in pairs]},
    )  # fmt: skip


def _filled(data: Path, copies: int) -> tuple[Store, str]:
    store, round_id, _ = filled(data, copies)
    return store, round_id


def filled(
    data: Path, copies: int, *, single_answers: bool = False
) -> tuple[Store, str, Questionnaire]:
    """A closed round with so many times a thousand responses, in a new data folder; its rows may be had where it says so."""
    rng = random.Random(11)
    questionnaire = library.read("iv-satisfaction")
    store = create_store(data)
    now = datetime.now(UTC)
    keys = KeyFolder(data.with_name(data.name + "-keys"), data_folder=data)
    kept = publish(store, questionnaire, accept_unreviewed=("ar", "fa"), today=now.date())
    round_plan = RoundPlan(privacy_notice=NOTICE, languages=("da",), single_answers=single_answers)
    made = set_up_round(store, kept, round_plan, now=now, rng=rng)
    give_key(store, keys, made.id)
    open_due(store, keys, now=now)
    version = Version(kept.hash, questionnaire, kept.padded_size)
    checker, plan = compile_check(version), compile_plan(version)
    drawn = [checker.check(draw_answers(questionnaire, rng)) for _ in range(DRAWN)]
    for _ in range(copies):
        keyed = sorted((rng.randbytes(16), checked) for checked in drawn)
        tally = Tally()
        for _key, checked in keyed:
            tally.add(plan.count(checked, None, "da", "simulated"))
        with store.write() as db:
            responses.keep(
                db,
                [(key, made.id, kept.hash, None, "da", "simulated") for key, _ in keyed],
                [
                    (key, row.place, str(row.state), row.value)
                    for key, checked in keyed
                    for row in checked.rows
                ],
            )
            counts.add(db, made.id, tally)
            counts.add_returned(db, made.id, {(None, "simulated"): len(keyed)})
    close_round(store, made.id, now=now + timedelta(seconds=1))
    return store, made.id, questionnaire


def _timed(store: Store, round_id: str) -> float:
    """One edition, timed; its figures are the same each time, so that nothing piles up."""
    began = time.perf_counter()
    make_edition(
        store, round_id, now=datetime.now(UTC) + timedelta(minutes=1), rng=random.Random(1)
    )
    return time.perf_counter() - began
