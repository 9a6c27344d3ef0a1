"""The form for an account: name, address, language, and rows of a role with what it is held for, in people's words.

A unit or working group is typed by its name, or its id; several may stand in one row, with semicolons between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from forms.problems import Fault
from server.account_keeping import address_fault, grant_faults
from server.languages import DESK_LANGUAGES
from server.page_words import N_
from store.accounts import GROUP_ROLES, UNIT_ROLES, Grant, Role

LONGEST_NAME = 200
#: More rows than anybody fills in; what is sent beyond is not read.
MOST_ROWS = 200
EMPTY_ROWS = 2


class AccountForm(Schema):
    """The fields that are not rows."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_NAME))
    email = fields.String(required=True)
    language = fields.String(required=True, validate=validate.OneOf(DESK_LANGUAGES))


_FAULTS: Mapping[str, Fault] = {
    "name": Fault("name", "missing", N_("The name is missing, or it is too long."), N_("Write the person's name.")),
    "language": Fault("language", "unknown", N_("The language is missing."), N_("Choose one of them.")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was typed: a role ('' for none) and what it is held for."""

    role: str
    scope: str


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was typed, and what was understood of it. Without faults `grants` are the roles."""

    name: str
    email: str
    language: str
    rows: tuple[Row, ...]
    grants: tuple[Grant, ...] = ()
    faults: tuple[Fault, ...] = ()


class Places:
    """Units and working groups by the names that people type."""

    def __init__(
        self, units: Iterable[tuple[str, str]], working_groups: Iterable[tuple[str, str]]
    ) -> None:
        self.units = _named(units)
        self.working_groups = _named(working_groups)
        self._units = _by_words(self.units)
        self._groups = _by_words(self.working_groups)

    def unit(self, typed: str) -> str | None:
        """The id of the unit that is meant, or None."""
        return self._units.get(_folded(typed))

    def working_group(self, typed: str) -> str | None:
        """The id of the working group that is meant, or None."""
        return self._groups.get(_folded(typed))

    def row_of(self, grant: Grant) -> Row:
        """A grant as the form shows it."""
        names = self.units if grant.unit else self.working_groups
        return Row(grant.role.value, names.get(grant.scope, grant.scope))


def read_account(sent: MultiDict[str, str], places: Places, *, email: str | None = None) -> Typed:
    """The form that was sent; with `email` that of an account whose address stays."""
    typed = {name: sent.get(name, "").strip() for name in AccountForm().fields}
    if email is not None:
        typed["email"] = email
    rows = tuple(
        Row(role, scope.strip())
        for role, scope in list(zip(sent.getlist("role"), sent.getlist("scope"), strict=False))[
            :MOST_ROWS
        ]
    )
    faults: list[Fault] = []
    try:
        AccountForm().load(typed)
    except ValidationError as error:
        faults += [_FAULTS[name] for name in _FAULTS if name in error.messages_dict]
    wrong = address_fault(typed["email"])
    if wrong is not None:
        faults.append(wrong)
    grants, wrong_rows = _grants(rows, places)
    faults += wrong_rows or grant_faults(grants)
    return Typed(
        typed["name"], typed["email"], typed["language"], rows, tuple(grants), tuple(faults)
    )


def _grants(rows: Sequence[Row], places: Places) -> tuple[list[Grant], list[Fault]]:
    grants: dict[Grant, None] = {}
    faults = []
    for number, row in enumerate(rows):
        place = f"scope-{number}"
        if not row.role and not row.scope:
            continue
        if row.role not in {role.value for role in Role}:
            faults.append(Fault(f"role-{number}", "missing", N_("The role is missing in this row."),
                                N_("Choose one, or empty the row.")))  # fmt: skip
            continue
        role = Role(row.role)
        named = [part.strip() for part in row.scope.split(";") if part.strip()]
        if role not in UNIT_ROLES | GROUP_ROLES:
            if named:
                faults.append(Fault(place, "needless", N_("This role is held for everything."),
                                    N_("Leave the field beside it empty.")))  # fmt: skip
            grants[Grant(role)] = None
            continue
        if not named:
            faults.append(
                Fault(place, "missing", N_("This role is held for a unit."), N_("Write which."))
                if role in UNIT_ROLES
                else Fault(place, "missing", N_("This role is held for a working group."), N_("Write which."))
            )  # fmt: skip
        for one in named:
            if role in UNIT_ROLES and (unit := places.unit(one)) is not None:
                grants[Grant(role, unit=unit)] = None
            elif role in GROUP_ROLES and (group := places.working_group(one)) is not None:
                grants[Grant(role, working_group=group)] = None
            elif role in UNIT_ROLES:
                faults.append(Fault(place, "unknown-unit", N_("There is no unit of this name."),
                                    N_("Write it as the list of units has it.")))  # fmt: skip
            else:
                faults.append(Fault(place, "unknown-group", N_("There is no working group of this name."),
                                    N_("Add it on the page of working groups first.")))  # fmt: skip
    return list(grants), faults


def slug(name: str, taken: Iterable[str]) -> str:
    """An id for a working group, made from its name: small letters, digits and hyphens, and not taken."""
    text = name.lower()
    for sign, plain in (("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("ä", "ae"), ("ö", "oe"), ("é", "e"), ("ü", "u")):  # fmt: skip
        text = text.replace(sign, plain)
    base = re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:60].strip("-") or "group"
    used = set(taken)
    number = 1
    while (found := base if number == 1 else f"{base}-{number}") in used:
        number += 1
    return found


def _named(places: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What stands for each id: its name, with the id where two have the same name."""
    listed = list(places)
    seen: dict[str, int] = {}
    for _id, name in listed:
        seen[_folded(name)] = seen.get(_folded(name), 0) + 1
    return {
        identity: name if seen[_folded(name)] == 1 else f"{name} ({identity})"
        for identity, name in listed
    }


def _by_words(names: Mapping[str, str]) -> dict[str, str]:
    by_name = {_folded(name): identity for identity, name in names.items()}
    return {**by_name, **{identity: identity for identity in names}}


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
