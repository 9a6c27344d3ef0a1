"""Makes an account, and the working groups that it is the first to belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forms.problems import Fault, Problem, ProblemError
from store import accounts, working_groups
from store.accounts import Account, Role
from store.database import Store
from store.working_groups import WorkingGroup

from .accounts import hash_password

_GROUP = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)(?:=(.+))?")


def add_account(
    store: Store, *, name: str, email: str, role: str, password: str, groups: Sequence[str] = ()
) -> Account:
    """Keep a new account. A group is given by its id, a new one with its name: "iv" or "iv=IV-arbejdsgruppen".

    Raises ProblemError(INVALID_INPUT) for a short password, an address that is taken or none, a group that has no id.
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
    if faults:
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(faults))
    password_hash = hash_password(password)
    with store.write() as db:
        for identity, group_name in named:
            if group_name or working_groups.find(db, identity) is None:
                working_groups.keep(db, WorkingGroup(id=identity, name=group_name or identity))
        return accounts.add(
            db,
            name=name,
            email=email,
            password_hash=password_hash,
            role=Role(role),
            working_groups=[identity for identity, _ in named],
        )
