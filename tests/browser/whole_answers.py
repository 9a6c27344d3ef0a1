"""A WSGI server of tests that browsers leave in the middle of a file."""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


def whole_answers(app: WSGIApplication) -> WSGIApplication:
    """The app with each answer read whole and closed before it is sent.

    werkzeug's server does not close the answer's file when the browser has gone away before it was sent (its last
    look at the socket raises first), and the garbage collector then complains in whatever test happens to run.
    """

    def answering(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        parts = app(environ, start)
        try:
            return [b"".join(parts)]
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()

    return answering
