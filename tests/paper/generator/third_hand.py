"""The third hand: strokes with pressure, a slope, a size, an aim and sometimes a tremor that belong to one person.

Written from how people mark, and frozen before anything it draws was read (docs/decisions/reading-marks.md). It shares no
code of strokes with the other hands: a stroke is discs along a path whose corners were cut.
"""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import dataclass

import cv2
import numpy as np

from forms.paper.layout import Area
from tests.paper.generator.copier import Scan
from tests.paper.generator.hand import Hand, Path, Pen
from tests.paper.generator.sheet import PER_MM, Grey

PENS = (
    Pen("ballpoint", 0.42, 0.82),
    Pen("blue rollerball", 0.56, 0.6),
    Pen("fine felt", 0.8, 0.92),
    Pen("HB pencil", 0.5, 0.5, 0.3),
    Pen("felt-tip", 1.4, 0.88),
    Pen("hard pencil", 0.36, 0.32, 0.3),
)
#: By pen: how much lighter the middle of a stroke is, how often it starts dry, how often it leaves a blob.
_INK = {"ballpoint": (0.3, 0.15, 0.08), "blue rollerball": (0.0, 0.03, 0.1), "felt-tip": (0.0, 0.0, 0.2)}  # fmt: skip

#: Digits as they are written here: strokes in a field of 1 by 1.
_DIGITS: tuple[tuple[Path, ...], ...] = (
    ([(0.5, 0.0), (0.0, 0.3), (0.1, 0.9), (0.6, 1.0), (1.0, 0.6), (0.8, 0.1), (0.45, 0.0)],),
    ([(0.55, 0.0), (0.45, 1.0)],),
    ([(0.0, 0.2), (0.5, 0.0), (0.9, 0.3), (0.0, 1.0), (1.0, 0.95)],),
    ([(0.1, 0.05), (0.9, 0.1), (0.4, 0.45), (0.95, 0.75), (0.05, 1.0)],),
    ([(0.3, 0.0), (0.0, 0.6), (0.95, 0.6)], [(0.7, 0.3), (0.65, 1.0)]),
    ([(0.2, 0.0), (0.1, 0.45), (0.9, 0.6), (0.6, 1.0), (0.0, 0.9)], [(0.2, 0.0), (0.9, 0.0)]),
    ([(0.7, 0.0), (0.0, 0.7), (0.5, 1.0), (0.9, 0.7), (0.1, 0.6)],),
    ([(0.0, 0.05), (0.95, 0.0), (0.4, 1.0)], [(0.3, 0.5), (0.85, 0.5)]),
    ([(0.8, 0.1), (0.2, 0.1), (0.9, 0.8), (0.4, 1.0), (0.1, 0.8), (0.9, 0.1)],),
    ([(0.9, 0.2), (0.3, 0.0), (0.1, 0.4), (0.85, 0.35), (0.8, 1.0)],),
)


