"""How a tablet becomes one: a code from the desk, once and for ten minutes, for a token that no page can read.

Of code and token the store keeps hashes alone. A code is eight random signs of the alphabet of letters' codes (27 signs:
38 bits), typed in any case, with spaces and hyphens; ten minutes and a brake stand between it and guessing. The token is
256 random bits, so a plain hash is enough. The staff PIN goes along as PBKDF2-SHA256, for the tablet to check offline.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from forms.problems import Problem, ProblemError
from store import audit, devices
from store.database import Store
from store.devices import Device, DeviceState, Pin
from sync.invitation_codes import ALPHABET, LONGEST, signs_of

CODE_LENGTH = 8
CODE_LASTS = timedelta(minutes=10)

#: What OWASP asks of PBKDF2-HMAC-SHA256 (Password Storage Cheat Sheet): a third of a second on a tablet.
PIN_ITERATIONS = 600_000
SHORTEST_PIN, LONGEST_PIN = 4, 12


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A tablet that has just been enrolled, and the token that it is known by from now on."""

    device: Device
    token: str


def make_pin(typed: str, rng: random.Random) -> Pin:
    """The staff PIN as it is kept. Takes about a fifth of a second."""
    salt = rng.randbytes(16)
    digest = hashlib.pbkdf2_hmac("sha256", typed.encode(), salt, PIN_ITERATIONS)
    return Pin(salt=salt, iterations=PIN_ITERATIONS, hash=digest)


def prepare(
    store: Store,
    *,
    name: str,
    unit: str,
    rounds: Collection[str],
    pin: Pin,
    actor: str,
    now: datetime,
    rng: random.Random,
) -> tuple[int, str]:
    """Set up a tablet for a unit; its number, and the code that enrols it, which is shown once."""
    code = _new_code(rng)
    with store.write() as db:
        number = devices.add(db, name=name, unit=unit, pin=pin, rounds=rounds)
        devices.offer(db, number, _code_hash(code), now + CODE_LASTS)
        audit.note(
            db, at=now, actor=actor, action="tablet set up", subject=f"tablet:{number}",
            details={"name": name, "unit": unit, "rounds": sorted(rounds)},
        )  # fmt: skip
    return number, code


def offer_again(store: Store, number: int, *, actor: str, now: datetime, rng: random.Random) -> str:
    """A new code for a tablet that is there: for one that lost its token, was withdrawn, or whose code was too old."""
    code = _new_code(rng)
    with store.write() as db:
        devices.offer(db, number, _code_hash(code), now + CODE_LASTS)
        audit.note(
            db, at=now, actor=actor, action="code for a tablet made", subject=f"tablet:{number}"
        )
    return code


def enrol(store: Store, typed: str, *, now: datetime, rng: random.Random) -> Enrolled:
    """Use a code: the tablet and its new token. An earlier token of it is unknown from now on.

    Raises ProblemError(ENROLMENT_UNKNOWN) for a code that is wrong, used or too old: the sender cannot tell which.
    """
    code = read_code(typed)
    if code is None:
        raise ProblemError(Problem.ENROLMENT_UNKNOWN)
    token = _new_token(rng)
    with store.write() as db:
        number = devices.take_code(db, _code_hash(code), now)
        if number is not None:
            devices.enrol(db, number, token_hash(token), now.date())
            audit.note(
                db, at=now, actor=f"tablet:{number}", action="tablet enrolled",
                subject=f"tablet:{number}",
            )  # fmt: skip
    found = None if number is None else devices.find(store.main, number)
    if found is None:
        raise ProblemError(Problem.ENROLMENT_UNKNOWN)
    return Enrolled(found, token)


def revoke(store: Store, number: int, *, actor: str, now: datetime) -> bool:
    """Refuse a tablet from its next request on; False where it was refused already."""
    with store.write() as db:
        done = devices.revoke(db, number, now.date())
        if done:
            audit.note(
                db, at=now, actor=actor, action="tablet withdrawn", subject=f"tablet:{number}"
            )
    return done


def require(store: Store, token: str) -> int:
    """The number of the tablet that sends this token. Raises ProblemError TABLET_UNKNOWN, TABLET_REVOKED."""
    found = devices.standing(store.main, token_hash(token)) if token else None
    if found is None:
        raise ProblemError(Problem.TABLET_UNKNOWN)
    number, state = found
    if state is not DeviceState.ENROLLED:
        raise ProblemError(Problem.TABLET_REVOKED)
    return number


def heard_from(store: Store, number: int, today: date) -> None:
    """Note that a tablet was there today: the day alone, and written once in a day, so that nothing tells when or how often.

    Raises ProblemError(BUSY).
    """
    if devices.contact_day(store.main, number) != today:
        with store.write() as db:
            devices.note_day(db, number, today)


def read_code(typed: str) -> str | None:
    """The code in what somebody typed; None when it cannot be one."""
    plain = signs_of(typed) if len(typed) <= LONGEST else ""
    if len(plain) != CODE_LENGTH or any(sign not in ALPHABET for sign in plain):
        return None
    return plain


def grouped(code: str) -> str:
    """A code for reading: `bcdf-ghjk`."""
    return f"{code[:4]}-{code[4:]}"


def token_hash(token: str) -> bytes:
    """What is kept of a token (32 bytes)."""
    return hashlib.sha256(f"svarboks tablet token\n{token}".encode()).digest()


def _code_hash(code: str) -> bytes:
    return hashlib.sha256(f"svarboks tablet\n{code}".encode()).digest()


def _new_code(rng: random.Random) -> str:
    return "".join(rng.choice(ALPHABET) for _ in range(CODE_LENGTH))


def _new_token(rng: random.Random) -> str:
    return rng.randbytes(32).hex()
