"""Returns, tallies, journeys, agreement and goals as rows of the sheet of figures: what the report prints of them as numbers.

Reads an edition's figures, which have passed the disclosure control, and nothing else. tests/exports/test_figure_rows.py watches which
figures are read here, and that an attacker reads them or a reason is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exports.datasets.figure_columns import Row
from exports.datasets.figure_labels import Labels
from exports.figures import Figures
from exports.tally_disclosure import TOTAL
from exports.wording import Words


def shape_rows(figures: Figures, words: Words, labels: Labels) -> Iterator[Row]:
    """The rows, in the order of the report's chapters."""
    if goal := figures.get("goal"):
        yield Row(part="goal", cell="measure:n", cell_label=words("Answers returned"), n=goal["n"])
        yield Row(
            part="goal", cell="measure:at_least", cell_label=words("Goal"), n=goal["at_least"]
        )
        if goal["at_most"]:
            yield Row(part="goal", cell="measure:at_most", cell_label=words("Goal"), n=goal["at_most"])  # fmt: skip
    if returns := figures.get("returns"):
        yield from _returns(returns, words, labels)
    for tally in (figures.get("registrations") or {}).get("tallies", ()):
        yield from _tally(tally, figures["registrations"]["units"], words, labels)
    if journeys := figures.get("journeys"):
        yield from _journeys(journeys, words, labels)
    if agreement := figures.get("agreement"):
        yield from _agreement(agreement, words, labels)


# --- signed returns


def _returns(returns: Figures, words: Words, labels: Labels) -> Iterator[Row]:
    names = {one["unit"]: one["name"] for one in returns["units"]}
    sent = sum(1 for one in returns["units"] if one["sent"])
    yield Row(
        part="returns", cell="measure:n", cell_label=words("Answers returned"), n=sent, base=len(names)
    )  # fmt: skip
    for one in (returns.get("collated") or {}).get("questions", ()):
        for cell in one["cells"]:
            if _is_number(cell["answer"]):
                yield Row(
                    part="returns", question=one["place"], title=labels.text(one["place"]), by="unit",
                    group=cell["unit"], group_label=names[cell["unit"]], cell="measure:answer",
                    cell_label=words("Answer"), value=cell["answer"],
                )  # fmt: skip
    for page in (returns.get("grid") or {}).get("pages", ()):
        for column in page["columns"]:
            yield Row(
                part="grid", by="page/column", group=f"{page['page']}/{column['column']}",
                cell="measure:units", cell_label=words("Unit"), n=column["units"], base=page["units"],
            )  # fmt: skip
    for told in returns.get("shares", ()):
        yield from _shares(told, names, words, labels)
    for one in returns.get("catalogue", ()):
        yield Row(
            part="catalogue", by="unit", group=one["unit"], group_label=names[one["unit"]],
            cell="measure:entries", cell_label=words("Catalogue of initiatives"), n=len(one["entries"]),
        )  # fmt: skip


def _shares(told: Figures, names: Mapping[str, str], words: Words, labels: Labels) -> Iterator[Row]:
    title = labels.planned("shares", told["id"])
    start = {"table": told["id"], "title": title}
    total = (TOTAL, words("In all"), told["total"])
    for unit, name, parts in [
        *((one["unit"], names[one["unit"]], one["parts"]) for one in told["rows"]),
        total,
    ]:
        for index, part in enumerate(parts):
            label = labels.share(told["id"], index)
            where = {"by": "unit", "group": unit, "group_label": name, "cell_label": label}
            yield from _share(part, f"share:{index + 1}", start | where)
    if earlier := told.get("earlier"):
        yield from _earlier_shares(told, earlier, names, start, words, labels)


def _earlier_shares(
    told: Figures,
    earlier: Figures,
    names: Mapping[str, str],
    start: Mapping[str, Any],
    words: Words,
    labels: Labels,
) -> Iterator[Row]:
    """What the report prints of the earlier round: shares alone, in all, and of each unit where there is one part."""
    until = str(earlier["answer_until"])[:10]
    listed = []
    if len(told["total"]) == 1:
        # A unit that answered only that time stands in no row of the report.
        now = {one["unit"] for one in told["rows"]}
        listed = [(one["unit"], names[one["unit"]], one["parts"]) for one in earlier["rows"] if one["unit"] in now]  # fmt: skip
    for unit, name, parts in [*listed, (TOTAL, words("In all"), earlier["total"])]:
        for index, part in enumerate(parts):
            yield Row(
                part="shares", **start, by="unit/until", group=f"{unit}/{until}", group_label=f"{name} · {until}",
                cell=f"share:{index + 1}", cell_label=labels.share(told["id"], index), share=part["share"],
                state="missing" if part["share"] is None else "shown",
            )  # fmt: skip


