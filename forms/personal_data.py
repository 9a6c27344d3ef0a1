"""Finds CPR numbers, phone numbers and e-mail addresses in free text.

Written as a scan over runs of digits rather than as one expression: it is linear in the text whatever the text is,
and the tablet's copy (sync/tablet/) can follow it step by step; tests/vectors/README.md states the algorithm and
tests/vectors/personal_data.json holds both to it. A CPR number is masked by the mixer, so it is found rather once too
often; the other two only draw a kind question, so they are found rather once too seldom.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

CPR_MASK = "██████-████"

#: Days in a month of CPR numbers; the century is not known, so that February may have 29.
_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SPACES = (
    "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
#: Invisible signs that may stand in a number: soft hyphen, zero-width and direction marks (common in Arabic text).
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c]")
#: One character for one character, so that positions stay.
_PLAIN = str.maketrans(
    "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９" + _DASHES + _SPACES,
    "012345678901234567890123456789" + "-" * len(_DASHES) + " " * len(_SPACES),
)
_RUN = re.compile("[0-9]+")
_DIGIT = re.compile("[0-9٠-٩۰-۹０-９]")
#: Between DDMMYY and XXXX.
_CPR_GAP = re.compile(" {0,3}-? {0,3}")
_DASH_GAP = re.compile(" {0,3}- {0,3}")
_AMOUNT = re.compile(r" ?(?:kr|dkk|eur|€|%|,-|mio)", re.IGNORECASE)
_LOCAL = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-æøåäöüéÆØÅÄÖÜÉ"
)
_DOMAIN = _LOCAL - frozenset("_%+")
_TOP = re.compile("[A-Za-zæøåäöüéÆØÅÄÖÜÉ]{2,}")


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something personal stands: text[start:end]. `kind` is 'cpr', 'phone' or 'email'."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Run:
    """Digits that stand together (invisible signs aside), and what stands between them and the next run."""

    digits: str
    start: int
    end: int


def find(text: str) -> list[Finding]:
    """All findings in the order of the text; they do not overlap."""
    found: list[Finding] = []
    if _DIGIT.search(text):
        plain = text.translate(_PLAIN)
        runs, gaps = _runs(plain)
        taken = [False] * len(runs)
        found += _cpr(runs, gaps, taken)
        found += _phones(plain, runs, gaps, taken)
    if "@" in text:
        mails = _mails(text)
        found = _apart(found, mails)
        found += mails
    return sorted(found, key=lambda finding: finding.start)


def mask_cpr(text: str) -> str:
    """`text` with each CPR number replaced by blocks in the same form. The text itself if there is none."""
    # A CPR number has ten digits; most texts have none, and the mixer asks for each.
    if len(_DIGIT.findall(text)) < 10:
        return text
    runs, gaps = _runs(text.translate(_PLAIN))
    pieces: list[str] = []
    position = 0
    for finding in _cpr(runs, gaps, [False] * len(runs)):
        pieces += [text[position : finding.start], CPR_MASK]
        position = finding.end
    return "".join(pieces) + text[position:] if pieces else text


def _runs(plain: str) -> tuple[list[_Run], list[str]]:
    """Runs of digits, and gaps[i] = what stands between run i and run i + 1, without invisible signs."""
    runs: list[_Run] = []
    gaps: list[str] = []
    for match in _RUN.finditer(plain):
        if runs:
            gap = plain[runs[-1].end : match.start()]
            # Only short gaps can matter; a long one is never looked through.
            gap = _INVISIBLE.sub("", gap) if len(gap) <= 20 else gap[:20]
            if not gap:
                runs[-1] = _Run(runs[-1].digits + match[0], runs[-1].start, match.end())
                continue
            gaps.append(gap)
        runs.append(_Run(match[0], match.start(), match.end()))
    gaps.append("")
    return runs, gaps


def _plausible(digits: str) -> bool:
    """DDMMYY of a day that exists in some year. A replacement number (erstatnings-CPR) has 60 added to the day."""
    day, month = int(digits[:2]), int(digits[2:4])
    if day > 60:
        day -= 60
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month]


def _cpr_at(runs: list[_Run], gaps: list[str], at: int) -> int:
    """How many runs from `at` on are a CPR number: 0, 1, 2 or 4. The checksum is not looked at: it is no longer sure."""
    lengths = [len(run.digits) for run in runs[at : at + 4]]
    if lengths[0] == 10:
        return 1 if _plausible(runs[at].digits) else 0
    if lengths[0] == 6:
        if lengths[1:2] == [4] and _CPR_GAP.fullmatch(gaps[at]) and _plausible(runs[at].digits):
            return 2
        return 0
    if lengths == [2, 2, 2, 4]:
        first, second, third = gaps[at : at + 3]
        joined = first == second and first in (" ", "-", ".", "/")
        # "31.01.22 1200" is a day and a time; "31.01.22-1234" is not.
        last = _DASH_GAP.fullmatch(third) or (first == " " and third in (" ", "  ", "   "))
        if joined and last and _plausible("".join(run.digits for run in runs[at : at + 3])):
            return 4
    return 0


def _cpr(runs: list[_Run], gaps: list[str], taken: list[bool]) -> list[Finding]:
    found: list[Finding] = []
    at = 0
    while at < len(runs):
        length = _cpr_at(runs, gaps, at)
        if length:
            found.append(Finding("cpr", runs[at].start, runs[at + length - 1].end))
            taken[at : at + length] = [True] * length
        at += length or 1
    return found


def _phones(plain: str, runs: list[_Run], gaps: list[str], taken: list[bool]) -> list[Finding]:
    found: list[Finding] = []
    at = 0
    while at < len(runs):
        if taken[at]:
            at += 1
            continue
        start = runs[at].start
        length = _foreign(plain, runs, gaps, taken, at)
        if length and plain[start - 1 : start] == "+":
            start -= 1
        if not length:
            length = _danish(plain, runs, gaps, taken, at)
        if length:
            found.append(Finding("phone", start, runs[at + length - 1].end))
        at += length or 1
    return found


def _foreign(plain: str, runs: list[_Run], gaps: list[str], taken: list[bool], at: int) -> int:
    """How many runs from `at` on are a number with a country code: +NN … or 00NN …; 0 if none."""
    run = runs[at]
    before = plain[run.start - 1 : run.start] if run.start else ""
    if before == "+":
        digits = run.digits
    elif run.digits.startswith("00") and run.digits[2:3] not in ("", "0") and not before.isalnum():
        digits = run.digits[2:]
    else:
        return 0
    if digits.startswith("0"):
        return 0
    danish = digits.startswith("45")
    longest = 10 if danish else 15
    length, total = 1, len(digits)
    while (
        total < longest
        and at + length < len(runs)
        and not taken[at + length]
        and gaps[at + length - 1] in (" ", "-", ".", ")", ") ")
        and total + len(runs[at + length].digits) <= longest
    ):
        total += len(runs[at + length].digits)
        length += 1
    return length if total == 10 or (not danish and 8 <= total <= 15) else 0


def _danish(plain: str, runs: list[_Run], gaps: list[str], taken: list[bool], at: int) -> int:
    """How many runs from `at` on are eight digits as Danes write them: 1, 2 or 4; 0 if none."""
    run = runs[at]
    if run.digits[0] in "01":
        return 0
    size = len(run.digits)
    length = {8: 1, 4: 2, 2: 4}.get(size, 0)
    if not length or at + length > len(runs) or any(taken[at : at + length]):
        return 0
    if any(len(part.digits) != size for part in runs[at : at + length]):
        return 0
    inner = gaps[at : at + length - 1]
    if size == 4 and inner != [" "]:
        return 0
    if size == 2 and inner not in ([" "] * 3, ["-"] * 3, ["."] * 3):
        return 0
    # Part of a longer series of numbers, of a fraction or of a range: not a phone number.
    attached = ".,-/:" if size == 8 else " .,-/:"
    if at and len(gaps[at - 1]) == 1 and gaps[at - 1] in attached:
        return 0
    following = gaps[at + length - 1]
    if at + length < len(runs) and len(following) == 1 and following in attached:
        return 0
    start, end = run.start, runs[at + length - 1].end
    if (start and plain[start - 1].isalpha()) or plain[end : end + 1].isalpha():
        return 0
    if _AMOUNT.match(plain, end):
        return 0
    digits = "".join(part.digits for part in runs[at : at + length])
    return 0 if _looks_like_days_or_years(digits) else length


def _looks_like_days_or_years(digits: str) -> bool:
    """YYYYMMDD, DDMMYYYY, or two years."""
    century = ("19", "20")
    if digits[:2] in century and digits[4:6] in century:
        return True
    if digits[:2] in century and "01" <= digits[4:6] <= "12" and "01" <= digits[6:] <= "31":
        return True
    return digits[4:6] in century and "01" <= digits[2:4] <= "12" and "01" <= digits[:2] <= "31"


def _apart(found: list[Finding], mails: list[Finding]) -> list[Finding]:
    """Those of `found` that overlap none of `mails` (both in their order; one pass over each)."""
    kept: list[Finding] = []
    next_mail = 0
    for one in sorted(found, key=lambda finding: finding.start):
        while next_mail < len(mails) and mails[next_mail].end <= one.start:
            next_mail += 1
        if next_mail == len(mails) or one.end <= mails[next_mail].start:
            kept.append(one)
    return kept


def _mails(text: str) -> list[Finding]:
    """Around each @: at most 64 characters to the left, at most 255 to the right."""
    found: list[Finding] = []
    at = text.find("@")
    end_of_last = 0
    while at != -1:
        start = at
        while start > max(end_of_last, at - 64) and text[start - 1] in _LOCAL:
            start -= 1
        while start < at and text[start] in ".-":
            start += 1
        end = at + 1
        while end < min(len(text), at + 256) and text[end] in _DOMAIN:
            end += 1
        while end > at + 1 and text[end - 1] in ".-":
            end -= 1
        labels = text[at + 1 : end].split(".")
        if start < at and len(labels) > 1 and all(labels) and _TOP.fullmatch(labels[-1]):
            found.append(Finding("email", start, end))
            end_of_last = end
        at = text.find("@", at + 1)
    return found
