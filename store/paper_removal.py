"""Removing what can be read of a batch: its rows in paper.db, overwritten (secure_delete), and its files.

Each step repeats safely: `remove` in a write transaction on paper.db, then the files, then the log (Store.empty_paper_log), and
only then paper_batches.scans_gone in the main file.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from sqlite_utils import Database

_REMOVED = (
    "DELETE FROM finding WHERE batch = :batch",
    "DELETE FROM reading WHERE sheet IN (SELECT id FROM sheet WHERE batch = :batch)",
    "DELETE FROM box WHERE page IN (SELECT id FROM page WHERE batch = :batch)",
    "DELETE FROM page_image WHERE page IN (SELECT id FROM page WHERE batch = :batch)",
    "DELETE FROM page WHERE batch = :batch",
    "DELETE FROM sheet WHERE batch = :batch",
    "DELETE FROM scan_file WHERE batch = :batch",
)
#: So much of a file is overwritten at once.
_PORTION = 1024 * 1024


def remove(db: Database, batch: str) -> None:
    """Remove everything of a batch from paper.db."""
    for statement in _REMOVED:
        db.execute(statement, {"batch": batch})


def batches(db: Database) -> frozenset[str]:
    """The batches of which anything is in paper.db."""
    return frozenset(
        row[0]
        for row in db.execute(
            "SELECT batch FROM scan_file UNION SELECT batch FROM page UNION SELECT batch FROM sheet"
            " UNION SELECT batch FROM finding"
        )
    )


def remove_file(path: Path) -> None:
    """Overwrite a file of scans and remove it; one that is gone does no harm. What a disk keeps of overwritten blocks is its own."""
    try:
        with path.open("r+b") as file:
            left = os.fstat(file.fileno()).st_size
            while left > 0:
                file.write(bytes(min(left, _PORTION)))
                left -= _PORTION
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)


def unknown_files(folder: Path, known: Collection[str], *, before: float) -> list[Path]:
    """Files in the folder of scans that nothing names, last written before an instant (seconds since 1970): uploads that broke off."""
    found = []
    for path in folder.iterdir():
        if path.name not in known:
            try:
                if path.stat().st_mtime < before:
                    found.append(path)
            except FileNotFoundError:
                continue
    return found
