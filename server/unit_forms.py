"""The small forms that add or correct one unit, and add or end one membership, without a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate
from sqlite_utils import Database

from forms.problems import Fault, Problem, ProblemError
from forms.units import LONGEST_NAME, UNIT_KINDS, Membership, Unit, folded, is_id, overlap
from forms.values import clean_text
from server.unit_files import as_unit, spellings
from store import audit, units
from store.database import Store


class _Line(fields.String):
    """A line of text as it is kept: without control characters and outer white space."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return clean_text(str(super()._deserialize(value, attr, data, **kwargs)), lines=False)


class _Day(fields.Field[date | None]):
    """A day of <input type=date>, None where nothing was typed."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date | None:
        text = str(value).strip()
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValidationError("bad-date") from None
        if len(text) != 10:
            raise ValidationError("bad-date")
        return day


def _id(value: str) -> None:
    if value and not is_id(value):
        raise ValidationError("bad-id")


def _filled(value: str) -> None:
    if not value:
        raise ValidationError("missing")


def _short(value: str) -> None:
    if len(value) > LONGEST_NAME:
        raise ValidationError("too-long")


class UnitForm(Schema):
    """The fields of one unit; `alternative_names` one a line."""

    id = _Line(validate=[_filled, _id])
    name = _Line(validate=[_filled, _short])
    kind = fields.String(validate=validate.OneOf(UNIT_KINDS, error="unknown-word"))
    region = _Line(validate=_id)
    alternative_names = fields.String()


class MembershipForm(Schema):
    """An area and the first and last day in it."""

    area = _Line(validate=_filled)
    from_day = _Day()
    until_day = _Day()


class EndForm(Schema):
    """Which membership, by its area and first day ('' = since ever), and its last day."""

    area = _Line(validate=_filled)
    began = _Day()
    until_day = _Day()


def load(schema: Schema, form: Mapping[str, str]) -> dict[str, Any]:
    """What a sent form holds. Raises ProblemError(INVALID_INPUT): the place of a fault is its field, its code the marshmallow message."""
    try:
        loaded: dict[str, Any] = schema.load({name: form.get(name, "") for name in schema.fields})
    except ValidationError as error:
        faults = [
            Fault(name, str(messages[0]), "", "")
            for name, messages in error.messages_dict.items()
            if isinstance(messages, list)
        ]
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(faults)) from None
    return loaded


def keep_unit(
    store: Store, form: Mapping[str, str], *, of: str | None, actor: str, now: datetime
) -> str:
    """Add a unit, or correct the unit `of`; its id. Raises ProblemError(INVALID_INPUT), NOT_FOUND where `of` is unknown."""
    loaded = load(UnitForm(), {**form, "id": of} if of is not None else form)
    lines = (clean_text(line, lines=False) for line in loaded["alternative_names"].splitlines())
    unit = Unit(
        id=loaded["id"],
        name=loaded["name"],
        kind=loaded["kind"],
        region=loaded["region"],
        alternative_names=tuple(dict.fromkeys(line for line in lines if line)),
    )
    if any(len(name) > LONGEST_NAME for name in unit.alternative_names):
        raise _fault("alternative_names", "too-long")
    with store.write() as db:
        was = units.find(db, unit.id)
        if of is None and was is not None:
            raise _fault("id", "duplicate-id")
        if of is not None and was is None:
            raise ProblemError(Problem.NOT_FOUND)
        _refuse_taken(db, unit)
        if was is not None and as_unit(was) == as_kept(unit):
            return unit.id
        units.keep_units(db, [unit])
        before = as_unit(was) if was is not None else None
        audit.note(
            db,
            at=now,
            actor=actor,
            action="unit added" if before is None else "unit changed",
            subject=f"unit:{unit.id}",
            details=_told(before, unit),
        )
    return unit.id


def as_kept(unit: Unit) -> Unit:
    """The unit as it is when it is read back: its spellings each once, in the order in which the store gives them."""
    own = {folded(unit.id), folded(unit.name)}
    names = {folded(one): one for one in unit.alternative_names if folded(one) not in own}
    return Unit(
        id=unit.id,
        name=unit.name,
        kind=unit.kind,
        region=unit.region,
        alternative_names=tuple(names[one] for one in sorted(names)),
    )


def _refuse_taken(db: Database, unit: Unit) -> None:
    """The spelling is another unit's: say whose, at the field in which it was typed."""
    others = spellings(as_unit(one) for one in units.listed(db) if one.id != unit.id)
    for field, typed in (
        ("id", (unit.id,)),
        ("name", (unit.name,)),
        ("alternative_names", unit.alternative_names),
    ):
        for spelling in typed:
            if folded(spelling) in others:
                message = f"'{spelling}' already means the unit {others[folded(spelling)]}."
                fault = Fault(field, "name-taken", message, "")
                raise ProblemError(Problem.INVALID_INPUT, faults=(fault,))


