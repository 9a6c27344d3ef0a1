"""Requirements of forms/report_plan.py (with plan_faults.py).

R1  Each response adds exactly one to one cell of each table of options, whatever the state of its answer; cells and groups
    are named as docs/architecture.md, "The report plan, compiled", says.
R2  Several of several counts each chosen option and, once, the people who chose anything.
R3  Numbers count people, sums and squares of the scaled number, and a bin; up to 5,000 values each have a bin.
R4  Groups are the by-values as a compact JSON array; unit, area and region hold the unit.
R5  A whole matrix is a table for each statement; statements and cells of tables can be counted by themselves.
R6  A table is guarded when its question or one that it is broken down by is background or sensitive.
R7  What is counted from a checked response and from its rows read again is the same.
R8  A plan that asks for what cannot be counted is refused, every fault by its place.
    No plan that a document may hold is refused: publishing never fails after reading.
R9  Counting costs microseconds.
R10 There are two implicit tables: channel and language.
"""

from __future__ import annotations

import json
import sqlite3
import timeit
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.answers import Checked, Checker
from forms.document import read_document
from forms.plan_faults import plan_faults
from forms.problems import Problem, ProblemError
from forms.questionnaire import Measure, PlannedTable, Questionnaire, ReportPlan
from forms.report_plan import CompiledPlan, Increment, compile_plan, count_rows
from forms.versions import Version
from tests.forms.strategies import questionnaires

DOCUMENT = """
format: 1
questionnaire: plan
shape: survey
languages: {da: draft}
title: Plan
scales:
  degree:
    - {id: "5", text: Ja, score: 5, tone: favourable}
    - {id: "3", text: Tja, score: 3, tone: neutral}
    - {id: "1", text: Nej, score: 1, tone: unfavourable}
sections:
  - id: one
    title: Et
    questions:
      - {id: place, kind: one_of, text: p, options: [{id: home, text: h}, {id: clinic, text: c}], dont_know: true}
      - {id: who, kind: one_of, text: w, background: true, options: [{id: self, text: s}, {id: other, text: o}]}
      - {id: trust, kind: scale, text: t, points: degree, dont_know: true, not_relevant: true, show_if: "place == 'home'"}
      - {id: aids, kind: several_of, text: a, options: [{id: pump, text: p}, {id: chair, text: c}], dont_know: true}
      - {id: minutes, kind: number, text: m, minimum: -1.5, maximum: 600, decimals: 1, dont_know: true}
      - {id: visits, kind: count, text: v, maximum: 9999}
      - {id: lasted, kind: duration, text: l, minimum: 5, maximum: 90}
      - {id: care, kind: matrix, text: c, statements: [{id: met, text: m}, {id: heard, text: h}], points: degree, show_if: "place == 'home'"}
      - id: staff
        kind: table
        text: s
        rows: [{id: nurses, text: n}]
        columns: [{id: total, kind: count, text: t}, {id: note, kind: short_text, text: n}]
      - {id: agree, kind: consent, text: a}
      - {id: home_unit, kind: unit, text: u}
      - {id: why, kind: long_text, text: y, sensitive: true}
      - {id: steps, kind: group, text: g, questions: [{id: sector, kind: one_of, text: s, options: [{id: gp, text: g}, {id: er, text: e}]}]}
"""  # fmt: skip
Q = read_document(DOCUMENT)
CHECKER = Checker(Q)
UNITS = frozenset({"odense", "vejle"})


def table(question: str, *by: str, id: str = "", **more: Any) -> PlannedTable:
    return PlannedTable(
        id=id or "_".join([question.replace("/", "_"), *by]), question=question, by=by, **more
    )


def with_plan(*tables: PlannedTable, free_text: tuple[str, ...] = ()) -> Questionnaire:
    return Questionnaire(
        id=Q.id,
        shape=Q.shape,
        promise=Q.promise,
        title=Q.title,
        languages=Q.languages,
        sections=Q.sections,
        report=ReportPlan(tables=tables, free_text=free_text),
    )


def plan(*tables: PlannedTable) -> CompiledPlan:
    return compile_plan(Version("0" * 64, with_plan(*tables), 4096))


