"""What is done with accounts: invited, changed, closed, opened again, helped back in. Each change is audited in its
transaction and mails, where it does, from the same one.

The last administrator who can sign in is never closed and never loses the role: nobody could then make another.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlite_utils import Database

from forms.problems import Fault, Problem, ProblemError
from server import account_mails
from server.desk_session import token_hash
from server.page_words import N_
from server.settings import Settings
from store import account_links, accounts, audit, second_factors, sessions
from store import settings as settings_store
from store.account_links import LinkKind
from store.accounts import Account, Grant, Role
from store.database import Store

INVITATION_LASTS = timedelta(days=7)
PASSWORD_LINK_LASTS = timedelta(hours=1)


def address_fault(email: str) -> Fault | None:
    """What is wrong with an e-mail address, or None."""
    if re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", email.strip()) and len(email) <= 254:
        return None
    return Fault("email", "not-an-address", N_("This is not an e-mail address."), N_("Write it as name@place."))  # fmt: skip


def grant_faults(grants: Collection[Grant]) -> tuple[Fault, ...]:
    """What is wrong with the roles of one account; empty when they can be held together."""
    if not grants:
        return (
            Fault("roles", "no-role", N_("An account needs a role."), N_("Choose at least one.")),
        )
    held = {grant.role for grant in grants}
    if Role.ADMINISTRATOR in held and len(held) > 1:
        return (
            Fault("roles", "administrator-alone",
                  N_("An administrator has no other role, since who keeps accounts sees no results."),
                  N_("Choose administrator alone, or the others.")),
        )  # fmt: skip
    return ()


def invite(
    store: Store,
    settings: Settings,
    *,
    name: str,
    email: str,
    language: str,
    grants: Sequence[Grant],
    actor: str,
    inviter: str,
    now: datetime,
) -> Account:
    """Add an account without a password, and mail its owner a link to choose one.

    Raises ProblemError(INVALID_INPUT) for no address or one that has an account, and for roles that cannot be.
    """
    wrong = address_fault(email)
    faults = (*((wrong,) if wrong else ()), *grant_faults(grants))
    if faults:
        raise ProblemError(Problem.INVALID_INPUT, faults=faults)
    with store.write() as db:
        made = accounts.add(db, name=name, email=email, grants=grants, language=language)
        note(db, now, actor, action="account invited", account=made.id, roles=in_words(grants))
        mail_invitation(db, settings, made, inviter=inviter, now=now)
    return made


def invite_again(
    store: Store, settings: Settings, account: int, *, actor: str, inviter: str, now: datetime
) -> bool:
    """Mail a new link in place of the earlier one; False where the account is closed or has a password already."""
    with store.write() as db:
        found = existing(db, account)
        if found.password_hash is not None or not found.active:
            return False
        mail_invitation(db, settings, found, inviter=inviter, now=now)
        note(db, now, actor, action="invitation sent again", account=account)
    return True


def ask_for_new_password(store: Store, settings: Settings, email: str, *, now: datetime) -> None:
    """Mail a link for a new password, or for the first one, where the address has an open account; else do nothing."""
    with store.write() as db:
        # Written for every address, so that the time of a durable write tells nothing either.
        settings_store.write(db, "new password asked for at", now.isoformat())
        account_links.remove_expired(db, now)
        found = accounts.by_email(db, email)
        if found is None or not found.active:
            return
        link, until = _new_link(db, settings, found, LinkKind.PASSWORD, now)
        letter = account_mails.new_password(settings, found, link=link, until=until)
        account_mails.put(db, settings, found, "password", letter, now=now)
        note(db, now, audit.by_account(found.id), action="new password asked for", account=found.id)


def change(
    store: Store,
    account: int,
    *,
    name: str,
    language: str,
    grants: Sequence[Grant],
    actor: str,
    now: datetime,
) -> None:
    """Set name, language and roles.

    Raises ProblemError NOT_FOUND, INVALID_INPUT for roles that cannot be, LAST_ADMINISTRATOR.
    """
    faults = grant_faults(grants)
    if faults:
        raise ProblemError(Problem.INVALID_INPUT, faults=faults)
    with store.write() as db:
        found = existing(db, account)
        if Role.ADMINISTRATOR not in {grant.role for grant in grants}:
            _require_another_administrator(db, found)
        accounts.set_name(db, account, name=name, language=language)
        before, after = set(found.grants), set(grants)
        accounts.set_grants(db, account, grants)
        details: dict[str, object] = {}
        if found.name != name.strip():
            details["name"] = name.strip()
        if found.language != language:
            details["language"] = language
        if after - before:
            details["roles given"] = in_words(after - before)
        if before - after:
            details["roles taken away"] = in_words(before - after)
        if details:
            note(db, now, actor, action="account changed", account=account, **details)


def close(store: Store, account: int, *, actor: str, now: datetime) -> None:
    """Let the account sign in no more. Raises ProblemError NOT_FOUND, LAST_ADMINISTRATOR."""
    with store.write() as db:
        found = existing(db, account)
        if not found.active:
            return
        _require_another_administrator(db, found)
        accounts.set_active(db, account, False)
        note(db, now, actor, action="account closed", account=account)


def open_again(store: Store, account: int, *, actor: str, now: datetime) -> None:
    """Let a closed account sign in again. Raises ProblemError NOT_FOUND."""
    with store.write() as db:
        if existing(db, account).active:
            return
        accounts.set_active(db, account, True)
        note(db, now, actor, action="account opened again", account=account)


def take_second_factor(
    store: Store, settings: Settings, account: int, *, reason: str, actor: str, now: datetime
) -> bool:
    """Take the second factor away from somebody who has lost it, and mail them so; False where there was none.

    Raises ProblemError NOT_FOUND.
    """
    with store.write() as db:
        found = existing(db, account)
        if not second_factors.remove(db, account):
            return False
        # Whoever is signed in with it now may be the one who found the telephone.
        sessions.end_all(db, account)
        letter = account_mails.factor_taken_away(found, at=now, reason=reason)
        account_mails.put(db, settings, found, "account", letter, now=now)
        note(db, now, actor, action="second factor taken away", account=account, reason=reason)
    return True


def existing(db: Database, account: int) -> Account:
    """The account. Raises ProblemError(NOT_FOUND)."""
    found = accounts.find(db, account)
    if found is None:
        raise ProblemError(Problem.NOT_FOUND)
    return found


def is_last_administrator(db: Database, account: Account) -> bool:
    """Whether no other administrator could sign in without this one."""
    if not account.active or not account.holds(Role.ADMINISTRATOR):
        return False
    return not any(one.id != account.id for one in accounts.able_to_sign_in(db, Role.ADMINISTRATOR))


def in_words(grants: Iterable[Grant]) -> list[str]:
    """Roles as the audit log tells of them: 'chair iv'."""
    return [f"{one.role} {one.scope}".strip() for one in sorted(grants, key=lambda g: (g.role, g.scope))]  # fmt: skip


def _require_another_administrator(db: Database, account: Account) -> None:
    if is_last_administrator(db, account):
        raise ProblemError(Problem.LAST_ADMINISTRATOR)


def mail_invitation(
    db: Database, settings: Settings, account: Account, *, inviter: str, now: datetime
) -> None:
    """Put an invitation with a new link into the outbox; the link of an earlier one works no more."""
    link, until = _new_link(db, settings, account, LinkKind.INVITATION, now)
    letter = account_mails.invitation(settings, account, link=link, until=until, inviter=inviter)
    account_mails.put(db, settings, account, "invitation", letter, now=now)


def _new_link(
    db: Database, settings: Settings, account: Account, kind: LinkKind, now: datetime
) -> tuple[str, datetime]:
    token = secrets.token_urlsafe(32)
    until = now + (INVITATION_LASTS if kind is LinkKind.INVITATION else PASSWORD_LINK_LASTS)
    account_links.add(
        db, token_hash=token_hash(token), account=account.id, kind=kind, expires_at=until
    )
    return f"{settings.url}/welcome/{token}", until


def note(
    db: Database, now: datetime, actor: str, *, action: str, account: int, **details: object
) -> None:
    """Tell the audit log of a change to an account, in its transaction."""
    audit.note(
        db,
        at=now,
        actor=actor,
        action=action,
        subject=audit.by_account(account),
        details=details,
    )
