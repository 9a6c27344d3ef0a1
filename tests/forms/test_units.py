"""Requirements of forms/units.py.

R1  Units, areas and memberships are read from CSV with exactly the columns named; what is read is what was written.
R2  Every fault is reported in one run, with row and column as a spreadsheet counts them, and nothing is read in part.
R3  A spelling means one unit; case and white space do not make it another.
R4  A membership has a first and a last day, both included; an open end holds; a unit may be in several areas at once.
R5  No text raises anything but ProblemError(INVALID_INPUT).
R6  Both regions' files, which ship as data, are without faults.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.problems import Problem, ProblemError
from forms.units import (
    Area,
    Membership,
    Unit,
    areas_of,
    by_spelling,
    folded,
    read_areas,
    read_memberships,
    read_units,
    write_areas,
    write_memberships,
    write_units,
)

DATA = Path(__file__).parents[2] / "store" / "data"
UNIT_HEAD = "id,name,kind,region,alternative_names\n"
MEMBERSHIP_HEAD = "unit,area,from,until\n"


def faults_of(read: Callable[[str], object], text: str) -> list[tuple[str, str]]:
    with pytest.raises(ProblemError) as raised:
        read(text)
    assert raised.value.problem is Problem.INVALID_INPUT
    assert all(fault.message and fault.remedy for fault in raised.value.faults)
    return [(fault.place, fault.code) for fault in raised.value.faults]


def memberships(text: str) -> tuple[Membership, ...]:
    return read_memberships(
        MEMBERSHIP_HEAD + text, units={"odense", "assens"}, areas={"sof-ouh", "sof-svs"}
    )


def test_units() -> None:
    """R1: quotes, spaces, a byte order mark, Windows' line ends and empty rows are all well."""
    text = (
        "\ufeff" + UNIT_HEAD + 'faaborg-midtfyn,Faaborg-Midtfyn,municipality,syddanmark,"Fåborg-Midtfyn; Faaborg ;"\n'
        ',,,,\n ouh , "OUH, Odense" ,hospital,,\n'
    ).replace(' "OUH, Odense" ', '"OUH, Odense"').replace("\n", "\r\n")  # fmt: skip
    assert read_units(text) == (
        Unit(
            id="faaborg-midtfyn",
            name="Faaborg-Midtfyn",
            kind="municipality",
            region="syddanmark",
            alternative_names=("Fåborg-Midtfyn", "Faaborg"),
        ),
        Unit(id="ouh", name="OUH, Odense", kind="hospital"),
    )


def test_areas() -> None:
    """R1."""
    assert read_areas("id,name,region,kind\nsof-ouh,SOF OUH,syddanmark,sof\n") == (
        Area(id="sof-ouh", name="SOF OUH", kind="sof", region="syddanmark"),
    )


def test_memberships() -> None:
    """R1, R4."""
    read = memberships(
        "odense,sof-ouh,,2022-06-30\nodense,sof-ouh,2022-07-01,\nodense,sof-svs,2022-01-01,2022-12-31\n"
    )
    assert read[0] == Membership(unit="odense", area="sof-ouh", until_day=date(2022, 6, 30))
    assert areas_of("odense", read, date(2022, 6, 30)) == ("sof-ouh", "sof-svs")
    assert areas_of("odense", read[:1], date(2022, 7, 1)) == ()
    assert areas_of("odense", read, date(2021, 12, 31)) == ("sof-ouh",)
    assert areas_of("odense", read, date(2030, 1, 1)) == ("sof-ouh",)
    assert areas_of("assens", read, date(2022, 6, 30)) == ()
    assert read[2].on(date(2022, 1, 1)) and read[2].on(date(2022, 12, 31))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("row 1", "wrong-columns")]),
        ("id,name\n", [("row 1", "wrong-columns")]),
        ("id;name;kind;region\n", [("row 1", "wrong-columns")]),
        (f"{UNIT_HEAD.replace(',', ';')}a;A,clinic,,\n", [("row 2", "wrong-fields")]),
        (UNIT_HEAD + "a,A,clinic\n", [("row 2", "wrong-fields")]),
        (UNIT_HEAD + "A b,A,clinic,,\n", [("row 2, column id", "bad-id")]),
        (UNIT_HEAD + "a--b,A,clinic,,\n", [("row 2, column id", "bad-id")]),
        (UNIT_HEAD + ",A,clinic,,\n", [("row 2, column id", "missing")]),
        (UNIT_HEAD + "a,,clinic,,\n", [("row 2, column name", "missing")]),
        (UNIT_HEAD + "a,A,school,,\n", [("row 2, column kind", "unknown-word")]),
        (UNIT_HEAD + "a,A,clinic,Syddanmark!,\n", [("row 2, column region", "bad-id")]),
        (UNIT_HEAD + f"a,{'x' * 201},clinic,,\n", [("row 2, column name", "too-long")]),
        (
            UNIT_HEAD + "a,A,clinic,,\na,B,clinic,,\n",
            [("row 3, column id", "duplicate-id")],
        ),
        (
            UNIT_HEAD + "a,Odense,clinic,,\nb,B,clinic,,ODENSE\n",
            [("row 3, column alternative_names", "name-taken")],
        ),
        (UNIT_HEAD + 'a,"A,clinic,,\n', [("row 2", "malformed")]),
        (
            UNIT_HEAD + "A!,,school,?,\n\nb,B\n",
            [
                ("row 2, column id", "bad-id"),
                ("row 2, column name", "missing"),
                ("row 2, column kind", "unknown-word"),
                ("row 2, column region", "bad-id"),
                ("row 4", "wrong-fields"),
            ],
        ),
        (UNIT_HEAD + "\n" * 20_000, [("row 20001", "too-many-rows")]),
    ],
)
def test_unit_faults(text: str, expected: list[tuple[str, str]]) -> None:
    """R2, R3."""
    assert faults_of(read_units, text) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("atlantis,sof-ouh,,\n", [("row 2, column unit", "unknown-unit")]),
        ("odense,sof-x,,\n", [("row 2, column area", "unknown-area")]),
        ("odense,,,\n", [("row 2, column area", "missing")]),
        ("odense,sof-ouh,1/1 2022,31.12.2022\n", [("row 2, column from", "bad-date"), ("row 2, column until", "bad-date")]),
        ("odense,sof-ouh,2022-02-30,\n", [("row 2, column from", "bad-date")]),
        ("odense,sof-ouh,2022-02-02,2022-02-01\n", [("row 2, column until", "ends-before-start")]),
        ("odense,sof-ouh,,2022-06-30\nodense,sof-ouh,2022-06-30,\n", [("row 3, column from", "overlap")]),
        ("odense,sof-ouh,,\nodense,sof-ouh,,\n", [("row 3, column from", "overlap")]),
    ],
)  # fmt: skip
def test_membership_faults(rows: str, expected: list[tuple[str, str]]) -> None:
    """R2, R4."""
    assert faults_of(memberships, rows) == expected


