"""LibreOffice without a window: opens a file as a person's spreadsheet would, and writes what it saw."""

from __future__ import annotations

import csv
import os
import subprocess
from pathlib import Path

#: Comma, quotation mark, UTF-8; every cell as it is stored and not as it is shown; all sheets, each into a file of its own.
_AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
#: How a person opens a file of each spelling: delimiter, quotation mark, UTF-8, from line 1, columns by themselves, language
#: (Danish 1030, English 1033), quoted cells as text, numbers recognised.
DANISH = "CSV:59,34,UTF-8,1,,1030,true,true"
PLAIN = "CSV:44,34,UTF-8,1,,1033,true,true"


def sheets_seen(path: Path, folder: Path, opened_as: str = "") -> dict[str, list[list[str]]]:
    """The cells of every sheet of a file as LibreOffice reads them, by the sheet's name ('' for CSV, which has none)."""
    out = folder / f"cells of {path.name}"
    _convert(path, folder, out, _AS_CSV, opened_as)
    sheets = {}
    for written in sorted(out.glob("*.csv")):
        with written.open(encoding="utf-8", newline="") as file:
            name = "" if opened_as else written.stem.removeprefix(f"{path.stem}-")
            sheets[name] = list(csv.reader(file))
    assert sheets, path
    return sheets


def _convert(path: Path, folder: Path, out: Path, target: str, opened_as: str) -> None:
    command = [
        "soffice",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        *([f"--infilter={opened_as}"] if opened_as else []),
        "--convert-to",
        target,
        "--outdir",
        str(out),
        str(path),
    ]
    environment = {**os.environ, "HOME": str(folder), "LANG": "C.UTF-8"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=170, env=environment, check=False
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert out.is_dir(), (done.stdout, done.stderr)
