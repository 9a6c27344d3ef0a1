"""What the attacker reads in a report beside its tables: comparisons, benchmarks, targets, trends and the units' rates.

Each is a statement about a group of people (a unit, the rest of its area without it, everyone, an earlier round) and becomes
rows over the same unknowns as the tables. What is computed from other published numbers (p, adjusted p, a verdict) is computed
again: were it another number, it would say something that the attacker does not know how to read, and UnreadError is raised.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from exports.significance import benjamini_hochberg, fisher_exact, spread_of, welch
from tests.exports.attacker import Attacker
from tests.exports.worlds import Mask

Document = Mapping[str, Any]


class UnreadError(AssertionError):
    """A published figure that the attacker does not know how to read."""


def read_compared(attacker: Attacker) -> None:
    """Takes in what each edition of the attacker's round compares and counts beside its tables."""
    for number, document in enumerate(attacker.documents):
        _read_returned(attacker, document, number)
        _read_units(attacker, document, number)
        _read_comparisons(attacker, document, number)
        for told in (*document.get("benchmarks", ()), *document.get("targets", ())):
            _read_fixed(attacker, document, told, number)
        _check_adjusted(document)
        read_trends(attacker, document)


def read_trends(attacker: Attacker, document: Document) -> None:
    """The points of a document's trends that are of the attacker's round, whichever round's report it is."""
    for trend in document.get("trend", ()):
        by = (trend["by"],) if trend["by"] else ()
        for series in trend["series"]:
            mask = attacker.of(by, (series["group"],) if by else ())
            for point in series["points"]:
                if point["round"] != attacker.documents[0]["round"]:
                    continue
                number = point["edition"] - 1
                edition = _edition(attacker, number, trend["question"])
                _read_value(attacker, mask, trend["question"], trend["measure"], point, edition)


def _edition(attacker: Attacker, number: int, question: str) -> int:
    """The edition whose tables of a question an edition shows: all of them stand together."""
    for table in attacker.documents[number]["tables"]:
        if table["question"] == question:
            for group in table["groups"]:
                return attacker.edition_of(group["since"], number)
    return number


def _read_value(
    attacker: Attacker,
    mask: Mask,
    question: str,
    measure: str,
    told: Document,
    edition: int,
    inferred: tuple[float, float | None] | None = None,
) -> None:
    """n and the value of a group by one measure; `step` is what the value was rounded to. `inferred`: (value, step) as they
    follow from something else, where the value itself is not told."""
    valid = mask & attacker.valid(question)
    people = attacker.terms(valid, edition)
    n, value, step = told["n"], told["value"], told.get("step")
    if value is None and inferred is not None:
        value, step = inferred
    if n is not None:
        attacker.know(people, n, n)
    between = told.get("low") is not None or told.get("high") is not None
    if between and (value is None or n is None):
        raise UnreadError("an interval without its value")
    if value is None:
        return
    if measure == "median":
        if n is None:
            raise UnreadError("a median without n")
        numbers = attacker.numbers(question)
        attacker.read_quantile(valid, numbers, n, 0.5, value, edition)
        return
    weights = attacker.weights(question, measure)
    half = (step or 0.0) / 2
    slack = 1e-6 * max(1.0, attacker.most)
    # Without n a value still says how the sum and the number of people go together.
    at_least = attacker.terms(valid, edition, weights - (value - half))
    at_most = attacker.terms(valid, edition, weights - (value + half))
    attacker.know(at_least, -slack, math.inf)
    attacker.know(at_most, -math.inf, slack)


def _read_comparisons(attacker: Attacker, document: Document, number: int) -> None:
    comparisons = document.get("comparisons")
    for one in comparisons["questions"] if comparisons else ():
        question, measure = one["question"], one["measure"]
        edition = _edition(attacker, number, question)
        for unit in one["units"]:
            own = attacker.of(("unit",), (unit["unit"],))
            _read_value(attacker, own, question, measure, unit, edition)
            for row in unit["against"]:
                level = () if row["level"] == "all" else (row["level"],)
                rest = attacker.of(level, (row["group"],) if level else ()) & ~own
                _read_rest(attacker, document, (question, measure), unit, row, rest, edition)


def _read_rest(
    attacker: Attacker,
    document: Document,
    of: tuple[str, str],
    unit: Document,
    row: Document,
    rest: Mask,
    edition: int,
) -> None:
    """A unit beside the rest of its area, its region or everyone: the rest is everybody there but the unit's people."""
    question, measure = of
    inferred = None
    if row["difference"] is not None:
        if unit["value"] is None:
            raise UnreadError("a difference without the unit's value")
        inferred = unit["value"] - row["difference"], unit["step"]
        if row["value"] is not None and not math.isclose(inferred[0], row["value"], abs_tol=1e-9):
            raise UnreadError("a difference that is not that of the values beside it")
    _read_value(attacker, rest, question, measure, row, edition, inferred)
    people = attacker.terms(rest & attacker.valid(question), edition)
    if row["why"] == "alone":
        attacker.know(people, 0, 0)
    sign = {"over": 1, "under": -1}.get(row["verdict"], 0)
    if sign and unit["value"] is not None:
        # Over: the rest's value lies below the unit's.
        weights = attacker.weights(question, measure)
        valid = rest & attacker.valid(question)
        above = attacker.terms(valid, edition, sign * (unit["value"] - weights))
        attacker.know(above, -1e-6 * max(1.0, attacker.most), math.inf)
    if row["p"] is None:
        return
    if None in (row["n"], row["value"], unit["n"], unit["value"]):
        raise UnreadError("a test without the numbers that it is of")
    p = _p_again(attacker, document, of, unit, row)
    if p is None or not math.isclose(p, row["p"], abs_tol=1e-9):
        raise UnreadError("a p-value that is not that of the published numbers")


