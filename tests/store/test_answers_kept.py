"""Responses, free text, counts and the check that recounts them.

R1  Answers come back with their types, by version and key, without sorting in a temporary file.
R2  A response belongs to a version of its round, an answer to a response; otherwise nothing of the batch is kept.
R3  Free text has no way back to its response, and is unread until a person decides.
R4  Counts add up exactly, also where a sum of squares exceeds 64 bits, in any order.
R5  What came back is counted by unit and channel.
R6  The check finds nothing on whole data, and each kind of difference where there is one.
R7  The check reads responses one at a time.
"""

from __future__ import annotations

import random
import sqlite3
import tracemalloc
from collections.abc import Callable, Iterable

import pytest

from forms.report_plan import Increment
from store import consistency, counts, quarantine, responses, submissions
from store.counts import CountRow, ReturnedRow, Tally
from store.database import Store
from store.responses import Reading, StoredAnswer, StoredResponse

VERSION = "a" * 64
ROUND = "k7m2pq4t"


def key(number: int) -> bytes:
    return random.Random(number).randbytes(16)


def keep(store: Store, number: int, *, first: int = 0) -> None:
    """Keep responses of two answers each, with their counts, as mixing does."""
    keys = sorted(key(n) for n in range(first, first + number))
    answers = [
        row
        for one in keys
        for row in (
            (one, "trust", "answered", str(one[0] % 5)),
            (one, "minutes", "answered", one[1]),
        )
    ]
    tally = Tally()
    for one in keys:
        tally.add(increments(one[0] % 5, one[1]))
    with store.write() as db:
        responses.keep(db, [(one, ROUND, VERSION, None, "da", "web") for one in keys], answers)
        counts.add(db, ROUND, tally)
        counts.add_returned(db, ROUND, {(None, "web"): number})


def increments(trust: int, minutes: int) -> list[Increment]:
    return [
        Increment("trust", "[]", str(trust), 1, None),
        Increment("minutes", "[]", "~answered", 1, float(minutes)),
    ]


def recount(_version: str) -> Callable[[StoredResponse], Iterable[Increment]]:
    def count(response: StoredResponse) -> Iterable[Increment]:
        values = {row.place: row.value for row in response.rows}
        return increments(int(values["trust"]), values["minutes"])

    return count


def test_answers_come_back_as_they_were_R1(store: Store, round_id: str) -> None:
    answers = [
        (key(1), "aids/pump", "answered", 1),
        (key(1), "b", "answered", 2.5),
        (key(1), "c", "answered", "07:30"),
        (key(1), "d", "dont_know", None),
    ]
    one, other = sorted([key(1), key(2)])
    with store.write() as db:
        responses.keep(
            db,
            [(one, round_id, VERSION, None, "da", "web"), (other, round_id, VERSION, None, "ar", "tablet")],
            answers,
        )  # fmt: skip
    read = list(responses.read(store.main, round_id))
    assert [response.key for response in read] == [one, other]
    by_key = {response.key: response for response in read}
    assert by_key[key(1)].rows == [StoredAnswer(*row[1:]) for row in answers]
    assert [type(row.value) for row in by_key[key(1)].rows] == [int, float, str, type(None)]
    assert by_key[key(2)].rows == []
    assert responses.count(store.main, round_id) == 2


def test_reading_needs_no_sorting_R1(store: Store) -> None:
    seen: list[str] = []
    store.main.conn.set_trace_callback(seen.append)
    list(responses.read(store.main, ROUND))
    store.main.conn.set_trace_callback(None)
    plan = store.main.execute(f"EXPLAIN QUERY PLAN {seen[0]}").fetchall()
    assert "TEMP B-TREE" not in str(plan)
    assert "SCAN" not in str(plan)


@pytest.mark.parametrize(
    ("version", "answer_of", "unit"),
    [("b" * 64, key(1), None), (VERSION, key(9), None), (VERSION, key(1), "nowhere")],
)
def test_what_does_not_fit_keeps_nothing_R2(
    store: Store, round_id: str, version: str, answer_of: bytes, unit: str | None
) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.write() as db:
        responses.keep(
            db,
            [(key(2), round_id, VERSION, None, "da", "web"), (key(1), round_id, version, unit, "da", "web")],
            [(answer_of, "trust", "answered", "5")],
        )  # fmt: skip
    assert list(responses.read(store.main, round_id)) == []


def test_free_text_stands_apart_R3(store: Store, round_id: str) -> None:
    texts = sorted((key(n), round_id, "suggestions", f"text {n}", "da") for n in range(3))
    with store.write() as db:
        responses.keep(db, [], [], texts)
    kept = responses.texts(store.main, round_id)
    assert [(text.key, text.text, text.state) for text in kept] == [
        (row[0], row[3], "unread") for row in texts
    ]
    with store.write() as db:
        assert responses.decide_text(db, key(1), Reading.RELEASED)
        assert responses.decide_text(db, key(2), Reading.WITHHELD)
        assert not responses.decide_text(db, key(99), Reading.RELEASED)
    released = responses.texts(store.main, round_id, "suggestions", Reading.RELEASED)
    assert [text.text for text in released] == ["text 1"]
    assert responses.texts(store.main, round_id, "other") == []
    columns = {row[1] for row in store.main.execute("PRAGMA table_info(free_text)")}
    assert columns == {"key", "round", "place", "text", "language", "state"}


