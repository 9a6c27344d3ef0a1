"""Scans as copiers make them: a page a little turned, sheared, scaled, slipped on its way, blurred, noisy, stained."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from tests.paper.generator.sheet import PER_MM, Grey


@dataclass(frozen=True, slots=True)
class Scan:
    """How one page went through the copier."""

    dpi: int = 200
    turn: float = 0.0
    shear: float = 0.0
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    #: (where along the page in mm, how far it slipped there in mm)
    slips: tuple[tuple[float, float], ...] = ()
    blur: float = 0.5
    noise: float = 3.0
    jpeg: int = 75
    one_bit: bool = False
    stain: bool = False
    hole: bool = False
    folded: bool = False
    cut: float = 0.0
    upside_down: bool = False
    paper: int = 250
    contrast: float = 1.0
    #: Over how many mm a slip comes; 0 is at once.
    glide: float = 0.0
    coarse_noise: bool = False
    stapled: bool = False
    cut_edge: str = "left"
    #: How much darker the page is at one side than at the other.
    falloff: float = 0.0


def ordinary_scan(rng: random.Random) -> Scan:
    """What a copier does to nearly every page."""
    return Scan(
        turn=rng.gauss(0, 0.5), shear=rng.gauss(0, 0.001), scale=rng.uniform(0.985, 1.01),
        shift=(rng.gauss(0, 1), rng.gauss(0, 1)),
        slips=((rng.uniform(40, 260), rng.uniform(-0.5, 0.5)),) if rng.random() < 0.3 else (),
        blur=rng.uniform(0.3, 0.8), noise=rng.uniform(1, 5), jpeg=rng.randint(60, 90),
        upside_down=rng.random() < 0.05, paper=rng.randint(240, 255),
    )  # fmt: skip


def any_scan(rng: random.Random, *, one_bit: bool | None = None) -> Scan:
    """Anything that a copier may do to a page, also several misfortunes at once."""
    slips = tuple(
        (rng.uniform(30, 270), rng.uniform(-2, 2)) for _ in range(1 if rng.random() < 0.5 else 0)
    )
    return Scan(
        dpi=rng.choice([200, 200, 200, 300]), turn=rng.uniform(-3, 3), shear=rng.uniform(-0.004, 0.004),
        scale=rng.uniform(0.96, 1.02), shift=(rng.uniform(-2.5, 2.5), rng.uniform(-2.5, 2.5)), slips=slips,
        blur=rng.uniform(0.3, 1.1), noise=rng.uniform(1, 9), jpeg=rng.randint(40, 90),
        one_bit=(rng.random() < 0.06) if one_bit is None else one_bit, stain=rng.random() < 0.08,
        hole=rng.random() < 0.15, folded=rng.random() < 0.06, cut=rng.uniform(0, 6) if rng.random() < 0.1 else 0.0,
        upside_down=rng.random() < 0.2, paper=rng.randint(225, 255), contrast=rng.uniform(0.8, 1.05),
    )  # fmt: skip


def scan(page: Grey, how: Scan, rng: random.Random) -> Grey:
    """The page as the copier saw it: grey pixels at its dpi."""
    page = page.copy()
    noise = np.random.default_rng(rng.getrandbits(32))
    if how.stain:
        _stain(page, rng)
    if how.hole:
        for x, y in ((8, 8 + rng.uniform(-2, 2)), (6, 297 / 2 - 40), (6, 297 / 2 + 40)):
            cv2.circle(
                page,
                (round(x * PER_MM), round(y * PER_MM)),
                round(rng.uniform(1, 3) * PER_MM),
                (rng.randint(20, 90),),
                -1,
            )
    if how.stapled:
        _staple(page, rng)
    if how.folded:
        _fold(page, rng)
    per_mm = how.dpi / 25.4
    size = (round(210 * per_mm), round(297 * per_mm))
    x = (np.arange(size[0], dtype=np.float32) / per_mm - 105 - how.shift[0])[None, :]
    y = (np.arange(size[1], dtype=np.float32) / per_mm - 148.5 - how.shift[1])[:, None]
    for place, slip in how.slips:
        if how.glide:
            y = y + np.clip((y + 148.5 - place) / how.glide, 0, 1) * np.float32(slip)
        else:
            y = y + np.where(y + 148.5 > place, np.float32(slip), np.float32(0))
    angle = np.radians(how.turn)
    cos, sin = np.float32(np.cos(angle) / how.scale), np.float32(np.sin(angle) / how.scale)
    source_x = cos * x + (sin + np.float32(how.shear)) * y + np.float32(105)
    source_y = -sin * x + cos * y + np.float32(148.5)
    seen = cv2.remap(
        cv2.GaussianBlur(page, (0, 0), 0.25 * PER_MM / per_mm * 2),
        (source_x * np.float32(PER_MM)).astype(np.float32), (source_y * np.float32(PER_MM)).astype(np.float32),
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(255,),
    )  # fmt: skip
    if how.blur:
        seen = cv2.GaussianBlur(seen, (0, 0), how.blur)
    grey = 255 - (255 - seen.astype(np.float32)) * np.float32(how.contrast)
    grey *= np.float32(how.paper / 255)
    if how.falloff:
        grey *= np.linspace(1, 1 - how.falloff, size[0], dtype=np.float32)[None, :]
    grain = noise.standard_normal((611, 733), np.float32) * np.float32(how.noise)
    if how.coarse_noise:  # grains of two pixels, as strong as before
        grain = cv2.GaussianBlur(grain, (0, 0), 0.8) * np.float32(2.4)
    again = (-(-size[1] // grain.shape[0]), -(-size[0] // grain.shape[1]))
    grey += np.tile(grain, again)[: size[1], : size[0]]
    if how.cut:
        _cut(grey, round(how.cut * per_mm), how.cut_edge)
    result = np.clip(grey, 0, 255).astype(np.uint8)
    if how.one_bit:
        result = np.where(result < rng.randint(110, 175), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(result[::-1, ::-1]) if how.upside_down else result


def as_jpeg(grey: Grey, quality: int, dpi: int = 200) -> bytes:
    """The scan as a JPEG file."""
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "JPEG", quality=quality, dpi=(dpi, dpi))
    return out.getvalue()


def _stain(page: Grey, rng: random.Random) -> None:
    """A ring of coffee, or a finger with something on it."""
    x, y = rng.uniform(30, 180), rng.uniform(40, 260)
    layer = np.zeros(page.shape, np.uint8)
    radius = round(rng.uniform(8, 35) * PER_MM)
    cv2.circle(
        layer,
        (round(x * PER_MM), round(y * PER_MM)),
        radius,
        (round(rng.uniform(10, 50)),),
        rng.choice([-1, round(3 * PER_MM)]),
    )
    layer = cv2.blur(layer, (25, 25))
    page[:] = cv2.subtract(page, layer)


def _staple(page: Grey, rng: random.Random) -> None:
    """Two holes near a corner at the top, where a staple was drawn out, and the dent between them."""
    x, y, turn = rng.uniform(5, 12), rng.uniform(4, 12), rng.uniform(-0.9, 0.9)
    ends = [
        (round((x + far * np.cos(turn)) * PER_MM), round((y + far * np.sin(turn)) * PER_MM))
        for far in (-5, 5)
    ]
    cv2.line(page, ends[0], ends[1], (205,), 4, cv2.LINE_AA)
    for end in ends:
        cv2.circle(page, end, round(rng.uniform(0.3, 0.7) * PER_MM), (rng.randint(30, 110),), -1)


def _cut(grey: np.ndarray, wide: int, edge: str) -> None:  # type: ignore[type-arg]
    """A margin that the scanner did not see."""
    high, across = grey.shape
    rows = slice(0, wide) if edge == "top" else slice(high - wide, high)
    columns = slice(0, wide) if edge == "left" else slice(across - wide, across)
    if edge in ("top", "bottom"):
        grey[rows, :] = 255
    else:
        grey[:, columns] = 255


def _fold(page: Grey, rng: random.Random) -> None:
    """A corner folded over: its mark is gone, the back of the paper and a shadow are there."""
    size = round(rng.uniform(18, 30) * PER_MM)
    high, wide = page.shape
    x, sx = (0, 1) if rng.random() < 0.5 else (wide - 1, -1)
    y, sy = (high - 1, -1) if rng.random() < 0.8 else (0, 1)
    corner = np.array([[x, y], [x + sx * size, y], [x, y + sy * size]])
    inner = corner[1:].mean(axis=0) * 2 - corner[0]
    cv2.fillConvexPoly(page, np.array([corner[1], corner[2], inner]).astype(np.int32), (245,))
    cv2.fillConvexPoly(page, corner.astype(np.int32), (255,))
    cv2.line(page, corner[1].tolist(), corner[2].tolist(), (170,), 4, cv2.LINE_AA)
