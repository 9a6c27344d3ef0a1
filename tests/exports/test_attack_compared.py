"""The attacker reads what a report says beside its tables: a figure planted there, that the tables hide, is found.

P5  A hidden number is pinned by its complement in any kind of figure: the rest of an area beside a hidden unit; a benchmark's
    or a target's own value; a point of a trend, also of the round before; a rate.
P6  A figure that the attacker does not know how to read ends the attack: a difference, a test, a verdict, an interval or a
    target reached, that does not follow from other figures; and places that no list names.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from exports.significance import fisher_exact
from tests.exports.attacked_rounds import QUESTIONS, Document, Round, published, random_round
from tests.exports.attacker_compared import UnreadError
from tests.exports.campaign_published import campaign
from tests.exports.every_figure import unread
from tests.exports.watched import places_of

Plant = Callable[[Round, Document, Sequence[Mapping[str, Any]]], None]


def value_of(
    people: Sequence[Mapping[str, Any]], question: str, measure: str
) -> tuple[int, float | None]:
    """n and the value by a measure, from the people themselves."""
    asked = QUESTIONS[question]
    worth = {
        name: float(tone == "favourable") if measure == "favourable" else float(score)
        for name, tone, score in asked.options
    }
    worth |= {str(number): float(number) for number in asked.numbers}
    given = [worth[str(one[question])] for one in people if not str(one[question]).startswith("~")]
    return len(given), sum(given) / len(given) if given else None


def within(
    attacked: Round, people: Sequence[Mapping[str, Any]], by: str, key: str
) -> list[Mapping[str, Any]]:
    """The people of a unit, an area, a region, or everyone."""
    units = {
        place.id
        for place in attacked.places
        if by in ("", "all")
        or (by == "unit" and place.id == key)
        or (by == "area" and key in {area for area, _ in place.areas})
        or (by == "region" and place.region is not None and place.region[0] == key)
    }
    return [one for one in people if one["unit"] in units]


def hidden_rests(
    attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Any, ...]]:
    """(question, measure, unit, row, own people, the rest) wherever a report is silent."""
    for one in document.get("comparisons", {}).get("questions", ()):
        for unit in one["units"]:
            own = within(attacked, people, "unit", unit["unit"])
            for row in unit["against"]:
                rest = [
                    person
                    for person in within(attacked, people, row["level"], row["group"])
                    if person["unit"] != unit["unit"]
                ]
                if row["n"] is None:
                    yield one["question"], one["measure"], unit, row, own, rest


def rest(attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]) -> None:
    """The rest of an area beside a unit that is hidden."""
    for question, measure, unit, row, _, others in hidden_rests(attacked, document, people):
        if unit["n"] is None:
            row["n"], row["value"] = value_of(others, question, measure)


def difference(attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]) -> None:
    """A difference beside a unit that is hidden."""
    for question, measure, unit, row, own, others in hidden_rests(attacked, document, people):
        (_, mine), (_, its) = (value_of(group, question, measure) for group in (own, others))
        if unit["value"] is None and mine is not None and its is not None:
            row["difference"] = mine - its


def p_value(attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]) -> None:
    """A test of a unit that is hidden."""
    for question, measure, unit, row, own, others in hidden_rests(attacked, document, people):
        (mine, share), (n, its) = (value_of(group, question, measure) for group in (own, others))
        if measure == "favourable" and unit["n"] is None and None not in (share, its):
            row["p"] = fisher_exact(round((share or 0) * mine), mine, round((its or 0) * n), n)


def another_p(attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]) -> None:
    """A p-value that is not that of the numbers beside it."""
    for one in document.get("comparisons", {}).get("questions", ()):
        for unit in one["units"]:
            for row in unit["against"]:
                if row["p"] is not None:
                    row["p"] = 0.5 + row["p"] / 3


def verdict(attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]) -> None:
    """Over or under, without a number."""
    for *_, row, _, _ in hidden_rests(attacked, document, people):
        row["verdict"] = "over"


def interval(attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]) -> None:
    """An interval around a value that is not told."""
    for one in document.get("trend", ()):
        for series in one["series"]:
            for point in series["points"]:
                if point["n"] is None:
                    point["low"], point["high"] = 0.1, 0.4


def target(attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]) -> None:
    """Whether a target is reached by a value that is not told."""
    for one in document.get("targets", ()):
        if one["own"]["value"] is None:
            one["reached"] = True


def fixed(attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]) -> None:
    """Everyone's value beside a benchmark and a target, where everyone is hidden."""
    for one in (*document.get("benchmarks", ()), *document.get("targets", ())):
        own = one["own"]
        if own["n"] is None and one["measure"] != "median":
            own["n"], own["value"] = value_of(people, one["question"], one["measure"])


