"""Reads and keeps CSV files of units, areas and memberships: all files of a call, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from forms.problems import Fault, Problem, ProblemError
from forms.units import (
    AREA_COLUMNS,
    MEMBERSHIP_COLUMNS,
    UNIT_COLUMNS,
    Area,
    Membership,
    Unit,
    columns_of,
    folded,
    read_areas,
    read_memberships,
    read_units,
    write_areas,
    write_memberships,
    write_units,
)
from server.uploaded_text import text_of
from store import audit, units
from store.database import Store
from store.units import KeptUnit

FILE_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Tables:
    """Units, areas and memberships: those of some files, or those that are kept."""

    units: tuple[Unit, ...] = ()
    areas: tuple[Area, ...] = ()
    memberships: tuple[Membership, ...] = ()

    @property
    def fingerprint(self) -> str:
        """64 hex digits that are others once anything in the tables is: whether somebody changed them meanwhile."""
        parts = (write_units(self.units), write_areas(self.areas), write_memberships(self.memberships))  # fmt: skip
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def kept_tables(db: Database) -> Tables:
    """What is kept now, in the order of its ids."""
    return Tables(
        units=tuple(sorted((as_unit(one) for one in units.listed(db)), key=lambda u: u.id)),
        areas=tuple(
            Area(id=one.id, name=one.name, kind=one.kind, region=one.region or "")
            for one in sorted(units.areas(db), key=lambda area: area.id)
        ),
        memberships=tuple(units.memberships(db)),
    )


def as_unit(kept: KeptUnit) -> Unit:
    """A unit as a file would have it: among the alternative names neither its id nor its name."""
    own = {folded(kept.id), folded(kept.name)}
    return Unit(
        id=kept.id,
        name=kept.name,
        kind=kept.kind,
        region=kept.region or "",
        alternative_names=tuple(one for one in kept.names if folded(one) not in own),
    )


def read_tables(texts: Sequence[tuple[str, str]], kept: Tables) -> Tables:
    """What files hold: (name for the faults, text). Their first rows say which is which; their order does not matter.

    Raises ProblemError(INVALID_INPUT) with every fault of every file, also where it does not go with what is kept.
    """
    faults: list[Fault] = []
    sorts: dict[tuple[str, ...], list[tuple[str, str]]] = {
        UNIT_COLUMNS: [],
        AREA_COLUMNS: [],
        MEMBERSHIP_COLUMNS: [],
    }
    for name, text in texts:
        columns = columns_of(text)
        if columns in sorts:
            sorts[columns].append((name, text))
            continue
        known = " or ".join(",".join(one) for one in sorts)
        faults.append(
            Fault("row 1", "wrong-columns", "The first row does not say what the file holds.",
                  f"It must be {known}.", name, 1)
        )  # fmt: skip

    new_units = _read_units(sorts[UNIT_COLUMNS], kept, faults)
    areas: list[Area] = []
    for name, text in sorts[AREA_COLUMNS]:
        try:
            areas += read_areas(text, file=name)
        except ProblemError as error:
            faults += error.faults
    # What a faulty file would have brought counts too, so that its one fault does not become a hundred.
    unit_ids = {one.id for one in kept.units} | _ids(sorts[UNIT_COLUMNS])
    area_ids = {one.id for one in kept.areas} | _ids(sorts[AREA_COLUMNS])
    memberships: list[Membership] = []
    for name, text in sorts[MEMBERSHIP_COLUMNS]:
        try:
            memberships += read_memberships(
                text,
                units=unit_ids,
                areas=area_ids,
                kept=(*kept.memberships, *memberships),
                file=name,
            )
        except ProblemError as error:
            faults += error.faults
    if faults:
        order = [name for name, _text in texts]
        faults.sort(key=lambda fault: (order.index(fault.file), fault.line or 0))
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(faults))
    return Tables(tuple(new_units), tuple(areas), tuple(memberships))


def _read_units(files: Sequence[tuple[str, str]], kept: Tables, faults: list[Fault]) -> list[Unit]:
    brought = _ids(files)
    taken = spellings(unit for unit in kept.units if unit.id not in brought)
    found: list[Unit] = []
    for name, text in files:
        try:
            read = read_units(text, taken=taken, file=name)
        except ProblemError as error:
            faults += error.faults
            continue
        found += read
        taken |= spellings(read)
    return found


def spellings(of: Iterable[Unit]) -> dict[str, str]:
    """folded spelling -> id, of units."""
    return {folded(spelling): unit.id for unit in of for spelling in unit.spellings}


def _ids(files: Sequence[tuple[str, str]]) -> set[str]:
    """The ids in the first columns of files, read leniently."""
    found = set()
    for _name, text in files:
        for line in text.split("\n")[1:]:
            found.add(line.replace(";", ",").split(",", 1)[0].strip().strip('"').strip())
    return found - {""}


def keep_tables(db: Database, read: Tables) -> Mapping[str, int]:
    """Keep what was read, in a write transaction; how many of each."""
    return {
        "units": units.keep_units(db, read.units),
        "areas": units.keep_areas(db, read.areas),
        "memberships": units.keep_memberships(db, read.memberships),
    }


def import_units(store: Store, files: Sequence[Path], *, now: datetime) -> str:
    """Import; what each file holds, its first row says. Units and areas are read before the memberships between them.
    The audit log is told of it, as of an import at the desk.

    Returns what was imported, in words. Raises ProblemError(INVALID_INPUT) with every fault of every file.
    """
    texts = [(file.name, _text(file)) for file in files]
    with store.write() as db:
        kept = keep_tables(db, read_tables(texts, kept_tables(db)))
        audit.note(
            db,
            at=now,
            actor=audit.COMMAND_LINE,
            action="units imported",
            details={name: number for name, number in kept.items() if number},
        )
    return ", ".join(f"{number} {name}" for name, number in kept.items())


def _text(file: Path) -> str:
    if file.stat().st_size > FILE_LIMIT:
        raise ProblemError(Problem.TOO_LARGE, f"{file.name} is larger than 4 MiB.")
    return text_of(file.read_bytes(), file=file.name)
