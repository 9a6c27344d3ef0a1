"""One child process that reads a file, seen from its parent: told, listened to against the clock, killed, reaped."""

from __future__ import annotations

import json
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sync.paper.pages import Limits

#: Head and picture of a message, in bytes: two lengths before each.
LENGTHS = struct.Struct(">II")
#: All that a child gets of our environment, beside where Python finds its modules.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(2**27),
    # Pictures of a page's size are given back and taken anew all the time; kept, they cost no page faults.
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_TRIM_THRESHOLD_": str(2**28),
}

#: The program that a child runs.
MODULE = "sync.paper.child"
#: What a child may say at once: a page of 5,000 boxes, a picture of a page.
_LONGEST_HEAD = 2_000_000
_LONGEST_PICTURE = 20_000_000

#: Waiting for a child to start under load comes on top of its limit.
_START = 20.0


@dataclass(eq=False)
class ChildFailedError(Exception):
    """The child died, was killed at a limit, or told what no child of ours tells."""

    detail: str


class Child:
    """A child process under limits. It never outlives `end`, nor its parent."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)},
            start_new_session=True,
        )
        self._rest = bytearray()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def tell(self, order: object) -> None:
        """Say one line of JSON. Raises ChildFailedError."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise ChildFailedError("It died.") from error

    def messages(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """What it says, message by message, until it ends. Raises ChildFailedError when a message takes too long."""
        allowed = self._limits.seconds + _START
        while True:
            until = time.monotonic() + allowed
            lengths = self._take(LENGTHS.size, until, ending=True)
            if lengths is None:
                return
            head_length, picture_length = LENGTHS.unpack(lengths)
            if head_length > _LONGEST_HEAD or picture_length > _LONGEST_PICTURE:
                raise ChildFailedError("It told too much.")
            head = self._take(head_length, until) or b""
            picture = self._take(picture_length, until) or b""
            try:
                plain = json.loads(head)
            except ValueError as error:
                raise ChildFailedError("It told nonsense.") from error
            if not isinstance(plain, dict):
                raise ChildFailedError("It told nonsense.")
            yield plain, picture
            allowed = self._limits.seconds

    def kill(self) -> None:
        """End it now."""
        if self._process.poll() is None:
            self._process.kill()

    def end(self) -> None:
        """Kill it if it still lives, and reap it."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        self._process.wait()

    def _take(self, length: int, until: float, *, ending: bool = False) -> bytes | None:
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        while len(self._rest) < length:
            ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise ChildFailedError("It took too long.")
            part = os.read(pipe, 1 << 16)
            if not part:
                if ending and not self._rest:
                    return None
                raise ChildFailedError("It died.")
            self._rest += part
        taken = bytes(self._rest[:length])
        del self._rest[:length]
        return taken
