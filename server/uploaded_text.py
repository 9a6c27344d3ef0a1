"""The text of a file that somebody brings: decoded, with a clear word where it is no UTF-8."""

from __future__ import annotations

from forms.problems import Fault, Problem, ProblemError

#: The first bytes of a text in UTF-16, which some programs call "Unicode".
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
#: Bytes that Latin-1 and Windows-1252 have for æ, ø, å, é, ü and their capitals.
_DANISH_LATIN_1 = frozenset(b"\xe6\xf8\xe5\xc6\xd8\xc5\xe9\xfc")


def text_of(data: bytes, *, file: str = "") -> str:
    """The text, without a byte order mark and with \\n at the end of lines.

    Raises ProblemError(INVALID_INPUT) with a fault `latin-1` or `not-utf-8`.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ProblemError(
            Problem.INVALID_INPUT, faults=(_not_utf_8(data, error.start, file, line),)
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _not_utf_8(data: bytes, start: int, file: str, line: int) -> Fault:
    looks_like_latin = (
        data[start] in _DANISH_LATIN_1 and b"\0" not in data and not data.startswith(_UTF_16)
    )
    if looks_like_latin:
        return Fault(
            f"line {line}", "latin-1", "The file is Latin-1 (Windows-1252), not UTF-8.",
            "Save it as CSV UTF-8, or as UTF-8 text.", file, line,
        )  # fmt: skip
    return Fault(
        f"byte {start}", "not-utf-8", "The file is not UTF-8 text.", "Save it as CSV UTF-8, or as UTF-8 text.", file
    )  # fmt: skip
