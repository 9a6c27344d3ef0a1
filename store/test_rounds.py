"""Test rounds: found by the round that they try out, and removed with every answer that lies under their id.

Removing has two parts, since two files and two folders are involved. `remove` and `empty` take everything out of the main
file, in the transaction of the change that ends the test (most often the opening of the real round), and note there what
is still to be done. `finish_removal` then takes away what lies in waiting.db, and the scheduler the private key. Killed in
between, the note is still there and the next tick goes on; each step may be repeated.

What remains: receipts of what was mixed (a random key and the digest of sealed bytes, which nothing ties to a round) and
the numbers in the table of runs and in the audit log. No answer, no text, no count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from store import rounds
from store.instants import instant_text, read_instant
from store.plain_json import json_text, read_json
from store.rounds import Round, RoundState

#: In the table of settings, before the id of a round that was removed.
_NOTE = "removed-round:"

#: Intake and a mix may know a round for a moment longer than it exists; so long the removal is repeated.
SETTLING = timedelta(seconds=60)

#: What lies under a round's id in the main file, in an order that breaks no reference.
_EMPTIED = (
    "DELETE FROM answer WHERE response IN (SELECT key FROM response WHERE round = :round)",
    "DELETE FROM response WHERE round = :round",
    "DELETE FROM free_text WHERE round = :round",
    "DELETE FROM count WHERE round = :round",
    "DELETE FROM returned WHERE round = :round",
    "DELETE FROM edition_file WHERE edition IN (SELECT id FROM edition WHERE round = :round)",
    "DELETE FROM edition WHERE round = :round",
    "DELETE FROM return_sent WHERE round = :round",
    "DELETE FROM return_revision WHERE round = :round",
    "DELETE FROM mix_order WHERE round = :round",
    # What can be read of them in paper.db belongs to nothing then, and goes at the next tick of the scheduler.
    "DELETE FROM batch WHERE round = :round",
)
_REMOVED = (
    *_EMPTIED,
    "DELETE FROM pile WHERE round = :round",
    "DELETE FROM device_round WHERE round = :round",
    "DELETE FROM device_declined WHERE round = :round",
    "DELETE FROM reminder WHERE round = :round",
    "DELETE FROM promised_mix WHERE round = :round",
    "DELETE FROM round_unit WHERE round = :round",
    "DELETE FROM round_version WHERE round = :round",
    "DELETE FROM round WHERE id = :round",
)
#: The same in waiting.db.
_WAITING = (
    "DELETE FROM submission WHERE round = :round",
    "DELETE FROM quarantined WHERE round = :round",
    "DELETE FROM round_load WHERE round = :round",
)
_WAITING_OF_ROUND = (*_WAITING, "DELETE FROM invitation WHERE round = :round")


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A removal that is not finished. `gone`: the round itself is removed, so its key goes too; else it was emptied only.

    `files` are the names of rendered files (in the reports folder) that were noted for its editions.
    """

    round: str
    gone: bool
    at: datetime
    files: tuple[str, ...]


def of_round(db: Database, round_id: str) -> Round | None:
    """The test round that tries out a round, or None."""
    row = db.execute("SELECT id FROM round WHERE test_of = ?", (round_id,)).fetchone()
    return None if row is None else rounds.find(db, row[0])


def remove(db: Database, round_id: str, *, now: datetime) -> None:
    """Remove a test round, or a planned one that is given up, and note that waiting.db and the key are to follow.

    In a write transaction on the main file. Raises ValueError for a round that is neither: what people answered is
    never removed this way.
    """
    found = _that_may_go(db, round_id)
    files = _files(db, round_id)
    for statement in _REMOVED:
        db.execute(statement, {"round": found.id})
    _note(db, Removal(round=found.id, gone=True, at=now, files=files))


def empty(db: Database, round_id: str, *, now: datetime) -> None:
    """Remove every answer of a test round and what was made of them; the round and its key stay. Else as `remove`."""
    found = _that_may_go(db, round_id)
    files = _files(db, round_id)
    for statement in _EMPTIED:
        db.execute(statement, {"round": found.id})
    _note(db, Removal(round=found.id, gone=False, at=now, files=files))


def remove_editions(db: Database, round_id: str) -> None:
    """Take away the editions of a test round, so that the next one is made from all its answers anew."""
    found = _that_may_go(db, round_id)
    for statement in _EMPTIED:
        if " edition" in statement:
            db.execute(statement, {"round": found.id})


def removals(db: Database) -> list[Removal]:
    """The removals that are not finished."""
    found = []
    for name, value in db.execute(
        "SELECT name, value FROM setting WHERE name LIKE ? ORDER BY name", (f"{_NOTE}%",)
    ):
        plain = read_json(value)
        found.append(
            Removal(
                round=name.removeprefix(_NOTE),
                gone=plain["gone"],
                at=read_instant(plain["at"]),
                files=tuple(plain["files"]),
            )
        )
    return found


def finish_removal(waiting: Database, removal: Removal) -> int:
    """Remove what lies under the round's id in waiting.db, in a write transaction there; how many rows there were."""
    number = 0
    for statement in _WAITING_OF_ROUND if removal.gone else _WAITING:
        number += max(waiting.execute(statement, {"round": removal.round}).rowcount, 0)
    return number


def settled(db: Database, removal: Removal) -> None:
    """Forget a removal: all of it has been done. In a write transaction on the main file."""
    db.execute("DELETE FROM setting WHERE name = ?", (_NOTE + removal.round,))


def _that_may_go(db: Database, round_id: str) -> Round:
    found = rounds.read(db, round_id)
    if found.test_of is None and found.state is not RoundState.PLANNED:
        raise ValueError("only a test round or a planned round is removed")
    return found


def _files(db: Database, round_id: str) -> tuple[str, ...]:
    return tuple(
        row[0]
        for row in db.execute(
            "SELECT DISTINCT path FROM edition_file WHERE edition IN"
            " (SELECT id FROM edition WHERE round = ?) ORDER BY path",
            (round_id,),
        )
    )


def _note(db: Database, removal: Removal) -> None:
    value = {"gone": removal.gone, "at": instant_text(removal.at), "files": list(removal.files)}
    db.execute(
        "INSERT INTO setting (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (_NOTE + removal.round, json_text(value)),
    )
