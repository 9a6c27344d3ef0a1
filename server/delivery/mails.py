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
) -> Letter:
    """To somebody of the round's working group."""
    said = words(account.language)
    title = text_in(shown.title, account.language, "da")
    link = f"{settings.url}/desk/rounds/{shown.id}#editions"
    if delivery.occasion in {Occasion.WEEKLY, Occasion.MONTHLY}:
        subject = said.gettext("Interim report: %(round)s", round=title)
        ready = said.gettext(
            "There is a new interim report of the round “%(round)s”. The round still receives answers, and its last report "
            "comes after %(instant)s.",
            round=title,
            instant=said.instant(shown.receive_until),
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
            said.gettext("Sign in and read it here:") + f"\n{link}",
            said.gettext("You get this mail because you are in %(group)s.", group=group),
            *(["\n".join([ask, *asked])] if asked else ()),
        ),
    )
