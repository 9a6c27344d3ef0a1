"""Writes the bill of materials: every locked library that a running Svarboks uses, as CycloneDX 1.6 JSON.

    scripts/sbom.py [FILE]        FILE is build/sbom.cdx.json unless given

Two lists are read, both locked by version and hash: requirements/run.txt (Python) and sync/tablet/package-lock.json, of
which only what ends in server/static/built counts: the bundled libraries, and the packages whose style sheet, icons and
fonts are taken (SHIPPED). Which library asks for which, and under what licence, the installed packages say (npm's: its lock).

The same locks give the same bytes: no time, no random serial number, no path. No registry is named either; a package is
told by its purl and the hashes it was locked to. The result is validated against the CycloneDX schema before it is written.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]

#: Packages that the build takes files from, though npm knows them as tools of the build (sync/tablet/build.mjs).
SHIPPED = ("dkfds", "@fontsource/ibm-plex-sans", "@fontsource/ibm-plex-sans-arabic")

#: The namespace of the serial number: derived from the content, so that it changes when the content does.
NAMESPACE = uuid.UUID("6f1d3c2e-8a55-5a43-9d0b-7c1b5f1f5c0a")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One library: `hashes` as (CycloneDX algorithm, hex), `needs` the purls of those it asks for."""

    name: str
    version: str
    purl: str
    #: An SPDX expression, or, where `spdx` is False, what the package calls it.
    license: str
    spdx: bool = True
    hashes: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    marker: str = ""
    group: str = ""


def locked_python(text: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """(name, version, environment marker, SHA-256 hashes) of each entry of a requirements file with hashes.

    Raises ValueError for an entry without a version or without a hash.
    """
    entries = []
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for entry in re.split(r"\n(?=\S)", "\n".join(lines).strip()):
        found = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\\n]+?))?\s*(?:\\|$)", entry)
        hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)
        if found is None or not hashes:
            raise ValueError(f"not locked by version and hash: {entry.splitlines()[0]}")
        entries.append(
            (normal(found.group(1)), found.group(2), found.group(3) or "", tuple(sorted(hashes)))
        )
    return entries


