"""The page that says how many answers give how many points, and the method section beside an edition.

R1  The page says in a sentence and two tables what statistics.margin and answers_for compute, for the population given.
R2  What is no number is said beside the field, and the page is shown all the same.
R3  The method section is Danish whatever the desk speaks, made from the edition, and can be taken as a file.
R4  It is for those who see results, and there is none where there is no edition.
"""

from __future__ import annotations

import re

import pytest

from exports.statistics import answers_for, margin
from tests.server.installation import World
from tests.server.test_desk import with_edition

AT = "/desk/planning/uncertainty"
METHOD = "/desk/rounds/open1/editions/1/method"


def rows(html: str) -> list[tuple[str, str]]:
    return [
        (first, re.sub(r"\s+", " ", second))
        for first, second in re.findall(r'<th scope="row" class="number">(.*?)</th><td class="number">(.*?)</td>', html)
    ]  # fmt: skip


def test_answers_and_points(world: World) -> None:
    """R1."""
    html = world.signed_in("secretariat").get(AT, headers={"Accept-Language": "en"}).text
    assert (
        "381 answers give at most 5 points of uncertainty. With 100 answers it is 9.6 points"
        in html
    )
    told = dict(rows(html))
    assert told["100"] == f"± {100 * margin(100):.1f}"
    assert told["± 3"] == f"{answers_for(0.03):,}"
    some = (
        world.signed_in("secretariat")
        .get(f"{AT}?population=1000", headers={"Accept-Language": "en"})
        .text
    )
    assert "Of 1,000 people, 276 answers give at most 5 points" in some
    told = dict(rows(some))
    assert told["1,000"] == "none: everybody answered"
    assert told["200"] == f"± {100 * margin(200, 1000):.1f}"
    assert "2,000" not in told


@pytest.mark.parametrize("typed", ["many", "1", "-4", "1.5e9", "9" * 12])
def test_no_number(world: World, typed: str) -> None:
    """R2."""
    page = world.signed_in("secretariat").get(
        AT, query_string={"population": typed}, headers={"Accept-Language": "en"}
    )
    assert page.status_code == 200
    assert "Write a whole number from 2" in page.text
    assert "381 answers" in page.text


def test_method_section(world: World) -> None:
    """R3, R4."""
    assert world.signed_in("chair").get(METHOD).status_code == 409
    with_edition(world)
    chair = world.signed_in("chair")
    page = chair.get(METHOD, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.DOTALL)
    assert text is not None
    for said in (
        "Metode: ",
        "Løftet",
        "Intet interval omfatter dem, der ikke svarede.",
        "udgave 1",
    ):
        assert said in text[1], said
    file = chair.get(f"{METHOD}.txt")
    assert file.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert file.text.startswith("Metode: ")
    assert "metode.txt" in file.headers["Content-Disposition"]
    assert METHOD in chair.get("/desk/rounds/open1").text
