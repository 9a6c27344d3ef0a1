"""A QR code through which the page slipped in the feeder: it is put together again, a slip after the other, until it can be read.

A slip repeats rows of the scan or leaves some out, at one height. What was repeated is taken out again; what was left out is
filled with the row before, and the code's own correction does the rest. It is tried only where nothing else has read the code.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sync.paper.corner_marks import Grey

#: How far a page slips, and the steps in which slips and heights are tried, in millimetres; a module of the code has 0.5.
_FARTHEST = 2.25
_STEP = 0.25
_HEIGHT = 0.4


def mended(code: Grey, per_mm: float) -> Iterator[Grey]:
    """The cut-out of a code with one slip taken back, small slips first; `per_mm` is pixels of the scan to the millimetre."""
    high = len(code)
    heights = range(round(2 * per_mm), high - round(2 * per_mm), max(1, round(_HEIGHT * per_mm)))
    for far in np.arange(2 * _STEP, _FARTHEST + _STEP, _STEP):
        rows = round(float(far) * per_mm)
        for at in heights:
            yield np.concatenate((code[:at], code[at + rows :]))
            yield np.concatenate((code[:at], np.repeat(code[at - 1 : at], rows, axis=0), code[at:]))
