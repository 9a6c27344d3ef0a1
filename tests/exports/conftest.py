"""Fixtures of the tests of exports."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def fonts() -> Path:
    """The folder with the report's typeface: from the build or npm where it is there, else one without files, and
    the system's typefaces serve."""
    for folder in (
        ROOT / "server/static/built/fonts",
        ROOT / "sync/tablet/node_modules/@fontsource/ibm-plex-sans/files",
    ):
        if folder.is_dir() and list(folder.glob("*.woff2")):
            return folder
    return ROOT / "tests/exports"
