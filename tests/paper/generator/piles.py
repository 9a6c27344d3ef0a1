"""Whole pages with their truth: a sheet, filled in by somebody, scanned by something."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

from forms.paper.layout import Box
from forms.paper.page_code import ALPHABET, NUMBER_LENGTH
from tests.paper.generator.copier import Scan, scan
from tests.paper.generator.hand import ORDINARY, ORDINARY_PENS, Hand
from tests.paper.generator.sheet import Grey, Sheet


@dataclass(frozen=True, slots=True)
class Filled:
    """One scanned page. `truth` is what was meant by box; `kind` how each marked box was marked ('' for left alone).

    `ordinary` holds the boxes that bear an ordinary mark with an ordinary pen. `typed` are combs' cells and frames with
    writing.
    """

    grey: Grey
    how: Scan
    sheet: str
    pen: str
    truth: dict[tuple[str, str, int | None], str]
    kind: dict[tuple[str, str, int | None], str]
    ordinary: frozenset[tuple[str, str, int | None]]
    typed: frozenset[tuple[str, str, int | None]]


def key(box: Box) -> tuple[str, str, int | None]:
    """What names a box on its page."""
    return (box.place, box.option, box.column)


def number(rng: random.Random) -> str:
    """A sheet's number."""
    return "".join(rng.choice(ALPHABET) for _ in range(NUMBER_LENGTH))


def fill(
    sheet: Sheet,
    rng: random.Random,
    *,
    hand: Hand,
    ordinary: bool = False,
    several: frozenset[str] = frozenset({"aids"}),
    page: int = 1,
    how: Scan | None = None,
) -> Filled:
    """One person's page. `ordinary`: ordinary marks, pens and copiers only; else anything may happen."""
    sheet_number = number(rng)
    image = sheet.page(page, sheet_number)
    person = hand.person(rng)
    usual = ordinary or rng.random() < 0.7
    pen = rng.choice(hand.pens[:ORDINARY_PENS]) if usual else rng.choice(hand.pens)
    habit = rng.choice(ORDINARY)
    truth: dict[tuple[str, str, int | None], str] = {}
    kind: dict[tuple[str, str, int | None], str] = {}
    marked: set[tuple[str, str, int | None]] = set()
    typed: set[tuple[str, str, int | None]] = set()
    questions: dict[str, list[Box]] = defaultdict(list)
    for box in sheet.layout.pages[page - 1].boxes:
        truth[key(box)], kind[key(box)] = "blank", ""
        questions[box.place].append(box)
    for place, boxes in questions.items():
        if boxes[0].kind != "box":
            if rng.random() < 0.6:
                for box in (
                    boxes if boxes[0].kind == "frame" else boxes[: rng.randint(1, len(boxes))]
                ):
                    person.write(image, box.area, pen, rng)
                    truth[key(box)] = "marked"
                    typed.add(key(box))
            continue
        if rng.random() < 0.1:
            continue
        chosen = rng.sample(boxes, rng.randint(1, len(boxes)) if place in several else 1)
        for box in chosen:
            unusual = not ordinary and rng.random() < 0.06
            made = rng.choice(["circle", "small", "overshot"]) if unusual else habit
            if rng.random() < 0.1 and not unusual:
                made = rng.choice(ORDINARY)
            truth[key(box)] = person.draw(image, box.area, made, pen, rng)
            kind[key(box)] = made
            if made in ORDINARY and pen in hand.pens[:ORDINARY_PENS]:
                marked.add(key(box))
        if ordinary:
            continue
        for box in boxes:
            if kind[key(box)]:
                continue
            if rng.random() < 0.02:
                made = rng.choice(["filled", "corrected", "corrected", "beside"])
                truth[key(box)] = person.draw(image, box.area, made, pen, rng)
                kind[key(box)] = made
    how = how or (hand.ordinary_scan(rng) if ordinary else hand.any_scan(rng))
    return Filled(
        scan(image, how, rng),
        how,
        sheet_number,
        pen.name,
        truth,
        kind,
        frozenset(marked),
        frozenset(typed),
    )
