"""Editions, over a real data folder.

R1  An edition is made only when the round has stopped receiving and nothing waits to be mixed.
R2  Its figures equal a hand count of what was kept; asked again, the same edition is returned.
R3  Free text: only what a person released, from eight, without any other variable.
R4  A few more answers later: the next edition's figures stand with their date; many more: they advance.
R5  How it was collected: returned by channel, coverage and response rate apart; none for a public round.
R6  There is no edition before one was made.
R7  How many came on paper, and how their marks were read.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from exports.assemble import assemble
from exports.editions import latest_edition, make_edition, questionnaire_of
from exports.released_texts import SMALLEST_FREE_TEXT
from forms.document import to_plain
from forms.problems import Problem, ProblemError
from forms.report_plan import compile_plan
from forms.versions import Version, content_hash
from store import (
    counts,
    paper_batches,
    responses,
    round_collections,
    round_units,
    rounds,
    submissions,
    units,
    versions,
)
from store.database import Store, create_store
from store.paper_batches import Batch, BatchState, PaperTotals
from store.round_collections import Collection
from store.rounds import RoundState
from tests.exports.cast import iv_people, library

IV = library("iv-satisfaction")
HASH = content_hash(IV)
ROUND = "k7m2pq4t"
AFTER = datetime(2022, 3, 21, 12, 0, tzinfo=UTC)
BEFORE = datetime(2022, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with create_store(tmp_path / "data") as opened:
        yield opened


def open_round(store: Store, **changes: Any) -> None:
    with store.write() as db:
        versions.publish(
            db,
            version_hash=HASH,
            questionnaire=IV.id,
            shape=str(IV.shape),
            title=dict(IV.title),
            document=to_plain(IV),
            padded_size=16384,
            published_on=date(2022, 1, 2),
        )
        round_collections.keep(db, Collection(id="iv", title={"da": "IV"}))
        values: dict[str, Any] = {
            "id": ROUND,
            "collection": "iv",
            "title": {"da": "Tilfredshed med IV-behandling"},
            "promise": "anonymous",
            "opens_at": datetime(2022, 1, 3, 7, 0, tzinfo=UTC),
            "answer_until": datetime(2022, 2, 28, 11, 0, tzinfo=UTC),
            "receive_until": datetime(2022, 3, 21, 11, 0, tzinfo=UTC),
            "languages": ("da",),
            "channels": ("web", "paper"),
            "versions": (HASH,),
            "privacy_notice": {"controller": {"da": "Region Syddanmark"}},
            "access": "invited",
            **changes,
        }
        rounds.add(db, rounds.Round(**values))
        rounds.set_key(db, ROUND, "BA" * 43 + "A", "0" * 16)
        rounds.set_state(db, ROUND, RoundState.OPEN)


def answer(store: Store, people: list[dict[str, Any]], channel: str = "web") -> None:
    """Adds people to the counts through the compiled plan, as mixing does."""
    plan = compile_plan(Version(HASH, IV, 16384))
    tally = counts.Tally()
    for person in people:
        rows = [
            (place, "dont_know" if value == "~dont_know" else "not_relevant", None)
            if value.startswith("~")
            else (place, "answered", value)
            for place, value in person.items()
            if place != "unit"
        ]
        tally.add(plan.count(SimpleNamespace(rows=rows), None, "da", channel))
    with store.write() as db:
        counts.add(db, ROUND, tally)
        counts.add_returned(db, ROUND, {(None, channel): len(people)})


def close(store: Store) -> None:
    with store.write() as db:
        rounds.set_state(db, ROUND, RoundState.CLOSED)


def say(store: Store, n: int, state: responses.Reading) -> None:
    with store.write() as db:
        texts = [
            (random.randbytes(16), ROUND, "suggestions", f"{state} {i}", "da") for i in range(n)
        ]
        responses.keep(db, [], [], texts)
        for text in texts:
            responses.decide_text(db, text[0], state)


def test_not_while_it_receives(store: Store) -> None:
    """R1."""
    open_round(store)
    answer(store, iv_people(30))
    with pytest.raises(ProblemError) as caught:
        make_edition(store, ROUND, now=BEFORE, rng=random.Random(1))
    assert caught.value.problem is Problem.STILL_RECEIVING


def test_not_while_answers_wait(store: Store) -> None:
    """R1."""
    open_round(store)
    answer(store, iv_people(30))
    close(store)
    with store.write_waiting() as db:
        sealed = submissions.Submission(b"k" * 16, b"d" * 32, ROUND, "{}", b"sealed")
        submissions.put(db, [sealed], known={}, ceilings={ROUND: 10})
    with pytest.raises(ProblemError, match="1 answers wait"):
        make_edition(store, ROUND, now=AFTER, rng=random.Random(1))


def test_figures_equal_a_hand_count_and_stay(store: Store) -> None:
    """R2."""
    open_round(store)
    people = iv_people(120)
    answer(store, people)
    edition = make_edition(store, ROUND, now=AFTER, rng=random.Random(1))
    tables = {table["id"]: table for table in edition.figures["tables"]}
    for point in "54321":
        cell = next(one for one in tables["trust"]["groups"][0]["cells"] if one["cell"] == point)
        assert cell["n"] == sum(1 for person in people if person["trust"] == point)
    outside = tables["procedures"]["groups"][0]["outside"]
    assert outside["dont_know"] == sum(1 for one in people if one["procedures"] == "~dont_know")
    assert outside["not_relevant"] == sum(
        1 for one in people if one["procedures"] == "~not_relevant"
    )
    again = make_edition(store, ROUND, now=AFTER, rng=random.Random(2))
    assert (again.id, again.number) == (edition.id, 1)
    assert latest_edition(store, ROUND).digest == edition.digest
    report = assemble(edition.figures, questionnaire_of(store, ROUND), "da")
    assert report.made_on == "lavet den 21. marts 2022"


def test_free_text_only_when_released(store: Store) -> None:
    """R3."""
    open_round(store)
    answer(store, iv_people(30))
    say(store, SMALLEST_FREE_TEXT - 1, responses.Reading.RELEASED)
    say(store, 5, responses.Reading.WITHHELD)
    say(store, 5, responses.Reading.UNREAD)
    few = make_edition(store, ROUND, now=AFTER, rng=random.Random(21))
    assert few.figures["free_text"] == [{"question": "suggestions", "texts": []}]
    say(store, 3, responses.Reading.RELEASED)
    enough = make_edition(store, ROUND, now=AFTER, rng=random.Random(22))
    texts = enough.figures["free_text"][0]["texts"]
    assert enough.number == 2
    assert len(texts) == SMALLEST_FREE_TEXT + 2
    assert all(set(one) == {"language", "text"} for one in texts)
    assert {one["text"].split()[0] for one in texts} == {"released"}


def test_next_edition_advances_by_enough(store: Store) -> None:
    """R4."""
    open_round(store)
    answer(store, iv_people(60))
    close(store)
    make_edition(store, ROUND, now=AFTER, rng=random.Random(11))
    answer(store, iv_people(2, seed=8), "paper")
    second = make_edition(store, ROUND, now=AFTER.replace(day=28), rng=random.Random(12))
    trust = next(one for one in second.figures["tables"] if one["id"] == "trust")["groups"][0]
    assert trust["since"] == "2022-03-21"
    assert trust["n"] == sum(1 for one in iv_people(60) if one["trust"] != "~dont_know")
    assert second.figures["about"]["returned"] == {"paper": 2, "web": 60}
    answer(store, iv_people(60, seed=9), "paper")
    third = make_edition(store, ROUND, now=AFTER.replace(day=29), rng=random.Random(13))
    trust = next(one for one in third.figures["tables"] if one["id"] == "trust")["groups"][0]
    assert trust["since"] is None
    assert trust["n"] > 110


def test_how_it_was_collected(store: Store) -> None:
    """R5."""
    open_round(store)
    with store.write() as db:
        units.keep_units(
            db,
            [
                SimpleNamespace(
                    id=name, name=name, kind="municipality", region="", alternative_names=()
                )
                for name in ("assens", "odense")
            ],
        )
        round_units.keep(
            db,
            ROUND,
            [
                round_units.RoundUnit(unit="assens", eligible=40, offered=30, declined=2, unable=1),
                round_units.RoundUnit(unit="odense", eligible=60, offered=50, declined=3, unable=0),
            ],
        )
    answer(store, iv_people(40))
    answer(store, iv_people(10, seed=3), "paper")
    about = make_edition(store, ROUND, now=AFTER, rng=random.Random(1)).figures["about"]
    assert about["returned"] == {"paper": 10, "web": 40}
    assert (about["eligible"], about["offered"], about["declined"], about["unable"]) == (
        100,
        80,
        5,
        1,
    )
    assert about["coverage"] == pytest.approx(0.8)
    assert about["response_rate"] == pytest.approx(50 / 80)


def test_how_paper_was_read(store: Store) -> None:
    """R7: how many came on paper, and how many boxes a person decided; editions without a word of it are still read."""
    open_round(store)
    answer(store, iv_people(20))
    before = make_edition(store, ROUND, now=AFTER, rng=random.Random(1))
    assert "scanned" not in before.figures["about"]
    assert "papir" not in " ".join(assemble(before.figures, IV, "da").collected_notes)
    answer(store, iv_people(12, seed=3), "paper")
    answer(store, iv_people(3, seed=4), "typed")
    with store.write() as db:
        paper_batches.make(db, Batch(id="b" * 16, round=ROUND, made_at=AFTER))
        paper_batches.step(db, "b" * 16, BatchState.ACCEPTING, of={BatchState.UPLOADING})
        totals = PaperTotals(
            sheets=12, pages=12, boxes=1200, boxes_decided=31, second_read=20, disagreed=1
        )
        paper_batches.accepted(db, "b" * 16, totals, now=AFTER, scans_until=AFTER)
    made = make_edition(store, ROUND, now=AFTER, rng=random.Random(2))
    assert made.figures["about"]["scanned"] == {
        "sheets": 12, "boxes": 1200, "boxes_decided": 31, "second_read": 20, "disagreed": 1,
    }  # fmt: skip
    notes = assemble(made.figures, IV, "da").collected_notes
    assert "Svar, der kom på papir: 15." in notes
    assert "Felter læst fra scanninger: 1.200. Af dem afgjorde en person 31." in notes
    assert (
        "Svar på papir, som en person mere har læst: 20. De to var uenige om 1 (5\u00a0%)." in notes
    )
    english = assemble(made.figures, IV, "en").collected_notes
    assert "Boxes read from scans: 1,200. Of them a person decided 31." in english
    old = {**made.figures, "about": {**made.figures["about"]}}
    del old["about"]["scanned"]
    assert "Svar, der kom på papir: 15." in assemble(old, IV, "da").collected_notes


def test_public_round_has_no_response_rate(store: Store) -> None:
    """R5."""
    open_round(store, access="public")
    answer(store, iv_people(40))
    edition = make_edition(store, ROUND, now=AFTER, rng=random.Random(1))
    assert edition.figures["about"]["response_rate"] is None
    report = assemble(edition.figures, IV, "da")
    assert "ingen svarprocent" in report.collected_notes[0]


def test_none_before_one_was_made(store: Store) -> None:
    """R6."""
    open_round(store)
    with pytest.raises(ProblemError) as caught:
        latest_edition(store, ROUND)
    assert caught.value.problem is Problem.NO_EDITION
    with pytest.raises(ProblemError) as caught:
        latest_edition(store, "nowhere")
    assert caught.value.problem is Problem.NO_SUCH_ROUND
