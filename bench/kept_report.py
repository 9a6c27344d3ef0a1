"""`kept_report_vs_static`: seconds of a chair's download of a kept report over those of a static file of the same size.

Both over HTTP from the real server on one kept connection. The download is the whole way: session, right, the edition, the
kept file that is seen to be the one that was read and found whole; the static file is one that the server sends to everybody.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
from pathlib import Path

from server.assets import BUILT
from server.reports import REPORT
from store import editions
from store.accounts import Role
from store.database import open_store

from .desk import installation, signed_in
from .figure import Figure, alternating, median
from .ingest import served

BAR = 2.0
REQUESTS = 200


def measure() -> Figure:
    """The ratio of the medians; milliseconds and bytes in the detail."""
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        with installation(Path(folder, "one"), 1, 0, 240) as one:
            token = signed_in(one, Role.CHAIR).get_cookie("svarboks")
            round_id = one.arguments["round_id"]
        if token is None:
            raise RuntimeError("nobody is signed in")
        data = Path(folder, "one", "data")
        with open_store(data) as store:
            [edition] = editions.listed(store.main, round_id)
            kept = editions.find_file(store.main, edition.id, REPORT, "da")
            if kept is None:
                raise RuntimeError("no kept report")
            size = (store.reports / kept.path).stat().st_size
        static = BUILT / f"bench-{os.getpid()}.bin"
        static.write_bytes(os.urandom(size))
        try:
            with served(["-m", "server.cli", "serve"], data) as port, _connected(port) as line:
                report = f"/desk/rounds/{round_id}/editions/1/report.pdf?language=da"
                cookie = f"Cookie: svarboks={token.value}\r\n"

                def ours() -> float:
                    return median([_get(line, report, cookie, size) for _ in range(REQUESTS)])

                def theirs() -> float:
                    address = f"/static/built/{static.name}"
                    return median([_get(line, address, "", size) for _ in range(REQUESTS)])

                ours(), theirs()
                value, of_ours, of_theirs = alternating(ours, theirs, 5)
        finally:
            static.unlink()
    return Figure(
        "kept_report_vs_static", value, BAR, "lower",
        {"bytes": size, "ms_report": [round(one * 1e3, 2) for one in of_ours],
         "ms_static": [round(one * 1e3, 2) for one in of_theirs]},
    )  # fmt: skip


def _connected(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def _get(line: socket.socket, path: str, more: str, size: int) -> float:
    """Seconds until the last byte; anything but a whole file of that size stops the bench."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode()
    began = time.perf_counter()
    line.sendall(request)
    answer = bytearray()
    end = length = -1
    while end < 0 or len(answer) < end + length:
        part = line.recv(1 << 18)
        if not part:
            raise RuntimeError(f"{path}: the server hung up after {bytes(answer[:200])!r}")
        answer += part
        if end < 0 and (found := answer.find(b"\r\n\r\n")) >= 0:
            end = found + 4
            head = bytes(answer[:end]).lower()
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
    seconds = time.perf_counter() - began
    if not answer.startswith(b"HTTP/1.1 200") or length != size:
        raise RuntimeError(f"{path} answered {bytes(answer[:200])!r}")
    return seconds
