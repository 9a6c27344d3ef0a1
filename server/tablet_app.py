"""What the tablet's app consists of: its one page, its service worker, and the list of files that a tablet keeps.

All of it is the same for everybody and names no one, so that it can be made once for each process. The worker is served
with the list in front of it: a new style sheet, word or header makes a new worker, and browsers notice that by its bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from markupsafe import Markup

from server import assets, tablet_words
from server.answering_page import json_block
from server.security import PAGE_HEADERS

#: It is of the app, but the browser itself keeps it.
WORKER = "sw.js"

SHELL = "/tablet"


@dataclass(frozen=True, slots=True)
class App:
    """`build` names what belongs together; `shell` is the page, `worker` the script with the list in front."""

    build: str
    shell: str
    worker: str


Render = Callable[[str, Markup, str], str]


@cache
def app_of(render: Render, organisation: str) -> App:
    """The app. `render(build, words, organisation)` gives the shell's HTML, the same for the same arguments."""
    words = json_block(tablet_words.by_language())
    files = _files()
    build = _sha256(json.dumps([files, PAGE_HEADERS, render("", words, organisation)]).encode())[
        :12
    ]
    shell = render(build, words, organisation)
    listed = {
        "build": build,
        "shell": {
            "url": SHELL,
            "revision": _sha256(shell.encode()),
            "integrity": _integrity(shell),
        },
        "assets": files,
        "headers": {**dict(PAGE_HEADERS), "Cache-Control": "no-store"},
    }
    script = (assets.BUILT / assets.manifest()[WORKER]).read_text(encoding="utf-8")
    return App(build, shell, f"self.SVARBOKS={json.dumps(listed, sort_keys=True)};\n{script}")


def _files() -> list[dict[str, str | None]]:
    return [
        {"url": assets.address(name), "revision": None, "integrity": f"sha256-{_base64(digest)}"}
        for name, digest in sorted(assets.of_the_app().items())
        if name != WORKER
    ]


def _integrity(text: str) -> str:
    return f"sha256-{_base64(_sha256(text.encode()))}"


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _base64(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()


def web_manifest() -> dict[str, Any]:
    """What a browser needs to install the app (https://www.w3.org/TR/appmanifest/)."""
    return {
        "id": SHELL,
        "name": "Svarboks",
        "short_name": "Svarboks",
        "start_url": SHELL,
        "scope": SHELL,
        "display": "fullscreen",
        "display_override": ["fullscreen", "standalone"],
        "orientation": "any",
        "background_color": "#ffffff",
        "theme_color": "#14506b",
        "icons": [
            {"src": "/static/tablet/icon-192.png", "sizes": "192x192", "type": "image/png"},
            {"src": "/static/tablet/icon-512.png", "sizes": "512x512", "type": "image/png"},
            {
                "src": "/static/tablet/icon-maskable-512.png",
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
            {"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml"},
        ],
    }
