"""Charts of a report as small inline SVG: the text stays text, the figures are the alternative text.

One hue in steps, dark where the answer is favourable, so that a chart says the same on a grey printer. Labels stand at
what they label; there are no legends. Pure functions of plain data; measures are in CSS pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

#: From favourable (dark) to unfavourable (light): fill and the colour of text on it. Lightness falls evenly.
STEPS = (
    ("#0f3d5c", "#ffffff"),
    ("#37698c", "#ffffff"),
    ("#7ea6c1", "#111111"),
    ("#bcd2e0", "#111111"),
    ("#e6eef4", "#111111"),
)
INK = "#1a1a1a"
SOFT = "#5a6470"
HAIRLINE = "#b8c0c7"
FONT = "IBM Plex Sans"
WIDTH = 640.0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: what it is, its share (0 to 1), the words for its figure, and its step (0 dark to 4 light).

    `side`: 1 favourable, -1 unfavourable, 0 neither; diverging bars lie on either side of a line.
    """

    label: str
    share: float
    figure: str
    step: int = 1
    side: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A bar with its label; `note` stands in its place where nothing may be shown, else at its right end."""

    label: str
    parts: tuple[Part, ...]
    note: str = ""


def steps_for(count: int) -> tuple[int, ...]:
    """Evenly spread steps for `count` ordered options, dark first."""
    if count <= 1:
        return (0,) * count
    return tuple(round(index * (len(STEPS) - 1) / (count - 1)) for index in range(count))


def text_width(text: str, size: float) -> float:
    """A generous guess at the width of a text in the report's typeface."""
    narrow = sum(1 for sign in text if sign in "iljtfrI.,:;'|!() ")
    return size * (0.57 * (len(text) - narrow) + 0.31 * narrow)


def wrap(text: str, width: float, size: float, lines: int = 3) -> list[str]:
    """A text broken into at most `lines` lines of a width; the last is cut with an ellipsis where it must be."""
    broken: list[str] = [""]
    for word in text.split():
        longer = f"{broken[-1]} {word}".strip()
        if broken[-1] and text_width(longer, size) > width:
            broken.append(word)
        else:
            broken[-1] = longer
    if len(broken) > lines:
        broken = broken[:lines]
        broken[-1] = broken[-1].rstrip(" ,;") + " …"
    return broken


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _svg(width: float, height: float, title: str, description: str, body: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_number(width)} {_number(height)}" '
        f'width="{_number(width)}" height="{_number(height)}" font-family="{FONT}" font-size="12" fill="{INK}">'
        f"<title>{escape(title)}: {escape(description)}</title><desc>{escape(description)}</desc>{''.join(body)}</svg>"
    )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    fill: str = "",
    size: float = 0,
    weight: int = 0,
) -> str:
    more = (
        (f' text-anchor="{anchor}"' if anchor != "start" else "")
        + (f' fill="{fill}"' if fill else "")
        + (f' font-size="{_number(size)}"' if size else "")
        + (f' font-weight="{weight}"' if weight else "")
    )
    return f'<text x="{_number(x)}" y="{_number(y)}"{more}>{escape(text)}</text>'


def _box(x: float, y: float, width: float, height: float, step: int) -> str:
    fill, _ = STEPS[step]
    line = f' stroke="{HAIRLINE}" stroke-width="0.6"' if step >= 3 else ""
    return f'<rect x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}" fill="{fill}"{line}/>'


def _figure(part: Part, middle: float, y: float, *, size: float, weight: int = 0) -> str:
    """The figure of a part within its box, in the colour that can be read on it."""
    fill = STEPS[part.step][1]
    return _text(middle, y, part.figure, anchor="middle", fill=fill, size=size, weight=weight)


def _boxes(parts: Sequence[Part], x: float, y: float, scale: float, height: float) -> list[str]:
    """The boxes of a bar one after another from `x`, `scale` pixels for all of it, with the figures that fit in them."""
    body = []
    for part in parts:
        wide = part.share * scale
        if wide > 0:
            body.append(_box(x, y, wide, height, part.step))
            if text_width(part.figure, 11) + 4 <= wide:
                body.append(_figure(part, x + wide / 2, y + height / 2 + 4, size=11))
        x += wide
    return body


def _label(lines: Sequence[str], middle: float) -> list[str]:
    """The label before a bar, its lines around the height `middle`."""
    return [
        _text(0, middle + 4.4 + 15 * (index - (len(lines) - 1) / 2), line)
        for index, line in enumerate(lines)
    ]


def describe(rows: Sequence[Row]) -> str:
    """The figures of a chart in words, as its alternative text."""
    said = []
    for row in rows:
        figures = ", ".join(f"{part.label} {part.figure}" for part in row.parts) or row.note
        said.append(f"{row.label}: {figures}" if row.label else figures)
    return "; ".join(said)


