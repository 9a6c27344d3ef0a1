"""Looks for insecure code with bandit, over all that ships. Exit code 1 when a finding is neither mended nor excused.

A finding is excused on its own lines, by the same comment that ruff's copies of bandit's rules read (S608 is B608), and
with a reason: `# noqa: S608 - a constant`. So each excuse is said once and holds for both (where ruff has
no such finding: `# nosec B103 - why`). Rules that are left out for
the whole code, and why: pyproject.toml, [tool.bandit].
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("forms", "store", "sync", "exports", "server", "scripts")

#: The comment that excuses, also with several rules: group 1 is the rules, group 2 the reason.
EXCUSE = re.compile(r"#\s*noqa:\s*([A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)(?:\s+-\s+(\S.*))?")


def findings(*places: str) -> list[dict[str, Any]]:
    """What bandit finds in the folders or files."""
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-c", "pyproject.toml", "-f", "json", "-r", *places],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1}:
        raise RuntimeError(done.stderr)
    report: dict[str, Any] = json.loads(done.stdout)
    if report["errors"]:
        raise RuntimeError(str(report["errors"]))
    return list(report["results"])


def open_findings(*places: str) -> list[str]:
    """Those that are not excused, as lines to print."""
    said = []
    for finding in findings(*places):
        path = ROOT / finding["filename"]
        lines = path.read_text(encoding="utf-8").splitlines()
        numbers = finding["line_range"] or [finding["line_number"]]
        place = f"{finding['filename']}:{finding['line_number']}: {finding['test_id']}"
        rule = "S" + finding["test_id"][1:]
        excuses = [
            found
            for number in range(min(numbers), max(numbers) + 1)
            if (found := EXCUSE.search(lines[number - 1])) and rule in found.group(1)
        ]
        if not excuses:
            said.append(f"{place} {finding['issue_text']}")
        elif not any(found.group(2) for found in excuses):
            said.append(f"{place} is excused without a reason: write `# noqa: {rule} - why`")
    return said


def main() -> int:
    """Print what is open."""
    places = sys.argv[1:] or FOLDERS
    said = open_findings(*places)
    for line in said:
        print(line)
    print(f"bandit: {len(said)} open findings" if said else "bandit: nothing that is not excused")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
