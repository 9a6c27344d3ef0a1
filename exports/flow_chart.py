"""Moves between places as bands from left to right: as thick as people moved, dark where things went wrong for many.

In the manner of charts.py: labels stand at what they label, the figures are the alternative text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exports.charts import HAIRLINE, SOFT, STEPS, WIDTH, _number, _svg, _text, wrap


@dataclass(frozen=True, slots=True)
class Move:
    """`people` went from one place to another; `words` say how many, and of how many something went wrong; `figure` is
    what of that stands in the band."""

    start: str
    end: str
    people: int
    words: str
    figure: str
    #: 0 dark to 4 light, as charts.STEPS.
    step: int = 2


def flow(title: str, moves: Sequence[Move], *, width: float = WIDTH) -> str:
    """The places that people came from on the left, those they came to on the right, each as high as its moves."""
    starts = list(dict.fromkeys(move.start for move in moves))
    ends = list(dict.fromkeys(move.end for move in moves))
    unit = min(9.0, 320.0 / max(1, sum(move.people for move in moves)))
    least, gap, bar, label = 17.0, 16.0, 7.0, width * 0.23

    def thick(move: Move) -> float:
        return max(move.people * unit, least)

    left = _places([(name, [thick(m) for m in moves if m.start == name]) for name in starts], gap)
    right = _places([(name, [thick(m) for m in moves if m.end == name]) for name in ends], gap)
    height = max(_height(left), _height(right)) + 2
    body: list[str] = []
    x1, x2 = label + bar, width - label - bar
    taken_left, taken_right = dict.fromkeys(starts, 0.0), dict.fromkeys(ends, 0.0)
    figures: list[str] = []
    for move in moves:
        tall = thick(move)
        y1 = left[move.start][0] + taken_left[move.start]
        y2 = right[move.end][0] + taken_right[move.end]
        taken_left[move.start] += tall
        taken_right[move.end] += tall
        middle = (x1 + x2) / 2
        fill, ink = STEPS[move.step]
        body.append(
            f'<path d="M{_number(x1)} {_number(y1)}C{_number(middle)} {_number(y1)} {_number(middle)} {_number(y2)} {_number(x2)} {_number(y2)}'
            f'V{_number(y2 + tall)}C{_number(middle)} {_number(y2 + tall)} {_number(middle)} {_number(y1 + tall)} {_number(x1)} {_number(y1 + tall)}Z" '
            f'fill="{fill}" stroke="#ffffff" stroke-width="1"/>'
        )
        # The figure stands at the beginning of its band, where bands do not cross yet.
        figures.append(_text(x1 + 6, y1 + tall / 2 + 4, move.figure, fill=ink, size=11, weight=600))
    body += figures
    body += _bars(left, label, bar, label - 8, "end")
    body += _bars(right, x2, bar, x2 + bar + 8, "start")
    described = "; ".join(f"{move.start} → {move.end}: {move.words}" for move in moves)
    return _svg(width, height, title, described, body)


def _places(
    lines: Sequence[tuple[str, Sequence[float]]], gap: float
) -> dict[str, tuple[float, float]]:
    """Name -> (top, height), below each other; a place is at least as high as its label."""
    found: dict[str, tuple[float, float]] = {}
    y = 1.0
    for name, bands in lines:
        high = sum(bands)
        # A label of several lines needs room even where its band is thin.
        room = max(high, 15.0 * len(wrap(name, WIDTH * 0.23 - 10, 12, 4)))
        found[name] = (y + (room - high) / 2, high)
        y += room + gap
    return found


def _height(places: dict[str, tuple[float, float]]) -> float:
    return max((top + high for top, high in places.values()), default=0.0) + 10


def _bars(
    places: dict[str, tuple[float, float]], x: float, bar: float, at: float, anchor: str
) -> list[str]:
    drawn = []
    for name, (top, high) in places.items():
        drawn.append(
            f'<rect x="{_number(x)}" y="{_number(top)}" width="{_number(bar)}" height="{_number(high)}" fill="{SOFT}" stroke="{HAIRLINE}" stroke-width="0.5"/>'
        )
        lines = wrap(name, WIDTH * 0.23 - 10, 12, 4)
        for index, line in enumerate(lines):
            y = top + high / 2 + 4.4 + 15 * (index - (len(lines) - 1) / 2)
            drawn.append(_text(at, y, line, anchor=anchor))
    return drawn