@dataclass(frozen=True, slots=True)
class _Person:
    slope: float
    size: float
    aim: tuple[float, float]
    tremor: float
    wave: float
    pressure: float
    mirrored: bool
    rounded: bool
    unlifted: bool
    retraces: bool
    lying: bool

    def draw(self, image: Grey, area: Area, kind: str, pen: Pen, rng: random.Random) -> str:
        if kind in ("filled", "corrected"):
            if kind == "corrected":
                self._ink(image, self._cross(area, rng), pen, rng)
            for _ in range(rng.choices((1, 2, 3), (25, 55, 20))[0]):
                self._ink(image, _filling(area, pen, rng), pen, rng, flick=False)
            return "cancelled"
        paths = {
            "tick": self._tick, "cross": self._cross, "slash": self._slash, "small": self._small,
            "circle": self._circle, "overshot": self._overshot, "beside": self._beside,
        }[kind](area, rng)  # fmt: skip
        self._ink(image, paths, pen, rng, flick=kind not in ("circle", "small"))
        if self.retraces and kind in ("tick", "cross", "slash"):
            again = [[(x + rng.gauss(0, 0.12), y + rng.gauss(0, 0.12)) for x, y in path] for path in paths]  # fmt: skip
            self._ink(image, again, pen, rng)
        return "blank" if kind == "beside" else "marked"

    def write(self, image: Grey, area: Area, pen: Pen, rng: random.Random) -> None:
        if area.width < 10:
            high, wide = area.height * rng.uniform(0.45, 0.72), area.width * rng.uniform(0.3, 0.55)
            x = area.x + (area.width - wide) * rng.uniform(0.3, 0.7)
            y = area.y + (area.height - high) * rng.uniform(0.3, 0.7)
            digit = _DIGITS[rng.randrange(10)]
            self._ink(image, [_cut([(x + wide * u, y + high * v) for u, v in path]) for path in digit], pen, rng)  # fmt: skip
            return
        y, left = area.y + rng.uniform(3.5, 5.5), rng.choice((1, 2, 4, 9, 14))
        high = rng.uniform(1.4, 2.6)
        while left and y + 2 < area.y + area.height:
            x = area.x + rng.uniform(1.5, 4)
            while left:
                letters = rng.randint(2, 9)
                if x + letters * 2 > area.x + area.width:
                    break
                word: Path = []
                for _ in range(letters):
                    tall = high * (2 if rng.random() < 0.2 else 1)
                    word += [(x, y), (x + 0.5, y - tall), (x + 1.0, y - tall * 0.2)]
                    x += rng.uniform(1.3, 2.0)
                self._ink(image, [_cut(word)], pen, rng)
                x += 2.2
                left -= 1
            if x == area.x:
                break
            y += rng.uniform(6.5, 9)

    def _placed(self, points: Path, area: Area, rng: random.Random, loose: float = 0.03) -> Path:
        """Points in a field of the box, as this person puts them there."""
        off = (self.aim[0] + rng.gauss(0, 0.05), self.aim[1] + rng.gauss(0, 0.05))
        side = -1 if self.mirrored else 1
        put = []
        for across, along in points:
            u, v = side * (across - 0.5) * self.size, (along - 0.5) * self.size
            put.append(
                (
                    area.x + area.width * (0.5 + off[0] + u - self.slope * v + rng.gauss(0, loose)),
                    area.y + area.height * (0.5 + off[1] + v + rng.gauss(0, loose)),
                )
            )
        return put

    def _tick(self, area: Area, rng: random.Random) -> list[Path]:
        start = (rng.uniform(0.0, 0.28), rng.uniform(0.3, 0.62))
        low = (rng.uniform(0.28, 0.46), rng.uniform(0.78, 1.0))
        end = (rng.uniform(0.85, 1.3), rng.uniform(-0.3, 0.2))
        points = self._placed([start, low, end], area, rng)
        return [_cut(points) if self.rounded else points]

    def _cross(self, area: Area, rng: random.Random) -> list[Path]:
        turn, one, two = rng.gauss(0, 0.2), rng.uniform(0.42, 0.68), rng.uniform(0.42, 0.68)

        def end(angle: float, far: float) -> tuple[float, float]:
            return (0.5 + far * math.cos(angle + turn), 0.5 + far * math.sin(angle + turn))

        first = [end(-2.36, one), end(0.79, one)]
        second = [end(-0.79, two), end(2.36, two)]
        if self.unlifted:
            loop = [(first[1][0] + 0.12, first[1][1] - 0.15), (second[0][0] + 0.12, second[0][1] + 0.1)]  # fmt: skip
            return [_cut(self._placed([*first, *loop, *second], area, rng))]
        return [self._placed(first, area, rng), self._placed(second, area, rng)]

    def _slash(self, area: Area, rng: random.Random) -> list[Path]:
        bend = rng.gauss(0, 0.08)
        if self.lying:
            return [_cut(self._placed([(-0.02, 0.55), (0.3, 0.45 + bend), (0.7, 0.55 - bend), (1.05, 0.45)], area, rng))]  # fmt: skip
        points = [(0.05, 1.0), (0.5 + bend, 0.5), (rng.uniform(0.8, 1.05), rng.uniform(-0.15, 0.12))]  # fmt: skip
        return [_cut(self._placed(points, area, rng))]

    def _small(self, area: Area, rng: random.Random) -> list[Path]:
        u, v = rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7)
        kind = rng.randrange(3)
        if kind == 0:  # a dot, pressed and turned
            points = [(u + 0.05 * math.cos(t) * t / 8, v + 0.05 * math.sin(t) * t / 8) for t in range(12)]  # fmt: skip
        elif kind == 1:
            points = [(u - 0.14, v + rng.uniform(-0.06, 0.06)), (u + 0.14, v + rng.uniform(-0.06, 0.06))]  # fmt: skip
        else:
            points = [(u - 0.1, v - 0.02), (u, v + 0.12), (u + 0.18, v - 0.18)]
        return [[(area.x + area.width * x, area.y + area.height * y) for x, y in points]]

    def _circle(self, area: Area, rng: random.Random) -> list[Path]:
        wide, high = rng.uniform(0.72, 0.93) * area.width, rng.uniform(0.7, 0.9) * area.height
        x = area.x + area.width * 0.5 + rng.gauss(0, 0.2)
        y = area.y + area.height * 0.5 + rng.gauss(0, 0.2)
        tilt, start, turns = rng.uniform(-0.5, 0.5), rng.uniform(0, 6.28), rng.uniform(5.9, 9.5)
        grows = rng.uniform(-0.03, 0.03)
        path: Path = []
        for t in np.linspace(0, turns, 70):
            far = 1 + grows * t
            a, b = wide * far * math.cos(start + t), high * far * math.sin(start + t)
            path.append((x + a * math.cos(tilt) - b * math.sin(tilt) * 0.4, y + a * math.sin(tilt) * 0.4 + b * math.cos(tilt)))  # fmt: skip
        return [path]

    def _overshot(self, area: Area, rng: random.Random) -> list[Path]:
        if rng.random() < 0.5:
            return [_cut(self._placed([(0.2, 0.5), (0.4, 0.92), (rng.uniform(1.35, 1.65), rng.uniform(-0.75, -0.4))], area, rng))]  # fmt: skip
        right, down = rng.choice(((0.36, 0.0), (-0.36, 0.0), (0.0, 0.36), (0.0, -0.36)))
        beside = Area(area.x + area.width * right, area.y + area.height * down, area.width, area.height)  # fmt: skip
        return self._cross(beside, rng)

    def _beside(self, area: Area, rng: random.Random) -> list[Path]:
        kind = rng.randrange(3)
        points: list[Path]
        if kind == 0:  # a dash before it
            points = [[(-0.72, 0.5 + rng.gauss(0, 0.08)), (-0.28, 0.5 + rng.gauss(0, 0.08))]]
        elif kind == 1:  # a question mark behind it
            points = [_cut([(1.3, 0.25), (1.5, 0.0), (1.68, 0.25), (1.45, 0.5), (1.45, 0.75)]), [(1.45, 0.9), (1.46, 0.93)]]  # fmt: skip
        else:  # it is underlined
            points = [[(-0.1, 1.2), (0.5, 1.17 + rng.gauss(0, 0.02)), (1.1, 1.2)]]
        return [[(area.x + area.width * u, area.y + area.height * v) for u, v in path] for path in points]  # fmt: skip

    def _ink(
        self, image: Grey, paths: list[Path], pen: Pen, rng: random.Random, *, flick: bool = True
    ) -> None:
        """Strokes of this pen: thin where it sets down, thinner where it flies off."""
        lighter, dry, blob = _INK.get(pen.name, (0.0, 0.0, 0.0))
        for path in paths:
            points = _evenly(path)
            points = self._trembled(points, rng)
            low = np.maximum(0, np.floor((points.min(axis=0) - 2) * PER_MM).astype(int))
            high = np.ceil((points.max(axis=0) + 2) * PER_MM).astype(int)
            part = image[low[1] : high[1], low[0] : high[0]]
            if part.size == 0:
                continue
            layer = np.zeros(part.shape, np.uint8)
            count = len(points)
            along = np.arange(count) / max(1, count - 1)
            press = np.clip(np.minimum(0.6 + along * count / 12, 1.0), 0, 1)
            if flick:
                press = np.minimum(press, np.clip(0.45 + (1 - along) * 2.2, 0, 1))
            dry_until = rng.uniform(0.1, 0.3) if rng.random() < dry else 0.0
            for n, (x, y) in enumerate(points):
                strong = float(press[n]) * self.pressure
                tone = 255 * min(1.0, 0.72 + 0.28 * strong) * (0.25 if along[n] < dry_until else 1)
                _disc(layer, x, y, low, pen.width / 2 * min(1.15, 0.55 + 0.45 * strong), tone)
            if lighter:
                for x, y in points:
                    _disc(layer, x, y, low, pen.width * 0.14, 255 * (1 - lighter))
            if rng.random() < blob:
                _disc(layer, *points[-1 if rng.random() < 0.5 else 0], low, pen.width * 0.75, 255)
            ink = layer.astype(np.float32) * np.float32(pen.darkness / 255)
            if pen.broken:
                ink *= _grain(part.shape, pen.broken, rng)
            part[:] = np.clip(part * (1 - np.clip(ink, 0, 1)), 0, 255).astype(np.uint8)

    def _trembled(self, points: np.ndarray, rng: random.Random) -> np.ndarray:  # type: ignore[type-arg]
        if not self.tremor:
            return points
        along = np.arange(len(points)) * 0.08
        phases = [rng.uniform(0, 6.28) for _ in range(4)]
        wave = self.wave * rng.uniform(0.85, 1.15)
        off = [
            np.sin(along * 6.28 / wave + phases[n])
            + 0.5 * np.sin(along * 6.28 / (wave * 2.7) + phases[n + 2])
            for n in range(2)
        ]
        return points + np.stack(off, axis=1) * self.tremor


