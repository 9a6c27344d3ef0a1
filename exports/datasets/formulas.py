"""Text in CSV that no spreadsheet takes for a formula (OWASP, "CSV injection"), and the way back.

A cell is dangerous where it begins with = + - @ or one of their full-width forms. Spreadsheets pass over spaces before it, and
a file that is opened with another delimiter than its own begins a cell at every comma, semicolon, tab, bar or line break
that stands in a text, quoted or not. So an apostrophe is put before such a sign at each of those places, the beginning
included. To be able to go back, it is put as well before an apostrophe that stands there already. Numbers are written as
numbers and are left as they are: -3 is no formula.
"""

from __future__ import annotations

import re

#: What a spreadsheet passes over before a sign: spaces of any kind, and what cannot be seen.
_BLANK = r"[\s\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\x00-\x1f]*"
_SIGN = "[=+\\-@\uff1d\uff0b\uff0d\uff20\u2212']"
_DANGER = re.compile(f"(^|[,;\t|\r\n])({_BLANK})(?={_SIGN})")
_DEFUSED = re.compile(f"(^|[,;\t|\r\n])({_BLANK})'(?={_SIGN})")


def defused(text: str) -> str:
    """The text as it may stand in a CSV file."""
    return _DANGER.sub(r"\1\2'", text)


def original(text: str) -> str:
    """The text that `defused` made this of."""
    return _DEFUSED.sub(r"\1\2", text)
