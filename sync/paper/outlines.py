"""Every box's own outline, found again near where it should be, and the ink in and around it.

Corner marks set a page straight as a whole; what a feeder slips in the middle of a page (up to 2 mm) stays. So each
outline is looked for around its place: four straight lines of the right length at the right distance, lighter outside.
A box that disagrees with those beside it is looked for again where these are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from forms.paper.layout import Area, Box
from sync.paper.pages import PIXELS_PER_MM
from sync.paper.straightening import Straight

Numbers = npt.NDArray[np.float32]

#: How far an outline may be from its place, in pixels: a feeder slips along the page, and less across it.
ALONG = round(2.4 * PIXELS_PER_MM)
ACROSS = round(1.6 * PIXELS_PER_MM)
#: From the outer edge of an outline to where its inside is measured: the line and its blur.
INSET = round(0.65 * PIXELS_PER_MM)
#: Beside a box, left and right: white in print, crossed by who circles it. Above and below may be rules and words.
BESIDE_FROM = round(0.5 * PIXELS_PER_MM)
BESIDE_TO = round(1.8 * PIXELS_PER_MM)
#: Darker than this share of printed black is ink.
INK = 0.2
#: An outline's four lines come to about 2 where it is printed black; less than this is no outline.
OUTLINE = 0.75
#: A line that runs all along one side is at least this dark.
LINE = 0.35
#: How far a slip in the middle of a box moves one of its lines.
SLIP = round(2.2 * PIXELS_PER_MM)
#: What a slip leaves of a box, at the least.
SHORTEST = round(2.0 * PIXELS_PER_MM)
#: Neighbours that a box's place is held against, and how far it may be from all of theirs, in pixels.
NEIGHBOURS = 6
APART = 3

_AROUND = ALONG + BESIDE_TO + 1


@dataclass(frozen=True, slots=True)
class Ink:
    """What was found in and around one box.

    `fill` is the share of its inside that holds ink, `unlined` that share without rows that are inked from side to
    side, as a slip in the middle of a box leaves; `left` and `right` are the shares beside it. `solid` and `gap` tell a
    cross from a box filled all over: the share that is at least half as dark as the pen, and the radius in millimetres
    of the largest disc inside that is free of such ink. `outline`: whether the box itself was found.
    """

    fill: float
    unlined: float
    left: float
    right: float
    solid: float
    gap: float
    outline: bool


def measure(straight: Straight, boxes: Sequence[Box]) -> list[Ink]:
    """The ink in and around boxes and combs' cells, in their order. Frames are measured by `measure_frames`."""
    found: list[Ink | None] = [None] * len(boxes)
    stacks = _stacks(straight, boxes)
    best = [stack.best() for stack in stacks]
    places = np.array([(box.area.x, box.area.y) for box in boxes], dtype=np.float32)
    offsets = np.zeros((len(boxes), 2), dtype=np.int64)
    scores = np.zeros(len(boxes), dtype=np.float32)
    for stack, (slipped, standing) in zip(stacks, best, strict=True):
        offsets[stack.which], scores[stack.which] = slipped, standing
    settled = _agreed(places, offsets, scores)
    for stack in stacks:
        for row, which in enumerate(stack.which):
            near = settled[which]
            down, right, score = (
                int(offsets[which, 0]),
                int(offsets[which, 1]),
                float(scores[which]),
            )
            if near is not None:
                (down, right), score = stack.near(row, near)
            found[which] = stack.ink(row, down, right, score >= OUTLINE)
    return [one for one in found if one is not None]


def measure_frame(straight: Straight, area: Area) -> float:
    """The share of ink in a frame, well inside its outline wherever that slipped to."""
    inset = 2.0
    part = _cut(
        straight.grey,
        area.x + inset,
        area.y + inset,
        area.width - 2 * inset,
        area.height - 2 * inset,
    )
    if part.size == 0:
        return 0.0
    paper = float(np.percentile(part[::2, ::2], 80))
    limit = paper - INK * max(40.0, paper - straight.black)
    return float(np.count_nonzero(part < limit)) / part.size


