"""The mails about accounts: plain text in the account's language, who sent it, until when it holds, and what to do if it
was not meant for the one who reads it. They are put into the outbox in the transaction of what they tell of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from server.languages import Words, words
from server.settings import Settings
from store import outbox
from store.accounts import Account


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and paragraphs of a mail."""

    subject: str
    paragraphs: tuple[str, ...]


def put(
    db: Database, settings: Settings, account: Account, kind: str, letter: Letter, *, now: datetime
) -> int:
    """Put a letter to an account into the outbox, with greeting and signature; the message's id."""
    said = words(account.language)
    body = "\n\n".join(
        [
            said.gettext("Hello %(name)s", name=account.name),
            *letter.paragraphs,
            said.gettext("Kind regards") + f"\n{settings.organisation}\n{settings.url}",
        ]
    )
    return outbox.add(
        db, kind=kind, recipient=account.email, subject=letter.subject, body=body + "\n", now=now
    )


def invitation(
    settings: Settings, account: Account, *, link: str, until: datetime, inviter: str
) -> Letter:
    """To somebody who has got an account. `inviter` is the administrator's name, '' for the command line."""
    said = words(account.language)
    organisation = settings.organisation
    return Letter(
        said.gettext("Your account in %(organisation)s", organisation=organisation),
        (
            said.gettext(
                "%(inviter)s has made an account for you, with which you work with the questionnaires of %(organisation)s.",
                inviter=inviter,
                organisation=organisation,
            )
            if inviter
            else said.gettext(
                "An account has been made for you, with which you work with the questionnaires of %(organisation)s.",
                organisation=organisation,
            ),
            said.gettext("Open this link and choose a password:") + f"\n{link}",
            said.gettext(
                "The link works once and until %(instant)s. If it has expired, ask for a new one.",
                instant=said.instant(until),
            ),
            said.gettext("If you do not know why you get this mail, do nothing: the link then expires by itself."),
        ),
    )  # fmt: skip


def new_password(settings: Settings, account: Account, *, link: str, until: datetime) -> Letter:
    """To somebody for whom a new password was asked for."""
    said = words(account.language)
    return Letter(
        said.gettext("New password in %(organisation)s", organisation=settings.organisation),
        (
            said.gettext("Somebody, probably you, has asked for a new password for your account."),
            said.gettext("Open this link and choose it:") + f"\n{link}",
            said.gettext(
                "The link works once and until %(instant)s. Your old password works until you have chosen a new one.",
                instant=said.instant(until),
            ),
            said.gettext("If it was not you, do nothing. Nobody but you has got the link."),
        ),
    )


def password_changed(account: Account, *, at: datetime) -> Letter:
    """To somebody whose password was changed."""
    said = words(account.language)
    return Letter(
        said.gettext("Your password has been changed"),
        (
            said.gettext("The password of your account was changed on %(instant)s, and you were signed out everywhere else.",
                         instant=said.instant(at)),
            _if_not_you(said),
        ),
    )  # fmt: skip


def factor_set_up(account: Account, *, at: datetime) -> Letter:
    """To somebody whose account got a second factor."""
    said = words(account.language)
    return Letter(
        said.gettext("An authenticator app has been added to your account"),
        (
            said.gettext("On %(instant)s an authenticator app was set up. You need a code from it when you sign in.",
                         instant=said.instant(at)),
            _if_not_you(said),
        ),
    )  # fmt: skip


def factor_taken_away(account: Account, *, at: datetime, reason: str) -> Letter:
    """To somebody whose second factor the administrator took away. `reason` is the administrator's words."""
    said = words(account.language)
    return Letter(
        said.gettext("Your authenticator app has been taken away"),
        (
            said.gettext("On %(instant)s the administrator took away the authenticator app and the recovery codes of your account. The reason given:",
                         instant=said.instant(at)) + f"\n{reason}",
            said.gettext("You were signed out everywhere. Next time you sign in with your password, and can set up the app anew."),
            _if_not_you(said),
        ),
    )  # fmt: skip


def wrong_codes(account: Account, *, at: datetime) -> Letter:
    """To somebody whose password was right while the codes after it were wrong."""
    said = words(account.language)
    return Letter(
        said.gettext("Wrong codes were typed for your account"),
        (
            said.gettext("On %(instant)s somebody typed your password, and then wrong codes several times. Nobody was signed in, and the account waits five minutes.",
                         instant=said.instant(at)),
            said.gettext("If it was you, check that the clock of your telephone is right, or use a recovery code. If it was not you, somebody knows your password: change it now."),
        ),
    )  # fmt: skip


def _if_not_you(said: Words) -> str:
    return said.gettext("If it was not you who wanted this, tell your administrator at once.")
