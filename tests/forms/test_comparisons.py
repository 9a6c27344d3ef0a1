"""What a report plan compares with.

R1  Comparisons, benchmarks and targets are read, written again and read the same.
R2  Every fault is told with its line, its place and a remedy.
R3  A version that uses none of it keeps the hash that it had before these keys existed.
R4  A value of a benchmark changes the hash; nothing of a plan makes questions incomparable.
"""

from __future__ import annotations

import pytest

from forms.comparisons import Against, Compared, Direction
from forms.document import read_document, to_plain, write_document
from forms.problems import ProblemError
from forms.report_plan import compile_plan
from forms.versions import compare, content_hash, make_version

BASE = """format: 1
questionnaire: q
shape: survey
languages: {da: {state: reviewed, by: S, on: 2026-11-26}}
title: T
sections:
  - id: s
    title: S
    questions:
      - {id: a, kind: scale, text: A, points: [{id: "1", text: x, score: 1, tone: unfavourable}, {id: "2", text: y, score: 2, tone: favourable}]}
      - {id: b, kind: count, text: B}
      - {id: c, kind: one_of, text: C, sensitive: true, options: [{id: x, text: x, tone: favourable}, {id: y, text: y}]}
"""
TABLES = """report:
  tables: [{id: a, question: a}, {id: au, question: a, by: [unit]}, {id: b, question: b}]
"""
GOOD = (
    BASE
    + TABLES
    + """  comparisons: [{question: a, measure: mean, against: [earlier_rounds, level_above]}]
  smallest_compared: 12
  benchmarks:
    - question: a
      measure: mean
      values: [{label: Landet, value: 2.97, when: "2021", n: 100, spread: 0.5, other_wording: true}]
      source: LUP
      footnote: Uden de mindste.
  targets: [{question: b, measure: median, value: 4, direction: at_least, source: Plan}]
"""
)


def test_read_and_written() -> None:
    """R1."""
    q = read_document(GOOD)
    plan = q.report
    assert plan.comparisons[0].against == (Against.EARLIER_ROUNDS, Against.LEVEL_ABOVE)
    value = plan.benchmarks[0].values[0]
    assert (value.value, value.when, value.n, value.spread) == (2.97, "2021", 100, 0.5)
    assert value.other_wording
    assert plan.benchmarks[0].source == {"da": "LUP"}
    assert (plan.targets[0].measure, plan.targets[0].direction) == (
        Compared.MEDIAN,
        Direction.AT_LEAST,
    )
    assert plan.smallest_compared == 12
    assert read_document(write_document(q)) == q
    compile_plan(make_version(q))


@pytest.mark.parametrize(
    ("report", "line", "place", "code"),
    [
        ("comparisons: [{question: nosuch, measure: mean, against: [earlier_rounds]}]", 15, "report.comparisons[0].question", "unknown-question"),
        ("comparisons: [{question: a, measure: median, against: [earlier_rounds]}]", 15, "report.comparisons[0].measure", "measure"),
        ("comparisons: [{question: b, measure: favourable, against: [earlier_rounds]}]", 15, "report.comparisons[0].measure", "measure"),
        ("comparisons: [{question: a, measure: mean, against: []}]", 15, "report.comparisons[0].against", "list-length"),
        ("comparisons: [{question: a, measure: mean, against: [yesterday]}]", 15, "report.comparisons[0].against[0]", "unknown-word"),
        ("comparisons: [{question: a, measure: mean}]", 15, "report.comparisons[0].against", "missing-key"),
        ("comparisons: [{question: c, measure: favourable, against: [earlier_rounds]}]", 15, "report.comparisons[0].question", "no-table"),
        ("comparisons: [{question: b, measure: mean, against: [level_above]}]", 15, "report.comparisons[0].against", "measure"),
        ("comparisons: [{question: c, measure: favourable, against: [level_above]}]", 15, "report.comparisons[0].against", "guarded"),
        ("comparisons: [{question: a, measure: mean, against: [earlier_rounds]}, {question: a, measure: mean, against: [level_above]}]", 15, "report.comparisons[1].question", "duplicate-id"),
        ("smallest_compared: 9", 15, "report.smallest_compared", "out-of-range"),
        ("benchmarks: [{question: a, measure: mean, values: [{label: L, value: 2.9}]}]", 15, "report.benchmarks[0].source", "missing-key"),
        ("benchmarks: [{question: a, measure: mean, values: [], source: S}]", 15, "report.benchmarks[0].values", "list-length"),
        ("benchmarks: [{question: a, measure: mean, values: [{label: L, value: '2,9'}], source: S}]", 15, "report.benchmarks[0].values[0].value", "wrong-type"),
        ("benchmarks: [{question: a, measure: favourable, values: [{label: L, value: 297}], source: S}]", 15, "report.benchmarks[0].values[0].value", "out-of-range"),
        ("benchmarks: [{question: a, measure: favourable, values: [{label: L, value: 97, spread: 1}], source: S}]", 15, "report.benchmarks[0].values[0].spread", "measure"),
        ("targets: [{question: a, measure: mean, value: 4, source: S}]", 15, "report.targets[0].direction", "missing-key"),
        ("targets: [{question: a, measure: favourable, value: 104, direction: at_least, source: S}]", 15, "report.targets[0].value", "out-of-range"),
        ("targets: [{question: a, measure: mean, value: 4, direction: at_least, source: S, why: x}]", 15, "report.targets[0].why", "unknown-key"),
    ],
)  # fmt: skip
def test_faults_have_line_and_remedy(report: str, line: int, place: str, code: str) -> None:
    """R2."""
    with pytest.raises(ProblemError) as caught:
        read_document(BASE + TABLES + f"  {report}\n", file="q.yaml")
    told = {(fault.line, fault.place, fault.code) for fault in caught.value.faults}
    assert (line, place, code) in told
    assert all(fault.remedy and fault.message for fault in caught.value.faults)


def test_published_versions_keep_their_hash() -> None:
    """R3: computed with the model as it was before comparisons existed."""
    q = read_document(BASE + TABLES)
    assert set(to_plain(q)["report"]) == {"tables"}
    assert content_hash(q) == "675a232a1dc3dc52877ddfb8828aff654cc9d15d8eb10defa8cd6d924858e085"


def test_what_the_plan_changes() -> None:
    """R4."""
    without, with_it = read_document(BASE + TABLES), read_document(GOOD)
    other = read_document(GOOD.replace("2.97", "2.98"))
    assert len({content_hash(one) for one in (without, with_it, other)}) == 3
    assert compare(without, other).changed == ()
