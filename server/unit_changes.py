"""What an import of units, areas and memberships will change, field by field, before anything is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from forms.units import Area, Membership, Unit, folded
from server.unit_files import Tables

Sort = Literal["unit", "area", "membership"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the files and what it holds before and after, as a person reads it; '' for nothing."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row that is new (no `fields`) or changed. `name` is that of the unit or area, `area` that of a membership's."""

    sort: Sort
    id: str
    name: str
    fields: tuple[FieldChange, ...] = ()
    area: str = ""
    membership: Membership | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an import will do. `unchanged` counts rows that say what is kept already."""

    new: tuple[Change, ...]
    changed: tuple[Change, ...]
    unchanged: int

    def of(self, sort: Sort) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
        """(new, changed) of units, areas or memberships."""
        return (
            tuple(one for one in self.new if one.sort == sort),
            tuple(one for one in self.changed if one.sort == sort),
        )

    @property
    def nothing(self) -> bool:
        """Whether all of it is kept already."""
        return not self.new and not self.changed


def changes(kept: Tables, read: Tables) -> Changes:
    """What keeping `read` changes in `kept`; a row that a later one of the same id replaces is not told of."""
    found = [*_places("unit", kept.units, read.units), *_places("area", kept.areas, read.areas)]
    found += _memberships(kept, read)
    return Changes(
        new=tuple(change for state, change in found if state == "new"),
        changed=tuple(change for state, change in found if state == "changed"),
        unchanged=sum(state == "unchanged" for state, _ in found),
    )


def _places(
    sort: Sort, kept: Sequence[Unit] | Sequence[Area], read: Sequence[Unit] | Sequence[Area]
) -> Iterator[tuple[str, Change]]:
    before: Mapping[str, Unit | Area] = {one.id: one for one in kept}
    after: Mapping[str, Unit | Area] = {one.id: one for one in read}
    for identity, one in after.items():
        was = before.get(identity)
        fields = () if was is None else _differences(was, one)
        state = "new" if was is None else "changed" if fields else "unchanged"
        yield state, Change(sort=sort, id=identity, name=one.name, fields=fields)


def _differences(was: Unit | Area, now: Unit | Area) -> tuple[FieldChange, ...]:
    pairs = [(name, getattr(was, name), getattr(now, name)) for name in ("name", "kind", "region")]
    if isinstance(was, Unit) and isinstance(now, Unit):
        pairs.append(("alternative_names", _names(was), _names(now)))
    return tuple(FieldChange(*pair) for pair in pairs if pair[1] != pair[2])


def _names(unit: Unit) -> str:
    own = {folded(unit.id), folded(unit.name)}
    names = {folded(one): one for one in unit.alternative_names if folded(one) not in own}
    return "; ".join(sorted(names.values()))


def _memberships(kept: Tables, read: Tables) -> Iterator[tuple[str, Change]]:
    units = {one.id: one.name for one in (*kept.units, *read.units)}
    areas = {one.id: one.name for one in (*kept.areas, *read.areas)}
    before = {(one.unit, one.area, one.from_day): one for one in kept.memberships}
    for one in read.memberships:
        was = before.get((one.unit, one.area, one.from_day))
        fields: tuple[FieldChange, ...] = ()
        if was is not None and was.until_day != one.until_day:
            fields = (FieldChange("until", _day(was), _day(one)),)
        state = "new" if was is None else "changed" if fields else "unchanged"
        yield (
            state,
            Change(
                sort="membership",
                id=one.unit,
                name=units.get(one.unit, one.unit),
                area=areas.get(one.area, one.area),
                fields=fields,
                membership=one,
            ),
        )


def _day(one: Membership) -> str:
    return one.until_day.isoformat() if one.until_day else ""
