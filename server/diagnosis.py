"""What `svarboks doctor` looks at: each check says how it stands, what was found and what to do about it.

Looking changes nothing: the files are opened for reading, and no folder is made. This file has what lies on the machine;
diagnosis_network.py what is asked over the network.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from forms.problems import ProblemError
from server import demonstration
from server.local_hosts import is_local
from server.scheduler import LEASE
from server.settings import Settings
from store import leases, outbox, rounds, runs
from store.database import MAIN_FILE, PAPER_FILE, WAITING_FILE, schema_version
from store.migrations import MAIN, PAPER, WAITING
from store.outbox import MessageState
from store.rounds import RoundState
from store.runs import RunState
from store.wholeness import look_at, quick_check
from sync.keys import KeyFolder, kid_of

GIB = 1024**3
#: A backup older than this was missed, and older than that there is none to speak of.
BACKUP_MISSED = timedelta(hours=26)
BACKUP_LOST = timedelta(days=7)
MAIL_STUCK = timedelta(hours=1)
SECRET_FILE = "secret"  # noqa: S105 - the name of a file


class State(StrEnum):
    """How a check stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `remedy` is '' where nothing has to be done."""

    name: str
    state: State
    found: str
    remedy: str = ""


def checks_here(settings: Settings, now: datetime) -> Iterator[Check]:
    """All checks of this machine and its files."""
    yield disk(settings.data)
    yield folders(settings)
    yield secret(settings)
    yield second_factor(settings)
    yield demonstration_left(settings)
    yield database(settings.data)
    yield keys(settings)
    yield scheduler(settings.data, now)
    yield outgoing_mail(settings.data, now)
    yield backups(settings.backups, now)
    yield exports(settings)


def disk(data: Path) -> Check:
    """Room for the data to be rewritten (VACUUM after a closing mix takes twice the files) and copied."""
    if not data.is_dir():
        return Check(
            "disk",
            State.FAIL,
            f"{data} is not there.",
            "Run 'svarboks init', or correct SVARBOKS_DATA.",
        )
    free = shutil.disk_usage(data).free
    files = sum(
        (data / name).stat().st_size
        for name in (MAIN_FILE, WAITING_FILE, PAPER_FILE)
        if (data / name).exists()
    )
    inodes = os.statvfs(data)
    found = f"{_size(free)} free, the databases take {_size(files)}."
    room = "Give the file system more room, or move SVARBOKS_DATA to a larger one."
    if free < 2 * files + GIB // 4:
        return Check("disk", State.FAIL, f"{found} Rewriting them needs twice their size.", room)
    if inodes.f_files and inodes.f_favail < inodes.f_files // 100:
        return Check(
            "disk",
            State.FAIL,
            f"{inodes.f_favail} files can still be made.",
            "Remove small files, or make a file system with more inodes.",
        )
    if free < 4 * files + GIB:
        return Check("disk", State.WARN, f"{found} That is little.", room)
    return Check("disk", State.OK, found)


def folders(settings: Settings) -> Check:
    """Nobody else reads the data; keys lie apart from it and are their owner's alone."""
    wrong, remedies = [], []
    if settings.data.is_dir() and settings.data.stat().st_mode & 0o007:
        wrong.append(f"everybody on this machine can open {settings.data}")
        remedies.append(f"chmod o-rwx {settings.data}")
    if settings.keys.is_dir():
        if settings.keys.stat().st_mode & 0o077:
            wrong.append(f"others than its owner can open {settings.keys}")
            remedies.append(f"chmod 700 {settings.keys}")
        inside = settings.data.resolve()
        if settings.keys.resolve() == inside or inside in settings.keys.resolve().parents:
            wrong.append(
                f"{settings.keys} lies inside the data folder, so that its backups hold the private keys"
            )
            remedies.append("move it elsewhere and set SVARBOKS_KEYS")
    if settings.data.is_dir() and any(settings.data.rglob("*.key")):
        wrong.append(f"there are key files in {settings.data}")
        remedies.append("move them to SVARBOKS_KEYS")
    if wrong:
        return Check("folders", State.FAIL, _sentence(wrong), _sentence(remedies))
    return Check("folders", State.OK, "The data is closed to others, the keys lie apart from it.")


