"""An edition's figures as rows, one a figure: what CSV, Excel, SPSS and SQLite all hold. Nothing but the edition's figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exports.datasets.compared_rows import compared_rows
from exports.datasets.figure_columns import columns_of_figures
from exports.datasets.figure_labels import Labels
from exports.datasets.shape_rows import shape_rows
from exports.datasets.sheets import Column, Sheet, Value
from exports.figures import Figures
from exports.wording import Words

#: What stands in every row of a test round's table. Danish, as the desk's first language is; the word is the same.
TEST = "TEST – ingen rigtige svar"


def figures_sheet(figures: Figures, words: Words, labels: Labels) -> Sheet:
    """The sheet `figures`: the report's tables cell by cell, then the numbers of its other chapters. A number that is not shown is
    empty, and `state` and `why` say so.

    A cell is an option's id, `~dont_know`, `~not_relevant` or `~unanswered` for those outside the base, `measure:` and
    the name of a measure (in `value`; a share stands in `share`), `share:` and the number of a part of a list of shares, `others:`
    and a measure for those whom a unit is held against, or `bin:` and the bounds of a bar of a histogram.
    """
    columns = columns_of_figures(words)
    rows = _rows(figures, words, labels)
    if figures["about"].get("test"):
        columns = (*columns, Column("test", words("Test")))
        rows = ((*row, TEST) for row in rows)
    return Sheet("figures", words("Figures"), columns, rows)


def _rows(figures: Figures, words: Words, labels: Labels) -> Iterator[tuple[Value, ...]]:
    yield from _rows_of_tables(figures, labels)
    for rows in (shape_rows, compared_rows):
        for row in rows(figures, words, labels):
            yield row.cells()


def _rows_of_tables(figures: Figures, labels: Labels) -> Iterator[tuple[Value, ...]]:
    for table in figures["tables"]:
        title, by = labels.title(table), "/".join(table["by"])
        for group in table["groups"]:
            start = (
                "tables", table["id"], table["question"], title, by, "/".join(group["group"]), labels.group_label(table, group),
            )  # fmt: skip
            for row in _rows_of_group(table, group, labels):
                yield (*start, *row, group["since"], "")


#: cell, cell_label, n, base, share, low, high, value, step, state, why
_Row = tuple[Value, ...]


def _rows_of_group(table: Figures, group: Figures, labels: Labels) -> Iterator[_Row]:
    n, state, why = group["n"], group["state"], group["why"]
    for cell in group["cells"]:
        yield (
            cell["cell"], labels.cell(table, cell), cell["n"], n, cell["share"], cell["low"], cell["high"],
            None, None, cell["state"], cell["why"],
        )  # fmt: skip
    for name, number in (group["outside"] or {}).items():
        yield (f"~{name}", "", number, group["asked"], *_nothing(5), "shown", "")
    if not group["cells"] and table["kind"] == "number":
        yield ("measure:n", "", n, n, *_nothing(5), state, why)
    for name, value in _measures(group):
        step = group.get("mean_step") if name == "mean" else None
        yield (f"measure:{name}", "", None, n, *_nothing(3), value, step, state, why)
    favourable = group["favourable"]
    if favourable:
        yield (
            "measure:favourable", "", favourable["n"], n, favourable["share"], favourable["low"], favourable["high"],
            None, None, state, why,
        )  # fmt: skip
    for low, high, number in group["histogram"] or ():
        yield (f"bin:{low:.12g}:{high:.12g}", "", number, n, *_nothing(5), state, why)


def _nothing(times: int) -> tuple[None, ...]:
    return (None,) * times


def _measures(group: Mapping[str, Any]) -> list[tuple[str, float]]:
    low, high = group["quartiles"] or (None, None)
    named = (
        ("mean", group["mean"]),
        ("median", group["median"]),
        ("lower_quartile", low),
        ("upper_quartile", high),
    )
    return [(name, value) for name, value in named if value is not None]
