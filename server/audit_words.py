"""The audit log's actions in the desk's languages: each English phrase that `audit.note` is given, so that it is translated.

An action that is not listed is shown as it was written; tests/server/test_audit.py finds those in the code that are missing.
"""

from __future__ import annotations

from flask_babel import gettext


def action_in_words(action: str) -> str:
    """An action in the language of this request's page."""
    words: dict[str, str] = {
        "signed in": gettext("signed in"),
        "questionnaire published": gettext("questionnaire published"),
        "units imported": gettext("units imported"),
        "unit added": gettext("unit added"),
        "unit changed": gettext("unit changed"),
        "membership added": gettext("membership added"),
        "membership ended": gettext("membership ended"),
        "account added": gettext("account added"),
        "round set up": gettext("round set up"),
        "round changed": gettext("round changed"),
        "round approved": gettext("round approved"),
        "approval taken back": gettext("approval taken back"),
        "round opened": gettext("round opened"),
        "round prolonged": gettext("round prolonged"),
        "round opened again": gettext("round opened again"),
        "answering ended": gettext("answering ended"),
        "round closed": gettext("round closed"),
        "round cancelled": gettext("round cancelled"),
        "rules of the round changed": gettext("rules of the round changed"),
        "unit added to the round": gettext("unit added to the round"),
        "unit taken out of the round": gettext("unit taken out of the round"),
        "mix of late answers ordered": gettext("mix of late answers ordered"),
        "late answers mixed": gettext("late answers mixed"),
        "all answers mixed": gettext("all answers mixed"),
        "edition made": gettext("edition made"),
        "test filled with simulated answers": gettext("test filled with simulated answers"),
        "test emptied": gettext("test emptied"),
        "first account made": gettext("first account made"),
        "numbers typed": gettext("numbers typed"),
        "letters made": gettext("letters made"),
        "letters sent counted": gettext("letters sent counted"),
        "text of the letters changed": gettext("text of the letters changed"),
        "codes given out for mail merge": gettext("codes given out for mail merge"),
        "letters given out for printing": gettext("letters given out for printing"),
        "units reminded": gettext("units reminded"),
        "return saved": gettext("return saved"),
        "return sent": gettext("return sent"),
        "return not received": gettext("return not received"),
        "message tried again": gettext("message tried again"),
        "all mail tried again": gettext("all mail tried again"),
        "message given up": gettext("message given up"),
        "identity bound": gettext("identity bound"),
        "account invited": gettext("account invited"),
        "invitation sent again": gettext("invitation sent again"),
        "new password asked for": gettext("new password asked for"),
        "account changed": gettext("account changed"),
        "account closed": gettext("account closed"),
        "account opened again": gettext("account opened again"),
        "second factor taken away": gettext("second factor taken away"),
        "second factor set up": gettext("second factor set up"),
        "second factor removed": gettext("second factor removed"),
        "recovery codes made": gettext("recovery codes made"),
        "recovery code used": gettext("recovery code used"),
        "password changed": gettext("password changed"),
        "password chosen": gettext("password chosen"),
        "sign-in slowed": gettext("sign-in slowed"),
        "session ended": gettext("session ended"),
        "other sessions ended": gettext("other sessions ended"),
        "working group added": gettext("working group added"),
        "working group renamed": gettext("working group renamed"),
        "tablet set up": gettext("tablet set up"),
        "code for a tablet made": gettext("code for a tablet made"),
        "tablet enrolled": gettext("tablet enrolled"),
        "tablet withdrawn": gettext("tablet withdrawn"),
    }
    return words.get(action, action)