def secret(settings: Settings) -> Check:
    """The secret that signs forms."""
    if settings.secret_key:
        return Check("secret key", State.OK, "SVARBOKS_SECRET_KEY is set.")
    path = settings.data / SECRET_FILE
    if not path.exists():
        return Check("secret key", State.OK, "It is made when the service starts first.")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Check(
            "secret key",
            State.FAIL,
            f"Others can read {path}.",
            f"chmod 600 {path}, and change it: remove the file and restart. Second factors sealed with it are then set up anew.",
        )
    return Check("secret key", State.OK, f"It lies in {path}, readable by its owner only.")


def second_factor(settings: Settings) -> Check:
    """Whether a password alone opens the desk."""
    if settings.requires_second_factor:
        return Check(
            "second factor", State.OK, "Required of everybody who signs in with a password."
        )
    state = State.OK if _on_this_machine(settings) else State.FAIL
    remedy = "" if state is State.OK else "Take SVARBOKS_SECOND_FACTOR=offered away."
    return Check(
        "second factor", state, "Offered and not required: a password alone opens the desk.", remedy
    )


def demonstration_left(settings: Settings) -> Check:
    """Passwords that `svarboks run` printed, and the page that shows everybody's mail."""
    wrong, remedies = [], []
    if (settings.data / demonstration.NAME).exists():
        wrong.append(
            f"{settings.data} began as a demonstration, whose passwords stand in {demonstration.NAME}"
        )
        remedies.append("begin a new data folder with 'svarboks init'")
    if settings.mailbox_page:
        wrong.append("everybody can read the mail at /mailbox")
        remedies.append("take SVARBOKS_MAILBOX_PAGE away")
    if not wrong:
        return Check("demonstration", State.OK, "Nothing of a demonstration is here.")
    if _on_this_machine(settings):
        return Check("demonstration", State.OK, f"{_sentence(wrong)} That is meant on localhost.")
    return Check("demonstration", State.FAIL, _sentence(wrong), _sentence(remedies))


def database(data: Path) -> Check:
    """Whether the files are whole and of this version. That for scans is made anew where it is missing."""
    restore = "Stop the service, keep a copy of the folder, and bring back a backup. 'svarboks check' tells more."
    files = ((MAIN_FILE, MAIN), (WAITING_FILE, WAITING), (PAPER_FILE, PAPER))
    for name, newest in ((name, migrations[-1].number) for name, migrations in files):
        path = data / name
        if name == PAPER_FILE and not path.exists():
            continue
        if not path.exists():
            return Check(
                "database",
                State.FAIL,
                f"{path} is not there.",
                "Run 'svarboks init', or correct SVARBOKS_DATA.",
            )
        try:
            with look_at(path) as opened:
                complaint, version = quick_check(opened), schema_version(opened)
        except sqlite3.Error as error:
            return Check("database", State.FAIL, f"{path} cannot be read: {error}.", restore)
        if complaint:
            return Check("database", State.FAIL, f"{path} is damaged: {complaint}", restore)
        if version > newest:
            return Check(
                "database",
                State.FAIL,
                f"{path} was written by a newer Svarboks (form {version}, this one knows {newest}).",
                "Install that version.",
            )
        if version < newest:
            return Check(
                "database",
                State.WARN,
                f"{path} has form {version}; this version brings it to {newest} at its next start.",
                "Back up, then restart the service.",
            )
    return Check("database", State.OK, "The files are whole and of this version.")


