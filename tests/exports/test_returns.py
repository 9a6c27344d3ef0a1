"""Reports of signed returns.

S1  The collated document holds, per question, what each unit sent: equal to what was written, unit by unit.
S2  The answers of the collection's earlier round stand beside, as its edition had them; where the question changed, none.
S3  Fields marked personal, CPR numbers, what was withheld and what was never sent are not in the figures.
S4  Tables of signed returns show every number, however few the units; the survey's rule is not theirs.
S5  The grid condenses lines, counts units and names only those that agreed.
S6  Shares, totals, target, footnotes and changes equal a hand computation.
S7  The catalogue has an entry for each initiative and says what was not filled in.
S8  Both languages assemble, and the text stands there as it was written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from exports.assemble import Report, assemble
from forms.document import read_document
from forms.questionnaire import Questionnaire
from store import responses
from store.database import Store, create_store
from tests.exports.cast import library
from tests.exports.shaped import SOFS, close, edition, open_shaped_round, send_return

LATER = datetime(2022, 9, 28, 10, 0, tzinfo=UTC)
SOF = library("sof-follow-up")
QUESTIONS = ["implementation", "cooperation", "resources", "barriers", "benefits", "improvement", "refusals"]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with create_store(tmp_path / "data") as opened:
        yield opened


def answers_of(unit: str, month: int) -> dict[str, Any]:
    """Seven texts that say who wrote them, to which question, and when."""
    return {
        **{place: f"{SOFS[unit]} om {place} efter {month} måneder." for place in QUESTIONS},
        "joins": [
            {"municipality": "Nordfyns", "joins_on": "2022-03-01"},
            {"municipality": "Ærø"},
        ],
    }


def two_rounds(store: Store) -> dict[str, Any]:
    open_shaped_round(store, SOF, "six", SOFS, smallest_group=5)
    for unit in SOFS:
        send_return(store, "six", unit, answers_of(unit, 6))
    close(store, "six")
    edition(store, "six")
    open_shaped_round(store, SOF, "twelve", SOFS, until=LATER)
    for unit in list(SOFS)[:3]:
        send_return(store, "twelve", unit, answers_of(unit, 12))
    close(store, "twelve")
    return edition(store, "twelve")


def chapter(report: Report, name: str) -> Any:
    return next(one for one in report.chapters if one.id == name)


def test_the_collation_is_what_the_units_sent_S1_S2(store: Store) -> None:
    figures = two_rounds(store)
    collated = figures["returns"]["collated"]
    assert [one["place"] for one in collated["questions"]] == [*QUESTIONS, "joins"]
    for one in collated["questions"][:-1]:
        sent = {cell["unit"]: cell["answer"] for cell in one["cells"]}
        assert sent == {unit: answers_of(unit, 12)[one["place"]] for unit in list(SOFS)[:3]}
    for one in collated["earlier"]["questions"][:-1]:
        sent = {cell["unit"]: cell["answer"] for cell in one["cells"]}
        assert sent == {unit: answers_of(unit, 6)[one["place"]] for unit in SOFS}
    assert figures["free_text"] == []


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_twelve_month_answers_stand_beside_the_six_month_ones_S2_S8(
    store: Store, language: str
) -> None:
    report = assemble(two_rounds(store), SOF, language)
    told = chapter(report, "collated")
    block = told.blocks[3]
    assert len(told.blocks) == 8
    assert "23" in block.grid.head[1]
    assert "28" in block.grid.head[2]
    rows = {row[0]: row[1:] for row in block.grid.rows}
    assert rows["SOF Odense"] == (
        "SOF Odense om barriers efter 6 måneder.",
        "SOF Odense om barriers efter 12 måneder.",
    )
    absent = {"da": "Har ikke svaret", "en": "Has not answered"}[language]
    assert rows["SOF Sønderjylland"] == ("SOF Sønderjylland om barriers efter 6 måneder.", absent)
    assert "Nordfyns" in told.blocks[-1].grid.rows[0][1]
    assert (
        report.foot
        == {
            "da": "Enhederne har svaret i eget navn",
            "en": "Units answered in their own name",
        }[language]
    )
    assert "3" in report.findings[0]


def test_four_units_stand_side_by_side_S1(store: Store) -> None:
    open_shaped_round(store, SOF, "six", SOFS)
    for unit in SOFS:
        send_return(store, "six", unit, answers_of(unit, 6))
    close(store, "six")
    block = chapter(assemble(edition(store, "six"), SOF, "da"), "collated").blocks[0]
    assert block.grid.head[1:] == tuple(sorted(SOFS.values()))
    assert [text.split(" om ")[0] for text in block.grid.rows[0][1:]] == sorted(SOFS.values())
    assert block.heading == "Hvordan går det med implementeringen af IV-aftalen?"


def changed(questionnaire: Questionnaire, **texts: str) -> Questionnaire:
    document = (Path("forms/library/sof-follow-up.yaml")).read_text(encoding="utf-8")
    for before, after in texts.items():
        document = document.replace(before, after)
    return read_document(document)


def test_another_question_has_no_earlier_answer_S2(store: Store) -> None:
    open_shaped_round(store, SOF, "six", SOFS)
    send_return(store, "six", "sof-odense", answers_of("sof-odense", 6))
    close(store, "six")
    edition(store, "six")
    text = (Path(__file__).parents[2] / "forms/library/sof-follow-up.yaml").read_text("utf-8")
    # One question becomes longer (another one, to the comparison), another is worded anew.
    text = text.replace(
        "kind: long_text\n        length: 2500", "kind: long_text\n        length: 3000", 1
    )
    text = text.replace("Hvordan opleves samarbejdet", "Hvordan er samarbejdet")
    new = read_document(text)
    open_shaped_round(store, new, "twelve", SOFS, until=LATER)
    send_return(store, "twelve", "sof-odense", answers_of("sof-odense", 12))
    close(store, "twelve")
    figures = edition(store, "twelve")
    kept = {one["place"]: one for one in figures["returns"]["collated"]["earlier"]["questions"]}
    assert "implementation" not in kept
    assert kept["cooperation"]["reworded"]
    assert not kept["resources"]["reworded"]
    blocks = chapter(assemble(figures, new, "da"), "collated").blocks
    assert blocks[0].grid.rows[0][1] == "–"
    assert "var et andet" in blocks[0].notes[0]
    assert "ordlyd" in blocks[1].notes[0]


RETURN = """
format: 1
questionnaire: status
shape: return
languages: {da: draft}
title: Status
sections:
  - id: all
    title: Alt
    questions:
      - {id: contact, kind: short_text, personal: true, text: Kontaktperson}
      - {id: sector, kind: one_of, text: Sektor, options: [{id: gp, text: Almen praksis}, {id: town, text: Kommune}]}
      - {id: example, kind: one_of, text: Må I nævnes?, options: [{id: "yes", text: Ja}, {id: "no", text: Nej}]}
      - {id: activities, kind: long_text, text: Aktiviteter}
      - {id: partners, kind: long_text, text: Samarbejdspartnere}
      - {id: staff, kind: count, text: Ansatte}
      - {id: certified, kind: count, text: Certificerede}
      - {id: remark, kind: short_text, text: Forbehold}
      - id: homes
        kind: group
        text: Plejehjem
        questions:
          - {id: home, kind: short_text, text: Navn}
          - {id: leader, kind: short_text, personal: true, text: Leder}
          - {id: doctor, kind: one_of, text: Fast læge, options: [{id: "yes", text: Ja}, {id: "no", text: Nej}]}
          - {id: clinical, kind: long_text, text: Klinisk}
