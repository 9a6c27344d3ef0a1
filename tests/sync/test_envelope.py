"""The wire: parsing is strict, sealing and opening are each other's inverse, nothing unpadded is ever sealed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.problems import Problem, ProblemError
from sync.envelope import (
    CHANNELS,
    HEADER_LIMIT,
    LARGEST,
    OVERHEAD,
    PADDED_SIZES,
    CannotOpen,
    Header,
    open_envelope,
    pack,
    seal,
    unpack,
    write_header,
)
from sync.keys import kid_of, public_from_text, public_text
from sync.payload import Payload, pad, unpad

PRIVATE = ec.generate_private_key(ec.SECP256R1())
PUBLIC = PRIVATE.public_key()
VECTORS = json.loads((Path(__file__).parents[1] / "vectors/envelope.json").read_text("utf-8"))
GOOD = Header("0" * 32, "iv-2022", "f" * 64, "web", None, "a" * 16)
SLUGS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)
HEX = "0123456789abcdef"


def hex_of(length: int) -> st.SearchStrategy[str]:
    return st.text(HEX, min_size=length, max_size=length)


HEADERS = st.builds(
    Header,
    key=hex_of(32),
    round=SLUGS,
    version=hex_of(64),
    channel=st.sampled_from(CHANNELS),
    unit=st.none() | SLUGS,
    kid=hex_of(16),
)


def envelope_of(header_bytes: bytes, size: int = 4096) -> bytes:
    return b"SVB1" + len(header_bytes).to_bytes(2, "big") + header_bytes + b"\4" + bytes(size + 80)


def reads(raw: bytes) -> Problem | None:
    try:
        unpack(raw)
    except ProblemError as error:
        return error.problem
    return None


def slow_header(encoded: bytes) -> bool:
    """What the regular expression must agree with: strict JSON, exact keys and types, canonical on writing again."""
    try:
        value: Any = json.loads(encoded)
    except ValueError:
        return False
    if not isinstance(value, dict) or set(value) != set(Header.__slots__):
        return False
    if json.dumps(value, separators=(",", ":"), sort_keys=True).encode() != encoded:
        return False
    strings = {name: item for name, item in value.items() if isinstance(item, str)}
    slug = r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?"
    return (
        strings.get("channel") in CHANNELS
        and strings.get("suite") == "P256-SHA256-AES128GCM"
        and re.fullmatch(slug, strings.get("round", "")) is not None
        and (value["unit"] is None or re.fullmatch(slug, strings.get("unit", "")) is not None)
        and all(
            re.fullmatch(f"[{HEX}]{{{length}}}", strings.get(name, "")) is not None
            for name, length in (("key", 32), ("kid", 16), ("version", 64))
        )
    )


@given(HEADERS, st.sampled_from(PADDED_SIZES))
def test_what_is_packed_is_unpacked(header: Header, size: int) -> None:
    sealed = b"\4" + bytes(size + OVERHEAD - 1)
    envelope = unpack(pack(header, sealed))
    assert (envelope.header, envelope.sealed, envelope.padded_size) == (header, sealed, size)
    assert envelope.header_text == write_header(header)


@given(HEADERS)
def test_a_header_is_canonical_json(header: Header) -> None:
    text = write_header(header)
    assert slow_header(text.encode())
    assert json.loads(text) == {name: getattr(header, name) for name in Header.__slots__}
    assert len(text) <= HEADER_LIMIT


@settings(max_examples=400)
@given(HEADERS, st.data())
def test_any_change_of_a_header_is_judged_as_by_the_slow_reading(
    header: Header, data: st.DataObject
) -> None:
    encoded = bytearray(write_header(header).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(encoded)))
        piece = data.draw(
            st.binary(max_size=2) | st.sampled_from([b" ", b"\n", b'"', b"null", b"A", b"-"])
        )
        encoded[at : at + data.draw(st.integers(0, 2))] = piece
    expected = None if slow_header(bytes(encoded)) else Problem.BAD_ENVELOPE
    assert reads(envelope_of(bytes(encoded))) is expected


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda b: b"SVB1" + b))
def test_noise_is_refused(raw: bytes) -> None:
    assert reads(raw) in (Problem.BAD_ENVELOPE, Problem.WRONG_SIZE)


@pytest.mark.parametrize(
    "change",
    [
        {"channel": "fax"},
        {"key": "0" * 31},
        {"key": "A" * 32},
        {"kid": "a" * 17},
        {"round": ""},
        {"round": "../x"},
        {"round": "x" * 65},
        {"suite": "none"},
        {"unit": ""},
        {"unit": 3},
        {"version": None},
        {"more": 1},
    ],
)
def test_headers_out_of_form(change: dict[str, Any]) -> None:
    value = json.loads(write_header(GOOD)) | change
    encoded = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    assert reads(envelope_of(encoded)) is Problem.BAD_ENVELOPE


@pytest.mark.parametrize(
    "encoded",
    [
        write_header(GOOD).replace(",", ", ").encode(),
        b" " + write_header(GOOD).encode(),
        write_header(GOOD).encode() + b"\n",
        json.dumps(
            dict(reversed(json.loads(write_header(GOOD)).items())), separators=(",", ":")
        ).encode(),
        write_header(GOOD).replace('"unit":null', '"unit":null,"unit":null').encode(),
        write_header(GOOD).replace("iv-2022", "iv\\u002d2022").encode(),
        b"[" * 1000,
        b"\xff" * 40,
        b"",
    ],
)
def test_headers_that_are_not_canonical(encoded: bytes) -> None:
    assert reads(envelope_of(encoded)) is Problem.BAD_ENVELOPE


@pytest.mark.parametrize("size", [0, 1, 4095, 4097, 16383, 65537 - 1 + 1])
def test_only_three_sizes(size: int) -> None:
    sealed = (b"\4" + bytes(size + OVERHEAD - 1)) if size else b""
    assert reads(pack(GOOD, sealed)) is Problem.WRONG_SIZE


def test_too_long_is_refused_whatever_it_says() -> None:
    assert reads(b"SVB1" + bytes(LARGEST)) is Problem.BAD_ENVELOPE
    long = b'{"channel":"web"' + b" " * HEADER_LIMIT
    assert reads(envelope_of(long)) is Problem.BAD_ENVELOPE


def test_an_encapsulated_key_that_is_no_uncompressed_point() -> None:
    assert reads(pack(GOOD, b"\2" + bytes(4096 + 80))) is Problem.BAD_ENVELOPE


def test_a_header_out_of_form_is_never_written() -> None:
    with pytest.raises(ProblemError):
        pack(Header('0"', "r", "f" * 64, "web", None, "a" * 16), bytes(4177))
    with pytest.raises(ProblemError):
        write_header(Header("0" * 32, "rød", "f" * 64, "web", None, "a" * 16))


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=5),
    st.sampled_from(PADDED_SIZES),
)
def test_sealed_is_opened(answers: dict[str, str], size: int) -> None:
    plain = pad(Payload(answers, "da"), size)
    raw = seal(GOOD, plain, PUBLIC, size)
    assert len(raw) == 6 + len(write_header(GOOD)) + OVERHEAD + size
    assert unpad(open_envelope(raw, PRIVATE)) == Payload(answers, "da")


def test_the_header_is_authenticated() -> None:
    raw = seal(GOOD, pad(Payload({}, "da"), 4096), PUBLIC, 4096)
    for old, new in (
        (b'"channel":"web"', b'"channel":"typed"'),
        (b"iv-2022", b"iv-2023"),
        (b"f" * 64, b"e" * 64),
    ):
        envelope = unpack(raw)
        header = envelope.header_text.encode().replace(old, new)
        forged = b"SVB1" + len(header).to_bytes(2, "big") + header + envelope.sealed
        with pytest.raises(CannotOpen):
            open_envelope(forged, PRIVATE)


@pytest.mark.parametrize("at", [0, 1, 40, 65, 66, 4000, -1])
def test_every_part_of_the_sealed_bytes_counts(at: int) -> None:
    raw = bytearray(seal(GOOD, pad(Payload({}, "da"), 4096), PUBLIC, 4096))
    raw[6 + len(write_header(GOOD)) + at if at >= 0 else at] ^= 1
    with pytest.raises((CannotOpen, ProblemError)):
        open_envelope(bytes(raw), PRIVATE)


def test_another_key_does_not_open() -> None:
    raw = seal(GOOD, pad(Payload({}, "da"), 4096), PUBLIC, 4096)
    with pytest.raises(CannotOpen):
        open_envelope(raw, ec.generate_private_key(ec.SECP256R1()))


def test_nothing_unpadded_is_sealed() -> None:
    for plain, size in ((b"short", 4096), (bytes(5000), 5000), (bytes(4096), 16384)):
        with pytest.raises(ProblemError) as caught:
            seal(GOOD, plain, PUBLIC, size)
        assert caught.value.problem is Problem.WRONG_SIZE


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_vectors_open(case: dict[str, Any]) -> None:
    private = serialization.load_pem_private_key(VECTORS["private_key_pem"].encode(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    raw = base64.b64decode(case["envelope"])
    plain = open_envelope(raw, private)
    assert plain == base64.b64decode(case["plain"]).ljust(case["padded_size"], b"\0")
    assert unpad(plain) == Payload(case["answers"], case["language"])
    assert unpack(raw).header == Header(**case["header"])
    assert hashlib.sha256(raw).hexdigest() == case["digest"]


def test_the_vectors_key_is_one_key() -> None:
    public = public_from_text(VECTORS["public_key"])
    assert kid_of(public) == VECTORS["kid"] == VECTORS["cases"][0]["header"]["kid"]
    assert public_text(public) == VECTORS["public_key"]
    private = serialization.load_pem_private_key(VECTORS["private_key_pem"].encode(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert public_text(private.public_key()) == VECTORS["public_key"]
    x = base64.urlsafe_b64decode(VECTORS["private_key_jwk"]["x"] + "=")
    assert int.from_bytes(x, "big") == private.public_key().public_numbers().x
