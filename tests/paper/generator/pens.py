"""The first two hands: thresholds were tuned on the first; the second judged until it had shown two faults. No code of strokes is shared.

A hand draws on a page at 300 dpi and says what it meant: a box is `marked`, `cancelled` or left `blank`. What judges now has
never been tuned on: third_hand.py, and fourth_hand.py in reserve.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

import cv2
import numpy as np

from forms.paper.layout import Area
from tests.paper.generator.copier import any_scan, ordinary_scan
from tests.paper.generator.hand import Hand, Path, Pen
from tests.paper.generator.sheet import PER_MM, Grey

#: The pens of the two hands. The last is faint, the last but one thick: neither is ordinary.
TUNING_PENS = (
    Pen("ballpoint", 0.45, 0.75),
    Pen("blue ballpoint", 0.5, 0.6),
    Pen("fineliner", 0.6, 0.9),
    Pen("pencil", 0.55, 0.5, 0.25),
    Pen("marker", 1.3, 0.9),
    Pen("faint pencil", 0.5, 0.3, 0.35),
)
SECOND_PENS = (
    Pen("ballpoint", 0.38, 0.8),
    Pen("blue ballpoint", 0.55, 0.55),
    Pen("gel pen", 0.7, 0.95),
    Pen("pencil", 0.6, 0.45, 0.3),
    Pen("felt pen", 1.5, 0.85),
    Pen("faint pencil", 0.42, 0.28, 0.3),
)


def draw(image: Grey, area: Area, kind: str, pen: Pen, rng: random.Random, *, second: bool) -> str:
    """Draw one mark into or about a box; gives what it means."""
    hand = _second_path if second else _tuning_path
    if kind in ("filled", "corrected"):
        if kind == "corrected":
            _strokes(image, hand("cross", area, rng), pen, rng)
        _strokes(image, _scribble(area, pen, rng, second), pen, rng)
        return "cancelled"
    _strokes(image, hand(kind, area, rng), pen, rng)
    return "blank" if kind == "beside" else "marked"


def write(image: Grey, area: Area, pen: Pen, rng: random.Random) -> None:
    """Something like a digit or a few letters into a comb's cell or a frame."""
    letters = 1 if area.width < 10 else rng.randint(4, 30)
    high = min(area.height * 0.6, 5.0)
    for letter in range(letters):
        row, column = divmod(letter, max(1, int((area.width - 6) / 4)))
        x = area.x + (area.width * 0.3 if letters == 1 else 3 + 4 * column)
        y = area.y + area.height * 0.2 if letters == 1 else area.y + 3 + 7 * row
        points = [(x + rng.uniform(0, 2.4), y + rng.uniform(0, high)) for _ in range(5)]
        _strokes(image, [_smooth(points)], pen, rng)


def _tuning_path(kind: str, area: Area, rng: random.Random) -> list[Path]:
    """Straight strokes with a tremble."""
    x, y, w, h = area.x, area.y, area.width, area.height

    def at(u: float, v: float, loose: float = 0.12) -> tuple[float, float]:
        return (x + w * (u + rng.uniform(-loose, loose)), y + h * (v + rng.uniform(-loose, loose)))

    if kind == "tick":
        return [_trembling([at(0.15, 0.5), at(0.4, 0.85), at(1.0, 0.0, 0.25)], rng)]
    if kind == "cross":
        return [
            _trembling([at(0.1, 0.1), at(0.9, 0.9)], rng),
            _trembling([at(0.9, 0.1), at(0.1, 0.9)], rng),
        ]
    if kind == "slash":
        return [_trembling([at(0.1, 0.9), at(0.9, 0.1)], rng)]
    if kind == "small":
        return [_trembling([at(0.4, 0.45), at(0.5, 0.6), at(0.65, 0.35)], rng)]
    if kind == "overshot":
        return [
            _trembling([at(-0.3, -0.2), at(1.3, 1.3)], rng),
            _trembling([at(1.3, -0.3), at(-0.3, 1.2)], rng),
        ]
    if kind == "circle":
        return [
            _ellipse(
                x + w / 2, y + h / 2, w * rng.uniform(0.72, 0.95), h * rng.uniform(0.72, 0.95), rng
            )
        ]
    return [_trembling([at(-0.9, 0.3, 0.1), at(-0.55, 0.9, 0.1)], rng)]


