"""What anonymity means, as functions that a faulty build makes red: files, schema, and the order of what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sqlite_utils import Database

#: Every column that a table of anonymous things may have. No time, no address, no device, no order.
ANONYMOUS_COLUMNS = {
    "response": {"key", "round", "version", "unit", "language", "channel"},
    "answer": {"response", "place", "state", "value"},
    "free_text": {"key", "round", "place", "text", "language", "state"},
    "count": {"round", "tab", "grp", "cell", "n", "total", "squares", "squares_high"},
    "returned": {"round", "unit", "channel", "n"},
    "receipt": {"key", "digest", "state"},
    "submission": {"lot", "key", "digest", "round", "header", "sealed"},
    "round_load": {"round", "waiting", "received"},
    "invitation": {"hash", "round", "letter", "used"},
    "invitation_round": {"round", "seed", "sent"},
    "quarantined": {"key", "digest", "round", "codes", "header", "sealed"},
}

#: Tables whose rowid is made of a random key, in this column: `lot_correlation` looks at what was drawn.
DRAWN = {"submission": "lot"}

#: The absolute rank correlation with arrival that is still no order.
BAR = 0.1


def schema_faults(*databases: Database) -> list[str]:
    """What is wrong with the anonymous tables of these files: a column too many, or a hidden rowid."""
    faults = []
    for db in databases:
        for _, name, kind, _, without_rowid, _ in db.execute("PRAGMA main.table_list").fetchall():
            if kind != "table" or name not in ANONYMOUS_COLUMNS:
                continue
            columns = {row[1] for row in db.execute(f'PRAGMA table_info("{name}")').fetchall()}
            if not without_rowid and DRAWN.get(name) not in columns:
                faults.append(f"{name} keeps the order of arrival in its rowid")
            faults += [
                f"{name}.{column} is not on the list"
                for column in sorted(columns - ANONYMOUS_COLUMNS[name])
            ]
    return faults


def files_that_hold(folders: Iterable[Path], needles: Sequence[bytes]) -> dict[str, int]:
    """Names of the files below the folders that hold any of the needles, with how many of them."""
    found = {}
    for folder in folders:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            number = sum(map(bool, places(file.read_bytes(), needles)))
            if number:
                found[file.name] = number
    return found


def rank_correlation(stored: Sequence[int]) -> float:
    """Spearman's rho between arrival (0, 1, 2 …) and the arrival numbers in the order in which they are stored."""
    return float(spearmanr(range(len(stored)), stored).statistic)


def places(content: bytes, needles: Sequence[bytes]) -> list[list[int]]:
    """All places of each needle, found in one pass: thousands searched one by one in a file of some megabytes take minutes.
    Quick where few needles share their first four bytes, as keys and hashes do, or where none is there. No needle is shorter."""
    assert all(len(needle) >= 4 for needle in needles)
    numbers: dict[bytes, list[int]] = {}
    for number, needle in enumerate(needles):
        numbers.setdefault(needle[:4], []).append(number)
    octets = np.frombuffer(content, np.uint8).astype(np.uint32)
    words = octets[:-3] | octets[1:-2] << 8 | octets[2:-1] << 16 | octets[3:] << 24
    beginnings = np.array([int.from_bytes(one, "little") for one in numbers], np.uint32)
    found: list[list[int]] = [[] for _ in needles]
    for at in map(int, np.flatnonzero(np.isin(words, beginnings))):
        for number in numbers[content[at : at + 4]]:
            if content.startswith(needles[number], at):
                found[number].append(at)
    return found


def positions(file: Path, needles: Sequence[bytes]) -> list[int]:
    """The numbers of the needles in the order of their (first) place in the file. Raises ValueError when one is missing."""
    content = file.read_bytes()
    return [
        number
        for _, number in sorted((content.index(needle), n) for n, needle in enumerate(needles))
    ]
