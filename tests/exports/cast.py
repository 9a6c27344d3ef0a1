"""What the tests of exports share: questionnaires of the library, counts drawn to a seed, figures of an edition."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forms
from exports.disclosure import Rule, disclose
from exports.editions import edition_figures
from exports.tables import UnitPlace, build_tables
from forms.document import read_document
from forms.questionnaire import Questionnaire
from store.counts import CountRow


def library(name: str) -> Questionnaire:
    return read_document(
        (Path(forms.__file__).parent / "library" / f"{name}.yaml").read_text(encoding="utf-8")
    )


@dataclass(frozen=True)
class Bins:
    """A histogram of whole numbers, one bin a value."""

    scale: int = 1

    def bounds(self, cell: str) -> tuple[float, float]:
        value = float(cell.removeprefix("h:"))
        return value, value


@dataclass(frozen=True)
class Planned:
    """A compiled table as the seam describes it."""

    id: str
    question: str
    by: tuple[str, ...] = ()
    kind: str = "options"
    guarded: bool = False
    cells: tuple[str, ...] = ()
    histogram: Bins | None = None


def count_up(table: Planned, people: Iterable[dict[str, Any]]) -> list[CountRow]:
    """Counts people's answers by hand, independently of forms/report_plan.py. A missing answer is '~unanswered'."""
    cells: Counter[tuple[str, str]] = Counter()
    sums: Counter[tuple[str, str]] = Counter()
    squares: Counter[tuple[str, str]] = Counter()
    for person in people:
        keys = [
            person.get("unit" if by in ("area", "region") else by, "~unanswered") for by in table.by
        ]
        group = json.dumps(keys, separators=(",", ":"))
        answer = person.get(table.question, "~unanswered")
        if isinstance(answer, int):
            cells[group, "~answered"] += 1
            cells[group, f"h:{answer}"] += 1
            sums[group, "~answered"] += answer
            squares[group, "~answered"] += answer * answer
        elif isinstance(answer, list):
            cells[group, "~base"] += 1
            for one in answer:
                cells[group, one] += 1
        else:
            cells[group, answer] += 1
    return [
        CountRow(table.id, group, cell, n, sums[group, cell], squares[group, cell])
        for (group, cell), n in sorted(cells.items())
    ]


def iv_people(n: int, seed: int = 1) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    degree = ["5", "4", "3", "2", "1", "~dont_know"]

    def draw(weights: list[int], values: list[str] = degree) -> str:
        return rng.choices(values, weights)[0]

    return [
        {
            "choice": draw([30, 28, 19, 10, 8, 5]),
            "trust": draw([58, 31, 7, 2, 1, 1]),
            "informed": draw([41, 36, 15, 5, 2, 1]),
            "procedures": draw([30, 30, 17, 8, 4, 4, 7], [*degree, "~not_relevant"]),
            "preference": draw([12, 68, 15, 5], ["hospital", "home", "no_matter", "~dont_know"]),
            "filled_in_by": draw(
                [70, 18, 9, 3], ["self", "self_with_relative", "self_with_staff", "relative"]
            ),
            "unit": rng.choice(["odense", "vejle", "kolding", "assens", "fanoe"]),
        }
        for _ in range(n)
    ]


def figures_of(
    questionnaire: Questionnaire,
    plan: list[Planned],
    people: list[dict[str, Any]],
    *,
    places: Iterable[UnitPlace] = (),
    rule: Rule | None = None,
    free_text: list[dict[str, Any]] | None = None,
    **about: Any,
) -> dict[str, Any]:
    rows = [row for table in plan for row in count_up(table, people)]
    raw = build_tables(rows, plan, questionnaire, places)
    rule = rule or Rule()
    told: dict[str, Any] = {
        "title": questionnaire.title,
        "working_group": "Arbejdsgruppen for IV-behandling",
        "promise": str(questionnaire.promise),
        "opens_at": "2022-01-01T00:00:00Z",
        "answer_until": "2022-02-28T22:59:00Z",
        "receive_until": "2022-03-21T11:00:00Z",
        "survey": "total",
        "population": None,
        "access": "invited",
        "interval": str(rule.interval),
        "versions": [{"questionnaire": questionnaire.id, "hash": "3f" * 32}],
        "eligible": 412,
        "offered": 371,
        "declined": 22,
        "unable": 9,
        "returned": {
            "paper": round(len(people) * 0.6),
            "web": len(people) - round(len(people) * 0.6),
        },
        "coverage": 371 / 412,
        "response_rate": len(people) / 371 if len(people) <= 371 else None,
        "quarantined": 0,
        **about,
    }
    return edition_figures(
        round_id="r1",
        number=1,
        made_on="2022-03-21",
        about=told,
        disclosed=disclose(raw, rule),
        free_text=free_text or [],
    )


IV_PLAN = [
    Planned("choice", "choice"),
    Planned("trust", "trust"),
    Planned("informed", "informed"),
    Planned("procedures", "procedures"),
    Planned("preference", "preference"),
    Planned("filled_in_by", "filled_in_by", guarded=True),
]

TIME_PLAN = [
    Planned("treatment", "treatment"),
    Planned("place", "place"),
    Planned("treatment_by_place", "treatment", ("place",)),
    Planned("minutes", "minutes", kind="number", histogram=Bins()),
    Planned(
        "minutes_by_treatment_place",
        "minutes",
        ("treatment", "place"),
        kind="number",
        histogram=Bins(),
    ),
    Planned("travel_by_place", "travel", ("place",), kind="number", histogram=Bins()),
    Planned("performed_by", "performed_by", guarded=True),
]


def time_people(n: int, seed: int = 2) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    people = []
    for _ in range(n):
        treatment = rng.choices(["antibiotics_no_pump", "antibiotics_pump", "fluid"], [50, 30, 20])[
            0
        ]
        place = rng.choices(["home", "clinic", "other"], [64, 34, 2])[0]
        centre = {"antibiotics_no_pump": 38, "antibiotics_pump": 24, "fluid": 55}[treatment]
        people.append(
            {
                "treatment": treatment,
                "place": place,
                "minutes": max(5, round(rng.gauss(centre, 11))),
                "travel": 0 if place == "clinic" and rng.random() < 0.8 else rng.randrange(2, 60),
                "performed_by": rng.choices(
                    ["municipal_nurse", "municipal_assistant", "hospital_staff", "other"],
                    [80, 14, 4, 2],
                )[0],
            }
        )
    return people


FREE_TEXT = [
    {
        "question": "suggestions",
        "texts": [
            {
                "language": "da",
                "text": "Det var trygt, at det var den samme sygeplejerske, der kom hver gang. Hun forklarede, hvad der skulle ske.",
            },
            {"language": "da", "text": "Ring gerne en halv time før I kommer."},
            {
                "language": "ar",
                "text": "كانت الممرضة لطيفة جدًا وشرحت لي كل شيء، لكن الموعد تغيّر مرتين دون إخباري.",
            },
            {"language": "da", "text": "Pumpen larmede om natten."},
            {"language": "en", "text": "Everything was fine. Thank you."},
            {
                "language": "da",
                "text": "Jeg ville gerne have haft et nummer at ringe til i weekenden.",
            },
            {"language": "da", "text": "Godt at være hjemme."},
            {
                "language": "da",
                "text": "Mere information skriftligt, tak. Jeg kunne ikke huske det hele bagefter.",
            },
        ],
    }
]
