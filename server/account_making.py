"""Makes an account, and the working groups that it is the first to belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from forms.problems import Fault, Problem, ProblemError
from store import accounts, audit, working_groups
from store import units as kept_units
from store.accounts import GROUP_ROLES, UNIT_ROLES, Account, Grant, Role
from store.database import Store
from store.working_groups import WorkingGroup

from .account_keeping import mail_invitation
from .passwords import hash_password
from .settings import Settings

_GROUP = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)(?:=(.+))?")


def add_account(
    store: Store,
    *,
    name: str,
    email: str,
    role: str,
    password: str | None,
    groups: Sequence[str] = (),
    units: Sequence[str] = (),
    language: str = "da",
    invite_to: Settings | None = None,
    now: datetime,
) -> Account:
    """Keep a new account. A group is given by its id, a new one with its name: "iv" or "iv=IV-arbejdsgruppen".

    With `invite_to` and no password its owner is mailed a link to choose one. Raises ProblemError(INVALID_INPUT) for a
    password that is refused, an address that is taken or none, a group that has no id.
    """
    faults = []
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        faults.append(
            Fault(
                "email",
                "not-an-address",
                f"{email!r} is not an e-mail address.",
                "Write it as name@place.",
            )
        )
    named = []
    for group in groups:
        match = _GROUP.fullmatch(group)
        if match is None:
            faults.append(
                Fault("group", "bad-id", f"{group!r} does not name a working group.",
                      'Use small letters, digits and hyphens, and a name if it is new: "iv=IV-arbejdsgruppen".')
            )  # fmt: skip
        else:
            named.append((match[1], match[2]))
    held = Role(role)
    scopes = [identity for identity, _ in named] if held in GROUP_ROLES else list(units)
    if held in GROUP_ROLES | UNIT_ROLES and not scopes:
        what = "working group" if held in GROUP_ROLES else "unit"
        faults.append(
            Fault("role", "no-scope", f"The role {held} is held for a {what}, and none is given.",
                  f"Give one with --{'group' if held in GROUP_ROLES else 'unit'}.")
        )  # fmt: skip
    known = {unit.id for unit in kept_units.listed(store.main)} if units else set()
    faults += [
        Fault("unit", "unknown-unit", f"No unit has the id {unit!r}.", "Import it first.")
        for unit in units
        if unit not in known
    ]
    if faults:
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(faults))
    if held in GROUP_ROLES:
        grants = [Grant(held, working_group=scope) for scope in scopes]
    elif held in UNIT_ROLES:
        grants = [Grant(held, unit=scope) for scope in scopes]
    else:
        grants = [Grant(held)]
    password_hash = None if password is None else hash_password(password, (name, email))
    with store.write() as db:
        for identity, group_name in named:
            if group_name or working_groups.find(db, identity) is None:
                working_groups.keep(db, WorkingGroup(id=identity, name=group_name or identity))
        made = accounts.add(
            db,
            name=name,
            email=email,
            password_hash=password_hash,
            grants=grants,
            language=language,
        )
        audit.note(
            db,
            at=now,
            actor=audit.COMMAND_LINE,
            action="account added" if invite_to is None else "account invited",
            subject=audit.by_account(made.id),
            details={"roles": [f"{one.role} {one.scope}".strip() for one in grants]},
        )
        if invite_to is not None:
            mail_invitation(db, invite_to, made, inviter="", now=now)
        return made
