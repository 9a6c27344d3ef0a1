"""How much of each group may be shown: nothing, merged options, or all options.

The groups of one question form partitions of the same people: total -> region -> area -> unit, total -> options of
another question, and so on. A group that shows less than its parent could be computed as "parent minus the rest", so
the rest is held back until what the subtraction yields is itself large enough to be shown. docs/disclosure.md argues
why that suffices; tests/exports/test_attack.py attacks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from exports.tables import NOT_SHOWN, OUTSIDE, Counted, RawTable
from forms.questionnaire import PLACES_OF_UNITS


class Level(IntEnum):
    """What a group shows."""

    HIDDEN = 0
    MERGED = 1
    ALL = 2


class Why:
    """Reasons, as codes in the figures; wording.py has their words."""

    NONE = ""
    TOO_FEW = "too-few"  # fewer than k answers
    COMPLEMENT = "complement"  # hidden so that another cannot be computed
    FEW_FOR_OPTIONS = "few-for-options"  # k to 4k: merged
    COMPLEMENT_MERGED = "complement-merged"  # merged so that another's options cannot be computed
    FEW_CELL = "few-cell"  # a cell of a guarded question with 1 to k-1
    COMPLEMENT_CELL = "complement-cell"  # a cell hidden so that another cannot be computed
    SAME_ANSWER = "same-answer"  # guarded, and everyone gave the same answer
    GUARDED_GROUP = "guarded-group"  # the size of the group is itself held back
    WHOLE_TABLE = "whole-table"  # nothing of this table can be shown without giving something away
    ELSEWHERE = "elsewhere"  # the same people stand in another table
    # As they are published (figures.py): a finer reason would itself say something of the answers.
    PROTECTED = "protected"  # a group of a guarded table that is not too small
    PROTECTED_CELL = "protected-cell"  # a cell hidden for its own sake or another's


@dataclass
class Node:
    """One group of one question on its way to a level. `vector` is what a subtraction would yield of it."""

    key: tuple[str, ...]
    counted: Counted
    n: int
    people: int
    vector: Mapping[str, int]
    level: Level = Level.ALL
    why: str = Why.NONE

    @property
    def empty(self) -> bool:
        """Nobody was asked: there is nothing to protect and nothing to show."""
        return self.people == 0

    def lower(self, level: Level, why: str) -> bool:
        """Lowers the level; returns whether that changed anything."""
        if self.level <= level:
            return False
        self.level, self.why = level, why
        return True


def valid(table: RawTable, counted: Counted) -> int:
    """n: people with a valid answer."""
    if table.kind == "number":
        return counted.cells.get("~answered", 0)
    if table.kind == "several":
        return counted.cells.get("~base", 0)
    return sum(counted.cells.get(choice.id, 0) for choice in table.choices)


def asked(table: RawTable, counted: Counted) -> int:
    """People to whom the question was shown."""
    return valid(table, counted) + sum(counted.cells.get(cell, 0) for cell in OUTSIDE)


def everybody(table: RawTable, counted: Counted) -> int:
    """People in the group, also those to whom the question was not shown."""
    return asked(table, counted) + counted.cells.get(NOT_SHOWN, 0)


def has_tones(table: RawTable) -> bool:
    """Whether the options can be merged into favourable, neutral and unfavourable: every one has a tone."""
    return (
        table.kind == "options"
        and bool(table.choices)
        and all(choice.tone for choice in table.choices)
    )


def merged_cells(table: RawTable, counted: Counted) -> dict[str, int]:
    """favourable / neutral / unfavourable -> people; the three in this order, those that no option has left out."""
    sums: dict[str, int] = {}
    for tone in ("favourable", "neutral", "unfavourable"):
        members = [choice.id for choice in table.choices if choice.tone == tone]
        if members:
            sums[tone] = sum(counted.cells.get(member, 0) for member in members)
    return sums


def node_of(table: RawTable, counted: Counted) -> Node:
    """A group as the rule sees it."""
    if table.kind == "number":
        vector = {f"h:{one.low}": one.n for one in counted.bins}
        if not vector:
            vector = {"~answered": valid(table, counted)}
    elif has_tones(table):
        vector = merged_cells(table, counted)
    else:
        vector = {choice.id: counted.cells.get(choice.id, 0) for choice in table.choices}
    vector |= {cell: counted.cells.get(cell, 0) for cell in OUTSIDE}
    return Node(counted.key, counted, valid(table, counted), asked(table, counted), vector)


def unanimous(nodes: Sequence[Node]) -> bool:
    """Whether everyone in the groups together gave one and the same (merged) answer or none."""
    people = sum(node.people for node in nodes)
    cells = {cell for node in nodes for cell in node.vector}
    return people > 0 and any(
        sum(node.vector.get(cell, 0) for node in nodes) == people for cell in cells
    )


def own_level(node: Node, k: int) -> tuple[Level, str]:
    """What the group's own size permits."""
    if node.n < k:
        return Level.HIDDEN, Why.TOO_FEW
    if node.n < 4 * k:
        return Level.MERGED, Why.FEW_FOR_OPTIONS
    return Level.ALL, Why.NONE


