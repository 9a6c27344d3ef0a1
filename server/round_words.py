"""What the pages of a round say about a field that cannot be taken as it is, and about what was done, by code."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext

from forms.problems import Fault

#: Faults of round_plan.py name what the command line calls it; these are the page's fields.
_FIELDS = {
    "until": "answer_day",
    "answer_until": "answer_day",
    "receive_until": "receive_day",
    "smallest group": "smallest_group",
    "working group": "working_group",
}


def field_of(place: str) -> str:
    """The field of the page that a fault is about."""
    if place.startswith("privacy notice, "):
        parts = place.split(", ")[1:]
        return "notice_" + "_".join(parts if len(parts) > 1 else [*parts, "controller"])
    return _FIELDS.get(place, place)


def faults_in_words(faults: Iterable[Fault]) -> dict[str, str]:
    """{field: what is wrong with it and how to mend it}, in the order of the faults."""
    return {field_of(fault.place): _words(fault.code) for fault in faults}


def _words(code: str) -> str:
    words: dict[str, str] = {
        "missing": gettext("Fill this in."),
        "notice": gettext("Fill this in."),
        "missing-notice": gettext("Fill this in."),
        "choose": gettext("Choose one of these."),
        "choose-units": gettext("Choose at least one unit, or say that the round is not divided by units."),
        "choose-areas": gettext("Choose at least one area."),
        "empty-areas": gettext("No unit belongs to this area on the day the round opens."),
        "unknown-unit": gettext("Choose a unit of the list."),
        "takes-part": gettext("This unit takes part already."),
        "not-a-number": gettext("Write a whole number in digits, for example 100."),
        "not-a-time": gettext("Give the day, for example 31-12-2026, and the hour, for example 12:00."),
        "too-small": gettext("The smallest group is a number from 5 to 1,000."),
        "lower": gettext("The smallest group is never lowered once the round has opened: people were promised it."),
        "not-a-pin": gettext("The staff PIN has 4 to 12 digits."),
        "no-name": gettext("Write a name of at most 60 characters."),
        "name-of-another": gettext("Another tablet of this unit has this name."),
        "past": gettext("This has passed. Give a later day."),
        "ended": gettext("The answering ends before this day. Give an earlier one."),
        "earlier": gettext("This is earlier than what people were told. Give the same day or a later one."),
        "before-opening": gettext("The round opens later than this. Give a later day."),
        "before-answering": gettext("Answers are received at least until the answering ends. Give a later day."),
        "order": gettext("A round opens first, is answered until then, and received until after that."),
        "received-more": gettext("More answers than this have been received already. Give a higher number."),
        "notice-follows": gettext("The notice now says who gets the answers as you chose it above. Read it again, and say that it is true."),
        "notice-unread": gettext("Read the notice, correct it where needed, and say that it is true."),
    }  # fmt: skip
    return words[code] if code in words else str(gettext("This cannot be used. Correct it."))


def told_in_words(code: str) -> tuple[str, str] | None:
    """(kind of alert, sentence) about what was just done; None for what is no code."""
    words: dict[str, tuple[str, str]] = {
        "set-up": ("success", gettext("The round is set up. Try it out now; nobody can answer it before you open it.")),
        "changed": ("success", gettext("The changes are saved.")),
        "approved": ("success", gettext("The round is approved and opens by itself on its day.")),
        "opening": ("success", gettext("The round opens in a moment, as soon as its key has been made.")),
        "opened": ("success", gettext("The round is open. All test answers are deleted.")),
        "taken-back": ("success", gettext("The approval is taken back. The round does not open by itself.")),
        "prolonged": ("success", gettext("The new days are saved. What people were told before is kept: all answers are mixed on the earlier day as well.")),
        "answering-ended": ("success", gettext("The answering has ended. Sheets and tablets are still received.")),
        "closed": ("success", gettext("The round is closed. The answers are being mixed.")),
        "rules": ("success", gettext("The rules of the round are saved.")),
        "unit-added": ("success", gettext("The unit takes part from now on.")),
        "late-ordered": ("success", gettext("The late answers are being mixed. It takes some seconds.")),
        "nothing-late": ("info", gettext("No late answers wait. There is nothing to mix.")),
        "edition": ("success", gettext("The edition is made.")),
        "same-edition": ("info", gettext("Nothing has changed since the last edition, so no new one was made.")),
        "filled": ("success", gettext("The simulated answers are sent to the test.")),
        "emptied": ("success", gettext("The test is empty.")),
        "test-report": ("success", gettext("The test report is made from the answers in the test.")),
        "not-now": ("warning", gettext("That cannot be done now. Look at the state of the round: somebody may have changed it meanwhile.")),
        "not-simulated": ("warning", gettext("No answers could be simulated: the questionnaire's own rules leave too little room. Answer it by hand instead.")),
        "not-prepared": ("warning", gettext("The test is not ready yet. Try again in a moment.")),
        "still-waiting": ("warning", gettext("Answers still wait to be mixed. Try again in a moment.")),
    }  # fmt: skip
    return words.get(code)
