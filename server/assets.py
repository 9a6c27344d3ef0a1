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
    path = BUILT / "assets.json"
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise AssetsMissingError(
            f"{path.name} is missing: run 'make setup' to build it."
        ) from fault
    return {str(name): str(entry["file"]) for name, entry in read.items()}


def address(name: str) -> str:
    """The address of a built file, by its logical name: '/static/built/answer-1a2b3c4d.js'."""
    return f"/static/built/{manifest()[name]}"
