"""Pages are joined to sheets by their number, photocopies by the order of scanning; similar marks are noticed.

R1  Each page of a number goes to one sheet, in whatever order the feeder took them.
R2  A page that is scanned later goes into the sheet that lacks it.
R3  Photocopies are paired in turns, or first with first; no page is lost.
R4  Two scans of one sheet look alike; sheets of two people do not; unmarked ones tell nothing.
"""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from store.paper_pages import Box, Page, Standing
from sync.paper.pairing import SheetKey, pair, similar


def page(at: int, number: str, of: int) -> Page:
    return Page(
        id=at, batch="b" * 16, file_turn=1, turn=at, status="sheet", standing=Standing.ASIDE, round="r", language="da",
        layout="0" * 8, number=number, page=of, sheet=None, turned=0, one_bit=False, dpi=200, digest=bytes(32), warnings=(),
    )  # fmt: skip


def pages(*what: tuple[str, int]) -> list[Page]:
    return [page(at, number, of) for at, (number, of) in enumerate(what)]


def sheets(paired: dict[int, SheetKey]) -> dict[SheetKey, list[int]]:
    found: dict[SheetKey, list[int]] = {}
    for one, key in paired.items():
        found.setdefault(key, []).append(one)
    return {key: sorted(listed) for key, listed in found.items()}


def test_in_whatever_order_R1() -> None:
    scanned = [(number, of) for number in "abcde" for of in (1, 2, 3, 4)]
    random.Random(1).shuffle(scanned)
    found = sheets(pair(pages(*scanned), {}))
    assert set(found) == {SheetKey(number, 1) for number in "abcde"}
    assert all(sorted(scanned[at][1] for at in listed) == [1, 2, 3, 4] for listed in found.values())


def test_what_comes_later_R2() -> None:
    held = {SheetKey("a", 1): frozenset({1}), SheetKey("a", 2): frozenset({1, 2})}
    assert pair(pages(("a", 2), ("b", 1)), held) == {0: SheetKey("a", 1), 1: SheetKey("b", 1)}
    assert pair(pages(("a", 2), ("a", 1)), held)[1] == SheetKey("a", 3)


def test_photocopies_R3() -> None:
    in_turns = pair(pages(("a", 1), ("a", 2), ("a", 1), ("a", 1), ("a", 2)), {})
    assert sheets(in_turns) == {
        SheetKey("a", 1): [0, 1],
        SheetKey("a", 2): [2],
        SheetKey("a", 3): [3, 4],
    }
    in_stacks = pair(pages(("a", 1), ("a", 1), ("a", 1), ("a", 2), ("a", 2), ("a", 2)), {})
    assert sheets(in_stacks) == {SheetKey("a", copy): [copy - 1, copy + 2] for copy in (1, 2, 3)}


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 3)), max_size=20), st.integers(0, 20)
)
def test_no_page_is_lost_and_no_sheet_has_one_twice_R3(
    scanned: list[tuple[str, int]], cut: int
) -> None:
    listed = pages(*scanned)
    first = pair(listed[:cut], {})
    held = {
        key: frozenset(scanned[at][1] for at in inside) for key, inside in sheets(first).items()
    }
    both = first | pair(listed[cut:], held)
    assert set(both) == set(range(len(scanned)))
    for key, inside in sheets(both).items():
        numbers = [scanned[at][1] for at in inside]
        assert len(numbers) == len(set(numbers)), key


def boxes(marks: dict[str, str], *, ink: float = 0.1) -> dict[int, list[Box]]:
    """One page of ten questions with three options each, and a frame."""
    listed = [
        Box(f"q{n}", option, 0, "box", 0.4 if marks.get(f"q{n}") == option else 0.0,
            "marked" if marks.get(f"q{n}") == option else "blank")
        for n in range(10)
        for option in "123"
    ]  # fmt: skip
    return {1: [*listed, Box("words", "", 0, "frame", ink, "marked" if ink else "blank")]}


def test_similar_marks_R4() -> None:
    said = {f"q{n}": "123"[n % 3] for n in range(10)}
    assert similar(boxes(said), boxes(said, ink=0.11)), "the same sheet again"
    assert not similar(boxes(said), boxes(said | {"q3": "2"})), "another answer"
    assert not similar(boxes(said), boxes(said, ink=0.3)), "other words"
    assert not similar(boxes({}, ink=0.0), boxes({}, ink=0.0)), "nobody marked anything"
    one, other = boxes(said), boxes(said)
    other[1][0] = other[1][0]._replace(state="doubtful")
    assert similar(one, other), "what is doubtful tells nothing"
    assert not similar(one, {2: other[1]}), "no page in common"
