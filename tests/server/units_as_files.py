"""Files of units as people keep them."""

from __future__ import annotations

from pathlib import Path

# --- units


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


UNITS = "id,name,kind,region,alternative_names\nassens,Assens,municipality,syddanmark,\nbillund,Billund,municipality,syddanmark,\n"
