"""Who is at the desk in this request: the session behind the cookie, its account, its language, its form token.

The cookie holds a random token and nothing else; the store keeps a hash of it. A session ends after half an hour without
use and after twelve hours in any case (OWASP ASVS 5.0, 7.3.1 and 7.3.2); that it was used is noted at most once a minute,
because each note is a durable write. `install` puts the gate before every route: what rights.py says of it is asked here,
and nowhere else.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Flask, g, redirect, render_template, request
from werkzeug.wrappers import Response

from forms.problems import Problem, ProblemError
from forms.questionnaire import text_in
from server.languages import DESK_LANGUAGES, choose, current, set_language
from server.rights import ROUTES, Access, Kind, Place, allowed
from server.security import form_token, require_own_form
from server.service import Service, service
from store import accounts, audit, paper_batches, piles, round_units, rounds, sessions
from store.accounts import Account, Role
from store.paper_batches import Batch
from store.piles import Pile
from store.rounds import Round
from store.sessions import Stage

LANGUAGE_COOKIE = "svarboks-language"
IDLE = timedelta(minutes=30)
LASTS = timedelta(hours=12)
#: Between the password and the second factor.
BETWEEN_FACTORS = timedelta(minutes=10)
NOTED_EVERY = timedelta(minutes=1)

#: Routes that take scans, and how large a request may be there.
SCANS_COME_HERE = frozenset({"batches.begin", "batches.begin_of_round", "batches.add_files"})
LARGEST_SCANS = 512 * 1024 * 1024
#: Bytes that a form may have, by endpoint, where that is more than usual: the queue that a tablet saved.
LARGER_REQUESTS = {"tablets.receive_file": 32 * 1024 * 1024}

#: Where someone is sent who has not finished signing in.
NEXT_STEP = {Stage.SECOND_FACTOR: "/sign-in/code", Stage.SET_UP: "/account/second-factor"}


def install(app: Flask) -> None:
    """Put the gate before every route."""
    app.before_request(_gate)


def _gate() -> Response | None:
    if request.endpoint is None:
        return None  # there is no such address, or not for this method: the router says so
    access = ROUTES.get(request.endpoint)
    if access is None:
        raise ProblemError(Problem.NOT_ALLOWED)
    if access.kind is Kind.PUBLIC:
        return None
    choose_desk_language()
    if not _recognise():
        if request.method == "GET":
            return redirect(f"/sign-in?next={request.path}")
        raise ProblemError(Problem.SIGN_IN)
    if request.endpoint in SCANS_COME_HERE:
        request.max_content_length = LARGEST_SCANS
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        if request.endpoint in LARGER_REQUESTS:
            request.max_content_length = LARGER_REQUESTS[request.endpoint]
        require_own_form(request, g.form_token, service().settings.url)
    if g.session.stage not in access.stages:
        if g.session.stage in NEXT_STEP:
            return redirect(NEXT_STEP[g.session.stage], code=303)
        return redirect("/desk", code=303)
    _require_right(access)
    return None


def _recognise() -> bool:
    """Find the session and the account of this request, and note that the session is used."""
    token = request.cookies.get(cookie_name(service()), "")
    if not token:
        return False
    running = service()
    now = running.clock()
    session = sessions.find(running.store.main, token_hash(token), now)
    if session is None:
        return False
    account = accounts.find(running.store.main, session.account)
    if account is None:
        return False
    if session.stage is Stage.FULL and now - session.last_seen_at >= NOTED_EVERY:
        with running.store.write() as db:
            sessions.seen(db, token_hash(token), now=now, expires_at=now + IDLE)
    g.session, g.account = session, account
    g.form_token = form_token(running.secret, token)
    return True


def _require_right(access: Access) -> None:
    """Raises ProblemError NO_SUCH_ROUND for a round that is not there, NOT_ALLOWED for what is not this account's.

    Who sees but some rounds learns nothing about which exist: to them an unknown round is one that is not theirs.
    """
    arguments = request.view_args or {}
    place = Place(unit=arguments.get("unit"))
    if "pile" in arguments or "batch" in arguments:
        place = _place_of_paper(arguments)
    if "round_id" in arguments:
        # The view asks current_round(): the one that was checked here.
        found = rounds.find(service().store.main, arguments.pop("round_id"))
        if found is None:
            everything = current_account().holds(Role.SECRETARIAT)
            raise ProblemError(Problem.NO_SUCH_ROUND if everything else Problem.NOT_ALLOWED)
        g.round = found
        place = place_of(found, arguments.get("unit"))
    if not allowed(current_account(), access, place):
        raise ProblemError(Problem.NOT_ALLOWED)


def _place_of_paper(arguments: dict[str, Any]) -> Place:
    """What a request about a pile or a batch is about. The view asks current_pile() or current_batch(), and current_round().

    Raises ProblemError as `_require_right`, with NOT_FOUND for a pile or a batch that is not there.
    """
    main = service().store.main
    lent_to = None
    about: Pile | Batch | None
    if "batch" in arguments:
        about = g.batch = paper_batches.find(main, arguments.pop("batch"))
        lent_to = about.reviewed_by if about else None
    else:
        about = g.pile = piles.find(main, arguments.pop("pile"))
    if about is None:
        everything = current_account().holds(Role.SECRETARIAT)
        raise ProblemError(Problem.NOT_FOUND if everything else Problem.NOT_ALLOWED)
    g.round = rounds.read(main, about.round)
    return replace(place_of(g.round, about.unit), lent_to=lent_to)


def place_of(found: Round, unit: str | None = None) -> Place:
    """What a request about a round, and a unit in it, is about. A test round is in the place of the round it tries out."""
    name = found.test_of or found.id
    # A page asks this for each of its links. What is read stands for the request, unless the request changes something.
    known: dict[str, frozenset[str]] = g.setdefault("units_of_rounds", {})
    units = known.get(name)
    if units is None or request.method != "GET":
        units = known[name] = round_units.ids(service().store.main, name)
    return Place(in_round=True, working_group=found.working_group, units=units, unit=unit)


def current_pile() -> Pile:
    """The pile that this request is about."""
    found = g.pile
    assert isinstance(found, Pile)
    return found


def current_batch() -> Batch:
    """The batch that this request is about."""
    found = g.batch
    assert isinstance(found, Batch)
    return found


def may_use(endpoint: str, found: Round, unit: str | None = None) -> bool:
    """Whether this account may use a route for a round: what a page shows a link or a button for."""
    return allowed(current_account(), ROUTES[endpoint], place_of(found, unit))


def visible_rounds() -> list[Round]:
    """The rounds that this account may see, those that open last first."""
    account = current_account()
    main = service().store.main
    if account.holds(Role.SECRETARIAT):
        return rounds.listed(main)
    return rounds.listed(main, account=account.id)


def choose_desk_language() -> None:
    """The language of a page of the desk: what was chosen, else what the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen not in DESK_LANGUAGES:
        chosen = choose(request.accept_languages, DESK_LANGUAGES)
    set_language(chosen)


