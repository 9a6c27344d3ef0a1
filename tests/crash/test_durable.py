"""The disk first, then the answer: strace sees the sync of waiting.db's log before the 201 leaves the process."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import requests

from tests.crash.processes import EARLY, PRODUCT, Running, free_port
from tests.sync.installation import install

_SYNC = re.compile(r"(fsync|fdatasync)\(\d+<[^>]*waiting\.db-wal>")
_RESUMED = re.compile(r"^(\d+) .*<\.\.\. (fsync|fdatasync) resumed>")


def synced_before_the_receipt(trace: str) -> bool:
    """Whether, in strace's lines, a finished sync of waiting.db-wal stands before the line that sends the 201.

    A call that another thread interrupts is written as two lines: it is finished at its "resumed" line.
    """
    synced = False
    under_way: set[str] = set()
    for line in trace.splitlines():
        process = line.split(" ", 1)[0]
        if _SYNC.search(line):
            if "<unfinished" in line:
                under_way.add(process)
            else:
                synced = True
        elif process in under_way and _RESUMED.match(line):
            under_way.discard(process)
            synced = True
        elif "HTTP/1.1 201" in line:
            return synced
    raise AssertionError("no 201 in the trace:\n" + trace[-3000:])


def trace_of_one_submission(folder: Path, serving: tuple[str, ...]) -> str:
    """What strace sees of a server while it receives one answer (the second: the first opens files)."""
    if shutil.which("strace") is None:
        raise AssertionError("strace is missing. Install it: apt-get install strace")
    home = install(folder)
    out = folder / "trace"
    server = Running(
        "traced",
        serving,
        folder,
        port=free_port(),
        before=(
            "strace", "-f", "-qq", "-y", "-s", "40", "-o", str(out),
            "-e", "trace=fsync,fdatasync,write,writev,sendto,sendmsg",
        ),
        SVARBOKS_WORKERS="1",
    )  # fmt: skip
    server.start()
    try:
        server.wait_until_it_answers()
        with requests.Session() as session:
            before = 0
            for _ in range(2):
                time.sleep(
                    0.5
                )  # what the one before may still have to write is not to count for this one
                before = out.stat().st_size
                answer = session.post(
                    f"http://127.0.0.1:{server.port}/api/submissions",
                    data=home.seal({"trust": "1"}),
                    headers={"Content-Type": "application/octet-stream"},
                    timeout=30,
                )
                assert answer.status_code == 201
    finally:
        server.stop()
        home.store.close()
    return out.read_bytes()[before:].decode(errors="replace")


def test_the_log_is_synced_before_the_receipt_leaves(tmp_path: Path) -> None:
    assert synced_before_the_receipt(trace_of_one_submission(tmp_path, PRODUCT))


def test_a_build_that_acknowledges_first_is_found_out(tmp_path: Path) -> None:
    assert not synced_before_the_receipt(trace_of_one_submission(tmp_path, EARLY))
