"""Comparisons, benchmarks, targets, trends and the units' rates as rows of the sheet of figures.

Reads an edition's figures, which have passed the disclosure control, and nothing else; a mean that the edition rounds stands
rounded, with its step. Differences of favourable shares are shares: −0,12 is twelve points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exports.datasets.figure_columns import Row
from exports.datasets.figure_labels import Labels
from exports.figures import Figures
from exports.phrases import days_of_question
from exports.wording import Words


def compared_rows(figures: Figures, words: Words, labels: Labels) -> Iterator[Row]:
    """The rows, in the order of the report's chapters."""
    for told in figures.get("benchmarks") or ():
        yield from _benchmark(_Measure("benchmarks", told, figures, words, labels), told)
    for told in figures.get("targets") or ():
        yield from _target(_Measure("targets", told, figures, words, labels), told)
    for told in figures.get("trend") or ():
        # With one group there is nothing that the line for everyone does not say; the report leaves it out too.
        if not told["by"] or len(told["series"]) > 1:
            yield from _trend(_Measure("trend", told, figures, words, labels), told)
    if compared := figures.get("comparisons"):
        # So many were judged together: whoever adjusts p-values again needs it.
        label = words("p, all tests together")
        yield Row(part="comparisons", cell="measure:tests", cell_label=label, n=compared["tests"])
        for told in compared["questions"]:
            yield from _units(_Measure("comparisons", told, figures, words, labels), told)
    units = figures.get("units")
    if units and any(
        one["eligible"] is not None or one["offered"] is not None for one in units["rows"]
    ):
        for one in units["rows"]:
            yield from _rates(one, units, words)


class _Measure:
    """Rows of one question by one measure: a favourable share stands in `share`, a mean or a median in `value`."""

    def __init__(
        self, part: str, told: Figures, figures: Figures, words: Words, labels: Labels
    ) -> None:
        self.words, self.labels, self.measure = words, labels, told["measure"]
        question = told["question"]
        self.start: dict[str, Any] = {
            "part": part,
            "question": question,
            "title": labels.text(question),
        }
        # The points of a trend have days of their own: each is of another round.
        days = days_of_question(figures, question) if part != "trend" else []
        self.start["since"] = ", ".join(days) or None
        self.name = {
            "favourable": words("Share favourable"),
            "mean": words("Mean"),
            "median": words("Median"),
        }[self.measure]

    def value(self, told: Figures, where: Mapping[str, Any], **how: Any) -> Row:
        """n and value of a group, with its interval and its step where it has them."""
        number = told["value"]
        shown = {"share": number} if self.measure == "favourable" else {"value": number}
        said: dict[str, Any] = {"cell": f"measure:{self.measure}", "cell_label": self.name}
        if number is None:
            said |= {"state": "hidden", "why": "protected"}
        if told.get("since"):
            said["since"] = told["since"]
        said |= {"low": told.get("low"), "high": told.get("high"), "step": told.get("step")}
        return Row(**(self.start | dict(where) | shown | said | {"base": told["n"]} | how))

    def difference(self, number: float | None, where: Mapping[str, Any], **how: Any) -> Row:
        """A difference from something, as a share or in the measure's own unit."""
        return Row(
            **self.start, **where, cell="measure:difference", cell_label=self.words("Difference"),
            value=number, **how,
        )  # fmt: skip

    def tested(self, told: Figures, where: Mapping[str, Any]) -> Iterator[Row]:
        """The p-value of a difference that was tested, by itself and with all tests of the report."""
        for name in ("p", "adjusted"):
            if told[name] is not None:
                yield Row(
                    **self.start, **where, cell=f"measure:{name}",
                    cell_label="p" if name == "p" else self.words("p, all tests together"),
                    value=told[name],
                )  # fmt: skip


# --- each unit beside the others


def _units(say: _Measure, told: Figures) -> Iterator[Row]:
    words = say.words
    for unit in told["units"]:
        own: dict[str, Any] = {"by": "unit", "group": unit["unit"], "group_label": unit["label"]}
        yield say.value(unit, own)
        for row in unit["against"]:
            others = {
                "by": f"unit/{row['level']}",
                "group": f"{unit['unit']}/{row['group']}",
                "group_label": f"{unit['label']} · {row['label'] or words('the others')}",
            }
            why = "one-hidden" if row["why"] == "hidden" else row["why"]
            state: dict[str, Any] = (
                {} if row["value"] is not None else {"state": "hidden", "why": why}
            )
            yield say.value(
                row, others, cell=f"others:{say.measure}", cell_label=words("the others"), **state
            )
            state = (
                {"why": why} if row["difference"] is not None else {"state": "hidden", "why": why}
            )
            yield say.difference(row["difference"], others, verdict=row["verdict"], **state)
            yield from say.tested(row, others)


# --- benchmarks and targets


def _benchmark(say: _Measure, told: Figures) -> Iterator[Row]:
    words, labels = say.words, say.labels
    yield say.value(told["own"], {"group_label": words("This survey")})
    for number, value in enumerate(told["values"], 1):
        named = f"{labels.said(value['label'])} {value['when'] or ''}".strip()
        beside = {"by": "benchmark", "group": str(number), "group_label": named}
        yield say.value(value, beside)
        state = {} if value["difference"] is not None else {"state": "hidden", "why": "one-hidden"}
        yield say.difference(
            value["difference"], beside, verdict=value["verdict"], step=told["own"]["step"], **state
        )
        yield from say.tested(value, beside)


def _target(say: _Measure, told: Figures) -> Iterator[Row]:
    words = say.words
    own, value = told["own"], told["value"]
    yield say.value(own, {"group_label": words("This survey")})
    there = {"by": "target", "group": told["direction"], "group_label": words("Targets")}
    yield say.value({"value": value, "n": None}, there)
    if own["value"] is None:
        yield say.difference(None, there, state="hidden", why="one-hidden")
        return
    verdict = {True: "reached", False: "not-reached", None: "unsaid"}[told["reached"]]
    yield say.difference(own["value"] - value, there, verdict=verdict, step=own["step"])


# --- earlier rounds


def _trend(say: _Measure, told: Figures) -> Iterator[Row]:
    by, labels = told["by"], say.labels
    for one in told["series"]:
        for point in one["points"]:
            named = labels.said(point["title"]) or point["round"]
            yield say.value(
                point,
                {
                    "by": f"{by}/round" if by else "round",
                    "group": f"{one['group']}/{point['round']}" if by else point["round"],
                    "group_label": f"{one['label']} · {named}" if by else named,
                },
            )


# --- coverage and response rate


def _rates(row: Figures, units: Figures, words: Words) -> Iterator[Row]:
    start: dict[str, Any] = {
        "part": "units", "by": "unit", "group": row["unit"], "group_label": row["label"],
        "since": units["since"],
    }  # fmt: skip
    if row["eligible"] is not None:
        yield Row(**start, cell="measure:eligible", cell_label=words("Eligible"), n=row["eligible"])
    if row["offered"] is not None:
        yield Row(
            **start, cell="measure:offered", cell_label=words("Offered"), n=row["offered"],
            base=row["eligible"], share=row["coverage"],
        )  # fmt: skip
    returned: dict[str, Any] = {"cell": "measure:returned", "cell_label": words("Answers returned")}
    if row["returned"] is None:
        yield Row(**start, **returned, state="hidden", why="few-or-computed")
        return
    rate = row["response_rate"] if units["rates"] else None
    yield Row(
        **start, **returned, n=row["returned"], base=row["offered"] if rate is not None else None,
        share=rate,
    )  # fmt: skip
