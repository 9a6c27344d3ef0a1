"""Imports CSV files of units, areas and memberships: all files of a call, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forms.problems import Fault, Problem, ProblemError
from forms.units import (
    AREA_COLUMNS,
    MEMBERSHIP_COLUMNS,
    UNIT_COLUMNS,
    Area,
    Membership,
    Unit,
    read_areas,
    read_memberships,
    read_units,
)
from store import units
from store.database import Store
from store.units import KeptMembership

FILE_LIMIT = 4 * 1024 * 1024


def import_units(store: Store, files: Sequence[Path]) -> str:
    """Import; what each file holds, its first row says. Units and areas are read before the memberships between them.

    Returns what was imported, in words. Raises ProblemError(INVALID_INPUT) with every fault of every file.
    """
    texts = {file: _text(file) for file in files}
    faults: list[Fault] = []
    new_units: list[Unit] = []
    new_areas: list[Area] = []
    for file, text in texts.items():
        try:
            match _columns(text):
                case names if names == UNIT_COLUMNS:
                    new_units += read_units(text, file=file.name)
                case names if names == AREA_COLUMNS:
                    new_areas += read_areas(text, file=file.name)
                case names if names != MEMBERSHIP_COLUMNS:
                    known = " or ".join(
                        ",".join(one) for one in (UNIT_COLUMNS, AREA_COLUMNS, MEMBERSHIP_COLUMNS)
                    )
                    faults.append(
                        Fault("row 1", "wrong-columns", "The first row does not say what the file holds.",
                              f"It must be {known}.", file.name, 1)
                    )  # fmt: skip
        except ProblemError as error:
            faults += error.faults
    unit_ids = {kept.id for kept in units.listed(store.main)} | {unit.id for unit in new_units}
    area_ids = {kept.id for kept in units.areas(store.main)} | {area.id for area in new_areas}
    memberships: list[Membership] = []
    for file, text in texts.items():
        if _columns(text) == MEMBERSHIP_COLUMNS:
            try:
                memberships += read_memberships(
                    text, units=unit_ids, areas=area_ids, file=file.name
                )
            except ProblemError as error:
                faults += error.faults
    if faults:
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(faults))
    with store.write() as db:
        units.keep_units(db, new_units)
        units.keep_areas(db, new_areas)
        units.keep_memberships(
            db,
            (
                KeptMembership(
                    unit=one.unit, area=one.area, from_day=one.from_day, until_day=one.until_day
                )
                for one in memberships
            ),
        )
    return f"{len(new_units)} units, {len(new_areas)} areas, {len(memberships)} memberships"


def _text(file: Path) -> str:
    if file.stat().st_size > FILE_LIMIT:
        raise ProblemError(Problem.TOO_LARGE, f"{file.name} is larger than 4 MiB.")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        fault = Fault(
            f"byte {error.start}",
            "not-utf-8",
            "The file is not UTF-8 text.",
            "Save it as CSV UTF-8.",
            file.name,
        )
        raise ProblemError(Problem.INVALID_INPUT, faults=(fault,)) from error


def _columns(text: str) -> tuple[str, ...]:
    first = text.split("\n", 1)[0].strip()
    return tuple(part.strip() for part in first.split(","))
