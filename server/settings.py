"""What an installation can set, read once from the environment. docs/settings.md describes each; a test compares.

Every setting has a safe default, so that `svarboks serve` works on a bare machine. A faulty one stops the start
with a sentence that names the variable: an installation never runs with half of what was meant.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

#: Hosts on which browsers give service workers, WebCrypto and passkeys over plain http.
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

#: Every variable that is read, in the order of docs/settings.md.
VARIABLES = (
    "SVARBOKS_DATA",
    "SVARBOKS_KEYS",
    "SVARBOKS_URL",
    "PORT",
    "SVARBOKS_HOST",
    "SVARBOKS_WORKERS",
    "SVARBOKS_SECRET_KEY",
    "SVARBOKS_ORGANISATION",
    "SVARBOKS_ACCESSIBILITY_URL",
    "SVARBOKS_INTAKE_RATE",
    "SVARBOKS_INTAKE_BURST",
)


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names the variable, the fault and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one installation.

    `intake_rate` is how many answers a second one round may bring in for long, `intake_burst` how many at once
    before that; a rate of 0 means no such limit. Both count in each worker, in memory only.
    """

    data: Path
    keys: Path
    url: str
    port: int
    host: str
    workers: int
    secret_key: str
    organisation: str
    accessibility_url: str
    intake_rate: float
    intake_burst: int

    @property
    def https(self) -> bool:
        """Whether people reach this installation over https: cookies are then Secure and HSTS is sent."""
        return self.url.startswith("https://")

    @property
    def unsafe_origin(self) -> bool:
        """Plain http on another name than localhost: sealing in the browser and tablets do not work there,
        and a password would travel in the clear."""
        return not self.https and urlsplit(self.url).hostname not in LOCAL_HOSTS

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
    return Settings(
        data=data,
        keys=keys_folder,
        url=_origin(environ, "SVARBOKS_URL", f"http://localhost:{port}"),
        port=port,
        host=_text(environ, "SVARBOKS_HOST", "127.0.0.1"),
        workers=_whole(environ, "SVARBOKS_WORKERS", 2, 1, 64),
        secret_key=_secret(environ, "SVARBOKS_SECRET_KEY"),
        organisation=_text(environ, "SVARBOKS_ORGANISATION", "Svarboks"),
        accessibility_url=_link(environ, "SVARBOKS_ACCESSIBILITY_URL", "/accessibility"),
        intake_rate=_number(environ, "SVARBOKS_INTAKE_RATE", 100.0, 0, 1_000_000),
        intake_burst=_whole(environ, "SVARBOKS_INTAKE_BURST", 1000, 1, 10_000_000),
    )


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
