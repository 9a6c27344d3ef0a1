"""The documents of the tree lead where they say.

R1 a link leads to a file that is there, and to a heading of it
R2 a test that is named is there
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _documents() -> dict[Path, str]:
    folders = ("docs/**", "tests/vectors", "deploy/**")
    paths = [
        *ROOT.glob("*.md"),
        *(path for folder in folders for path in ROOT.glob(f"{folder}/*.md")),
    ]
    return {path: path.read_text("utf-8") for path in paths}


def _anchors(text: str) -> set[str]:
    """What GitHub makes of the headings."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"(?m)^#+ (.*)$", text)
    }


def lost_links(documents: dict[Path, str]) -> list[str]:
    """Links that lead nowhere."""
    lost = []
    for path, text in documents.items():
        for to, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", text):
            if re.match(r"[a-z]+:", to):
                continue
            target = (path.parent / to).resolve() if to else path
            whole = target.exists() and (
                not anchor or anchor in _anchors(target.read_text("utf-8"))
            )
            if not whole:
                lost.append(f"{path.relative_to(ROOT)}: {to}#{anchor}")
    return lost


def lost_tests(documents: dict[Path, str]) -> list[str]:
    """Tests that are named as `server/test_x.py::test_y` (tests/ may stand before) and are not there."""
    lost = []
    for path, text in documents.items():
        for file, name in re.findall(r"((?:\w+/)*test_\w+\.py)::(\w+)", text):
            found = [at for at in (ROOT / file, ROOT / "tests" / file) if at.exists()]
            if not found or f"def {name}(" not in found[0].read_text("utf-8"):
                lost.append(f"{path.relative_to(ROOT)}: {file}::{name}")
    return lost


def test_links_lead_somewhere_R1() -> None:
    assert lost_links(_documents()) == []


def test_named_tests_are_there_R2() -> None:
    assert lost_tests(_documents()) == []


def test_what_leads_nowhere_is_found() -> None:
    page = ROOT / "docs/store.md"
    assert lost_links({page: "[a](nowhere.md) [b](store.md#nothing) [c](store.md#databasepy)"}) == [
        "docs/store.md: nowhere.md#", "docs/store.md: store.md#nothing",
    ]  # fmt: skip
    assert lost_tests({page: "`server/test_documents.py::test_gone` `server/test_gone.py::test_x`"}) == [
        "docs/store.md: server/test_documents.py::test_gone", "docs/store.md: server/test_gone.py::test_x",
    ]  # fmt: skip
