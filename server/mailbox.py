"""The folder of mail as a mailbox that one can read: what stands for people's e-mail while Svarboks is tried out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from pathlib import Path

#: As mail_sending.name_of writes them.
_NAME = re.compile(r"svarboks-([0-9]{1,18})-([0-9]{8}T[0-9]{6}Z)")
MOST_LISTED = 100

_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message of the folder. `body` is its plain text."""

    name: str
    sender: str
    recipient: str
    subject: str
    at: datetime
    body: str


def letters(folder: Path) -> list[Letter]:
    """The newest messages of the folder, the newest first; none where there is no folder yet."""
    if not folder.is_dir():
        return []
    names = [file.stem for file in folder.glob("*.eml") if _NAME.fullmatch(file.stem)]
    newest = sorted(names, key=_order, reverse=True)[:MOST_LISTED]
    return [found for name in newest if (found := letter(folder, name)) is not None]


def letter(folder: Path, name: str) -> Letter | None:
    """The message of this name, or None where there is none."""
    if not _NAME.fullmatch(name):
        return None
    try:
        message = message_from_bytes((folder / f"{name}.eml").read_bytes(), policy=default_policy)
    except FileNotFoundError:
        return None
    assert isinstance(message, EmailMessage)
    return Letter(
        name=name,
        sender=str(message["From"]),
        recipient=str(message["To"]),
        subject=str(message["Subject"]),
        at=message["Date"].datetime,
        body=message.get_content().replace("\r\n", "\n"),
    )


def pieces(text: str, url: str) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it is a link to this service. Other addresses stay words."""
    found: list[tuple[str, bool]] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = match.group()
        if address == url or address.startswith(f"{url}/"):
            found += [(text[end : match.start()], False), (address, True)]
            end = match.end()
    return [piece for piece in [*found, (text[end:], False)] if piece[0]]


def _order(name: str) -> tuple[str, int]:
    match = _NAME.fullmatch(name)
    assert match is not None
    return match[2], int(match[1])