def checked(**answers: Any) -> Checked:
    result = CHECKER.check(answers, units=UNITS)
    assert result.faults == ()
    return result


def cells(compiled: CompiledPlan, unit: str | None = None, **answers: Any) -> list[tuple[str, str]]:
    """(group, cell) of all that is added, without the implicit tables."""
    return [
        (one.group, one.cell)
        for one in compiled.count(checked(**answers), unit, "da", "web")
        if not one.table.startswith("@")
    ]


MISSING = {"missing": "dont_know"}


@pytest.mark.parametrize(
    ("question", "answers", "cell"),
    [
        ("place", {"place": "home"}, "home"),
        ("place", {"place": MISSING}, "~dont_know"),
        ("place", {}, "~unanswered"),
        ("trust", {"place": "home", "trust": "5"}, "5"),
        ("trust", {"place": "home", "trust": {"missing": "not_relevant"}}, "~not_relevant"),
        ("trust", {"place": "home"}, "~unanswered"),
        ("trust", {"place": "clinic", "trust": "5"}, "~not_shown"),
        ("agree", {"agree": True}, "yes"),
        ("agree", {"agree": False}, "no"),
        ("home_unit", {"home_unit": "odense"}, "odense"),
        ("care/met", {"place": "home", "care": {"met": "3"}}, "3"),
        ("care/met", {"place": "home", "care": {"heard": "3"}}, "~unanswered"),
        ("care/met", {"place": "clinic", "care": {"met": "3"}}, "~not_shown"),
        ("aids", {}, "~unanswered"),
        ("aids", {"aids": MISSING}, "~dont_know"),
        ("minutes", {}, "~unanswered"),
        ("minutes", {"minutes": MISSING}, "~dont_know"),
    ],
)
def test_one_cell(question: str, answers: dict[str, Any], cell: str) -> None:
    """R1, R5."""
    compiled = plan(table(question))
    assert cells(compiled, **answers) == [("[]", cell)]
    if question != "home_unit":
        assert cell in compiled.tables[0].cells


def test_several() -> None:
    """R2."""
    compiled = plan(table("aids"))
    assert cells(compiled, aids=["chair", "pump"]) == [
        ("[]", "pump"),
        ("[]", "chair"),
        ("[]", "~base"),
    ]
    assert compiled.tables[0].kind == "several"
    assert compiled.tables[0].cells == (
        "pump", "chair", "~base", "~dont_know", "~unanswered", "~not_shown",
    )  # fmt: skip


def test_numbers() -> None:
    """R3: -1.5 to 600.0 in tenths is 6,016 values, so two share a bin; 9,999 visits too; minutes of 5 to 90 have their own."""
    compiled = plan(table("minutes"), table("visits"), table("lasted"), table("staff/nurses/total"))
    minutes, visits, lasted, total = (one.histogram for one in compiled.tables[:4])
    assert minutes and visits and lasted and total
    assert (minutes.scale, minutes.minimum, minutes.width, minutes.bins) == (10, -15, 2, 3008)
    assert (visits.width, visits.bins, visits.exact) == (2, 5000, False)
    assert (lasted.minimum, lasted.width, lasted.bins, lasted.exact) == (5, 1, 86, True)
    added = compiled.count(checked(minutes=35.5, lasted=30), None, "da", "web")
    assert Increment("minutes", "[]", "~answered", 1, 355) in added
    assert Increment("minutes", "[]", "h:185", 1, None) in added
    assert Increment("lasted", "[]", "h:25", 1, None) in added
    assert minutes.bounds("h:185") == (35.5, 35.7)
    assert lasted.bounds("h:25") == (30, 30)
    counter: dict[tuple[str, str, str], list[int]] = {}
    compiled.add_to(counter, checked(minutes=-1.5), None, "da", "web")
    compiled.add_to(counter, checked(minutes=600), None, "da", "web")
    assert counter["minutes", "[]", "~answered"] == [2, 5985, 225 + 36_000_000]
    assert counter["minutes", "[]", "h:0"] == [1, 0, 0]
    assert counter["minutes", "[]", "h:3007"] == [1, 0, 0]


