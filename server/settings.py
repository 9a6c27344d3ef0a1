"""What an installation can set, read once from the environment. docs/settings.md describes each; a test compares.

Every setting has a safe default, so that `svarboks serve` works on a bare machine. A faulty one stops the start
with a sentence that names the variable: an installation never runs with half of what was meant.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from server.local_hosts import is_local
from server.mail_route import MailRoute, read_route
from server.provider_settings import ProviderSettings, read_provider

#: Every variable that is read, in the order of docs/settings.md.
VARIABLES = (
    "SVARBOKS_DATA",
    "SVARBOKS_KEYS",
    "SVARBOKS_URL",
    "PORT",
    "SVARBOKS_HOST",
    "SVARBOKS_WORKERS",
    "SVARBOKS_SECRET_KEY",
    "SVARBOKS_SECOND_FACTOR",
    "SVARBOKS_ORGANISATION",
    "SVARBOKS_ACCESSIBILITY_URL",
    "SVARBOKS_SECURITY_CONTACT",
    "SVARBOKS_INTAKE_RATE",
    "SVARBOKS_INTAKE_BURST",
    "SVARBOKS_MAIL",
    "SVARBOKS_MAIL_FROM",
    "SVARBOKS_MAILBOX_PAGE",
    "SVARBOKS_OIDC_ISSUER",
    "SVARBOKS_OIDC_CLIENT_ID",
    "SVARBOKS_OIDC_CLIENT_SECRET",
    "SVARBOKS_OIDC_NAME",
    "SVARBOKS_OIDC_TRUST_EMAIL",
    "SVARBOKS_BACKUPS",
    "SVARBOKS_EXPORTS",
)


#: Where export folders lie in the data folder unless set.
EXPORTS = "exports"


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names the variable, the fault and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one installation.

    `intake_rate` is how many answers a second one round may bring in for long, `intake_burst` how many at once
    before that; a rate of 0 means no such limit. Both count in each worker, in memory only. `mail_from` is an address,
    or a name and an address; `mailbox_page` shows mail that goes to a folder to everybody, for trials; `provider` is
    None without an identity provider, `backups` None where no folder of backups was named. `exports` is the root of the working
    groups' export folders.
    """

    data: Path
    keys: Path
    url: str
    port: int
    host: str
    workers: int
    secret_key: str
    second_factor: str
    organisation: str
    accessibility_url: str
    security_contact: str
    intake_rate: float
    intake_burst: int
    mail: MailRoute
    mail_from: str
    mailbox_page: bool
    provider: ProviderSettings | None
    backups: Path | None
    exports: Path

    @property
    def exports_in_data(self) -> bool:
        """Whether the export folders lie where they do unless set: only there the root is made. A folder that was named may be a
        share, and where it is not mounted nothing must be written in its place."""
        return self.exports == self.data / EXPORTS

    @property
    def https(self) -> bool:
        """Whether people reach this installation over https: cookies are then Secure and HSTS is sent."""
        return self.url.startswith("https://")

    @property
    def requires_second_factor(self) -> bool:
        """Whether somebody who signs in with a password has to set up a second factor before anything else."""
        return self.second_factor == "required"

    @property
    def unsafe_origin(self) -> bool:
        """Plain http on another name than localhost: sealing in the browser and tablets do not work there,
        and a password would travel in the clear."""
        return not self.https and not is_local(urlsplit(self.url).hostname)

    def link(self, round_id: str) -> str:
        """The short link to a round that people are given."""
        return f"{self.url}/s/{round_id}"


