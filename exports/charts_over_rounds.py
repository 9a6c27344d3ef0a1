"""Lines over rounds: the chart of a trend. Drawn as charts.py draws, and of its parts.

Nothing depends on colour alone: dashes and shapes say the same in grey. Pure functions of plain data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exports.charts import (
    HAIRLINE,
    INK,
    SOFT,
    WIDTH,
    _number,
    _svg,
    _text,
    text_width,
    wrap,
)
from exports.charts_compared import MIDDLE, Mark, shape

#: How lines of one chart differ: (dash, shape of the points).
LINES = (("", "disc"), ("6 3", "square"), ("2 3", "up"), ("9 3 2 3", "ring"), ("1 2", "down"), ("12 4", "cross"))  # fmt: skip
#: More lines than this cannot be told apart.
MOST_LINES = len(LINES)


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a line: its position (which round), value, words, whether the line from the one before is drawn to it
    ('whole', 'broken' for a note, 'none'), and its interval."""

    at: int
    value: float
    figure: str
    join: str = "whole"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line over rounds with its label."""

    label: str
    points: tuple[Point, ...]


def trend(
    title: str,
    lines: Sequence[Line],
    rounds: Sequence[str],
    *,
    low: float,
    high: float,
    ticks: Sequence[tuple[float, str]],
    marks: Sequence[Mark] = (),
    letters: Sequence[tuple[int, str]] = (),
    width: float = WIDTH,
) -> str:
    """Lines over rounds in equal steps. `letters`: (round, letter) of the notes on what is not the same from it on.

    At most MOST_LINES lines; a single one carries its figures, several carry their labels at the right end.
    """
    many = len(lines) > 1
    left = 6.0 + max((text_width(words, 11) for _, words in ticks), default=20.0)
    right = 150.0 if many else 40.0
    tall, top = 190.0, 16.0 * len(marks) + (24.0 if letters else 12.0)
    room = width - left - right
    span = (high - low) or 1.0

    def across(at: int) -> float:
        return left + 24 + (at / max(1, len(rounds) - 1)) * (room - 48)

    def up(value: float) -> float:
        return top + tall - (min(max(value, low), high) - low) / span * tall

    body: list[str] = []
    for value, words in ticks:
        body.append(
            f'<path d="M{_number(left)} {_number(up(value))}H{_number(left + room)}" stroke="#dfe4e8" stroke-width="0.7"/>'
        )
        body.append(_text(left - 5, up(value) + 4, words, anchor="end", fill=SOFT, size=11))
    for row, mark in enumerate(marks):
        dash = ' stroke-dasharray="4 3"' if mark.dashed else ""
        # Its words stand above the chart, where no line can cross them.
        for start, end, y in (
            (left, left + room, up(mark.value)),
            (left, left + 26, 8.0 + 16 * row),
        ):
            body.append(
                f'<path d="M{_number(start)} {_number(y)}H{_number(end)}" stroke="{INK}" stroke-width="1"{dash}/>'
            )
        body.append(_text(left + 32, 12 + 16 * row, mark.label, size=11, weight=600))
    for at, letter in letters:
        x = (across(at - 1) + across(at)) / 2
        body.append(
            f'<path d="M{_number(x)} {_number(top)}V{_number(top + tall)}" stroke="{SOFT}" stroke-width="0.9" stroke-dasharray="1 3"/>'
        )
        body.append(_text(x, top - 8, letter, anchor="middle", size=11, weight=600))
    for index, line in enumerate(lines):
        body += _one_line(line, index, across, up, figures=not many)
    if many:
        body += _end_labels(lines, across, up, width - right + 4, right - 4)
    apart = (room - 48) / max(1, len(rounds) - 1)
    # The outermost names begin at the edge, so the next one has less room on that side.
    wide = min(130.0, apart - 8, (apart + 24) * 2 / 3 - 6)
    names = [[_fit(line, wide) for line in wrap(name, wide, 11, 2)] for name in rounds]
    for at, name in enumerate(names):
        # The outermost names lie inwards, so that none leaves the chart.
        anchor = "middle" if 0 < at < len(rounds) - 1 else "end" if at else "start"
        x = across(at) + {"start": -24, "end": 24}.get(anchor, 0)
        for row, words in enumerate(name):
            body.append(
                _text(x, top + tall + 16 + 13 * row, words, anchor=anchor, fill=SOFT, size=11)
            )
    bottom = top + tall + 8 + 13 * max((len(name) for name in names), default=1) + 4
    return _svg(width, bottom, title, _lines_in_words(lines, rounds, marks), body)


def _fit(text: str, width: float, size: float = 11) -> str:
    """A text that is no wider, cut with an ellipsis where it must be."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _one_line(
    line: Line,
    index: int,
    across: Callable[[int], float],
    up: Callable[[float], float],
    *,
    figures: bool,
) -> list[str]:
    dash, mark = LINES[index % MOST_LINES]
    body: list[str] = []
    before: Point | None = None
    for point in line.points:
        x, y = across(point.at), up(point.value)
        if before is not None and point.join != "none":
            dashes = dash if point.join == "whole" else "3 4"
            extra = f' stroke-dasharray="{dashes}"' if dashes else ""
            body.append(
                f'<path d="M{_number(across(before.at))} {_number(up(before.value))}L{_number(x)} {_number(y)}" stroke="{MIDDLE}" stroke-width="2"{extra} fill="none"/>'
            )
        if figures and point.low is not None and point.high is not None:
            body.append(
                f'<path d="M{_number(x)} {_number(up(point.low))}V{_number(up(point.high))}" stroke="{SOFT}" stroke-width="1"/>'
            )
        before = point
    for point in line.points:
        x, y = across(point.at), up(point.value)
        body.append(shape(mark, x, y, size=4.5))
        if figures:
            body.append(_text(x + 8, y - 7, point.figure, size=12, weight=600))
    return body


def _end_labels(
    lines: Sequence[Line],
    across: Callable[[int], float],
    up: Callable[[float], float],
    x: float,
    room: float,
) -> list[str]:
    """Label and figure of each line at its end, pushed apart so that none covers another, led to by a hairline."""
    ends = sorted(
        ((line.points[-1], line.label) for line in lines if line.points),
        key=lambda end: -end[0].value,
    )
    body: list[str] = []
    last = -100.0
    for point, label in ends:
        # The figure is never what is cut.
        figure_room = text_width(point.figure, 11) + 8
        named = [_fit(one, room - 24) for one in wrap(label, room - 24, 11, 2)]
        words = [*named[:-1], f"{_fit(named[-1], room - 24 - figure_room)} {point.figure}"]
        y = max(up(point.value), last)
        last = y + 13.0 * len(words) + 3
        body.append(
            f'<path d="M{_number(across(point.at) + 7)} {_number(up(point.value))}L{_number(x + 12)} {_number(y)}" stroke="{HAIRLINE}" stroke-width="0.8" fill="none"/>'
        )
        body += [_text(x + 16, y + 4 + 13 * row, text, size=11) for row, text in enumerate(words)]
    return body


def _lines_in_words(lines: Sequence[Line], rounds: Sequence[str], marks: Sequence[Mark]) -> str:
    said = [mark.label for mark in marks]
    for line in lines:
        figures = ", ".join(f"{rounds[point.at]} {point.figure}" for point in line.points)
        said.append(f"{line.label}: {figures}" if line.label else figures)
    return "; ".join(said)