def person(rng: random.Random) -> _Person:
    """Somebody: one in six trembles, one in nine writes with the left hand."""
    left = rng.random() < 0.11
    return _Person(
        slope=rng.gauss(-0.12 if left else 0.15, 0.12),
        size=min(1.35, max(0.68, rng.lognormvariate(0, 0.17))),
        aim=(rng.gauss(0, 0.05), rng.gauss(0, 0.06)),
        tremor=rng.uniform(0.05, 0.2) if rng.random() < 0.17 else 0.0,
        wave=rng.uniform(0.8, 1.7),
        pressure=rng.uniform(0.75, 1.15),
        mirrored=left and rng.random() < 0.5,
        rounded=rng.random() < 0.5,
        unlifted=rng.random() < 0.2,
        retraces=rng.random() < 0.1,
        lying=rng.random() < 0.12,
    )


def ordinary_scan(rng: random.Random) -> Scan:
    """A copier of an office that is looked after."""
    return Scan(
        turn=rng.uniform(-1, 1), shear=rng.gauss(0, 0.0008), scale=rng.choice((0.97, 0.99, 1.0, 1.0, 1.005)),
        shift=(rng.uniform(-1.5, 1.5), rng.uniform(-1.5, 1.5)), blur=rng.uniform(0.25, 0.85), noise=rng.uniform(1, 5),
        slips=((rng.uniform(30, 270), rng.uniform(-0.6, 0.6)),) if rng.random() < 0.25 else (), glide=rng.choice((0, 10)),
        jpeg=rng.choice((60, 75, 80, 90)), upside_down=rng.random() < 0.06, paper=rng.randint(238, 254),
        falloff=rng.uniform(0, 0.03), stapled=rng.random() < 0.03,
    )  # fmt: skip