@given(st.integers(-15, 6000))
def test_every_number_has_a_bin(tenths: int) -> None:
    """R3: the bin holds it, and there are no more bins than said."""
    compiled = plan(table("minutes"))
    histogram = compiled.tables[0].histogram
    assert histogram
    number = tenths / 10
    (cell,) = [cell for _, cell in cells(compiled, minutes=number) if cell.startswith("h:")]
    low, high = histogram.bounds(cell)
    assert low <= number < high
    assert 0 <= int(cell[2:]) < histogram.bins <= 5000


def test_groups() -> None:
    """R4."""
    compiled = plan(
        table("trust", "place"), table("minutes", "who", "region"), table("who", "agree")
    )
    assert cells(
        compiled, "odense", place="home", trust="5", minutes=1, who="self", agree=True
    ) == [
        ('["home"]', "5"),
        ('["self","odense"]', "~answered"),
        ('["self","odense"]', "h:12"),
        ('["yes"]', "self"),
    ]
    assert cells(compiled, place=MISSING) == [
        ('["~dont_know"]', "~not_shown"),
        ('["~unanswered","~unanswered"]', "~unanswered"),
        ('["~unanswered"]', "~unanswered"),
    ]
    assert json.loads(cells(plan(table("place", "unit")), "vejle", place="home")[0][0]) == ["vejle"]


def test_whole_matrix() -> None:
    """R5."""
    compiled = plan(table("care", "who", id="care_all"))
    assert [(one.id, one.question) for one in compiled.tables[:2]] == [
        ("care_all.met", "care/met"),
        ("care_all.heard", "care/heard"),
    ]
    assert cells(compiled, place="home", who="self", care={"met": "5"}) == [
        ('["self"]', "5"),
        ('["self"]', "~unanswered"),
    ]


def test_guarded() -> None:
    """R6."""
    compiled = plan(table("place"), table("who"), table("place", "who"), table("place", "unit"))
    assert [one.guarded for one in compiled.tables[:4]] == [False, True, True, False]


EVERYTHING = plan(
    table("place"), table("trust", "who", "unit"), table("aids", "place"), table("minutes", "who"), table("visits"),
    table("lasted"), table("care"), table("staff/nurses/total", "agree"), table("agree"), table("home_unit"),
    table("who", "home_unit"),
)  # fmt: skip
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "place": st.sampled_from(["home", "clinic"]) | st.just(MISSING),
        "who": st.sampled_from(["self", "other"]),
        "trust": st.sampled_from(["5", "3", "1"]) | st.just(MISSING),
        "aids": st.lists(st.sampled_from(["pump", "chair"])) | st.just(MISSING),
        "minutes": st.integers(-15, 6000).map(lambda tenths: tenths / 10) | st.just(MISSING),
        "visits": st.integers(0, 9999),
        "lasted": st.integers(5, 90),
        "care": st.dictionaries(st.sampled_from(["met", "heard"]), st.sampled_from(["5", "1"])),
        "staff": st.just({"nurses": {"total": 4, "note": "n"}}),
        "agree": st.booleans(),
        "home_unit": st.sampled_from(sorted(UNITS)),
        "why": st.just("text"),
        "steps": st.just([{"sector": "gp"}]),
    },
)


@given(ANSWERS, st.sampled_from([None, "odense"]))
def test_recount(answers: dict[str, Any], unit: str | None) -> None:
    """R1, R7: through a real SQLite file's types, in another order; each table of options gets exactly one."""
    response = checked(**answers)
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE answer (place TEXT PRIMARY KEY, state TEXT, value ANY) STRICT")
        db.executemany("INSERT INTO answer VALUES (?, ?, ?)", response.rows)
        rows = db.execute("SELECT place, state, value FROM answer ORDER BY value").fetchall()
    db.close()
    counted = EVERYTHING.count(response, unit, "ar", "paper")
    assert count_rows(EVERYTHING, rows, unit, "ar", "paper") == counted
    people = Counter(one.table for one in counted if one.cell[:2] != "h:")
    kinds = {one.id: one.kind for one in EVERYTHING.tables}
    assert people.keys() == kinds.keys()
    assert all(n == 1 for id_, n in people.items() if kinds[id_] != "several")
    counter: dict[tuple[str, str, str], list[int]] = {}
    EVERYTHING.add_to(counter, response, unit, "ar", "paper")
    assert {key: sums[0] for key, sums in counter.items()} == {
        (one.table, one.group, one.cell): one.n for one in counted
    }


