"""What the ink in a box means. Absolute thresholds, with a doubtful band on each side that goes to a person.

The numbers were found on the tuning set of tests/paper/generator and are judged on another (docs/decisions/reading-marks.md).
"""

from __future__ import annotations

from sync.paper.outlines import Ink
from sync.paper.pages import State

#: Less ink than this inside, and none around: nobody marked it.
BLANK_BELOW = 0.015
#: From here on it is marked.
MARKED_FROM = 0.06
#: Ink in the ring around an empty box from which on somebody may have circled it.
RING_DOUBTFUL = 0.06
#: A box this full, and without a white disc of GAP mm, was filled all over.
FILLED_FROM = 0.88
GAP = 0.30
#: Between a thick cross and a box filled in a hurry.
FILLED_DOUBTFUL = 0.62
GAP_DOUBTFUL = 0.42


def judge_box(ink: Ink, *, filled_means_cancelled: bool) -> State:
    """What a box to put a cross in says."""
    if not ink.outline:
        return "doubtful"
    if ink.fill < BLANK_BELOW:
        return "blank" if ink.ring < RING_DOUBTFUL else "doubtful"
    if ink.fill < MARKED_FROM:
        return "doubtful"
    if not filled_means_cancelled:
        return "marked"
    if ink.fill >= FILLED_FROM and ink.gap <= GAP:
        return "cancelled"
    if ink.fill >= FILLED_DOUBTFUL or ink.gap <= GAP_DOUBTFUL:
        return "doubtful"
    return "marked"


def judge_cell(ink: Ink) -> State:
    """Whether a comb's cell holds ink."""
    if ink.fill < 0.01:
        return "blank"
    return "marked" if ink.fill >= 0.03 else "doubtful"


def judge_frame(share: float) -> State:
    """Whether a frame holds writing: a few letters are 0.1 % of it."""
    if share < 0.0003:
        return "blank"
    return "marked" if share >= 0.001 else "doubtful"
