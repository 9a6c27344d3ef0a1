"""The fourth hand, kept in reserve: a broad nib and quick arcs; frozen together with the third, before either was read.

A stroke here is a chain of arcs, swept by a nib that is wider one way than the other; ink runs dry along it and smears under a
palm. It judges when what the third hand showed has been used for mending.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from forms.paper.layout import Area
from tests.paper.generator.copier import Scan
from tests.paper.generator.hand import Hand, Pen
from tests.paper.generator.sheet import PER_MM, Grey

PENS = (
    Pen("gel pen", 0.5, 0.95),
    Pen("cheap ballpoint", 0.36, 0.68),
    Pen("green ballpoint", 0.46, 0.58),
    Pen("soft pencil", 0.7, 0.58, 0.22),
    Pen("whiteboard marker", 1.6, 0.8),
    Pen("red crayon", 0.65, 0.3, 0.4),
)
_FLAT = {"gel pen": 0.9, "cheap ballpoint": 0.85, "green ballpoint": 0.85, "whiteboard marker": 0.6}

_Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Person:
    nib: float
    big: float
    lean: float
    hurried: float
    plus: bool
    hooked: bool
    doubled: bool
    falling: bool
    smears: bool
    fills_by: str

    def draw(self, image: Grey, area: Area, kind: str, pen: Pen, rng: random.Random) -> str:
        if kind in ("filled", "corrected"):
            if kind == "corrected":
                self._lay(image, self._shape(rng.choice(("tick", "cross")), area, rng), pen, rng)
            self._lay(image, self._blacked(area, pen, rng), pen, rng)
            return "cancelled"
        self._lay(image, self._shape(kind, area, rng), pen, rng)
        return "blank" if kind == "beside" else "marked"

    def write(self, image: Grey, area: Area, pen: Pen, rng: random.Random) -> None:
        strokes: list[_Points] = []
        if area.width < 10:
            x, y = area.x + area.width * rng.uniform(0.3, 0.45), area.y + area.height * rng.uniform(0.2, 0.35)  # fmt: skip
            high = area.height * rng.uniform(0.35, 0.55)
            if rng.random() < 0.25:  # a one
                strokes.append(_arc((x + 0.6, y), (x + 0.4, y + high), 0.03))
            else:
                bow = rng.choice((-0.9, 0.9))
                strokes.append(_arc((x, y), (x + high * 0.5, y + high * 0.5), bow))
                strokes.append(_arc((x + high * 0.5, y + high * 0.5), (x, y + high), rng.choice((-0.8, 0.1, 0.8))))  # fmt: skip
        else:
            x, y = area.x + rng.uniform(2, 8), area.y + min(area.height - 1.5, rng.uniform(4, 9))
            for _ in range(rng.choice((3, 5, 8, 20, 45))):
                tall = rng.choice((1.3, 1.3, 1.5, 2.8))
                strokes.append(_arc((x, y), (x + 0.4, y - tall), 0.3))
                strokes.append(_arc((x + 0.4, y - tall), (x + 1.1, y), -0.4))
                x += 1.1 if rng.random() < 0.82 else 3.0
                if x + 3 > area.x + area.width:
                    x, y = area.x + rng.uniform(2, 4), y + 7.5
                    if y + 1 > area.y + area.height:
                        break
        self._lay(image, strokes, pen, rng)

    def _shape(self, kind: str, area: Area, rng: random.Random) -> list[_Points]:
        side, loose = area.width, 0.05 + 0.05 * self.hurried
        cx = area.x + side * (0.5 + rng.gauss(0, loose))
        cy = area.y + area.height * (0.5 + rng.gauss(0, loose))
        grown = side * self.big * rng.uniform(0.88, 1.12)

        def at(u: float, v: float) -> tuple[float, float]:
            return (cx + grown * (u + self.lean * -v), cy + grown * v)

        if kind == "tick":
            low = at(rng.uniform(-0.22, -0.05), rng.uniform(0.3, 0.48))
            end = at(rng.uniform(0.35, 0.75), rng.uniform(-0.75, -0.35))
            down = _arc(at(rng.uniform(-0.5, -0.3), rng.uniform(-0.2, 0.1)), low, rng.uniform(-0.1, 0.25))  # fmt: skip
            up = _arc(low, end, rng.uniform(-0.2, 0.15))
            return [down, up] if self.hooked else [np.concatenate((down[-3:], up))]
        if kind == "cross":
            long, short = rng.uniform(0.42, 0.62), rng.uniform(0.32, 0.55)
            turn = 0.785 if not self.plus else rng.uniform(0.0, 0.25)
            ends = []
            for angle, far in ((turn, long), (turn + 1.571 + rng.gauss(0, 0.12), short)):
                u, v = far * math.cos(angle), far * math.sin(angle)
                ends.append(_arc(at(-u, -v), at(u, v), rng.gauss(0, 0.08)))
            return ends
        if kind == "slash":
            u = -0.45 if self.falling else 0.45
            lines = [_arc(at(-u, 0.45), at(u, -0.45), rng.gauss(0, 0.1))]
            if self.doubled:
                lines.append(_arc(at(-u + 0.16, 0.48), at(u + 0.16, -0.4), rng.gauss(0, 0.1)))
            return lines
        if kind == "small":
            u, v = rng.uniform(-0.2, 0.2), rng.uniform(-0.2, 0.2)
            return [_arc((cx + side * u, cy + side * v), (cx + side * (u + 0.2), cy + side * (v - rng.uniform(0.0, 0.2))), 0.5)]  # fmt: skip
        if kind == "circle":
            # Two arcs that do not quite meet, or pass each other.
            wide, high = side * rng.uniform(0.7, 0.95), area.height * rng.uniform(0.7, 0.92)
            over = rng.uniform(-0.1, 0.5)
            return [_ring(cx, cy, wide, high, rng.uniform(0, 6.28), 6.28 + over)]
        if kind == "overshot":
            if rng.random() < 0.5:  # a big cross
                return [_arc((cx - side * 0.85, cy - side * 0.8), (cx + side * 0.8, cy + side * 0.8), rng.gauss(0, 0.06)),
                        _arc((cx + side * 0.8, cy - side * 0.75), (cx - side * 0.8, cy + side * 0.85), rng.gauss(0, 0.06))]  # fmt: skip
            # A tick whose hook is in the box and whose tail is not.
            low = (cx + side * rng.uniform(0.1, 0.3), cy + side * rng.uniform(0.1, 0.35))
            return [_arc((cx - side * 0.25, cy - side * 0.1), low, 0.2), _arc(low, (low[0] + side * 0.8, low[1] - side * 0.85), -0.1)]  # fmt: skip
        if rng.random() < 0.5:  # an arrow that points at it
            tip = area.x - side * 0.25
            return [_arc((tip - side * 0.45, cy), (tip, cy), 0.05), _arc((tip - side * 0.15, cy - side * 0.15), (tip, cy), 0.0)]  # fmt: skip
        x = area.x + side * 1.35  # a crossed-out letter behind it
        return [_ring(x + 0.7, cy, 0.6, 0.9, 0.0, 6.6), _arc((x - 0.1, cy + 0.8), (x + 1.5, cy - 0.8), 0.0)]  # fmt: skip

    def _blacked(self, area: Area, pen: Pen, rng: random.Random) -> list[_Points]:
        """A box blacked: strokes side by side, up and down or across, or both; or small loops row by row."""
        step = pen.width * rng.uniform(0.5, 1.05 + 0.2 * self.hurried)
        ways = {"down": (True,), "across": (False,), "both": (True, False), "loops": (False, True)}
        strokes: list[_Points] = []
        for upright in ways[self.fills_by]:
            at = step * 0.4
            length = area.width if upright else area.height
            while at < length:
                a, b = rng.gauss(0.03, 0.03), rng.gauss(0.97, 0.03)
                if upright:
                    ends = ((area.x + at, area.y + area.height * a), (area.x + at + rng.gauss(0, 0.1), area.y + area.height * b))  # fmt: skip
                else:
                    ends = ((area.x + area.width * a, area.y + at), (area.x + area.width * b, area.y + at + rng.gauss(0, 0.1)))  # fmt: skip
                strokes.append(_arc(*ends, rng.gauss(0, 0.04)))
                at += step
            if self.fills_by == "loops":
                for _ in range(5):
                    strokes.append(_ring(area.x + area.width * rng.uniform(0.3, 0.7), area.y + area.height * rng.uniform(0.3, 0.7), area.width * 0.28, area.height * 0.28, 0.0, 6.5))  # fmt: skip
        return strokes

    def _lay(self, image: Grey, strokes: list[_Points], pen: Pen, rng: random.Random) -> None:
        """Ink on the paper: each stroke is swept by the nib, less dense where the hand is quick."""
        if not strokes:
            return
        whole = np.concatenate(strokes)
        low = np.maximum(0, np.floor((whole.min(axis=0) - 2) * PER_MM).astype(int))
        high = np.ceil((whole.max(axis=0) + 2) * PER_MM).astype(int)
        part = image[low[1] : high[1], low[0] : high[0]]
        if part.size == 0:
            return
        clear = np.ones(part.shape, np.float32)
        flat = _FLAT.get(pen.name, 0.75)
        for stroke in strokes:
            layer = np.zeros(part.shape, np.uint8)
            points = (stroke * PER_MM - low).astype(np.float32)
            nib = _nib(pen.width * PER_MM, flat, self.nib)
            for n in range(len(points) - 1):
                swept = cv2.convexHull(np.concatenate((points[n] + nib, points[n + 1] + nib)))
                tone = 255 * (1 - 0.25 * self.hurried * n / len(points))
                cv2.fillConvexPoly(layer, np.round(swept * 16).astype(np.int32), (round(tone),), cv2.LINE_AA, 4)  # fmt: skip
            clear *= 1 - np.clip(layer.astype(np.float32) * np.float32(pen.darkness / 255), 0, 0.97)
        ink = 1 - clear
        if pen.broken:
            noise = np.random.default_rng(rng.getrandbits(32)).random(part.shape, np.float32)
            teeth = cv2.GaussianBlur(noise, (0, 0), 1.0)
            teeth = (teeth - teeth.mean()) / max(1e-3, float(teeth.std()))
            ink *= np.clip(1 + np.float32(pen.broken) * np.minimum(teeth, 0.8), 0, 1.2)
        if self.smears and pen.name in ("soft pencil", "gel pen", "whiteboard marker"):
            drawn = cv2.blur(ink, (round(3.0 * PER_MM), 3))
            ink = np.maximum(ink, drawn * np.float32(0.12))
        part[:] = np.clip(part * (1 - np.clip(ink, 0, 1)), 0, 255).astype(np.uint8)


def person(rng: random.Random) -> _Person:
    """Somebody."""
    return _Person(
        nib=rng.uniform(0, 3.14),
        big=min(1.3, max(0.6, rng.gauss(0.95, 0.16))),
        lean=rng.gauss(0.1, 0.15),
        hurried=rng.random(),
        plus=rng.random() < 0.12,
        hooked=rng.random() < 0.75,
        doubled=rng.random() < 0.15,
        falling=rng.random() < 0.25,
        smears=rng.random() < 0.1,
        fills_by=rng.choice(("down", "across", "both", "both", "loops")),
    )


def ordinary_scan(rng: random.Random) -> Scan:
    """The machine down the hall."""
    return Scan(
        turn=rng.triangular(-1.2, 1.2), shear=rng.uniform(-0.001, 0.001), scale=rng.uniform(0.98, 1.01),
        shift=(rng.gauss(0, 1.0), rng.gauss(0.5, 1.0)), blur=rng.uniform(0.35, 0.75), noise=rng.uniform(1.5, 5),
        coarse_noise=rng.random() < 0.2, slips=((rng.uniform(60, 250), rng.uniform(-0.5, 0.5)),) if rng.random() < 0.3 else (),
        glide=rng.choice((0, 5)), jpeg=rng.randint(60, 88), upside_down=rng.random() < 0.05,
        paper=rng.randint(236, 255), falloff=rng.uniform(0, 0.04),
    )  # fmt: skip


def any_scan(rng: random.Random) -> Scan:
    """The machine that nobody has called the technician for."""
    return Scan(
        dpi=rng.choice((200, 200, 250, 300, 400)), turn=rng.uniform(-3, 3), shear=rng.gauss(0, 0.002),
        scale=rng.choice((0.96, 0.97, 0.99, 1.0, 1.01, 1.02)), shift=(rng.uniform(-2, 2), rng.uniform(-2.5, 2.5)),
        slips=((rng.triangular(25, 280), rng.uniform(-2, 2)),) if rng.random() < 0.6 else (), glide=rng.choice((0, 5, 15, 40)),
        blur=rng.uniform(0.3, 1.1), noise=rng.triangular(1, 10, 4), coarse_noise=rng.random() < 0.4,
        jpeg=rng.randint(40, 90), one_bit=rng.random() < 0.06, stain=rng.random() < 0.09, hole=rng.random() < 0.08,
        stapled=rng.random() < 0.08, folded=rng.random() < 0.06, cut=rng.uniform(0, 5.5) if rng.random() < 0.1 else 0.0,
        cut_edge=rng.choice(("right", "bottom", "top", "left")), upside_down=rng.random() < 0.25,
        paper=rng.randint(226, 255), contrast=rng.uniform(0.8, 1.04), falloff=rng.uniform(0, 0.07),
    )  # fmt: skip


def _arc(start: tuple[float, float], end: tuple[float, float], bow: float) -> _Points:
    """A parabola from one point to another; `bow` is how far its middle lies aside, as a share of its length."""
    t = np.linspace(0, 1, 14)[:, None]
    a, b = np.array(start), np.array(end)
    aside = np.array([-(b - a)[1], (b - a)[0]])
    return np.asarray(a + (b - a) * t + aside * bow * 4 * t * (1 - t) * 0.5)


def _ring(x: float, y: float, wide: float, high: float, start: float, turn: float) -> _Points:
    t = start + np.linspace(0, turn, 40)
    return np.stack((x + wide * np.cos(t), y + high * np.sin(t)), axis=1)


def _nib(width: float, flat: float, angle: float) -> npt.NDArray[np.float32]:
    """Eight corners of an ellipse about the pen's point, in pixels."""
    t = np.arange(8) * 0.785
    u, v = np.cos(t) * width / 2, np.sin(t) * width / 2 * flat
    c, s = math.cos(angle), math.sin(angle)
    return np.stack((u * c - v * s, u * s + v * c), axis=1).astype(np.float32)


FOURTH = Hand("fourth", PENS, person, ordinary_scan, any_scan)
