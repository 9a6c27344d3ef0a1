"""Passwords: which are refused, and how they are kept (argon2id).

The rules are those of OWASP ASVS 5.0, 6.2: length, and no password that a list or a guess would find. No rule asks for
digits or signs, none makes a password expire, pasting and spaces are allowed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from forms.problems import Fault, Problem, ProblemError
from server.page_words import N_

SHORTEST_PASSWORD = 12
#: Longer than anyone types; hashing is costly on purpose.
LONGEST_PASSWORD = 1000

#: Fewest guesses that a password must be worth by zxcvbn's estimate, as a power of ten: its "safely unguessable: moderate
#: protection from offline slow-hash scenario" (score 3).
LEAST_GUESSES = 8.0
#: zxcvbn looks no further; what is guessable in the first 72 characters stays so by more of the same.
LOOKED_AT = 72

#: Words of an organisation's name that say nothing about which one it is.
_ANY_ORGANISATION = frozenset({"region", "regionen", "kommune", "kommunen", "hospital", "sygehus"})
#: Shorter parts of a name stand in other words by chance.
_SHORTEST_PART = 4

#: argon2id with the library's parameters (RFC 9106, low-memory profile: 64 MiB, 3 passes, 4 lanes).
_HASHER = PasswordHasher()


def hash_password(password: str, personal: Iterable[str] = ()) -> str:
    """The argon2id hash to keep. `personal` is what the password must not hold: name, e-mail address, organisation.

    Raises ProblemError(INVALID_INPUT) when the password is too short, too long, common, or holds one of these.
    """
    fault = password_fault(password, personal)
    if fault is not None:
        raise ProblemError(Problem.INVALID_INPUT, faults=(fault,))
    return _HASHER.hash(normalised(password))


def password_fault(password: str, personal: Iterable[str] = ()) -> Fault | None:
    """What is wrong with a new password, or None."""
    typed = normalised(password)
    if len(typed) < SHORTEST_PASSWORD:
        return Fault("password", "too-short", N_("The password has fewer than 12 characters."),
                     N_("Choose a longer one, for example four words."))  # fmt: skip
    if len(typed) > LONGEST_PASSWORD:
        return Fault("password", "too-long", N_("The password has more than 1,000 characters."),
                     N_("Choose a shorter one."))  # fmt: skip
    squeezed = _squeezed(typed)
    if any(part in squeezed for part in _parts(personal)):
        return Fault("password", "personal",
                     N_("The password holds your name, your e-mail address or the organisation's name."),
                     N_("Choose one that nobody can guess from who you are."))  # fmt: skip
    # Without its spaces too: the estimate takes "password password" for something rare.
    guesses = min(
        float(zxcvbn(text[:LOOKED_AT])["guesses_log10"]) for text in (typed, squeezed or typed)
    )
    if is_common(typed) or guesses < LEAST_GUESSES:
        return Fault("password", "common", N_("The password is easy to guess."),
                     N_("Choose another one, for example four words that have nothing to do with each other."))  # fmt: skip
    return None


def is_common(password: str) -> bool:
    """Whether it is on a list of the most common passwords, words and names, whatever its case, spaces and signs."""
    return _squeezed(normalised(password)) in _common()


def password_fits(password_hash: str, password: str) -> bool:
    """Whether a password is the one behind a hash."""
    if len(password) > LONGEST_PASSWORD:
        return False
    if _verified(password_hash, normalised(password)):
        return True
    # Hashes of before were made of what was typed, as the machine wrote it.
    return normalised(password) != password and _verified(password_hash, password)


def needs_rehash(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than are used now."""
    return _HASHER.check_needs_rehash(password_hash)


def rehashed(password: str) -> str:
    """The hash, with the parameters of now, of a password that was just found right; no rule refuses it any more."""
    return _HASHER.hash(normalised(password))


@cache
def decoy_hash() -> str:
    """A hash that nobody's password fits, so that an unknown account takes as long to refuse as a known one."""
    return _HASHER.hash("nobody has this password")


def normalised(password: str) -> str:
    """The password in NFC, so that it is the same from every keyboard: 'å' can be typed as one sign or as two."""
    return unicodedata.normalize("NFC", password)


def _verified(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


@cache
def _common() -> frozenset[str]:
    return frozenset(_squeezed(word) for words in FREQUENCY_LISTS.values() for word in words if len(word) >= SHORTEST_PASSWORD)  # fmt: skip


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _parts(personal: Iterable[str]) -> Iterator[str]:
    for text in personal:
        for part in (text, *re.split(r"[\s@._-]+", text)):
            squeezed = _squeezed(part)
            if len(squeezed) >= _SHORTEST_PART and squeezed not in _ANY_ORGANISATION:
                yield squeezed
