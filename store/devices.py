"""Tablets (devices): which unit and rounds each is for, how it is known, and what it last said of itself.

No function here takes or gives anything of an answer, and no table of answers names a device: the desk can never tell
which answer came from which tablet. All functions work on the main file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlite_utils import Database

from store.instants import instant_text, read_day
from store.plain_json import json_text, read_json


class DeviceState(StrEnum):
    """What a tablet is."""

    #: Set up at the desk; nobody has enrolled it yet.
    PREPARED = "prepared"
    ENROLLED = "enrolled"
    #: Its next request is refused, until it is enrolled again.
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The staff PIN as the tablet checks it: PBKDF2-SHA256. `salt` has 16 bytes, `hash` 32."""

    salt: bytes
    iterations: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One tablet. `contact_on` is the day on which it was last heard from; `waiting` and `failed` are what it last said of itself.

    `versions` is the version that is installed there of each round, `app` the build of its app.
    """

    number: int
    name: str
    unit: str
    unit_name: str
    pin: Pin
    state: DeviceState
    enrolled_on: date | None = None
    revoked_on: date | None = None
    contact_on: date | None = None
    waiting: int = 0
    failed: int = 0
    app: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    rounds: tuple[str, ...] = ()


_SELECT = (
    "SELECT d.number, d.name, d.unit, u.name, d.pin_salt, d.pin_iterations, d.pin_hash, d.token_hash IS NOT NULL,"
    " d.enrolled_on, d.revoked_on, d.contact_on, d.waiting, d.failed, d.app, d.versions"
    " FROM device d JOIN unit u ON u.id = d.unit"
)


def add(db: Database, *, name: str, unit: str, pin: Pin, rounds: Collection[str]) -> int:
    """Keep a new tablet for a unit; its number. In a write transaction.

    Raises sqlite3.IntegrityError for a unit or a round that is not there.
    """
    row = db.execute(
        "INSERT INTO device (name, unit, pin_salt, pin_iterations, pin_hash) VALUES (?, ?, ?, ?, ?) RETURNING number",
        (name, unit, pin.salt, pin.iterations, pin.hash),
    ).fetchone()
    set_rounds(db, int(row[0]), rounds)
    return int(row[0])


def find(db: Database, number: int) -> Device | None:
    """The tablet with this number, or None."""
    found = _devices(db, "WHERE d.number = :number", {"number": number})
    return found[0] if found else None


def by_token(db: Database, token_hash: bytes) -> Device | None:
    """The tablet whose token has this hash (32 bytes), also when it is revoked; None where there is none."""
    found = _devices(db, "WHERE d.token_hash = :hash", {"hash": token_hash})
    return found[0] if found else None


def standing(db: Database, token_hash: bytes) -> tuple[int, DeviceState] | None:
    """Number and state of the tablet with this token: what each of its requests is held against, and no more."""
    row = db.conn.execute(
        "SELECT number, revoked_on FROM device WHERE token_hash = ?", (token_hash,)
    ).fetchone()
    if row is None:
        return None
    return int(row[0]), DeviceState.ENROLLED if row[1] is None else DeviceState.REVOKED


def listed(db: Database, *, units: Collection[str] | None = None) -> list[Device]:
    """All tablets by unit and name; those of some units when given."""
    found = _devices(db, "", {})
    return found if units is None else [one for one in found if one.unit in units]


def set_rounds(db: Database, number: int, rounds: Collection[str]) -> None:
    """Choose anew which rounds a tablet offers."""
    db.execute("DELETE FROM device_round WHERE device = ?", (number,))
    db.conn.executemany(
        "INSERT INTO device_round (device, round) VALUES (?, ?)",
        ((number, round_id) for round_id in sorted(set(rounds))),
    )


def rename(db: Database, number: int, name: str) -> None:
    """Give a tablet another name for people."""
    db.execute("UPDATE device SET name = ? WHERE number = ?", (name, number))


def set_pin(db: Database, number: int, pin: Pin) -> None:
    """Give a tablet another staff PIN; it learns of it at its next contact."""
    db.execute(
        "UPDATE device SET pin_salt = ?, pin_iterations = ?, pin_hash = ? WHERE number = ?",
        (pin.salt, pin.iterations, pin.hash, number),
    )


def offer(db: Database, number: int, code_hash: bytes, expires_at: datetime) -> None:
    """Let a code (its hash, 32 bytes) enrol a tablet until then, once. An earlier code of it is worth nothing any more."""
    db.execute(
        "INSERT INTO device_code (device, hash, expires_at) VALUES (:device, :hash, :until)"
        " ON CONFLICT (device) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at",
        {"device": number, "hash": code_hash, "until": instant_text(expires_at)},
    )


def take_code(db: Database, code_hash: bytes, now: datetime) -> int | None:
    """Use a code: the number of its tablet; None for one that is not there, used, or too old. In a write transaction."""
    db.execute("DELETE FROM device_code WHERE expires_at <= ?", (instant_text(now),))
    row = db.execute(
        "DELETE FROM device_code WHERE hash = ? RETURNING device", (code_hash,)
    ).fetchone()
    return None if row is None else int(row[0])


def enrol(db: Database, number: int, token_hash: bytes, today: date) -> None:
    """From now on the token with this hash is the tablet; an earlier one is unknown."""
    db.execute(
        "UPDATE device SET token_hash = ?, enrolled_on = ?, revoked_on = NULL WHERE number = ?",
        (token_hash, today.isoformat(), number),
    )


def revoke(db: Database, number: int, today: date) -> bool:
    """Refuse a tablet from its next request on, and any code that would enrol it; False where it was refused already."""
    db.execute("DELETE FROM device_code WHERE device = ?", (number,))
    cursor = db.execute(
        "UPDATE device SET revoked_on = ? WHERE number = ? AND revoked_on IS NULL",
        (today.isoformat(), number),
    )
    return bool(cursor.rowcount == 1)


def note_contact(
    db: Database,
    number: int,
    today: date,
    *,
    waiting: int,
    failed: int,
    app: str,
    versions: Mapping[str, str],
    declined: Mapping[str, int],
) -> None:
    """Keep what a tablet says of itself, with the day. `declined` is by round the total ever on this tablet, so that it may
    be said again; a number never falls. Rounds that are not there, and test rounds, are left out."""
    db.execute(
        "UPDATE device SET contact_on = ?, waiting = ?, failed = ?, app = ?, versions = ? WHERE number = ?",
        (today.isoformat(), waiting, failed, app, json_text(dict(versions)), number),
    )
    db.conn.executemany(
        "INSERT INTO device_declined (device, round, n) SELECT :device, id, :n FROM round"
        " WHERE id = :round AND test_of IS NULL"
        " ON CONFLICT (device, round) DO UPDATE SET n = excluded.n WHERE excluded.n > device_declined.n",
        ({"device": number, "round": round_id, "n": n} for round_id, n in sorted(declined.items())),
    )


def contact_day(db: Database, number: int) -> date | None:
    """The day on which a tablet was last heard from."""
    row = db.conn.execute("SELECT contact_on FROM device WHERE number = ?", (number,)).fetchone()
    return None if row is None else _day(row[0])


def note_day(db: Database, number: int, today: date) -> None:
    """A tablet was heard from, without a word of itself."""
    db.execute("UPDATE device SET contact_on = ? WHERE number = ?", (today.isoformat(), number))


def declined(db: Database, round_id: str) -> dict[str, int]:
    """How many said no on tablets in a round, by unit; units of whose tablets none said so are left out."""
    return {
        unit: int(n)
        for unit, n in db.execute(
            "SELECT d.unit, sum(dd.n) FROM device_declined dd JOIN device d ON d.number = dd.device"
            " WHERE dd.round = ? GROUP BY d.unit HAVING sum(dd.n) > 0 ORDER BY d.unit",
            (round_id,),
        )
    }


def _devices(db: Database, where: str, parameters: dict[str, Any]) -> list[Device]:
    rows = db.execute(f"{_SELECT} {where} ORDER BY u.name, d.name, d.number", parameters).fetchall()
    rounds: dict[int, list[str]] = {}
    only = int(rows[0][0]) if len(rows) == 1 else None
    for device, round_id in db.execute(
        "SELECT device, round FROM device_round WHERE :only IS NULL OR device = :only ORDER BY device, round",
        {"only": only},
    ):
        rounds.setdefault(device, []).append(round_id)
    return [_device(row, tuple(rounds.get(row[0], ()))) for row in rows]


def _device(row: Any, rounds: tuple[str, ...]) -> Device:
    enrolled, revoked = bool(row[7]), row[9] is not None
    state = (
        DeviceState.REVOKED
        if revoked
        else DeviceState.ENROLLED
        if enrolled
        else DeviceState.PREPARED
    )
    return Device(
        number=row[0],
        name=row[1],
        unit=row[2],
        unit_name=row[3],
        pin=Pin(salt=row[4], iterations=row[5], hash=row[6]),
        state=state,
        enrolled_on=_day(row[8]),
        revoked_on=_day(row[9]),
        contact_on=_day(row[10]),
        waiting=row[11],
        failed=row[12],
        app=row[13],
        versions=read_json(row[14]),
        rounds=rounds,
    )


def _day(text: str | None) -> date | None:
    return None if text is None else read_day(text)
