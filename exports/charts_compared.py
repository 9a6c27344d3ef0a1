"""Charts that compare: diverging bars, dots on one scale, lines over rounds. Drawn as charts.py draws, and of its parts.

Nothing depends on colour alone: sides, shapes and dashes say the same in grey. Pure functions of plain data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exports.charts import (
    HAIRLINE,
    INK,
    SOFT,
    STEPS,
    WIDTH,
    Part,
    Row,
    _boxes,
    _label,
    _number,
    _svg,
    _text,
    describe,
    text_width,
    wrap,
)

DARK = STEPS[0][0]
MIDDLE = STEPS[1][0]
#: How lines of one chart differ: (dash, shape of the points).
LINES = (("", "disc"), ("6 3", "square"), ("2 3", "up"), ("9 3 2 3", "ring"), ("1 2", "down"), ("12 4", "cross"))  # fmt: skip
#: More lines than this cannot be told apart.
MOST_LINES = len(LINES)


@dataclass(frozen=True, slots=True)
class Dot:
    """A row of dots: its own value with its words, and another beside it (None: nothing to show).

    `shape`: 'up' over, 'down' under, 'disc' the same, 'ring' not tested. `note` stands at the right end, and in the place
    of the dots where there is no value.
    """

    label: str
    value: float | None
    figure: str
    other: float | None = None
    shape: str = "disc"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across a chart at a value: a target (dashed) or a benchmark (a hairline), with its words."""

    value: float
    label: str
    dashed: bool = True


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


# --- diverging bars ---------------------------------------------------------------------------------------------


def diverging(
    title: str, rows: Sequence[Row], *, ends: tuple[str, str] = ("", ""), width: float = WIDTH
) -> str:
    """A bar for each row around one line: unfavourable to its left, favourable to its right, neutral across it.

    `ends`: the words for the outermost answers, (unfavourable, favourable).
    """
    size, bar, gutter, left = 12.0, 22.0, 9.0, width * 0.32
    room = width - left - 52
    most = [_extent(row, -1) for row in rows if row.parts] or [0.5]
    far = [_extent(row, 1) for row in rows if row.parts] or [0.5]
    scale = room / ((max(most) + max(far)) or 1.0)
    zero = left + max(most) * scale
    body: list[str] = []
    y = 0.0
    if any(ends):
        half = room / 2 - 8
        lines = [wrap(end, half, 11, 2) for end in ends]
        for index, line in enumerate(lines[0]):
            body.append(_text(left, 11 + 13 * index, line, fill=SOFT, size=11))
        for index, line in enumerate(lines[1]):
            body.append(_text(left + room, 11 + 13 * index, line, anchor="end", fill=SOFT, size=11))
        y = 5.0 + 13.0 * max(len(line) for line in lines)
    for row in rows:
        lines_of_label = wrap(row.label, left - 14, size)
        high = max(bar, 15.0 * len(lines_of_label))
        body += _label(lines_of_label, y + high / 2)
        if row.parts:
            # Behind the bar, so that the line crosses no figure of those in between.
            body.append(
                f'<path d="M{_number(zero)} {_number(y - gutter / 2)}V{_number(y + high + gutter / 2)}" stroke="{INK}" stroke-width="0.9"/>'
            )
            body += _around(row, zero, y + (high - bar) / 2, scale, bar)
            if row.note:
                body.append(
                    _text(width, y + high / 2 + 4.4, row.note, anchor="end", fill=SOFT, size=11)
                )
        else:
            body += _words(row.note, left, y + high / 2, room + 52)
        y += high + gutter
    return _svg(width, max(1.0, y - gutter + 3), title, describe(rows), body)


def _extent(row: Row, side: int) -> float:
    """How far a row reaches to one side of the line."""
    return sum(
        part.share if part.side == side else part.share / 2 if part.side == 0 else 0.0
        for part in row.parts
    )


def _around(row: Row, zero: float, top: float, scale: float, bar: float) -> list[str]:
    # From the unfavourable end: the strongest answers lie outermost on either side.
    parts = sorted(row.parts, key=lambda part: (part.side, -part.step))
    return _boxes(parts, zero - _extent(row, -1) * scale, top, scale, bar)


def _words(text: str, x: float, middle: float, room: float) -> list[str]:
    lines = wrap(text, room, 11, 2)
    return [
        _text(x, middle + 4.4 + 13 * (index - (len(lines) - 1) / 2), line, fill=SOFT, size=11)
        for index, line in enumerate(lines)
    ]


# --- dots -------------------------------------------------------------------------------------------------------


def shape(name: str, x: float, y: float, *, fill: str = DARK, size: float = 5.0) -> str:
    """A mark of a chart: disc, ring, square, up, down or cross."""
    match name:
        case "ring":
            return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(size - 0.6)}" fill="#ffffff" stroke="{fill}" stroke-width="1.4"/>'
        case "square":
            return f'<rect x="{_number(x - size * 0.85)}" y="{_number(y - size * 0.85)}" width="{_number(size * 1.7)}" height="{_number(size * 1.7)}" fill="{fill}"/>'
        case "up" | "down":
            way = -1 if name == "up" else 1
            tip, base = y + way * size * 1.15, y - way * size * 0.85
            return f'<path d="M{_number(x)} {_number(tip)}L{_number(x + size * 1.15)} {_number(base)}L{_number(x - size * 1.15)} {_number(base)}Z" fill="{fill}"/>'
        case "cross":
            return f'<path d="M{_number(x - size)} {_number(y - size)}L{_number(x + size)} {_number(y + size)}M{_number(x - size)} {_number(y + size)}L{_number(x + size)} {_number(y - size)}" stroke="{fill}" stroke-width="1.8"/>'
    return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(size)}" fill="{fill}"/>'


