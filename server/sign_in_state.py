"""What a browser carries while its owner is away at the identity provider.

It lies in a cookie of that browser, signed with the service's secret, for ten minutes: nothing is kept on the server
before somebody has signed in, and what one browser began no other can finish.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """One attempt to sign in. `state` binds the answer to the browser, `nonce` the token to the attempt, `verifier` the
    code to it (PKCE, RFC 7636); `next` is where to go afterwards, `until` the second (UTC, since 1970) it ends at."""

    state: str
    nonce: str
    verifier: str
    next: str
    until: int


def sealed(began: Began, secret: bytes) -> str:
    """The value of the cookie."""
    text = json.dumps(asdict(began), separators=(",", ":")).encode()
    body = base64.urlsafe_b64encode(text).decode()
    return f"{body}.{_signature(body, secret)}"


def opened(cookie: str, secret: bytes, now: datetime) -> Began | None:
    """What `sealed` wrote; None for anything else, and for what has ended."""
    body, _, signature = cookie.partition(".")
    if not hmac.compare_digest(_signature(body, secret).encode(), signature.encode()):
        return None
    try:
        began = Began(**json.loads(base64.urlsafe_b64decode(body)))
    except (ValueError, TypeError, binascii.Error):  # signed by us, by an earlier version
        return None
    return began if now.timestamp() < began.until else None


def _signature(body: str, secret: bytes) -> str:
    return hmac.new(secret, f"oidc {body}".encode(), hashlib.sha256).hexdigest()
