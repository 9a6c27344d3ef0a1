"""Takes in scans: a file on its way goes straight into the folder of scans under a random name, and is known by its content.

The name that a person's machine gave it is never looked at. A file is kept once its bytes are all on the disk; what breaks off is
removed, and what a crash leaves behind goes a day later (sync/paper/removing.py).
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from forms.problems import Problem, ProblemError
from store import paper_batches, paper_files
from store.database import Store
from store.paper_batches import Batch, BatchState
from store.paper_removal import remove_file
from sync.paper.pages import Limits

#: Bytes of one file, those that the reader takes; 2,000 pages at 200 dpi in grey are half of it.
LARGEST_FILE = Limits().bytes
#: Files in one batch.
MOST_FILES = 500
#: Room that has to stay free, in bytes: answers go first.
ROOM = 1024 * 1024 * 1024
_PORTION = 256 * 1024


class Source(Protocol):
    """Where the bytes come from: the body of a request, or one file of a form."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file: 'new'; 'same': the batch has it already; 'elsewhere': `batch` has it, so it was not added; 'empty'."""

    outcome: str
    batch: Batch | None = None


def take_file(store: Store, batch: Batch, source: Source, *, length: int | None) -> Taken:
    """Keep one file of a batch. `length` is what the sender says, None where it does not.

    Raises ProblemError: BATCH_DECIDED, TOO_LARGE, TOO_MANY_FILES, NO_ROOM.
    """
    if not batch.undecided:
        raise ProblemError(Problem.BATCH_DECIDED)
    if length is not None and length > LARGEST_FILE:
        raise ProblemError(Problem.TOO_LARGE)
    if len(paper_files.of_batch(store.paper, batch.id)) >= MOST_FILES:
        raise ProblemError(Problem.TOO_MANY_FILES)
    if shutil.disk_usage(store.scans).free < ROOM + 2 * (length or 0):
        raise ProblemError(Problem.NO_ROOM)
    name = secrets.token_hex(16)
    path = store.scans / name
    try:
        digest, size = _write(path, source, length)
        taken = _keep(store, batch, digest, size, name) if size else Taken("empty")
    except BaseException:
        remove_file(path)
        raise
    if taken.outcome != "new":
        remove_file(path)
    return taken


def _write(path: Path, source: Source, length: int | None) -> tuple[bytes, int]:
    """The bytes on the disk; their digest and number. Raises ProblemError(TOO_LARGE, MALFORMED where the sender broke off)."""
    digest = hashlib.sha256()
    size = 0
    with _new_file(path) as file:
        while portion := source.read(_PORTION):
            size += len(portion)
            if size > LARGEST_FILE:
                raise ProblemError(Problem.TOO_LARGE)
            digest.update(portion)
            file.write(portion)
        if length is not None and size != length:
            raise ProblemError(Problem.MALFORMED)
        file.flush()
        os.fsync(file.fileno())
    return digest.digest(), size


def _new_file(path: Path) -> IO[bytes]:
    """For its owner, and for the group where the data folder is a group's: another user's process removes it in time."""
    shared = path.parent.stat().st_mode & 0o070
    mode = 0o660 if shared else 0o600
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    os.fchmod(handle, mode)  # nosec B103 - the group that shares the folder, nobody else
    return os.fdopen(handle, "wb")


def _keep(store: Store, batch: Batch, digest: bytes, size: int, name: str) -> Taken:
    for other in paper_files.with_content(store.paper, digest):
        if other.batch == batch.id:
            continue
        found = paper_batches.find(store.main, other.batch)
        if found is not None and found.state is not BatchState.VOID:
            return Taken("elsewhere", found)
    # In the lock that confirming takes, so that it either sees the file that waits, or we see that it is too late.
    with store.write() as main:
        now = paper_batches.find(main, batch.id)
        if now is None or not now.undecided:
            raise ProblemError(Problem.BATCH_DECIDED)
        with store.write_paper() as db:
            added = paper_files.add(db, batch.id, digest=digest, size=size, lies_at=name)
    return Taken("new") if added is not None else Taken("same")