def from_environment(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` gives.

    Raises SettingsError for the first variable that cannot be used.
    """
    data = Path(_text(environ, "SVARBOKS_DATA", "var/data")).expanduser().absolute()
    port = _whole(environ, "PORT", 8080, 1, 65535)
    keys = _text(environ, "SVARBOKS_KEYS", "")
    keys_folder = (
        Path(keys).expanduser().absolute() if keys else data.with_name(f"{data.name}-keys")
    )
    if keys_folder == data or data in keys_folder.parents:
        raise SettingsError(
            f"SVARBOKS_KEYS: {keys_folder} lies inside the data folder, so that a backup of the data would hold "
            "the private keys too. Name a folder outside SVARBOKS_DATA."
        )
    url = _origin(environ, "SVARBOKS_URL", f"http://localhost:{port}")
    backups = _text(environ, "SVARBOKS_BACKUPS", "")
    return Settings(
        data=data,
        keys=keys_folder,
        url=url,
        port=port,
        host=_text(environ, "SVARBOKS_HOST", "127.0.0.1"),
        workers=_whole(environ, "SVARBOKS_WORKERS", 2, 1, 64),
        secret_key=_secret(environ, "SVARBOKS_SECRET_KEY"),
        second_factor=_one_of(environ, "SVARBOKS_SECOND_FACTOR", ("required", "offered")),
        organisation=_text(environ, "SVARBOKS_ORGANISATION", "Svarboks"),
        accessibility_url=_link(environ, "SVARBOKS_ACCESSIBILITY_URL", "/accessibility"),
        security_contact=_contact(environ, "SVARBOKS_SECURITY_CONTACT"),
        intake_rate=_number(environ, "SVARBOKS_INTAKE_RATE", 100.0, 0, 1_000_000),
        intake_burst=_whole(environ, "SVARBOKS_INTAKE_BURST", 1000, 1, 10_000_000),
        mail=_mail(environ, "SVARBOKS_MAIL", data),
        mail_from=_sender(environ, "SVARBOKS_MAIL_FROM", url),
        mailbox_page=_switch(environ, "SVARBOKS_MAILBOX_PAGE"),
        provider=_provider(environ),
        backups=Path(backups).expanduser().absolute() if backups else None,
        exports=_exports(environ, data, keys_folder),
    )


def _exports(environ: Mapping[str, str], data: Path, keys: Path) -> Path:
    """The root of the export folders. People read there: neither the data nor the keys lie below it."""
    text = _text(environ, "SVARBOKS_EXPORTS", "")
    if not text:
        return data / EXPORTS
    path = Path(text).expanduser().absolute()
    if any(path == one or path in one.parents for one in (data, keys)):
        raise SettingsError(
            f"SVARBOKS_EXPORTS: {path} holds the data or the keys, and whole working groups are to read there. Name another"
            " folder."
        )
    return path


def secret_of(settings: Settings) -> bytes:
    """The secret that signs forms: the one that was set, else the one in the data folder's file `secret`.

    The file is made at the first call, readable by its owner only. Several workers may start at once: the one
    that links its file first wins, and all read that one.
    """
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.data / "secret"
    if not path.exists():
        draft = settings.data / f"secret-{os.getpid()}-{secrets.token_hex(4)}.tmp"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another worker was first: its secret is the one
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip().encode()


def _text(environ: Mapping[str, str], name: str, default: str) -> str:
    value = environ.get(name, "").strip()
    if any(ord(sign) < 32 for sign in value):
        raise SettingsError(f"{name}: holds a control character. Write it on one line.")
    return value or default


def _switch(environ: Mapping[str, str], name: str) -> bool:
    text = _text(environ, name, "").lower()
    if text in {"1", "on", "yes", "true"}:
        return True
    if text in {"", "0", "off", "no", "false"}:
        return False
    raise SettingsError(f"{name}: {text!r} is neither on nor off. Write on, or leave it out.")


def _one_of(environ: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    """One of the words; the first of them unless set."""
    text = _text(environ, name, words[0]).lower()
    if text not in words:
        raise SettingsError(f"{name}: {text!r} is none of {', '.join(words)}. Write one of them.")
    return text


def _mail(environ: Mapping[str, str], name: str, data: Path) -> MailRoute:
    try:
        return read_route(_text(environ, name, ""), data)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from error


def _sender(environ: Mapping[str, str], name: str, url: str) -> str:
    host = urlsplit(url).hostname or ""
    text = _text(environ, name, f"svarboks@{'localhost' if is_local(host) else host}")
    try:
        Address(addr_spec=parseaddr(text)[1])
    except Exception as error:  # HeaderParseError is no ValueError
        raise SettingsError(
            f"{name}: {text!r} is not an e-mail address. Write svarboks@region.example or a name and"
            " <svarboks@region.example>."
        ) from error
    return text


def _provider(environ: Mapping[str, str]) -> ProviderSettings | None:
    """Issuer and client belong together; the rest only shows."""
    return read_provider(
        issuer=_text(environ, "SVARBOKS_OIDC_ISSUER", ""),
        client_id=_text(environ, "SVARBOKS_OIDC_CLIENT_ID", ""),
        client_secret=_text(environ, "SVARBOKS_OIDC_CLIENT_SECRET", ""),
        name=_text(environ, "SVARBOKS_OIDC_NAME", ""),
        trust_email=_switch(environ, "SVARBOKS_OIDC_TRUST_EMAIL"),
        refuse=lambda name, why: SettingsError(f"{name}: {why}"),
    )


def _number(
    environ: Mapping[str, str], name: str, default: float, least: float, most: float
) -> float:
    text = _text(environ, name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise SettingsError(
            f"{name}: {text!r} is not a number from {least:g} to {most:g}. Correct it or leave it out."
        )
    return value


def _whole(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = _text(environ, name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise SettingsError(
            f"{name}: {text!r} is not a whole number from {least} to {most}. Correct it or leave it out."
        )
    return int(text)


def _secret(environ: Mapping[str, str], name: str) -> str:
    text = _text(environ, name, "")
    if text and len(text) < 32:
        raise SettingsError(
            f"{name}: has fewer than 32 characters. Use a long random one, or leave it out and one is made."
        )
    return text


def _origin(environ: Mapping[str, str], name: str, default: str) -> str:
    text = _text(environ, name, default).rstrip("/")
    parts = urlsplit(text)
    try:
        well_formed = parts.port is None or parts.port > 0
    except ValueError:
        well_formed = False
    if (
        not well_formed
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.path
        or parts.query
        or parts.fragment
        or parts.username
    ):
        raise SettingsError(
            f"{name}: {text!r} is not an origin. Write it as https://name or http://localhost:8080, without a path."
        )
    return text


def _link(environ: Mapping[str, str], name: str, default: str) -> str:
    text = _text(environ, name, default)
    parts = urlsplit(text)
    local = text.startswith("/") and not text.startswith("//")
    if not local and not (parts.scheme == "https" and parts.hostname):
        raise SettingsError(f"{name}: {text!r} is not an address. Write it as https://…")
    return text


def _contact(environ: Mapping[str, str], name: str) -> str:
    """An address of the kind that security.txt takes (RFC 9116, 2.5.3): mailto: or https:; empty where none is set."""
    text = _text(environ, name, "")
    if not text:
        return ""
    if re.fullmatch(r"(mailto:)?[^@\s]+@[^@\s]+", text):
        return "mailto:" + text.removeprefix("mailto:")
    parts = urlsplit(text)
    if not (parts.scheme == "https" and parts.hostname):
        raise SettingsError(
            f"{name}: {text!r} is neither an e-mail address nor https://…. Write security@region.example."
        )
    return text
