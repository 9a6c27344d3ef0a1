"""The child process that opens one file and reads its pages: `python -m sync.paper.child`, started by reading.py.

It takes limits on itself before it opens anything, and tells what it found on standard output as messages: 4 bytes
length of the head, 4 bytes length of the picture, the head as JSON, the picture. It is told on standard input, a line of
JSON each. Nothing it says is trusted: no pickle, and reading.py checks every field.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

import cv2

from forms.paper.layout import PaperLayout, from_plain
from forms.problems import Problem
from sync.paper.child_process import LENGTHS
from sync.paper.opening import Scans, UnreadableError, open_scans
from sync.paper.page_reading import PageReader
from sync.paper.pages import Limits, ReadPage

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def main() -> None:
    """Read the order, the file, its pages."""
    told, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints does not fall between messages
    order = json.loads(told.readline())
    limits = Limits(**order["limits"])
    _limit_self(limits)
    try:
        scans = open_scans(Path(order["path"]), limits)
    except UnreadableError as error:
        _tell(out, {"fault": error.problem.code, "detail": error.detail})
        return
    except MemoryError:
        _tell(out, {"fault": Problem.SCAN_TOO_LARGE.code, "detail": ""})
        return
    _tell(out, {"pages": scans.count})
    first, last = json.loads(told.readline())
    _read_pages(scans, range(first, min(last, scans.count)), told, out, limits)
    _tell(out, {"done": True})


def _read_pages(scans: Scans, which: range, told: BinaryIO, out: BinaryIO, limits: Limits) -> None:
    known: dict[str, PaperLayout | None] = {}

    def layout_of(id: str) -> PaperLayout | None:
        if id not in known:
            _tell(out, {"layout": id})
            plain = json.loads(told.readline())
            known[id] = from_plain(plain) if plain is not None else None
        return known[id]

    reader = PageReader(layout_of)
    for index in which:
        _allow_seconds(limits.seconds)
        try:
            page = reader.read(index, scans.page(index))
        except UnreadableError as error:
            _tell(out, {"fault": error.problem.code, "detail": error.detail, "page": index})
        except MemoryError:
            _tell(out, {"fault": Problem.SCAN_TOO_LARGE.code, "detail": "", "page": index})
        except (cv2.error, ArithmeticError, LookupError, TypeError, ValueError):
            _tell(out, {"fault": Problem.READING_FAILED.code, "detail": "", "page": index})
        else:
            _tell_page(out, page)


def _limit_self(limits: Limits) -> None:
    cv2.setNumThreads(1)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() == 1:  # the parent died before that was said
            os._exit(1)
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    _allow_seconds(limits.seconds)


def _allow_seconds(seconds: float) -> None:
    """CPU for what comes next; the kernel ends this process when it has used that up."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))


def _tell_page(out: BinaryIO, page: ReadPage) -> None:
    _tell(out, {"read": page.to_plain()}, page.image)


def _tell(out: BinaryIO, head: dict[str, Any], picture: bytes = b"") -> None:
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    out.write(LENGTHS.pack(len(text), len(picture)) + text + picture)
    out.flush()


if __name__ == "__main__":
    main()
