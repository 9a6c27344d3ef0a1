"""The box map is kept and handed on as JSON: what comes back is what was written, and nothing else is taken."""

import copy

import pytest

from forms.paper.corner_marks import marks
from forms.paper.layout import (
    Area,
    Box,
    PageMap,
    PaperLayout,
    from_plain,
    make_layout,
    to_map,
    to_plain,
)
from forms.paper.page_code import PageCode, read_page_code
from forms.problems import ProblemError


def small_layout(x: float = 30.0) -> PaperLayout:
    """One page with one box of each kind."""
    boxes = (
        Box("trust", "5", "box", Area(x, 60.0, 4.5, 4.5)),
        Box("minutes", "", "comb", Area(30.0, 80.0, 6.0, 8.0), 0),
        Box("other", "", "frame", Area(30.0, 100.0, 150.0, 30.0)),
    )
    page = PageMap(1, marks(), Area(96.0, 268.0, 18.0, 18.0), boxes)
    return make_layout(version="a" * 64, language="da", pages=(page,), filled_means_cancelled=True)


def test_a_layout_comes_back_from_its_json() -> None:
    assert from_plain(to_plain(small_layout())) == small_layout()


def test_the_map_for_others_says_page_size_question_and_page_and_is_read_again() -> None:
    plain = to_map(small_layout())
    [page] = plain["pages"]
    assert (page["width"], page["height"]) == (210.0, 297.0)
    assert [(box["question"], box["page"]) for box in page["boxes"]] == [
        ("trust", 1), ("minutes", 1), ("other", 1),
    ]  # fmt: skip
    assert from_plain(plain) == small_layout()


def test_a_box_elsewhere_makes_another_id() -> None:
    assert small_layout().id != small_layout(30.01).id


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("pages", 0, "boxes", 0, "kind"), "circle"),
        (("pages", 0, "boxes", 0, "x"), -1),
        (("pages", 0, "boxes", 0, "width"), 0),
        (("pages", 0, "boxes", 0, "x"), 31.0),  # no longer what the id says
        (("pages", 0, "marks", 0, "id"), 1),
        (("pages", 0, "number"), 2),
        (("pages",), []),
        (("language",), "../da"),
        (("extra",), 1),
    ],
)
def test_a_layout_that_was_changed_is_refused(path: tuple, value: object) -> None:
    plain = copy.deepcopy(to_plain(small_layout()))
    inner = plain
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(ProblemError) as refused:
        from_plain(plain)
    assert refused.value.faults


def test_a_page_code_comes_back() -> None:
    code = PageCode("k7m2pq", "da", "0123abcd", 2, "23456789")
    assert str(code) == "SVB1.k7m2pq.da.0123abcd.2.23456789"
    assert read_page_code(str(code)) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org",
        "SVB1.k7m2pq.da.0123abcd.0.23456789",
        "SVB1.k7m2pq.da.0123abcd.1.2345678o",
        "SVB1.-k7.da.0123abcd.1.23456789",
        "SVB1.k7m2pq.da.0123abcd.1.23456789\n",
    ],
)
def test_other_codes_are_none_of_ours(text: str) -> None:
    assert read_page_code(text) is None
