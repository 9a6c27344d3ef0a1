"""Uploaded files of scans, in paper.db: known by their content, read once. Their names are never kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlite_utils import Database


class FileState(StrEnum):
    """waiting → read, or failed (`said` is why: the code of a problem)."""

    WAITING = "waiting"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFile:
    """A file. `digest` is SHA-256 of its bytes, `turn` counts the files of its batch, `lies_at` is its random name in the folder of
    scans until it has been read; `attempts` how often reading it was begun."""

    batch: str
    digest: bytes
    turn: int
    bytes: int
    state: FileState = FileState.WAITING
    lies_at: str | None = None
    attempts: int = 0
    pages: int = 0
    said: str = ""


_COLUMNS = "batch, digest, turn, bytes, state, lies_at, attempts, pages, said"


def add(db: Database, batch: str, *, digest: bytes, size: int, lies_at: str) -> ScanFile | None:
    """Keep a file that was uploaded whole; None where the batch has one of this content (which is the same file again).
    One that could not be read is tried anew."""
    row = db.execute(
        "INSERT INTO scan_file (batch, digest, turn, bytes, lies_at) VALUES (:batch, :digest,"  # noqa: S608 - a constant
        " (SELECT coalesce(max(turn), 0) + 1 FROM scan_file WHERE batch = :batch), :bytes, :lies_at)"
        " ON CONFLICT (batch, digest) DO UPDATE SET state = 'waiting', lies_at = excluded.lies_at, attempts = 0, said = ''"
        f" WHERE scan_file.state = 'failed' RETURNING {_COLUMNS}",
        {"batch": batch, "digest": digest, "bytes": size, "lies_at": lies_at},
    ).fetchone()
    return None if row is None else _file(row)


def of_batch(db: Database, batch: str) -> list[ScanFile]:
    """The files of a batch in the order in which they came."""
    return _files(db, "WHERE batch = ? ORDER BY turn", (batch,))


def with_content(db: Database, digest: bytes) -> list[ScanFile]:
    """The files of this content in all batches whose scans are still here."""
    return _files(db, "WHERE digest = ? ORDER BY batch", (digest,))


def lying(db: Database) -> frozenset[str]:
    """The names in the folder of scans that files lie under: what else is there was given up or never became whole."""
    return frozenset(
        row[0] for row in db.execute("SELECT lies_at FROM scan_file WHERE lies_at IS NOT NULL")
    )


def begun(db: Database, file: ScanFile) -> int:
    """Note that reading a file begins; how often it has, this time included."""
    row = db.execute(
        "UPDATE scan_file SET attempts = attempts + 1 WHERE batch = ? AND digest = ? RETURNING attempts",
        (file.batch, file.digest),
    ).fetchone()
    return int(row[0]) if row else 0


def ended(
    db: Database, file: ScanFile, state: FileState, *, pages: int = 0, said: str = ""
) -> bool:
    """Note what came of a file, in the transaction that keeps its pages; False where somebody else has read it meanwhile."""
    cursor = db.execute(
        "UPDATE scan_file SET state = ?, pages = ?, said = ? WHERE batch = ? AND digest = ? AND state = 'waiting'",
        (state.value, pages, said, file.batch, file.digest),
    )
    return bool(cursor.rowcount == 1)


def taken_away(db: Database, file: ScanFile) -> None:
    """Note that the file itself lies nowhere any more."""
    db.execute(
        "UPDATE scan_file SET lies_at = NULL WHERE batch = ? AND digest = ?",
        (file.batch, file.digest),
    )


def remove(db: Database, file: ScanFile) -> None:
    """Forget a file that has no pages: one that could not be read, or was not to be there."""
    db.execute(
        "DELETE FROM scan_file WHERE batch = ? AND digest = ? AND state <> 'read'",
        (file.batch, file.digest),
    )


def _files(db: Database, where: str, parameters: Sequence[Any]) -> list[ScanFile]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM scan_file {where}", tuple(parameters))  # noqa: S608 - constants
    return [_file(row) for row in rows]


def _file(row: Sequence[Any]) -> ScanFile:
    return ScanFile(
        batch=row[0],
        digest=row[1],
        turn=row[2],
        bytes=row[3],
        state=FileState(row[4]),
        lies_at=row[5],
        attempts=row[6],
        pages=row[7],
        said=row[8],
    )
