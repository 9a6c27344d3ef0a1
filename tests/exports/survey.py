"""A survey of six units in two areas, put into a data folder as mixing would have left it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from forms.document import read_document, to_plain
from forms.questionnaire import Questionnaire
from forms.report_plan import compile_plan
from forms.units import Area, Membership, Unit
from forms.versions import Version, make_version
from store import counts, round_collections, round_units, rounds, units, versions
from store.database import Store
from store.round_collections import Collection
from store.rounds import RoundState

DOCUMENT = """format: 1
questionnaire: six-units
shape: survey
languages: {da: {state: reviewed, by: S, on: 2026-11-26}, en: {state: reviewed, by: S, on: 2026-11-26}}
title: {da: Seks enheder, en: Six units}
sections:
  - id: s
    title: {da: Side, en: Page}
    questions:
      - id: trust
        kind: scale
        text: {da: Følte du dig tryg?, en: Did you feel safe?}
        points:
          - {id: "5", text: {da: I meget høj grad, en: To a very high degree}, score: 5, tone: favourable}
          - {id: "4", text: {da: I høj grad, en: To a high degree}, score: 4, tone: favourable}
          - {id: "3", text: {da: I nogen grad, en: To some degree}, score: 3, tone: neutral}
          - {id: "1", text: {da: Slet ikke, en: Not at all}, score: 1, tone: unfavourable}
report:
  tables:
    - {id: trust, question: trust, measures: [distribution, favourable, mean]}
    - {id: trust_unit, question: trust, by: [unit], measures: [distribution, favourable, mean]}
    - {id: trust_area, question: trust, by: [area], measures: [distribution, favourable, mean]}
  comparisons:
    - {question: trust, measure: favourable, against: [earlier_rounds, level_above]}
    - {question: trust, measure: mean, against: [level_above]}
  benchmarks:
    - question: trust
      measure: favourable
      values:
        - {label: {da: Hele landet, en: The whole country}, when: "2021", value: 70, n: 1000}
        - {label: {da: Hele landet, en: The whole country}, when: "2018", value: 75, n: 900, other_wording: true}
      source: {da: Landsundersøgelsen, en: The national survey}
  targets:
    - {question: trust, measure: favourable, value: 80, direction: at_least, source: {da: Planen, en: The plan}}
"""

UNITS = {"n1": "north", "n2": "north", "n3": "north", "s1": "south", "s2": "south", "s3": "south"}
#: unit -> people who chose 5, 4, 3, 1
ANSWERS = {
    "n1": (15, 15, 5, 5),
    "n2": (10, 10, 10, 10),
    "n3": (5, 5, 15, 15),
    "s1": (18, 18, 2, 2),
    "s2": (8, 7, 8, 7),
    "s3": (1, 1, 1, 1),
}
OPTIONS = ("5", "4", "3", "1")


def questionnaire(document: str = DOCUMENT) -> Questionnaire:
    return read_document(document)


def keep_units(store: Store, areas: Mapping[str, str] | None = None) -> None:
    """The units with their areas, since ever; regions: one."""
    areas = UNITS if areas is None else areas
    with store.write() as db:
        names = sorted(set(areas.values()))
        units.keep_units(
            db, [Unit(id=one, name=one.upper(), kind="hospital", region="r") for one in areas]
        )
        units.keep_areas(
            db, [Area(id=one, name=one.title(), kind="sof", region="r") for one in names]
        )
        units.keep_memberships(db, [Membership(unit=one, area=area) for one, area in areas.items()])


def keep_round(
    store: Store,
    identity: str,
    q: Questionnaire,
    answers: Mapping[str, tuple[int, ...]],
    *,
    year: int = 2022,
    **changes: Any,
) -> datetime:
    """A closed round with so many answers to `trust` for each option and unit; returns an instant after it."""
    people = {
        unit: [{"trust": option} for option, n in zip(OPTIONS, row, strict=True) for _ in range(n)]
        for unit, row in answers.items()
    }
    return keep_people(store, identity, q, people, year=year, **changes)


def keep_people(
    store: Store,
    identity: str,
    q: Questionnaire,
    people: Mapping[str, Sequence[Mapping[str, str]]],
    *,
    year: int = 2022,
    **changes: Any,
) -> datetime:
    """A closed round with these people's answers (place -> option) for each unit; returns an instant after it."""
    version = make_version(q)
    ends = datetime(year, 2, 28, 11, 0, tzinfo=UTC)
    plan = compile_plan(Version(version.hash, q, version.padded_size))
    tally = counts.Tally()
    returned: dict[tuple[str | None, str], int] = {}
    for unit, listed in people.items():
        for person in listed:
            rows = [(place, "answered", option) for place, option in person.items()]
            tally.add(plan.count(SimpleNamespace(rows=rows), unit, "da", "web"))
        returned[unit, "web"] = len(listed)
    with store.write() as db:
        versions.publish(
            db,
            version_hash=version.hash,
            questionnaire=q.id,
            shape=str(q.shape),
            title=dict(q.title),
            document=to_plain(q),
            padded_size=version.padded_size,
            published_on=date(year, 1, 2),
        )
        round_collections.keep(db, Collection(id="c", title={"da": "C"}))
        values: dict[str, Any] = {
            "id": identity,
            "collection": "c",
            "title": {"da": f"Runde {year}", "en": f"Round {year}"},
            "promise": "anonymous",
            "opens_at": ends - timedelta(days=60),
            "answer_until": ends,
            "receive_until": ends + timedelta(days=21),
            "languages": ("da",),
            "channels": ("web",),
            "versions": (version.hash,),
            "privacy_notice": {"controller": {"da": "Region"}},
            "access": "public",
            "survey": "sample",
            **changes,
        }
        rounds.add(db, rounds.Round(**values))
        rounds.set_key(db, identity, "BA" * 43 + "A", "0" * 16)
        rounds.set_state(db, identity, RoundState.OPEN)
        numbers = {
            unit: {"eligible": max(100, 2 * len(listed)), "offered": max(80, len(listed))}
            for unit, listed in people.items()
        }
        round_units.keep(
            db,
            identity,
            [round_units.RoundUnit(unit=unit, **told) for unit, told in numbers.items()],
        )
        counts.add(db, identity, tally)
        counts.add_returned(db, identity, returned)
        rounds.set_state(db, identity, RoundState.CLOSED)
    return ends + timedelta(days=22)