def begin(
    running: Service, account: Account, response: Response, stage: Stage = Stage.FULL
) -> None:
    """Sign an account in as far as `stage`: keep a session under a new token and set its cookie. What this browser had
    before ends (the token is never carried over from one stage to the next)."""
    token = secrets.token_urlsafe(32)
    now = running.clock()
    earlier = request.cookies.get(cookie_name(running), "")
    lasts = LASTS if stage is Stage.FULL else BETWEEN_FACTORS
    with running.store.write() as db:
        if earlier:
            sessions.end(db, token_hash(earlier))
        sessions.end_expired(db, now)
        sessions.add(
            db,
            token_hash=token_hash(token),
            session=secrets.token_hex(8),
            account=account.id,
            stage=stage,
            browser=browser_name(request.user_agent.string),
            now=now,
            expires_at=now + min(IDLE, lasts),
            ends_at=now + lasts,
        )
        if stage is Stage.FULL:
            audit.note(db, at=now, actor=audit.by_account(account.id), action="signed in")
    response.set_cookie(
        cookie_name(running),
        token,
        httponly=True,
        samesite="Lax",
        secure=running.settings.https,
        path="/",
    )
    # A page that is part of this very response carries the new session's token in its forms.
    g.session = sessions.find(running.store.main, token_hash(token), now)
    g.account, g.form_token = account, form_token(running.secret, token)


