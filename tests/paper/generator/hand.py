"""What a hand is: pens, persons who mark with them, and the copier that their sheets go through."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from forms.paper.layout import Area
from tests.paper.generator.copier import Scan
from tests.paper.generator.sheet import Grey

#: Points in mm from the page's top left.
Path = list[tuple[float, float]]

#: Marks that everybody makes, with any of the ordinary pens.
ORDINARY = ("tick", "cross", "slash")
#: What else a box meets. The last is no mark; filled and corrected take one back.
UNUSUAL = ("circle", "small", "overshot", "filled", "corrected", "beside")
#: The first so many pens of a hand are ordinary.
ORDINARY_PENS = 4


@dataclass(frozen=True, slots=True)
class Pen:
    """How wide a stroke is in mm, how dark (1 is black), and how broken (pencil on paper)."""

    name: str
    width: float
    darkness: float
    broken: float = 0.0


class Person(Protocol):
    """Somebody who fills in one page, with habits of their own."""

    def draw(self, image: Grey, area: Area, kind: str, pen: Pen, rng: random.Random) -> str:
        """Draw one mark into or about a box; gives what it means: `marked`, `cancelled` or `blank`."""

    def write(self, image: Grey, area: Area, pen: Pen, rng: random.Random) -> None:
        """A digit into a comb's cell, or words into a frame."""


@dataclass(frozen=True, slots=True)
class Hand:
    """`person` gives somebody with this hand; the scans are what their copier does."""

    name: str
    pens: tuple[Pen, ...]
    person: Callable[[random.Random], Person]
    ordinary_scan: Callable[[random.Random], Scan]
    any_scan: Callable[[random.Random], Scan]