report:
  tables: [{id: sector, question: sector}, {id: contact_by, question: sector, by: [example]}]
  collated: {questions: [contact, activities]}
  grid:
    columns: sector
    rows: [{id: treat, title: Behandling, questions: [activities, partners]}]
    named_if: example
    named_option: "yes"
  shares:
    - id: certified
      title: Certificerede
      parts: [{id: all, title: Certificerede, part: certified, whole: staff}]
      target: {percent: 50, source: Planen s. 4}
      note: remark
      earlier: true
    - id: doctors
      title: Fast læge
      parts: [{id: all, title: Med fast læge, part: homes/doctor/yes, whole: homes}]
  catalogue: {group: homes, name: home, show: [doctor, clinical]}
"""
TOWNS = {"odense": "Odense", "assens": "Assens", "vejle": "Vejle"}


def the_returns(store: Store, name: str = "r1", more: int = 0) -> dict[str, Any]:
    questionnaire = read_document(RETURN)
    until = LATER if more else datetime(2022, 3, 23, 11, 0, tzinfo=UTC)
    open_shaped_round(store, questionnaire, name, TOWNS, until=until)
    send_return(
        store,
        name,
        "odense",
        {
            "contact": "Bodil Berg",
            "sector": "town",
            "example": "no",
            "activities": "- Samtaler\nOdense Kommunes gruppeforløb\nSamtaler.",
            "partners": "Psykiatrien",
            "staff": 40,
            "certified": 10 + more,
            "remark": "Kun faste ansatte",
            "homes": [
                {"home": "Søbo", "leader": "Kurt Kjær", "doctor": "yes", "clinical": "God effekt"},
                {"home": "Lunden", "doctor": "no"},
            ],
        },
    )
    send_return(
        store,
        name,
        "vejle",
        {
            "sector": "town",
            "example": "yes",
            "activities": "samtaler\nStøttegruppe, borger 010203-1234",
            "staff": 10,
            "certified": 7,
            "homes": [{"home": "Skoven", "doctor": "yes"}],
        },
    )
    close(store, name)
    return edition(store, name)


def test_what_is_not_to_be_shown_is_not_there_S3(store: Store) -> None:
    figures = the_returns(store)
    text = json.dumps(figures, ensure_ascii=False)
    for secret in ("Bodil", "Kurt", "010203", "1234"):
        assert secret not in text
    assert "Søbo" in text


def test_a_withheld_text_is_not_there_S3(store: Store) -> None:
    the_returns(store)
    with store.write() as db:
        for one in responses.texts(db, "r1"):
            if "gruppeforløb" in one.text or one.text == "God effekt":
                responses.decide_text(db, one.key, responses.Reading.WITHHELD)
    figures = edition(store, "r1", seed=2)
    assert "gruppeforløb" not in json.dumps(figures, ensure_ascii=False)
    assert "God effekt" not in json.dumps(figures, ensure_ascii=False)
    report = assemble(figures, read_document(RETURN), "da")
    assert "holdt tilbage" in chapter(report, "collated").blocks[1].grid.rows[0][1]


def test_two_units_are_shown_S4(store: Store) -> None:
    tables = {one["id"]: one for one in the_returns(store)["tables"]}
    group = tables["sector"]["groups"][0]
    assert group["state"] == "all"
    assert [cell["n"] for cell in group["cells"]] == [0, 2]


def test_the_grid_S5(store: Store) -> None:
    figures = the_returns(store)
    page = figures["returns"]["grid"]["pages"][0]
    assert [(one["column"], one["units"]) for one in page["columns"]] == [("gp", 0), ("town", 2)]
    cell = page["rows"][0]["cells"][1]
    assert cell[0]["question"] == "activities"
    assert cell[0]["lines"] == [
        {"text": "Samtaler", "units": 2, "named": ["Vejle"]},
        {"text": "[…] gruppeforløb", "units": 1, "named": []},
        {"text": "Støttegruppe, borger ██████-████", "units": 1, "named": ["Vejle"]},
    ]
    # Nobody of general practice answered.
    assert page["rows"][0]["cells"][0] == []
    told = chapter(assemble(figures, read_document(RETURN), "da"), "grid")
    assert told.blocks[0].grid.head == ("Fase", "Almen praksis (0)", "Kommune (2)")
    assert told.blocks[0].grid.rows[0][1] == "–"
    assert "– Samtaler (2, fx Vejle)" in told.blocks[0].grid.rows[0][2]
    assert "Odense" not in told.blocks[0].grid.rows[0][2]


def test_shares_equal_a_hand_computation_S6(store: Store) -> None:
    the_returns(store)
    figures = the_returns(store, "r2", more=12)
    certified, doctors = figures["returns"]["shares"]
    # Odense 22 of 40, Vejle 7 of 10, together 29 of 50; half a year before 10 of 40 and 7 of 10.
    assert [row["parts"][0]["share"] for row in certified["rows"]] == [22 / 40, 7 / 10]
    assert certified["total"][0] == {"part": 29, "whole": 50, "share": 29 / 50, "units": 2}
    assert certified["earlier"]["total"][0]["share"] == 17 / 50
    assert [row["parts"][0] for row in doctors["rows"]] == [
        {"part": 1, "whole": 2, "share": 0.5},
        {"part": 1, "whole": 1, "share": 1.0},
    ]
    block = chapter(assemble(figures, read_document(RETURN), "da"), "shares").blocks[0]
    assert block.grid.rows == (
        ("Odense", "22", "40", "55\u00a0%¹", "25\u00a0%", "+30,0"),
        ("Vejle", "7", "10", "70\u00a0%", "70\u00a0%", "0,0"),
        ("I alt", "29", "50", "58\u00a0%", "34\u00a0%", "+24,0"),
    )
    assert block.notes[0] == "¹ Kun faste ansatte"
    assert "Planen s. 4" in block.notes[1]
    assert block.heading == "58\u00a0% i alt; 2 af 2 enheder har nået målet på 50\u00a0%"


def test_a_share_never_looks_like_the_target_that_it_misses_S6(store: Store) -> None:
    """199 of 400 are 49.75 per cent: not 50, which is the target."""
    figures = the_returns(store)
    told = figures["returns"]["shares"][0]
    for row in told["rows"]:
        if row["unit"] == "odense":
            row["parts"] = [{"part": 199, "whole": 400, "share": 199 / 400}]
    told["total"] = [{"part": 206, "whole": 410, "share": 206 / 410, "units": 2}]
    block = chapter(assemble(figures, read_document(RETURN), "da"), "shares").blocks[0]
    rows = {row[0]: row[3].replace("\u00a0", " ") for row in block.grid.rows}
    assert (rows["Odense"], rows["I alt"]) == ("49,8 %¹", "50,2 %")
    assert block.heading.replace("\u00a0", " ") == (
        "50,2 % i alt; 1 af 2 enheder har nået målet på 50 %"
    )
    assert "49,8" in block.chart


def test_the_catalogue_S7(store: Store) -> None:
    told = chapter(assemble(the_returns(store), read_document(RETURN), "da"), "catalogue")
    assert [block.heading for block in told.blocks] == ["Søbo", "Lunden", "Skoven"]
    assert told.blocks[0].grid.rows == (("Fast læge", "Ja"), ("Klinisk", "God effekt"))
    assert told.blocks[1].notes == ("Ikke udfyldt: Klinisk.",)
    assert told.lead[0] == "3 indsatser fra 2 enheder."


def test_what_changed_makes_a_new_edition_and_nothing_else_does_S1(store: Store) -> None:
    first = the_returns(store)
    assert edition(store, "r1", seed=3)["edition"] == first["edition"]
