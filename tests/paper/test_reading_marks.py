"""Marks on generated pages with known truth: nothing is read wrong without a person having seen it, and few are shown."""

from __future__ import annotations

import os

import numpy as np
import pytest

from sync.paper import decisions, outlines
from tests.paper.generator.copier import Scan
from tests.paper.generator.verdicts import JUDGE, SEEDS, judge, judge_one

PROOF = os.environ.get("SVARBOKS_PROOF") == "1"
#: 2,000 in `make proof`; a twentieth in `make check`. Pages of a hand that no threshold or rule was found on.
PAGES = 2_000 if PROOF else 100
PROCESSES = 2 if PROOF else 1


@pytest.mark.campaign
def test_nothing_is_read_wrong_unseen() -> None:
    found = judge(SEEDS, PAGES * 3 // 4, hand=JUDGE, processes=PROCESSES)
    print(f"\n{found}")
    print("\n".join(found.silent))
    assert found.unread <= 0.01 * found.pages
    # At most 50 in a million; on few pages that is none, or one where a pencil left nothing on a black-and-white scan.
    assert len(found.silent) <= max(1, 50e-6 * found.boxes)


@pytest.mark.campaign
def test_ordinary_marks_need_nobody() -> None:
    found = judge(SEEDS + 500_000, PAGES // 4, hand=JUDGE, ordinary=True, processes=PROCESSES)
    print(f"\n{found}")
    print("\n".join(found.silent))
    assert found.ordinary > 4 * found.pages
    assert found.ordinary_share <= 0.02
    assert found.silent == []


def test_thresholds_that_overlook_marks_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "BLANK_BELOW", 0.95)
    monkeypatch.setattr(decisions, "TRACE", 0.95)
    assert judge(SEEDS + 1, 2, hand=JUDGE, ordinary=True).silent


def test_outlines_looked_for_in_their_place_alone_are_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without finding each outline again, a page that slipped in the feeder is misread or shown to a person."""
    slipped = Scan(slips=((100.0, 1.8),))
    found = judge_one(slipped, seed=3)
    assert not found.silent
    assert found.shown == 0
    monkeypatch.setattr(outlines._Stack, "best", _not_looked_for)
    monkeypatch.setattr(outlines._Stack, "_top_and_bottom", _as_printed)
    blind = judge_one(slipped, seed=3)
    assert blind.silent or blind.shown > 20


def _not_looked_for(self: outlines._Stack) -> tuple[object, object]:
    count = len(self.which)
    return np.zeros((count, 2), np.int64), np.full(count, 9, np.float32)


def _as_printed(self: outlines._Stack, row: int, down: int, right: int) -> tuple[int, int]:
    return outlines._AROUND, outlines._AROUND + self.height
