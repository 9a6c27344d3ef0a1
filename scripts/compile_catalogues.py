"""Compiles every translation catalogue (.po) of the tree into the .mo beside it, with Babel."""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Compile all; a catalogue with a fault stops the build and names its file."""
    for source in sorted(ROOT.glob("*/translations/*/LC_MESSAGES/*.po")):
        with source.open("rb") as readable:
            catalogue = read_po(readable, locale=source.parts[-3], abort_invalid=True)
        with source.with_suffix(".mo").open("wb") as writable:
            write_mo(writable, catalogue)


if __name__ == "__main__":
    main()