def _share(part: Figures, cell: str, where: Mapping[str, Any]) -> Iterator[Row]:
    """Part, whole and share. Where they are no whole numbers they stand in `value`, in rows of their own."""
    some, whole, share = part["part"], part["whole"], part["share"]
    state = "missing" if share is None else "shown"
    if all(number is None or number == int(number) for number in (some, whole)):
        n, base = (None if number is None else int(number) for number in (some, whole))
        yield Row(part="shares", cell=cell, n=n, base=base, share=share, state=state, **where)
        return
    yield Row(part="shares", cell=cell, share=share, state=state, **where)
    for name, number in (("part", some), ("whole", whole)):
        if number is not None:
            yield Row(part="shares", cell=f"{cell}:{name}", value=number, **where)


def _is_number(answer: Any) -> bool:
    return isinstance(answer, int | float) and not isinstance(answer, bool)


# --- registrations


def _tally(tally: Figures, units: Mapping[str, str], words: Words, labels: Labels) -> Iterator[Row]:
    first, second = tally["by"]
    own = {TOTAL: words("In all"), "~unanswered": words("Unanswered")}

    def named(by: str, key: str) -> str:
        return own.get(key) or (units.get(key, key) if by == "unit" else labels.option(by, key))

    title = labels.planned("tallies", tally["id"])
    for row, cells in zip(tally["rows"], tally["cells"], strict=True):
        for column, n in zip(tally["columns"], cells, strict=True):
            yield Row(
                part="tallies", table=tally["id"], title=title, by=f"{first}/{second}",
                group=f"{row}/{column}", group_label=f"{named(first, row)} · {named(second, column)}",
                cell="measure:sum", cell_label=words("Number"), n=n, **_held_back(n),
                since=tally["since"],
            )  # fmt: skip


def _held_back(number: float | None, why: str = "few-or-computed") -> dict[str, Any]:
    """State and reason of a number that may be held back: one reason for whatever it is."""
    return {"state": "hidden", "why": why} if number is None else {"state": "shown", "why": ""}


# --- interviews


def _journeys(told: Figures, words: Words, labels: Labels) -> Iterator[Row]:
    since, people = told["since"], told["people"]
    start: dict[str, Any] = {"part": "journeys", "since": since}
    said = words("People")
    if people is None:
        why = "whole-table" if told.get("why") else "too-few"
        yield Row(**start, cell="measure:people", cell_label=said, **_held_back(None, why))
        return
    yield Row(**start, cell="measure:people", cell_label=said, n=people)
    yield _trouble(told["trouble"], people, start, words)
    waits = any(one["waited"] for one in told["sectors"])
    for one in told["sectors"]:
        name = one["sector"]
        here = {**start, "by": "to", "group": name, "group_label": labels.stop("to", name)}
        n = one["people"]
        yield Row(
            **here, cell="measure:people", cell_label=said, n=n, base=people,
            share=None if n is None else n / people, **_held_back(n),
        )  # fmt: skip
        if waits:
            yield from _waited(one["waited"], here, words)
    for one in told["moves"]:
        there = {
            **start, "by": "from/to", "group": f"{one['from']}/{one['to']}",
            "group_label": f"{labels.stop('from', one['from'])} · {labels.stop('to', one['to'])}",
        }  # fmt: skip
        yield Row(**there, cell="measure:people", cell_label=said, n=one["people"])
        yield _trouble(one["trouble"], one["people"], there, words)


def _trouble(n: int | None, people: int, where: Mapping[str, Any], words: Words) -> Row:
    return Row(
        **where, cell="measure:trouble", cell_label=words("Met trouble"), n=n, base=people,
        share=None if n is None else n / people, **_held_back(n),
    )  # fmt: skip


def _waited(waited: Figures | None, where: Mapping[str, Any], words: Words) -> Iterator[Row]:
    median = waited["median"] if waited else None
    low, high = waited["quartiles"] if waited else (None, None)
    for name, label, value in (
        ("median", words("Median"), median),
        ("lower_quartile", words("Middle half"), low),
        ("upper_quartile", words("Middle half"), high),
    ):
        yield Row(
            **where, cell=f"measure:waited_{name}", cell_label=label, value=value, **_held_back(value)
        )  # fmt: skip


# --- audits


def _agreement(told: Figures, words: Words, labels: Labels) -> Iterator[Row]:
    start: dict[str, Any] = {"part": "agreement", "since": told["since"]}
    yield Row(
        **start, cell="measure:double", cell_label=words("Agreement of the two auditors"),
        n=told["double"], base=told["cases"],
    )  # fmt: skip
    for one in told["questions"]:
        here = {**start, "question": one["question"], "title": labels.text(one["question"])}
        n, agreed, kappa = one["n"], one["agreed"], one["kappa"]
        yield Row(
            **here, cell="measure:agreed", cell_label=words("Agreed"), n=agreed, base=n,
            share=None if agreed is None else agreed / n, **_held_back(agreed, one["why"]),
        )  # fmt: skip
        why = "no-kappa" if one["why"] == "same-answer" else one["why"]
        yield Row(
            **here, cell="measure:kappa", cell_label=words("Kappa"), value=kappa,
            **_held_back(kappa, why),
        )  # fmt: skip