def normal(name: str) -> str:
    """A Python package's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def python_parts(text: str) -> list[Part]:
    """The libraries of requirements/run.txt. A library for another system than this one has no licence told."""
    entries = locked_python(text)
    purls = {name: f"pkg:pypi/{name}@{version}" for name, version, _, _ in entries}
    needs = _python_needs(purls)
    parts = []
    for name, version, marker, hashes in entries:
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            about = None
        expression = about.get("License-Expression") or "" if about is not None else ""
        parts.append(
            Part(
                name=name,
                version=version,
                purl=purls[name],
                license=expression or (_licence_names(about) if about is not None else ""),
                spdx=bool(expression),
                # A library is locked to the hashes of all its files; which one is installed depends on the machine.
                hashes=tuple(("SHA-256", each) for each in hashes) if len(hashes) == 1 else (),
                needs=tuple(sorted(purls[each] for each in needs[name])),
                marker=marker,
            )
        )
    return parts


def _python_needs(names: Iterable[str]) -> dict[str, set[str]]:
    """Which of the libraries each asks for, whatever the system: with its extras only where another asks for them."""
    asked: dict[str, list[Requirement]] = {}
    for name in names:
        try:
            asked[name] = [Requirement(each) for each in metadata.requires(name) or []]
        except metadata.PackageNotFoundError:
            asked[name] = []
    extras = {
        (normal(each.name), extra)
        for each in chain.from_iterable(asked.values())
        if "extra ==" not in str(each.marker)
        for extra in each.extras
    }
    return {
        name: {
            normal(each.name)
            for each in requirements
            if normal(each.name) in asked
            and (
                "extra ==" not in str(each.marker)
                or any(
                    of == name and f'extra == "{extra}"' in str(each.marker) for of, extra in extras
                )
            )
        }
        for name, requirements in asked.items()
    }


def browser_parts(lock: dict[str, Any]) -> list[Part]:
    """What reaches a browser, of the packages in package-lock.json."""
    packages = {
        path.removeprefix("node_modules/"): about
        for path, about in lock["packages"].items()
        if path and path.count("node_modules/") == 1
    }
    chosen = {name for name, about in packages.items() if not about.get("dev")} | set(SHIPPED)
    purls = {
        name: f"pkg:npm/{quote(name, safe='/')}@{packages[name]['version']}" for name in chosen
    }
    parts = []
    for name in sorted(chosen):
        about = packages[name]
        algorithm, _, digest = about["integrity"].partition("-")
        group, _, short = name.rpartition("/")
        parts.append(
            Part(
                name=short,
                group=group,
                version=about["version"],
                purl=purls[name],
                license=about.get("license", ""),
                hashes=(
                    (algorithm.upper().replace("SHA", "SHA-"), base64.b64decode(digest).hex()),
                ),
                needs=tuple(
                    sorted(purls[each] for each in about.get("dependencies", {}) if each in purls)
                ),
            )
        )
    return parts


def document(
    name: str, version: str, parts: Iterable[Part], direct: Collection[str]
) -> dict[str, Any]:
    """The bill of materials as CycloneDX 1.6; `direct` names what Svarboks itself asks for."""
    parts = sorted(parts, key=lambda part: part.purl)
    purl = f"pkg:generic/{name}@{version}"
    body: dict[str, Any] = {
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": purl,
                "name": name,
                "version": version,
                "purl": purl,
                "licenses": [{"license": {"id": "EUPL-1.2"}}],
            },
            "lifecycles": [{"phase": "build"}],
        },
        "components": [_component(part) for part in parts],
        "dependencies": [
            {
                "ref": purl,
                "dependsOn": [
                    part.purl for part in parts if f"{part.group}/{part.name}".lstrip("/") in direct
                ],
            },
            *({"ref": part.purl, "dependsOn": list(part.needs)} for part in parts),
        ],
    }
    serial = uuid.uuid5(NAMESPACE, json.dumps(body, sort_keys=True))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        **body,
    }


def _component(part: Part) -> dict[str, Any]:
    component: dict[str, Any] = {"type": "library", "bom-ref": part.purl, "name": part.name}
    if part.group:
        component["group"] = part.group
    component |= {"version": part.version, "purl": part.purl}
    if part.marker:
        # It is installed only where this holds, for example on Windows.
        component["scope"] = "optional"
        component["properties"] = [{"name": "svarboks:only-where", "value": part.marker}]
    if part.hashes:
        component["hashes"] = [{"alg": alg, "content": content} for alg, content in part.hashes]
    if part.license:
        component["licenses"] = [
            {"expression": part.license} if part.spdx else {"license": {"name": part.license}}
        ]
    return component


def _licence_names(about: metadata.PackageMetadata) -> str:
    """What a package without an SPDX expression says of its licence: the classifiers, else the first line."""
    named = [
        each.rpartition(" :: ")[2]
        for each in about.get_all("Classifier") or []
        if each.startswith("License :: ") and each.count("::") > 1
    ]
    return ", ".join(named) or (about.get("License") or "").strip().split("\n")[0][:100]


def build() -> str:
    """The document as text. Raises ValueError where it is not valid CycloneDX 1.6."""
    lock = json.loads((ROOT / "sync/tablet/package-lock.json").read_text("utf-8"))
    run = (ROOT / "requirements/run.txt").read_text("utf-8")
    package = json.loads((ROOT / "sync/tablet/package.json").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    direct = {normal(Requirement(each).name) for each in project["dependencies"]}
    direct |= {*package["dependencies"], *SHIPPED}
    parts = [*python_parts(run), *browser_parts(lock)]
    bill = document(project["name"], project["version"], parts, direct)
    text = json.dumps(bill, indent=1, ensure_ascii=False)
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault is not None:
        raise ValueError(f"not valid CycloneDX 1.6: {fault}")
    return text + "\n"


def main() -> None:
    """Write the file and say what is in it."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/sbom.cdx.json"
    text = build()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    kinds = [each["purl"].split("/")[0] for each in json.loads(text)["components"]]
    print(
        f"{path}: {kinds.count('pkg:pypi')} Python libraries, {kinds.count('pkg:npm')} browser packages"
    )


if __name__ == "__main__":
    main()
