"""What the QR code of a page says: ``SVB1.<round>.<language>.<layout>.<page>.<sheet>``.

The sheet's number keeps the pages of one sheet together and ties to nobody: it is drawn at random, and photocopies
share it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Signs of a sheet's number: no 0 and o, no 1, i and l, no u that looks like v.
ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
NUMBER_LENGTH = 8

_CODE = re.compile(
    r"SVB1\.([a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)\.([A-Za-z0-9-]{2,35})\.([0-9a-f]{8})\.([1-9][0-9]?)"
    rf"\.([{ALPHABET}]{{{NUMBER_LENGTH}}})"
)


@dataclass(frozen=True, slots=True)
class PageCode:
    """One page of one sheet: the round's id, the language, the layout's id, the page from 1, the sheet's number."""

    round: str
    language: str
    layout: str
    page: int
    sheet: str

    def __str__(self) -> str:
        return f"SVB1.{self.round}.{self.language}.{self.layout}.{self.page}.{self.sheet}"


def read_page_code(text: str) -> PageCode | None:
    """What such a code says, or None for anything else that a scan may hold."""
    found = _CODE.fullmatch(text)
    if found is None:
        return None
    round_, language, layout, page, sheet = found.groups()
    return PageCode(round_, language, layout, int(page), sheet)
