"""What an edition's figures are compared with, as the report plan says: the level above, benchmarks and targets.

compared() is a function of published figures alone (this edition's tables, as they advanced) and of which unit belongs
where: it cannot say more than they do, whatever a round holds (docs/disclosure.md, "Comparisons"). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from exports.figures import Figures
from exports.measured import (
    Measured,
    groups_of,
    measured,
    option_counts,
    scores_of,
    spread_in,
    table_of,
)
from exports.significance import Spread, benjamini_hochberg, fisher_exact, welch
from exports.tables import UnitPlace
from forms.comparisons import (
    SMALLEST_COMPARED,
    Against,
    Benchmark,
    BenchmarkValue,
    Compared,
    PlannedComparison,
)
from forms.questionnaire import Questionnaire

#: Of the differences that a report calls one, at most this share is expected to be chance.
FALSE_DISCOVERIES = 0.05
#: Values that are no further apart are the same; scores, shares and targets are never written so finely.
EXACT = 1e-9


def compared(
    figures: Figures, questionnaire: Questionnaire, places: Iterable[UnitPlace]
) -> dict[str, Any]:
    """The keys `comparisons`, `benchmarks` and `targets` of the figures, each only where the plan asks for it.

    All tests of the report are adjusted together.
    """
    plan = questionnaire.report
    k = int(figures["smallest_group"])
    smallest = max(k, plan.smallest_compared or SMALLEST_COMPARED)
    known = {place.id: place for place in places}
    units: list[dict[str, Any]] = []
    tests: list[dict[str, Any]] = []
    for one in plan.comparisons:
        if Against.LEVEL_ABOVE in one.against:
            rows = list(_Levels(figures, questionnaire, known, one, k, smallest).units())
            tests += [row for unit in rows for row in unit["against"]]
            if rows:
                units.append({"question": one.question, "measure": str(one.measure), "units": rows})
    benchmarks = [_benchmark(figures, questionnaire, one) for one in plan.benchmarks]
    tests += [value for one in benchmarks for value in one["values"]]
    tested = _adjust([row for row in tests if row["p"] is not None])
    result: dict[str, Any] = {}
    if units:
        result["comparisons"] = {
            "smallest": smallest,
            "false_discoveries": FALSE_DISCOVERIES,
            "tests": tested,
            "questions": units,
        }
    if benchmarks:
        result["benchmarks"] = benchmarks
    if plan.targets:
        result["targets"] = list(_targets(figures, questionnaire))
    return result


class _Levels:
    """The units of one question, each against the rest of its area and of its region."""

    def __init__(
        self,
        figures: Figures,
        questionnaire: Questionnaire,
        places: Mapping[str, UnitPlace],
        planned: PlannedComparison,
        k: int,
        smallest: int,
    ) -> None:
        self.places, self.k, self.smallest = places, k, smallest
        self.measure = str(planned.measure)
        self.scores = scores_of(questionnaire, planned.question)
        self.own = groups_of(table_of(figures, planned.question, "unit"))
        self.areas = groups_of(table_of(figures, planned.question, "area"))
        regions = table_of(figures, planned.question, "region")
        self.regions = groups_of(regions)
        # Without a table by region the whole round is the level above.
        self.everyone = {} if regions else groups_of(table_of(figures, planned.question))

    def units(self) -> Iterator[dict[str, Any]]:
        """A row for each unit that takes part and was asked."""
        for unit, group in self.own.items():
            place = self.places.get(unit)
            if place is None:
                continue
            found = measured(group, self.measure)
            yield {
                "unit": unit,
                "label": place.name,
                "n": None if found is None else found.n,
                "value": None if found is None else found.value,
                "step": None if found is None else found.step,
                "against": [
                    self._against(level, identity, name, group, above)
                    for level, identity, name, above in self._above(place)
                ],
            }

    def _above(self, place: UnitPlace) -> Iterator[tuple[str, str, str, Figures]]:
        for identity, name in place.areas:
            if identity in self.areas:
                yield "area", identity, name, self.areas[identity]
        if place.region and place.region[0] in self.regions:
            yield "region", *place.region, self.regions[place.region[0]]
        if "" in self.everyone:
            yield "all", "", "", self.everyone[""]

    def _against(
        self, level: str, identity: str, name: str, group: Figures, above: Figures
    ) -> dict[str, Any]:
        row: dict[str, Any] = {
            "level": level,
            "group": identity,
            "label": name,
            "n": None,
            "value": None,
            "difference": None,
            "p": None,
            "adjusted": None,
            "verdict": "untested",
            "why": "",
        }
        own, whole = measured(group, self.measure), measured(above, self.measure)
        if own is None or whole is None:
            return row | {"why": "hidden"}
        rest = whole.n - own.n
        if rest == 0:
            return row | {"why": "alone"}
        # The rest is told only from as many as the disclosure control would show by this measure.
        needed = max(self.smallest, self.k if self.measure == "favourable" else 4 * self.k)
        if own.n < self.smallest or rest < needed:
            return row | {"why": "too-few"}
        told = (
            self._shares(group, above)
            if self.measure == "favourable"
            else self._means(group, above)
        )
        return row | told

    def _shares(self, group: Figures, above: Figures) -> dict[str, Any]:
        n, all_n = group["n"], above["n"]
        chose, all_chose = group["favourable"]["n"], above["favourable"]["n"]
        rest, rest_chose = all_n - n, all_chose - chose
        if not 0 <= rest_chose <= rest:
            return {"why": "hidden"}
        return {
            "n": rest,
            "value": rest_chose / rest,
            "difference": chose / n - rest_chose / rest,
            "p": fisher_exact(chose, n, rest_chose, rest),
        }

    def _means(self, group: Figures, above: Figures) -> dict[str, Any]:
        own, whole = option_counts(group, self.scores), option_counts(above, self.scores)
        if own is None or whole is None:
            return {"why": "too-few"}
        left = {cell: whole[cell] - own[cell] for cell in whole}
        mine, others = spread_in(own, self.scores), spread_in(left, self.scores)
        if mine is None or others is None or min(left.values()) < 0:
            return {"why": "hidden"}
        p = welch(mine, others)
        told = {"n": others.n, "value": others.mean, "difference": mine.mean - others.mean, "p": p}
        return told if p is not None else told | {"why": "no-spread"}


def _adjust(tested: list[dict[str, Any]]) -> int:
    """Adjusts all p-values of the report together and says over, under or same; returns how many there are."""
    for row, value in zip(tested, benjamini_hochberg([row["p"] for row in tested]), strict=True):
        row["adjusted"] = value
        row["verdict"] = "same"
        if value <= FALSE_DISCOVERIES and row["difference"]:
            row["verdict"] = "over" if row["difference"] > 0 else "under"
    return len(tested)


# --- benchmarks and targets -------------------------------------------------------------------------------------


def in_shares(value: float, measure: str) -> float:
    """A planned value as figures have it: documents write favourable shares in per cent."""
    return value / 100 if measure == "favourable" else float(value)


def _own(figures: Figures, question: str, measure: str) -> tuple[Figures | None, Measured | None]:
    group = groups_of(table_of(figures, question)).get("")
    return group, measured(group, measure) if group else None


def _told(found: Measured | None) -> dict[str, Any]:
    return {
        "n": found.n if found else None,
        "value": found.value if found else None,
        "step": found.step if found else None,
        "low": found.low if found else None,
        "high": found.high if found else None,
    }


def reached(own: Measured | None, target: float, direction: str) -> bool | None:
    """Whether a published value reaches a target; None where there is no value, or where it was rounded by so much that
    the exact one may lie on either side."""
    if own is None:
        return None
    above = own.value - target
    if own.step and abs(above) <= own.step / 2 + EXACT:
        return None
    # What is lost in the sixteenth place is no difference.
    return above >= -EXACT if direction == "at_least" else above <= EXACT


def _benchmark(
    figures: Figures, questionnaire: Questionnaire, planned: Benchmark
) -> dict[str, Any]:
    measure = str(planned.measure)
    group, own = _own(figures, planned.question, measure)
    spread: Spread | None = None
    if group is not None and own is not None and measure == "mean":
        scores = scores_of(questionnaire, planned.question)
        spread = spread_in(option_counts(group, scores), scores)
    return {
        "question": planned.question,
        "measure": measure,
        "own": _told(own),
        "values": [_value(value, measure, own, spread) for value in planned.values],
        "source": dict(planned.source),
        "footnote": dict(planned.footnote),
    }


def _value(
    planned: BenchmarkValue, measure: str, own: Measured | None, spread: Spread | None
) -> dict[str, Any]:
    value = in_shares(planned.value, measure)
    p: float | None = None
    if own is not None and planned.n is not None and not planned.other_wording:
        if measure == "favourable":
            p = fisher_exact(round(own.value * own.n), own.n, round(value * planned.n), planned.n)
        elif planned.spread is not None and spread is not None and planned.n > 1:
            p = welch(spread, Spread(planned.n, value, planned.spread**2))
    return {
        "label": dict(planned.label),
        "when": planned.when,
        "value": value,
        "n": planned.n,
        "spread": planned.spread,
        "other_wording": planned.other_wording,
        "difference": own.value - value if own is not None else None,
        "p": p,
        "adjusted": None,
        "verdict": "untested",
    }


def _targets(figures: Figures, questionnaire: Questionnaire) -> Iterator[dict[str, Any]]:
    for planned in questionnaire.report.targets:
        measure = str(planned.measure)
        _, own = _own(figures, planned.question, measure)
        value = in_shares(planned.value, measure)
        yield {
            "question": planned.question,
            "measure": measure,
            "own": _told(own),
            "value": value,
            "direction": str(planned.direction),
            "reached": reached(own, value, str(planned.direction)),
            "source": dict(planned.source),
            "footnote": dict(planned.footnote),
        }


__all__ = ["EXACT", "FALSE_DISCOVERIES", "Compared", "compared", "in_shares", "reached"]