def trend(attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]) -> None:
    """The points of this round in a trend, for groups that its tables hide."""
    for one in document.get("trend", ()):
        for series in one["series"]:
            for point in series["points"]:
                if point["round"] == attacked.id and point["n"] is None:
                    group = within(attacked, people, one["by"], series["group"])
                    if one["measure"] != "median":
                        point["n"], point["value"] = value_of(
                            group, one["question"], one["measure"]
                        )


def trend_before(attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]) -> None:
    """The points of the round before, for groups that its own tables hide."""
    if attacked.earlier is None:
        return
    for one in document.get("trend", ()):
        for series in one["series"]:
            for point in series["points"]:
                hidden = point["n"] is None and one["measure"] != "median"
                if point["round"] == attacked.earlier.id and hidden:
                    then = attacked.earlier.editions[point["edition"] - 1]
                    group = within(attacked.earlier, then, one["by"], series["group"])
                    point["n"], point["value"] = value_of(group, one["question"], one["measure"])


def rate(attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]) -> None:
    """A response rate where the number returned is not told."""
    for row in document.get("units", {}).get("rows", ()):
        if row["returned"] is None and row["offered"]:
            row["response_rate"] = (
                len(within(attacked, people, "unit", row["unit"])) / row["offered"]
            )


def complement_of_a_rate(
    attacked: Round, document: Document, people: Sequence[Mapping[str, Any]]
) -> None:
    """The numbers returned of all units but one."""
    rows = document.get("units", {}).get("rows", ())
    small = [row for row in rows if row["returned"] is None]
    for row in small[1:]:
        row["returned"] = len(within(attacked, people, "unit", row["unit"]))


def planting(plant: Plant) -> Callable[[Round], list[Document]]:
    """What a round publishes where a fault is planted in its first edition."""

    def publish(attacked: Round) -> list[Document]:
        documents = published(attacked)
        for document, people in list(zip(documents, attacked.editions, strict=True))[:1]:
            plant(attacked, document, people)
        return documents

    return publish


PLANTS: list[tuple[Plant, str, int]] = [
    (rest, "small group", 0),
    (fixed, "small group", 0),
    (trend, "small group", 0),
    (trend_before, "small group", 0),
    (rate, "size of a unit", 0),
    (complement_of_a_rate, "size of a unit", 0),
]


@pytest.mark.parametrize("planted", PLANTS, ids=[plant.__name__ for plant, *_ in PLANTS])
def test_a_figure_beside_the_tables_is_read(planted: tuple[Plant, str, int]) -> None:
    """P5."""
    plant, what, seed = planted
    result = campaign(60, seed, planting(plant), until_found=True)
    assert what in "\n".join(result.pinned), result


@pytest.mark.parametrize(
    "plant",
    [difference, p_value, another_p, verdict, interval, target],
    ids=lambda one: one.__name__,
)
def test_a_figure_that_follows_from_nothing_ends_the_attack(plant: Plant) -> None:
    """P6. The first round of seed 34 has tests."""
    with pytest.raises(UnreadError):
        campaign(60, 34 if plant is another_p else 0, planting(plant), until_found=True)


def test_a_new_figure_is_in_neither_list() -> None:
    """P6."""
    attacked = random_round(random.Random(1))
    document = published(attacked)[0]
    assert not unread(set(places_of(document)))
    document["tables"][0]["groups"][0]["spread"] = 1.2
    document["about"]["youngest"] = 17
    assert unread(set(places_of(document))) == {"tables[].groups[].spread", "about.youngest"}