def test_danish_spreadsheets() -> None:
    """R1: semicolons between the fields, a byte order mark, and days that were written back as 31-01-2022."""
    [unit] = read_units(
        '\ufeffid;name;kind;region;alternative_names\r\nouh;"OUH, Odense";hospital;;"OUH;Odense Sygehus"\r\n'
    )
    assert (unit.name, unit.alternative_names) == ("OUH, Odense", ("OUH", "Odense Sygehus"))
    [one] = memberships("odense,sof-ouh,31-01-2022,28-02-2022\n")
    assert (one.from_day, one.until_day) == (date(2022, 1, 31), date(2022, 2, 28))
    assert faults_of(memberships, "odense,sof-ouh,31-02-2022,\n") == [
        ("row 2, column from", "bad-date")
    ]


def test_what_is_kept_already_counts() -> None:
    """R3, R4: a spelling of a unit elsewhere, and a membership that holds already; one with the same first day is replaced."""
    with pytest.raises(ProblemError) as raised:
        read_units(UNIT_HEAD + "a,A,clinic,,Odense\n", taken={"odense": "odense"})
    assert [fault.code for fault in raised.value.faults] == ["name-taken"]
    kept = [Membership(unit="odense", area="sof-ouh", from_day=None)]
    places: dict[str, Any] = {"units": {"odense"}, "areas": {"sof-ouh"}, "kept": kept}
    head = "unit,area,from,until\n"
    with pytest.raises(ProblemError) as raised:
        read_memberships(head + "odense,sof-ouh,2024-01-01,\n", **places)
    assert [fault.code for fault in raised.value.faults] == ["overlap"]
    text = head + "odense,sof-ouh,,2023-12-31\nodense,sof-ouh,2024-01-01,\n"
    assert len(read_memberships(text, **places)) == 2


def test_what_is_written_is_read_as_it_was() -> None:
    """R1."""
    units = (
        Unit(
            id="ouh",
            name='OUH, "O"',
            kind="hospital",
            region="syddanmark",
            alternative_names=("A, b", "B"),
        ),
        Unit(id="c", name="C;", kind="clinic"),
    )
    assert read_units(write_units(units)) == units
    areas = (Area(id="sof-ouh", name="SOF; OUH", kind="sof", region=""),)
    assert read_areas(write_areas(areas)) == areas
    held = (Membership(unit="odense", area="sof-ouh", until_day=date(2022, 1, 1)),)
    ids = {"units": {"odense"}, "areas": {"sof-ouh"}}
    assert read_memberships(write_memberships(held), **ids) == held


def test_file_and_line() -> None:
    """R2: the line in the text counts quoted line ends, the row does not."""
    with pytest.raises(ProblemError) as raised:
        read_units(UNIT_HEAD + 'a,"A\nB",clinic,,\nb,B,x,,\n', file="units.csv")
    (fault,) = raised.value.faults
    assert (fault.file, fault.place, fault.line) == ("units.csv", "row 3, column kind", 4)
    assert str(fault).startswith("units.csv:4: row 3, column kind: ")


def test_spellings() -> None:
    """R3."""
    units = read_units(UNIT_HEAD + "aarhus,Aarhus,municipality,midtjylland,Århus Kommune;Århus\n")
    found = by_spelling(units)
    for written in ("aarhus", "AARHUS", " Århus  kommune ", "A\u030arhus"):
        assert found[folded(written)].id == "aarhus"
    assert folded("Arhus") not in found


@given(st.text(st.sampled_from('ab,;"\n\r\0 é2-0') | st.characters(), max_size=60))
def test_any_text(text: str) -> None:
    """R5."""
    for read in (read_units, read_areas, memberships):
        for given_text in (text, UNIT_HEAD + text):
            try:
                read(given_text)
            except ProblemError as error:
                assert error.problem is Problem.INVALID_INPUT and error.faults


@pytest.mark.parametrize("region", ["syddanmark", "midtjylland"])
def test_shipped(region: str) -> None:
    """R6: 22 and 19 municipalities."""

    def text(name: str) -> str:
        return (DATA / f"{name}-{region}.csv").read_text(encoding="utf-8")

    units: tuple[Any, ...] = read_units(text("units"))
    areas = read_areas(text("areas"))
    read_memberships(text("memberships"), units={u.id for u in units}, areas={a.id for a in areas})
    municipalities = [unit for unit in units if unit.kind == "municipality"]
    assert len(municipalities) == {"syddanmark": 22, "midtjylland": 19}[region]
