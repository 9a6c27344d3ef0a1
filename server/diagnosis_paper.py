"""Whether uploaded scans are read: `svarboks doctor` looks at the folder of scans. Looking changes nothing."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.diagnosis import Check, State
from server.paper.reader import LEASE
from store import leases, paper_files
from store.database import MAIN_FILE, PAPER_FILE, SCANS_FOLDER
from store.wholeness import look_at

#: A file that has lain unread so long, while nobody reads, waits for nobody.
PATIENCE = timedelta(minutes=10)


def reader(data: Path, now: datetime) -> Check:
    """Whether somebody reads what was uploaded."""
    try:
        with look_at(data / MAIN_FILE) as main:
            reading = leases.held(main, LEASE, now)
        with look_at(data / PAPER_FILE) as paper:
            names = paper_files.lying(paper)
        lying = [
            datetime.fromtimestamp((data / SCANS_FOLDER / name).stat().st_mtime, UTC)
            for name in names
            if (data / SCANS_FOLDER / name).is_file()
        ]
    except (sqlite3.Error, OSError) as error:
        return Check(
            "reader",
            State.WARN,
            f"It cannot be known ({type(error).__name__}).",
            "Mend the database first; an older one gets its file for scans at the next start.",
        )
    late = [moment for moment in lying if now - moment > PATIENCE]
    if late and not reading:
        return Check(
            "reader",
            State.FAIL,
            f"{len(late)} uploaded files have been waiting since {min(late):%Y-%m-%d %H:%M} UTC, and nobody reads them.",
            "Start 'svarboks reader', and look at its log.",
        )
    return Check("reader", State.OK, f"{len(lying)} uploaded files wait to be read.")
