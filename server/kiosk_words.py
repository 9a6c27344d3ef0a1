"""The words of a turn on a tablet, of the staff's PIN and of the staff panel (sync/tablet/src/kiosk_words.ts).

`{…}` are filled in by the script: keep them. N_ marks the English words for translation.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.languages import Words
from server.page_words import N_

KIOSK_WORDS: Mapping[str, str] = {
    "staff": N_("Staff"),
    "cover_title": N_("The screen is resting"),
    "cover_text": N_("Touch the screen to go on."),
    "pin_title": N_("The staff's PIN"),
    "pin_text": N_("Only staff can go on from here."),
    "pin_field": N_("PIN"),
    "pin_ok": N_("OK"),
    "pin_erase": N_("Erase"),
    "pin_wrong": N_("That is not the PIN."),
    "pin_unreadable": N_(
        "The tablet cannot look the PIN up right now, so nobody can go on here. Try again in a moment."
    ),
    "pin_wait": N_("Wait {seconds} seconds before the next try."),
    "cancel": N_("Go back"),
    "staff_title": N_("For staff"),
    "staff_go_on": N_("Go on with the questionnaire"),
    "staff_stop": N_("Stop here and delete what was written"),
    "staff_stop_text": N_("Nothing of what was written is sent."),
    "staff_pause": N_("Pause this interview"),
    "staff_pause_text": N_(
        "What was written stays on this tablet, encrypted, until staff go on with it."
    ),
    "cleaning": N_("Clean the screen"),
    "cleaning_title": N_("You can clean the screen now"),
    "cleaning_text": N_("It does not react to touch. {seconds} seconds left."),
    "ready_next": N_("Ready for the next person"),
    "one_more": N_("One more"),
    "elsewhere_title": N_("The questionnaire is open in another window"),
    "elsewhere_text": N_("Go on there, and close this window."),
    "watch_start": N_("Start the clock"),
    "watch_stop": N_("Stop the clock"),
    "watch_running": N_("The clock has been running for {time}."),
    "watch_now": N_("Write the time now"),
    "not_kept": N_(
        "What you write cannot be saved on this tablet right now. It is still on this page."
    ),
    "turn_storage_full": N_(
        "There is no room left on this tablet, so your answers could not be saved. They are still on this page. Please call the staff."
    ),
    "turn_storage_refused": N_(
        "Your answers could not be saved on this tablet. They are still on this page. Please call the staff."
    ),
    "turn_storage_missing": N_(
        "This browser cannot save answers. They are still on this page. Please call the staff."
    ),
    "cannot_seal": N_("This browser cannot seal answers, so nobody can answer on it."),
    "panel_waiting": N_("Waiting to be sent"),
    "panel_delivered": N_("Sent and received"),
    "panel_failed": N_("Not received"),
    "panel_room": N_("Room left on this tablet"),
    "panel_room_unknown": N_("The browser does not say"),
    "panel_megabytes": N_("{megabytes} MB"),
    "panel_kept": N_("What is kept here"),
    "panel_promised": N_("The browser has promised to keep it"),
    "panel_not_promised": N_("The browser has not promised to keep it"),
    "panel_app": N_("Version of the app"),
    "panel_version": N_("version {version}"),
    "panel_send": N_("Send now"),
    "panel_sending": N_("Sending …"),
    "panel_sent_all": N_("Nothing waits."),
    "panel_still_waiting": N_("{n} still wait. They are sent when there is a connection."),
    "panel_save": N_("Save the sealed answers to a file"),
    "panel_save_text": N_(
        "The file holds what waits, sealed. The desk can take it in. Nothing is deleted here."
    ),
    "panel_not_saved": N_("The file could not be made."),
    "panel_enrol": N_("Enrol this tablet again"),
    "panel_close": N_("Close"),
    "paused_one": N_("A paused interview"),
    "waiting_title": N_("Waits for the staff"),
    "unfinished_one": N_("An unfinished turn"),
}


def kiosk_words(words: Words) -> dict[str, str]:
    """The words in one language."""
    return {key: words.gettext(english) for key, english in KIOSK_WORDS.items()}