def _told(before: Unit | None, after: Unit) -> dict[str, str]:
    """What changed, field by field, for the audit log."""
    told = {}
    for field in ("name", "kind", "region", "alternative_names"):
        was = getattr(before, field) if before is not None else ""
        now = getattr(after, field)
        was, now = ("; ".join(one) if isinstance(one, tuple) else one for one in (was, now))
        if was != now:
            told[field] = f"{was} → {now}" if before is not None else now
    return told


def add_membership(
    store: Store, unit: str, form: Mapping[str, str], *, actor: str, now: datetime
) -> None:
    """Let a unit belong to an area. Raises ProblemError(INVALID_INPUT)."""
    loaded = load(MembershipForm(), form)
    new = Membership(
        unit=unit, area=loaded["area"], from_day=loaded["from_day"], until_day=loaded["until_day"]
    )
    _require_order(new)
    with store.write() as db:
        if new.area not in {area.id for area in units.areas(db)}:
            raise _fault("area", "unknown-area")
        if any(one.area == new.area and overlap(one, new) for one in units.memberships(db, unit)):
            raise _fault("from_day", "overlap")
        units.keep_memberships(db, [new])
        audit.note(
            db,
            at=now,
            actor=actor,
            action="membership added",
            subject=f"unit:{unit}",
            details=_days(new),
        )


def end_membership(
    store: Store, unit: str, form: Mapping[str, str], *, actor: str, now: datetime
) -> None:
    """Set or correct the last day of a membership, or let it go on (no day). Raises ProblemError(INVALID_INPUT, NOT_FOUND)."""
    loaded = load(EndForm(), form)
    wanted = Membership(
        unit=unit, area=loaded["area"], from_day=loaded["began"], until_day=loaded["until_day"]
    )
    _require_order(wanted)
    with store.write() as db:
        others = [
            one
            for one in units.memberships(db, unit)
            if one.area == wanted.area and one.from_day != wanted.from_day
        ]
        if any(overlap(one, wanted) for one in others):
            raise _fault("until_day", "overlap")
        if not units.end_membership(db, unit, wanted.area, wanted.from_day, wanted.until_day):
            raise ProblemError(Problem.NOT_FOUND)
        audit.note(
            db,
            at=now,
            actor=actor,
            action="membership ended",
            subject=f"unit:{unit}",
            details=_days(wanted),
        )


def _require_order(one: Membership) -> None:
    if one.from_day and one.until_day and one.until_day < one.from_day:
        raise _fault("until_day", "ends-before-start")


def _days(one: Membership) -> dict[str, str]:
    return {
        "area": one.area,
        "from": one.from_day.isoformat() if one.from_day else "",
        "until": one.until_day.isoformat() if one.until_day else "",
    }


def _fault(place: str, code: str) -> ProblemError:
    return ProblemError(Problem.INVALID_INPUT, faults=(Fault(place, code, "", ""),))
