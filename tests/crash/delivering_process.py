"""Schedulers to kill: this program imports what a scheduler needs once, and then makes one of itself for each line it reads.

A line names the instant at which that scheduler's clock begins, and a fault to plant, or none. It prints the new process's
id, and `ended` when that has been killed. So a hundred schedulers cost no more than their work.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from server.delivery import delivering, folders
from server.scheduler import run_scheduler
from server.settings import from_environment
from store import outbox
from store.outbox import Message


def _in_place(
    root: Path,
    group: str,
    name: str,
    facts: Mapping[str, Any],
    pieces: Mapping[str, Callable[[Path], None]],
) -> str:
    """A folder that is written where everybody looks."""
    target = root / group / name
    target.mkdir(parents=True, exist_ok=True)
    folders._fill(target, facts, pieces)
    return f"{group}/{name}"


def _unnoted(_db: Database, _message: Message, *, until: datetime) -> bool:
    """A mail that is sent before anything is noted of it."""
    return until is not None


def plant(fault: str) -> None:
    """Make this process do it wrongly."""
    if fault == "in place":
        delivering.folders.put = _in_place
    elif fault == "unnoted":
        outbox.take = _unnoted
    elif fault:
        raise ValueError(fault)


def work(begins: datetime) -> None:
    """The scheduler as `svarboks scheduler` runs it, by another clock."""
    born = time.monotonic()

    def clock() -> datetime:
        return begins + timedelta(seconds=time.monotonic() - born)

    run_scheduler(from_environment(os.environ), clock=clock)


def main() -> None:
    """Make schedulers until nobody asks for more."""
    print("ready", flush=True)
    for line in sys.stdin:
        begins, _, fault = line.strip().partition(" ")
        child = os.fork()
        if child == 0:
            plant(fault)
            work(datetime.fromisoformat(begins).astimezone(UTC))
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
