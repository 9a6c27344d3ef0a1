"""Slow clients hold no thread: real gunicorn, one worker, more slow clients than it has threads.

R1  While clients trickle their bodies, or their heads, or chunks, or say nothing, a request of another is answered at once.
R2  What was trickled is received in the end, byte for byte; so are chunks, and what waits to be told to go on.
R3  What is too large is refused without being read, and a client that never closes holds up nobody.
R4  Several requests in one segment are answered in order.
R5  Nothing about any of them is written to the log.
R6  With gunicorn's own threads the first of these turns red.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import time
from collections.abc import Iterator

import pytest
import requests

from server.web_server import THREADS
from store import submissions
from sync.batches import Item, pack_batch
from tests.crash.processes import PRODUCT, Running, free_port
from tests.sync.installation import ROUND, Installation, install

#: Well above what a busy machine needs for a page, and well below what a client that trickles takes.
AT_ONCE = 3.0
SLOW = THREADS + 4
TYPE = "Content-Type: application/octet-stream\r\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return install(tmp_path_factory.mktemp("slow"))


@pytest.fixture(scope="module")
def server(home: Installation) -> Iterator[Running]:
    running = Running("server", PRODUCT, home.folder, port=free_port(), SVARBOKS_WORKERS="1")
    running.start()
    try:
        running.wait_until_it_answers()
        yield running
    finally:
        running.stop()


@contextlib.contextmanager
def connected(server: Running, number: int) -> Iterator[list[socket.socket]]:
    """Connections to the server."""
    made = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(number)]
    try:
        yield made
    finally:
        for one in made:
            one.close()


def head(raw: bytes, path: str = "/api/submissions", more: str = "") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{TYPE}Content-Length: {len(raw)}\r\n{more}\r\n".encode()


def answer_of(connection: socket.socket) -> bytes:
    """One whole answer with a length."""
    got = b""
    while b"\r\n\r\n" not in got or len(got) < _end(got):
        data = connection.recv(65536)
        assert data, got
        got += data
    return got


def _end(got: bytes) -> int:
    start = got.index(b"\r\n\r\n") + 4
    lines = [
        line for line in got[:start].lower().split(b"\r\n") if line.startswith(b"content-length:")
    ]
    return start + int(lines[0].split(b":")[1]) if lines else start


def seconds_for_a_page(server: Running) -> float:
    began = time.monotonic()
    assert requests.get(f"http://127.0.0.1:{server.port}/sign-in", timeout=30).status_code == 200
    return time.monotonic() - began


def beginnings(raw: bytes) -> dict[str, bytes]:
    """What a slow client has sent so far."""
    chunked = f"POST /api/submissions HTTP/1.1\r\nHost: x\r\n{TYPE}Transfer-Encoding: chunked\r\n\r\n".encode()
    return {
        "body": head(raw) + raw[:100],
        "batch": head(raw, "/api/batches") + raw[:100],
        "form": head(raw, "/s/nothing/da").replace(b"octet-stream", b"x-www-form-urlencoded")
        + b"a=1",
        "head": head(raw)[:30],
        "chunks": chunked + b"a\r\n" + raw[:10] + b"\r\n5",
        "silence": b"",
    }


@pytest.mark.parametrize("way", ["body", "batch", "form", "head", "chunks", "silence"])
def test_slow_clients_hold_up_nobody_R1(home: Installation, server: Running, way: str) -> None:
    begun = beginnings(home.seal({"trust": "1"}))[way]
    with connected(server, SLOW) as slow:
        for one in slow:
            one.sendall(begun)
        time.sleep(0.3)
        assert seconds_for_a_page(server) < AT_ONCE


def test_what_is_trickled_is_received_R2(home: Installation, server: Running) -> None:
    raws = [home.seal({"trust": "2"}) for _ in range(SLOW)]
    before = submissions.waiting_count(home.store.waiting, ROUND)
    with connected(server, SLOW) as slow:
        for one, raw in zip(slow, raws, strict=True):
            one.sendall(head(raw)[:17])
        for one, raw in zip(slow, raws, strict=True):
            one.sendall(head(raw)[17:] + raw[:1])
        for start in range(1, len(raws[0]), 1500):
            for one, raw in zip(slow, raws, strict=True):
                one.sendall(raw[start : start + 1500])
            if start < 3000:
                assert seconds_for_a_page(server) < AT_ONCE
        for one, raw in zip(slow, raws, strict=True):
            assert hashlib.sha256(raw).hexdigest().encode() in answer_of(one)
    assert submissions.waiting_count(home.store.waiting, ROUND) == before + SLOW


def test_chunks_are_received_R2(home: Installation, server: Running) -> None:
    raw = home.seal({"trust": "2"})
    pieces = [raw[:10], raw[10:1000], raw[1000:]]
    with connected(server, 1) as (one,):
        one.sendall(
            f"POST /s/nothing/da HTTP/1.1\r\nHost: x\r\n{TYPE}Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        for piece in pieces:
            one.sendall(f"{len(piece):x};note=1\r\n".encode() + piece)
            time.sleep(0.02)
            one.sendall(b"\r\n")
        one.sendall(b"0\r\nTrailer: 1\r\n")
        one.sendall(b"\r\n")
        assert answer_of(one).startswith(b"HTTP/1.1 404")


def test_a_sender_that_waits_is_told_to_go_on_R2(home: Installation, server: Running) -> None:
    raw = home.seal({"trust": "2"})
    with connected(server, 1) as (one,):
        one.sendall(head(raw, more="Expect: 100-continue\r\n"))
        assert one.recv(1000).startswith(b"HTTP/1.1 100 ")
        one.sendall(raw)
        got = b""
        while b'"digest"' not in got:
            got += one.recv(65536)
        assert b"HTTP/1.1 201" in got


def test_what_is_too_large_is_refused_without_being_read_R3(server: Running) -> None:
    with connected(server, SLOW) as slow:
        for one in slow:
            one.sendall(
                f"POST /api/batches HTTP/1.1\r\nHost: x\r\n{TYPE}Content-Length: 9000000000\r\n\r\nSVBB".encode()
            )
        for one in slow:
            assert answer_of(one).startswith(b"HTTP/1.1 413")
        # They do not close their side, and are not waited for.
        assert seconds_for_a_page(server) < AT_ONCE


def test_an_endless_head_is_refused_R3(server: Running) -> None:
    with connected(server, 1) as (one,):
        with contextlib.suppress(OSError):
            for _ in range(20):
                one.sendall(b"GET / HTTP/1.1\r\n" if _ == 0 else b"x: " + b"y" * 8000 + b"\r\n")
        got = b""
        with contextlib.suppress(OSError):
            got = one.recv(1000)
        assert not got or got.startswith(b"HTTP/1.1 4")
    assert seconds_for_a_page(server) < AT_ONCE


@pytest.mark.parametrize(
    "wrong",
    [b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Content-Length: -5\r\n", b"Content-Length : 5\r\n",
     b"Content-Length: 5, 5\r\n", b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"Content-Length: \xb2\r\n"],
)  # fmt: skip
def test_a_request_whose_end_is_not_clear_is_refused_R3(server: Running, wrong: bytes) -> None:
    with connected(server, SLOW) as slow:
        for one in slow:
            one.sendall(b"POST /api/batches HTTP/1.1\r\nHost: x\r\n" + wrong + b"\r\n")
        if b"chunked" not in wrong:
            for one in slow:
                assert answer_of(one).startswith(b"HTTP/1.1 4")
        assert seconds_for_a_page(server) < AT_ONCE


def test_requests_in_one_segment_are_answered_in_order_R4(
    home: Installation, server: Running
) -> None:
    raw = home.seal({"trust": "3"})
    page = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(server, 1) as (one,):
        one.sendall(page + head(raw) + raw + page + b"GET /nothing HTTP/1.1\r\nHost: x\r\n")
        got = b""
        while got.count(b"HTTP/1.1 ") < 3 or not got.endswith(b"ok\n"):
            got += one.recv(65536)
        statuses = [part[:3] for part in got.split(b"HTTP/1.1 ")[1:]]
        assert statuses == [b"200", b"201", b"200"]
        one.sendall(b"\r\n")
        assert answer_of(one).startswith(b"HTTP/1.1 404")


def test_a_batch_of_the_largest_answers_is_received(home: Installation, server: Running) -> None:
    raws = [home.seal({"trust": "3"}) for _ in range(100)]
    answer = requests.post(
        f"http://127.0.0.1:{server.port}/api/batches",
        data=pack_batch([Item(raw) for raw in raws]),
        headers={"Content-Type": "application/octet-stream"},
        timeout=30,
    )
    assert [one["digest"] for one in answer.json()["results"]] == [
        hashlib.sha256(raw).hexdigest() for raw in raws
    ]


def test_nothing_is_written_of_them_R5(home: Installation, server: Running) -> None:
    said = "".join(path.read_text("utf-8") for path in (home.folder / "logs").glob("server.*"))
    assert "ip=" not in said
    assert "/api/" not in said
    assert "content-length" not in said.lower()


def test_gunicorns_own_threads_are_held_R6(home: Installation) -> None:
    running = Running(
        "gthread", ("-m", "tests.server.threads_that_wait"), home.folder, port=free_port(), SVARBOKS_WORKERS="1"
    )  # fmt: skip
    running.start()
    try:
        running.wait_until_it_answers()
        begun = beginnings(home.seal({"trust": "1"}))["body"]
        with connected(running, SLOW) as slow:
            for one in slow:
                one.sendall(begun)
            time.sleep(0.3)
            with pytest.raises(requests.exceptions.ReadTimeout):
                requests.get(f"http://127.0.0.1:{running.port}/sign-in", timeout=AT_ONCE)
    finally:
        running.kill()
