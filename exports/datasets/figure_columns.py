"""The columns of the sheet of figures: one row a figure, whatever part of the report it stands in."""

from __future__ import annotations

from dataclasses import dataclass

from exports.datasets.sheets import Column, Kind, Value
from exports.wording import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure of any part of the report but its tables; what does not apply is empty. The names are those of the columns."""

    part: str
    table: str = ""
    question: str = ""
    title: str = ""
    by: str = ""
    group: str = ""
    group_label: str = ""
    cell: str
    cell_label: str = ""
    n: int | None = None
    base: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    value: float | None = None
    step: float | None = None
    state: str = "shown"
    why: str = ""
    since: str | None = None
    verdict: str = ""

    def cells(self) -> tuple[Value, ...]:
        """The row as the sheet has it."""
        return (
            self.part, self.table, self.question, self.title, self.by, self.group, self.group_label, self.cell,
            self.cell_label, self.n, self.base, self.share, self.low, self.high, self.value, self.step, self.state,
            self.why, self.since, self.verdict,
        )  # fmt: skip


def columns_of_figures(words: Words) -> tuple[Column, ...]:
    """The columns with their labels; those with `labels` hold nothing but the words that are told here."""
    return (
        Column("part", words("Part of the report"), labels=_parts(words)),
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
        Column("state", words("State"), labels=_states(words)),
        Column("why", words("Why"), labels=_reasons(words)),
        Column("since", words("Stands since")),
        Column("verdict", words("Judged"), labels=_verdicts(words)),
    )


def _parts(words: Words) -> dict[str, str]:
    return {
        "tables": words("The questions"),
        "returns": words("What the units answered"),
        "grid": words("Overview of actors"),
        "shares": words("Shares by unit"),
        "catalogue": words("Catalogue of initiatives"),
        "goal": words("Answers and goal"),
        "tallies": words("What was counted"),
        "journeys": words("The journeys"),
        "agreement": words("Agreement of the two auditors"),
        "comparisons": words("Each unit beside the others"),
        "benchmarks": words("Beside published figures"),
        "targets": words("Beside the targets"),
        "trend": words("Beside earlier rounds"),
        "units": words("Coverage and response rate of the units"),
    }


def _states(words: Words) -> dict[str, str]:
    return {
        "all": words("shown"),
        "shown": words("shown"),
        "merged": words("options merged"),
        "hidden": words("hidden"),
        "missing": words("not given"),
    }


def _reasons(words: Words) -> dict[str, str]:
    held_back = words("held back to protect those who answered")
    return {
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
        "protected": held_back,
        "protected-cell": held_back,
        "few-or-computed": words("too few, or one from which such a number could be computed"),
        "one-hidden": words("one of the two figures is not shown"),
        "alone": words("alone"),
        "no-spread": words("not tested"),
        "few-for-kappa": words("too few cases for kappa"),
        "guarded": words("no kappa for background and sensitive questions"),
        "no-kappa": words("both always chose the same option"),
    }


def _verdicts(words: Words) -> dict[str, str]:
    return {
        "over": words("over"),
        "under": words("under"),
        "same": words("same"),
        "untested": words("not tested"),
        "reached": words("reached"),
        "not-reached": words("not reached"),
        "unsaid": words("cannot be said, because the figure is rounded"),
    }
