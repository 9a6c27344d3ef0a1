"""Mixing that is killed: at each of its points, begun again, it ends as if it had not been.

R1  Nothing is lost or kept twice, and what was left behind is not mixed as a company of its own.
R2  A copy in quarantine goes when the answer is mixed after all.
R3  Nothing sealed lingers in any file.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from store import counts, quarantine, receipts, responses, rounds, submissions
from store.consistency import check
from store.receipts import ReceiptState
from sync import mixing
from sync.envelope import pack, unpack
from sync.mixing import MixReport
from sync.recount import recount
from tests.sync.installation import (
    DOCUMENT,
    LATER,
    ROUND,
    Installation,
    draw,
    install,
    publish,
)
from tests.sync.mixing_runs import fill, kept, run

POINTS = ("opened", "quarantined", "writing", "written", "kept", "removed", "emptied")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Installation]:
    made = install(tmp_path)
    yield made
    made.store.close()


def digest_of_round(home: Installation) -> tuple[Any, ...]:
    """Everything that mixing leaves but the random keys, to compare two ways to the same end."""
    db = home.store.main
    return (
        sorted(
            (one.version, one.unit or "", one.language, one.channel, str(one.rows))
            for one in kept(home)
        ),
        sorted((text.place, text.text) for text in responses.texts(db, ROUND)),
        counts.read(db, ROUND),
        counts.returned(db, ROUND),
        quarantine.codes(home.store.waiting, ROUND),
        submissions.waiting_counts(home.store.waiting),
    )


# ---------------------------------------------------------------- killed


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it, and the store's connections are thrown away."""


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("batch", [1, 2])
def test_killed_at_each_point_and_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str, batch: int
) -> None:
    monkeypatch.setattr(mixing, "BATCH", 20)
    ends = []
    for name, killed in (("whole", False), ("killed", True)):
        home = install(tmp_path / name)
        rng = random.Random(5)
        raws = [home.seal(draw(rng)) for _ in range(44)]
        raws.append(home.seal({"trust": "9"}))
        home.receive(*raws)
        if killed:
            passed = 0

            def at(here: str) -> None:
                nonlocal passed
                passed += here == point
                if here == point and passed == (1 if point == "emptied" else batch):
                    raise Killed

            with pytest.raises(Killed):
                run(home, at=at)
            home.store.close()
        run(home, rng=random.Random(9), whole=True, now=LATER)
        assert check(home.store, recount(home.store)) == []
        for raw in raws:  # everybody retries: everything is known
            home.receive(raw, now=LATER)
        assert submissions.waiting_count(home.store.waiting, ROUND) == 0
        assert run(home, whole=True, now=LATER) == MixReport(0, 0, 0)
        ends.append(digest_of_round(home))
        home.store.close()
    assert ends[0] == ends[1]
    assert len(ends[0][0]) == 44


def test_what_a_kill_left_behind_is_not_mixed_company(
    home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(home, 15)

    def at(point: str) -> None:
        if point == "kept":
            raise Killed

    with pytest.raises(Killed):
        run(home, at=at)
    assert submissions.waiting_count(home.store.waiting, ROUND) == 15
    fill(home, 2)
    # Fifteen of the seventeen are only copies: the two new ones still wait for company.
    assert run(home) == MixReport(0, 0, 2)
    assert len(kept(home)) == 15


@pytest.mark.parametrize("killed_again", [None, "written", "kept"])
def test_a_copy_in_quarantine_goes_when_the_answer_is_mixed_after_all(
    home: Installation, killed_again: str | None
) -> None:
    def kill_at(point: str) -> Callable[[str], None]:
        def at(here: str) -> None:
            if here == point:
                raise Killed

        return at

    second = publish(home.store, DOCUMENT.replace("Hvor længe?", "Hvor længe varede det?"))
    fill(home, 10)
    early = home.seal({"trust": "1"}, version=second)
    foreign = home.seal({"trust": "9"})
    home.receive(early, foreign)
    with pytest.raises(Killed):
        run(home, at=kill_at("quarantined"))
    assert quarantine.codes(home.store.waiting, ROUND) == {
        "unknown-option": 1,
        "unknown-version": 1,
    }
    with home.store.write() as db:
        rounds.add_version(db, ROUND, second.hash)
    if killed_again is not None:
        with pytest.raises(Killed):
            run(home, at=kill_at(killed_again))
    run(home)
    assert len(kept(home)) == 11
    assert submissions.waiting_count(home.store.waiting, ROUND) == 0
    # The one that still cannot be read stays; of the one that was mixed nothing is left.
    (aside,) = quarantine.listed(home.store.waiting, ROUND)
    assert aside.codes == ("unknown-option",)
    assert pack(unpack(foreign).header, aside.sealed) == foreign
    key = bytes.fromhex(unpack(early).header.key)
    assert receipts.state_of(home.store.main, key) is ReceiptState.MIXED
    assert sum(row.n for row in counts.returned(home.store.main, ROUND)) == 12
    assert check(home.store, recount(home.store)) == []
    piece = unpack(early).sealed[1000:1032]
    for file in home.data.rglob("*"):
        if file.is_file():
            assert piece not in file.read_bytes(), file.name


def test_every_point_is_passed(home: Installation) -> None:
    fill(home, 10)
    seen: list[str] = []
    run(home, at=seen.append)
    assert tuple(seen) == POINTS


def test_nothing_sealed_lingers(home: Installation) -> None:
    raws = fill(home, 30)
    home.store.empty_logs()
    pieces = [unpack(raw).sealed[1000:1032] for raw in raws]
    before = (home.data / "waiting.db").read_bytes()
    assert all(piece in before for piece in pieces)
    run(home)
    for file in home.data.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(piece in content for piece in pieces), file.name
    for log in ("svarboks.db-wal", "waiting.db-wal"):
        assert (home.data / log).stat().st_size == 0
