"""Complaints: what is wrong with a value of a document and how to mend it, and the words that all of them use."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a value and how to mend it; its place is where marshmallow keeps it."""

    code: str
    message: str
    remedy: str


def refuse(code: str, message: str, remedy: str) -> ValidationError:
    """The error of a field that makes one complaint."""
    return ValidationError([Complaint(code, message, remedy)])


def unknown_question(name: str, known: Collection[str]) -> Complaint:
    """The complaint about a name that no question has; `known` are those that could have been meant."""
    return Complaint(
        "unknown-question", f"There is no question {shown(name)}.", nearest(name, known)
    )


def nearest(word: str, known: Collection[str]) -> str:
    """'Did you mean x? ' when one of `known` is close to `word`, else the few that there are."""
    close = difflib.get_close_matches(word[:60], known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]}?"
    listed = sorted(known)
    if not listed:
        return ""
    return f"Known here: {', '.join(listed[:20])}{', …' if len(listed) > 20 else ''}."


def shown(value: Any) -> str:
    """A value as a message repeats it: short, in quotes."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = " ".join(str(value).split())
    return f"'{text if len(text) <= 40 else text[:37] + '...'}'"
