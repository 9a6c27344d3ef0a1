"""Every kind of question on paper, in either direction, also when all texts are ten times as long as usual."""

from __future__ import annotations

import dataclasses
import os
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pypdfium2
import pytest

from forms import library
from forms.document import read_document
from forms.paper.layout import HEIGHT, MOST_PAGES, WIDTH, Area, Box
from forms.questionnaire import Questionnaire
from server.paper.laying_out import LaidOut, lay_out
from server.paper.printing import print_sheets
from tests.server.installation import ALL_KINDS

from . import sheets
from .test_sheets import SCALE, part

UNITS = [(f"unit-{number}", f"Kommune {number}") for number in range(22)]


def stretched(thing: Any, times: int) -> Any:
    """A questionnaire with every text so many times as long."""
    if isinstance(thing, tuple):
        return tuple(stretched(part, times) for part in thing)
    if isinstance(thing, Mapping) and all(isinstance(text, str) for text in thing.values()):
        return {tag: " ".join([text] * times) for tag, text in thing.items()}
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        kept = ("show_if", "require_if", "constraints", "report", "languages", "value")
        changes = {
            field.name: stretched(getattr(thing, field.name), times)
            for field in dataclasses.fields(thing)
            if field.name not in kept
        }
        return dataclasses.replace(thing, **changes)
    return thing


def printed(questionnaire: Questionnaire, language: str, times: int = 1) -> LaidOut:
    """The sheet; all that the round says of itself is so many times as long, too."""
    usual = sheets.facts(questionnaire, units=UNITS)
    notice = {
        tag: {name: " ".join([text] * times) for name, text in said.items()}
        for tag, said in usual.privacy_notice.items()
    }
    facts = dataclasses.replace(
        usual,
        organisation=" ".join([usual.organisation] * times),
        support=stretched(usual.support, times),
        privacy_notice=notice,
    )
    return lay_out(
        questionnaire, facts, language, "\n".join(["Rådhus Allé 5, 5610 Assens"] * times)
    )


def assert_sound(laid_out: LaidOut) -> None:
    """Nothing runs over: not out of the page, not into the bands of the marks, not into a box."""
    pdf = print_sheets(laid_out, "k7m2pq", ["a2345678"], fill_backs=False)
    with pypdfium2.PdfDocument(pdf) as document:
        assert len(document) == len(laid_out.layout.pages)
        for page, drawn in zip(laid_out.layout.pages, document, strict=True):
            picture = drawn.render(scale=SCALE * 25.4 / 72, grayscale=True).to_numpy().squeeze()
            for margin in (
                Area(0, 0, 14.0, HEIGHT),
                Area(WIDTH - 14.0, 0, 14.0, HEIGHT),
                Area(0, 0, WIDTH, 11.5),
                Area(24, HEIGHT - 30.6, WIDTH - 48, 0.8),
            ):
                ink = np.argwhere(part(picture, margin) < 128) / SCALE + (margin.y, margin.x)
                outside = [
                    (y, x)
                    for y, x in ink
                    if not any(
                        mark.area.x - 0.3 <= x <= mark.area.x + mark.area.width + 0.3
                        and mark.area.y - 0.3 <= y <= mark.area.y + mark.area.height + 0.3
                        for mark in page.marks
                    )
                ]
                assert not outside, (page.number, outside[:3])
            for box in page.boxes:
                assert box.area.x >= 14.9
                assert box.area.x + box.area.width <= WIDTH - 14.9
                assert 26.9 <= box.area.y <= HEIGHT - 31 - box.area.height + 0.1, box
                inner = Area(box.area.x + 0.6, box.area.y + 0.6, box.area.width - 1.2, box.area.height - 1.2)  # fmt: skip
                assert part(picture, inner).min() > 200, (page.number, box)


def split_places(laid_out: LaidOut) -> set[str]:
    """Places (of a question, a statement, a row) whose boxes stand on several pages."""
    pages: dict[str, set[int]] = defaultdict(set)
    for page in laid_out.layout.pages:
        for box in page.boxes:
            pages[box.place].add(page.number)
    return {place for place, numbers in pages.items() if len(numbers) > 1}


def split_questions(laid_out: LaidOut, questionnaire: Questionnaire) -> set[str]:
    """Questions, other than repeating groups, whose boxes stand on several pages."""
    groups = {question.id for question in questionnaire.questions() if question.KIND == "group"}
    pages: dict[str, set[int]] = defaultdict(set)
    for page in laid_out.layout.pages:
        for box in page.boxes:
            root, *_rest = box.place.split("/")
            pages[box.place if root in groups else root].add(page.number)
    return {name for name, numbers in pages.items() if len(numbers) > 1}


def boxes(laid_out: LaidOut) -> list[Box]:
    return [box for page in laid_out.layout.pages for box in page.boxes]


@pytest.fixture(scope="module")
def every_kind() -> Questionnaire:
    return read_document(ALL_KINDS)


