"""A gunicorn worker whose threads never wait for a visitor's bytes: a request is gathered whole before a thread takes it.

gunicorn's own threads read the body of the request that they answer. Eight tablets at the edge of the network, sending a
batch at the pace of a few bytes a second, would then hold all eight threads of a worker, and everybody else would wait.
Here the loop that watches the connections also reads them, without ever waiting, and hands a request to a thread when its
last byte has come; the thread reads from memory. A connection that sends nothing for a while is closed, and what all of
them may hold in memory is bounded. Nothing is logged, nothing is parsed but where the request ends: that is gunicorn's.
"""

from __future__ import annotations

import io
import re
import socket
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.workers.gthread import ThreadWorker

#: Bytes that one connection may hold: a batch of a hundred answers of the largest size, and its head. What says that it is
#: larger goes to a thread at once, which refuses it without reading.
LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 8 * 1024 * 1024
#: Bytes that all connections of a worker may hold while they are gathered. Above that, who has taken longest is closed.
LARGEST_ALL = 192 * 1024 * 1024
#: Bytes read from one connection before the others have their turn.
PORTION = 256 * 1024

#: Seconds without a byte after which a connection is closed, and seconds in all. A batch is made to take about ten.
LONGEST_SILENCE = 30.0
LONGEST_REQUEST = 600.0
#: How long a connection may stay that is being closed, until the other side has read and closed it too; and, when the
#: service stops, one that has not begun a request. In seconds.
LINGER = 2.0
#: Bytes after which one that is being closed is not listened to any more.
LARGEST_REST = 64 * 1024

