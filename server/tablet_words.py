"""The words of the tablet's own pages: making it ready, choosing a round, what waits (sync/tablet/src/shell_words.ts).

Those who hand out the tablet read them, so they are in the desk's languages. `{…}` are filled in by the script: keep them.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.kiosk_words import kiosk_words
from server.languages import DESK_LANGUAGES, name_of, words
from server.page_words import N_

SHELL_WORDS: Mapping[str, str] = {
    "enrol_title": N_("Make this tablet ready"),
    "enrol_text": N_(
        "Open the page Tablets at the desk and add a tablet. Scan the square code with this tablet's camera, or write the code here. A code works once, for ten minutes."
    ),
    "enrol_code": N_("Code from the desk"),
    "enrol_button": N_("Make ready"),
    "enrol_working": N_("The tablet is being made ready …"),
    "enrol_unknown": N_(
        "This code does not work. It may have been used, or be older than ten minutes. Ask the desk for a new one."
    ),
    "enrol_slow_down": N_("Too many codes have been tried. Wait a few minutes and try again."),
    "enrol_offline": N_("There is no connection to the server. Connect the tablet and try again."),
    "enrol_failed": N_("The server could not make this tablet ready. Ask the desk."),
    "ready_title": N_("Choose a questionnaire"),
    "ready_none": N_("There is nothing to answer on this tablet right now."),
    "ready_none_text": N_(
        "Questionnaires appear here by themselves once the desk has chosen them for this tablet."
    ),
    "language_title": N_("Choose a language"),
    "back": N_("Back"),
    "declined": N_("Did not want to take part"),
    "declined_noted": N_("Noted: one who did not want to take part."),
    "test": N_("TEST"),
    "not_here_yet": N_("Is being fetched. Keep the tablet connected."),
    "opens": N_("Can be answered from {day}."),
    "ended": N_("The last day was {day}. Connect the tablet to see whether it has been prolonged."),
    "waiting_none": N_("All answers have been sent."),
    "waiting_one": N_("1 answer waits to be sent. It is sealed and safe."),
    "waiting_many": N_("{n} answers wait to be sent. They are sealed and safe."),
    "failed_one": N_("1 answer was not received. It is still here. Tell the desk."),
    "failed_many": N_("{n} answers were not received. They are still here. Tell the desk."),
    "nothing_yet": N_("No answers on this tablet yet."),
    "getting_ready": N_(
        "Is being made ready for use without a network. Keep the tablet connected."
    ),
    "offline_ready": N_("Ready for use without a network."),
    "no_offline": N_("This browser cannot work without a network."),
    "standing_unknown": N_(
        "The server does not know this tablet any more. Answers are kept here, sealed, and are sent when it has been made ready again."
    ),
    "standing_revoked": N_(
        "The desk has revoked this tablet. Answers that wait are kept here, sealed, and are sent when it has been made ready again."
    ),
    "again_button": N_("Make ready again"),
    "may_not_title": N_("Nobody can begin right now"),
    "storage_full": N_(
        "There is no room left on this tablet, so an answer could not be kept. Send what waits, or free some room."
    ),
    "storage_refused": N_(
        "This tablet could not save anything just now, so an answer could be lost. Start the tablet again, and tell the desk if it stays so."
    ),
    "storage_missing": N_(
        "This browser keeps nothing, so an answer would be lost. Do not use a private window."
    ),
}


def by_language() -> dict[str, dict[str, str]]:
    """Language tag -> the words of the shell and of what staff have there, with the language's own name under 'language'."""
    return {
        tag: {
            "language": name_of(tag),
            **kiosk_words(words(tag)),
            **{key: words(tag).gettext(text) for key, text in SHELL_WORDS.items()},
        }
        for tag in DESK_LANGUAGES
    }
