"""Judging ahead in a forked process.

R1 What a fork judges is what the mixing process would have judged.
R2 A fork that dies in the middle loses nothing: the rest is judged by the mixing process.
R3 No fork where other threads are about, or where little waits.
"""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path

import pytest

from store import counts, quarantine
from sync import judging, mixing
from sync.judging import Judge
from sync.mixing import MixReport, mix
from tests.sync.installation import NOW, ROUND, Installation, install

WAITING = 75
BATCH = 20


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    made = install(tmp_path)
    monkeypatch.setattr(mixing, "BATCH", BATCH)
    # The writer of the installation has a thread; what is tested here has none but for R3.
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    rng = random.Random(3)
    for number in range(WAITING - 1):
        made.receive(made.seal({"trust": rng.choice("123")}, key=f"{number:032x}"))
    made.receive(made.seal({"trust": "no such option"}, key="f" * 32))
    return made


def run(home: Installation) -> MixReport:
    return mix(home.store, home.keys, ROUND, rng=random.Random(1), whole=False, now=NOW)


def forks_of(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which batches a fork sent, by size, as the mixing process saw them."""
    seen: list[int] = []
    ahead = Judge._ahead

    def watched(self: Judge, batch: int):  # type: ignore[no-untyped-def]
        for judged in ahead(self, batch):
            seen.append(len(judged))
            yield judged

    monkeypatch.setattr(Judge, "_ahead", watched)
    return seen


def test_a_fork_judges_as_the_mixing_process_does(
    home: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # R1
    sent = forks_of(monkeypatch)
    assert run(home) == MixReport(WAITING - 1, 1, 0)
    assert sum(sent) == WAITING
    with_fork = counts.read(home.store.main, ROUND)
    assert quarantine.codes(home.store.waiting, ROUND) == {"unknown-option": 1}

    other = install(tmp_path / "other")
    monkeypatch.setattr(judging, "_fork_pays", lambda *_: False)
    rng = random.Random(3)
    for number in range(WAITING - 1):
        other.receive(other.seal({"trust": rng.choice("123")}, key=f"{number:032x}"))
    run(other)
    assert counts.read(other.store.main, ROUND) == with_fork
    assert sum(sent) == WAITING


def test_a_fork_that_dies_loses_nothing(
    home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:  # R2
    sent = forks_of(monkeypatch)
    parent, judged = os.getpid(), Judge._judge
    left = [30]

    def dying(self: Judge, *arguments):  # type: ignore[no-untyped-def]
        if os.getpid() != parent:
            left[0] -= 1
            if not left[0]:
                os._exit(9)
        return judged(self, *arguments)

    monkeypatch.setattr(Judge, "_judge", dying)
    assert run(home) == MixReport(WAITING - 1, 1, 0)
    assert sent == [BATCH]


def test_no_fork_beside_other_threads(
    home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:  # R3
    sent = forks_of(monkeypatch)
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert run(home) == MixReport(WAITING - 1, 1, 0)
    assert sent == []
    assert not judging._fork_pays(2 * BATCH, BATCH)
