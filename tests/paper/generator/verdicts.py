"""What the reader made of generated pages, held against what was meant."""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np

from forms import library
from forms.questionnaire import Questionnaire, SeveralOf
from server.paper.printing import print_sheets
from sync.paper.answers import page_answers
from sync.paper.page_reading import PageImage, PageReader
from tests.paper.generator.copier import Scan, as_jpeg
from tests.paper.generator.fourth_hand import FOURTH
from tests.paper.generator.hand import Hand
from tests.paper.generator.piles import Filled, fill, key
from tests.paper.generator.sheet import Sheet, drawn_questionnaire, drawn_sheet, printed_sheet
from tests.paper.sheets import laid_out

#: Seeds of the pages that judge; no threshold was found on them, nor on the hand that fills them.
SEEDS = 40_000_000
#: The hand that judges. The third one judged once (seeds from 30,000,000), and what its copier showed was used for a mend.
JUDGE = FOURTH


@dataclass(frozen=True, slots=True)
class Subject:
    """A sheet, and the questionnaire it is of."""

    sheet: Sheet
    questionnaire: Questionnaire

    @property
    def several(self) -> frozenset[str]:
        """Questions with several marks."""
        return frozenset(q.id for q in self.questionnaire.questions() if isinstance(q, SeveralOf))


@cache
def subjects() -> tuple[Subject, ...]:
    """The sheets that are read: one drawn here, dense, and two that Svarboks printed, one of them from right to left."""
    found = [Subject(drawn_sheet(), drawn_questionnaire())]
    for name, language in (
        ("iv-satisfaction", "da"),
        ("iv-satisfaction", "ar"),
        ("time-study", "da"),
    ):
        made = laid_out(name, language)
        pdf = print_sheets(made, "k7m2pq4t", ["a2345678"])
        found.append(Subject(printed_sheet(pdf, made.layout), library.read(name)))
    return tuple(found)


@dataclass(slots=True)
class Verdict:
    """What was found on some pages. `silent` are boxes read wrong without having been shown to a person."""

    pages: int = 0
    unread: int = 0
    boxes: int = 0
    silent: list[str] = field(default_factory=list)
    ordinary: int = 0
    ordinary_shown: int = 0
    shown: int = 0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: Verdict) -> None:
        """Add another's pages."""
        self.pages += other.pages
        self.unread += other.unread
        self.boxes += other.boxes
        self.silent += other.silent
        self.ordinary += other.ordinary
        self.ordinary_shown += other.ordinary_shown
        self.shown += other.shown
        self.confusion += other.confusion

    @property
    def silent_per_million(self) -> float:
        """Silent errors per million boxes."""
        return 1e6 * len(self.silent) / max(1, self.boxes)

    @property
    def ordinary_share(self) -> float:
        """The share of ordinary marks that a person has to look at."""
        return self.ordinary_shown / max(1, self.ordinary)

    def __str__(self) -> str:
        table = ", ".join(
            f"{meant} read {read} {number}"
            for (meant, read), number in sorted(self.confusion.items())
        )
        return (
            f"{self.pages} pages ({self.unread} not read), {self.boxes} boxes, {len(self.silent)} silent errors, "
            f"{self.shown} shown to a person, {self.ordinary_shown} of {self.ordinary} ordinary marks among them; {table}"
        )


def judge(
    first: int, pages: int, *, hand: Hand, ordinary: bool = False, processes: int = 1
) -> Verdict:
    """Fill in, scan and read so many pages, and hold what was read against what was meant."""
    subjects()  # laid out once, before any fork
    work = [(first + n, hand, ordinary) for n in range(pages)]
    whole = Verdict()
    if processes > 1:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            for one in pool.imap_unordered(_judge_page, work, chunksize=8):
                whole.add(one)
    else:
        for one in work:
            whole.add(_judge_page(one))
    return whole


def judge_one(how: Scan, *, seed: int, hand: Hand = JUDGE) -> Verdict:
    """The dense sheet with ordinary marks, once through a copier that does this to it."""
    subject = subjects()[0]
    filled = fill(
        subject.sheet,
        random.Random(seed),
        hand=hand,
        ordinary=True,
        several=subject.several,
        how=how,
    )
    return _held_against(subject, filled, 1, str(seed))


def _judge_page(work: tuple[int, Hand, bool]) -> Verdict:
    cv2.setNumThreads(1)
    seed, hand, ordinary = work
    rng = random.Random(seed)
    subject = subjects()[0 if seed % 2 else rng.randrange(1, len(subjects()))]
    number = rng.randint(1, len(subject.sheet.layout.pages))
    filled = fill(
        subject.sheet, rng, hand=hand, ordinary=ordinary, several=subject.several, page=number
    )
    return _held_against(subject, filled, number, str(seed))


def _held_against(subject: Subject, filled: Filled, number: int, name: str) -> Verdict:
    layout = subject.sheet.layout
    seen = filled.grey
    if not filled.how.one_bit:
        raw = np.frombuffer(as_jpeg(seen, filled.how.jpeg), np.uint8)
        seen = cv2.imdecode(raw, cv2.IMREAD_GRAYSCALE)
    page = PageReader(lambda id: layout if id == layout.id else None).read(
        0, PageImage(seen, filled.how.one_bit, "", seen.shape[1])
    )
    found = Verdict(pages=1)
    if page.status != "sheet":
        found.unread = 1
        return found
    assert page.page == number
    said = page_answers(subject.questionnaire, page.boxes)
    for box in page.boxes:
        meant, how = filled.truth[key(box)], filled.kind[key(box)]
        if box.kind != "box":
            continue
        found.boxes += 1
        shown = box.state == "doubtful" or box.place in said.doubtful
        found.shown += shown
        found.confusion[meant, box.state] += 1
        if key(box) in filled.ordinary:
            found.ordinary += 1
            found.ordinary_shown += shown
        if not shown and box.state != meant:
            found.silent.append(
                f"{name} {key(box)} {how} {filled.pen}: {meant} read {box.state} {box.fill}"
            )
    for place in {one[0] for one in filled.typed}:
        found.boxes += 1
        if place not in said.to_type and place not in said.doubtful:
            found.silent.append(f"{name} {place}: writing was not seen")
    return found