def keys(settings: Settings) -> Check:
    """Whether every round that is not finished has its private key, the right one, where the scheduler reads it."""
    if not settings.keys.is_dir():
        return Check(
            "keys",
            State.FAIL,
            f"{settings.keys} is not there.",
            "Run 'svarboks init', or correct SVARBOKS_KEYS.",
        )
    if not os.access(settings.keys, os.R_OK | os.X_OK):
        return Check(
            "keys",
            State.OK,
            f"This user rightly cannot read {settings.keys}. Run doctor as the scheduler's user to look at the keys.",
        )
    if settings.keys.stat().st_mode & 0o077:
        return Check(
            "keys",
            State.WARN,
            f"Not looked at: others can open {settings.keys}.",
            "Mend that first (folders).",
        )
    try:
        with look_at(settings.data / MAIN_FILE) as main:
            wanted = [
                one
                for one in rounds.listed(main, with_tests=True)
                if one.state is not RoundState.FINISHED and one.kid
            ]
    except (sqlite3.Error, OSError) as error:
        return Check(
            "keys",
            State.WARN,
            f"The rounds cannot be read ({type(error).__name__}).",
            "Mend the database first.",
        )
    folder = KeyFolder(settings.keys)
    wrong = []
    for one in wanted:
        try:
            if not folder.has(one.id):
                wrong.append(f"{one.id} has no key")
            elif kid_of(folder.public(one.id)) != one.kid:
                wrong.append(f"{one.id} has another round's key")
        except (ProblemError, OSError, ValueError):
            wrong.append(f"the key of {one.id} cannot be read")
    if wrong:
        return Check(
            "keys",
            State.FAIL,
            _sentence(wrong),
            "Bring them back with 'svarboks keys import FILE': without its key no answer of a round can ever be opened.",
        )
    return Check(
        "keys", State.OK, f"{len(wanted)} rounds are not finished, and each has its private key."
    )


def scheduler(data: Path, now: datetime) -> Check:
    """Whether a scheduler is at work, and what did not succeed."""
    try:
        with look_at(data / MAIN_FILE) as main:
            holder = leases.holder_of(main, LEASE, now)
            failed = [run for run in runs.unfinished(main) if run.state is RunState.FAILED]
    except (sqlite3.Error, OSError) as error:
        return Check(
            "scheduler",
            State.WARN,
            f"It cannot be known ({type(error).__name__}).",
            "Mend the database first.",
        )
    if holder is None:
        return Check(
            "scheduler",
            State.FAIL,
            "No scheduler is at work: rounds do not open, nothing is mixed, no mail goes out.",
            "Start 'svarboks scheduler', and look at its log.",
        )
    if failed:
        told = [
            f"{run.name} {run.period}: {run.message} ({run.attempts} attempts)"
            for run in failed[:5]
        ]
        return Check(
            "scheduler",
            State.FAIL,
            f"{len(failed)} runs failed. {_sentence(told)}",
            "See that keys, disk and the export folder are in order; the scheduler tries again by itself.",
        )
    return Check("scheduler", State.OK, "At work; no run has failed.")


def exports(settings: Settings) -> Check:
    """Whether reports can be put where working groups get them. The scheduler's user is the one who has to."""
    root = settings.exports
    if settings.exports_in_data:
        return Check(
            "exports", State.OK, f"They lie in {root}: working groups get the mail, and no folder."
        )
    if not root.is_dir():
        return Check(
            "exports",
            State.FAIL,
            f"{root} is not there, and is never made: it may be a share that is not mounted.",
            "Mount it, or correct SVARBOKS_EXPORTS. Deliveries wait until then.",
        )
    if root.stat().st_mode & 0o007:
        return Check(
            "exports",
            State.FAIL,
            f"Everybody on this machine can open {root}, where the reports lie.",
            f"chmod o-rwx {root}",
        )
    if not os.access(root, os.W_OK | os.X_OK):
        return Check(
            "exports",
            State.WARN,
            f"This user cannot write in {root}; the scheduler's has to.",
            "Run doctor as the scheduler's user. docs/deliveries.md has the rights.",
        )
    return Check("exports", State.OK, f"{root} can be written to, and others cannot open it.")


