"""What the browser seals, Python opens: the TypeScript of sync/tablet/ against sync.envelope and sync.payload.

R1  An envelope sealed in TypeScript is one that intake reads, with the same header, and its digest is that of its bytes.
R2  Its plain text is byte for byte what Python would have padded.
R3  Both hold for any text, also beyond the BMP, and for each padded size.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.envelope import PADDED_SIZES, Header, open_envelope, unpack
from sync.payload import Payload, pad, unpad
from tests.node_process import NodeProcess

PRIVATE = ec.generate_private_key(ec.SECP256R1())
POINT = PRIVATE.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
PUBLIC = base64.urlsafe_b64encode(POINT).decode().rstrip("=")
KID = hashlib.sha256(POINT).hexdigest()[:16]


@pytest.fixture(scope="module")
def tablet() -> Iterator[NodeProcess]:
    with NodeProcess("seal") as process:
        yield process


def sealed(tablet: NodeProcess, payload: Payload, size: int, **header: Any) -> tuple[bytes, str]:
    fields = {"key": "0" * 32, "round": "iv-1", "version": "a" * 64, "channel": "web", "unit": None}
    answer = tablet.ask(
        {
            "header": fields | {"kid": KID} | header,
            "payload": {"answers": payload.answers, "language": payload.language},
            "padded_size": size,
            "public_key": PUBLIC,
        }
    )
    return base64.b64decode(answer["envelope"]), answer["digest"]


def test_intake_reads_the_envelope(tablet: NodeProcess) -> None:
    """R1"""
    raw, digest = sealed(
        tablet, Payload({"trust": "5"}, "da"), 4096, unit="odense", channel="tablet"
    )
    assert unpack(raw).header == Header("0" * 32, "iv-1", "a" * 64, "tablet", "odense", KID)
    assert digest == hashlib.sha256(raw).hexdigest()
    assert unpad(open_envelope(raw, PRIVATE)) == Payload({"trust": "5"}, "da")


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ANSWERS = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True),
    st.one_of(
        TEXTS,
        st.booleans(),
        st.integers(-(10**15), 10**15),
        # Numbers as people answer them; an exponent is written differently in the two languages, and means the same.
        st.decimals(-9999, 9999, places=3, allow_nan=False)
        .map(float)
        .filter(lambda x: x % 1 != 0 and abs(x) > 0.01),
        st.lists(TEXTS, max_size=3),
        st.fixed_dictionaries({"missing": st.sampled_from(["dont_know", "not_relevant"])}),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(
    answers=ANSWERS,
    language=st.sampled_from(["da", "en", "ar", "fa"]),
    size=st.sampled_from(PADDED_SIZES),
)
def test_the_plain_text_is_the_same(
    tablet: NodeProcess, answers: dict[str, Any], language: str, size: int
) -> None:
    """R2, R3"""
    payload = Payload(answers, language)
    raw, _ = sealed(tablet, payload, size)
    assert open_envelope(raw, PRIVATE) == pad(payload, size)
