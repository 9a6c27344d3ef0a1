"""The pages behind mailed links: a new account's first password, a new password in place of a forgotten one.

Opening a link changes nothing, since mail scanners open every link: only the form that is sent uses it up.
"""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Fault, Problem, ProblemError
from server import account_mails
from server.account_keeping import address_fault, ask_for_new_password, existing, note
from server.desk_session import choose_desk_language, token_hash
from server.passwords import hash_password
from server.security import require_same_origin
from server.service import service
from server.sign_in_brake import mails_to
from store import account_links, accounts, audit
from store.account_links import AccountLink

blueprint = Blueprint("joining", __name__)

LONGEST_FIELD = 1000


@blueprint.get("/welcome/<token>")
def welcome(token: str) -> BaseResponse:
    """Who one is, and a field for the password."""
    choose_desk_language()
    return _welcome(_link(token), None)


@blueprint.post("/welcome/<token>")
def choose_password(token: str) -> BaseResponse:
    """Keep the password, use the link up, and go on to signing in."""
    choose_desk_language()
    running = service()
    require_same_origin(request, running.settings.url)
    link = _link(token)
    if link is None:
        return _welcome(None, None)
    account = existing(running.store.main, link.account)
    password = request.form.get("password", "")
    try:
        hashed = hash_password(
            password, (account.name, account.email, running.settings.organisation)
        )
    except ProblemError as error:
        return _welcome(link, error.faults[0])
    now = running.clock()
    with running.store.write() as db:
        # Again, under the lock: a link works once, also when two send at the same time.
        if account_links.find(db, token_hash(token), now) is None:
            return _welcome(None, None)
        had_one = account.password_hash is not None
        accounts.set_password(db, account.id, hashed)
        account_links.remove_all(db, account.id)
        note(db, now, audit.by_account(account.id),
             action="password changed" if had_one else "password chosen", account=account.id)  # fmt: skip
        if had_one:
            letter = account_mails.password_changed(account, at=now)
            account_mails.put(db, running.settings, account, "account", letter, now=now)
    running.brake.succeeded(account.email)
    return redirect("/sign-in?done=password", code=303)


@blueprint.get("/sign-in/forgotten")
def forgotten() -> BaseResponse:
    """The page that asks for the address of a forgotten password's account."""
    choose_desk_language()
    return _forgotten(email="", fault=None, sent=request.args.get("done") == "sent")


@blueprint.post("/sign-in/forgotten")
def send_link() -> BaseResponse:
    """Mail a link where the address has an account; say the same where it has none."""
    choose_desk_language()
    running = service()
    require_same_origin(request, running.settings.url)
    email = request.form.get("email", "")[:LONGEST_FIELD]
    fault = address_fault(email)
    if fault is not None:
        return _forgotten(email=email, fault=fault, sent=False)
    # Counted for every address alike, so that the wait tells nothing either.
    running.brake.attempt(mails_to(email))
    ask_for_new_password(running.store, running.settings, email, now=running.clock())
    return redirect("/sign-in/forgotten?done=sent", code=303)


def _link(token: str) -> AccountLink | None:
    running = service()
    return account_links.find(running.store.main, token_hash(token), running.clock())


def _welcome(link: AccountLink | None, fault: Fault | None) -> Response:
    running = service()
    html = render_template(
        "desk/welcome.html",
        link=link,
        account=existing(running.store.main, link.account) if link is not None else None,
        fault=fault,
        organisation=running.settings.organisation,
        language=g.language,
    )
    status = Problem.NOT_FOUND.status if link is None else 200 if fault is None else 422
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def _forgotten(*, email: str, fault: Fault | None, sent: bool) -> Response:
    html = render_template(
        "desk/forgotten.html",
        email=email,
        fault=fault,
        sent=sent,
        organisation=service().settings.organisation,
        language=g.language,
    )
    return Response(
        html, status=422 if fault is not None else 200, content_type="text/html; charset=utf-8"
    )
