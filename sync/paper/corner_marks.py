"""Finding the corner marks of a page: on crops of its corners first, then on the whole page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from forms.paper.layout import Area, Mark

Grey = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]

#: Where a corner's mark is looked for first, as a share of the page's shorter side: 12-15 mm of margin, 10 mm of mark,
#: and what a turned or shifted page adds.
CORNER_SHARE = 0.2

#: So many of the four suffice.
ENOUGH = 3


@dataclass(frozen=True, slots=True)
class FoundMarks:
    """Corner marks by id: their four corners in pixels, clockwise from each mark's own top left."""

    corners: Mapping[int, Points]

    @property
    def enough(self) -> bool:
        """Whether a page can be set straight by them."""
        return len(self.corners) >= ENOUGH

    @property
    def turned(self) -> int:
        """By how many degrees clockwise the page lies: 0, 90, 180 or 270."""
        x, y = np.sum([points[1] - points[0] for points in self.corners.values()], axis=0)
        return round(float(np.degrees(np.arctan2(y, x))) / 90) % 4 * 90


def find_marks(grey: Grey) -> FoundMarks:
    """The corner marks of a scanned page, however it lies. Each is kept once, as its largest finding."""
    height, width = grey.shape
    side = int(min(height, width) * CORNER_SHARE)
    scale = 0.5 if side > 250 else 1.0  # half of 150 dpi and more is enough to see a mark
    found: dict[int, Points] = {}
    for left in (0, width - side):
        for top in (0, height - side):
            part = grey[top : top + side, left : left + side]
            _add(found, _resized(part, scale) if scale < 1 else part, left, top, scale)
    if len(found) < 4:
        # A mark stands elsewhere, or is torn, or in a strange light: look everywhere, smaller.
        scale = min(1.0, 1200 / max(height, width))
        _add(found, _resized(grey, scale), 0, 0, scale, thorough=True)
        if len(found) < ENOUGH and scale < 0.8:
            _add(found, grey, 0, 0, 1.0, thorough=True)
    return FoundMarks({id: _sharpened(grey, points) for id, points in found.items()})


def homography(marks: FoundMarks, printed: tuple[Mark, ...]) -> npt.NDArray[np.float64] | None:
    """From millimetres on the printed page to pixels of the scan; None where the marks make no sense.

    With four marks a perspective is fitted; with three only a straight-lined (affine) one, because what a perspective
    makes of the corner without a mark is guesswork, unless the affine one clearly does not fit (a photograph).
    """
    areas = {mark.id: mark.area for mark in printed}
    known = [id for id in sorted(marks.corners) if id in areas]
    if len(known) < ENOUGH:
        return None
    source = np.concatenate([_printed_corners(areas[id]) for id in known])
    target = np.concatenate([marks.corners[id] for id in known])
    perspective, _ = cv2.findHomography(source, target, 0)
    if perspective is None:
        return None
    chosen = np.asarray(perspective, dtype=np.float64)
    if len(known) == ENOUGH:
        affine = _affine(source, target)
        if _off(affine, source, target) < 0.004 * float(np.ptp(target)):
            chosen = affine
    scale = float(np.sqrt(abs(np.linalg.det(chosen[:2, :2]))))
    if not np.isfinite(chosen).all() or scale <= 0 or _off(chosen, source, target) > 3 * scale:
        return None
    return chosen


def apply(matrix: npt.NDArray[np.float64], points: Points) -> Points:
    """Points sent through a homography."""
    ahead = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(ahead[:, :2] / ahead[:, 2:], dtype=np.float64)


@cache
def _detector(thorough: bool) -> cv2.aruco.ArucoDetector:
    """Where a mark is expected one window for the threshold is enough, and it is large; where one is missing more is tried."""
    parameters = cv2.aruco.DetectorParameters()
    parameters.adaptiveThreshWinSizeMin = 9 if thorough else 13
    parameters.adaptiveThreshWinSizeMax = 41 if thorough else 13
    parameters.adaptiveThreshWinSizeStep = 16
    parameters.minMarkerPerimeterRate = 0.02 if thorough else 0.3
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36H11)
    return cv2.aruco.ArucoDetector(dictionary, parameters)


def _add(
    found: dict[int, Points],
    part: Grey,
    left: int,
    top: int,
    scale: float,
    *,
    thorough: bool = False,
) -> None:
    corners, ids, _ = _detector(thorough).detectMarkers(part)
    if ids is None:
        return
    for points, number in zip(corners, ids.ravel(), strict=True):
        id = int(number)
        if not 0 <= id <= 3:
            continue
        placed = (points.reshape(4, 2).astype(np.float64) + 0.5) / scale - 0.5 + (left, top)
        if id not in found or (scale == 1.0 and _size(placed) > _size(found[id])):
            found[id] = placed


def _resized(grey: Grey, scale: float) -> Grey:
    smaller = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return smaller.astype(np.uint8, copy=False)


def _sharpened(grey: Grey, points: Points) -> Points:
    """The corners of a mark to a part of a pixel."""
    reach = max(2, min(5, int(_size(points) / 30)))
    found = cv2.cornerSubPix(
        grey, points.astype(np.float32).reshape(-1, 1, 2), (reach, reach), (-1, -1), (3, 20, 0.03)
    )
    return found.reshape(4, 2).astype(np.float64)


def _size(points: Points) -> float:
    return float(np.ptp(points, axis=0).sum())


def _printed_corners(area: Area) -> Points:
    right, bottom = area.x + area.width, area.y + area.height
    return np.array([[area.x, area.y], [right, area.y], [right, bottom], [area.x, bottom]])


def _affine(source: Points, target: Points) -> npt.NDArray[np.float64]:
    solved, *_ = np.linalg.lstsq(
        np.column_stack([source, np.ones(len(source))]), target, rcond=None
    )
    return np.vstack([solved.T, [0.0, 0.0, 1.0]])


def _off(matrix: npt.NDArray[np.float64], source: Points, target: Points) -> float:
    """How far the worst corner is off, in pixels."""
    return float(np.abs(apply(matrix, source) - target).max())
