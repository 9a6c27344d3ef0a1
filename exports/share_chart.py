"""Bars of shares with a target, and a dot for what the share was before. In the manner of charts.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exports.charts import HAIRLINE, INK, SOFT, STEPS, WIDTH, _number, _svg, _text, wrap


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A bar: its label, its share (None: there is none) and the words for it, and what it was before."""

    label: str
    share: float | None
    figure: str
    before: float | None = None
    before_figure: str = ""
    strong: bool = False


def share_bars(
    title: str,
    rows: Sequence[ShareRow],
    *,
    target: float | None = None,
    target_label: str = "",
    width: float = WIDTH,
) -> str:
    """Bars from 0 to 100 %; the target is a line through them with its label above, the earlier share a ring."""
    bar, gutter, left, size = 16.0, 9.0, width * 0.32, 12.0
    room = width - left - 70
    y = 22.0 if target is not None else 2.0
    body: list[str] = []
    for row in rows:
        lines = wrap(row.label, left - 14, size)
        high = max(bar, 15.0 * len(lines))
        middle = y + high / 2
        for index, line in enumerate(lines):
            at = middle + 4.4 + 15 * (index - (len(lines) - 1) / 2)
            body.append(_text(0, at, line, weight=600 if row.strong else 0))
        if row.share is None:
            body.append(_text(left + 6, middle + 4.4, row.figure, fill=SOFT, size=11))
        else:
            wide = max(row.share * room, 1.0)
            fill = STEPS[0 if row.strong else 1][0]
            body.append(
                f'<rect x="{_number(left)}" y="{_number(middle - bar / 2)}" width="{_number(wide)}" height="{_number(bar)}" fill="{fill}"/>'
            )
            body.append(_text(left + room + 8, middle + 4.4, row.figure, weight=600))
        if row.before is not None:
            body.append(
                f'<circle cx="{_number(left + row.before * room)}" cy="{_number(middle)}" r="4.6" fill="#ffffff" stroke="{INK}" stroke-width="1.4"/>'
            )
        y += high + gutter
    bottom = y - gutter
    body.append(
        f'<path d="M{_number(left)} {18 if target is not None else 0}V{_number(bottom)}" stroke="{HAIRLINE}" stroke-width="0.8"/>'
    )
    if target is not None:
        x = left + target * room
        # On white, so that it is seen through a dark bar too.
        body.append(
            f'<path d="M{_number(x)} 16V{_number(bottom)}" stroke="#ffffff" stroke-width="3.2"/>'
        )
        body.append(
            f'<path d="M{_number(x)} 16V{_number(bottom)}" stroke="{INK}" stroke-width="1.2" stroke-dasharray="4 3"/>'
        )
        anchor = "end" if target > 0.5 else "start"
        body.append(_text(x, 11, target_label, anchor=anchor, size=11, weight=600))
    said = []
    for row in rows:
        before = f" ({row.before_figure})" if row.before_figure else ""
        said.append(f"{row.label}: {row.figure}{before}")
    described = "; ".join([*([target_label] if target_label else []), *said])
    return _svg(width, bottom + 2, title, described, body)
