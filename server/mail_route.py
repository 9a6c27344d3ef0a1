"""Where mail goes out: the setting SVARBOKS_MAIL, read. A mail server with or without TLS, or a folder of files."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from server.local_hosts import is_local


class Transport(StrEnum):
    """How a message leaves; the values are the schemes of SVARBOKS_MAIL."""

    #: As plain SMTP, for a relay on the same machine or network that asks for no password.
    SMTP = "smtp"
    #: SMTP that changes to TLS before anything else is said (RFC 3207); refused where the server has no TLS.
    STARTTLS = "smtp+starttls"
    #: TLS from the first byte (RFC 8314).
    SMTPS = "smtps"
    #: One file a message: for trying Svarboks out.
    FOLDER = "folder"


PORTS = {Transport.SMTP: 25, Transport.STARTTLS: 587, Transport.SMTPS: 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRoute:
    """One way out. `folder` is set for a folder only, the others for a mail server only. The password is never in repr."""

    transport: Transport
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    folder: Path | None = None

    def __str__(self) -> str:
        """Without user and password, for people."""
        if self.folder is not None:
            return f"folder:{self.folder}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport.value}://{host}:{self.port}"


def read_route(text: str, data: Path) -> MailRoute:
    """The route that a setting names; an empty one is the folder `mailbox` in the data folder.

    Raises ValueError with the fault and the remedy; the text is not repeated in it, since it may hold a password.
    """
    if not text:
        return MailRoute(transport=Transport.FOLDER, folder=data / "mailbox")
    scheme, colon, rest = text.partition(":")
    if scheme == Transport.FOLDER and colon:
        if not rest.strip("/"):
            raise ValueError("names no folder. Write folder:/var/spool/svarboks.")
        return MailRoute(transport=Transport.FOLDER, folder=Path(rest).expanduser().absolute())
    servers = {kind.value: kind for kind in PORTS}
    if scheme not in servers:
        raise ValueError(
            "is none of smtp://host:25, smtp+starttls://user:password@host:587, smtps://user:password@host:465 and"
            " folder:/path. Write one of them."
        )
    transport = servers[scheme]
    try:
        parts = urlsplit(text)
        port = PORTS[transport] if parts.port is None else parts.port
    except ValueError:
        port = 0
    if (
        not 0 < port < 65536
        or not parts.hostname
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
    ):
        raise ValueError(
            "is not an address of a mail server. Write scheme://user:password@host:port; signs such as @ : / # % in the"
            " user or the password are written as %40 %3A %2F %23 %25."
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError(
            "has a user without a password, or the other way round. Give both or neither."
        )
    if any(not 32 <= ord(sign) < 127 for sign in user + password):
        raise ValueError(
            "has signs in its user or password that mail servers do not agree on. Choose a password of ASCII signs."
        )
    if user and transport is Transport.SMTP and not is_local(parts.hostname):
        raise ValueError(
            "would send the password in the clear. Use smtp+starttls:// or smtps://, or leave user and password out."
        )
    return MailRoute(
        transport=transport, host=parts.hostname, port=port, user=user, password=password
    )