def _label_places(
    seen: Sequence[tuple[Part, float, float]], size: float, width: float
) -> list[tuple[int, str]]:
    """(level, anchor) of the label of each part. Level 0 is above the part itself, where the label fits.

    Labels of narrow parts climb like stairs towards their end of the bar and lie on its inner side, so that no
    hairline that leads down from one crosses another.
    """
    places: list[tuple[int, str]] = [(0, "start")] * len(seen)
    fits = [text_width(part.label, size) <= wide - 6 for part, _, wide in seen]
    left_side = [
        i for i, (_, x, wide) in enumerate(seen) if not fits[i] and x + wide / 2 < width / 2
    ]
    right_side = [i for i, _ in enumerate(seen) if not fits[i] and i not in left_side]
    for side, anchor in ((list(reversed(left_side)), "start"), (right_side, "end")):
        level, last = 0, None
        for index in side:
            part, x, wide = seen[index]
            middle = x + wide / 2
            apart = last is not None and abs(middle - last) > text_width(part.label, size) + 14
            level = 1 if last is None or apart else level + 1
            places[index] = (level, anchor)
            last = middle
    return places


def _collide(
    seen: Sequence[tuple[Part, float, float]],
    places: Sequence[tuple[int, str]],
    size: float,
    width: float,
) -> bool:
    """Whether two labels of one level lie over each other, or one runs out of the chart. Widths are guessed generously,
    so a tenth is let go."""
    taken: dict[int, list[tuple[float, float]]] = {}
    for (part, left, wide), (level, anchor) in zip(seen, places, strict=True):
        inside = text_width(part.figure, 13) + 5 <= wide
        label = part.label if inside else f"{part.label} {part.figure}"
        long = 0.9 * text_width(label, size)
        start = left
        if level:
            lead = left + wide / 2
            start = lead + 4 if anchor == "start" else lead - 4 - long
        end = start + long
        if start < 0 or end > width:
            return True
        if any(start < other_end and other < end for other, other_end in taken.get(level, ())):
            return True
        taken.setdefault(level, []).append((start, end))
    return False


def stacked(title: str, row: Row, *, width: float = WIDTH) -> str:
    """One bar of the whole width. A label stands above its part where it fits, else higher up, led by a hairline."""
    size, bar, line = 12.0, 32.0, 17.0
    whole = sum(part.share for part in row.parts) or 1.0
    seen: list[tuple[Part, float, float]] = []
    x = 0.0
    for part in row.parts:
        wide = part.share / whole * width
        if part.share > 0:
            seen.append((part, x, wide))
        x += wide
    places = _label_places(seen, size, width)
    if _collide(seen, places, size, width):
        # Wordings too long to stand above a bar stand before one each, where they have lines to break.
        return bars(title, row.parts, width=width)
    top = line * (max((level for level, _ in places), default=0) + 1) + 6
    body = []
    for (part, left, wide), (level, anchor) in zip(seen, places, strict=True):
        base = top - 8 - line * level
        body.append(_box(left, top, wide, bar, part.step))
        inside = text_width(part.figure, 13) + 5 <= wide
        label = part.label if inside else f"{part.label} {part.figure}"
        if level:
            lead = left + wide / 2
            body.append(
                f'<path d="M{_number(lead)} {_number(base - 9)}V{_number(top)}" stroke="{SOFT}" stroke-width="0.6"/>'
            )
            body.append(_text(lead + (4 if anchor == "start" else -4), base, label, anchor=anchor))
        else:
            body.append(_text(left, base, label))
        if inside:
            body.append(_figure(part, left + wide / 2, top + bar / 2 + 4.6, size=13, weight=600))
    return _svg(width, top + bar + 1, title, describe([row]), body)


def stacked_rows(title: str, rows: Sequence[Row], *, width: float = WIDTH) -> str:
    """A bar for each row (a group, a statement); the first full row carries the labels of the parts above it."""
    size, bar, gutter, left = 12.0, 22.0, 9.0, width * 0.32
    room = width - left - 52
    key = next((row for row in rows if row.parts), None)
    body: list[str] = []
    y = 0.0
    if key is not None:
        # The two ends of the bar are named; what lies between is in order.
        names = [part.label for part in key.parts]
        body.append(_text(left, 11, names[0], fill=SOFT, size=11))
        if len(names) > 1:
            body.append(_text(left + room, 11, names[-1], anchor="end", fill=SOFT, size=11))
        y = 18.0
    for row in rows:
        lines = wrap(row.label, left - 14, size)
        high = max(bar, 15.0 * len(lines))
        body += _label(lines, y + high / 2)
        if not row.parts:
            body.append(_text(left, y + high / 2 + 4.4, row.note, fill=SOFT, size=11))
        body += _boxes(row.parts, left, y + (high - bar) / 2, room, bar)
        if row.parts and row.note:
            body.append(
                _text(width, y + high / 2 + 4.4, row.note, anchor="end", fill=SOFT, size=11)
            )
        y += high + gutter
    return _svg(width, max(1.0, y - gutter + 1), title, describe(rows), body)


