"""What was found out about a batch that a person has to say something to, or is told, in paper.db.

Kinds, with what may be said to those that bind (the batch is not accepted before): 'copies' (equal numbers, different marks,
paired by scan order): 'paired'; 'duplicate' (equal numbers, similar marks, here or in another batch):
'keep' or 'out'; 'missing' (pages of a sheet): 'without' or 'out'; 'aside' (a page that belongs to no sheet): 'discarded' or
'assigned'; 'elsewhere' (pages of another round): 'discarded' or 'moved'; 'fault' (a sheet left out while its marks were looked at): 'out'; told only: 'one-bit', 'blank', and
'full' (the round took no more when the batch was handed in).

What was said holds for just the pages that were there: 'copies' and 'elsewhere' name them, so that pages that come later are
asked about anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from store.plain_json import json_text, read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding, about a sheet, a page or the whole batch. `settled` is what a person said, None while nobody has."""

    batch: str
    kind: str
    id: int = 0
    sheet: int | None = None
    page: int | None = None
    details: Mapping[str, Any]
    binding: bool = True
    settled: str | None = None

    @property
    def open(self) -> bool:
        """Whether the batch waits for a word on it."""
        return self.binding and self.settled is None


_COLUMNS = "id, batch, kind, sheet, page, details, binding, settled"


def add(db: Database, finding: Finding) -> None:
    """Keep a finding, unless the same one is there (of the same kind about the same sheet and page with the same details)."""
    values = {
        "batch": finding.batch,
        "kind": finding.kind,
        "sheet": finding.sheet,
        "page": finding.page,
        "details": json_text(dict(finding.details)),
        "binding": int(finding.binding),
    }
    db.execute(
        "INSERT INTO finding (batch, kind, sheet, page, details, binding)"
        " SELECT :batch, :kind, :sheet, :page, :details, :binding WHERE NOT EXISTS (SELECT 1 FROM finding WHERE batch = :batch"
        " AND kind = :kind AND coalesce(sheet, 0) = coalesce(:sheet, 0) AND coalesce(page, 0) = coalesce(:page, 0)"
        " AND details = :details)",
        values,
    )


def note_left_out(db: Database, batch: str, sheet: int) -> None:
    """Keep that a person left a sheet out while looking at its marks."""
    add(db, Finding(batch=batch, kind="fault", sheet=sheet, details={}))
    db.execute(
        "UPDATE finding SET settled = 'out' WHERE batch = ? AND kind = 'fault' AND sheet = ?",
        (batch, sheet),
    )


def of_batch(db: Database, batch: str) -> list[Finding]:
    """The findings of a batch: by kind, then in the order of scanning."""
    return [
        _finding(row)
        for row in db.execute(
            f"SELECT {_COLUMNS} FROM finding WHERE batch = ? ORDER BY kind, id",  # noqa: S608 - a constant
            (batch,),
        )
    ]


def find(db: Database, batch: str, finding: int) -> Finding | None:
    """One finding of a batch, or None."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM finding WHERE batch = ? AND id = ?",  # noqa: S608 - a constant
        (batch, finding),
    ).fetchone()
    return None if row is None else _finding(row)


def settle(db: Database, finding: Finding, said: str | None) -> bool:
    """Note what a person says to a finding (None: take that back); False where it is gone."""
    cursor = db.execute(
        "UPDATE finding SET settled = ? WHERE id = ? AND batch = ?",
        (said, finding.id, finding.batch),
    )
    return bool(cursor.rowcount == 1)


def renew(db: Database, batch: str, found: Sequence[Finding]) -> None:
    """Keep what was found out when a batch was looked at anew. What is found again stays, under its id, and what a person has said
    to it; what nobody has said anything to goes where it is not found any more."""
    now = {_about(one) for one in found}
    for one in of_batch(db, batch):
        if one.settled is None and _about(one) not in now:
            db.execute("DELETE FROM finding WHERE id = ?", (one.id,))
    for one in found:
        add(db, one)


def open_number(db: Database, batch: str) -> int:
    """How many findings a batch waits for."""
    row = db.execute(
        "SELECT count(*) FROM finding WHERE batch = ? AND binding = 1 AND settled IS NULL",
        (batch,),
    ).fetchone()
    return int(row[0])


def _about(finding: Finding) -> tuple[str, int, int, str]:
    """What tells a finding of a batch from the others, as `add` compares it."""
    return (
        finding.kind,
        finding.sheet or 0,
        finding.page or 0,
        json_text(dict(finding.details)),
    )


def _finding(row: Sequence[Any]) -> Finding:
    return Finding(
        id=row[0],
        batch=row[1],
        kind=row[2],
        sheet=row[3],
        page=row[4],
        details=read_json(row[5]),
        binding=bool(row[6]),
        settled=row[7],
    )