#: Seconds that the loop rests after a new connection, while others of the same moment may wait to be accepted: the loops of
#: all workers wake for them, and without this the first one takes nine tenths of two hundred tablets that come online at once.
#: Threads go on meanwhile.
AFTER_ACCEPT = 0.0005

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue", re.IGNORECASE)
_CHUNK = re.compile(rb"([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n", re.IGNORECASE)

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass(slots=True)
class Gathered:
    """What has come of one request. `end` is where it ends in `data`, None while that is not known (`chunk`: up to where
    its chunks have been followed)."""

    began: float
    heard: float
    data: bytearray = field(default_factory=bytearray)
    head: int | None = None
    end: int | None = None
    chunk: int | None = None
    oversized: bool = False
    #: The sender holds the body back until it is told to go on (curl does, above a megabyte).
    asks: bool = False

    def whole(self) -> bool:
        """Whether a thread can take it: it is all there, or so wrong or so large that it is to be refused."""
        if self.head is None:
            found = self.data.find(_HEAD_END)
            if found < 0:
                return False
            self.head = found + len(_HEAD_END)
            self._read_head()
        if self.oversized:
            return True
        if self.chunk is not None:
            return self._follow_chunks()
        return self.end is not None and len(self.data) >= self.end

    def apart(self) -> tuple[bytes, bytes | None]:
        """What gunicorn reads (the head, and what came after the request), and the body where its length was given."""
        if self.oversized or self.head is None or self.end is None or self.end == self.head:
            return bytes(self.data), None
        with memoryview(self.data) as data:
            return bytes(data[: self.head]) + bytes(data[self.end :]), bytes(
                data[self.head : self.end]
            )

    def _read_head(self) -> None:
        assert self.head is not None
        head = bytes(self.data[: self.head])
        self.asks = _EXPECTS.search(head) is not None
        if _CHUNKED.search(head):
            self.chunk = self.head
            return
        lengths = _LENGTH.findall(head)
        # Two lengths are refused by gunicorn, whatever follows.
        digits = lengths[0].lstrip(b"0") if len(lengths) == 1 else b""
        self.oversized = len(digits) > len(str(LARGEST_BODY)) or int(digits or b"0") > LARGEST_BODY
        self.end = self.head + (0 if self.oversized else int(digits or b"0"))

    def _follow_chunks(self) -> bool:
        """Whether the last chunk is there. What is not in the form of chunks is for gunicorn to refuse."""
        assert self.head is not None
        while self.chunk is not None:
            if self.chunk - self.head > LARGEST_BODY:
                self.oversized = True
                return True
            found = _CHUNK.match(self.data, self.chunk)
            if found is None:
                # The line of its size may not have come wholly yet; no such line is longer than this.
                return len(self.data) - self.chunk > 1024 or b"\r\n" in self.data[self.chunk :]
            if int(found[1], 16) == 0:
                # Trailers, of which there are mostly none, end as a head does; its own line end counts.
                return self.data.find(_HEAD_END, found.end() - 2) >= 0
            following = found.end() + int(found[1], 16) + 2
            if following > len(self.data):
                return following - self.head > LARGEST_BODY
            self.chunk = following
        return False


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker, with requests gathered by its loop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: By connection, the one that began first at the front.
        self._gathering: OrderedDict[Any, Gathered] = OrderedDict()
        self._held = 0
        #: Connections that are being closed: when that has to be over, and what is still read of each.
        self._leaving: dict[Any, tuple[float, int]] = {}

    def accept(self, listener: Any) -> None:
        """Take one new connection, and let the other workers have the next."""
        super().accept(listener)
        time.sleep(AFTER_ACCEPT)

    def enqueue_req(self, conn: Any) -> None:
        """Take up a connection that is new, or that has its next request. Always called by the loop."""
        now = time.monotonic()
        gathered = Gathered(began=now, heard=now)
        if conn.parser is not None:
            gathered.data += conn.parser.unreader.take_buffered()
        self._gathering[conn] = gathered
        self._held += len(gathered.data)
        conn.body = None
        conn.sock.setblocking(False)
        if not self._gather(conn, gathered):
            self.poller.register(conn.sock, EVENT_READ, partial(self._on_bytes, conn))

    def _on_bytes(self, conn: Any, _sock: Any) -> None:
        gathered = self._gathering.get(conn)
        if gathered is not None:
            self._gather(conn, gathered, registered=True)

    def _gather(self, conn: Any, gathered: Gathered, *, registered: bool = False) -> bool:
        """Read what has come; True where the loop need not watch this connection any more."""
        ended = False
        if not gathered.whole():
            try:
                data = conn.sock.recv(PORTION)
                ended = not data
            except (BlockingIOError, InterruptedError):
                data = b""
            except OSError:
                data, ended = b"", True
            if data:
                gathered.data += data
                gathered.heard = time.monotonic()
                self._held += len(data)
        if gathered.whole():
            self._let_go(conn, gathered, registered=registered)
            conn.gathered = gathered
            super().enqueue_req(conn)
            return True
        if not ended and gathered.head is None and len(gathered.data) > LARGEST_HEAD:
            self._say(conn, _HEAD_TOO_LARGE)
            ended = True
        if ended:
            self._close(conn, gathered, registered=registered)
            return True
        if gathered.asks:
            gathered.asks = False
            self._say(conn, _CONTINUE)
        while self._held > LARGEST_ALL:
            slowest, its = next(iter(self._gathering.items()))
            self._close(slowest, its, registered=slowest is not conn or registered)
            if slowest is conn:
                return True
        return False

    def handle(self, conn: Any) -> Any:
        """In a thread: answer the request that was gathered."""
        gathered: Gathered | None = getattr(conn, "gathered", None)
        if gathered is not None:
            conn.gathered = None
            conn.oversized = gathered.oversized
            conn.data_ready = True
            conn.init()
            rest, conn.body = gathered.apart()
            conn.parser.unreader.unread(rest)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """In a thread: let the app read the body from the memory that it was gathered in.

        gunicorn's own reader copies what it is given several times over. Where gunicorn finds that the body is of another
        length than we did, what it says holds: it reads the bytes itself.
        """
        body: bytes | None = conn.body
        if body is not None:
            conn.body = None
            reader = req.body.reader
            if isinstance(reader, LengthReader) and reader.length == len(body):
                req.body = io.BytesIO(body)
            else:
                conn.parser.unreader.unread(body)
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        """What was refused because it is too large is not waited for: the connection ends."""
        if conn.oversized:
            return False
        return bool(super()._keepalive_after(conn, keepalive))

    def finish_request(self, conn: Any, future: Any) -> None:
        """In the loop, after a thread has answered: keep the connection for its next request, or close it.

        gunicorn waits up to two seconds for the other side to close, and in its loop: nobody else is heard meanwhile.
        """
        try:
            kept = not future.cancelled() and bool(future.result())
        except Exception:
            kept = False
        if kept:
            super().finish_request(conn, future)
            return
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, EVENT_READ, partial(self._on_rest, conn))
        except (OSError, ValueError, KeyError):
            self.nr_conns -= 1
            conn.close()
            return
        self._leaving[conn] = (time.monotonic() + LINGER, 0)

    def _on_rest(self, conn: Any, _sock: Any) -> None:
        """Read on what a connection that is being closed still sends, so that it can read its answer in peace."""
        until, read = self._leaving.get(conn, (0.0, LARGEST_REST))
        try:
            data = conn.sock.recv(PORTION)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data and read + len(data) < LARGEST_REST:
            self._leaving[conn] = (until, read + len(data))
        else:
            self._left(conn)

    def _left(self, conn: Any) -> None:
        if self._leaving.pop(conn, None) is not None:
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()

    def murder_pending(self) -> None:
        """Close connections that have been silent for too long, or take too long. Called by the loop, at least each second."""
        super().murder_pending()
        now = time.monotonic()
        for conn in [one for one, (until, _read) in self._leaving.items() if now > until]:
            self._left(conn)
        for conn, gathered in list(self._gathering.items()):
            nothing_yet = not gathered.data and not self.alive and now - gathered.began > LINGER
            if (
                nothing_yet
                or now - gathered.heard > LONGEST_SILENCE
                or now - gathered.began > LONGEST_REQUEST
            ):
                self._close(conn, gathered, registered=True)

    def _let_go(self, conn: Any, gathered: Gathered, *, registered: bool) -> None:
        self._gathering.pop(conn, None)
        self._held -= len(gathered.data)
        if registered:
            self.poller.unregister(conn.sock)

    def _close(self, conn: Any, gathered: Gathered, *, registered: bool) -> None:
        self._let_go(conn, gathered, registered=registered)
        self.nr_conns -= 1
        conn.close()

    @staticmethod
    def _say(conn: Any, words: bytes) -> None:
        with suppress(OSError):  # it is gone; the next read says so
            conn.sock.send(words)