class _Stack:
    """The surroundings of boxes of one size, cut out. Darkness is told from 0, paper, to 1, printed black."""

    def __init__(self, straight: Straight, boxes: Sequence[Box], which: list[int]) -> None:
        self.which = which
        first = boxes[which[0]].area
        self.width = round(first.width * PIXELS_PER_MM)
        self.height = round(first.height * PIXELS_PER_MM)
        rows, columns = self.height + 2 * _AROUND, self.width + 2 * _AROUND
        self._cut = cut = np.empty((len(which), rows, columns), dtype=np.uint8)
        page_rows, page_columns = straight.grey.shape
        for n, one in enumerate(which):
            area = boxes[one].area
            top = round(area.y * PIXELS_PER_MM) - _AROUND
            left = round(area.x * PIXELS_PER_MM) - _AROUND
            top = min(max(top, 0), page_rows - rows)
            left = min(max(left, 0), page_columns - columns)
            cut[n] = straight.grey[top : top + rows, left : left + columns]
        sample = cut[:, ::3, ::3].reshape(len(which), -1)
        at = int(sample.shape[1] * 0.8)
        self._paper = np.partition(sample, at, axis=1)[:, at].astype(np.float32)
        self._contrast = self._paper - np.minimum(straight.black, self._paper - 40).astype(
            np.float32
        )
        self._along, across = self._runs()
        self._scores = self._score(self._along, across)

    def _runs(self) -> tuple[Numbers, Numbers]:
        """How dark it is on average along a box's width and height, from each pixel on that the outline may slip to."""
        count, rows, columns = self._cut.shape
        stacked = self._cut.reshape(count * rows, columns)
        paper, contrast = self._paper[:, None, None], self._contrast[:, None, None]
        along, across = (
            cv2.blur(stacked, size, anchor=(0, 0), borderType=cv2.BORDER_REPLICATE).reshape(
                self._cut.shape
            )
            for size in ((self.width, 1), (1, self.height))
        )
        first, last = _AROUND - ACROSS, _AROUND + ACROSS + 1
        above, below = _AROUND - ALONG, _AROUND + ALONG + 1
        return (paper - along[:, :, first:last]) / contrast, (
            paper - across[:, above:below, :]
        ) / contrast

    def _score(self, along: Numbers, across: Numbers) -> Numbers:
        """For every place that the outline may have slipped to: how much its four lines stand out there."""
        high, wide = self.height, self.width

        def rows(of: Numbers, start: int) -> Numbers:
            return of[:, _AROUND - ALONG + start : _AROUND + ALONG + 1 + start, :]

        def columns(of: Numbers, start: int) -> Numbers:
            return of[:, :, _AROUND - ACROSS + start : _AROUND + ACROSS + 1 + start]

        def line(of: Numbers, pick: object, at: int, outside: int) -> Numbers:
            cut = rows if pick is rows else columns
            mean = (cut(of, at) + cut(of, at + 1)) * np.float32(0.5)
            return np.clip(
                mean - np.float32(0.7) * np.maximum(cut(of, outside), 0), 0, np.float32(0.8)
            )

        return (
            line(along, rows, 0, -3)
            + line(along, rows, high - 2, high + 2)
            + line(across, columns, 0, -3)
            + line(across, columns, wide - 2, wide + 2)
        )

    def best(self) -> tuple[npt.NDArray[np.int64], Numbers]:
        """Per box the (down, right) by which it slipped, and how well its outline stands out there."""
        scores = self._scores - _FAR
        flat = scores.reshape(len(self.which), -1)
        at = flat.argmax(axis=1)
        down, right = np.unravel_index(at, scores.shape[1:])
        picked = self._scores[np.arange(len(self.which)), down, right]
        return np.column_stack([down - ALONG, right - ACROSS]), picked

    def near(self, row: int, others: npt.NDArray[np.int64]) -> tuple[tuple[int, int], float]:
        """The best place within APART of any of the neighbours' slips."""
        best, place = -1.0, (0, 0)
        for down, right in {(int(one[0]), int(one[1])) for one in others}:
            top, left = max(0, down + ALONG - APART), max(0, right + ACROSS - APART)
            part = self._scores[
                row, top : down + ALONG + APART + 1, left : right + ACROSS + APART + 1
            ]
            y, x = np.unravel_index(int(part.argmax()), part.shape)
            if part[y, x] > best:
                best, place = float(part[y, x]), (int(y) + top - ALONG, int(x) + left - ACROSS)
        return place, best

    def _top_and_bottom(self, row: int, down: int, right: int) -> tuple[int, int]:
        """Where the box begins and ends along the page. A slip inside it leaves it too short or too long."""
        seen = self._along[row, :, right + ACROSS]
        pairs = (seen[:-1] + seen[1:]) * np.float32(0.5)
        top, bottom = _AROUND + down, _AROUND + down + self.height - 2
        if pairs[top] < LINE:
            top = _nearest_line(pairs, top, max(0, top - SLIP), min(top + SLIP, bottom - SHORTEST))
        elif pairs[bottom] < LINE:
            bottom = _nearest_line(pairs, bottom, max(bottom - SLIP, top + SHORTEST), bottom + SLIP)
        return top, bottom + 2

    def ink(self, row: int, down: int, right: int, outline: bool) -> Ink:
        """What is in and around the box that slipped by so much."""
        top, bottom = self._top_and_bottom(row, down, right)
        left = _AROUND + right
        end = left + self.width
        cut, paper, contrast = self._cut[row], float(self._paper[row]), float(self._contrast[row])
        inside = cut[top + INSET : bottom - INSET, left + INSET : end - INSET]
        lightest = paper - INK * contrast
        inked = inside < lightest
        fill = _share(inked)
        unlined, solid, gap = fill, 0.0, 9.0
        if fill > 0.0:
            unlined = _without_lines(inked) if fill < 0.4 else fill
            if fill > 0.3:
                strokes = np.sort(inside[inked])
                pen = inside < min(lightest, (paper + float(strokes[len(strokes) // 10])) / 2)
                solid, gap = _share(pen), _gap(pen)
        beside = cut[top:bottom] < lightest
        return Ink(
            fill=fill,
            unlined=unlined,
            left=_share(beside[:, left - BESIDE_TO : left - BESIDE_FROM]),
            right=_share(beside[:, end + BESIDE_FROM : end + BESIDE_TO]),
            solid=solid,
            gap=gap,
            outline=outline,
        )


_FAR = np.float32(0.01) * np.hypot(
    np.arange(-ALONG, ALONG + 1, dtype=np.float32)[:, None] * np.float32(0.6),
    np.arange(-ACROSS, ACROSS + 1, dtype=np.float32)[None, :],
).astype(np.float32)


def _stacks(straight: Straight, boxes: Sequence[Box]) -> list[_Stack]:
    sizes: dict[tuple[int, int], list[int]] = defaultdict(list)
    for n, box in enumerate(boxes):
        size = (round(box.area.width * PIXELS_PER_MM), round(box.area.height * PIXELS_PER_MM))
        sizes[size].append(n)
    return [_Stack(straight, boxes, which) for which in sizes.values()]


def _nearest_line(pairs: Numbers, expected: int, first: int, last: int) -> int:
    """The line nearest to where it is expected, or there."""
    dark = np.flatnonzero(pairs[first : last + 1] >= LINE) + first
    if not dark.size:
        return expected
    near = int(dark[np.abs(dark - expected).argmin()])
    around = range(max(first, near - 2), min(last + 1, near + 3, len(pairs)))
    return max(around, key=lambda at: float(pairs[at]))


def _agreed(
    places: Numbers, offsets: npt.NDArray[np.int64], scores: Numbers
) -> list[npt.NDArray[np.int64] | None]:
    """For each box None where it agrees with one of those beside it, else the slips of these."""
    count = len(places)
    sure = np.flatnonzero(scores >= OUTLINE)
    if count < 3 or len(sure) < 2:
        return [None] * count
    far = np.abs(places[:, None, 1] - places[None, sure, 1]) + np.float32(0.2) * np.abs(
        places[:, None, 0] - places[None, sure, 0]
    )
    far[sure, np.arange(len(sure))] = np.inf
    few = min(NEIGHBOURS, len(sure) - 1)
    nearest = sure[np.argpartition(far, few - 1, axis=1)[:, :few]]
    theirs = offsets[nearest]
    apart = np.abs(theirs - offsets[:, None, :]).max(axis=2)
    agrees = np.count_nonzero(apart <= APART, axis=1) >= min(2, few)
    return [None if agrees[n] and scores[n] >= OUTLINE else theirs[n] for n in range(count)]


def _share(inked: npt.NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(inked)) / max(1, inked.size)


def _without_lines(inked: npt.NDArray[np.bool_]) -> float:
    """The share of ink outside rows that are inked nearly from side to side."""
    full = inked.mean(axis=1) > 0.85
    return float(np.count_nonzero(inked[~full])) / inked.size


def _gap(inked: npt.NDArray[np.bool_]) -> float:
    free = np.pad((~inked).astype(np.uint8), 1, constant_values=0)
    return float(cv2.distanceTransform(free, cv2.DIST_L2, 3).max()) / PIXELS_PER_MM


def _cut(
    grey: npt.NDArray[np.uint8], x: float, y: float, width: float, height: float
) -> npt.NDArray[np.uint8]:
    top, left = max(0, round(y * PIXELS_PER_MM)), max(0, round(x * PIXELS_PER_MM))
    return grey[
        top : top + max(0, round(height * PIXELS_PER_MM)),
        left : left + max(0, round(width * PIXELS_PER_MM)),
    ]
