"""The hot path of receiving: a sealed answer in good order is taken in before Flask builds a request for it.

Flask's request, context and response cost more than receiving itself (measured: 230 of 370 microseconds), and when two
hundred tablets come online together that is what they wait for. Only what succeeds is answered here. Whatever else
comes, faults included, goes on to the route in routes/api.py with its body unread or given back, so that there is one
place for what the interface refuses, and how it says so. Receiving twice is receiving once, so nothing is lost by that.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from forms.problems import ProblemError

from .security import of_the_interface

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

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer 201 to a sealed answer that is kept; else let Flask answer."""
        if (
            environ["PATH_INFO"] == PATH
            and environ["REQUEST_METHOD"] == "POST"
            and environ.get("CONTENT_TYPE") == TYPE
        ):
            body = self._received(environ)
            if body is not None:
                length = ("Content-Length", str(len(body)))
                start_response("201 CREATED", [*self._headers, length])
                return (body,)
        return self._app(environ, start_response)

    def _received(self, environ: WSGIEnvironment) -> bytes | None:
        length = environ.get("CONTENT_LENGTH", "")
        if not length.isdecimal() or int(length) > LARGEST_ENVELOPE:
            return None
        stream: Any = environ["wsgi.input"]
        raw = stream.read(int(length))
        running = self._running
        try:
            receipt = running.intake.receive(
                raw, now=running.clock(), from_anybody=True, code=environ.get(CODE_VARIABLE, "")
            )
        except ProblemError:
            environ["wsgi.input"] = io.BytesIO(raw)
            return None
        return receipt_body(receipt.digest, receipt.key)


def receipt_body(digest: str, key: str) -> bytes:
    """The receipt on the wire. Hex digits need no escaping, so it is written by hand."""
    return f'{{"digest": "{digest}", "key": "{key}"}}\n'.encode("ascii")