def any_scan(rng: random.Random) -> Scan:
    """A copier that is not: two slips, a slip that comes slowly, margins cut on any side, light that falls off."""
    first = rng.uniform(-2, 2)
    slips = [(rng.uniform(25, 280), first)] if rng.random() < 0.5 else []
    if slips and rng.random() < 0.3:
        slips.append((rng.uniform(25, 280), rng.uniform(-2, 2) if first == 0 else -first * rng.uniform(0.2, 1)))  # fmt: skip
    return Scan(
        dpi=rng.choice((200, 200, 240, 300)), turn=rng.triangular(-3, 3), shear=rng.uniform(-0.004, 0.004),
        scale=rng.uniform(0.96, 1.02), shift=(rng.uniform(-2.5, 2.5), rng.uniform(-2.5, 2.5)), slips=tuple(slips),
        glide=rng.choice((0, 0, 8, 25)), blur=rng.uniform(0.2, 1.15), noise=rng.uniform(1, 10),
        coarse_noise=rng.random() < 0.3, jpeg=rng.choice((40, 45, 55, 65, 75, 90)), one_bit=rng.random() < 0.06,
        stain=rng.random() < 0.1, stapled=rng.random() < 0.12, folded=rng.random() < 0.05,
        cut=rng.uniform(0, 6) if rng.random() < 0.12 else 0.0, cut_edge=rng.choice(("left", "right", "top", "bottom")),
        upside_down=rng.random() < 0.2, paper=rng.randint(222, 255), contrast=rng.uniform(0.78, 1.05),
        falloff=rng.uniform(0, 0.08),
    )  # fmt: skip


