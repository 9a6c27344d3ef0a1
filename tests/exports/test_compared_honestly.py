"""What the chapters that compare may not say.

H1  No figure is held against one from before a break of comparability, however many rounds show nothing in between.
"""

from __future__ import annotations

from typing import Any

import pytest

from exports.phrases import Phrases
from exports.trend_chapter import trend_chapter
from exports.wording import Words
from tests.exports.survey import questionnaire


def phrases(language: str = "da") -> Phrases:
    return Phrases(questionnaire(), Words(language))


def point(year: int, value: float | None, *breaks: str) -> dict[str, Any]:
    return {
        "round": f"r{year}",
        "title": {"da": str(year), "en": str(year)},
        "edition": 1,
        "until": f"{year}-02-28",
        "n": None if value is None else 40,
        "value": value,
        "step": None,
        "low": None,
        "high": None,
        "since": None,
        "breaks": [{"kind": kind} for kind in breaks],
    }


def headline(*series: list[dict[str, Any]], by: str = "", language: str = "da") -> str:
    listed = [
        {"group": f"g{at}" if by else "", "label": f"G{at}", "points": points}
        for at, points in enumerate(series)
    ]
    trend = {"question": "trust", "measure": "mean", "by": by, "series": listed}
    chapter = trend_chapter({"trend": [trend]}, phrases(language))
    assert chapter is not None
    return chapter.blocks[0].heading


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("da", "Gennemsnit 4,10; kan ikke sammenlignes med tidligere tal"),
        ("en", "Mean 4.10; cannot be compared with earlier figures"),
    ],
)
def test_nothing_is_compared_across_a_break(language: str, said: str) -> None:
    """H1: the break lies at a round that shows nothing."""
    broken = [point(2016, 3.2), point(2018, None, "changed"), point(2021, 4.1)]
    assert headline(broken, language=language) == said
    assert headline([point(2016, 3.2), point(2021, 4.1, "changed")], language=language) == said
    # A break before the two that are compared does not matter, nor does another wording.
    whole = [point(2014, 3.0), point(2016, 3.2, "changed"), point(2021, 4.1, "wording")]
    assert "3,20" in headline(whole).replace(".", ",")


def test_no_unit_rose_across_a_break() -> None:
    """H1: by unit those are counted that can be compared; where none can, it says so."""
    broken = [point(2016, 3.2), point(2018, None, "changed"), point(2021, 4.1)]
    whole = [point(2018, 3.9), point(2021, 4.1)]
    assert headline(broken, whole, by="unit") == (
        "Gennemsnit: 1 af 1 er steget siden sidst, 0 er faldet"
    )
    assert headline(broken, broken, by="unit") == (
        "Gennemsnit: kan ikke sammenlignes med tidligere tal"
    )
    # Rounded to half a point, 4 may have been 3.8.
    rounded = [point(2018, 3.9), point(2021, 4.0) | {"step": 0.5}]
    assert headline(rounded, rounded, by="unit") == (
        "Gennemsnit: 0 af 2 er steget siden sidst, 0 er faldet"
    )
    new = [point(2021, 4.1)]
    assert headline(new, new, by="unit") == "Der er intet tidligere tal at sammenligne med"
    hidden = [point(2018, 3.9), point(2021, None)]
    assert headline(hidden) == "Vises ikke i denne runde"
