"""The first account of an installation: made on a page whose one link the one who starts the service is given.

Accounts are otherwise made by an administrator, who needs one first. The link works only while there is no account at
all; it holds 256 random bits, of which a hash is kept, and a new one is made at each start, so that an old terminal's
opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

from marshmallow import Schema, fields, validate

from forms.problems import Problem, ProblemError
from server.passwords import hash_password
from store import accounts, audit, settings
from store.accounts import Account, Grant, Role
from store.database import Store

SETTING = "first account link"


class FirstAccountForm(Schema):
    """What the page asks for. The password's own rules are those of every password."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=200))
    email = fields.String(
        required=True, validate=validate.Regexp(r"[^@\s]+@[^@\s]+\Z", error="not an address")
    )
    password = fields.String(required=True, validate=validate.Length(max=1000))


def make_link(store: Store, url: str) -> str | None:
    """A new link for the first account, in place of any earlier one; None where there are accounts."""
    token = secrets.token_urlsafe(32)
    with store.write() as db:
        if accounts.listed(db):
            return None
        settings.write(db, SETTING, _hash(token))
    return f"{url}/first/{token}"


def works(store: Store, token: str) -> bool:
    """Whether a link's token still makes the first account."""
    kept = settings.read(store.main, SETTING)
    fits = kept is not None and hmac.compare_digest(kept, _hash(token))
    return fits and not accounts.listed(store.main)


def make(
    store: Store, token: str, *, name: str, email: str, password: str, language: str, now: datetime
) -> Account:
    """Make the administrator that the link stands for.

    Raises ProblemError NOT_FOUND for a link that does not work (any more), INVALID_INPUT for the password.
    """
    if not works(store, token):
        raise ProblemError(Problem.NOT_FOUND)
    password_hash = hash_password(password, (name, email))
    with store.write() as db:
        # Again, under the lock: of two who send at once, one makes it.
        if accounts.listed(db):
            raise ProblemError(Problem.NOT_FOUND)
        made = accounts.add(
            db,
            name=name,
            email=email,
            password_hash=password_hash,
            grants=[Grant(Role.ADMINISTRATOR)],
            language=language,
        )
        settings.remove(db, SETTING)
        audit.note(
            db,
            at=now,
            actor=audit.by_account(made.id),
            action="first account made",
            subject=audit.by_account(made.id),
        )
    return made


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