def dots(
    title: str,
    rows: Sequence[Dot],
    *,
    low: float,
    high: float,
    ticks: Sequence[tuple[float, str]],
    marks: Sequence[Mark] = (),
    other: str = "",
    width: float = WIDTH,
) -> str:
    """A row of dots for each row on one scale from `low` to `high`; `other` says what the rings beside them are."""
    left, row_high = width * 0.32, 24.0
    right = 20.0 + max(
        (text_width(row.note, 11) for row in rows if row.value is not None), default=0
    )
    room = width - left - max(60.0, min(right, width * 0.26))
    span = (high - low) or 1.0

    def at(value: float) -> float:
        return left + 8 + (min(max(value, low), high) - low) / span * (room - 16)

    body: list[str] = []
    y = 0.0
    key = [other] if other else []
    for words in key:
        body += [
            shape("ring", left + 8, 8, fill=SOFT, size=4.5),
            _text(left + 18, 12, words, fill=SOFT, size=11),
        ]
        y = 20.0
    y, lines = _mark_labels(marks, at, y, width)
    body += lines
    top = y
    inner: list[str] = []
    for row in rows:
        label = wrap(row.label, left - 14, 12)
        tall = max(row_high, 15.0 * len(label) + 6)
        middle = y + tall / 2
        inner += _label(label, middle)
        if row.value is None:
            inner += _words(row.note, left + 8, middle, width - left - 8)
        else:
            x = at(row.value)
            if row.other is not None:
                inner.append(
                    f'<path d="M{_number(at(row.other))} {_number(middle)}H{_number(x)}" stroke="{HAIRLINE}" stroke-width="2"/>'
                )
                inner.append(shape("ring", at(row.other), middle, fill=SOFT, size=4.5))
            inner.append(shape(row.shape, x, middle))
            toward = -1 if row.other is not None and row.other > row.value else 1
            anchor = "end" if toward < 0 else "start"
            inner += _covering(x + toward * 9, middle + 4, row.figure, anchor)
            if row.note:
                inner.append(_text(width, middle + 4, row.note, anchor="end", fill=SOFT, size=11))
        y += tall
    body += _axis_below(ticks, at, top, y)
    body += _mark_lines(marks, at, top, y)
    body += inner
    return _svg(width, y + 20, title, _dots_in_words(rows, marks), body)


def _covering(x: float, y: float, text: str, anchor: str) -> list[str]:
    """A figure on white, so that no line of the chart crosses it."""
    wide = text_width(text, 11) + 4
    left = x - 2 if anchor == "start" else x - wide + 2
    return [
        f'<rect x="{_number(left)}" y="{_number(y - 10)}" width="{_number(wide)}" height="13" fill="#ffffff"/>',
        _text(x, y, text, anchor=anchor, size=11, weight=600),
    ]


def _mark_labels(
    marks: Sequence[Mark], at: Callable[[float], float], y: float, width: float
) -> tuple[float, list[str]]:
    """The labels of the lines across, each on a line of its own so that none covers another."""
    body = []
    for mark in marks:
        x = at(mark.value)
        anchor = "end" if x > width * 0.6 else "start"
        body.append(_text(x, y + 11, mark.label, anchor=anchor, size=11, weight=600))
        y += 15
    return y + (2 if marks else 0), body


def _mark_lines(
    marks: Sequence[Mark], at: Callable[[float], float], top: float, bottom: float
) -> list[str]:
    return [
        f'<path d="M{_number(at(mark.value))} {_number(top)}V{_number(bottom)}" stroke="{INK}" stroke-width="1"'
        + (' stroke-dasharray="4 3"/>' if mark.dashed else "/>")
        for mark in marks
    ]


def _axis_below(
    ticks: Sequence[tuple[float, str]], at: Callable[[float], float], top: float, bottom: float
) -> list[str]:
    body = []
    for value, words in ticks:
        x = at(value)
        body.append(
            f'<path d="M{_number(x)} {_number(top)}V{_number(bottom)}" stroke="#dfe4e8" stroke-width="0.7"/>'
        )
        body.append(_text(x, bottom + 14, words, anchor="middle", fill=SOFT, size=11))
    return body


def _dots_in_words(rows: Sequence[Dot], marks: Sequence[Mark]) -> str:
    said = [
        f"{row.label}: {row.figure}{f' ({row.note})' if row.note else ''}"
        if row.value is not None
        else f"{row.label}: {row.note}"
        for row in rows
    ]
    return "; ".join([*(mark.label for mark in marks), *said])


# --- lines over rounds ------------------------------------------------------------------------------------------


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


__all__ = [
    "MOST_LINES",
    "Dot",
    "Line",
    "Mark",
    "Part",
    "Point",
    "diverging",
    "dots",
    "shape",
    "trend",
]
