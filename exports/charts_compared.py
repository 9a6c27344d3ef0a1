"""Charts that compare: diverging bars and dots on one scale (lines over rounds: charts_over_rounds.py). Drawn as charts.py draws, and of its parts.

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


__all__ = [
    "Dot",
    "Mark",
    "Part",
    "diverging",
    "dots",
    "shape",
]
