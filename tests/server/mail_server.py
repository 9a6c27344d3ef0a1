"""A real mail server on loopback (aiosmtpd), with recipients that it treats in ways of their own."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.server.certificates import Certificate

USER = "svarboks"
PASSWORD = "et:meget/hemmeligt@ord"


@dataclass
class Post:
    """What has arrived. `before_answer` is called when a message has come whole, before the server says so."""

    arrived: list[tuple[str, EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    connections: int = 0
    before_answer: Callable[[str], None] = lambda recipient: None

    @property
    def recipients(self) -> list[str]:
        """To whom, in order."""
        return [recipient for recipient, _message in self.arrived]

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Count who comes."""
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse a sender that is not ours."""
        if address.startswith("unwanted@"):
            return "550 5.7.1 sender not wanted"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Some are refused for now, some for ever."""
        if address.startswith("temporary@"):
            return "451 4.2.0 greylisted, try later"
        if address.startswith("permanent@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the message; hang up, or refuse the content, for those who are called so."""
        [recipient] = envelope.rcpt_tos
        content = envelope.original_content
        assert content is not None
        if recipient.startswith("hangup@"):
            assert server.transport is not None
            server.transport.abort()
            return "421 gone"
        if recipient.startswith("content@"):
            return "554 5.7.1 content rejected"
        self.raw.append(content)
        message = message_from_bytes(content, policy=default_policy)
        assert isinstance(message, EmailMessage)
        self.arrived.append((recipient, message))
        self.before_answer(recipient)
        return "250 2.0.0 kept"


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    """One user, one password."""
    fits = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=fits, handled=False)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MailServer:
    """Serves while it is used as a context. With a certificate it asks for TLS: by STARTTLS, or from the first byte."""

    def __init__(
        self, certificate: Certificate | None = None, *, at_once: bool = False, login: bool = False
    ) -> None:
        self.post = Post()
        self.port = free_port()
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
        options: dict[str, Any] = {"enable_SMTPUTF8": False}
        if context is not None and not at_once:
            options |= {"tls_context": context, "require_starttls": True}
        if login:
            options |= {
                "authenticator": authenticate,
                "auth_required": True,
                "auth_require_tls": not at_once,
            }
        self._controller = Controller(
            self.post,
            hostname="127.0.0.1",
            port=self.port,
            ssl_context=context if at_once else None,
            **options,
        )

    def __enter__(self) -> MailServer:
        """Listen."""
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop."""
        self._controller.stop()
