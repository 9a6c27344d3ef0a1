"""The units of both regions as they ship, read as plain CSV: what the source says of them, and that names are unique."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest

from forms.units import by_spelling, folded, read_areas, read_memberships, read_units

REGIONS = ["syddanmark", "midtjylland"]
KINDS = {"municipality", "hospital", "clinic", "sof", "cluster", "other"}

SYDDANMARK = (
    "Assens, Billund, Esbjerg, Fanø, Fredericia, Faaborg-Midtfyn, Haderslev, Kerteminde, Kolding, Langeland, "
    "Middelfart, Nordfyns, Nyborg, Odense, Svendborg, Sønderborg, Tønder, Varde, Vejen, Vejle, Ærø, Aabenraa"
)
CLUSTERS = {
    "klynge-goedstrup": "Herning, Holstebro, Ikast-Brande, Lemvig, Ringkøbing-Skjern, Struer",
    "klynge-horsens": "Horsens, Hedensted, Odder, Skanderborg",
    "klynge-midt": "Viborg, Silkeborg, Skive",
    "klynge-randers": "Randers, Favrskov, Norddjurs, Syddjurs",
    "klynge-aarhus": "Aarhus, Samsø",
}


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of store/data."""
    return list(csv.DictReader(text(name).splitlines()))


def head(name: str) -> str:
    """The first line of a CSV file of store/data."""
    return text(name).splitlines()[0]


def text(name: str) -> str:
    """A CSV file of store/data as it is."""
    return (files("store") / "data" / f"{name}.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("region", REGIONS)
def test_the_files_are_read_by_the_reader_of_units(region: str) -> None:
    units = read_units(text(f"units-{region}"))
    areas = read_areas(text(f"areas-{region}"))
    memberships = read_memberships(
        text(f"memberships-{region}"),
        units={unit.id for unit in units},
        areas={area.id for area in areas},
    )
    assert len(units) == len(rows(f"units-{region}"))
    assert len(areas) == len(rows(f"areas-{region}"))
    assert len(memberships) == len(rows(f"memberships-{region}"))


def test_people_s_spellings_find_the_unit() -> None:
    units = by_spelling([u for region in REGIONS for u in read_units(text(f"units-{region}"))])
    for spelling, unit in [
        ("fåborg-midtfyn", "faaborg-midtfyn"),
        ("ÅBENRÅ KOMMUNE", "aabenraa"),
        ("Nordfyn", "nordfyns"),
        ("Århus", "aarhus"),
    ]:
        assert units[folded(spelling)].id == unit


@pytest.mark.parametrize("region", REGIONS)
def test_columns(region: str) -> None:
    assert head(f"units-{region}") == "id,name,kind,region,alternative_names"
    assert head(f"areas-{region}") == "id,name,region,kind"
    assert head(f"memberships-{region}") == "unit,area,from,until"


@pytest.mark.parametrize("region", REGIONS)
def test_rows_are_sound(region: str) -> None:
    units = rows(f"units-{region}")
    for unit in units:
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", unit["id"])
        assert unit["kind"] in KINDS
        assert unit["region"] == region
        assert unit["name"] == unit["name"].strip() != ""
    ids = {unit["id"] for unit in units}
    assert len(ids) == len(units)
    areas = {area["id"] for area in rows(f"areas-{region}")}
    for membership in rows(f"memberships-{region}"):
        assert membership["unit"] in ids
        assert membership["area"] in areas


def test_no_name_stands_for_two_units() -> None:
    meaning: dict[str, str] = {}
    for region in REGIONS:
        for unit in rows(f"units-{region}"):
            for name in [unit["name"], *filter(None, unit["alternative_names"].split(";"))]:
                assert meaning.setdefault(name.casefold(), unit["id"]) == unit["id"], name


def test_syddanmark_has_its_municipalities_hospitals_and_sofs() -> None:
    units = rows("units-syddanmark")
    assert [u["name"] for u in units if u["kind"] == "municipality"] == SYDDANMARK.split(", ")
    names = {u["name"] for u in units}
    for site in ("Odense", "Svendborg", "Vejle", "Esbjerg", "Aabenraa"):
        assert f"Psykiatrien, {site}" in names
    assert {"OUH", "Sygehus Lillebælt", "Sydvestjysk Sygehus", "Sygehus Sønderjylland"} < names
    sofs = {u["id"] for u in units if u["kind"] == "sof"}
    assert sofs == {area["id"] for area in rows("areas-syddanmark")}
    assert len(sofs) == 4


def test_syddanmark_s_memberships_are_left_to_the_secretariat() -> None:
    # The source gives no membership table, so none is invented.
    assert rows("memberships-syddanmark") == []


@pytest.mark.parametrize(
    ("spelling", "unit"),
    [
        ("Fåborg-Midtfyn", "faaborg-midtfyn"),
        ("Nordfyn", "nordfyns"),
        ("Åbenrå", "aabenraa"),
        ("Århus", "aarhus"),
        ("Fanø Kommune", "fanoe"),
    ],
)
def test_alternative_spellings(spelling: str, unit: str) -> None:
    units = [u for region in REGIONS for u in rows(f"units-{region}")]
    assert [u["id"] for u in units if spelling in u["alternative_names"].split(";")] == [unit]


def test_midtjylland_s_clusters() -> None:
    names = {u["id"]: u["name"] for u in rows("units-midtjylland")}
    members: dict[str, list[str]] = {}
    for membership in rows("memberships-midtjylland"):
        members.setdefault(membership["area"], []).append(names[membership["unit"]])
    assert members == {cluster: listed.split(", ") for cluster, listed in CLUSTERS.items()}
