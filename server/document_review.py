"""A document that somebody uploaded, as it is shown for correction: its lines, and each fault beside its line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from forms.document import read_document
from forms.document_text import Path, read_text
from forms.problems import Fault, ProblemError
from forms.questionnaire import Questionnaire

#: Up to so many lines a document is shown whole; of a longer one the lines around its faults.
WHOLE = 1500
#: Lines shown before and after a fault of a long document.
AROUND = 4
#: Most faults shown at once: who has corrected these sees the next.
MOST_FAULTS = 200
#: Longest piece of a line that is shown.
LONGEST_LINE = 400

_PART = re.compile(r"[^.\[\]]+|\[\d+\]")


@dataclass(frozen=True, slots=True)
class NumberedFault:
    """A fault with its number on the page, from 1."""

    number: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the document; `gap` says that lines before it are left out."""

    number: int
    text: str
    faults: tuple[NumberedFault, ...]
    gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What reading a document gave: the questionnaire, or all that is wrong (of which the first MOST_FAULTS are shown).

    `elsewhere` are faults that belong to no line.
    """

    questionnaire: Questionnaire | None
    faults: tuple[NumberedFault, ...]
    elsewhere: tuple[NumberedFault, ...]
    lines: tuple[Line, ...]
    further: int = 0


def review(text: str) -> Review:
    """Read the text of a document. Never raises for what is in it."""
    try:
        questionnaire: Questionnaire | None = read_document(text)
        found: Sequence[Fault] = ()
    except ProblemError as error:
        questionnaire, found = None, error.faults
    return beside_lines(text, found, questionnaire)


def beside_lines(text: str, found: Sequence[Fault], questionnaire: Questionnaire | None) -> Review:
    """Faults beside the lines that they name."""
    numbered = tuple(NumberedFault(n, fault) for n, fault in enumerate(found[:MOST_FAULTS], 1))
    at: dict[int, list[NumberedFault]] = {}
    written = text.split("\n")
    for one in numbered:
        if one.fault.line is not None and 1 <= one.fault.line <= len(written):
            at.setdefault(one.fault.line, []).append(one)
    placed = {one.number for ones in at.values() for one in ones}
    return Review(
        questionnaire=questionnaire,
        faults=numbered,
        elsewhere=tuple(one for one in numbered if one.number not in placed),
        lines=tuple(_lines(written, at)),
        further=max(0, len(found) - MOST_FAULTS),
    )


def _lines(written: Sequence[str], at: dict[int, list[NumberedFault]]) -> list[Line]:
    shown = range(1, len(written) + 1)
    if len(written) > WHOLE:
        near = {n for line in at for n in range(line - AROUND, line + AROUND + 1)}
        wanted = [number for number in shown if number in near]
    else:
        wanted = list(shown)
    lines: list[Line] = []
    before = 0
    for number in wanted:
        text = written[number - 1]
        if len(text) > LONGEST_LINE:
            text = text[:LONGEST_LINE] + " …"
        lines.append(Line(number, text, tuple(at.get(number, ())), gap=number != before + 1))
        before = number
    return lines


def with_lines(text: str, faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Faults of a questionnaire's publication, with the lines of the document that it was read from."""
    read = read_text(text)
    return tuple(
        Fault(one.place, one.code, one.message, one.remedy, one.file, read.line(path_of(one.place)))
        for one in faults
    )


def path_of(place: str) -> Path:
    """The path that a fault's place names: ``sections[0].title`` -> ("sections", 0, "title")."""
    return tuple(int(part[1:-1]) if part.startswith("[") else part for part in _PART.findall(place))
