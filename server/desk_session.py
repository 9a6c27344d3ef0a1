"""Who is at the desk in this request: the session behind the cookie, its account, its language, its form token.

The cookie holds a random token and nothing else; the store keeps a hash of it. Sessions end after twelve hours without
use and are noted as used at most once in five minutes, because each note is a durable write.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import g, redirect, request
from werkzeug.wrappers import Response

from forms.problems import Problem, ProblemError
from server.languages import DESK_LANGUAGES, choose, set_language
from server.security import form_token, require_own_form
from server.service import Service, service
from store import accounts, sessions
from store.accounts import Account

COOKIE = "svarboks"
LANGUAGE_COOKIE = "svarboks-language"
LASTS = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=5)

_P = ParamSpec("_P")
_R = TypeVar("_R")


def choose_desk_language() -> None:
    """The language of a page of the desk: what was chosen, else what the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen not in DESK_LANGUAGES:
        chosen = choose(request.accept_languages, DESK_LANGUAGES)
    set_language(chosen)


def begin(running: Service, account: Account, response: Response) -> None:
    """Sign an account in: keep a session and set its cookie. An earlier session of this browser ends."""
    token = secrets.token_urlsafe(32)
    now = running.clock()
    earlier = request.cookies.get(COOKIE, "")
    with running.store.write() as db:
        if earlier:
            sessions.end(db, _hash(earlier))
        sessions.end_expired(db, now)
        sessions.add(
            db, token_hash=_hash(token), account=account.id, now=now, expires_at=now + LASTS
        )
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="Lax",
        secure=running.settings.https,
        path="/",
    )


def end(running: Service, response: Response) -> None:
    """Sign out."""
    token = request.cookies.get(COOKIE, "")
    if token:
        with running.store.write() as db:
            sessions.end(db, _hash(token))
    response.delete_cookie(
        COOKIE, path="/", httponly=True, samesite="Lax", secure=running.settings.https
    )


def signed_in_account() -> Account | None:
    """The account of this request, or None."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    running = service()
    now = running.clock()
    session = sessions.find(running.store.main, _hash(token), now)
    if session is None:
        return None
    if now - session.last_seen_at >= NOTED_EVERY:
        with running.store.write() as db:
            sessions.seen(db, _hash(token), now=now, expires_at=now + LASTS)
    g.form_token = form_token(running.secret, token)
    return accounts.find(running.store.main, session.account)


def at_the_desk(view: Callable[_P, _R]) -> Callable[_P, _R | Response]:
    """A page for people who are signed in: others go to the sign-in page, forms without our token are refused."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R | Response:
        choose_desk_language()
        account = signed_in_account()
        if account is None:
            if request.method == "GET":
                return redirect(f"/sign-in?next={request.path}")
            raise ProblemError(Problem.SIGN_IN)
        if request.method not in {"GET", "HEAD"}:
            require_own_form(request, g.form_token, service().settings.url)
        g.account = account
        return view(*args, **kwargs)

    return guarded


def current_account() -> Account:
    """The account of a page that is `at_the_desk`."""
    account = g.account
    assert isinstance(account, Account)
    return account


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
