"""Requirements of forms/answers.py (with checking.py and form_fields.py).

R1  Answers are normalised, or refused with place and code, as docs/architecture.md, "Answers", says; the cases are
    shared with the tablet.
R2  No JSON value raises, and nothing that a person wrote stands in a fault's code or params.
R3  Answers to what does not show are dropped without a fault, and their place has a row `not_shown`.
R4  There is one row for each place: per option, statement, cell and repetition; unanswered has none; text is not in rows.
R5  Normalised answers are checked to themselves.
R6  HTML fields become the same answers, with comma or point, and back again.
R7  What a person typed and we cannot read stays what it was, so that it is refused and shown again.
R8  CPR numbers are masked in all texts, wherever they stand.
R9  A response costs microseconds to check.
"""

from __future__ import annotations

import json
import timeit
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from forms.answers import (
    Checked,
    Checker,
    compile_check,
    from_form,
    mask_personal_data,
    to_form,
)
from forms.document import from_plain
from forms.form_fields import parse_number
from forms.logic import visible
from forms.versions import Version

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "answers.json").read_text(encoding="utf-8")
)
UNITS = frozenset(VECTORS["units"])
DOCUMENTS = {name: from_plain(plain) for name, plain in VECTORS["documents"].items()}
CHECKERS = {name: Checker(document) for name, document in DOCUMENTS.items()}
CASES = VECTORS["cases"]
GOOD = [case for case in CASES if not case["faults"]]

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(["5", "home", "gp", "2022-01-31", "07:30", "dont_know", "odense", 10**400]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["missing", "met", "nurses", "total", "sector", "waited", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


def named(case: dict[str, Any]) -> str:
    return f"{case['document']} {json.dumps(case['answers'])[:60]}"


def check(name: str, answers: Any) -> Checked:
    return CHECKERS[name].check(answers, units=UNITS)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_vectors(case: dict[str, Any]) -> None:
    """R1."""
    checked = check(case["document"], case["answers"])
    assert sorted([fault.place, fault.code] for fault in checked.faults) == sorted(case["faults"])
    if not case["faults"]:
        assert json.dumps(checked.answers, sort_keys=True) == json.dumps(
            case["normalised"], sort_keys=True
        )


@given(st.sampled_from(sorted(DOCUMENTS)), st.data())
def test_any_json(name: str, data: st.DataObject) -> None:
    """R2, R5: any JSON under any question's id."""
    ids = [question.id for question in DOCUMENTS[name].questions()]
    answers = data.draw(
        st.dictionaries(st.sampled_from([*ids, "nosuch", "missing"]), JSON, max_size=6) | JSON
    )
    checked = check(name, answers)
    if not checked.faults:
        again = check(name, checked.answers)
        assert again == checked
        assert json.dumps(checked.answers, allow_nan=False).encode()


@given(st.text(max_size=300))
def test_faults_tell_nothing(text: str) -> None:
    """R2: codes are of a closed set; params are numbers and bounds."""
    codes = {
        "wrong-type", "unknown-option", "unknown-question", "out-of-bounds", "not-a-date", "not-a-time", "too-long",
        "unknown-unit",
    }  # fmt: skip
    for question in DOCUMENTS["kinds"].questions():
        for fault in check("kinds", {question.id: text}).faults:
            assert fault.code in codes
            assert all(isinstance(value, int | float) or value.startswith(("20", "0", "2")) for value in fault.params.values())  # fmt: skip


def test_too_deep_and_too_many() -> None:
    """R2: depth and numbers that would exhaust a naive reader."""
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    assert check("kinds", {"aids": deep, "steps": deep}).faults
    many = {f"x{number}": 1 for number in range(10_000)}
    assert len(check("kinds", many).faults) == 50
    assert check("kinds", {"suggestions": "\u0301" * 5_000_000}).faults[0].code == "too-long"


@pytest.mark.parametrize("case", [case for case in GOOD if "hidden" in case], ids=named)
def test_hidden(case: dict[str, Any]) -> None:
    """R3: exactly the outermost hidden places have a row `not_shown` (information is never a row)."""
    checked = check(case["document"], case["answers"])
    rows = {row.place for row in checked.rows if row.state == "not_shown"}
    assert rows == set(case["hidden"]) - {"long"}
    computed = visible(DOCUMENTS[case["document"]], case["answers"]).computed
    stored = {row.place: row.value for row in checked.rows if row.place in computed}
    assert stored == computed


def test_rows() -> None:
    """R4: one row for each place that is answered, don't know or not relevant."""
    answers = {
        "place": {"missing": "dont_know"},
        "aids": ["pump", "chair"],
        "minutes": 35,
        "role": "nurse",
        "care": {"met": "4", "heard": {"missing": "dont_know"}},
        "staff": {"nurses": {"total": 4, "note": "n"}},
        "steps": [{"sector": "gp"}, {"waited": 5, "wrong": "w"}],
        "home_unit": "odense",
        "agree": False,
    }
    checked = check("kinds", answers)
    assert checked.faults == ()
    assert [tuple(row) for row in checked.rows] == [
        ("place", "dont_know", None),
        ("aids/pump", "answered", 1),
        ("aids/chair", "answered", 1),
        ("minutes", "answered", 35),
        ("role", "answered", None),
        ("care/met", "answered", "4"),
        ("care/heard", "dont_know", None),
        ("staff/nurses/total", "answered", 4),
        ("staff/nurses/note", "answered", None),
        ("steps/0/sector", "answered", "gp"),
        ("steps/1/waited", "answered", 5),
        ("steps/1/wrong", "answered", None),
        ("home_unit", "answered", "odense"),
        ("agree", "answered", 0),
    ]
    assert [tuple(text) for text in checked.texts] == [
        ("role", "nurse"),
        ("staff/nurses/note", "n"),
        ("steps/1/wrong", "w"),
    ]
    assert check("kinds", {"aids": {"missing": "not_relevant"}}).rows == (
        ("aids", "not_relevant", None),
    )


@pytest.mark.parametrize("case", GOOD, ids=named)
def test_places_are_unique(case: dict[str, Any]) -> None:
    """R4: the store's primary key holds."""
    places = [row.place for row in check(case["document"], case["answers"]).rows]
    assert len(places) == len(set(places))


#: A form cannot say that a repetition is there and empty.
SAYABLE = [case for case in GOOD if {} not in case["normalised"].get("steps", [])]


@pytest.mark.parametrize("case", SAYABLE, ids=named)
@pytest.mark.parametrize("decimal", [".", ","])
def test_forms_and_back(case: dict[str, Any], decimal: str) -> None:
    """R6: fields that show a response give the same response when they are sent."""
    document = DOCUMENTS[case["document"]]
    checked = check(case["document"], case["answers"])
    fields = to_form(document, checked.answers, decimal=decimal)
    assert check(case["document"], from_form(document, MultiDict(fields))) == checked


def test_form_fields() -> None:
    """R6: names are places, the missing states and yes/no have words of their own, empty fields and strangers go."""
    form = MultiDict(
        [
            ("csrf", "secret"),
            ("place", "~dont_know"),
            ("aids", "bed"),
            ("aids", "pump"),
            ("minutes", " 35 "),
            ("weight", "2,5"),
            ("visits", "٣"),
            ("seen", "2022-01-31"),
            ("start", "07:30:00"),
            ("lasted", ""),
            ("suggestions", "Tak\r\nfor det"),
            ("care/met", "4"),
            ("care/heard", "~dont_know"),
            ("staff/nurses/total", "4"),
            ("staff/doctors/total", ""),
            ("steps/0/sector", ""),
            ("steps/2/sector", "gp"),
            ("steps/10/waited", "7"),
            ("steps/x/waited", "7"),
            ("agree", "yes"),
            ("note", "x"),
        ]
    )
    assert from_form(DOCUMENTS["kinds"], form) == {
        "place": {"missing": "dont_know"},
        "aids": ["bed", "pump"],
        "minutes": 35,
        "weight": 2.5,
        "visits": 3,
        "seen": "2022-01-31",
        "start": "07:30",
        "suggestions": "Tak\r\nfor det",
        "care": {"met": "4", "heard": {"missing": "dont_know"}},
        "staff": {"nurses": {"total": 4}},
        "steps": [{"sector": "gp"}, {"waited": 7}],
        "agree": True,
    }


@pytest.mark.parametrize(
    ("typed", "decimals", "expected"),
    [
        ("35", 0, 35), ("2,5", 1, 2.5), ("2.5", 1, 2.5), ("-2,5", 1, -2.5), ("−3", 0, -3), ("+3", 0, 3), ("1 000", 0, 1000),
        ("1\u00a0000", 0, 1000), ("۱۲٫۵", 1, 12.5), ("2,125", 3, 2.125), ("007", 0, 7),
        ("1.000", 0, "1.000"), ("1,000", 1, "1,000"), ("1.000,5", 1, "1.000,5"), ("3 min", 0, "3 min"), ("1e3", 0, "1e3"),
        ("nan", 0, "nan"), ("inf", 0, "inf"), ("1_0", 0, "1_0"), ("0x10", 0, "0x10"), (",5", 1, ",5"), ("9" * 400, 0, "9" * 400),
    ],
)  # fmt: skip
def test_numbers(typed: str, decimals: int, expected: float | str) -> None:
    """R6, R7: and never a guess between a thousand and one."""
    got = parse_number(typed, decimals)
    assert got == expected and type(got) is type(expected)


def test_unreadable_stays() -> None:
    """R7: refused under its place, and shown again as it was typed."""
    kinds = DOCUMENTS["kinds"]
    typed = {"minutes": "about 3", "seen": "31.1.22", "start": "7.30", "agree": "maybe"}
    answers = from_form(kinds, MultiDict(typed))
    assert {(f.place, f.code) for f in check("kinds", answers).faults} == {
        ("minutes", "wrong-type"),
        ("seen", "not-a-date"),
        ("start", "not-a-time"),
        ("agree", "wrong-type"),
    }
    assert to_form(kinds, answers) == {place: [value] for place, value in typed.items()}


@given(st.lists(st.tuples(st.sampled_from(["minutes", "aids", "steps/0/sector", "steps/99999/waited", "care/met", "staff/nurses/total", "agree", "home_unit", "role"]), st.text(max_size=6))))  # fmt: skip
def test_any_form(fields: list[tuple[str, str]]) -> None:
    """R6: no form raises, and what it gives can be checked and shown."""
    answers = from_form(DOCUMENTS["kinds"], MultiDict(fields))
    check("kinds", answers)
    to_form(DOCUMENTS["kinds"], answers)


def test_masking() -> None:
    """R8: in texts and in answers, inside tables and repetitions; other texts stay."""
    answers = {
        "role": "0101901234",
        "suggestions": "CRP 12",
        "staff": {"nurses": {"note": "0101901234"}},
        "steps": [{"sector": "gp"}, {"wrong": "a 010190-1234"}],
    }
    checked = check("kinds", answers)
    masked = mask_personal_data(checked)
    assert dict(masked.texts) == {
        "role": "██████-████",
        "suggestions": "CRP 12",
        "staff/nurses/note": "██████-████",
        "steps/1/wrong": "a ██████-████",
    }
    assert masked.answers == {
        "role": "██████-████",
        "suggestions": "CRP 12",
        "staff": {"nurses": {"note": "██████-████"}},
        "steps": [{"sector": "gp"}, {"wrong": "a ██████-████"}],
    }
    assert masked.rows == checked.rows
    assert checked.answers["role"] == "0101901234"
    untouched = check("kinds", {"role": "x"})
    assert mask_personal_data(untouched) is untouched


def test_cost() -> None:
    """R9: far above what it takes here (4 µs), far below what marshmallow would take."""
    checker = compile_check(Version("0" * 64, DOCUMENTS["kinds"], 4096))
    answers = {
        "place": "home",
        "aids": ["pump"],
        "trust": "5",
        "minutes": 35,
        "visits": 2,
        "start": "07:30",
        "suggestions": "Tak for hjælpen",
        "care": {"met": "4", "heard": "5"},
    }
    assert checker.check(answers).faults == ()
    best = min(timeit.repeat(lambda: checker.check(answers), number=500, repeat=5)) / 500
    assert best < 200e-6
