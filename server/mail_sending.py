"""Sends what lies in the outbox: each message to its one recipient, tried again while that may help.

A message is taken before it is sent, so that two schedulers never send it at once, and noted after the mail server said
that it has it. Killed in between, it is sent again: SMTP knows no better than "at least once". Its Message-ID is the same
then, so that a repeat can be told, and the outbox notes the doubt. In the log stand a message's number and the server's code, never an address or a word.
"""

from __future__ import annotations

import contextlib
import logging
import os
import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from server.mail_route import MailRoute
from server.settings import Settings
from server.smtp_dialogue import connect, said_of
from store import outbox
from store.database import Store
from store.outbox import Message

#: After the first, second, … attempt in vain; then every four hours until three days have passed, and not again.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, *[240] * 17, 159))
#: How long a message that was taken and neither sent nor refused waits: its scheduler was killed.
TAKEN_FOR = timedelta(minutes=5)
#: Messages of one tick, and the seconds after which it takes no further one: rounds have to be opened and mixed too.
MOST_AT_ONCE = 100
SECONDS_AT_ONCE = 20.0
#: Recipients are people: what was sent or has failed is forgotten.
KEPT_FOR = timedelta(days=30)

log = logging.getLogger("svarboks.mail")


class Outcome(StrEnum):
    """What became of an attempt."""

    SENT = "sent"
    LATER = "later"
    #: As LATER, but the connection was lost on the way: the mail server may have the message.
    UNKNOWN = "unknown"
    NEVER = "never"
    #: The mail server cannot be reached or refuses us: it is of no use to try the next message now.
    NO_SERVER = "no server"


class Sender(Protocol):
    """Something that takes messages."""

    def send(self, message: EmailMessage, *, name: str) -> tuple[Outcome, str]:
        """Send one message; what became of it, and the error in words, '' where there is none. `name` is the same at
        each attempt of a message and of no other."""

    def close(self) -> None:
        """No more messages."""


def email_of(message: Message, settings: Settings) -> EmailMessage:
    """The message as it is sent: the same bytes at each attempt.

    Raises ValueError when the recipient is not one address.
    """
    made = EmailMessage(policy=SMTP_POLICY)
    for header, value in sender_headers(settings, message.recipient).items():
        made[header] = value
    made["Subject"] = message.subject
    made["Date"] = format_datetime(message.written_at)
    made["Message-ID"] = f"<{name_of(message)}@{made['From'].addresses[0].domain}>"
    made.set_content(message.body, charset="utf-8", cte="quoted-printable")
    return made


