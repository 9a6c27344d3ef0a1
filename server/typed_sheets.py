"""Sheets of paper typed at the desk, without a scanner: what a form of them holds, and how it is received.

A sheet goes the way of all answers, once, under a one-time key that its page made, by the channel 'typed' and with the unit
that it came back to. Nothing says who typed it, nor which sheet it was: the audit log has no word of it.

Where a round has its sheets typed twice, the two keyings meet in the page of the browser (sync/tablet/src/two_keyings.ts), or,
without a script, in the form itself: the first keying travels back and forth in a hidden field. Neither way is it kept here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise, Shape
from server.answering_page import Typed
from server.languages import Words
from server.plain_form import KEY_FIELD, SEEN_FIELD, read_form
from server.service import Service
from store import round_units
from store.rounds import Round

CHANNEL = "typed"

#: The hidden field with what was typed the first time, as JSON: names of fields with their values.
FIRST_FIELD = "~first"
#: With it, the differences between two keyings have been looked at, and what the form says counts.
SETTLED_FIELD = "~settled"

#: No first keying is longer than this many characters: a form holds at most so much.
LONGEST_FIRST = 300_000


def can_be_typed(running: Service, found: Round) -> bool:
    """Whether sheets of this round can be typed now: one that receives, by this channel, and is no unit's own return."""
    return (
        CHANNEL in found.channels
        and found.public_key is not None
        and found.promise != Promise.SIGNED
        and running.questionnaire(found.version).shape is not Shape.RETURN
        and found.receiving(running.clock())
    )


def sheet_language(found: Round, asked: str) -> str:
    """The language that the sheet is in. Raises ProblemError(NOT_FOUND) for one that the round does not have."""
    if asked not in found.languages:
        raise ProblemError(Problem.NOT_FOUND)
    return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A form that came in. `again` is what to show once more, or None where `answers` can be received.

    `first` is what was typed the first time and has to travel on in the form, '' where there is none. `differing` holds, by
    place, what the first keying said there.
    """

    answers: dict[str, Any]
    again: Typed | None = None
    first: str = ""
    differing: Mapping[str, Sequence[str]] | None = None


def read_keying(
    running: Service,
    found: Round,
    form: MultiDict[str, str],
    *,
    words: Words,
    twice: bool,
) -> Keyed:
    """Read a sent form. `twice`: the page has no script to hold the two keyings against each other, so that it is done here."""
    received = read_form(
        running.questionnaire(found.version),
        running.checker(found.version),
        form,
        units=round_units.ids(running.store.main, found.id),
        words=words,
        on_paper=True,
    )
    if received.again is not None:
        return Keyed(answers={}, again=received.again, first=form.get(FIRST_FIELD, ""))
    if not twice:
        return Keyed(answers=received.answers)
    fields = _fields(form)
    first = _first(form.get(FIRST_FIELD, ""))
    if first is None:
        return Keyed(answers={}, again=Typed(), first=json.dumps(fields))
    differing = {
        name: first.get(name, [])
        for name in {*first, *fields}
        if sorted(first.get(name, [])) != sorted(fields.get(name, []))
    }
    if differing and SETTLED_FIELD not in form:
        return Keyed(
            answers={}, again=Typed(values=fields), first=json.dumps(first), differing=differing
        )
    return Keyed(answers=received.answers)


def receive(
    running: Service,
    found: Round,
    answers: Mapping[str, Any],
    *,
    key: str,
    language: str,
    unit: str | None,
) -> None:
    """Hand a sheet over to the intake, once, whatever is sent again. Raises as Intake.receive_plain does."""
    running.intake.receive_plain(
        answers,
        round_id=found.id,
        version=found.version,
        checker=running.checker(found.version),
        language=language,
        key=key,
        now=running.clock(),
        unit=unit,
        units=round_units.ids(running.store.main, found.id),
        channel=CHANNEL,
    )


def _fields(form: MultiDict[str, str]) -> dict[str, list[str]]:
    """What is filled in, without the page's own fields."""
    return {
        name: values
        for name in form
        if not name.startswith("~")
        and (values := [" ".join(value.split()) for value in form.getlist(name) if value.strip()])
    }


def _first(text: str) -> dict[str, list[str]] | None:
    """The first keying, as this page wrote it; None where there is none. Raises ProblemError(MALFORMED) for anything else."""
    if not text:
        return None
    try:
        read = json.loads(text) if len(text) <= LONGEST_FIRST else None
    except ValueError:
        read = None
    if not isinstance(read, dict) or not all(
        isinstance(values, list) and all(isinstance(value, str) for value in values)
        for values in read.values()
    ):
        raise ProblemError(Problem.MALFORMED)
    return read


__all__ = [
    "CHANNEL",
    "FIRST_FIELD",
    "KEY_FIELD",
    "SEEN_FIELD",
    "SETTLED_FIELD",
    "Keyed",
    "can_be_typed",
    "read_keying",
    "receive",
    "sheet_language",
]
