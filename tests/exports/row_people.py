"""A questionnaire with all that rows may and may not have, people drawn to answer it, and what is published of them."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from exports.datasets.row_rules import RowPlan
from exports.datasets.rows import (
    write_rows,
)
from exports.disclosure import Rule, disclose
from exports.editions import edition_figures
from exports.tables import UnitPlace, build_tables
from forms.answers import compile_check
from forms.document import read_document
from forms.questionnaire import Questionnaire
from forms.report_plan import compile_plan, count_rows
from forms.versions import Version
from store.counts import Tally

DOCUMENT = """
format: 1
questionnaire: rows
shape: survey
promise: anonymous
languages: {da: {state: reviewed, by: x, on: 2026-01-01}}
title: {da: Række på række æøå}
scales:
  degree:
    - {id: "3", text: {da: I høj grad}, score: 3, tone: favourable}
    - {id: "2", text: {da: I nogen grad}, score: 2, tone: neutral}
    - {id: "1", text: {da: Slet ikke}, score: 1, tone: unfavourable}
sections:
  - id: one
    title: {da: Et}
    questions:
      - {id: trust, kind: scale, text: {da: Tryg?}, points: degree, dont_know: true, not_relevant: true}
      - {id: site, kind: one_of, text: {da: Hvor?}, options: [{id: home, text: {da: Hjemme}}, {id: clinic, text: {da: Klinik}}]}
      - {id: care, kind: matrix, text: {da: Omsorg}, points: degree, statements: [{id: met, text: {da: Mødt}}, {id: heard, text: {da: Hørt}}]}
      - {id: aids, kind: several_of, text: {da: Hjælpemidler}, dont_know: true, options: [{id: pump, text: {da: Pumpe}}, {id: stand, text: {da: Stativ}}]}
      - {id: visits, kind: count, text: {da: Besøg}, maximum: 9}
      - {id: hours, kind: number, text: {da: Timer}, minimum: -5, maximum: 20, decimals: 1, dont_know: true}
      - {id: follow, kind: scale, text: {da: Hvorfor ikke?}, points: degree, show_if: "trust <= 2"}
      - {id: ill, kind: one_of, sensitive: true, text: {da: Syg?}, options: [{id: yes_, text: {da: Ja}}, {id: no_, text: {da: Nej}}]}
      - {id: how, kind: one_of, text: {da: Hvordan?}, show_if: "ill == 'yes_'", options: [{id: a, text: {da: A}}, {id: b, text: {da: B}}]}
      - {id: age, kind: one_of, background: true, text: {da: Alder}, options: [{id: young, text: {da: Ung}}, {id: middle, text: {da: Midt}}, {id: old, text: {da: Gammel}}, {id: oldest, text: {da: Ældst}}]}
      - {id: sex, kind: one_of, background: true, text: {da: Køn}, options: [{id: f, text: {da: Kvinde}}, {id: m, text: {da: Mand}}, {id: x, text: {da: Andet}}]}
      - {id: born, kind: date, text: {da: Født}}
      - {id: weight, kind: number, background: true, text: {da: Vægt}, minimum: 0, maximum: 200}
      - {id: name, kind: short_text, personal: true, text: {da: Navn}}
      - {id: place, kind: unit, text: {da: Sted}}
report:
  tables: TABLES
"""
TABLES = (
    ("trust",), ("trust", "age"), ("trust", "site"), ("trust", "unit"), ("trust", "site", "age"), ("site",), ("site", "sex"),
    ("care/met",), ("care/met", "age"), ("care/heard", "unit"), ("aids",), ("aids", "site"), ("visits",), ("visits", "sex"),
    ("follow",), ("follow", "ill"), ("ill",), ("ill", "age"), ("how",), ("age",), ("age", "unit"), ("sex",), ("sex", "site"),
)  # fmt: skip
K = 5
UNITS = ("north", "south", "east", "west")


class Person(NamedTuple):
    """One response as the store has it: its unit, and the rows (place, state, value) of its answers."""

    unit: str
    rows: tuple[tuple[str, str, Any], ...]

    @property
    def answers(self) -> dict[str, Any]:
        return {place: f"~{state}" if value is None else value for place, state, value in self.rows}


def questionnaire(tables: Sequence[tuple[str, ...]]) -> Questionnaire:
    planned = [
        {"id": f"t{at}", "question": one[0], "by": list(one[1:])} for at, one in enumerate(tables)
    ]
    return read_document(DOCUMENT.replace("TABLES", json.dumps(planned)))


def drawn(form: Questionnaire, n: int, rng: random.Random) -> list[Person]:
    """People whose answers hang together, with rare options and states."""
    checker = compile_check(Version("0" * 64, form, 4096))
    people = []
    for _ in range(n):
        age = rng.choices(
            ["young", "middle", "old", "oldest", None],
            [30, 30, 30, rng.randint(0, 5), rng.randint(0, 4)],
        )[0]
        answers: dict[str, Any] = {
            "trust": rng.choice(["3", "3", "2", "1", {"missing": "dont_know"}, {"missing": "not_relevant"}]),
            "site": rng.choice(["home", "clinic"]),
            "care": {"met": rng.choice("321"), **({"heard": rng.choice("321")} if rng.random() < 0.8 else {})},
            "aids": rng.choice([["pump"], ["pump", "stand"], ["stand"], {"missing": "dont_know"}]),
            "visits": rng.randint(0, 9),
            "hours": rng.choice([-2.5, 3, 7.1, {"missing": "dont_know"}]),
            "follow": rng.choice("321"),
            "ill": rng.choice(["yes_", "no_"]),
            "how": rng.choice("ab"),
            "sex": rng.choices(["f", "m", "x"], [50, 45, rng.randint(0, 6)])[0],
            "born": "1950-01-01",
            "weight": 71,
            "name": "Ida Æ",
            "place": rng.choice(UNITS),
        }  # fmt: skip
        if age:
            answers["age"] = age
        for left in rng.sample(sorted(answers), 2):
            del answers[left]
        if answers.get("trust") not in ("1", "2"):
            answers.pop("follow", None)
        if answers.get("ill") != "yes_":
            answers.pop("how", None)
        checked = checker.check(answers, units=frozenset(UNITS))
        assert not checked.faults, checked.faults
        rows = tuple((row.place, str(row.state), row.value) for row in checked.rows)
        people.append(Person(rng.choices(UNITS, [40, 30, 20, 10])[0], rows))
    return people


def published(form: Questionnaire, people: Sequence[Person]) -> dict[str, Any]:
    """The figures of an edition of these people's answers."""
    plan = compile_plan(Version("0" * 64, form, 4096))
    tally = Tally()
    for person in people:
        tally.add(count_rows(plan, person.rows, person.unit, "da", "web"))
    places = [UnitPlace(unit, unit) for unit in UNITS]
    raw = build_tables(tally.rows(), plan.tables, form, places)
    return edition_figures(
        round_id="r1",
        number=1,
        made_on="2026-03-21",
        about={"title": form.title, "promise": "anonymous"},
        disclosed=disclose(raw, Rule(k=K)),
        free_text=[],
    )


def given(
    path: Path,
    form: Questionnaire,
    people: Sequence[Person],
    *,
    seed: int = 1,
    promise: str = "anonymous",
) -> tuple[RowPlan | None, list[list[str]]]:
    """The plan, and the rows with their head."""
    plan = write_rows(
        path,
        published(form, people),
        [form],
        ((person.unit, person.answers) for person in people),
        promise=promise,
        rng=random.Random(seed),
    )
    with path.open(encoding="utf-8", newline="") as file:
        return plan, list(csv.reader(file))
