"""A network as tablets meet it: a TCP proxy between a client and a server that loses, delays, cuts and repeats what passes.

It takes one HTTP request from a connection, decides its fate from a seed and a count (so that a run can be repeated as far
as threads allow), and closes the connection after the answer. The server behind it never learns that it is there, and what
the proxy has taken is delivered by the server as if it had come from the client.

    fate        what the client sees                          what the server sees
    drop        the connection ends                           nothing
    stall       nothing for a while, then the connection ends the request, after the while
    truncate    the connection ends in mid-answer             half a request, or the whole (in turn)
    duplicate   one answer                                    the request twice
    reorder     the connection ends                           the request, after later ones
    lose        the connection ends                           the request (the acknowledgement is lost)
    portal      200 with HTML, or a redirect to it (in turn)  nothing
    pass        the answer                                    the request
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

LOGIN = b"<!doctype html><title>Welcome</title><form action=/login>Accept the terms to use the guest network</form>"

#: Ten percent each; the rest passes.
BAD = {
    "drop": 0.1, "stall": 0.1, "truncate": 0.1, "duplicate": 0.1, "reorder": 0.1, "lose": 0.1, "portal": 0.1,
}  # fmt: skip

#: Bytes that a slow line carries in one step.
_STEP_SECONDS = 0.02


def _sleep() -> float:
    """One step; gives how long it really was: a busy machine makes the line no slower than it is meant to be."""
    began = time.monotonic()
    time.sleep(_STEP_SECONDS)
    return time.monotonic() - began


@dataclass(frozen=True, slots=True)
class Line:
    """How fast the line is: bytes a second, and a break of `break_seconds` every `every_seconds`. 0: no limit, no break."""

    bytes_per_second: float = 0.0
    every_seconds: float = 0.0
    break_seconds: float = 0.0


@dataclass(slots=True)
class BadNetwork:
    """The proxy. `fates` gives the share of each fate; `meddles` says with which paths it meddles (others pass)."""

    server_port: int
    fates: Mapping[str, float] = field(default_factory=lambda: BAD)
    line: Line = Line()
    seed: int = 0
    stall_seconds: float = 1.0
    meddles: tuple[str, ...] = ("/",)
    #: When set, every connection is refused at once: there is no network.
    down: bool = False
    seen: Counter[str] = field(default_factory=Counter)
    #: Bytes of bodies that came from clients, as far as the line carried them.
    carried: int = 0
    #: How often a break cut a request that was under way.
    cut: int = 0
    _listener: socket.socket = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _held: list[bytes] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _over: threading.Event = field(default_factory=threading.Event)
    _rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._listener = socket.socket()
        # Small, so that a slow line is felt by the client and not hidden in the kernel.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(256)

    @property
    def port(self) -> int:
        """Where clients find it."""
        port: int = self._listener.getsockname()[1]
        return port

    def serve(self) -> None:
        """Take connections until `close`."""
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def close(self) -> None:
        """End, and let go of what is held back: it arrives late, but it arrives."""
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for request in self._held:
            self._ask(request)

    def _serve_one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(60)
            if self.down or self._is_break():
                return
            request = self._take_request(connection)
            if request is None:
                return
            getattr(self, f"_{self._fate(request)}")(connection, request)

    def _fate(self, request: bytes) -> str:
        path = request.split(b" ", 2)[1].decode("latin-1")
        with self._lock:
            drawn = self._rng.random()
            fate = "pass"
            if path.startswith(self.meddles):
                for name, share in self.fates.items():
                    drawn -= share
                    if drawn < 0:
                        fate = name
                        break
            self.seen[fate] += 1
        return fate

    def _take_request(self, connection: socket.socket) -> bytes | None:
        """A whole request, at the line's speed; None when the client or a break ends it before."""
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            more = self._receive(connection, 4096)
            if not more:
                return None
            data += more
        head, body = data[: end + 4], data[end + 4 :]
        length = 0
        kept = []
        for line in head.split(b"\r\n")[:-2]:
            name = line.split(b":", 1)[0].lower()
            if name == b"content-length":
                length = int(line.split(b":", 1)[1])
            if name == b"expect":
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            elif name not in (b"connection", b"keep-alive"):
                kept.append(line)
        parts = [body]
        missing = length - len(body)
        while missing > 0:
            more = self._receive(connection, missing)
            if not more:
                return None
            parts.append(more)
            missing -= len(more)
            with self._lock:
                self.carried += len(more)
        return b"\r\n".join((*kept, b"Connection: close", b"", b"")) + b"".join(parts)

    def _receive(self, connection: socket.socket, most: int) -> bytes:
        if not self.line.bytes_per_second:
            received = connection.recv(min(most, 65536))
        else:
            slept = _sleep()
            if self._is_break():
                with self._lock:
                    self.cut += 1
                return b""
            received = connection.recv(min(most, max(1, int(self.line.bytes_per_second * slept))))
        return received

    def _is_break(self) -> bool:
        every, long = self.line.every_seconds, self.line.break_seconds
        return bool(every) and (time.monotonic() - self._began) % every > every - long

    def _ask(self, request: bytes) -> bytes:
        """The server's whole answer to a request, b"" when there is none."""
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self.server_port), timeout=60) as server,
        ):
            server.sendall(request)
            parts = []
            while more := server.recv(65536):
                parts.append(more)
            return b"".join(parts)
        return b""

    def _give(self, connection: socket.socket, answer: bytes) -> None:
        if not self.line.bytes_per_second:
            connection.sendall(answer)
            return
        step = max(1, int(self.line.bytes_per_second * _STEP_SECONDS))
        for begin in range(0, len(answer), step):
            if self._is_break():
                return
            connection.sendall(answer[begin : begin + step])
            time.sleep(_STEP_SECONDS)

    def _pass(self, connection: socket.socket, request: bytes) -> None:
        answer = self._ask(request)
        # What was held back arrives now, after a request that was made later.
        with self._lock:
            held, self._held[:] = list(self._held), []
        for late in held:
            self._ask(late)
        self._give(connection, answer)

    def _drop(self, connection: socket.socket, request: bytes) -> None:
        """Nothing arrives."""

    def _stall(self, connection: socket.socket, request: bytes) -> None:
        self._over.wait(self.stall_seconds)
        self._ask(request)

    def _truncate(self, connection: socket.socket, request: bytes) -> None:
        if self.seen["truncate"] % 2:
            half = request[: len(request) // 2]
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.server_port)) as it:
                it.sendall(half)
            return
        answer = self._ask(request)
        self._give(connection, answer[: max(1, len(answer) - 40)])

    def _duplicate(self, connection: socket.socket, request: bytes) -> None:
        self._ask(request)
        self._give(connection, self._ask(request))

    def _reorder(self, connection: socket.socket, request: bytes) -> None:
        with self._lock:
            self._held.append(request)

    def _lose(self, connection: socket.socket, request: bytes) -> None:
        self._ask(request)

    def _portal(self, connection: socket.socket, request: bytes) -> None:
        if self.seen["portal"] % 2 and b" /login " not in request[:40]:
            self._give(
                connection,
                b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            )
            return
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(LOGIN)}\r\nConnection: close\r\n\r\n"
        self._give(connection, head.encode() + LOGIN)


@contextmanager
def bad_network(server_port: int, **how: object) -> Iterator[BadNetwork]:
    """A proxy before a server, while the block runs."""
    proxy = BadNetwork(server_port, **how)  # type: ignore[arg-type]
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
