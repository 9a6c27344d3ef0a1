"""Cuts pieces out of a page that was set straight, for a person to look at."""

from __future__ import annotations

import io
from collections.abc import Iterable

from PIL import Image

from forms.paper.layout import Area
from sync.paper.pages import PIXELS_PER_MM

_QUALITY = 80


def crop(image: bytes, area: Area, margin: float = 3.0) -> bytes:
    """The piece of `image` (a ReadPage's) that shows `area` with `margin` millimetres around it, as a grey JPEG.

    Parts outside the page are left out. Raises ValueError where nothing of the area lies on the page.
    """
    with Image.open(io.BytesIO(image), formats=["JPEG"]) as page:
        left, top = area.x - margin, area.y - margin
        right, bottom = area.x + area.width + margin, area.y + area.height + margin
        piece = (
            max(0, int(left * PIXELS_PER_MM)),
            max(0, int(top * PIXELS_PER_MM)),
            min(page.width, int(right * PIXELS_PER_MM) + 1),
            min(page.height, int(bottom * PIXELS_PER_MM) + 1),
        )
        if piece[0] >= piece[2] or piece[1] >= piece[3]:
            raise ValueError("the area lies outside the page")
        out = io.BytesIO()
        page.crop(piece).convert("L").save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def around(areas: Iterable[Area]) -> Area:
    """The smallest area that holds all of them, for a crop of a whole question. Raises ValueError without any."""
    every = list(areas)
    if not every:
        raise ValueError("no areas")
    x, y = min(one.x for one in every), min(one.y for one in every)
    right = max(one.x + one.width for one in every)
    bottom = max(one.y + one.height for one in every)
    return Area(x, y, right - x, bottom - y)
