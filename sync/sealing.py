"""Seals answers as a page or a tablet does: for the page without JavaScript, for `simulate`, for what is typed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from sync.envelope import Header, seal
from sync.keys import kid_of
from sync.payload import Payload, pad


def seal_answers(
    answers: Mapping[str, Any],
    *,
    language: str,
    round_id: str,
    version: str,
    padded_size: int,
    public_key: ec.EllipticCurvePublicKey,
    key: str,
    channel: str,
    unit: str | None = None,
) -> bytes:
    """One whole envelope. `key` is 32 hex digits of chance, new for each answer; `version` the version's hash.

    Raises WRONG_SIZE when the answers do not fit their version's padded size, BAD_ENVELOPE for a header out of form.
    """
    header = Header(
        key=key,
        round=round_id,
        version=version,
        channel=channel,
        unit=unit,
        kid=kid_of(public_key),
    )
    return seal(header, pad(Payload(dict(answers), language), padded_size), public_key, padded_size)
