"""A network in between, as in a hotel or on a ward: it passes requests on, or answers them itself with its own login page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

LOGIN = b"<!doctype html><title>Log in</title><p>Accept the terms to go online.</p>"
PASSED_ON = ("Content-Type", "Location", "Retry-After", "Cache-Control")


class Portal:
    """A proxy in front of `origin`. What it does with POST is `mode`:

    open: pass it on · login: a page with status 200 · redirect: to a login page · lost: pass it on, lose the receipt.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.mode = "open"
        self.posted: list[bytes] = []
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                """Pages come through."""
                if self.path == "/login":
                    return self.answer(200, LOGIN, {"Content-Type": "text/html"})
                return self.pass_on("GET", b"")

            def do_POST(self) -> None:
                """Answers come through, or not."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                portal.posted.append(body)
                if portal.mode == "login":
                    self.answer(200, LOGIN, {"Content-Type": "text/html"})
                elif portal.mode == "redirect":
                    self.answer(302, b"", {"Location": "/login"})
                else:
                    self.pass_on("POST", body)

            def pass_on(self, method: str, body: bytes) -> None:
                """Ask the real server, and give its answer back unless it is to be lost."""
                headers = {n: v for n, v in self.headers.items() if n.lower() != "host"}
                answer = requests.request(
                    method, portal.origin + self.path, data=body, headers=headers, timeout=20,
                    allow_redirects=False,
                )  # fmt: skip
                if method == "POST" and portal.mode == "lost":
                    self.close_connection = True
                    return
                kept = {n: answer.headers[n] for n in PASSED_ON if n in answer.headers}
                self.answer(answer.status_code, answer.content, kept)

            def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                """Send a response."""
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_address[1]}"

    def serve(self) -> None:
        """Serve until `close`."""
        self._server.serve_forever()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def portal_before(origin: str) -> Iterator[Portal]:
    """A portal that runs while the block does."""
    portal = Portal(origin)
    thread = threading.Thread(target=portal.serve, daemon=True)
    thread.start()
    try:
        yield portal
    finally:
        portal.close()
        thread.join()
