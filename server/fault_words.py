"""Faults of files that people bring, in the language of the page: forms/ speaks English only and knows no languages.

What a sentence names (a value, an id, a number) is taken from the English one. A fault without words here is shown as it
was written, marked as English: those of questionnaire documents, whose keys are English too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from forms.problems import Fault
from server.languages import current


def N_(message: str) -> str:  # noqa: N802 - gettext's name for it, which the extractor knows
    """Mark a message for translation."""
    return message


#: By code: what the English message looks like; the named parts go into the words.
_PATTERNS: Mapping[str, str] = {
    "wrong-columns": r"The .*",
    "too-many-rows": r".* more than (?P<most>\d+) rows\.",
    "wrong-fields": r"The row has (?P<has>\d+) fields, not (?P<wanted>\d+)\.",
    "malformed": r".*",
    "missing": r".*",
    "bad-id": r"'(?P<value>.*)' is not an id\.",
    "duplicate-id": r"The id (?P<value>.*) stands twice\.",
    "unknown-unit": r".* with the id (?P<value>.*)\.",
    "unknown-area": r".* with the id (?P<value>.*)\.",
    "too-long": r"The name has (?P<has>\d+) characters\.",
    "unknown-word": r"'(?P<value>.*)' is not a kind that is known\.",
    "bad-date": r"'(?P<value>.*)' is not a day\.",
    "name-taken": r"'(?P<value>.*)' already means the unit '?(?P<unit>[a-z0-9-]+)'?\.",
    "ends-before-start": r"(?P<until>.*) lies before (?P<from_day>.*)\.",
    "overlap": r"(?P<unit>.*) already belongs to (?P<area>.*) on some of these days\.",
    "latin-1": r".*",
    "not-utf-8": r".*",
    "nothing-chosen": r".*",
    "too-many-files": r".*",
}

#: By code: the words of the message, those of the remedy.
_WORDS: Mapping[str, tuple[str, str]] = {
    "wrong-columns": (
        N_("The first row does not say what the file holds."),
        N_(
            "It must be id,name,kind,region,alternative_names for units, id,name,region,kind for areas, or unit,area,from,until for memberships. Semicolons will do as well."
        ),
    ),
    "too-many-rows": (
        N_("The file has more than %(most)s rows."),
        N_("Split it."),
    ),
    "wrong-fields": (
        N_("The row has %(has)s fields, not %(wanted)s."),
        N_("Put a field that holds the divider in quotes; leave empty fields empty."),
    ),
    "malformed": (
        N_("The row cannot be read as CSV."),
        N_("Look for a quotation mark that is not closed, and save the file as CSV in UTF-8."),
    ),
    "missing": (
        N_("The field is empty."),
        N_("Fill it in."),
    ),
    "bad-id": (
        N_("“%(value)s” is not an id."),
        N_("Use small letters a-z, digits and single hyphens, at most 60."),
    ),
    "duplicate-id": (
        N_("The id %(value)s stands twice."),
        N_("Give each row its own."),
    ),
    "unknown-unit": (
        N_("There is no unit with the id %(value)s."),
        N_("Correct the id, or import the unit too."),
    ),
    "unknown-area": (
        N_("There is no area with the id %(value)s."),
        N_("Correct the id, or import the area too."),
    ),
    "too-long": (
        N_("The name has %(has)s characters."),
        N_("Use at most 200."),
    ),
    "unknown-word": (
        N_("“%(value)s” is not a kind that is known."),
        N_(
            "Units: municipality, hospital, clinic, sof, cluster or other. Areas: sof, cluster or other."
        ),
    ),
    "bad-date": (
        N_("“%(value)s” is not a day."),
        N_("Write it as 2022-01-31 or 31-01-2022, or leave it empty."),
    ),
    "name-taken": (
        N_("“%(value)s” already means the unit %(unit)s."),
        N_("Take the spelling away from one of them."),
    ),
    "ends-before-start": (
        N_("The last day, %(until)s, lies before the first, %(from_day)s."),
        N_("Correct one of the two days."),
    ),
    "overlap": (
        N_("%(unit)s already belongs to %(area)s on some of these days."),
        N_("End the one before the other begins, or remove one."),
    ),
    "latin-1": (
        N_("The file is saved as Latin-1 (Windows-1252), not as UTF-8."),
        N_("Save it as “CSV UTF-8” in Excel, or as UTF-8 in another program."),
    ),
    "not-utf-8": (
        N_("The file is not text in UTF-8."),
        N_("Save it as “CSV UTF-8” in Excel, or as UTF-8 in another program."),
    ),
    "nothing-chosen": (
        N_("No file was chosen."),
        N_("Choose one or several CSV files."),
    ),
    "too-many-files": (
        N_("Too many files were chosen."),
        N_("Choose at most ten."),
    ),
}


def fault_words(fault: Fault) -> tuple[str, str] | None:
    """(message, remedy) in the language of this request's page, or None where there are none."""
    pattern = _PATTERNS.get(fault.code)
    found = re.fullmatch(pattern, fault.message, re.DOTALL) if pattern is not None else None
    if found is None:
        return None
    said = current()
    message, remedy = _WORDS[fault.code]
    return said.gettext(message, **found.groupdict()), said.gettext(remedy)


def place_words(fault: Fault) -> str:
    """'row 3, column kind' in the language of this request's page; anything else as it is."""
    found = re.fullmatch(r"row (?P<row>\d+)(?:, column (?P<column>\w+))?", fault.place)
    said = current()
    if found is None:
        return fault.place
    if found["column"]:
        return said.gettext(
            "row %(row)s, column %(column)s", row=found["row"], column=found["column"]
        )
    return said.gettext("row %(row)s", row=found["row"])
