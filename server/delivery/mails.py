"""The mail that tells a working group of a delivery: which round, that the report is ready, where, and who to ask. No figure
and no file: whoever reads somebody's mail learns that there is a report, and has to sign in to see it."""

from __future__ import annotations

from collections.abc import Sequence

from forms.questionnaire import text_in
from server.account_mails import Letter
from server.languages import words
from server.settings import Settings
from store.accounts import Account
from store.deliveries import Delivery, Occasion
from store.rounds import Round

#: So many people of the secretariat are named as those to ask.
ASKED = 2


def letter(
    settings: Settings,
    account: Account,
    shown: Round,
    delivery: Delivery,
    *,
    group: str,
    secretariat: Sequence[Account],
    unread: bool = False,
    later: bool = False,
) -> Letter:
    """To somebody of the round's working group. `unread`: texts of the round wait to be read, and are in no report;
    `later`: it is a newer edition than was delivered before."""
    said = words(account.language)
    title = text_in(shown.title, account.language, "da")
    link = f"{settings.url}/desk/rounds/{shown.id}#editions"
    interim = delivery.occasion in {Occasion.WEEKLY, Occasion.MONTHLY}
    waits = (
        said.gettext(
            "Some of the free text has not been read yet and is not in this report. Texts that are read and released later come "
            "with a new edition."
        )
        if unread and not interim
        else ""
    )
    if interim:
        subject = said.gettext("Interim report: %(round)s", round=title)
        ready = said.gettext(
            "There is a new interim report of the round “%(round)s”. The round still receives answers, and its last report "
            "comes after %(instant)s.",
            round=title,
            instant=said.instant(shown.receive_until),
        )
    elif later and delivery.occasion is Occasion.AGAIN:
        subject = said.gettext("A new edition of the report: %(round)s", round=title)
        ready = said.gettext(
            "There is a new edition of the report of the round “%(round)s”.", round=title
        )
    else:
        subject = said.gettext("The report is ready: %(round)s", round=title)
        ready = said.gettext("The report of the round “%(round)s” is ready.", round=title)
    asked = [f"{one.name}, {one.email}" for one in secretariat[:ASKED]]
    ask = said.gettext("If you have questions, ask:") if asked else ""
    return Letter(
        subject,
        (
            ready,
            *([waits] if waits else ()),
            said.gettext("Sign in and read it here:") + f"\n{link}",
            said.gettext("You get this mail because you are in %(group)s.", group=group),
            *(["\n".join([ask, *asked])] if asked else ()),
        ),
    )
