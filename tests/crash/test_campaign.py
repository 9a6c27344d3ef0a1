"""SIGKILL at random: no acknowledged answer lost, none twice, whole files, right counts. And the campaign can fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.crash.campaign import run_campaign
from tests.crash.processes import EARLY

#: 200 in `make proof`; a twentieth of that in `make check`.
KILLS = 200 if os.environ.get("SVARBOKS_PROOF") == "1" else 10


@pytest.mark.campaign
def test_nothing_acknowledged_is_lost_or_kept_twice(tmp_path: Path) -> None:
    found = run_campaign(tmp_path, kills=KILLS, seed=1)
    print(f"\n{KILLS} kills, {found.acknowledged} acknowledged, {found.retried} after retries")
    assert found.red == []
    assert found.acknowledged > 20 * KILLS
    assert found.retried >= 1


@pytest.mark.campaign
def test_a_build_that_acknowledges_before_it_commits_is_found_out(tmp_path: Path) -> None:
    found = run_campaign(tmp_path, kills=3, seed=2, serving=EARLY, victims=("server",))
    print(f"\n{len(found.lost)} of {found.acknowledged} acknowledged answers were lost")
    assert found.lost
    assert found.red
