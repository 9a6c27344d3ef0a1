"""What kinds of messages are called in the desk's languages. A kind that is not listed is shown as it was written."""

from __future__ import annotations

from flask_babel import gettext


def kind_in_words(kind: str) -> str:
    """The kind of a message in the language of this request's page."""
    words: dict[str, str] = {
        "invitation": gettext("Invitation"),
        "password": gettext("New password"),
        "reminder": gettext("Reminder"),
        "account": gettext("About the account"),
        "delivery": gettext("Delivery"),
    }
    return words.get(kind, kind)
