"""`breakdown_1e6_vs_1e3`: time for tables of 22 units × 40 questions with disclosure control, of 1,000,000 responses over 1,000.

Counts in a real file, as mixing leaves them: a thousand drawn answers, counted once, and counted a thousand times. Timed is what
an edition does with them: reading the counts, arranging 80 tables (each question alone and by unit, 880 groups), disclosure
control, the figures. Responses are not read for tables and are left out; bench/tables.py has a million of them in the file.
"""

from __future__ import annotations

import random
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from exports.disclosure import Rule, disclose
from exports.figures import table_figures
from exports.tables import UnitPlace, build_tables
from forms.answers import compile_check
from forms.document import read_document, to_plain
from forms.report_plan import CompiledPlan, compile_plan
from forms.versions import Version, content_hash
from server.simulation import draw_answers
from store import counts, round_collections, rounds, versions
from store.counts import Tally
from store.database import Store, create_store
from store.round_collections import Collection

from .figure import Figure, median

BAR = 1.5
UNITS, QUESTIONS, DRAWN, TIMES = 22, 40, 1000, 1000
ROUNDS = 5
PLACES = tuple(UnitPlace(f"u{n}", f"Kommune {n}", (), ("s", "Syddanmark")) for n in range(UNITS))


def measure() -> Figure:
    """Ratio of the medians; the single times are in the detail, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        few, many = (Path(folder, name) for name in ("few", "many"))
        with _filled(few, 1) as small, _filled(many, TIMES) as large:
            hidden = [_tables(small)[1], _tables(large)[1]]
            pairs = [(_tables(large)[0], _tables(small)[0]) for _ in range(ROUNDS)]
            responses = [counts.returned_total(one.main, "r1") for one in (large, small)]
    return Figure(
        "breakdown_1e6_vs_1e3", median([a / b for a, b in pairs]), BAR, "lower",
        {"responses": responses, "tables": 2 * QUESTIONS, "hidden_groups": {"large": hidden[1], "small": hidden[0]},
         "ms_large": [round(a * 1e3, 1) for a, _ in pairs], "ms_small": [round(b * 1e3, 1) for _, b in pairs]},
    )  # fmt: skip


def document() -> str:
    """A survey of 40 questions on one scale, each alone and by unit."""
    questions = "\n".join(
        f"      - {{id: q{n}, kind: scale, text: Question {n}, points: degree, dont_know: true}}"
        for n in range(QUESTIONS)
    )
    tables = "\n".join(
        f"    - {{id: t{n}, question: q{n}}}\n    - {{id: t{n}_unit, question: q{n}, by: [unit]}}"
        for n in range(QUESTIONS)
    )
    return f"""format: 1
questionnaire: breakdown
shape: survey
languages: {{en: {{state: reviewed, by: Bench, on: 2026-01-01}}}}
title: Breakdown
scales:
  degree:
    - {{id: "5", text: Very much, score: 5, tone: favourable}}
    - {{id: "4", text: Much, score: 4, tone: favourable}}
    - {{id: "3", text: Some, score: 3, tone: neutral}}
    - {{id: "2", text: Little, score: 2, tone: unfavourable}}
    - {{id: "1", text: Not at all, score: 1, tone: unfavourable}}
sections:
  - id: s
    title: Section
    questions:
{questions}
report:
  tables:
{tables}
"""


QUESTIONNAIRE = read_document(document())
VERSION = Version(content_hash(QUESTIONNAIRE), QUESTIONNAIRE, 16384)


def _plan() -> CompiledPlan:
    return compile_plan(VERSION)


def _filled(data: Path, times: int) -> Store:
    store = create_store(data)
    rng = random.Random(5)
    checker, plan = compile_check(VERSION), _plan()
    drawn = [
        (rng.choice(PLACES).id, checker.check(draw_answers(QUESTIONNAIRE, rng)))
        for _ in range(DRAWN)
    ]
    now = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    with store.write() as db:
        versions.publish(
            db, version_hash=VERSION.hash, questionnaire="breakdown", shape="survey",
            title=dict(QUESTIONNAIRE.title), document=to_plain(QUESTIONNAIRE), padded_size=16384,
            published_on=date(2026, 1, 2),
        )  # fmt: skip
        round_collections.keep(db, Collection(id="c1", title={"en": "C"}))
        rounds.add(db, rounds.Round(
            id="r1", collection="c1", title={"en": "R"}, promise="anonymous", opens_at=now,
            answer_until=now + timedelta(days=9), receive_until=now + timedelta(days=9), languages=("en",),
            channels=("web",), versions=(VERSION.hash,), privacy_notice={}, access="invited",
        ))  # fmt: skip
    for _ in range(times):
        tally = Tally()
        for unit, checked in drawn:
            tally.add(plan.count(checked, unit, "en", "simulated"))
        with store.write() as db:
            counts.add(db, "r1", tally)
            counts.add_returned(db, "r1", {(None, "simulated"): DRAWN})
    return store


def _tables(store: Store) -> tuple[float, int]:
    """Seconds, and how many groups were hidden."""
    began = time.perf_counter()
    rows = counts.read(store.main, "r1")
    raw = build_tables(rows, _plan().tables, QUESTIONNAIRE, PLACES)
    figures = table_figures(disclose(raw, Rule(k=5)))
    seconds = time.perf_counter() - began
    return seconds, sum(group["state"] != "all" for one in figures for group in one["groups"])
