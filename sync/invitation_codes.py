"""Codes of invitation: made from a seed, read as people type them, and the hash by which they are known.

A code is ten signs of an alphabet without vowels and look-alikes (27 signs: 47.5 bits) and a sign that checks them, shown as
`bcdf-ghjk-mnp`. It is derived from the round's random seed and the letter's number by HMAC-SHA256 (RFC 2104, used as a
pseudo-random function), so that a letter can be printed again while no code is kept in clear. Codes are compared by their
hash in an index; how long that takes tells something about the hash of what was tried, and nothing about a code.

The check sign makes the weighted sum of all signs divisible by 27, with the weights 1 and 2 in turn: both, and their
difference, have no factor in common with 27, so each wrong sign and each two neighbours exchanged are found.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

ALPHABET = "23456789bcdfghjkmnpqrstvwxz"
LENGTH = 10

#: What some read for a sign that codes never hold. sync/tablet/src/invitation_code.ts has the same.
LOOK_ALIKES = str.maketrans({"0": "q", "o": "q", "1": "7", "l": "7", "i": "j", "u": "v", "y": "v"})
_BETWEEN = re.compile(
    r"[\s\-_.,:/\u00ad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2066-\u2069]+"
)

#: What a code may be typed as: longer ones are not read at all.
LONGEST = 60


def make(seed: bytes, letter: int) -> str:
    """The code of a letter (eleven signs), from the round's seed (32 bytes). The same arguments give the same code."""
    base = len(ALPHABET)
    # 256 bits over 27^10 possible codes: the remainder favours none by more than 2^-208.
    number = int.from_bytes(hmac.digest(seed, f"letter {letter}".encode(), hashlib.sha256), "big")
    signs = []
    for _ in range(LENGTH):
        number, rest = divmod(number, base)
        signs.append(rest)
    check = -sum(sign * _weight(at) for at, sign in enumerate(signs)) % base
    return "".join(ALPHABET[sign] for sign in (*signs, check))


def _weight(at: int) -> int:
    # The check sign stands at 10 and has the weight 1.
    return 1 + at % 2


def read(typed: str) -> str | None:
    """The code in what somebody typed: case, spaces, hyphens and look-alikes forgiven. None when it cannot be one."""
    if len(typed) > LONGEST:
        return None
    plain = signs_of(typed)
    if len(plain) != LENGTH + 1 or any(sign not in ALPHABET for sign in plain):
        return None
    total = sum(ALPHABET.index(sign) * _weight(at) for at, sign in enumerate(plain))
    return None if total % len(ALPHABET) else plain


def signs_of(typed: str) -> str:
    """What was typed without what people put between signs, and with each look-alike as the sign it stands for."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", typed)).casefold()
    return "".join(_digit(sign) for sign in plain).translate(LOOK_ALIKES)


def _digit(sign: str) -> str:
    """The digits of other scripts as ours: an Arabic keyboard writes ٢ for 2."""
    return str(unicodedata.digit(sign)) if not sign.isascii() and sign.isdigit() else sign


def grouped(code: str) -> str:
    """A code for reading: `bcdf-ghjk-mnp`."""
    return "-".join((code[:4], code[4:8], code[8:]))


def code_hash(round_id: str, code: str) -> bytes:
    """What is kept of a code (32 bytes); the same code of another round has another hash."""
    return hashlib.sha256(f"svarboks code\n{round_id}\n{code}".encode()).digest()