def settle(parent: Node, children: Sequence[Node], k: int) -> bool:
    """Lowers `children`, who together are `parent`, until no subtraction says more than the rule allows.

    1. No child shows more than its parent.
    2. The hidden children together have at least k valid answers, are at least two, and did not all answer the
       same (unless everyone in the parent did: then the parent itself says it).
    3. Under a parent that shows all options, those children that do not are at least two and have at least 4k valid
       answers together.

    Where it is not so, the next smallest is lowered. Returns whether anything changed.
    """
    changed = False
    present = [child for child in children if not child.empty]
    for child in present:
        own, why = own_level(child, k)
        changed |= child.lower(own, why)
        if parent.level < child.level:
            reason = Why.COMPLEMENT if parent.level is Level.HIDDEN else Why.COMPLEMENT_MERGED
            changed |= child.lower(parent.level, reason)
    if parent.level is Level.HIDDEN:
        return changed
    lenient = unanimous([parent])
    changed |= _grow(present, Level.HIDDEN, k, Why.COMPLEMENT, lenient=lenient)
    if parent.level is Level.ALL:
        changed |= _grow(present, Level.MERGED, 4 * k, Why.COMPLEMENT_MERGED, lenient=True)
    return changed


def _grow(
    children: Sequence[Node], level: Level, smallest: int, why: str, *, lenient: bool
) -> bool:
    changed = False
    while True:
        members = [child for child in children if child.level <= level]
        enough = (
            len(members) >= 2
            and sum(child.n for child in members) >= smallest
            and (lenient or not unanimous(members))
        )
        rest = sorted(
            (child for child in children if child.level > level),
            key=lambda child: (child.n, child.key),
        )
        if not members or enough or not rest:
            return changed
        changed |= rest[0].lower(level, why)


def swappable(first: Node, cell: str, second: Node) -> str | None:
    """A cell of `second` that a person in it could exchange with a person of `first` who is in `cell`."""
    if first.vector.get(cell, 0) < 1:
        return None
    return next((other for other, n in second.vector.items() if n > 0 and other != cell), None)


def certified(nodes: Mapping[tuple[str, ...], Node]) -> bool:
    """Whether every hidden group of a cross table under two shown margins could have answered otherwise.

    For each positive cell of each hidden group (a, b) there must be an exchange of answers around a rectangle of
    hidden groups (a, b), (a, b'), (a', b'), (a', b) that changes no margin: a whole world that publishes the same.
    """
    hidden = {
        key: node for key, node in nodes.items() if node.level is Level.HIDDEN and not node.empty
    }
    for key, node in hidden.items():
        for cell in (cell for cell, n in node.vector.items() if n > 0):
            if not _rectangle(key, cell, hidden):
                return False
    return True


def _rectangle(key: tuple[str, ...], cell: str, hidden: Mapping[tuple[str, ...], Node]) -> bool:
    a, b = key
    for other_a, other_b in hidden:
        if other_a == a or other_b == b:
            continue
        row, column = hidden.get((a, other_b)), hidden.get((other_a, b))
        if row is None or column is None:
            continue
        opposite = hidden[other_a, other_b]
        for other in row.vector:
            if (
                other != cell
                and row.vector[other] > 0
                and column.vector.get(other, 0) > 0
                and opposite.vector.get(cell, 0) > 0
            ):
                return True
    return False


def geographic(table: RawTable) -> bool:
    """Whether the table is by unit, area or region alone."""
    return len(table.by) == 1 and table.by[0] in PLACES_OF_UNITS


def hide_all(nodes: Iterable[Node], why: str) -> None:
    """Hides every group, whatever it showed; a reason that stands is kept."""
    for node in nodes:
        if not node.empty:
            node.lower(Level.HIDDEN, why)
