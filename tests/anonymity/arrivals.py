"""People who answer one after the other, each recognisable by everything that must not be kept."""

from __future__ import annotations

import random
import secrets
import socket
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import requests

from tests.sync.installation import DOCUMENT, Installation

#: The small survey with a day, so that each person's answer row can be found in the file by its text.
WITH_A_DAY = DOCUMENT.replace(
    "      - {id: minutes,",
    "      - {id: seen, kind: date, text: {da: Hvornår?}}\n      - {id: minutes,",
)
_LETTERS = "bcdfghjklmnpqrstvwxz"


@dataclass(frozen=True, slots=True)
class Person:
    """The canaries of one person."""

    text: str
    day: str
    address: str
    agent: str

    @property
    def answers(self) -> dict[str, Any]:
        """What they answer."""
        return {"trust": "3", "seen": self.day, "suggestions": self.text}

    @property
    def headers(self) -> dict[str, str]:
        """What their browser and a proxy say about them."""
        return {
            "Content-Type": "application/octet-stream",
            "User-Agent": self.agent,
            "X-Forwarded-For": self.address,
            "X-Real-IP": self.address,
            "Forwarded": f"for={self.address};proto=https",
        }

    @property
    def row(self) -> bytes:
        """Their answer row as it lies in the file: place, state and value follow each other in SQLite's records."""
        return b"seenanswered" + self.day.encode()


def people(number: int) -> list[Person]:
    """So many people, all different."""
    rng = random.Random(4)
    first = date(1950, 1, 1)
    return [
        Person(
            text="".join(secrets.choice(_LETTERS) for _ in range(24)),
            day=(first + timedelta(days=n)).isoformat(),
            address=f"198.{rng.randint(18, 19)}.{n // 200}.{n % 200 + 20}",
            agent="Canary" + "".join(secrets.choice(_LETTERS) for _ in range(20)),
        )
        for n in range(number)
    ]


def send(
    home: Installation,
    session: requests.Session,
    port: int,
    person: Person,
    chance: random.Random,
) -> None:
    """One person's answer over HTTP, acknowledged; `chance` draws its key."""
    answer = session.post(
        f"http://127.0.0.1:{port}/api/submissions",
        data=home.seal(person.answers, key=chance.randbytes(16).hex()),
        headers=person.headers,
        timeout=30,
    )
    assert answer.status_code == 201, answer.text


def send_what_goes_wrong(port: int, person: Person) -> list[int]:
    """Requests that servers like to log: each refused, each with the person's canaries. Gives the statuses."""
    base = f"http://127.0.0.1:{port}"
    statuses = [
        requests.request(
            method, base + path, data=body, headers=person.headers, timeout=30
        ).status_code
        for method, path, body in (
            ("POST", "/api/submissions", b"noise " + person.text.encode()),
            ("POST", "/api/submissions", b"x" * 10_000_000),
            ("PUT", "/api/submissions", b""),
            ("GET", f"/s/{person.text}", b""),
            ("GET", f"/no/{person.text}?address={person.address}", b""),
        )
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
        raw.sendall(
            f"GET /\x01{person.text} HTTP/9.9\r\nUser-Agent {person.agent}\r\n"
            f"X-Forwarded-For: {person.address}\r\n\r\n".encode()
        )
        raw.settimeout(30)
        answer = raw.recv(100)
        statuses.append(int(answer.split(b" ")[1]) if answer else 0)
    return statuses
