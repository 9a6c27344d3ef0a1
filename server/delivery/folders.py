"""Export folders: a folder for each working group under one root, and in it a folder for each edition that was delivered.

A folder is made under a name that begins with a point, written to the disk file by file, and renamed when it is whole: who
looks sees all of it or nothing. Its manifest names each file with its size and SHA-256. What lies there is never changed and
never removed; where a folder of this name holds something else, the new one gets a number.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
#: What an unfinished folder is called, so that the next delivery can tell it from whatever else lies there.
_DRAFT = ".svarboks-{}.part"
_IS_DRAFT = re.compile(r"\.svarboks-[0-9a-f]{16}\.part")
_PLAIN = re.compile(r"[^a-z0-9]+")
_DANISH = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


class NoFolderError(OSError):
    """The root of the export folders is not there: perhaps it is a share that is not mounted."""


def folder_name(*, day: str, title: str, round_id: str, number: int) -> str:
    """What the folder of an edition is called: readable, sorted by day, and without any sign that a share may refuse."""
    plain = unicodedata.normalize("NFKD", title.casefold().translate(_DANISH))
    words = _PLAIN.sub("-", plain.encode("ascii", "ignore").decode()).strip("-")[:50].strip("-")
    return f"{day}-{words or 'runde'}-{round_id}-{number}"


def put(
    root: Path,
    group: str,
    name: str,
    facts: Mapping[str, Any],
    pieces: Mapping[str, Callable[[Path], None]],
) -> str:
    """Put a folder with these files and a manifest into the group's, if it is not there whole; its path below the root.

    `facts` stand in the manifest and say what the files are of; `pieces` write each file. Nothing is written where the same
    lies there already. Raises NoFolderError where the root is not there, OSError for what the file system refuses.
    """
    if not root.is_dir():
        raise NoFolderError(errno.ENOENT, "the export folder is not there")
    home = root / group
    if not home.is_dir():
        home.mkdir(mode=0o750, exist_ok=True)
        _folder_to_disk(root)
    for left in home.iterdir():
        # Left by a process that was killed: one at a time delivers.
        if _IS_DRAFT.fullmatch(left.name):
            shutil.rmtree(left, ignore_errors=True)
    for target in _names(home, name):
        if not target.exists():
            break
        if is_whole(target) and _is_of(target, facts, pieces):
            return f"{group}/{target.name}"
    draft = home / _DRAFT.format(secrets.token_hex(8))
    draft.mkdir(mode=0o750)
    try:
        _fill(draft, facts, pieces)
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _folder_to_disk(home)
    return f"{group}/{target.name}"


def is_whole(folder: Path) -> bool:
    """Whether every file of its manifest is there as it was put there."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = manifest["files"]
        return bool(files) and all(_digest(folder / one["name"]) == one["sha256"] for one in files)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _is_of(folder: Path, facts: Mapping[str, Any], names: Collection[str]) -> bool:
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    same = all(manifest.get(name) == value for name, value in facts.items())
    return same and {one["name"] for one in manifest["files"]} == set(names)


def _names(home: Path, name: str) -> Iterator[Path]:
    yield home / name
    number = 2
    while True:
        yield home / f"{name}_{number}"
        number += 1


def _fill(
    draft: Path, facts: Mapping[str, Any], pieces: Mapping[str, Callable[[Path], None]]
) -> None:
    files = []
    for name, write in pieces.items():
        path = draft / name
        write(path)
        path.chmod(0o640)
        _file_to_disk(path)
        files.append({"name": name, "bytes": path.stat().st_size, "sha256": _digest(path)})
    manifest = draft / MANIFEST
    text = json.dumps({"format": 1, **facts, "files": files}, ensure_ascii=False, indent=2)
    manifest.write_text(text + "\n", encoding="utf-8")
    manifest.chmod(0o640)
    _file_to_disk(manifest)
    _folder_to_disk(draft)


def _file_to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _folder_to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Some shares know no fsync of a folder; their server keeps the order of what it was told.
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