def _second_path(kind: str, area: Area, rng: random.Random) -> list[Path]:
    """Curved strokes, quick and slanting."""
    x, y, w, h = area.x, area.y, area.width, area.height
    slant, grow = rng.uniform(-0.2, 0.2), rng.uniform(0.75, 1.2)

    def at(u: float, v: float) -> tuple[float, float]:
        u, v = (u - 0.5) * grow, (v - 0.5) * grow
        return (
            x + w * (0.5 + u + slant * v + rng.gauss(0, 0.04)),
            y + h * (0.5 + v + rng.gauss(0, 0.04)),
        )

    bend = rng.uniform(-0.15, 0.15)
    if kind == "tick":
        return [
            _smooth(
                [at(0.1, 0.4), at(0.22, 0.62), at(0.38, 0.9), at(0.6, 0.45 + bend), at(1.05, -0.15)]
            )
        ]
    if kind == "cross":
        return [_smooth([at(0.08, 0.05), at(0.5 + bend, 0.5), at(0.95, 0.92)]),
                _smooth([at(0.95, 0.08), at(0.5, 0.5 + bend), at(0.05, 0.95)])]  # fmt: skip
    if kind == "slash":
        return [_smooth([at(0.05, 0.95), at(0.5 + bend, 0.5), at(0.95, 0.02)])]
    if kind == "small":
        u, v = rng.uniform(0.35, 0.6), rng.uniform(0.35, 0.6)
        return [_smooth([at(u - 0.1, v), at(u, v + 0.14), at(u + 0.14, v - 0.14)])]
    if kind == "overshot":
        return [_smooth([at(0.0, 0.3), at(0.35, 0.8), at(0.8, -0.1), at(1.5, -0.6)])]
    if kind == "circle":
        turn = _ellipse(x + w * 0.5 + rng.gauss(0, 0.2), y + h * 0.5 + rng.gauss(0, 0.2),
                        w * rng.uniform(0.75, 1.0), h * rng.uniform(0.75, 1.0), rng)  # fmt: skip
        return [turn[: int(len(turn) * rng.uniform(0.85, 1.0))]]
    return [_smooth([at(-0.85, 0.1), at(-0.7, 0.5), at(-0.75, 0.95)])]


def _scribble(area: Area, pen: Pen, rng: random.Random, second: bool) -> list[Path]:
    """Filling a box: to and fro, closer than the pen is wide or, in a hurry, wider; over it twice by most."""
    step = pen.width * rng.uniform(0.6, 1.4)
    paths = []
    for turned in (False, True) if rng.random() < 0.7 or (second and pen.width < 0.5) else (False,):
        points: Path = []
        place, forth = 0.02, True
        length = area.height if not turned else area.width
        while place * length < length:
            for end in (0.02, 0.98) if forth else (0.98, 0.02):
                u, v = end + rng.gauss(0, 0.03), place + rng.gauss(0, 0.01)
                point = (u, v) if not turned else (v, u)
                points.append((area.x + area.width * point[0], area.y + area.height * point[1]))
            place += step / length
            forth = not forth
        paths.append(points)
    return paths


def _trembling(points: Path, rng: random.Random) -> Path:
    path: Path = []
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        path += [
            (
                x0 + (x1 - x0) * t / 6 + rng.gauss(0, 0.05),
                y0 + (y1 - y0) * t / 6 + rng.gauss(0, 0.05),
            )
            for t in range(7)
        ]
    return path


def _smooth(points: Path) -> Path:
    """A Catmull-Rom curve through the points."""
    around = np.array([points[0], *points, points[-1]])
    path: Path = []
    for n in range(1, len(around) - 2):
        p0, p1, p2, p3 = around[n - 1 : n + 3]
        for t in np.linspace(0, 1, 7):
            point = 0.5 * (
                2 * p1
                + (p2 - p0) * t
                + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
                + (3 * p1 - p0 - 3 * p2 + p3) * t**3
            )
            path.append((float(point[0]), float(point[1])))
    return path


def _ellipse(x: float, y: float, wide: float, high: float, rng: random.Random) -> Path:
    start = rng.uniform(0, 6.28)
    return [
        (
            x + wide * np.cos(start + t) + rng.gauss(0, 0.06),
            y + high * np.sin(start + t) + rng.gauss(0, 0.06),
        )
        for t in np.linspace(0, 6.5, 40)
    ]


def _strokes(image: Grey, paths: list[Path], pen: Pen, rng: random.Random) -> None:
    points = np.array([point for path in paths for point in path])
    low = np.maximum(0, np.floor((points.min(axis=0) - 2) * PER_MM).astype(int))
    high = np.ceil((points.max(axis=0) + 2) * PER_MM).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]]
    if part.size == 0:
        return
    layer = np.zeros(part.shape, np.uint8)
    for path in paths:
        pixels = np.round((np.array(path) * PER_MM - low) * 16).astype(np.int32)
        cv2.polylines(
            layer,
            [pixels[:, None, :]],
            False,
            (255,),
            max(1, round(pen.width * PER_MM)),
            cv2.LINE_AA,
            4,
        )
    ink = layer.astype(np.float32) / 255 * pen.darkness
    if pen.broken:
        grain = np.random.default_rng(rng.getrandbits(32)).random(part.shape, np.float32)
        grain = cv2.GaussianBlur(grain, (0, 0), 1.5)
        grain = (grain - grain.mean()) / max(1e-3, float(grain.std()))
        ink *= np.clip(1 + pen.broken * grain, 0, 1.3)
    part[:] = np.clip(part * (1 - np.clip(ink, 0, 1)), 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class _Person:
    """Everybody of one of these hands is the same."""

    second: bool

    def draw(self, image: Grey, area: Area, kind: str, pen: Pen, rng: random.Random) -> str:
        return draw(image, area, kind, pen, rng, second=self.second)

    def write(self, image: Grey, area: Area, pen: Pen, rng: random.Random) -> None:
        write(image, area, pen, rng)


def _first_person(rng: random.Random) -> _Person:
    return _Person(False)


def _second_person(rng: random.Random) -> _Person:
    return _Person(True)


TUNING = Hand("tuning", TUNING_PENS, _first_person, ordinary_scan, any_scan)
SECOND = Hand("second", SECOND_PENS, _second_person, ordinary_scan, any_scan)
