"""The tables of an edition as rows, one a cell: what CSV, Excel, SPSS and SQLite all hold. Nothing but the edition's figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from exports.datasets.sheets import Column, Kind, Sheet, Value
from exports.figures import Figures
from exports.wording import Words

#: What stands in every row of a test round's table. Danish, as the desk's first language is; the word is the same.
TEST = "TEST – ingen rigtige svar"


class Labels(Protocol):
    """Where the words of tables, groups and cells come from."""

    def title(self, table: Figures) -> str: ...
    def group_label(self, table: Figures, group: Figures) -> str: ...
    def cell(self, table: Figures, cell: Figures) -> str: ...


class KeptLabels:
    """The words that the figures were kept with: those of the questionnaire's source language."""

    def title(self, table: Figures) -> str:
        """A table's title."""
        return str(table["title"])

    def group_label(self, _table: Figures, group: Figures) -> str:
        """The label of a group."""
        return str(group["label"])

    def cell(self, _table: Figures, cell: Figures) -> str:
        """The label of a cell."""
        return str(cell["label"])


def figures_sheet(figures: Figures, words: Words, labels: Labels) -> Sheet:
    """The sheet `figures`. A number that is not shown is empty, and `state` and `why` say so.

    A cell is an option's id, `~dont_know`, `~not_relevant` or `~unanswered` for those outside the base, `measure:` and
    the name of a measure (in `value`; a share stands in `share`), or `bin:` and the bounds of a bar of a histogram.
    """
    columns = _columns(words)
    rows = _rows(figures, labels)
    if figures["about"].get("test"):
        columns = (*columns, Column("test", words("Test")))
        rows = ((*row, TEST) for row in rows)
    return Sheet("figures", words("Figures"), columns, rows)


def _columns(words: Words) -> tuple[Column, ...]:
    states = {
        "all": words("shown"),
        "shown": words("shown"),
        "merged": words("options merged"),
        "hidden": words("hidden"),
    }
    reasons = {
        "too-few": words("too few answers"),
        "complement": words("hidden so that another cannot be computed"),
        "few-for-options": words("too few answers to tell the options apart"),
        "complement-merged": words("options merged so that another's cannot be computed"),
        "few-cell": words("few people in a guarded question"),
        "complement-cell": words("hidden so that another cell cannot be computed"),
        "same-answer": words("everyone gave the same answer to a guarded question"),
        "guarded-group": words("the size of the group is itself held back"),
        "whole-table": words("nothing of the table can be shown without giving something away"),
        "elsewhere": words("the same people stand in another table"),
        "no-answers": words("nobody was asked"),
    }
    return (
        Column("table", words("Table")),
        Column("question", words("Question")),
        Column("title", words("Title")),
        Column("by", words("Broken down by")),
        Column("group", words("Group")),
        Column("group_label", words("Name of the group")),
        Column("cell", words("Cell")),
        Column("cell_label", words("Name of the cell")),
        Column("n", words("Number"), Kind.WHOLE),
        Column("base", words("Of how many"), Kind.WHOLE),
        Column("share", words("Share"), Kind.NUMBER),
        Column("low", words("Interval from"), Kind.NUMBER),
        Column("high", words("Interval to"), Kind.NUMBER),
        Column("value", words("Value of a measure"), Kind.NUMBER),
        Column("step", words("Rounded to steps of"), Kind.NUMBER),
        Column("state", words("State"), labels=states),
        Column("why", words("Why"), labels=reasons),
        Column("since", words("Stands since")),
    )


def _rows(figures: Figures, labels: Labels) -> Iterator[tuple[Value, ...]]:
    for table in figures["tables"]:
        title, by = labels.title(table), "/".join(table["by"])
        for group in table["groups"]:
            start = (
                table["id"], table["question"], title, by, "/".join(group["group"]), labels.group_label(table, group),
            )  # fmt: skip
            for row in _rows_of_group(table, group, labels):
                yield (*start, *row, group["since"])


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
