"""A question over the rounds of a collection, from editions already published, with every break of what is compared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from exports.figures import Figures
from exports.measured import groups_of, measured, table_of
from exports.tables import UnitPlace
from forms.comparisons import Against
from forms.questionnaire import PLACES_OF_UNITS, Questionnaire
from forms.versions import Comparison, compare


@dataclass(frozen=True, slots=True)
class PastRound:
    """A round with its published figures, the questionnaire of its newest version, and where its units belonged."""

    figures: Figures
    questionnaire: Questionnaire
    places: Mapping[str, UnitPlace] = field(default_factory=dict)


def trends(rounds: Sequence[PastRound]) -> list[dict[str, Any]]:
    """The key `trend` of the figures: a series for everyone, and one for each region, area and unit that the plan
    breaks the question down by. `rounds` are in the order of time; the last is the one whose report this is, and its
    plan says what is compared."""
    now = rounds[-1]
    comparisons = [compare(old.questionnaire, new.questionnaire) for old, new in pairwise(rounds)]
    found = []
    for planned in now.questionnaire.report.comparisons:
        if Against.EARLIER_ROUNDS not in planned.against:
            continue
        for by in ("", *reversed(PLACES_OF_UNITS)):
            line = _Line(rounds, comparisons, planned.question, str(planned.measure), by)
            series = list(line.series())
            new, gone = line.came_and_went()
            if any(len(one["points"]) > 1 for one in series) or (series and (new or gone)):
                found.append(
                    {
                        "question": planned.question,
                        "measure": str(planned.measure),
                        "by": by,
                        "series": series,
                        "new": new,
                        "gone": gone,
                    }
                )
    return found


class _Line:
    """One question by one measure, over all rounds."""

    def __init__(
        self,
        rounds: Sequence[PastRound],
        comparisons: Sequence[Comparison],
        question: str,
        measure: str,
        by: str,
    ) -> None:
        self.rounds, self.comparisons = rounds, comparisons
        self.question, self.measure, self.by = question, measure, by
        levels = (by,) if by else ()
        self.groups = [groups_of(table_of(one.figures, question, *levels)) for one in rounds]
        # Which units take part is told by name only where the report names units anyway.
        self.naming = any("unit" in table["by"] for table in rounds[-1].figures["tables"])

    def series(self) -> Iterator[dict[str, Any]]:
        """A series for each group that this round's table has."""
        for key, group in self.groups[-1].items():
            yield {"group": key, "label": group["label"], "points": list(self._points(key))}

    def came_and_went(self) -> tuple[list[str], list[str]]:
        """The names of the regions, areas or units that took part now and in no earlier round, and the other way round; of
        the rounds whose reports are broken down by them. Who takes part is no answer, and reports by them name them anyway."""
        if not self.by:
            return [], []
        now = self._places(self.rounds[-1])
        before: dict[str, str] = {}
        for past, groups in zip(self.rounds[:-1], self.groups[:-1], strict=True):
            if groups:
                before |= self._places(past)
        if not before:
            return [], []
        return (
            sorted(name for key, name in now.items() if key not in before),
            sorted(name for key, name in before.items() if key not in now),
        )

    def _places(self, past: PastRound) -> dict[str, str]:
        """The key and name of each region, area or unit that took part."""
        if self.by == "unit":
            return {place.id: place.name for place in past.places.values()}
        if self.by == "area":
            return {key: name for place in past.places.values() for key, name in place.areas}
        regions = (place.region for place in past.places.values())
        return {region[0]: region[1] for region in regions if region}

    def _points(self, key: str) -> Iterator[dict[str, Any]]:
        last: int | None = None
        for index, (past, groups) in enumerate(zip(self.rounds, self.groups, strict=True)):
            group = groups.get(key)
            if group is None:
                continue
            found = measured(group, self.measure)
            about = past.figures["about"]
            point: dict[str, Any] = {
                "round": past.figures["round"],
                "title": dict(about["title"]),
                "edition": past.figures["edition"],
                "until": str(about["answer_until"])[:10],
                "n": found.n if found else None,
                "value": found.value if found else None,
                "step": found.step if found else None,
                "low": found.low if found else None,
                "high": found.high if found else None,
                "since": found.since if found else None,
                "breaks": [],
            }
            if last is not None:
                point["breaks"] = list(self._breaks(last, index, key))
            last = index
            yield point

    def _breaks(self, old: int, new: int, key: str) -> Iterator[dict[str, Any]]:
        """What is no longer the same from one point to the next."""
        name = self.question.split("/", maxsplit=1)[0]
        between = self.comparisons[old:new]
        if any(name not in (*one.comparable, *one.wording) for one in between):
            yield {"kind": "changed"}
        elif any(name in one.wording for one in between):
            yield {"kind": "wording"}
        before, after = self.rounds[old].places, self.rounds[new].places
        if self.by == "unit":
            areas = [_areas(places.get(key)) for places in (before, after)]
            if areas[0] != areas[1]:
                yield {"kind": "area", "from": areas[0], "to": areas[1]}
            return
        members = [self._members(places, key) for places in (before, after)]
        if members[0].keys() != members[1].keys():
            gone = [name for unit, name in members[0].items() if unit not in members[1]]
            new_ones = [name for unit, name in members[1].items() if unit not in members[0]]
            yield {
                "kind": "units",
                "gone": sorted(gone) if self.naming else [],
                "new": sorted(new_ones) if self.naming else [],
            }

    def _members(self, places: Mapping[str, UnitPlace], key: str) -> dict[str, str]:
        def within(place: UnitPlace) -> bool:
            if self.by == "area":
                return any(identity == key for identity, _ in place.areas)
            return not self.by or bool(place.region and place.region[0] == key)

        return {unit: place.name for unit, place in places.items() if within(place)}


def _areas(place: UnitPlace | None) -> list[str]:
    return sorted(name for _, name in place.areas) if place else []
