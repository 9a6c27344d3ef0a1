"""A sealed answer on the wire (docs/sync-protocol.md): parsing, sealing, opening.

The header's form is a single regular expression over its bytes. The keys' order, the absence of spaces and the
characters allowed are all in it, so matching it *is* the check that the JSON is canonical, and parsing costs about a
microsecond: intake parses thousands a second. tests/sync/test_envelope.py holds it against a slow reading with `json`.

HPKE is RFC 9180 base mode. `info` is everything before `enc`, so a header that was changed on its way cannot be opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from forms.problems import Problem, ProblemError

MAGIC = b"SVB1"
SUITE = "P256-SHA256-AES128GCM"
CHANNELS = ("web", "tablet", "paper", "typed", "simulated")
#: Channels of what was written on paper. Only the desk brings them in.
ON_PAPER = frozenset({"paper", "typed"})
PADDED_SIZES = (4096, 16384, 65536)

#: Bytes: `enc` is an uncompressed P-256 point, the tag is that of AES-GCM.
ENC_LENGTH = 65
TAG_LENGTH = 16
OVERHEAD = ENC_LENGTH + TAG_LENGTH
HEADER_LIMIT = 1024
PREFIX_LENGTH = len(MAGIC) + 2

#: No envelope is larger than this many bytes.
LARGEST = PREFIX_LENGTH + HEADER_LIMIT + OVERHEAD + max(PADDED_SIZES)

_SIZES = frozenset(PADDED_SIZES)
_UNCOMPRESSED = 4
_SLUG = rb"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
_HEADER = re.compile(
    rb'\{"channel":"('
    + "|".join(CHANNELS).encode()
    + rb')","key":"([0-9a-f]{32})","kid":"([0-9a-f]{16})",'
    rb'"round":"('
    + _SLUG
    + rb')","suite":"'
    + SUITE.encode()
    + rb'","unit":(?:null|"('
    + _SLUG
    + rb')"),'
    rb'"version":"([0-9a-f]{64})"\}'
)
_HPKE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)


class CannotOpen(Exception):  # noqa: N818 - a state of the submission, not a programming error
    """A sealed answer that this private key does not open: wrong key, changed on its way, or noise."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the server may read of a sealed answer. `key` is 32, `version` 64 and `kid` 16 lower-case hex digits."""

    key: str
    round: str
    version: str
    channel: str
    unit: str | None
    kid: str
    suite: str = SUITE


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope taken apart: `header_text` is the header's JSON as sent, `sealed` is enc followed by ciphertext."""

    header: Header
    header_text: str
    sealed: bytes

    @property
    def padded_size(self) -> int:
        """Bytes of plain text inside, padding included: one of PADDED_SIZES."""
        return len(self.sealed) - OVERHEAD


def write_header(header: Header) -> str:
    """The header's canonical JSON. Raises BAD_ENVELOPE for a header that could not be read again."""
    unit = "null" if header.unit is None else f'"{header.unit}"'
    text = (
        f'{{"channel":"{header.channel}","key":"{header.key}","kid":"{header.kid}","round":"{header.round}",'
        f'"suite":"{header.suite}","unit":{unit},"version":"{header.version}"}}'
    )
    read_header(text)
    return text


def read_header(text: str) -> Header:
    """The header of a canonical JSON text. Raises BAD_ENVELOPE for anything else."""
    try:
        return _read(text.encode("ascii"))
    except UnicodeEncodeError:
        raise _bad("Its header is not in the canonical form.") from None


def pack(header: Header, sealed: bytes) -> bytes:
    """The envelope of a header and `enc` + ciphertext. Raises BAD_ENVELOPE for a header out of form."""
    return prefix(write_header(header)) + sealed


def prefix(header_text: str) -> bytes:
    """Everything before `enc`: what HPKE authenticates as `info`."""
    encoded = header_text.encode("ascii")
    return MAGIC + len(encoded).to_bytes(2, "big") + encoded


def unpack(raw: bytes) -> Envelope:
    """Take an envelope apart.

    Raises BAD_ENVELOPE for whatever is not one in every detail, WRONG_SIZE when the cipher text does not have one of
    the three sizes. Whether it is the size of its version is for intake to say, which knows the version.
    """
    if len(raw) > LARGEST or raw[:4] != MAGIC:
        raise _bad("It does not begin as one, or it is longer than any.")
    end = PREFIX_LENGTH + int.from_bytes(raw[4:6], "big")
    if end > PREFIX_LENGTH + HEADER_LIMIT:
        raise _bad("Its header is too long.")
    encoded = raw[PREFIX_LENGTH:end]
    header = _read(encoded)
    sealed = raw[end:]
    if len(sealed) - OVERHEAD not in _SIZES:
        raise ProblemError(Problem.WRONG_SIZE, "Its cipher text has none of the three sizes.")
    if sealed[0] != _UNCOMPRESSED:
        raise _bad("Its encapsulated key is not an uncompressed point.")
    return Envelope(header, encoded.decode("ascii"), sealed)


def key_of(raw: bytes) -> str | None:
    """The key of something that is not an envelope in every detail; None where not even its header can be read."""
    end = PREFIX_LENGTH + int.from_bytes(raw[4:6], "big")
    match = _HEADER.fullmatch(raw[PREFIX_LENGTH : min(end, PREFIX_LENGTH + HEADER_LIMIT)])
    return match[2].decode() if match is not None and raw[:4] == MAGIC else None


def seal(
    header: Header, plain: bytes, public_key: ec.EllipticCurvePublicKey, padded_size: int
) -> bytes:
    """Seal a padded plain text (payload.pad) to a round's public key; gives the whole envelope.

    `padded_size` is said again by the caller so that no unpadded text can be sealed by mistake: its length would tell
    what was answered. Raises WRONG_SIZE when `plain` is not of exactly that size, BAD_ENVELOPE for a bad header.
    """
    if padded_size not in _SIZES or len(plain) != padded_size:
        raise ProblemError(Problem.WRONG_SIZE, "The plain text was not padded before sealing.")
    info = prefix(write_header(header))
    return info + _HPKE.encrypt(plain, public_key, info=info)


def open_envelope(raw: bytes, private_key: ec.EllipticCurvePrivateKey) -> bytes:
    """The padded plain text of an envelope. Raises as unpack does, and CannotOpen."""
    envelope = unpack(raw)
    return open_sealed(envelope.header_text, envelope.sealed, private_key)


def open_sealed(header_text: str, sealed: bytes, private_key: ec.EllipticCurvePrivateKey) -> bytes:
    """The padded plain text of a stored submission. Raises CannotOpen."""
    try:
        return _HPKE.decrypt(sealed, private_key, info=prefix(header_text))
    except (InvalidTag, ValueError):
        # ValueError: the encapsulated key is no point of the curve.
        raise CannotOpen from None


def _read(encoded: bytes) -> Header:
    match = _HEADER.fullmatch(encoded)
    if match is None:
        raise _bad("Its header is not in the canonical form.")
    channel, key, kid, round_id, unit, version = match.groups()
    return Header(
        key.decode(),
        round_id.decode(),
        version.decode(),
        channel.decode(),
        unit.decode() if unit is not None else None,
        kid.decode(),
    )


def _bad(detail: str) -> ProblemError:
    return ProblemError(Problem.BAD_ENVELOPE, detail)
