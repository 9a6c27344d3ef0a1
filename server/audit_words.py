"""The audit log's actions in the desk's languages: each English phrase that `audit.note` is given, so that it is translated.

An action that is not listed is shown as it was written; tests/server/test_audit.py finds those in the code that are missing.
"""

from __future__ import annotations

from flask_babel import gettext


def action_in_words(action: str) -> str:
    """An action in the language of this request's page."""
    words: dict[str, str] = {
        "signed in": gettext("signed in"),
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
        "units reminded": gettext("units reminded"),
        "return saved": gettext("return saved"),
        "return sent": gettext("return sent"),
        "return not received": gettext("return not received"),
        "message tried again": gettext("message tried again"),
        "all mail tried again": gettext("all mail tried again"),
        "message given up": gettext("message given up"),
        "signed in with the identity provider": gettext("signed in with the identity provider"),
        "identity bound": gettext("identity bound"),
    }
    return words.get(action, action)