def sender_headers(settings: Settings, recipient: str) -> dict[str, Address | str]:
    """From, To, and that a program wrote it: whoever is absent need not say so (RFC 3834; Exchange knows its own header
    only). Raises ValueError when the recipient is not one address."""
    name, sender = parseaddr(settings.mail_from)
    return {
        "From": Address(display_name=name or settings.organisation, addr_spec=sender),
        "To": _address(recipient),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


def name_of(message: Message) -> str:
    """What a message is called outside: by its number and when it was written, since numbers come again in data that was
    brought back from a backup."""
    return f"svarboks-{message.id}-{message.written_at:%Y%m%dT%H%M%SZ}"


def _address(text: str) -> Address:
    if not text.isprintable():
        raise ValueError("not an address")
    try:
        return Address(addr_spec=text)
    except (ValueError, IndexError) as error:
        raise ValueError("not an address") from error
    except Exception as error:  # email.errors.HeaderParseError is no ValueError
        raise ValueError("not an address") from error


class FolderSender:
    """Writes each message as a file `….eml`; written whole or not at all, a repeat in place of the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage, *, name: str) -> tuple[Outcome, str]:
        """Write the file."""
        try:
            if not self.folder.is_dir():
                self.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            draft = self.folder / f"{name}.tmp"
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
            with os.fdopen(handle, "wb") as file:
                file.write(message.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.folder / f"{name}.eml")
        except OSError as error:
            return Outcome.NO_SERVER, said_of(error)
        return Outcome.SENT, ""

    def close(self) -> None:
        """Nothing is open."""


class SmtpSender:
    """Sends over one connection, made when first needed and again when it was lost."""

    def __init__(self, route: MailRoute) -> None:
        self.route = route
        self._talk: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, *, name: str) -> tuple[Outcome, str]:  # noqa: ARG002 - the Message-ID says it
        """Send to the one address of To."""
        if self._talk is None:
            try:
                self._talk = connect(self.route)
            except (smtplib.SMTPException, OSError) as error:
                return Outcome.NO_SERVER, said_of(error)
        try:
            self._talk.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            [(code, _text)] = list(error.recipients.values())[:1] or [(451, b"")]
            return self._refused(code), said_of(error)
        except smtplib.SMTPSenderRefused as error:
            # It is our address that is not wanted: that is for a person to mend, and then the message goes out.
            self.close()
            return Outcome.LATER, said_of(error)
        except smtplib.SMTPDataError as error:
            return self._refused(error.smtp_code), said_of(error)
        except smtplib.SMTPNotSupportedError as error:
            return Outcome.NEVER, said_of(error)
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            return Outcome.UNKNOWN, said_of(error)
        return Outcome.SENT, ""

    def _refused(self, code: int) -> Outcome:
        if code == 421:  # the server closes the connection
            self.close()
        return Outcome.NEVER if 500 <= code < 600 else Outcome.LATER

    def close(self) -> None:
        """Say goodbye, if there is anybody to say it to."""
        if self._talk is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._talk.quit()
            self._talk.close()
        self._talk = None


def sender_of(route: MailRoute) -> Sender:
    """What sends by this route."""
    return FolderSender(route.folder) if route.folder is not None else SmtpSender(route)


def send_due(
    store: Store,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    seconds: Callable[[], float],
) -> int:
    """Send what is due; how many messages left. One that fails holds up no other, and nothing is raised for it."""
    _forget_old(store, clock() - KEPT_FOR)
    waiting = outbox.due(store.main, clock(), limit=MOST_AT_ONCE)
    if not waiting:
        return 0
    begun, left = seconds(), 0
    sender = sender_of(settings.mail)
    unreachable = ""
    try:
        for message in waiting:
            if seconds() - begun > SECONDS_AT_ONCE:
                break
            with store.write() as db:
                if not outbox.take(db, message, until=clock() + TAKEN_FOR):
                    continue
            outcome, error = (
                (Outcome.NO_SERVER, unreachable)
                if unreachable
                else _attempt(sender, message, settings)
            )
            if outcome is Outcome.NO_SERVER:
                unreachable = error
            left += outcome is Outcome.SENT
            _note(store, message, outcome, error, clock())
    finally:
        sender.close()
    return left


def _forget_old(store: Store, before: datetime) -> None:
    # Looked for first: this is asked at every tick, and a write is durable.
    oldest = outbox.oldest_settled(store.main)
    if oldest is not None and oldest < before:
        with store.write() as db:
            outbox.remove_old(db, before)


def _attempt(sender: Sender, message: Message, settings: Settings) -> tuple[Outcome, str]:
    try:
        made = email_of(message, settings)
    except ValueError:
        return Outcome.NEVER, "This is not one e-mail address."
    try:
        return sender.send(made, name=name_of(message))
    except Exception as error:
        # Whatever it is, it is this message's and not the next one's. Its words may quote the message.
        sender.close()
        return Outcome.UNKNOWN, type(error).__name__


def _note(store: Store, message: Message, outcome: Outcome, error: str, now: datetime) -> None:
    with store.write() as db:
        if outcome is Outcome.SENT:
            outbox.sent(db, message.id, now)
        else:
            outbox.failed_attempt(
                db,
                message.id,
                error=error,
                next_at=_next(message, outcome, now),
                doubtful=outcome is Outcome.UNKNOWN,
            )
    if outcome is Outcome.SENT:
        log.info("message %s was sent", message.id)
    else:
        code = error[:3] if error[:3].isdigit() else outcome.value
        log.warning("message %s was not sent: %s", message.id, code)


def _next(message: Message, outcome: Outcome, now: datetime) -> datetime | None:
    if outcome is Outcome.NEVER or message.attempts >= len(PAUSES):
        return None
    return now + PAUSES[message.attempts]
