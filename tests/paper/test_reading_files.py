"""Files as they come from copiers: every form, mixed piles, pages that are no sheets, and the limits on children."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from forms.paper.layout import Area, PaperLayout, to_plain
from forms.problems import Problem
from server.paper.printing import print_sheets
from sync.paper.crops import around, crop
from sync.paper.pages import PIXELS_PER_MM, Limits, ReadFile, ReadPage, Warned
from sync.paper.reading import read_file, read_pages
from tests.paper.generator.copier import Scan, scan
from tests.paper.generator.files import (
    jpeg_of,
    one_bit_pdf,
    one_bit_pdfs_to_render,
    pdf_of,
    png_of,
    tiff_of,
)
from tests.paper.generator.pens import SECOND
from tests.paper.generator.piles import Filled, fill, key
from tests.paper.generator.sheet import Grey, Sheet, drawn_sheet
from tests.paper.sheets import laid_out

ROOT = Path(__file__).parents[2]


@cache
def sheet() -> Sheet:
    return drawn_sheet()


@cache
def page(seed: int = 1, how: Scan | None = None) -> Filled:
    return fill(sheet(), random.Random(seed), hand=SECOND, ordinary=True, how=how or Scan())


@cache
def without_marks() -> Grey:
    return scan(np.full((3508, 2480), 255, np.uint8), Scan(), random.Random(1))


def layouts(id: str) -> PaperLayout | None:
    return sheet().layout if id == sheet().layout.id else None


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., ReadFile]:
    def reading(raw: bytes, **changes: object) -> ReadFile:
        path = tmp_path / "a file"
        path.write_bytes(raw)
        return read_file(path, layouts, replace(Limits(), **changes))  # type: ignore[arg-type]

    return reading


def right(found: ReadPage, filled: Filled) -> bool:
    return (found.status, found.sheet, found.page) == ("sheet", filled.sheet, 1) and all(
        box.state == filled.truth[key(box)] for box in found.boxes if box.kind == "box"
    )


def test_every_form_of_file_gives_the_same_marks(read: Callable[..., ReadFile]) -> None:
    filled = page()
    for raw in (
        jpeg_of(filled.grey),
        png_of(filled.grey),
        pdf_of([jpeg_of(filled.grey)]),
        tiff_of([filled.grey]),
        tiff_of([filled.grey], one_bit=True),
        one_bit_pdf([filled.grey]),
    ):
        found = read(raw)
        assert found.problems == ()
        assert len(found.pages) == 1
        assert right(found.pages[0], filled)
        assert found.pages[0].one_bit == (Warned.ONE_BIT in found.pages[0].warnings)
    assert found.pages[0].one_bit


def test_a_black_and_white_scan_that_has_to_be_rendered_says_so(
    read: Callable[..., ReadFile],
) -> None:
    """However the copier wrote it, and what pencil leaves of marks is shown to a person as on any black-and-white scan."""
    filled, pencil = page(), page_in_lost_pencil()
    for form, raw in one_bit_pdfs_to_render(filled.grey).items():
        (found,) = read(raw).pages
        assert right(found, filled), form
        assert (found.one_bit, Warned.ONE_BIT in found.warnings) == (True, True), form
    for form, raw in one_bit_pdfs_to_render(pencil).items():
        (found,) = read(raw).pages
        assert Warned.PENCIL_LOST in found.warnings, form
        assert {box.state for box in found.boxes} == {"doubtful"}, form
    # A picture with greys among them, and there are greys.
    (found,) = read(pdf_of([jpeg_of(filled.grey)])).pages
    assert not found.one_bit


def page_in_lost_pencil() -> Grey:
    """A page on which the threshold left nothing of any mark."""
    return scan(sheet().page(1, "23456789", "k7m2pq"), Scan(), random.Random(1))


def test_a_pile_in_any_order_with_blank_backs_and_foreign_pages(
    read: Callable[..., ReadFile],
) -> None:
    one, two = page(1), page(2, Scan(upside_down=True, turn=1.5))
    foreign = scan(_letter(), Scan(), random.Random(3))
    beside = np.ascontiguousarray(np.rot90(page(4).grey))
    pages = [jpeg_of(grey) for grey in (two.grey, without_marks(), one.grey, foreign, beside)]
    found = read(pdf_of([*pages, b""]))
    assert found.problems == ()
    assert [one.index for one in found.pages] == list(range(6))
    assert [one.status for one in found.pages] == [
        "sheet",
        "blank",
        "sheet",
        "foreign",
        "sheet",
        "blank",
    ]
    assert [one.turned for one in found.pages if one.status == "sheet"] == [180, 0, 270]
    assert right(found.pages[0], two)
    assert right(found.pages[2], one)
    assert right(found.pages[4], page(4))
    assert all(one.image for one in found.pages)


def _letter() -> Grey:
    from tests.paper.generator.sheet import PER_MM, cv2

    image = np.full((3508, 2480), 255, np.uint8)
    for line in range(30):
        at = (round(25 * PER_MM), round((40 + 7 * line) * PER_MM))
        cv2.putText(
            image, "Kaere kommune, her er et brev", at, cv2.FONT_HERSHEY_SIMPLEX, 1.4, (20,), 3
        )
    return image


def test_many_pages_are_shared_out_and_come_back_whole(read: Callable[..., ReadFile]) -> None:
    raws = [jpeg_of(page(seed).grey) for seed in (1, 2, 3)]
    found = read(pdf_of([raws[n % 3] for n in range(52)]))
    assert [one.index for one in found.pages] == list(range(52))
    assert all(right(one, page(1 + one.index % 3)) for one in found.pages)


def test_the_same_scan_has_the_same_digest_in_whatever_file(read: Callable[..., ReadFile]) -> None:
    raws = [jpeg_of(page(seed).grey) for seed in (1, 2)]
    once = read(pdf_of(raws))
    again = read(pdf_of([*raws[::-1], raws[0]]))
    alone = read(raws[0])
    digests = [one.digest for one in once.pages]
    assert len(set(digests)) == 2
    assert [one.digest for one in again.pages] == [digests[1], digests[0], digests[0]]
    assert alone.pages[0].digest == digests[0]
    # a photocopy has the number of its original, and another content
    copied = replace(page(1), grey=np.roll(page(1).grey, 3, axis=0))
    other = read(jpeg_of(copied.grey)).pages[0]
    assert (other.sheet, other.digest == digests[0]) == (page(1).sheet, False)


def test_three_corners_suffice_and_two_do_not(read: Callable[..., ReadFile]) -> None:
    filled = page(5, Scan(turn=1.2))
    torn = filled.grey.copy()
    torn[-250:, -250:] = 255
    found = read(jpeg_of(torn)).pages[0]
    assert right(found, filled)
    assert found.warnings == (Warned.THREE_MARKS,)
    torn[-250:, :250] = 255
    found = read(jpeg_of(torn)).pages[0]
    assert (found.status, found.warnings, found.sheet) == (
        "unreadable",
        (Warned.NO_MARKS,),
        filled.sheet,
    )


def test_a_sheet_of_somebody_else_and_one_without_its_code_say_so(
    read: Callable[..., ReadFile], tmp_path: Path
) -> None:
    path = tmp_path / "scan"
    path.write_bytes(jpeg_of(page().grey))
    found = read_file(path, lambda _: None).pages[0]
    assert (found.status, found.warnings) == ("unreadable", (Warned.UNKNOWN_LAYOUT,))
    assert (found.sheet, found.layout, found.round) == (page().sheet, sheet().layout.id, "k7m2pq4t")
    covered = page().grey.copy()
    covered[90:240, 740:930] = 250
    found = read(jpeg_of(covered)).pages[0]
    assert (found.status, found.warnings) == ("unreadable", (Warned.NO_CODE,))


def test_a_sheet_straight_from_the_printer_file_is_blank_boxes(tmp_path: Path) -> None:
    made = laid_out("iv-satisfaction", "da")
    path = tmp_path / "sheets.pdf"
    path.write_bytes(print_sheets(made, "k7m2pq", ["a2345678", "b2345678"]))
    found = read_file(path, lambda id: made.layout if id == made.layout.id else None)
    assert [(one.sheet, one.page, one.language) for one in found.pages] == [
        ("a2345678", 1, "da"), ("a2345678", 2, "da"), ("b2345678", 1, "da"), ("b2345678", 2, "da")
    ]  # fmt: skip
    assert {box.state for one in found.pages for box in one.boxes} == {"blank"}


def test_fine_and_coarse_scans(read: Callable[..., ReadFile]) -> None:
    fine = page(6, Scan(dpi=600, blur=1.5))
    found = read(jpeg_of(fine.grey)).pages[0]
    assert right(found, fine)
    assert 590 < found.dpi < 610
    coarse = page(6, Scan(dpi=110))
    found = read(jpeg_of(coarse.grey)).pages[0]
    assert Warned.COARSE in found.warnings


def test_crops_show_what_stands_there(read: Callable[..., ReadFile]) -> None:
    filled = page(1, Scan(upside_down=True))
    found = read(jpeg_of(filled.grey)).pages[0]
    boxes = [box for box in sheet().layout.pages[0].boxes if box.place == "choose"]
    area = around(box.area for box in boxes)
    with Image.open(io.BytesIO(crop(found.image, area, 2.0))) as piece:
        assert abs(piece.width - (area.width + 4) * PIXELS_PER_MM) <= 2
        assert abs(piece.height - (area.height + 4) * PIXELS_PER_MM) <= 2
        left = np.asarray(piece)[:, : 7 * PIXELS_PER_MM]
    assert (left < 120).mean() > 0.05  # outlines, right up to the edge of the boxes
    with pytest.raises(ValueError, match="outside"):
        crop(found.image, Area(400, 10, 5, 5))


# --- limits


def test_limits_are_looked_at_before_anything_is_decoded(read: Callable[..., ReadFile]) -> None:
    raw = jpeg_of(page().grey)
    for found in (
        read(raw, bytes=1000),
        read(raw, pixels=1_000_000),
        read(tiff_of([page().grey] * 3), pages=2),
        read(pdf_of([raw] * 3), pages=2),
    ):
        assert [fault.problem for fault in found.problems] == [Problem.SCAN_TOO_LARGE]
        assert all(one.status == "unreadable" for one in found.pages)


def test_a_page_that_takes_too_long_is_set_aside_and_the_others_are_read(
    read: Callable[..., ReadFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    raws = [jpeg_of(page(seed).grey) for seed in (1, 2, 3)]
    monkeypatch.setattr("sync.paper.child_process.MODULE", "tests.paper.generator.slow_child")
    found = read(pdf_of([raws[0], raws[1], raws[2]]), seconds=4.0)
    assert [one.status for one in found.pages] == ["sheet", "unreadable", "sheet"]
    assert [(fault.problem, fault.page) for fault in found.problems] == [
        (Problem.READING_FAILED, 1)
    ]
    assert found.pages[1].warnings == (Warned.FAILED,)


def test_pages_that_are_given_up_are_each_told(
    read: Callable[..., ReadFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.paper.child_process.MODULE", "tests.paper.generator.slow_child")
    found = read(pdf_of([jpeg_of(page().grey)] * 4), seconds=4.0, restarts=0)
    assert [one.status for one in found.pages] == ["sheet", *["unreadable"] * 3]
    assert "Pages 3 to 4 were not read." in [fault.detail for fault in found.problems]


def test_no_child_outlives_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "pile.pdf"
    path.write_bytes(pdf_of([jpeg_of(page().grey)] * 50))
    reading = read_pages(path, layouts)
    next(reading)
    assert _children()
    reading.close()
    assert _children() == []


def test_no_child_outlives_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "pile.pdf"
    path.write_bytes(pdf_of([jpeg_of(page().grey)] * 50))
    (tmp_path / "map.json").write_text(json.dumps(to_plain(sheet().layout)))
    command = [
        sys.executable,
        "-m",
        "server.cli",
        "read",
        str(path),
        "--map",
        str(tmp_path / "map.json"),
    ]
    parent = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    until = time.monotonic() + 60
    while not (children := _children(parent.pid)):
        assert parent.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    parent.kill()
    parent.wait()
    while any(Path(f"/proc/{child}/exe").exists() for child in children):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_child_knows_nothing_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVARBOKS_SECRET_KEY", "hush")
    path = tmp_path / "pile.pdf"
    path.write_bytes(pdf_of([jpeg_of(page().grey)] * 30))
    reading = read_pages(path, layouts)
    next(reading)
    for child in _children():
        assert b"hush" not in Path(f"/proc/{child}/environ").read_bytes()
    reading.close()


def _children(of: int | None = None) -> list[int]:
    of = of or os.getpid()
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == of and fields[0] != "Z":
            found.append(int(status.parent.name))
    return [child for child in found if b"sync.paper" in _command(child)]


def _command(child: int) -> bytes:
    try:
        return Path(f"/proc/{child}/cmdline").read_bytes()
    except OSError:
        return b""