def _filling(area: Area, pen: Pen, rng: random.Random) -> list[Path]:
    """A box filled: hatched aslant to and fro, or round and round from its edge inwards."""
    step = pen.width * rng.uniform(0.55, 1.25)
    if rng.random() < 0.35:
        path: Path = []
        far, t = 0.49, rng.uniform(0, 6.28)
        while far > 0.02:
            # A rounded square, as a pen turns in a box.
            c, s = math.cos(t), math.sin(t)
            grow = far / max(abs(c), abs(s)) ** 0.75
            path.append((area.x + area.width * (0.5 + grow * c + rng.gauss(0, 0.01)), area.y + area.height * (0.5 + grow * s + rng.gauss(0, 0.01))))  # fmt: skip
            t += 0.3
            far -= step / area.width * 0.3 / 6.28
        return [path]
    falling = rng.random() < 0.5
    path, forth, at = [], True, 0.06
    while at < 1.94:
        # The line u + v = at, within the box.
        ends = [(max(0.0, at - 1), min(1.0, at)), (min(1.0, at), max(0.0, at - 1))]
        for across, along in ends if forth else reversed(ends):
            u, v = across + rng.gauss(0, 0.035), along + rng.gauss(0, 0.035)
            path.append((area.x + area.width * (u if falling else 1 - u), area.y + area.height * v))
        at += step / area.width * 1.41
        forth = not forth
    return [path]


def _cut(points: Path) -> Path:
    """Corners cut three times: a curve near the points, through the first and the last."""
    path = points
    for _ in range(3):
        closer = [path[0]]
        for (x0, y0), (x1, y1) in itertools.pairwise(path):
            closer += [(0.75 * x0 + 0.25 * x1, 0.75 * y0 + 0.25 * y1), (0.25 * x0 + 0.75 * x1, 0.25 * y0 + 0.75 * y1)]  # fmt: skip
        path = [*closer, path[-1]]
    return path


def _evenly(path: Path) -> np.ndarray:  # type: ignore[type-arg]
    """Points every 0.08 mm along the path."""
    points = np.array(path, np.float64)
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(steps)))
    at = np.linspace(0, along[-1], max(2, int(along[-1] / 0.08)))
    return np.stack([np.interp(at, along, points[:, n]) for n in range(2)], axis=1)


def _disc(layer: Grey, x: float, y: float, low: np.ndarray, radius: float, tone: float) -> None:  # type: ignore[type-arg]
    centre = (round((x * PER_MM - low[0]) * 16), round((y * PER_MM - low[1]) * 16))
    cv2.circle(layer, centre, max(8, round(radius * PER_MM * 16)), (round(tone),), -1, cv2.LINE_AA, 4)  # fmt: skip


def _grain(shape: tuple[int, ...], broken: float, rng: random.Random) -> np.ndarray:  # type: ignore[type-arg]
    """Graphite that sits on the fibres of paper: coarse and fine together."""
    noise = np.random.default_rng(rng.getrandbits(32))
    grain = np.zeros(shape, np.float32)
    for blur, much in ((0.8, 0.5), (2.4, 1.0)):
        one = cv2.GaussianBlur(noise.standard_normal(shape, np.float32), (0, 0), blur)
        grain += one / max(1e-3, float(one.std())) * np.float32(much / 1.5)
    return np.clip(1 + np.float32(broken) * grain, 0, 1.25)


THIRD = Hand("third", PENS, person, ordinary_scan, any_scan)