@pytest.mark.parametrize("language", ["da", "ar"])
def test_every_kind_has_its_boxes(every_kind: Questionnaire, language: str) -> None:
    laid_out = printed(every_kind, language)
    assert_sound(laid_out)
    assert not split_questions(laid_out, every_kind)
    found = boxes(laid_out)
    by_place: dict[str, list[Box]] = defaultdict(list)
    for box in found:
        by_place[box.place].append(box)
    assert {box.option for box in by_place["may"]} == {"yes", "no"}
    assert {box.option for box in by_place["trust"]} == {"3", "2", "1", "~dont_know", "~not_relevant"}  # fmt: skip
    assert {box.option for box in by_place["care/met"]} == {"3", "2", "1", "~dont_know"}
    assert {box.option for box in by_place["who"]} == {unit for unit, _ in UNITS}
    assert [b.column for b in by_place["minutes"] if b.kind == "comb"] == [0, 1, 2, 3]
    assert [b.column for b in by_place["seen"]] == list(range(8))
    assert [b.column for b in by_place["began"]] == list(range(4))
    assert [b.column for b in by_place["visits"]] == [0, 1]
    assert {b.option for b in by_place["staff/nurses/good"]} == {"yes", "no"}
    assert len(by_place["staff/doctors/total"]) == 4
    assert [b.kind for b in by_place["suggestions"]] == ["frame"]
    for repetition in range(3):
        assert [b.kind for b in by_place[f"steps/{repetition}/sector"]] == ["frame"]
        assert len(by_place[f"steps/{repetition}/waited"]) == 4
    assert "total" not in by_place
    assert "welcome" not in by_place
    for place, of_place in by_place.items():
        combs = [box for box in of_place if box.kind == "comb"]
        assert combs == sorted(combs, key=lambda box: box.area.x), place  # counted from the left


@pytest.mark.parametrize("language", ["da", "ar"])
def test_ten_times_the_text_runs_over_nothing(every_kind: Questionnaire, language: str) -> None:
    laid_out = printed(stretched(every_kind, 10), language, 10)
    usual = {(b.place, b.option, b.column) for b in boxes(printed(every_kind, language))}
    assert {(b.place, b.option, b.column) for b in boxes(laid_out)} == usual
    assert len(laid_out.layout.pages) <= MOST_PAGES
    assert_sound(laid_out)
    assert not split_places(laid_out)


@pytest.mark.parametrize(
    "name", library.names() if os.environ.get("SVARBOKS_PROOF") else ["iv-satisfaction"]
)
@pytest.mark.campaign
def test_the_library_at_ten_times_the_text(name: str) -> None:
    questionnaire = stretched(library.read(name), 10)
    laid_out = printed(questionnaire, "da")
    assert_sound(laid_out)
    assert not split_places(laid_out)
    for split in split_questions(laid_out, questionnaire):
        assert taller_than_a_page(questionnaire, split), split


def taller_than_a_page(questionnaire: Questionnaire, name: str) -> bool:
    """Whether a question stands on several pages also where nothing else is asked: then its rows go on on the next page."""
    [section] = [one for one in questionnaire.sections if any(q.id == name for q in one.questions)]
    [question] = [one for one in section.questions if one.id == name]
    alone = dataclasses.replace(section, questions=(question,))
    asked = dataclasses.replace(questionnaire, sections=(alone,))
    return name in split_questions(printed(asked, "da"), asked)


def test_a_word_without_an_end_is_broken(every_kind: Questionnaire) -> None:
    [first, *rest] = every_kind.sections
    long = dict.fromkeys(first.title, "Donaudampfschiffahrtsgesellschaft" * 20)
    question = next(q for q in first.questions if q.id == "trust")
    points = tuple(dataclasses.replace(point, text=long) for point in question.points)  # type: ignore[attr-defined]
    scale = dataclasses.replace(question, text=long, points=points)  # type: ignore[call-arg]
    changed = tuple(scale if q.id == "trust" else q for q in first.questions)
    sections = (dataclasses.replace(first, title=long, questions=changed), *rest)
    assert_sound(printed(dataclasses.replace(every_kind, sections=sections), "da"))


def test_the_sheet_says_how_a_mark_is_taken_back(every_kind: Questionnaire) -> None:
    said = {}
    for cancels in (True, False):
        laid_out = printed(dataclasses.replace(every_kind, filled_means_cancelled=cancels), "en")
        assert laid_out.layout.filled_means_cancelled is cancels
        with pypdfium2.PdfDocument(laid_out.pages) as document:
            said[cancels] = document[0].get_textpage().get_text_bounded()
    assert "Fill that box all over" in said[True]
    assert "Fill that box" not in said[False]
    assert "draw a ring around the right one" in " ".join(said[False].split())


@pytest.mark.parametrize("language", ["da", "en", "ar", "fa"])
def test_the_iv_form_is_one_leaf_in_every_language(language: str) -> None:
    laid_out = sheets.laid_out("iv-satisfaction", language)
    assert len(laid_out.layout.pages) == 2
    assert_sound(laid_out)
    assert not split_questions(laid_out, library.read("iv-satisfaction"))
