"""What counts as a number, a day, a time of day and a text in an answer.

The rules are the same in sync/tablet/ and are held together by tests/vectors/answers.json: a value that one of the
two accepts is a value to the other. JSON is all that reaches these functions, so they test exact types (``bool`` is
an ``int`` to Python, and no number here).
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date

#: Beyond this a double no longer holds every whole number.
WHOLE_LIMIT = 2**53

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")

#: What JavaScript's trim() takes away; Python's strip() differs from it in U+FEFF, so it is named here.
WHITE_SPACE = "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"

_LINE_END = re.compile("\r\n?")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONE = re.compile("[\ud800-\udfff]")
_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def number_of(answer: object) -> int | float | None:
    """The number that a JSON value is, or None: whole ones as int below 2**53, all others as the double they are.

    >>> number_of(1.0), number_of(2.5), number_of(True), number_of("1")
    (1, 2.5, None, None)
    """
    if type(answer) is int:
        if -WHOLE_LIMIT < answer < WHOLE_LIMIT:
            return answer
        try:
            return float(answer)
        except OverflowError:
            return None
    if type(answer) is float:
        if not math.isfinite(answer):
            return None
        return int(answer) if answer.is_integer() and abs(answer) < WHOLE_LIMIT else answer
    return None


def scaled(number: float, scale: int) -> int:
    """`number` times `scale` as a whole number, halves up (as JavaScript's Math.floor(x * scale + 0.5))."""
    return number * scale if type(number) is int else math.floor(number * scale + 0.5)


def is_day(answer: object) -> bool:
    """Whether `answer` is a day that exists, written YYYY-MM-DD."""
    if type(answer) is not str or not _DAY.fullmatch(answer):
        return False
    try:
        date.fromisoformat(answer)
    except ValueError:
        return False
    return True


def is_time(answer: object) -> bool:
    """Whether `answer` is a time of day, written HH:MM, 00:00 to 23:59."""
    return type(answer) is str and _TIME.fullmatch(answer) is not None


def clean_text(text: str, *, lines: bool) -> str:
    """`text` as it is kept: one kind of line end, no control characters, NFC, no outer white space.

    A tab becomes a space (removed, it would glue two words), and so does a line end where there is but one line.
    A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD.
    """
    if _ODD.search(text):
        text = _LINE_END.sub("\n", text).replace("\t", " ")
        text = _LONE.sub("\ufffd", _CONTROL.sub("", text))
    if not lines and "\n" in text:
        text = text.replace("\n", " ")
    return unicodedata.normalize("NFC", text).strip(WHITE_SPACE)


def code_units(text: str) -> int:
    """The length of `text` in UTF-16 code units, as HTML's maxlength and JavaScript count it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
