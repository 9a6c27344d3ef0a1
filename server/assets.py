"""Where the page's scripts, styles and fonts lie: what the build wrote down in server/static/built/assets.json.

The build gives each file a name with a hash of its content, so that a browser may keep it for ever. The manifest is
read once per process; a development server started before a new build is started again.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

BUILT = Path(__file__).parent / "static" / "built"


class AssetsMissingError(RuntimeError):
    """The scripts and styles have not been built; `make setup` builds them."""


@cache
def manifest() -> dict[str, str]:
    """Logical name ('answer.js') -> file name with its hash, relative to the folder, as the build wrote it.

    Raises AssetsMissingError when there has been no build.
    """
    return {name: str(entry["file"]) for name, entry in _read().items()}


def of_the_app() -> dict[str, str]:
    """Logical name -> SHA-256 in hex of what a tablet takes along as its app. Raises AssetsMissingError."""
    return {name: str(entry["sha256"]) for name, entry in _read().items() if entry["app"]}


@cache
def _read() -> dict[str, dict[str, object]]:
    path = BUILT / "assets.json"
    try:
        read: dict[str, dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise AssetsMissingError(
            f"{path.name} is missing: run 'make setup' to build it."
        ) from fault
    return read


def address(name: str) -> str:
    """The address of a built file, by its logical name: '/static/built/answer-1a2b3c4d.js'."""
    return f"/static/built/{manifest()[name]}"