def bars(title: str, parts: Sequence[Part], *, width: float = WIDTH) -> str:
    """A list of bars on one scale from 0 to 100 %, or to the greatest share where that is more than the whole; the label
    before, the figure at the end."""
    size, bar, gutter, left = 12.0, 20.0, 10.0, width * 0.32
    room = (width - left - 60) / max((1.0, *(part.share for part in parts)))
    body = []
    y = 0.0
    for part in parts:
        lines = wrap(part.label, left - 14, size)
        high = max(bar, 15.0 * len(lines))
        body += _label(lines, y + high / 2)
        top = y + (high - bar) / 2
        wide = max(part.share * room, 1.0)
        if part.share > 0:
            body.append(_box(left, top, wide, bar, part.step))
        end = left + (wide if part.share > 0 else 0)
        weight = 600 if part.share > 0 else 0
        body.append(_text(end + 7, top + bar / 2 + 4.4, part.figure, weight=weight))
        y += high + gutter
    body.append(
        f'<path d="M{_number(left)} 0V{_number(y - gutter)}" stroke="{HAIRLINE}" stroke-width="0.8"/>'
    )
    return _svg(width, y - gutter + 1, title, describe([Row("", tuple(parts))]), body)


def histogram(
    title: str,
    bins: Sequence[tuple[float, float, int]],
    *,
    words: Callable[[float], str],
    mark: float | None = None,
    mark_label: str = "",
    width: float = WIDTH,
) -> str:
    """Numbers as columns over their values, at most 24 of them; `mark` is a hairline (the median) with its label."""
    columns = gather(bins, 24)
    if not columns:
        return _svg(width, 1, title, "", [])
    low, high = columns[0][0], columns[-1][1]
    tallest = max(n for _, _, n in columns)
    top, tall = (20.0 if mark is not None else 4.0), 110.0
    span = (high - low) or 1.0

    def at(value: float) -> float:
        return (value - low) / span * width

    body = []
    for start, end, n in columns:
        height = tall * n / tallest
        wide = max(at(end) - at(start) - 1.5, 1.0)
        body.append(
            f'<rect x="{_number(at(start) + 0.75)}" y="{_number(top + tall - height)}" width="{_number(wide)}" '
            f'height="{_number(height)}" fill="{STEPS[1][0]}"/>'
        )
    body.append(
        f'<path d="M0 {_number(top + tall)}H{_number(width)}" stroke="{HAIRLINE}" stroke-width="0.8"/>'
    )
    every = -(-len(columns) // 6)
    ticks = [start for start, _, _ in columns[::every]]
    for value in ticks:
        anchor = "start" if value == low else "middle"
        body.append(
            _text(at(value), top + tall + 16, words(value), anchor=anchor, fill=SOFT, size=11)
        )
    if mark is not None:
        x = at(mark)
        body.append(
            f'<path d="M{_number(x)} {_number(top - 4)}V{_number(top + tall)}" stroke="{INK}" stroke-width="0.8"/>'
        )
        anchor = "end" if x > width * 0.7 else "start"
        body.append(
            _text(
                x + (-5 if anchor == "end" else 5),
                top - 7,
                mark_label,
                anchor=anchor,
                size=11,
                weight=600,
            )
        )
    said = ", ".join(f"{words(start)}–{words(end)}: {n}" for start, end, n in columns if n)
    description = f"{mark_label}; {said}" if mark is not None else said
    return _svg(width, top + tall + 20, title, description, body)


def gather(bins: Sequence[tuple[float, float, int]], most: int) -> list[tuple[float, float, int]]:
    """Histogram bins joined into at most `most` columns of one width; a bin of a single value counts one unit wide."""
    filled = [(low, high if high > low else low + 1, n) for low, high, n in bins if n]
    if not filled:
        return []
    low, high = min(one[0] for one in filled), max(one[1] for one in filled)
    # Whole steps of 1, 2, 5, 10, 20, 50 … so that columns begin at round values.
    step, factors, turn = 1.0, (2, 2.5, 2), 0
    while (high - low) / step > most:
        step *= factors[turn % 3]
        turn += 1
    first = low // step * step
    columns: dict[int, int] = {}
    for start, _, n in filled:
        columns[int((start - first) // step)] = columns.get(int((start - first) // step), 0) + n
    last = max(columns)
    return [(first + i * step, first + (i + 1) * step, columns.get(i, 0)) for i in range(last + 1)]