def test_counts_add_up_exactly_R4(store: Store, round_id: str) -> None:
    values = [10**11 + n for n in range(40)] + [-7, 0, 3]
    random.Random(3).shuffle(values)
    for some in (values[:1], values[1:20], values[20:]):
        with store.write() as db:
            counts.add(db, round_id, [Increment("cost", "[]", "~answered", 1, v) for v in some])
    with store.write() as db:
        counts.add(db, round_id, [Increment("trust", '["home"]', "5", 1, None)])
    assert counts.read(store.main, round_id) == [
        CountRow("cost", "[]", "~answered", 43, sum(values), sum(v * v for v in values)),
        CountRow("trust", '["home"]', "5", 1, 0, 0),
    ]
    assert sum(v * v for v in values) > 2**63
    assert [row.table for row in counts.read(store.main, round_id, "trust")] == ["trust"]


def test_a_value_that_is_not_whole_is_refused_R4() -> None:
    with pytest.raises(ValueError, match="whole number"):
        Tally([Increment("t", "[]", "c", 1, 2.5)])


def test_a_sum_that_does_not_fit_keeps_nothing_R4(store: Store, round_id: str) -> None:
    with pytest.raises(OverflowError), store.write() as db:
        counts.add(db, round_id, [Increment("t", "[]", "c", 1, 2**63)])
    assert counts.read(store.main, round_id) == []


def test_what_came_back_by_unit_and_channel_R5(store: Store, round_id: str) -> None:
    for _ in range(2):
        with store.write() as db:
            counts.add_returned(
                db, round_id, {(None, "web"): 2, ("assens", "web"): 1, ("assens", "tablet"): 4}
            )
    assert counts.returned(store.main, round_id) == [
        ReturnedRow(None, "web", 4),
        ReturnedRow("assens", "tablet", 8),
        ReturnedRow("assens", "web", 2),
    ]
    assert counts.returned_total(store.main, round_id) == 14
    assert counts.returned_total(store.main, "unknown") == 0


def test_whole_data_has_no_differences_R6(store: Store, round_id: str) -> None:
    keep(store, 200)
    keep(store, 50, first=200)
    item = submissions.Submission(key(1000), b"d" * 32, round_id, "{}", b"sealed")
    with store.write_waiting() as db:
        submissions.put(db, [item], known={}, ceilings={})
    assert consistency.check(store, recount) == []


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE count SET n = n + 1 WHERE cell = '3'", "table trust, group [], cell 3"),
        ("UPDATE count SET total = total - 1 WHERE tab = 'minutes'", "table minutes, group [], cell ~answered"),
        ("UPDATE count SET squares_high = 1 WHERE tab = 'minutes'", "table minutes"),
        ("DELETE FROM count WHERE cell = '3'", "cell 3"),
        ("INSERT INTO count VALUES ('k7m2pq4t', 'trust', '[]', '9', 1, 0, 0, 0)", "cell 9"),
        ("UPDATE answer SET value = '77' WHERE place = 'trust' AND value = '3'", "cell 77"),
        ("DELETE FROM response WHERE key = (SELECT min(key) FROM response)", "returned"),
        ("UPDATE returned SET n = n + 1", "returned"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM round_version", "svarboks.db, response"),
    ],
)  # fmt: skip
def test_each_difference_is_found_R6(
    store: Store, round_id: str, statement: str, place: str
) -> None:
    keep(store, 60)
    for one in statement.split("; "):
        store.main.execute(one)
    found = consistency.check(store, recount)
    assert any(place in difference.place for difference in found), found
    assert all("kept" in str(difference) for difference in found)


def test_what_waits_is_checked_R6(store: Store, round_id: str) -> None:
    items = [submissions.Submission(key(n), b"d" * 32, round_id, "{}", b"s") for n in range(3)]
    with store.write_waiting() as db:
        submissions.put(db, items, known={}, ceilings={})
        db.execute("DELETE FROM submission WHERE key = ?", (key(0),))
    (difference,) = consistency.check(store, recount)
    assert (difference.kept, difference.found) == ("3", "2 submissions")
    store.waiting.execute("DELETE FROM round_load")
    (difference,) = consistency.check(store, recount)
    assert (difference.kept, difference.found) == ("nothing", "2 submissions")


def test_quarantined_ones_have_come_back_too_R6(store: Store, round_id: str) -> None:
    item = submissions.Submission(key(1), b"d" * 32, round_id, "{}", b"sealed")
    with store.write_waiting() as db:
        submissions.put(db, [item], known={}, ceilings={})
        quarantine.move(db, round_id, {item.key: ["required"]})
        submissions.remove(db, round_id, [item.key])
    assert consistency.check(store, recount) == []
    with store.write() as db:
        counts.add_returned(db, round_id, {(None, "web"): 1})
    assert consistency.check(store, recount) == []


def test_a_damaged_file_is_told_R6(store: Store, round_id: str) -> None:
    keep(store, 500)
    page = store.main.execute("PRAGMA page_size").fetchone()[0]
    store.compact()
    root = store.main.execute(
        "SELECT rootpage FROM sqlite_master WHERE name = 'response_by_round'"
    ).fetchone()[0]
    store.close()
    with (store.folder / "svarboks.db").open("r+b") as file:
        file.seek((root - 1) * page)
        file.write(b"\xff" * page)
    found = consistency.check(store, recount)
    assert {difference.place for difference in found} == {"svarboks.db"}


def test_the_check_reads_one_at_a_time_R7(store: Store, round_id: str) -> None:
    keep(store, 3_000)

    def peak() -> int:
        tracemalloc.start()
        assert consistency.check(store, recount) == []
        _now, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    small = peak()
    keep(store, 12_000, first=3_000)
    assert peak() < small * 1.5 + 100_000
