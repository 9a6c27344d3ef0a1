"""The overview: all agreement questions side by side, as bars around one line."""

from __future__ import annotations

from collections.abc import Sequence

from exports.blocks import Block, Grid
from exports.chapters import Chapter
from exports.charts import Row
from exports.charts_compared import diverging
from exports.figures import Figures
from exports.phrases import Phrases, since_of

#: From so many agreement questions an overview says more than the questions one by one.
FEWEST = 3


def overview_chapter(figures: Figures, phrases: Phrases) -> Chapter | None:
    """One chart and one table of all questions whose answers are steps of agreement."""
    words = phrases.words
    tables = [
        table
        for table in figures["tables"]
        if not table["by"]
        and table["kind"] == "options"
        and table["groups"]
        and table["groups"][0]["favourable"] is not None
        and phrases.ordered(table)
    ]
    if len(tables) < FEWEST:
        return None
    ordered = sorted(tables, key=lambda table: -table["groups"][0]["favourable"]["share"])
    rows, grid = [], []
    for table in ordered:
        group = table["groups"][0]
        title = phrases.title(table)
        parts = tuple(phrases.part(table, cell) for cell in group["cells"])
        rows.append(Row(title, parts, f"n = {words.number(group['n'])}"))
        shares = {-1: 0.0, 0: 0.0, 1: 0.0}
        for part in parts:
            shares[part.side] += part.share
        grid.append(
            (
                title,
                words.number(group["n"]),
                *(words.percent(shares[side]) for side in (1, 0, -1)),
                phrases.mean(group),
            )
        )
    best, worst = ordered[0], ordered[-1]
    with_means = any(table["groups"][0]["mean"] is not None for table in ordered)
    if not with_means:
        grid = [row[:-1] for row in grid]
    block = Block(
        "overview",
        words(
            "From %(high)s favourable to %(low)s",
            high=words.percent(best["groups"][0]["favourable"]["share"]),
            low=words.percent(worst["groups"][0]["favourable"]["share"]),
        ),
        "",
        diverging(
            words("All questions of agreement"),
            rows,
            ends=(words("Unfavourable"), words("Favourable")),
        ),
        Grid(
            words("All questions of agreement"),
            (
                words("Question"),
                "n",
                words("Favourable"),
                words("Neutral"),
                words("Unfavourable"),
                *((words("Mean"),) if with_means else ()),
            ),
            tuple(grid),
        ),
        (
            *_standing(tables, phrases),
            words(
                "Each bar lies around the line: to its right those who answered favourably, to its left those who answered unfavourably, those in between across it."
            ),
        ),
    )
    return Chapter("overview", words("The questions side by side"), (), (block,))


def _standing(tables: Sequence[Figures], phrases: Phrases) -> list[str]:
    """The day of what stands from an earlier edition: of all questions, or of those that stand."""
    days = [since_of(table) for table in tables]
    if all(one == days[0] for one in days):
        return [phrases.stands(day) for day in days[0]]
    words = phrases.words
    return [
        words.labelled(words.quoted(phrases.title(table)), phrases.stands(day))
        for table, listed in zip(tables, days, strict=True)
        for day in listed
    ]
