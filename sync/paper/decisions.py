"""What the ink in a box means. Absolute thresholds, with a doubtful band on each side that goes to a person.

The numbers were found on the tuning set of tests/paper/generator and are judged on another (docs/decisions/reading-marks.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.paper.outlines import Ink
from sync.paper.pages import State

#: Less ink than this inside, and nobody marked it.
BLANK_BELOW = 0.02
#: From here on it is marked.
MARKED_FROM = 0.08
#: Ink on both sides of an empty box from which on somebody may have circled it.
CIRCLED_FROM = 0.04
#: Ink all along one side is an arc of a circle too; a stroke that only crosses from a neighbour comes to 0.1.
ARC = 0.2
#: In a question without any mark less is enough for a person to look at it: ink inside, or on one side.
TRACE = 0.01
TRACE_BESIDE = 0.04
#: On a black-and-white page this little in a box may be what is left of a pencil.
CRUMB = 0.004
#: A box that is this full, and without a white disc of GAP mm, was filled all over.
FILLED_FROM = 0.94
GAP = 0.2
#: Between a thick cross and a box filled in a hurry.
FILLED_DOUBTFUL = 0.7
GAP_DOUBTFUL = 0.3


def judge_box(ink: Ink, *, filled_means_cancelled: bool) -> State:
    """What a box to put a cross in says, seen alone."""
    if not ink.outline:
        return "doubtful"
    if ink.fill < BLANK_BELOW:
        circled = min(ink.left, ink.right) >= CIRCLED_FROM or max(ink.left, ink.right) >= ARC
        return "doubtful" if circled else "blank"
    if ink.unlined < MARKED_FROM:  # little ink, or a printed line that a slip brought inside
        return "doubtful"
    if not filled_means_cancelled:
        return "marked"
    if ink.solid >= FILLED_FROM and ink.gap <= GAP:
        return "cancelled"
    if ink.solid >= FILLED_DOUBTFUL or ink.gap <= GAP_DOUBTFUL:
        return "doubtful"
    return "marked"


def judge_unmarked(ink: Ink) -> State:
    """What a blank box says in a question in which nothing is marked."""
    traced = ink.fill >= TRACE or max(ink.left, ink.right) >= TRACE_BESIDE
    return "doubtful" if traced else "blank"


def pencil_lost(inks: Sequence[Ink], marked: int, places: int) -> bool:
    """Whether a black-and-white page seems to have lost the strokes of a light pen.

    `marked` of its `places` (questions with boxes) have a mark. Crumbs of strokes tell, and most questions unanswered.
    """
    crumbs = sum(1 for ink in inks if CRUMB <= ink.fill < MARKED_FROM)
    return crumbs >= 2 or 2 * marked < places


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
