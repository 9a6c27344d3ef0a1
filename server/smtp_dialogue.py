"""A connection to a mail server, and what was said on it, with every secret covered.

TLS certificates are verified against the machine's own authorities (an authority of one's own: SSL_CERT_FILE).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence
from typing import Any

from server.mail_route import MailRoute, Transport

#: Seconds that one step of the dialogue may take.
TIMEOUT = 10.0

COVERED = "********"

Hear = Callable[[str], None]


class _Talk(smtplib.SMTP):
    """SMTP that tells each line it sends (`> `) and gets (`< `) to `hear`: a login covered, a message as its size."""

    hear: Hear | None = None
    _covering = False

    def send(self, s: Any) -> None:
        """Send, and tell the line."""
        if self.hear is not None:
            line = s.decode("ascii", "replace") if isinstance(s, bytes) else str(s)
            self._told(line)
        super().send(s)

    def _told(self, line: str) -> None:
        assert self.hear is not None
        lines = line.rstrip("\r\n").splitlines()
        if self._covering:
            words = line.split()
            said = f"{words[0]} {words[1]} {COVERED}" if words[:1] == ["AUTH"] else COVERED
        elif len(lines) > 1:
            said = f"(the message, {len(line)} bytes)"
        else:
            said = lines[0] if lines else ""
        self.hear(f"> {said}")

    def getreply(self) -> tuple[int, bytes]:
        """Get the server's reply, and tell it."""
        code, text = super().getreply()
        if self.hear is not None:
            said = text.decode("utf-8", "replace").splitlines() or [""]
            # A server's question in the middle of a login is harmless, but may repeat what it was told.
            for line in [COVERED] if self._covering and code == 334 else said:
                self.hear(f"< {code} {line}")
        return code, text

    def auth(
        self, mechanism: str, authobject: Any, *, initial_response_ok: bool = True
    ) -> tuple[int, bytes]:
        """Log in, covered."""
        self._covering = True
        try:
            return super().auth(mechanism, authobject, initial_response_ok=initial_response_ok)
        finally:
            self._covering = False


class _TalkInTls(_Talk, smtplib.SMTP_SSL):
    """The same, in TLS from the first byte."""


def connect(
    route: MailRoute, *, hear: Hear | None = None, timeout: float = TIMEOUT
) -> smtplib.SMTP:
    """A connection that is ready to send on: in TLS and logged in where the route says so.

    Raises smtplib.SMTPException, ssl.SSLError or OSError.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if hear is not None and route.password:
        hear = _without(route.password, hear)
    talk: _Talk
    if route.transport is Transport.SMTPS:
        talk = _made(_TalkInTls, hear, timeout=timeout, context=context)
    else:
        talk = _made(_Talk, hear, timeout=timeout)
    try:
        # Outside of the constructor, so that the greeting is told too. The name is what certificates are checked for.
        talk._host = route.host  # type: ignore[attr-defined]
        code, greeting = talk.connect(route.host, route.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, greeting)
        talk.ehlo_or_helo_if_needed()
        if route.transport is Transport.STARTTLS:
            if hear is not None:
                hear("(asks for TLS)")
            talk.starttls(context=context)
            talk.ehlo_or_helo_if_needed()
        if hear is not None and isinstance(talk.sock, ssl.SSLSocket):
            hear(f"({talk.sock.version()}, the certificate fits {route.host})")
        if route.user:
            talk.login(route.user, route.password)
    except BaseException:
        talk.close()
        raise
    return talk


def _without(secret: str, hear: Hear) -> Hear:
    """Tells everything but the secret, should a server repeat it."""
    return lambda line: hear(line.replace(secret, COVERED))


def _made(kind: type[_Talk], hear: Hear | None, **options: Any) -> _Talk:
    talk = kind(**options)
    talk.hear = hear
    return talk


def said_of(error: BaseException) -> str:
    """An error of a connection in one line: the server's own words where it said any, never ours."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        refusals: Sequence[tuple[int, bytes]] = list(error.recipients.values())
        return _reply(*refusals[0]) if refusals else "refused"
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: {error.verify_message or error.reason}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or type(error).__name__}"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "The mail server hung up."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "The mail server did not answer in time."
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return type(error).__name__


def _reply(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    printable = "".join(sign if sign.isprintable() else " " for sign in words)
    return f"{code} {' '.join(printable.split())}"[:300]
