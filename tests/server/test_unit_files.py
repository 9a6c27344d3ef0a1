"""Importing units, areas and memberships: what the first row says, in any order of files, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from forms.problems import Problem, ProblemError
from server.unit_files import FILE_LIMIT, import_units
from store import audit, units
from store.database import Store, create_store
from tests.server.installation import NOW

UNITS = (
    "id,name,kind,region,alternative_names\nassens,Assens,municipality,syddanmark,Assens Kommune\n"
)
AREAS = "id,name,region,kind\nwest,Vest,syddanmark,cluster\n"
MEMBERSHIPS = "unit,area,from,until\nassens,west,2022-01-01,\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with create_store(tmp_path / "data") as made:
        yield made


def faults_of(store: Store, *paths: Path) -> list[str]:
    with pytest.raises(ProblemError) as caught:
        import_units(store, paths, now=NOW)
    assert caught.value.problem is Problem.INVALID_INPUT
    assert not units.listed(store.main)
    assert not units.areas(store.main)
    assert not audit.listed(store.main)
    return [fault.code for fault in caught.value.faults]


def write(folder: Path, **texts: str) -> list[Path]:
    paths = []
    for name, text in texts.items():
        paths.append(folder / f"{name}.csv")
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def test_memberships_may_come_before_what_they_join(store: Store, tmp_path: Path) -> None:
    said = import_units(store, write(tmp_path, m=MEMBERSHIPS, a=AREAS, u=UNITS), now=NOW)
    assert said == "1 units, 1 areas, 1 memberships"
    [kept] = units.memberships(store.main)
    assert (kept.unit, kept.area) == ("assens", "west")
    [told] = audit.listed(store.main)
    assert (told.action, told.actor, told.at) == ("units imported", audit.COMMAND_LINE, NOW)
    assert told.details == {"units": 1, "areas": 1, "memberships": 1}


def test_memberships_join_what_an_earlier_call_brought(store: Store, tmp_path: Path) -> None:
    import_units(store, write(tmp_path, a=AREAS, u=UNITS), now=NOW)
    import_units(store, write(tmp_path, m=MEMBERSHIPS), now=NOW)
    assert len(units.memberships(store.main)) == 1


def test_a_membership_of_nothing_known(store: Store, tmp_path: Path) -> None:
    assert len(faults_of(store, *write(tmp_path, m=MEMBERSHIPS))) == 2


def test_one_faulty_file_stores_nothing_of_the_others(store: Store, tmp_path: Path) -> None:
    bad = AREAS.replace("cluster", "galaxy")
    codes = faults_of(store, *write(tmp_path, u=UNITS, a=bad, x="what,is,this\n"))
    assert codes == ["unknown-word", "wrong-columns"]


@pytest.mark.parametrize("text", ["", "\n", "id,name\n", "name,id,kind,region,alternative_names\n"])
def test_a_first_row_that_says_nothing(store: Store, tmp_path: Path, text: str) -> None:
    assert faults_of(store, *write(tmp_path, x=text)) == ["wrong-columns"]


def test_a_file_that_excel_saved(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "u.csv"
    path.write_bytes(("\ufeff" + UNITS.replace("\n", "\r\n")).encode())
    assert import_units(store, [path], now=NOW).startswith("1 units")


def test_files_that_are_not_text_or_too_large(store: Store, tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_bytes("id,name\nå".encode("latin-1"))
    assert faults_of(store, tmp_path / "u.csv") == ["latin-1"]
    (tmp_path / "u.csv").write_bytes("id,name\nå".encode("utf-16"))
    assert faults_of(store, tmp_path / "u.csv") == ["not-utf-8"]
    (tmp_path / "l.csv").write_bytes(b"x" * (FILE_LIMIT + 1))
    with pytest.raises(ProblemError) as caught:
        import_units(store, [tmp_path / "l.csv"], now=NOW)
    assert caught.value.problem is Problem.TOO_LARGE


def test_what_comes_with_svarboks(store: Store) -> None:
    data = Path(str(files("store").joinpath("data")))
    said = import_units(store, sorted(data.glob("*.csv")), now=NOW)
    assert int(said.split()[0]) > 20
    assert all(units.resolve(store.main, name) for name in ("Assens", "assens kommune"))