def _p_again(
    attacker: Attacker, document: Document, of: tuple[str, str], unit: Document, row: Document
) -> float | None:
    question, measure = of
    if measure == "favourable":
        chose, rest_chose = unit["value"] * unit["n"], row["value"] * row["n"]
        return fisher_exact(round(chose), unit["n"], round(rest_chose), row["n"])
    own = _counts(document, question, ("unit",), unit["unit"])
    level = () if row["level"] == "all" else (row["level"],)
    whole = _counts(document, question, level, row["group"])
    if own is None or whole is None:
        return None
    scores = {name: score for name, _, score in attacker.questions[question].options}
    mine = spread_of((scores[cell], n) for cell, n in own.items())
    rest = spread_of((scores[cell], whole[cell] - n) for cell, n in own.items())
    return welch(mine, rest) if mine and rest else None


def _counts(
    document: Document, question: str, by: Sequence[str], key: str
) -> Mapping[str, int] | None:
    """The published counts of all options of a group."""
    for table in document["tables"]:
        if table["question"] == question and tuple(table["by"]) == tuple(by):
            for group in table["groups"]:
                if (group["group"][0] if by else "") == key and group["state"] == "all":
                    return {cell["cell"]: cell["n"] for cell in group["cells"]}
    return None


def _read_fixed(attacker: Attacker, document: Document, told: Document, number: int) -> None:
    """Everyone beside a benchmark or a target that the plan wrote down before anybody answered."""
    question, measure = told["question"], told["measure"]
    edition = _edition(attacker, number, question)
    everyone = attacker.of((), ())
    own = told["own"]
    inferred = None
    for value in told.get("values", ()):
        if value["difference"] is not None and own["value"] is None:
            inferred = value["value"] + value["difference"], own["step"]
        if value["p"] is not None:
            if own["value"] is None or own["n"] is None or value["n"] is None:
                raise UnreadError("a benchmark's p-value without the numbers that it is of")
            if measure == "favourable":
                mine, its = own["value"] * own["n"], value["value"] * value["n"]
                p = fisher_exact(round(mine), own["n"], round(its), value["n"])
                if not math.isclose(p, value["p"], abs_tol=1e-9):
                    raise UnreadError("a benchmark's p-value that is not that of its numbers")
            elif _counts(document, question, (), "") is None:
                raise UnreadError("the p-value of a mean whose options are not told")
    _read_value(attacker, everyone, question, measure, own, edition, inferred)
    if told.get("reached") is not None:
        if own["value"] is None:
            raise UnreadError("a target that is reached by a value that is not told")
        above, at_least = own["value"] - told["value"], told["direction"] == "at_least"
        if told["reached"] != (above >= -1e-9 if at_least else above <= 1e-9):
            raise UnreadError("a target that is reached by another value than the one told")
        if own["step"] and abs(above) <= own["step"] / 2:
            raise UnreadError("a target that is reached by a value closer than the one told")


def _check_adjusted(document: Document) -> None:
    """The adjusted p-values and verdicts of a report follow from its p-values and differences."""
    comparisons = document.get("comparisons")
    rows = [
        row
        for one in (comparisons["questions"] if comparisons else ())
        for unit in one["units"]
        for row in unit["against"]
    ]
    rows += [value for one in document.get("benchmarks", ()) for value in one["values"]]
    tested = [row for row in rows if row["p"] is not None]
    for row, adjusted in zip(tested, benjamini_hochberg([one["p"] for one in tested]), strict=True):
        if not math.isclose(row["adjusted"], adjusted, abs_tol=1e-9):
            raise UnreadError("an adjusted p-value that does not follow from the others")
        differs = adjusted <= 0.05 and row["difference"]
        expected = ("over" if row["difference"] > 0 else "under") if differs else "same"
        if row["verdict"] != expected:
            raise UnreadError("a verdict that does not follow from its difference")
    for row in rows:
        if row["p"] is None and (row["adjusted"] is not None or row["verdict"] != "untested"):
            raise UnreadError("a verdict without a test")
    if comparisons and comparisons["tests"] != len(tested):
        raise UnreadError("a number of tests that is not that of the tests shown")


def _read_returned(attacker: Attacker, document: Document, number: int) -> None:
    """How many forms came back, by the way they came; how many of them were kept where single answers are given."""
    about = document["about"]
    everyone = attacker.terms(np.ones(len(attacker.kinds), dtype=bool), number)
    back = sum(about["returned"].values())
    attacker.know(everyone, back, back)
    if about["response_rate"] is not None and about["offered"]:
        rate = about["response_rate"] * about["offered"]
        attacker.know(everyone, rate - 1e-6, rate + 1e-6)


def _read_units(attacker: Attacker, document: Document, number: int) -> None:
    """What units returned of what they handed out."""
    told = document.get("units")
    if not told:
        return
    edition = attacker.edition_of(told["since"], number)
    for row in told["rows"]:
        people = attacker.terms(attacker.of(("unit",), (row["unit"],)), edition)
        if row["returned"] is not None:
            attacker.know(people, row["returned"], row["returned"])
        if row["response_rate"] is not None:
            back = row["response_rate"] * row["offered"]
            attacker.know(people, back - 1e-6, back + 1e-6)
        if row["coverage"] is not None and not math.isclose(
            row["coverage"], row["offered"] / row["eligible"]
        ):
            raise UnreadError("a coverage that is not that of what the unit reported")
