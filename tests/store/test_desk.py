"""Units, accounts, sessions, working groups, runs, leases, settings; and the page that lists all functions.

R1  A unit is found by any of its spellings; a spelling means one unit; import may be repeated.
R2  Memberships hold from their first day to their last; a unit may be in several areas.
R3  An e-mail address has one account; a closed account and an expired session sign nobody in.
R4  A period of a job runs exactly once, also with several processes; it can be tried again when it failed or died.
R5  A lease has one holder at a time and can be taken over when it has expired.
R6  Settings and the restore epoch.
R7  docs/store.md names every public function with its arguments.
"""

from __future__ import annotations

import ast
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from forms.problems import Problem, ProblemError
from forms.units import Area, Membership, Unit, read_areas, read_memberships, read_units
from store import accounts, leases, runs, sessions, settings, units, working_groups
from store.accounts import Grant, Role
from store.database import Store
from store.runs import RunState
from store.sessions import Stage
from store.working_groups import WorkingGroup

ROOT = Path(__file__).parents[2]
NOW = datetime(2022, 3, 21, 11, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

FAABORG = Unit(
    id="faaborg-midtfyn",
    name="Faaborg-Midtfyn",
    kind="municipality",
    region="syddanmark",
    alternative_names=("Fåborg-Midtfyn", "Faaborg Midtfyn Kommune"),
)


@pytest.mark.parametrize(
    "name", ["faaborg-midtfyn", "FÅBORG-MIDTFYN", "  Faaborg  Midtfyn kommune ", "Faaborg-Midtfyn"]
)
def test_a_unit_by_any_spelling_R1(store: Store, name: str) -> None:
    with store.write() as db:
        assert units.keep_units(db, [FAABORG]) == 1
        assert units.keep_units(db, [FAABORG]) == 1
    found = units.resolve(store.main, name)
    assert found is not None
    assert (found.id, found.name, found.region) == (FAABORG.id, FAABORG.name, "syddanmark")
    assert set(found.names) == {"Faaborg-Midtfyn", *FAABORG.alternative_names}
    assert units.resolve(store.main, "Fåborg") is None


def test_a_spelling_means_one_unit_R1(store: Store) -> None:
    with pytest.raises(ProblemError) as caught, store.write() as db:
        units.keep_units(
            db, [FAABORG, Unit(id="b", name="fåborg-midtfyn", kind="other"), Unit(id="c", name="C", kind="other")]
        )  # fmt: skip
    assert [fault.code for fault in caught.value.faults] == ["name-taken"]
    assert units.listed(store.main) == []


@pytest.mark.parametrize(("region", "number"), [("syddanmark", 22), ("midtjylland", 19)])
def test_the_regions_that_ship_R1(store: Store, region: str, number: int) -> None:
    data = ROOT / "store" / "data"
    some = read_units((data / f"units-{region}.csv").read_text("utf-8"))
    areas = read_areas((data / f"areas-{region}.csv").read_text("utf-8"))
    memberships = read_memberships(
        (data / f"memberships-{region}.csv").read_text("utf-8"),
        units={one.id for one in some},
        areas={one.id for one in areas},
    )
    with store.write() as db:
        units.keep_region(db, units.Region(id=region, name=f"Region {region.title()}"))
        units.keep_units(db, some)
        units.keep_areas(db, areas)
        units.keep_memberships(db, memberships)
    kept = units.listed(store.main, kind="municipality")
    assert len(kept) >= number - 1
    assert {one.region for one in kept} == {region}
    assert units.regions(store.main) == [units.Region(id=region, name=f"Region {region.title()}")]
    assert units.memberships(store.main) == sorted(
        memberships, key=lambda one: (one.unit, one.area)
    )


def test_memberships_hold_from_day_to_day_R2(store: Store) -> None:
    with store.write() as db:
        units.keep_units(db, [FAABORG, Unit(id="assens", name="Assens", kind="municipality")])
        units.keep_areas(
            db, [Area(id="ouh", name="OUH", kind="sof", region="syddanmark"), Area(id="slb", name="Lillebælt", kind="sof")]
        )  # fmt: skip
        for until in (None, date(2022, 6, 30)):
            units.keep_memberships(db, [Membership(unit=FAABORG.id, area="ouh", until_day=until)])
        units.keep_memberships(
            db,
            [Membership(unit=FAABORG.id, area="slb", from_day=date(2022, 6, 1)),
             Membership(unit="assens", area="slb")],
        )  # fmt: skip
    assert units.units_in_area(store.main, "ouh", date(2022, 6, 30)) == [FAABORG.id]
    assert units.units_in_area(store.main, "ouh", date(2022, 7, 1)) == []
    assert units.units_in_area(store.main, "slb", date(2022, 5, 31)) == ["assens"]
    assert units.units_in_area(store.main, "slb", date(2022, 6, 1)) == ["assens", FAABORG.id]
    both = units.areas_of_units(store.main, date(2022, 6, 15))
    assert [area.id for area in both[FAABORG.id]] == ["slb", "ouh"]
    assert [area.id for area in units.areas(store.main)] == ["slb", "ouh"]
    with pytest.raises(sqlite3.IntegrityError), store.write() as db:
        units.keep_memberships(db, [Membership(unit="nowhere", area="ouh")])


def account(store: Store, email: str = "Ane@Example.org") -> accounts.Account:
    with store.write() as db:
        working_groups.keep(db, WorkingGroup(id="iv", name="IV"))
        return accounts.add(
            db,
            name="Ane",
            email=email,
            password_hash="$argon2id$one",
            grants=[Grant(Role.CHAIR, working_group="iv")],
        )


def test_accounts_R3(store: Store) -> None:
    ane = account(store)
    assert (ane.email, ane.roles, ane.active, ane.working_groups) == (
        "ane@example.org",
        (Role.CHAIR,),
        True,
        ("iv",),
    )
    assert accounts.by_email(store.main, " ANE@example.org") == ane
    assert accounts.listed(store.main) == [ane]
    with pytest.raises(ProblemError) as caught:
        account(store, "ane@example.ORG")
    assert caught.value.problem is Problem.INVALID_INPUT
    with pytest.raises(sqlite3.IntegrityError), store.write() as db:
        accounts.add(db, name="B", email="b@example.org", password_hash="plain")
    both = [Grant(Role.COORDINATOR, unit="assens"), Grant(Role.CHAIR, working_group="iv")]
    with store.write() as db:
        units.keep_units(db, [Unit(id="assens", name="Assens", kind="municipality")])
        accounts.set_grants(db, ane.id, both)
    found = accounts.find(store.main, ane.id)
    assert found is not None
    assert (found.roles, found.units, found.working_groups) == (
        (Role.COORDINATOR, Role.CHAIR),
        ("assens",),
        ("iv",),
    )
    assert accounts.of_unit(store.main, "assens", Role.COORDINATOR) == [found]
    assert accounts.of_unit(store.main, "assens", Role.RESPONDENT) == []


@pytest.mark.parametrize(
    "grants",
    [
        [Grant(Role.COORDINATOR)],
        [Grant(Role.CHAIR, unit="assens")],
        [Grant(Role.SECRETARIAT, working_group="iv")],
        [Grant(Role.CHAIR, working_group="nowhere")],
        [Grant(Role.ADMINISTRATOR), Grant(Role.SECRETARIAT)],
        [Grant(Role.ADMINISTRATOR), Grant(Role.CHAIR, working_group="iv")],
    ],
)
def test_a_role_is_held_for_what_it_is_for_and_administrators_have_no_other_R3(
    store: Store, grants: list[Grant]
) -> None:
    ane = account(store)
    with pytest.raises(sqlite3.IntegrityError), store.write() as db:
        accounts.set_grants(db, ane.id, grants)
    assert accounts.find(store.main, ane.id) == ane


def test_working_groups_R3(store: Store) -> None:
    with store.write() as db:
        working_groups.keep(db, WorkingGroup(id="dak", name="DAK"))
        working_groups.keep(db, WorkingGroup(id="iv", name="IV-arbejdsgruppen", parent="dak"))
    assert [group.id for group in working_groups.listed(store.main)] == ["dak", "iv"]
    found = working_groups.find(store.main, "iv")
    assert found is not None
    assert found.parent == "dak"
    assert working_groups.find(store.main, "x") is None


def sign_in(store: Store, who: int, sign: bytes = b"t") -> bytes:
    token_hash = sign * 32
    with store.write() as db:
        sessions.add(
            db,
            token_hash=token_hash,
            session=sign.hex() * 8,
            account=who,
            stage=Stage.FULL,
            browser="Firefox, Linux",
            now=NOW,
            expires_at=NOW + MINUTE,
            ends_at=NOW + 3 * MINUTE,
        )
    return token_hash


def test_sessions_end_R3(store: Store) -> None:
    ane = account(store)
    token = sign_in(store, ane.id)
    found = sessions.find(store.main, token, NOW)
    assert found is not None
    assert (found.account, found.expires_at) == (ane.id, NOW + MINUTE)
    assert sessions.find(store.main, b"x" * 32, NOW) is None
    assert sessions.find(store.main, token, NOW + MINUTE) is None
    with store.write() as db:
        sessions.seen(db, token, now=NOW, expires_at=NOW + 2 * MINUTE)
    assert sessions.find(store.main, token, NOW + MINUTE) is not None
    with store.write() as db:
        sessions.seen(db, token, now=NOW, expires_at=NOW + 99 * MINUTE)
    assert sessions.find(store.main, token, NOW + 3 * MINUTE) is None
    with store.write() as db:
        sessions.seen(db, token, now=NOW, expires_at=NOW + 2 * MINUTE)
    with store.write() as db:
        assert sessions.end_expired(db, NOW + MINUTE) == 0
        assert sessions.end_expired(db, NOW + 2 * MINUTE) == 1
    token = sign_in(store, ane.id)
    with store.write() as db:
        assert sessions.end(db, token)
        assert not sessions.end(db, token)


def test_a_closed_account_and_a_new_password_end_sessions_R3(store: Store) -> None:
    ane = account(store)
    token = sign_in(store, ane.id)
    with store.write() as db:
        accounts.set_password(db, ane.id, "$argon2id$two")
    assert sessions.find(store.main, token, NOW) is None
    token = sign_in(store, ane.id)
    with store.write() as db:
        accounts.set_active(db, ane.id, False)
    assert sessions.find(store.main, token, NOW) is None
    token = sign_in(store, ane.id, b"u")
    assert sessions.find(store.main, token, NOW) is None


def test_a_period_runs_once_R4(store: Store) -> None:
    with store.write() as db:
        run = runs.try_begin(db, "mix", "2022-03-21", NOW)
    assert run is not None
    with store.write() as db:
        assert runs.try_begin(db, "mix", "2022-03-21", NOW) is None
        assert runs.try_begin(db, "mix", "2022-03-22", NOW) is not None
        assert runs.finish(db, run, NOW + MINUTE, "12 mixed")
        assert not runs.fail(db, run, NOW + MINUTE, "late")
    kept = runs.find(store.main, "mix", "2022-03-21")
    assert kept is not None
    assert (kept.state, kept.finished_at, kept.message) == (
        RunState.FINISHED,
        NOW + MINUTE,
        "12 mixed",
    )
    assert [one.period for one in runs.unfinished(store.main)] == ["2022-03-22"]
    assert [one.period for one in runs.listed(store.main, name="mix", limit=1)] == ["2022-03-22"]


def test_a_period_runs_once_in_four_processes_R4(store: Store) -> None:
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from store.database import open_store; from store import runs\n"
        "got = 0\n"
        "with open_store(Path(sys.argv[1])) as store:\n"
        "    for n in range(20):\n"
        "        with store.write() as db:\n"
        "            got += runs.try_begin(db, 'job', str(n), datetime.now(UTC)) is not None\n"
        "print(got)\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(store.folder)], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    got = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(got) == 20


def test_a_failed_or_dead_run_is_tried_again_R4(store: Store) -> None:
    def again(attempts: int = 3, stale_before: datetime = NOW) -> runs.Run | None:
        with store.write() as db:
            return runs.retry(
                db, "mix", "p", NOW + 5 * MINUTE, attempts=attempts, stale_before=stale_before
            )

    assert again() is None
    with store.write() as db:
        first = runs.try_begin(db, "mix", "p", NOW)
    assert first is not None
    assert again() is None
    with store.write() as db:
        runs.fail(db, first, NOW, "keys missing")
    assert again(attempts=1) is None
    second = again()
    assert second is not None
    assert (second.attempts, second.state, second.message) == (2, RunState.RUNNING, "")
    assert again() is None
    third = again(stale_before=NOW + 6 * MINUTE)
    assert third is not None
    with store.write() as db:
        assert not runs.finish(db, second, NOW)
        assert runs.finish(db, third, NOW)
    assert again(stale_before=NOW + 60 * MINUTE) is None


def test_leases_R5(store: Store) -> None:
    def take(holder: str, now: datetime) -> bool:
        with store.write() as db:
            return leases.acquire(db, "scheduler", holder, now=now, until=now + 2 * MINUTE)

    assert take("a", NOW)
    assert not take("b", NOW + MINUTE)
    assert take("a", NOW + MINUTE)
    assert not take("b", NOW + 2 * MINUTE)
    assert leases.holder_of(store.main, "scheduler", NOW + 2 * MINUTE) == "a"
    assert take("b", NOW + 3 * MINUTE)
    assert not take("a", NOW + 3 * MINUTE)
    with store.write() as db:
        assert not leases.release(db, "scheduler", "a")
        assert leases.release(db, "scheduler", "b")
    assert leases.holder_of(store.main, "scheduler", NOW + 3 * MINUTE) is None
    assert take("a", NOW + 3 * MINUTE)


def test_settings_and_the_restore_epoch_R6(store: Store) -> None:
    assert settings.read(store.main, "a") is None
    first = settings.restore_epoch(store.main)
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    with store.write() as db:
        settings.write(db, "a", "1")
        settings.write(db, "a", "2")
        settings.change_restore_epoch(db, "0" * 16)
    assert settings.read(store.main, "a") == "2"
    assert settings.restore_epoch(store.main) == "0" * 16


def test_the_documentation_names_every_public_function_R7() -> None:
    page = (ROOT / "docs" / "store.md").read_text("utf-8")
    missing = []
    for path in sorted((ROOT / "store").glob("*.py")):
        if path.name == "__init__.py":
            continue
        section = page.partition(f"## {path.name}\n")[2].partition("\n## ")[0]
        tree = ast.parse(path.read_text("utf-8"))
        lines = [line.strip().removeprefix("with ") for line in section.splitlines()]
        functions = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
        for one in tree.body:
            if isinstance(one, ast.ClassDef) and one.name[0] != "_":
                if not any(line.startswith(f"class {one.name}") for line in lines):
                    missing.append(f"{path.name}: class {one.name}")
                if not any(ast.unparse(base) == "Protocol" for base in one.bases):
                    functions += [n for n in one.body if isinstance(n, ast.FunctionDef)]
        for function in functions:
            names = [a.arg for a in (*function.args.args, *function.args.kwonlyargs)]
            beginnings = (f"{function.name}(", f"{function.name} ->")
            if function.name[0] != "_" and not any(
                line.startswith(beginnings) and all(f"{n}: " in line for n in names if n != "self")
                for line in lines
            ):
                missing.append(f"{path.name}: {function.name}({', '.join(names)})")
    assert missing == []
