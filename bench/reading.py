"""Reading scanned sheets: how often it is wrong unseen, how much of ordinary marks a person has to look at, what a page costs.

The pages come from the generator of the tests, with the hand and the seeds that thresholds were not found on. The cost is
CPU from a PDF to decisions, over that of only taking the page's picture out of the PDF and decoding it (200 dpi, grey, JPEG);
the child process and its start are in it. 500 pages are read as one file, by as many children as there are cores.
"""

from __future__ import annotations

import os
import random
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pikepdf

from forms.paper.layout import PaperLayout
from sync.paper.corner_marks import find_marks
from sync.paper.opening import decode_jpeg
from sync.paper.outlines import measure as measure_boxes
from sync.paper.page_reading import PageReader
from sync.paper.pages import Limits
from sync.paper.reading import read_file
from sync.paper.straightening import straighten
from tests.paper.generator.files import jpeg_of, pdf_of
from tests.paper.generator.piles import fill
from tests.paper.generator.verdicts import JUDGE, SEEDS, judge, subjects

from .figure import Figure

#: Pages that are judged: any marks through any copier, and ordinary ones.
ANY, ORDINARY = 1_200, 300
#: Pages of the file that is timed, and how many of them are different.
PAGES, DIFFERENT = 500, 20
#: What reading them may hold at one time, in bytes, and how many cores it has to use where there are two or more.
MEMORY, CORES = 1.5e9, 1.5


def measure_marks() -> list[Figure]:
    """How sure the decisions are."""
    anything = judge(SEEDS + 5_000_000, ANY, hand=JUDGE, processes=2)
    ordinary = judge(SEEDS + 6_000_000, ORDINARY, hand=JUDGE, ordinary=True, processes=2)
    anything_detail = {
        "boxes": anything.boxes + ordinary.boxes,
        "errors": len(anything.silent) + len(ordinary.silent),
        "pages": anything.pages + ordinary.pages,
        "not_read": anything.unread + ordinary.unread,
        "confusion": {
            f"{meant} read {read}": number
            for (meant, read), number in sorted((anything.confusion + ordinary.confusion).items())
        },
        "which": (anything.silent + ordinary.silent)[:10],
    }
    errors = len(anything.silent) + len(ordinary.silent)
    return [
        Figure(
            "silent_errors_per_1e6_boxes", 1e6 * errors / (anything.boxes + ordinary.boxes), 50.0, "lower",
            anything_detail,
        ),
        Figure(
            "reviewed_share_of_ordinary_marks", ordinary.ordinary_share, 0.02, "lower",
            {"marks": ordinary.ordinary, "through_any_copier": round(anything.ordinary_share, 4)},
        ),
    ]  # fmt: skip


def measure_cost() -> list[Figure]:
    """What a page costs, in its parts; that 500 pages use both cores, and stay small."""
    cv2.setNumThreads(1)
    layout = subjects()[0].sheet.layout
    raws = [_page(seed) for seed in range(DIFFERENT)]
    with tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder:
        path = Path(folder) / "pile.pdf"
        path.write_bytes(pdf_of([raws[n % DIFFERENT] for n in range(PAGES)]))
        ratios, decodes, whole, cores, peaks = [], [], [], [], []
        for _ in range(3):
            decode = _cpu(lambda: _decode(path)) / PAGES
            read, wall, peak = _read(path, layout)
            ratios.append(read / PAGES / decode)
            decodes.append(decode)
            whole.append(read / PAGES)
            cores.append(read / wall)
            peaks.append(peak)
    there = len(os.sched_getaffinity(0))
    return [
        Figure(
            "page_cpu_vs_decode", statistics.median(ratios), 4.0, "lower",
            {
                "page_ms": round(1000 * statistics.median(whole), 1),
                "decode_ms": round(1000 * statistics.median(decodes), 1),
                **_parts(raws, layout),
                "boxes_a_page": len(layout.pages[0].boxes),
                "pages": PAGES,
            },
        ),
        Figure(
            # The best of three: what else runs on the machine takes cores away and never adds one.
            "reading_500_pages_cores_used", max(cores), CORES if there > 1 else 0.0, "higher",
            {"of": there, "each": [round(one, 2) for one in cores], "pages": PAGES},
        ),
        Figure(
            # The worst of three.
            "reading_500_pages_peak_GB", max(peaks) / 1e9, MEMORY / 1e9, "lower",
            {"each": [round(one / 1e9, 2) for one in peaks], "pages": PAGES},
        ),
    ]  # fmt: skip


def measure() -> list[Figure]:
    """All five."""
    return [*measure_marks(), *measure_cost()]


def _page(seed: int) -> bytes:
    subject = subjects()[0]
    filled = fill(
        subject.sheet, random.Random(seed), hand=JUDGE, ordinary=True, several=subject.several
    )
    return jpeg_of(filled.grey)


def _decode(path: Path) -> None:
    """Only the picture of each page, out of the file and decoded."""
    with pikepdf.Pdf.open(path) as pdf:
        for page in pdf.pages:
            raw = page.Resources.XObject.Im0.read_raw_bytes()
            cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_GRAYSCALE)


def _read(path: Path, layout: PaperLayout) -> tuple[float, float, int]:
    """CPU of this process and its children, seconds, and the most memory of the children together at one time."""
    seen = _Watch()
    began, before = time.perf_counter(), _used()
    with seen:
        found = read_file(path, lambda id: layout if id == layout.id else None)
    if [page.status for page in found.pages] != ["sheet"] * PAGES:
        raise AssertionError("not every page was read")
    return _used() - before, time.perf_counter() - began, seen.peak


def _used() -> float:
    own, children = (
        resource.getrusage(resource.RUSAGE_SELF),
        resource.getrusage(resource.RUSAGE_CHILDREN),
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _parts(raws: list[bytes], layout: PaperLayout) -> dict[str, float]:
    """Milliseconds of each step, on pages in memory."""
    page = layout.pages[0]
    reader = PageReader(lambda _: layout)
    seen = [decode_jpeg(raw, Limits()) for raw in raws]
    for image in seen:  # the first page teaches where QR codes stand
        reader.read(0, image)
    marks = [find_marks(image.grey) for image in seen]
    straight = [
        straighten(image.grey, found, layout, page)
        for image, found in zip(seen, marks, strict=True)
    ]
    small = [box for box in page.boxes if box.kind != "frame"]
    steps: dict[str, Callable[[], object]] = {
        "marks_ms": lambda: [find_marks(image.grey) for image in seen],
        "straightening_ms": lambda: [
            straighten(image.grey, found, layout, page)
            for image, found in zip(seen, marks, strict=True)
        ],
        "boxes_ms": lambda: [measure_boxes(one, small) for one in straight if one is not None],
        "picture_for_crops_ms": lambda: [
            cv2.imencode(".jpg", one.grey, [cv2.IMWRITE_JPEG_QUALITY, 60])
            for one in straight
            if one is not None
        ],
    }
    return {name: round(1000 * _cpu(step) / len(raws), 1) for name, step in steps.items()}


class _Watch:
    """Looks every 20 ms at how much memory this process's children hold together."""

    def __init__(self) -> None:
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            own = _resident(os.getpid())
            self.peak = max(self.peak, own + sum(_resident(child) for child in _children()))


def _children() -> list[int]:
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    found = []
    for task in tasks:
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found


def _resident(process: int) -> int:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
