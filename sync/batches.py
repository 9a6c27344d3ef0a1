"""Many sealed answers in one request: the binary form of a batch on the wire (docs/sync-protocol.md).

    offset 0   4 bytes   "SVBB"
           4   1 byte    version of this form: 1
           5   1 byte    0
           6   2 bytes   number of items N, big-endian, 1 to 100
           8   N times   4 bytes length L of the envelope, 1 byte length C of a letter's code, C bytes code, L bytes envelope

A tablet's saved queue is the same bytes in a file. What each item is, and whether it can be received, is for intake to
say, one by one: a batch is refused as a whole only where its items cannot even be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forms.problems import Problem, ProblemError
from sync.envelope import LARGEST as LARGEST_ENVELOPE
from sync.invitation_codes import LONGEST as LONGEST_CODE

MAGIC = b"SVBB"
VERSION = 1
MOST_ITEMS = 100

_HEAD = len(MAGIC) + 4
_ITEM_HEAD = 5

#: No batch is larger than this many bytes; what is longer holds an item that is no envelope.
LARGEST = _HEAD + MOST_ITEMS * (_ITEM_HEAD + LONGEST_CODE + LARGEST_ENVELOPE)


@dataclass(frozen=True, slots=True)
class Item:
    """One envelope as it was sent, with the code of the letter it came with ('' where it had none)."""

    envelope: bytes
    code: str = ""


def pack_batch(items: Sequence[Item]) -> bytes:
    """The bytes of a batch. Raises ValueError for more or fewer items than one may hold."""
    if not 1 <= len(items) <= MOST_ITEMS:
        raise ValueError(f"a batch holds 1 to {MOST_ITEMS} items")
    parts = [MAGIC, bytes((VERSION, 0)), len(items).to_bytes(2, "big")]
    for item in items:
        code = item.code.encode()
        parts += [
            len(item.envelope).to_bytes(4, "big"),
            len(code).to_bytes(1, "big"),
            code,
            item.envelope,
        ]
    return b"".join(parts)


def unpack_batch(raw: bytes) -> list[Item]:
    """The items of a batch, in order. What an item holds is not looked at: an envelope may be any bytes.

    Raises ProblemError(BAD_BATCH) for bytes that are not a batch to the last one.
    """
    items, end = _items(raw, _number(raw))
    if end != len(raw):
        raise _bad("Something follows its last item.")
    return items


def unpack_file(raw: bytes) -> Iterator[list[Item]]:
    """The batches of a file that a tablet saved: one after the other, as many as there are.

    Raises ProblemError(BAD_BATCH) at the first that is none; the ones before it have been given by then.
    """
    at = 0
    while at < len(raw) or at == 0:
        rest = raw[at:] if at else raw
        items, end = _items(rest, _number(rest))
        yield items
        at += end


def _number(raw: bytes) -> int:
    """How many items a batch says that it holds, from its head."""
    if len(raw) < _HEAD or raw[:4] != MAGIC:
        raise _bad("It does not begin as one.")
    if raw[4] != VERSION or raw[5] != 0:
        raise _bad("It is of a form that this service does not know.")
    number = int.from_bytes(raw[6:8], "big")
    if not 1 <= number <= MOST_ITEMS:
        raise _bad(f"It says that it holds {number} items; a batch holds 1 to {MOST_ITEMS}.")
    return number


def _items(raw: bytes, number: int) -> tuple[list[Item], int]:
    """The items of the batch that begins the bytes, and where it ends."""
    items = []
    at, end = _HEAD, len(raw)
    for _ in range(number):
        start = at + _ITEM_HEAD
        if start > end:
            raise _bad("It ends before its last item.")
        of_code = start + raw[at + 4]
        at = of_code + int.from_bytes(raw[start - _ITEM_HEAD : start - 1], "big")
        if at > end:
            raise _bad("It ends before its last item.")
        # What is no text is no code either; "?" is none of a code's signs.
        code = raw[start:of_code].decode("utf-8", "replace") if of_code > start else ""
        items.append(Item(raw[of_code:at], code))
    return items, at


def _bad(detail: str) -> ProblemError:
    return ProblemError(Problem.BAD_BATCH, detail)