def end(running: Service, response: Response) -> None:
    """Sign out."""
    token = request.cookies.get(cookie_name(running), "")
    if token:
        with running.store.write() as db:
            sessions.end(db, token_hash(token))
    response.delete_cookie(
        cookie_name(running), path="/", httponly=True, samesite="Lax", secure=running.settings.https
    )


def signed_in_account() -> Account | None:
    """The account of a public page's request that has signed in wholly, or None."""
    if "account" not in g and not _recognise():
        return None
    return current_account() if g.session.stage is Stage.FULL else None


def current_account() -> Account:
    """The account of a page behind the gate."""
    account = g.account
    assert isinstance(account, Account)
    return account


def current_round() -> Round:
    """The round that the path of a page behind the gate names, which this account may see."""
    found = g.round
    assert isinstance(found, Round)
    return found


def actor() -> str:
    """Who does it, for the audit log."""
    return audit.by_account(current_account().id)


def cookie_name(running: Service) -> str:
    """Over https the cookie is bound to this very host (the __Host- prefix, RFC 6265bis 4.1.3.2)."""
    return "__Host-svarboks" if running.settings.https else "svarboks"


def token_hash(token: str) -> bytes:
    """What is kept of a token: SHA-256. It is random, so nothing slower is needed."""
    return hashlib.sha256(token.encode()).digest()


def browser_name(user_agent: str) -> str:
    """'Firefox, Windows': as much as a person needs to know their own sessions apart, and no more."""
    browsers = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
    systems = (("iPad", "iPad"), ("iPhone", "iPhone"), ("Android", "Android"), ("Windows", "Windows"),
               ("Mac OS", "Mac"), ("Linux", "Linux"))  # fmt: skip
    named = [
        next((name for sign, name in kinds if re.search(rf"\b{sign}", user_agent)), "")
        for kinds in (browsers, systems)
    ]
    return ", ".join(name for name in named if name)


def desk_page(template: str, **values: Any) -> str:
    """A page in the frame of the desk, with what every page of it needs."""
    running = service()
    said = current()
    return render_template(
        template,
        account=current_account(),
        form_token=g.form_token,
        organisation=running.settings.organisation,
        unsafe_origin=running.settings.unsafe_origin,
        text=lambda texts: text_in(texts, said.language, "da"),
        may_use=may_use,
        menu=_menu(),
        words=said,
        language=said.language,
        **values,
    )


#: The desk's menu, in order: where it leads, the route whose right opens it, and its English words (see page.html).
MENU = (
    ("/desk", "desk.home", "home"),
    ("/desk/questionnaires", "questionnaires.shelf", "questionnaires"),
    ("/desk/units", "units.overview", "units"),
    ("/desk/tablets", "tablets.overview", "tablets"),
    ("/desk/accounts", "accounts.overview", "accounts"),
    ("/desk/mail", "mail.outbox", "mail"),
    ("/desk/audit", "audit.page", "audit"),
)


def _menu() -> list[tuple[str, str]]:
    """(address, name) of what this account may open."""
    return [
        (address, name)
        for address, endpoint, name in MENU
        if endpoint in ROUTES and allowed(current_account(), ROUTES[endpoint], Place())
    ]
