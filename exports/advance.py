"""From one edition to the next: figures advance only where the difference is itself large enough to be shown.

All tables of a question advance together or stand together with the date of the edition that they come from. They
advance when no group is hidden, every group shows as much as before, and what has been added to each is nothing, or at
least k valid answers where options are merged and 4k where all are shown; and of a guarded question each figure ("Don't know" and
the like among them) grew by nothing or at least k. So the difference between two
editions says no more than a table of the people who came in between could have said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from exports.figures import Figures


def advanced_tables(previous: Figures, new: Figures) -> list[dict[str, Any]]:
    """The tables of `new`, those of questions that may not advance replaced by the previous edition's."""
    k = int(new["smallest_group"])
    earlier = {table["id"]: table for table in previous["tables"]}
    standing = {
        table["question"]
        for table in new["tables"]
        if table["id"] in earlier and not _may_advance(earlier[table["id"]], table, k)
    }
    # A table broken down by a question tells how many chose its options: it stands when that one does.
    while (
        more := {table["question"] for table in new["tables"] if standing & set(table["by"])}
        - standing
    ):
        standing |= more
    return [
        _stand(earlier[table["id"]], previous["made_on"])
        if table["question"] in standing and table["id"] in earlier
        else dict(table)
        for table in new["tables"]
    ]


def _stand(table: Figures, day: str) -> dict[str, Any]:
    return {
        **table,
        "groups": [{**group, "since": group["since"] or day} for group in table["groups"]],
    }


def _may_advance(old: Figures, new: Figures, k: int) -> bool:
    before = {tuple(group["group"]): group for group in old["groups"]}
    after = {tuple(group["group"]): group for group in new["groups"]}
    if before.keys() != after.keys():
        return False
    if all(_told(group) == _told(before[key]) for key, group in after.items()):
        return True
    for key, group in after.items():
        earlier = before[key]
        if group["state"] != earlier["state"] or _pattern(group) != _pattern(earlier):
            return False
        if group["state"] == "hidden":
            continue
        grown = group["n"] - earlier["n"]
        if grown == 0 and _told(group) != _told(earlier):
            return False
        if grown and grown < (4 * k if group["state"] == "all" else k):
            return False
        if new["guarded"] and any(0 < added < k for added in _added(earlier, group)):
            return False
    # What was added to the hidden groups could be computed from the total, and their own numbers are not known here:
    # a breakdown with hidden groups stands.
    hidden = any(one["state"] == "hidden" and one["why"] != "no-answers" for one in after.values())
    return not (hidden and new["by"])


def _pattern(group: Figures) -> list[tuple[str, str]]:
    return [(cell["cell"], cell["state"]) for cell in group["cells"]]


def _told(group: Figures) -> Any:
    return {name: value for name, value in group.items() if name not in ("since", "label")}


def _added(old: Figures, new: Figures) -> list[int]:
    cells = [
        abs(after["n"] - before["n"])
        for before, after in zip(old["cells"], new["cells"], strict=True)
        if after["n"] is not None and before["n"] is not None
    ]
    if not (old["outside"] and new["outside"]):
        return cells
    # That somebody left the question unanswered is no answer to it.
    return cells + [
        abs(new["outside"][name] - old["outside"][name]) for name in ("dont_know", "not_relevant")
    ]


def advanced_texts(
    previous: Figures, new: Figures, *, smallest: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Free texts: those of a question advance when at least `smallest[question]` texts are new, else the former ones stand."""
    earlier = {one["question"]: one for one in previous["free_text"]}
    return [
        dict(one)
        if one["question"] not in earlier
        or not earlier[one["question"]]["texts"]
        or _new_texts(earlier[one["question"]]["texts"], one["texts"]) >= smallest[one["question"]]
        else dict(earlier[one["question"]])
        for one in new["free_text"]
    ]


def _new_texts(before: Sequence[Figures], after: Sequence[Figures]) -> int:
    def count(texts: Sequence[Figures]) -> Counter[tuple[str, str]]:
        return Counter((one["language"], one["text"]) for one in texts)

    return (count(after) - count(before)).total()
