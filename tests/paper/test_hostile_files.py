"""Hostile files: a clear message each, the parent lives, no child outlives its limit, and the files beside them are read."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from forms.paper.layout import PaperLayout
from forms.problems import Problem
from sync.paper.pages import Limits
from sync.paper.reading import read_file
from tests.paper.generator.copier import Scan
from tests.paper.generator.files import jpeg_of, pdf_of, png_of, tiff_of
from tests.paper.generator.pens import SECOND
from tests.paper.generator.piles import fill
from tests.paper.generator.sheet import Sheet, drawn_sheet
from tests.paper.hostile import hostile_files, page_bomb, png_bomb

FILES = 300
#: A twentieth in `make check`, of the named kinds and of broken ones alike.
SHARE = 1 if os.environ.get("SVARBOKS_PROOF") == "1" else 20
LIMITS = Limits(seconds=4.0, workers=1)
#: What one file may take: each of its few pages its limit, children to start, a busy machine.
LONGEST = 90.0


def scans(sheet: Sheet) -> dict[str, bytes]:
    """Good scans of a page, by form."""
    grey = fill(sheet, random.Random(1), hand=SECOND, ordinary=True, how=Scan()).grey
    return {
        "jpeg": jpeg_of(grey),
        "png": png_of(grey),
        "tiff": tiff_of([grey, grey], one_bit=True),
        "pdf": pdf_of([jpeg_of(grey)] * 2),
    }


@pytest.mark.campaign
def test_hostile_files_are_told_apart_and_harm_nobody(tmp_path: Path) -> None:
    sheet = drawn_sheet()
    good = scans(sheet)

    def layouts(id: str) -> PaperLayout | None:
        return sheet.layout if id == sheet.layout.id else None

    path, beside = tmp_path / "scan.pdf", tmp_path / "good.jpg"
    beside.write_bytes(good["jpeg"])
    said: dict[str, int] = {}
    for number, hostile in enumerate(hostile_files(FILES, good, random.Random(5))):
        if number % SHARE:
            continue
        path.write_bytes(hostile.raw)
        began = time.monotonic()
        found = read_file(path, layouts, LIMITS)
        took = time.monotonic() - began
        assert took < LONGEST, hostile.what
        assert _children() == [], hostile.what
        for fault in found.problems:
            assert fault.problem.title
            assert fault.problem.remedy
            said[fault.problem.code] = said.get(fault.problem.code, 0) + 1
        if not hostile.fine:
            assert found.problems, hostile.what
            assert not [page for page in found.pages if page.status == "sheet"], hostile.what
        else:
            assert found.problems or found.pages, hostile.what
        if number % (10 * SHARE) == 0:
            assert [page.status for page in read_file(beside, layouts, LIMITS).pages] == ["sheet"]
    print(f"\n{FILES // SHARE} files: {said}")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", Problem.BROKEN_SCAN),
        (b"PK\x03\x04 a zip", Problem.NO_SCAN),
        (png_bomb(12_000, 12_000), Problem.SCAN_TOO_LARGE),
        (page_bomb(), Problem.SCAN_TOO_LARGE),
        (b"%PDF-1.7\n", Problem.BROKEN_SCAN),
    ],
)
def test_the_message_says_what_it_is(tmp_path: Path, raw: bytes, problem: Problem) -> None:
    assert len(raw) < 30_000
    path = tmp_path / "scan"
    path.write_bytes(raw)
    found = read_file(path, lambda _: None, LIMITS)
    assert {fault.problem for fault in found.problems} == {problem}


def test_a_child_beyond_its_memory_is_a_message(tmp_path: Path) -> None:
    path = tmp_path / "scan"
    path.write_bytes(png_bomb(8_000, 8_000))
    found = read_file(path, lambda _: None, Limits(memory=360_000_000))
    assert {fault.problem for fault in found.problems} <= {
        Problem.SCAN_TOO_LARGE,
        Problem.READING_FAILED,
    }
    assert found.problems
    assert _children() == []


def _children() -> list[int]:
    found = []
    for task in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for child in task.read_text().split():
            command = Path(f"/proc/{child}/cmdline")
            if command.exists() and b"sync.paper" in command.read_bytes():
                found.append(int(child))
    return found
