"""The blocks of a report, one for each table of the figures: a sentence, a chart, the table itself and its notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exports import charts
from exports.charts_compared import diverging
from exports.figures import Figures
from exports.phrases import Phrases
from exports.small_charts import Small, small_distributions
from exports.wording import Words


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of a report. `rows` begin with their label; `caption` is read aloud by a screen reader.

    `style` '' holds numbers, 'prose' texts: columns of one width that break, also in the middle of a row.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A question, or a question by something: a sentence, the wording, a chart (SVG), its table, notes."""

    id: str
    heading: str
    question: str
    chart: str
    grid: Grid
    notes: tuple[str, ...] = ()
    #: '' for the question itself, else by what it is broken down.
    by: str = ""


def block_of(table: Figures, phrases: Phrases, figures: Figures) -> Block:
    """What a report shows of one table of the figures. `figures`: the edition's, for its smallest group."""
    if table["kind"] == "number":
        return _number_block(table, phrases)
    if table["by"]:
        return _groups_block(table, phrases, figures)
    words = phrases.words
    group = table["groups"][0]
    title = phrases.title(table)
    heading = phrases.heading(table)
    chart = ""
    if group["state"] != "hidden":
        parts = [phrases.part(table, cell) for cell in group["cells"] if cell["share"] is not None]
        whole = not any(cell["state"] == "hidden" for cell in group["cells"])
        ordered = phrases.ordered(table) and table["kind"] == "options"
        if whole and ordered and parts:
            chart = charts.stacked(title, charts.Row("", tuple(parts)))
        elif parts:
            chart = charts.bars(title, parts)
    with_interval = any(cell["low"] is not None for cell in group["cells"])
    head = [words("Answer"), words("Number"), words("Share")]
    if with_interval:
        head.append(words("95% interval"))
    rows = []
    for cell in group["cells"] if group["state"] != "hidden" else ():
        row = [phrases.cell(table, cell), phrases.count(cell), phrases.share(cell)]
        if with_interval:
            row.append(phrases.between(cell))
        rows.append(tuple(row))
    notes = list(phrases.notes(table, group))
    if with_interval:
        notes.append(words("The interval does not cover those who did not answer."))
    return Block(
        table["id"],
        heading,
        title,
        chart,
        Grid(title, tuple(head), tuple(rows), phrases.base(group)),
        tuple(notes),
    )


def _groups_block(table: Figures, phrases: Phrases, figures: Figures) -> Block:
    words = phrases.words
    by = phrases.by_words(table)
    title = phrases.title(table)
    k = figures["smallest_group"]
    ordered = phrases.ordered(table) and table["kind"] == "options"
    groups = [one for one in table["groups"] if one["why"] != "no-answers"]
    rows = []
    for group in groups:
        parts: tuple[charts.Part, ...] = ()
        note = phrases.why_short(group, k)
        shown = group["state"] != "hidden" and all(c["n"] is not None for c in group["cells"])
        if shown and group["cells"]:
            parts = tuple(phrases.part(table, cell) for cell in group["cells"])
            note = f"n = {words.number(group['n'])}"
        rows.append(charts.Row(phrases.group_label(table, group), parts, note))
    chart = ""
    if ordered:
        chart = diverging(f"{title} – {by}", rows, ends=phrases.ends(table))
    full = next((one for one in groups if one["state"] == "all"), None)
    merged = next((one for one in groups if one["state"] == "merged"), None)
    columns = (full or merged or {"cells": []})["cells"]
    head = [phrases.by_head(table), "n", *(phrases.cell(table, cell) for cell in columns)]
    scored = any(group["mean"] is not None for group in groups)
    if scored:
        head.append(words("Mean"))
    grid = []
    for group in groups:
        row = [phrases.group_label(table, group), phrases.n(group)]
        if [c["cell"] for c in group["cells"]] == [c["cell"] for c in columns]:
            row += [phrases.share(cell) for cell in group["cells"]]
        else:
            row += [phrases.merged_into(group, cell, table) for cell in columns]
        if scored:
            row.append(phrases.mean(group))
        grid.append(tuple(row))
    notes = [words("Shares are of those in the group who gave a valid answer.")]
    if full and merged:
        notes.append(
            words(
                "In groups of %(k)s to %(most)s answers the options are merged; the share of the favourable stands under the first favourable option and the others under theirs.",
                k=k,
                most=4 * k - 1,
            )
        )
    notes += _marks(grid, words)
    notes += phrases.standing(table)
    return Block(
        table["id"],
        phrases.heading_by(table),
        title,
        chart,
        Grid(f"{title} – {by}", tuple(head), tuple(grid)),
        tuple(notes),
        by,
    )


def _number_block(table: Figures, phrases: Phrases) -> Block:
    words = phrases.words
    title = phrases.title(table)
    groups = [one for one in table["groups"] if one["why"] != "no-answers"]
    chart = ""
    first = groups[0] if groups else None
    if not table["by"] and first and first["histogram"]:
        chart = charts.histogram(
            title,
            [(low, high, n) for low, high, n in first["histogram"]],
            words=words.shortest,
            mark=first["median"],
            mark_label=words("median %(value)s", value=words.shortest(first["median"])),
        )
    if table["by"]:
        chart = _small_distributions(table, groups, phrases)
    head = ["n", words("Mean"), words("Median"), words("Middle half")]
    if table["by"]:
        head = [phrases.by_head(table), *head]
    grid = []
    for group in groups:
        half = "–"
        if group["quartiles"]:
            half = "–".join(words.shortest(value) for value in group["quartiles"])
        row = [phrases.n(group), phrases.mean(group), phrases.median(group), half]
        grid.append(tuple([phrases.group_label(table, group), *row] if table["by"] else row))
    notes = [*_marks(grid, words), *phrases.standing(table)] if table["by"] else []
    if chart and table["by"]:
        notes.insert(0, words("The line in each distribution is the median."))
    if not table["by"] and first:
        notes = list(phrases.notes(table, first))
    return Block(
        table["id"],
        phrases.heading(table) if not table["by"] else phrases.heading_by(table),
        title,
        chart,
        Grid(
            title,
            tuple(head),
            tuple(grid),
            phrases.base(first) if first and not table["by"] else "",
        ),
        tuple(notes),
        phrases.by_words(table) if table["by"] else "",
    )


def _small_distributions(table: Figures, groups: Sequence[Figures], phrases: Phrases) -> str:
    """A small distribution for each group, as far as groups may show one."""
    words = phrases.words
    told = []
    for group in groups:
        if group["state"] == "hidden":
            note = words("not shown: %(why)s", why=phrases.why(group))
        else:
            note = f"n = {phrases.n(group)}"
            if group["median"] is not None:
                note += ", " + words("median %(value)s", value=phrases.median(group))
            if not group["histogram"]:
                note += "; " + words("too few for a distribution")
        bins = tuple((low, high, n) for low, high, n in group["histogram"] or ())
        told.append(Small(phrases.group_label(table, group), note, bins, group["median"]))
    title = f"{phrases.title(table)} – {phrases.by_words(table)}"
    return small_distributions(title, told, words=words.shortest)


def _marks(rows: Sequence[Sequence[str]], words: Words) -> list[str]:
    """What a dot in a table means, where one stands."""
    if not any("•" in row for row in rows):
        return []
    return [words("• marks a figure that is not shown, to protect those who answered.")]
