"""Versions, rounds and their units, editions: what never changes once it is there.

R1  A version is kept once under the next number of its questionnaire, and never changes.
R2  A round comes back as it was kept; its newest version is the one that is served.
R3  The smallest group is at least 5 and never lowered after opening; promise and key stay; no step back.
R4  A round is found when it is due to open or to close, to the second.
R5  The units of a round keep their day and their four numbers.
R6  Editions are numbered in their round and never change; a file is noted in place of its predecessor.
R7  Instants are UTC text; one without a zone is refused.
"""

from __future__ import annotations

import importlib.util
import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType

import pytest

from forms.problems import Problem, ProblemError
from forms.units import Unit
from store import accounts, editions, round_units, rounds, units, versions, working_groups
from store.database import Store
from store.editions import EditionFile
from store.instants import instant_text, read_instant
from store.round_units import RoundUnit
from store.rounds import RoundState


def _conftest() -> ModuleType:
    path = Path(__file__).with_name("conftest.py")
    spec = importlib.util.spec_from_file_location("store_cast", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cast = _conftest()
SECOND = timedelta(seconds=1)


def publish(store: Store, sign: str, questionnaire: str = "iv") -> versions.KeptVersion:
    with store.write() as db:
        return versions.publish(
            db,
            version_hash=sign * 64,
            questionnaire=questionnaire,
            shape="survey",
            title={"da": f"Titel {sign}"},
            document={"a": [1, {"æ": None}]},
            padded_size=4096,
            published_on=date(2022, 1, 2),
        )


def test_versions_are_numbered_and_kept_once_R1(store: Store) -> None:
    assert [publish(store, sign).number for sign in ("a", "b", "a")] == [1, 2, 1]
    assert publish(store, "c", "sof").number == 1
    kept = versions.read(store.main, "a" * 64)
    assert (kept.document, kept.published_on) == ({"a": [1, {"æ": None}]}, date(2022, 1, 2))
    newest = versions.latest(store.main, "iv")
    assert newest is not None
    assert newest.hash == "b" * 64
    assert versions.latest(store.main, "unknown") is None
    assert [(v.questionnaire, v.number) for v in versions.listed(store.main)] == [
        ("iv", 2),
        ("iv", 1),
        ("sof", 1),
    ]
    assert versions.listed(store.main, "iv")[1].title == {"da": "Titel b"}
    assert versions.starting_with(store.main, "bb") == ["b" * 64]
    assert versions.starting_with(store.main, "%") == versions.starting_with(store.main, "") == []


@pytest.mark.parametrize("statement", ["UPDATE version SET document = '{}'", "DELETE FROM version"])
def test_a_version_never_changes_R1(store: Store, statement: str) -> None:
    publish(store, "a")
    with pytest.raises(sqlite3.IntegrityError, match="never"), store.write() as db:
        db.execute(statement)
    assert versions.read(store.main, "a" * 64).document == {"a": [1, {"æ": None}]}


def test_an_unknown_version_is_a_problem_R1(store: Store) -> None:
    with pytest.raises(ProblemError) as caught:
        versions.read(store.main, "f" * 64)
    assert caught.value.problem is Problem.NO_SUCH_VERSION


def test_a_round_comes_back_as_it_was_kept_R2(store: Store) -> None:
    with store.write() as db:
        working_groups.keep(db, working_groups.WorkingGroup(id="iv", name="IV-arbejdsgruppen"))
    new = cast.keep_round(
        store,
        "aaaaaaaa",
        survey="sample",
        population=1200,
        ceiling=500,
        access="invited",
        contact={"da": "Ring 12 34 56 78"},
        working_group="iv",
        smallest_group=8,
    )
    assert rounds.read(store.main, "aaaaaaaa") == new
    assert rounds.find(store.main, "bbbbbbbb") is None
    with pytest.raises(ProblemError) as caught:
        rounds.read(store.main, "bbbbbbbb")
    assert caught.value.problem is Problem.NO_SUCH_ROUND


def test_the_newest_version_is_served_R2(store: Store, round_id: str) -> None:
    # The later version has the smaller hash: its number counts.
    publish(store, "0", "iv-satisfaction")
    with store.write() as db:
        rounds.add_version(db, round_id, "0" * 64)
        rounds.add_version(db, round_id, "0" * 64)
    assert rounds.read(store.main, round_id).versions == ("a" * 64, "0" * 64)
    assert rounds.read(store.main, round_id).version == "0" * 64


def test_an_account_sees_the_rounds_of_its_groups_R2(store: Store) -> None:
    with store.write() as db:
        for group in ("iv", "sof"):
            working_groups.keep(db, working_groups.WorkingGroup(id=group, name=group))
        ane = accounts.add(
            db,
            name="Ane",
            email="ane@example.org",
            grants=[accounts.Grant(accounts.Role.CHAIR, working_group="iv")],
        )
    cast.keep_round(store, "aaaaaaaa", working_group="iv")
    cast.keep_round(store, "bbbbbbbb", working_group="sof")
    cast.keep_round(store, "cccccccc")
    assert [one.id for one in rounds.listed(store.main, account=ane.id)] == ["aaaaaaaa"]
    assert len(rounds.listed(store.main)) == 3
    assert rounds.listed(store.main, state=RoundState.OPEN) == []


def opened(store: Store, round_id: str) -> None:
    with store.write() as db:
        rounds.set_key(db, round_id, "public", "0123456789abcdef")
        rounds.set_state(db, round_id, RoundState.OPEN)


def test_the_smallest_group_is_never_lowered_after_opening_R3(store: Store, round_id: str) -> None:
    with store.write() as db:
        rounds.set_smallest_group(db, round_id, 10)
        rounds.set_smallest_group(db, round_id, 8)
    opened(store, round_id)
    with store.write() as db:
        rounds.set_smallest_group(db, round_id, 9)
    with pytest.raises(sqlite3.IntegrityError, match="never lowered"), store.write() as db:
        rounds.set_smallest_group(db, round_id, 8)
    assert rounds.read(store.main, round_id).smallest_group == 9


@pytest.mark.parametrize("smallest", [4, 0, -1])
def test_the_smallest_group_is_at_least_five_R3(store: Store, round_id: str, smallest: int) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.write() as db:
        rounds.set_smallest_group(db, round_id, smallest)


def test_an_opened_round_keeps_its_promise_and_key_R3(store: Store, round_id: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="without its key"), store.write() as db:
        rounds.set_state(db, round_id, RoundState.OPEN)
    opened(store, round_id)
    with store.write() as db:
        rounds.set_key(db, round_id, "public", "0123456789abcdef")
    with pytest.raises(sqlite3.IntegrityError, match="key"), store.write() as db:
        rounds.set_key(db, round_id, "other", "0123456789abcdef")
    with pytest.raises(sqlite3.IntegrityError, match="promise"), store.write() as db:
        db.execute("UPDATE round SET promise = 'signed'")


def test_a_round_never_goes_back_R3(store: Store, round_id: str) -> None:
    opened(store, round_id)
    for state in (RoundState.CLOSED, RoundState.OPEN, RoundState.CLOSED, RoundState.FINISHED):
        with store.write() as db:
            rounds.set_state(db, round_id, state)
    for state in (RoundState.PLANNED, RoundState.OPEN, RoundState.CLOSED):
        with pytest.raises(sqlite3.IntegrityError, match="goes back"), store.write() as db:
            rounds.set_state(db, round_id, state)


def test_a_change_of_an_unknown_round_is_a_problem_R3(store: Store) -> None:
    with pytest.raises(ProblemError) as caught, store.write() as db:
        rounds.set_ceiling(db, "nowhere", 5)
    assert caught.value.problem is Problem.NO_SUCH_ROUND


def test_due_to_the_second_R4(store: Store, round_id: str) -> None:
    planned = rounds.read(store.main, round_id)
    assert [one.id for one in rounds.without_key(store.main)] == [round_id]
    assert rounds.due_to_open(store.main, planned.opens_at) == []
    with store.write() as db:
        rounds.set_key(db, round_id, "public", "0123456789abcdef")
    assert rounds.without_key(store.main) == []
    assert rounds.due_to_open(store.main, planned.opens_at - SECOND) == []
    assert [one.id for one in rounds.due_to_open(store.main, planned.opens_at)] == [round_id]
    opened(store, round_id)
    found = rounds.read(store.main, round_id)
    assert rounds.due_to_open(store.main, found.opens_at) == []
    assert rounds.due_to_close(store.main, found.receive_until - SECOND) == []
    assert [one.id for one in rounds.due_to_close(store.main, found.receive_until)] == [round_id]
    assert found.answering(found.answer_until - SECOND)
    assert not found.answering(found.answer_until)
    assert found.receiving(found.answer_until)
    assert not found.receiving(found.receive_until)
    assert not planned.receiving(planned.opens_at)


def test_instants_in_the_wrong_order_are_refused_R4(store: Store, round_id: str) -> None:
    found = rounds.read(store.main, round_id)
    with pytest.raises(sqlite3.IntegrityError), store.write() as db:
        rounds.set_instants(
            db,
            round_id,
            opens_at=found.opens_at,
            answer_until=found.receive_until + SECOND,
            receive_until=found.receive_until,
        )


def test_units_of_a_round_R5(store: Store, round_id: str) -> None:
    with store.write() as db:
        units.keep_units(
            db,
            [Unit(id="varde", name="Varde", kind="municipality"),
             Unit(id="assens", name="Assens", kind="municipality")],
        )  # fmt: skip
        round_units.keep(
            db,
            round_id,
            [RoundUnit(unit="varde", from_day=date(2022, 1, 15)), RoundUnit(unit="assens", offered=3)],
        )  # fmt: skip
        round_units.keep(
            db, round_id, [RoundUnit(unit="assens", eligible=9, offered=4, declined=0)]
        )
    assert round_units.listed(store.main, round_id) == [
        RoundUnit(unit="assens", name="Assens", eligible=9, offered=4, declined=0),
        RoundUnit(unit="varde", name="Varde", from_day=date(2022, 1, 15)),
    ]
    for wrong in (RoundUnit(unit="nowhere"), RoundUnit(unit="varde", unable=-1)):
        with pytest.raises(sqlite3.IntegrityError), store.write() as db:
            round_units.keep(db, round_id, [wrong])
    with store.write() as db:
        assert round_units.remove(db, round_id, "varde")
    opened(store, round_id)
    with store.write() as db:
        assert not round_units.remove(db, round_id, "assens")


def test_editions_are_numbered_and_never_change_R6(store: Store, round_id: str) -> None:
    assert editions.latest(store.main, round_id) is None
    figures = {"tables": [], "round": round_id}
    for name in ("one", "two"):
        with store.write() as db:
            made = editions.add(
                db, edition=name, round_id=round_id, made_at=cast.NOW, figures=figures
            )
    assert (made.number, made.figures, made.made_at) == (2, figures, cast.NOW)
    assert made.digest == editions.figures_digest({"round": round_id, "tables": []})
    assert [one.id for one in editions.listed(store.main, round_id)] == ["two", "one"]
    assert editions.latest(store.main, round_id) == editions.find(store.main, "two") == made
    with pytest.raises(sqlite3.IntegrityError, match="never changes"), store.write() as db:
        db.execute("UPDATE edition SET figures = '{}'")
    with pytest.raises(ProblemError) as caught:
        editions.read(store.main, "three")
    assert caught.value.problem is Problem.NO_EDITION


def test_files_of_an_edition_R6(store: Store, round_id: str) -> None:
    with store.write() as db:
        editions.add(db, edition="one", round_id=round_id, made_at=cast.NOW, figures={})
        for path in ("a.pdf", "b.pdf"):
            editions.keep_file(
                db,
                EditionFile(
                    edition="one", kind="report", language="da", digest="a" * 64, path=path
                ),
            )
    found = editions.find_file(store.main, "one", "report", "da")
    assert found is not None
    assert [found] == editions.files(store.main, "one")
    assert found.path == "b.pdf"
    assert editions.find_file(store.main, "one", "report", "en") is None
    for path in ("/etc/passwd", "../x.pdf"):
        with pytest.raises(sqlite3.IntegrityError), store.write() as db:
            editions.keep_file(
                db,
                EditionFile(
                    edition="one", kind="report", language="en", digest="a" * 64, path=path
                ),
            )


def test_instants_are_utc_R7() -> None:
    copenhagen = timezone(timedelta(hours=1))
    assert (
        instant_text(datetime(2022, 2, 28, 12, 0, 30, 999, tzinfo=copenhagen))
        == "2022-02-28T11:00:30Z"
    )
    assert read_instant("2022-02-28T11:00:30Z") == datetime(2022, 2, 28, 11, 0, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="zone"):
        instant_text(datetime(2022, 2, 28))  # noqa: DTZ001


def test_another_form_of_an_instant_is_refused_by_the_database_R7(
    store: Store, round_id: str
) -> None:
    for wrong in ("2022-02-28 11:00:00", "2022-02-28T11:00Z", "2022-02-28T11:00:00+01:00", ""):
        with pytest.raises(sqlite3.IntegrityError), store.write() as db:
            db.execute("UPDATE round SET opens_at = ?", (wrong,))
