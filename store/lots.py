"""The number by which a sealed answer lies in waiting.db."""

from __future__ import annotations

import hashlib


def lot_of(key: bytes) -> int:
    """63 bits of the SHA-256 of an answer's random key: it says nothing that the key does not, and least of all when the answer came.

    Two keys that share them cannot both wait; of a million, that happens once in ten million times.
    """
    return int.from_bytes(hashlib.sha256(key).digest()[:8], "big") >> 1
