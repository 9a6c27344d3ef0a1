"""What has to happen to data that was brought back from a backup before it serves: nothing that ended since may live again.

A backup is a picture of its night: sessions that were ended, tablets that were withdrawn, accounts that were closed, codes
that were used and answers that a person deleted are back in it, and so is mail that has been sent since or carries a link that
ends. Sessions, mailed links, codes of tablets and mail that waits end in any case.
The rest is carried over from the data that was lost, where that can still be read.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from store import audit, outbox, settings, test_rounds
from store.bulk import found_by_key, portions
from store.database import MAIN_FILE, WAITING_FILE, Store, schema_version
from store.instants import read_instant
from store.migrations import MAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did. `carried_over`: whether the lost data could be read; the numbers after it are of
    that. `messages`: mail that waited in the backup and is never sent."""

    epoch: str
    sessions: int
    messages: int = 0
    carried_over: bool = False
    tablets: int = 0
    accounts: int = 0
    rounds: int = 0
    answers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """What had ended in the data that was lost: numbers of tablets (with the day), accounts, ids of rounds that are there,
    and (key, digest) of answers that a person deleted from quarantine."""

    tablets: dict[int, str]
    accounts: tuple[int, ...]
    rounds: frozenset[str]
    answers: dict[bytes, bytes]


def restore(store: Store, *, epoch: str, at: str, lost: Path | None = None) -> Restored:
    """Make restored data fit to serve. `epoch` is a new random word (16 hex digits), `at` an instant; `lost` the data folder
    that is replaced, where there is one. May be repeated. Not while anything else has the data folder open."""
    newest = audit.listed(store.main, limit=1)
    head = newest[0].hash if newest else None
    endings = read_endings(lost, head) if lost is not None else None
    tablets = accounts = gone = 0
    with store.write() as db:
        sessions = db.execute("DELETE FROM session").rowcount
        db.execute("DELETE FROM account_link")
        db.execute("DELETE FROM device_code")
        messages = outbox.give_up_all(db)
        settings.change_restore_epoch(db, epoch)
        if endings is not None:
            for number, day in endings.tablets.items():
                tablets += db.execute(
                    "UPDATE device SET revoked_on = ? WHERE number = ? AND revoked_on IS NULL",
                    (day, number),
                ).rowcount
            for account in endings.accounts:
                accounts += db.execute(
                    "UPDATE account SET active = 0 WHERE id = ? AND active = 1", (account,)
                ).rowcount
            for round_id in _removed(db, endings):
                test_rounds.remove(db, round_id, now=read_instant(at))
                gone += 1
            for key, digest in endings.answers.items():
                db.execute(
                    "INSERT INTO receipt (key, digest, state) VALUES (?, ?, 'quarantined')"
                    " ON CONFLICT (key) DO NOTHING",
                    (key, digest),
                )
        audit.note(
            db,
            at=read_instant(at),
            actor=audit.COMMAND_LINE,
            action="data restored from a backup",
            details={
                "epoch": epoch,
                "deletions carried over": endings is not None,
                "mail given up": messages,
            },
        )
    answers = _delete_answers(store, endings.answers) if endings is not None else 0
    store.empty_logs()
    return Restored(
        epoch=epoch, sessions=sessions, messages=messages, carried_over=endings is not None, tablets=tablets,
        accounts=accounts, rounds=gone, answers=answers,
    )  # fmt: skip


def read_endings(folder: Path, head: bytes | None) -> Endings | None:
    """What had ended in a data folder that is given up; None where it cannot be read, has another form, or is not what became
    of the restored data: its audit log has to hold `head`, the newest entry of the restored one."""
    try:
        with (
            closing(_read_only(folder / MAIN_FILE)) as main,
            closing(_read_only(folder / WAITING_FILE)) as waiting,
        ):
            if schema_version(main) != MAIN[-1].number:
                return None
            if head and not main.execute("SELECT 1 FROM audit WHERE hash = ?", (head,)).fetchone():
                return None
            tablets = dict(
                main.execute(
                    "SELECT number, revoked_on FROM device WHERE revoked_on IS NOT NULL"
                ).fetchall()
            )
            accounts = tuple(
                row[0] for row in main.execute("SELECT id FROM account WHERE active = 0")
            )
            rounds = frozenset(row[0] for row in main.execute("SELECT id FROM round"))
            aside = dict(
                main.execute(
                    "SELECT key, digest FROM receipt WHERE state = 'quarantined'"
                ).fetchall()
            )
            still = {row[0] for row in waiting.execute("SELECT key FROM quarantined")}
    except sqlite3.Error:
        return None
    deleted = {key: digest for key, digest in aside.items() if key not in still}
    return Endings(tablets=tablets, accounts=accounts, rounds=rounds, answers=deleted)


def _read_only(path: Path) -> Database:
    return Database(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))


def _removed(db: Database, endings: Endings) -> list[str]:
    """Test rounds and given-up planned rounds that are back; what people answered for real is never removed this way."""
    return [
        row[0]
        for row in db.execute(
            "SELECT id FROM round WHERE test_of IS NOT NULL OR state = 'planned' ORDER BY test_of IS NULL, id"
        ).fetchall()
        if row[0] not in endings.rounds
    ]


def _delete_answers(store: Store, answers: dict[bytes, bytes]) -> int:
    """Take out of waiting.db what a person had deleted; how many there were."""
    deleted = 0
    with store.write_waiting() as db:
        for keys in portions(list(answers)):
            found = found_by_key(db, "SELECT key, digest FROM quarantined WHERE key IN", keys)
            same = [key for key, digest in found.items() if answers[key] == digest]
            for key in same:
                db.execute("DELETE FROM quarantined WHERE key = ?", (key,))
            deleted += len(same)
    return deleted
