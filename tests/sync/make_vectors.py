"""Writes tests/vectors/envelope.json anew (the keys and the sealing are random, so the file is kept, not rebuilt).

Run: python -m tests.sync.make_vectors, from the root of the repository. Needed only when the wire changes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sync.envelope import Header, seal
from sync.keys import kid_of, public_text
from sync.payload import Payload, pad

FILE = Path(__file__).parents[1] / "vectors" / "envelope.json"

CASES: tuple[tuple[str, str | None, str, int, Payload], ...] = (
    ("an empty answer", None, "web", 4096, Payload({}, "da")),
    (
        "every kind of answer",
        "ouh-odense",
        "tablet",
        16384,
        Payload(
            {
                "trust": "5",
                "aids": ["pump"],
                "minutes": 35,
                "share": 0.5,
                "seen": "2022-01-31",
                "start": "07:30",
                "care": {"met": "4", "heard": {"missing": "dont_know"}},
                "staff": {"nurses": {"total": 4}},
                "steps": [{"sector": "gp"}],
                "may_take_part": True,
                "choice": {"missing": "not_relevant"},
                "suggestions": "Æblegrød, ikke kage.\nPå næste linje: 😀",
            },
            "da",
        ),
    ),
    ("right to left", None, "web", 4096, Payload({"suggestions": "كل شيء على ما يرام"}, "ar")),
    ("the largest", None, "web", 65536, Payload({"suggestions": "x" * 2000}, "en")),
)


def build() -> dict[str, Any]:
    """The vectors with a new key: all bytes as base64, the private key as PEM and as JWK."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    numbers = private_key.private_numbers()
    public_key = private_key.public_key()
    cases = []
    for name, unit, channel, size, payload in CASES:
        plain = pad(payload, size)
        header = Header(
            key=secrets.token_hex(16),
            round="iv-2022-march",
            version=hashlib.sha256(name.encode()).hexdigest(),
            channel=channel,
            unit=unit,
            kid=kid_of(public_key),
        )
        raw = seal(header, plain, public_key, size)
        cases.append(
            {
                "name": name,
                "header": {field: getattr(header, field) for field in Header.__slots__},
                "answers": payload.answers,
                "language": payload.language,
                "padded_size": size,
                "plain": base64.b64encode(plain.rstrip(b"\0")).decode(),
                "envelope": base64.b64encode(raw).decode(),
                "digest": hashlib.sha256(raw).hexdigest(),
            }
        )
    return {
        "about": "Sealed answers (docs/sync-protocol.md). plain lacks its zero padding; add it up to padded_size.",
        "private_key_pem": private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        "private_key_jwk": {
            "kty": "EC",
            "crv": "P-256",
            "x": _coordinate(numbers.public_numbers.x),
            "y": _coordinate(numbers.public_numbers.y),
            "d": _coordinate(numbers.private_value),
        },
        "public_key": public_text(public_key),
        "kid": kid_of(public_key),
        "cases": cases,
    }


def _coordinate(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


if __name__ == "__main__":
    FILE.write_text(json.dumps(build(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