def outgoing_mail(data: Path, now: datetime) -> Check:
    """Whether mail is stuck."""
    try:
        with look_at(data / MAIN_FILE) as main:
            failed = outbox.numbers(main)[MessageState.FAILED]
            oldest = outbox.oldest_waiting(main)
    except (sqlite3.Error, OSError) as error:
        return Check(
            "outbox",
            State.WARN,
            f"It cannot be known ({type(error).__name__}).",
            "Mend the database first.",
        )
    look = "Look at the page Mail of the desk (administrators): it shows what the mail server said."
    if oldest is not None and now - oldest > MAIL_STUCK:
        return Check(
            "outbox", State.FAIL, f"Mail has been waiting since {oldest:%Y-%m-%d %H:%M} UTC.", look
        )
    if failed:
        return Check(
            "outbox",
            State.WARN,
            f"{failed} messages failed or were given up in the last 30 days.",
            look,
        )
    return Check("outbox", State.OK, "No mail is stuck.")


def backups(folder: Path | None, now: datetime) -> Check:
    """The newest backup: its age, whether it is whole, and that no key lies beside it."""
    if folder is None:
        return Check(
            "backups",
            State.WARN,
            "It cannot be known: SVARBOKS_BACKUPS is not set.",
            "Name the folder that backups are written to (deploy/backup.sh makes them).",
        )
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        return Check(
            "backups",
            State.FAIL,
            f"{folder} is not there, or this user cannot read it.",
            "Correct SVARBOKS_BACKUPS, or run doctor as a user who can read it.",
        )
    keys_found = next(folder.rglob("*.key"), None)
    if keys_found is not None:
        return Check(
            "backups",
            State.FAIL,
            f"{keys_found} looks like a private key: whoever has the backup can open sealed answers.",
            "Remove it, and keep keys apart: 'svarboks keys export'.",
        )
    copies = [path for path in folder.rglob(MAIN_FILE) if not path.parent.name.startswith(".")]
    if not copies:
        return Check(
            "backups",
            State.FAIL,
            f"There is no backup in {folder}.",
            "Run deploy/backup.sh each night (deploy/systemd has a timer).",
        )
    newest = max(copies, key=lambda path: path.stat().st_mtime)
    age = now - datetime.fromtimestamp(newest.stat().st_mtime, UTC)
    for path in (newest, newest.with_name(WAITING_FILE)):
        if not path.exists():
            return Check(
                "backups",
                State.FAIL,
                f"{path} is missing from the newest backup.",
                "Back up both files: answers that are not mixed yet lie in waiting.db.",
            )
        try:
            with look_at(path, copy=True) as opened:
                complaint = quick_check(opened)
        except sqlite3.Error as error:
            complaint = str(error)
        if complaint:
            return Check(
                "backups",
                State.FAIL,
                f"{path} is damaged: {complaint}",
                "Make a new backup now, and look at the disk it lies on.",
            )
    found = f"The newest, {newest.parent}, is {age.total_seconds() / 3600:.0f} hours old and whole."
    if age > BACKUP_LOST:
        return Check(
            "backups",
            State.FAIL,
            found,
            "Backups are no longer made: look at the timer and its log.",
        )
    if age > BACKUP_MISSED:
        return Check(
            "backups", State.WARN, found, "The last one was missed: look at the timer and its log."
        )
    return Check("backups", State.OK, found)


def _on_this_machine(settings: Settings) -> bool:
    return is_local(urlsplit(settings.url).hostname)


def _size(number: int) -> str:
    return f"{number / GIB:.1f} GiB" if number >= GIB else f"{number / 1024**2:.0f} MiB"


def _sentence(parts: list[str]) -> str:
    """Ids and commands keep their small letters."""
    return f"{'; '.join(parts)}."
