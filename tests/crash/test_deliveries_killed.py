"""The scheduler killed with SIGKILL while it closes, mixes, makes editions, puts them into folders and mails.

In check size five times, once at each kind of moment; in full (SVARBOKS_PROOF=1) 100 times by chance. What the campaign looks for is
planted: a folder that is written where people look, and a mail that is sent before it is noted, turn it red.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.crash.deliveries import MOMENTS, run

PROOF = os.environ.get("SVARBOKS_PROOF") == "1"


@pytest.mark.campaign
def test_each_once_whatever_is_killed(tmp_path: Path) -> None:
    if PROOF:
        found = run(tmp_path, kills=100, number=100, seed=6)
    else:
        found = run(tmp_path, kills=5, number=5, seed=6, moments=MOMENTS)
    print(found)
    assert found.red == ()


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("fault", "moment", "said"),
    [("in place", "there", "seen half"), ("unnoted", "mail", "2 mails, 0 doubts")],
)
def test_a_planted_fault_turns_it_red(tmp_path: Path, fault: str, moment: str, said: str) -> None:
    found = run(tmp_path, kills=1, number=1, seed=6, fault=fault, moments=(moment,))
    print(found)
    assert any(said in one for one in found.red), found.red