def test_implicit() -> None:
    """R10."""
    assert plan().count(checked(), "odense", "fa", "tablet") == [
        ("@channel", "[]", "tablet", 1, None),
        ("@language", "[]", "fa", 1, None),
    ]
    assert [one.id for one in plan().tables] == ["@channel", "@language"]


@pytest.mark.parametrize(
    ("planned", "place", "code"),
    [
        (table("nosuch"), "report.tables[0].question", "not-countable"),
        (table("why"), "report.tables[0].question", "not-countable"),
        (table("staff"), "report.tables[0].question", "not-countable"),
        (table("staff/nurses/note"), "report.tables[0].question", "not-countable"),
        (table("care/nosuch"), "report.tables[0].question", "not-countable"),
        (table("aids/pump"), "report.tables[0].question", "not-countable"),
        (table("sector"), "report.tables[0].question", "in-group"),
        (table("steps"), "report.tables[0].question", "in-group"),
        (table("place", "minutes"), "report.tables[0].by", "by-kind"),
        (table("place", "aids"), "report.tables[0].by", "by-kind"),
        (table("place", "place"), "report.tables[0].by", "by-kind"),
        (table("place", "sector"), "report.tables[0].by", "by-kind"),
        (table("place", "who", "unit", "agree"), "report.tables[0].by", "too-many-by"),
        (table("place", "unit", "unit"), "report.tables[0].by", "too-many-by"),
        (table("place", measures=(Measure.MEDIAN,)), "report.tables[0].measures", "measure"),
        (table("place", measures=(Measure.MEAN,)), "report.tables[0].measures", "measure"),
        (table("aids", measures=(Measure.FAVOURABLE,)), "report.tables[0].measures", "measure"),
        (table("minutes", measures=(Measure.FAVOURABLE,)), "report.tables[0].measures", "measure"),
    ],
    ids=lambda value: value.id if isinstance(value, PlannedTable) else value,
)
def test_refused(planned: PlannedTable, place: str, code: str) -> None:
    """R8."""
    q = with_plan(planned)
    assert (place, code) in {(fault.place, fault.code) for fault in plan_faults(q)}
    with pytest.raises(ProblemError) as raised:
        compile_plan(Version("0" * 64, q, 4096))
    assert raised.value.problem is Problem.NOT_PUBLISHABLE


def test_all_faults_at_once() -> None:
    """R8."""
    q = with_plan(
        table("place"), table("place"), table("nosuch", "nosuch"), free_text=("why", "place")
    )
    assert [(fault.place, fault.code) for fault in plan_faults(q)] == [
        ("report.tables[1].id", "duplicate-id"),
        ("report.tables[2].question", "not-countable"),
        ("report.tables[2].by", "by-kind"),
        ("report.free_text[1]", "not-free-text"),
    ]
    good = (
        table("trust", measures=(Measure.DISTRIBUTION, Measure.FAVOURABLE, Measure.MEAN)),
        table("minutes", "place", "area", measures=(Measure.MEDIAN, Measure.MEAN)),
        table("care", measures=(Measure.FAVOURABLE,)),
    )
    assert plan_faults(with_plan(*good, free_text=("why",))) == []


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(questionnaires())
def test_documents_compile(q: Questionnaire) -> None:
    """R8: what documents allow and what can be compiled are one."""
    assert plan_faults(q) == []
    compiled = compile_plan(Version("0" * 64, q, 4096))
    response = Checker(q).check({})
    counted = compiled.count(response, None, "da", "web")
    assert len({(one.table, one.group, one.cell) for one in counted}) == len(counted)


def test_cost() -> None:
    """R9: far above what it takes here (1 µs a table), far below what a scan of the questionnaire would take."""
    response = checked(place="home", trust="5", minutes=3, agree=True)
    counter: dict[tuple[str, str, str], list[int]] = {}
    run = timeit.repeat(
        lambda: EVERYTHING.add_to(counter, response, "odense", "da", "web"), number=500, repeat=5
    )
    assert min(run) / 500 < 300e-6
