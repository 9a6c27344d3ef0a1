"""The plain text inside a sealed answer: 4 bytes of length, JSON, then zeros up to the version's padded size.

The padding makes every answer to a version equally long, so that the length of what travels and waits says nothing
about what was answered.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from forms.problems import Problem, ProblemError

LENGTH_BYTES = 4
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}")
_KEYS = {"answers", "language"}


@dataclass(frozen=True, slots=True)
class Payload:
    """One person's answers (docs/architecture.md, "Answers") and the language tag they were given in."""

    answers: dict[str, Any]
    language: str


class BadPayload(Exception):  # noqa: N818 - a state of the submission, not a programming error
    """An opened answer that is not in the agreed form. `code` goes to quarantine; nothing that was written does."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def pad(payload: Payload, padded_size: int) -> bytes:
    """The payload as exactly `padded_size` bytes. Raises WRONG_SIZE when it does not fit."""
    body = json.dumps(
        {"answers": payload.answers, "language": payload.language},
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
        allow_nan=False,
    ).encode("utf-8")
    if LENGTH_BYTES + len(body) > padded_size:
        raise ProblemError(Problem.WRONG_SIZE, "The answers are longer than their version allows.")
    return (len(body).to_bytes(LENGTH_BYTES, "big") + body).ljust(padded_size, b"\0")


def unpad(plain: bytes) -> Payload:
    """The payload of a padded plain text.

    Raises BadPayload with the code `wrong-padding` (length or zeros), `bad-payload` (not the JSON agreed on) or
    `bad-language` (no language tag).
    """
    end = LENGTH_BYTES + int.from_bytes(plain[:LENGTH_BYTES], "big")
    # Comparing with as many zeros is several times faster than looking at each byte.
    if len(plain) < LENGTH_BYTES or end > len(plain) or plain[end:] != bytes(len(plain) - end):
        raise BadPayload("wrong-padding")
    body = plain[LENGTH_BYTES:end]
    try:
        text = body.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse_constant)
        if "\\ud" in text or "\\uD" in text:
            # An escaped half of a surrogate pair reads as JSON but can be neither stored nor shown.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise BadPayload("bad-payload") from None
    if (
        not isinstance(value, dict)
        or value.keys() != _KEYS
        or not isinstance(value["answers"], dict)
    ):
        raise BadPayload("bad-payload")
    language = value["language"]
    if not isinstance(language, str) or _LANGUAGE.fullmatch(language) is None:
        raise BadPayload("bad-language")
    return Payload(value["answers"], language)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
