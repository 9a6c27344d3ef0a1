"""The hot path of receiving: a sealed answer in good order is taken in before Flask builds a request for it.

Flask's request, context and response cost more than receiving itself (measured: 230 of 370 microseconds), and when two
hundred tablets come online together that is what they wait for. Only what succeeds is answered here. Whatever else
comes, faults included, goes on to the route in routes/api.py with its body unread or given back, so that there is one
place for what the interface refuses, and how it says so. Receiving twice is receiving once, so nothing is lost by that.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from forms.problems import Problem, ProblemError

from .security import of_the_interface
from .tablet_batches import (
    COOKIE,
    LARGEST_BATCH,
    OF_ANYBODY,
    OF_TABLETS,
    receive_from_anybody,
    receive_from_tablet,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from .service import Service
    from .settings import Settings

PATH = "/api/submissions"
TYPE = "application/octet-stream"
#: The header with the code of an invitation, and as WSGI calls it.
CODE_HEADER = "Svarboks-Code"
CODE_VARIABLE = "HTTP_SVARBOKS_CODE"

#: No sealed answer is larger: 6 bytes and a header of at most 1,024, the key's 65, 64 KiB and the tag's 16, and a little.
LARGEST_ENVELOPE = 70_000


class IntakeDoor:
    """WSGI middleware around the Flask app."""

    def __init__(self, app: WSGIApplication, running: Service, settings: Settings) -> None:
        self._app = app
        self._running = running
        self._headers = [("Content-Type", "application/json"), *of_the_interface(settings)]
        self._ways: dict[str, tuple[str, int, Callable[[bytes, WSGIEnvironment], bytes]]] = {
            PATH: ("201 CREATED", LARGEST_ENVELOPE, self._receive_one),
            OF_TABLETS: ("200 OK", LARGEST_BATCH, self._receive_batch_of_tablet),
            OF_ANYBODY: ("200 OK", LARGEST_BATCH, self._receive_batch_of_anybody),
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer what is received: 201 to a sealed answer, 200 to a batch; else let Flask answer."""
        way = self._ways.get(environ["PATH_INFO"])
        if (
            way is not None
            and environ["REQUEST_METHOD"] == "POST"
            and environ.get("CONTENT_TYPE") == TYPE
        ):
            status, largest, receive = way
            body = _received(environ, largest, receive)
            if body is not None:
                length = ("Content-Length", str(len(body)))
                start_response(status, [*self._headers, length])
                return (body,)
        return self._app(environ, start_response)

    def _receive_one(self, raw: bytes, environ: WSGIEnvironment) -> bytes:
        running = self._running
        receipt = running.intake.receive(
            raw, now=running.clock(), from_anybody=True, code=environ.get(CODE_VARIABLE, "")
        )
        return receipt_body(receipt.digest, receipt.key)

    def _receive_batch_of_tablet(self, raw: bytes, environ: WSGIEnvironment) -> bytes:
        site = environ.get("HTTP_SEC_FETCH_SITE", "same-origin")
        if site != "same-origin":
            raise ProblemError(Problem.FORGED)
        return receive_from_tablet(self._running, raw, _token(environ.get("HTTP_COOKIE", "")))

    def _receive_batch_of_anybody(self, raw: bytes, _environ: WSGIEnvironment) -> bytes:
        return receive_from_anybody(self._running, raw)


def _token(header: str) -> str:
    """The tablet's token in a Cookie header, '' where it has none."""
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _received(
    environ: WSGIEnvironment, largest: int, receive: Callable[[bytes, WSGIEnvironment], bytes]
) -> bytes | None:
    """The answer to a body that is received; None, with the body given back, where it is for Flask to answer."""
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdecimal() or int(length) > largest:
        return None
    stream: Any = environ["wsgi.input"]
    raw = stream.read(int(length))
    try:
        return receive(raw, environ)
    except ProblemError:
        environ["wsgi.input"] = io.BytesIO(raw)
        return None


def receipt_body(digest: str, key: str) -> bytes:
    """The receipt on the wire. Hex digits need no escaping, so it is written by hand."""
    return f'{{"digest": "{digest}", "key": "{key}"}}\n'.encode("ascii")
