"""The tables of an edition as CSV, for `svarboks tables ROUND --format csv`. No cell can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

HEAD = (
    "table", "question", "title", "by", "group", "group_label", "cell", "cell_label", "n", "base", "share", "low",
    "high", "state", "why", "since",
)  # fmt: skip
#: What stands in every row of a test round's table. Danish, as the desk's first language is; the word is the same.
TEST = "TEST – ingen rigtige svar"
#: What is said of a group beside its cells; each becomes a row whose cell begins with 'measure:'.
MEASURES = ("mean", "median", "lower_quartile", "upper_quartile", "favourable_share")


def tables_csv(figures: Mapping[str, Any]) -> str:
    """One row a cell, comma-separated with points in numbers, ending each line with CR LF (RFC 4180).

    A number that is not shown is empty, its state says why. Text that a spreadsheet would take for a formula is
    preceded by an apostrophe. Figures of a test say so in a last column of every row.
    """
    out = io.StringIO()
    writer: Any = csv.writer(out)
    if figures["about"].get("test"):
        writer = _Marked(writer)
    writer.writerow(HEAD)
    for table in figures["tables"]:
        for group in table["groups"]:
            start = (
                table["id"],
                table["question"],
                table["title"],
                "/".join(table["by"]),
                "/".join(group["group"]),
                group["label"],
            )
            for cell in group["cells"]:
                writer.writerow(
                    _safe(
                        (
                            *start,
                            cell["cell"],
                            cell["label"],
                            cell["n"],
                            group["n"],
                            cell["share"],
                            cell["low"],
                            cell["high"],
                            cell["state"],
                            cell["why"],
                            group["since"],
                        )
                    )
                )
            for name, n in (group["outside"] or {}).items():
                writer.writerow(
                    _safe(
                        (
                            *start,
                            "~" + name,
                            "",
                            n,
                            group["asked"],
                            "",
                            "",
                            "",
                            "shown",
                            "",
                            group["since"],
                        )
                    )
                )
            for name, value in _measures(group):
                writer.writerow(
                    _safe(
                        (
                            *start,
                            "measure:" + name,
                            "",
                            "",
                            group["n"],
                            value,
                            "",
                            "",
                            group["state"],
                            group["why"],
                            group["since"],
                        )
                    )
                )
            if not group["cells"] and table["kind"] == "number":
                writer.writerow(
                    _safe(
                        (
                            *start,
                            "measure:n",
                            "",
                            group["n"],
                            group["n"],
                            "",
                            "",
                            "",
                            group["state"],
                            group["why"],
                            group["since"],
                        )
                    )
                )
    return out.getvalue()


class _Marked:
    """A writer that ends each row with the words for figures of a test."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def writerow(self, row: Iterable[Any]) -> None:
        """Write a row."""
        self._writer.writerow((*row, TEST))


def _measures(group: Mapping[str, Any]) -> list[tuple[str, float]]:
    low, high = group["quartiles"] or (None, None)
    favourable = group["favourable"]["share"] if group["favourable"] else None
    values = (group["mean"], group["median"], low, high, favourable)
    return [
        (name, value) for name, value in zip(MEASURES, values, strict=True) if value is not None
    ]


def _safe(row: tuple[Any, ...]) -> list[Any]:
    return [defused(value) if isinstance(value, str) else value for value in row]


def defused(text: str) -> str:
    """A text that no spreadsheet reads as a formula (the beginnings that OWASP lists under "CSV injection")."""
    if text and text.lstrip(" \u00a0")[:1] in (
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        "\uff1d",
        "\uff0b",
        "\uff0d",
        "\uff20",
    ):
        return "'" + text
    return text
