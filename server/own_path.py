"""Where a person is sent on to after signing in or choosing a language: always a page of this service."""

from __future__ import annotations

#: Where such a way may lead.
BEGINNINGS = ("/desk", "/sign-in", "/account", "/welcome/", "/first/", "/mailbox")


def own_path(path: str) -> str:
    """The path, or the desk's where it could lead elsewhere."""
    allowed = path.startswith(BEGINNINGS) and not set(path) & set("\\\r\n\t?#")
    return path if allowed and "//" not in path else "/desk"
