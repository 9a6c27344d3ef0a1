"""`app_kb`: what a tablet downloads first, without questionnaires: script and style, compressed.

Taken from the app as it is served: the worker, and every file in its list that is script or style, each compressed with gzip as
a server does it (level 9). Style comes in two directions, and a tablet keeps both. Fonts are in the detail: at most 150 KB.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path

from server.app import create_app
from server.assets import BUILT
from server.settings import from_environment
from store.database import create_store

from .figure import Figure

BAR = 120.0
FONTS_BAR = 150.0
KB = 1000.0


def measure() -> Figure:
    """Kilobytes (1,000 bytes)."""
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        settings = from_environment({"SVARBOKS_DATA": str(Path(folder, "data"))})
        create_store(settings.data).close()
        app = create_app(settings)
        worker = app.test_client().get("/sw.js").get_data()
        app.extensions["svarboks"].close()
    listed = json.loads(worker.split(b"\n", 1)[0].removeprefix(b"self.SVARBOKS=").rstrip(b";"))
    files = [BUILT / one["url"].removeprefix("/static/built/") for one in listed["assets"]]
    sizes = {
        path.name: packed(path.read_bytes()) for path in files if path.suffix in {".js", ".css"}
    }
    sizes["sw.js"] = packed(worker)
    # Fonts are compressed already.
    fonts = sum(path.stat().st_size for path in files if path.suffix == ".woff2") / KB
    if fonts > FONTS_BAR:
        raise AssertionError(f"the fonts weigh {fonts:.1f} KB, more than {FONTS_BAR:.0f}")
    return Figure(
        "app_kb", sum(sizes.values()), BAR, "lower",
        {**{name: round(size, 1) for name, size in sorted(sizes.items())}, "fonts_kb": round(fonts, 1)},
    )  # fmt: skip


def packed(raw: bytes) -> float:
    """Kilobytes, compressed."""
    return len(gzip.compress(raw, 9)) / KB
