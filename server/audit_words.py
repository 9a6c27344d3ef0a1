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
        "first account made": gettext("first account made"),
    }
    return words.get(action, action)
