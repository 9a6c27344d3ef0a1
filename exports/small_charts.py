"""Small distributions side by side, all on one scale, so that groups can be compared at a glance. As charts.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exports.charts import (
    HAIRLINE,
    INK,
    SOFT,
    STEPS,
    WIDTH,
    _number,
    _svg,
    _text,
    gather,
    text_width,
    wrap,
)

#: At most so many columns in a small distribution.
_MOST = 16


@dataclass(frozen=True, slots=True)
class Small:
    """One group: its label, what stands beside it, its bins (none: they are not shown) and its median."""

    label: str
    note: str
    bins: tuple[tuple[float, float, int], ...] = ()
    median: float | None = None


def small_distributions(
    title: str,
    groups: Sequence[Small],
    *,
    words: Callable[[float], str],
    width: float = WIDTH,
) -> str:
    """A row for each group: label, distribution with a line at the median, and the words beside it."""
    drawn = [one for one in groups if one.bins]
    every = [one for group in drawn for one in gather(group.bins, _MOST)]
    medians = [group.median for group in groups if group.median is not None]
    if not every and not medians:
        return ""
    low = min([one[0] for one in every] + medians)
    high = max([one[1] for one in every] + medians)
    if every:
        # Columns of one width for all, beginning at a round value.
        step = max(one[1] - one[0] for one in every)
        low, high = low // step * step, -(-high // step) * step
    else:
        step = 1.0
    span = (high - low) or 1.0
    left, tall, gutter = width * 0.30, 40.0, 14.0
    room = width - left - 150

    def at(value: float) -> float:
        return left + (value - low) / span * room

    body: list[str] = []
    said: list[str] = []
    y = 4.0
    for group in groups:
        lines = wrap(group.label, left - 14, 12, 4)
        high_row = max(tall, 15.0 * len(lines))
        middle = y + high_row / 2
        body += [
            _text(0, middle + 4.4 + 15 * (index - (len(lines) - 1) / 2), line)
            for index, line in enumerate(lines)
        ]
        foot = y + (high_row + tall) / 2
        columns = _columns(group.bins, low, step)
        tallest = max(columns.values(), default=1)
        for start, n in columns.items():
            height = (tall - 6) * n / tallest
            body.append(
                f'<rect x="{_number(at(start) + 0.5)}" y="{_number(foot - height)}" width="{_number(max(at(start + step) - at(start) - 1, 1))}" '
                f'height="{_number(height)}" fill="{STEPS[2][0]}"/>'
            )
        body.append(
            f'<path d="M{_number(left)} {_number(foot)}H{_number(left + room)}" stroke="{HAIRLINE}" stroke-width="0.8"/>'
        )
        if group.median is not None:
            x = _number(at(group.median))
            body.append(
                f'<path d="M{x} {_number(foot - tall + 2)}V{_number(foot)}" stroke="{INK}" stroke-width="1.4"/>'
            )
        notes = wrap(group.note, 138, 11, 3)
        body += [
            _text(
                left + room + 12,
                middle + 4 + 14 * (index - (len(notes) - 1) / 2),
                line,
                fill=SOFT,
                size=11,
            )
            for index, line in enumerate(notes)
        ]
        said.append(f"{group.label}: {group.note}")
        y += high_row + gutter
    ends = (low, high)
    for value, anchor in zip(ends, ("start", "end"), strict=True):
        body.append(_text(at(value), y, words(value), anchor=anchor, fill=SOFT, size=11))
    middle_value = low + span / 2
    if room > 3 * text_width(words(middle_value), 11):
        body.append(
            _text(at(middle_value), y, words(middle_value), anchor="middle", fill=SOFT, size=11)
        )
    return _svg(width, y + 6, title, "; ".join(said), body)


def _columns(bins: Sequence[tuple[float, float, int]], low: float, step: float) -> dict[float, int]:
    columns: dict[float, int] = {}
    for start, _, n in bins:
        if n:
            key = low + (start - low) // step * step
            columns[key] = columns.get(key, 0) + n
    return dict(sorted(columns.items()))
