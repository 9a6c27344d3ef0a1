"""Signing in and out, in up to two steps, and the language of the desk."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from server import account_mails
from server.desk_session import (
    LANGUAGE_COOKIE,
    begin,
    choose_desk_language,
    current_account,
    desk_page,
    end,
    signed_in_account,
)
from server.languages import DESK_LANGUAGES
from server.own_path import own_path
from server.passwords import (
    LONGEST_PASSWORD,
    decoy_hash,
    needs_rehash,
    password_fits,
    rehashed,
)
from server.second_factor import code_hash, fitting_step, looks_like_code, unseal
from server.security import require_same_origin
from server.service import Service, service
from server.sign_in_brake import codes_of
from store import accounts, audit, second_factors
from store.accounts import Account
from store.sessions import Stage

blueprint = Blueprint("sign_in", __name__)

#: Longer than any address.
LONGEST_FIELD = 1000


@blueprint.get("/sign-in")
def form() -> BaseResponse:
    """The page with the two fields."""
    choose_desk_language()
    if signed_in_account() is not None:
        return redirect(own_path(request.args.get("next", "")))
    return _page(email="", wrong=False, status=200)


@blueprint.post("/sign-in")
def sign_in() -> BaseResponse:
    """Check the name and the password. Which of the two was wrong is not said."""
    choose_desk_language()
    running = service()
    require_same_origin(request, running.settings.url)
    email = request.form.get("email", "")[:LONGEST_FIELD]
    # One sign more than any password has, so that a longer one fits none.
    password = request.form.get("password", "")[: LONGEST_PASSWORD + 1]
    last = running.brake.attempt(email)
    account = accounts.by_email(running.store.main, email)
    kept = (
        account.password_hash if account is not None and account.active else None
    ) or decoy_hash()
    fits = password_fits(kept, password)
    if account is None or not account.active or not account.password_hash or not fits:
        if last and account is not None:
            note_slowed(running, account)
        return _page(email=email, wrong=True, status=Problem.WRONG_SIGN_IN.status)
    running.brake.succeeded(email)
    if needs_rehash(account.password_hash):
        with running.store.write() as db:
            accounts.keep_rehashed(db, account.id, rehashed(password))
    return begin_after_password(running, account, own_path(request.form.get("next", "")))


def begin_after_password(running: Service, account: Account, next_path: str) -> BaseResponse:
    """On to what comes after the right password: the code, setting up a second factor, or the page that was wanted."""
    if account.totp_secret is not None:
        stage, path = Stage.SECOND_FACTOR, f"/sign-in/code?next={next_path}"
    elif running.settings.requires_second_factor:
        stage, path = Stage.SET_UP, "/account/second-factor"
    else:
        stage, path = Stage.FULL, next_path
    response = redirect(path, code=303)
    begin(running, account, response, stage)
    return response


@blueprint.get("/sign-in/code")
def code_form() -> str:
    """The page that asks for the code of the app, or a recovery code."""
    return _code_page(wrong=False)


@blueprint.post("/sign-in/code")
def check_code() -> BaseResponse:
    """Check the code. Wrong ones count for the account, whichever kind they are."""
    running = service()
    account = current_account()
    last = running.brake.attempt(codes_of(account.id))
    typed = request.form.get("code", "")[:LONGEST_FIELD]
    if not use_code(running, account, typed, running.clock()):
        if last:
            note_slowed(running, account)
            with running.store.write() as db:
                now = running.clock()
                letter = account_mails.wrong_codes(account, at=now)
                account_mails.put(db, running.settings, account, "account", letter, now=now)
        return Response(_code_page(wrong=True), status=Problem.WRONG_SIGN_IN.status)
    running.brake.succeeded(codes_of(account.id))
    response = redirect(own_path(request.form.get("next", "")), code=303)
    begin(running, account, response)
    return response


def use_code(running: Service, account: Account, typed: str, now: datetime) -> bool:
    """Whether a code is the app's, or one of the recovery codes; it is used up by that."""
    sealed = account.totp_secret
    if sealed is None:
        return False
    secret = unseal(sealed, service_secret=running.secret, account=account.id)
    step = fitting_step(secret, typed, now) if secret is not None else None
    if step is not None:
        with running.store.write() as db:
            return second_factors.use_step(db, account.id, step)
    if not looks_like_code(typed):
        return False
    hashed = code_hash(typed, sealed)
    with running.store.write() as db:
        if not second_factors.use_code(db, account.id, hashed):
            return False
        audit.note(
            db,
            at=now,
            actor=audit.by_account(account.id),
            action="recovery code used",
            subject=audit.by_account(account.id),
            details={"left": second_factors.codes_left(db, account.id)},
        )
    return True


def note_slowed(running: Service, account: Account) -> None:
    """Tell the audit log that an account has to wait: somebody guesses, or has forgotten."""
    with running.store.write() as db:
        audit.note(
            db,
            at=running.clock(),
            actor=audit.by_account(account.id),
            action="sign-in slowed",
            subject=audit.by_account(account.id),
        )


@blueprint.post("/sign-out")
def sign_out() -> BaseResponse:
    """End the session."""
    response = redirect("/sign-in", code=303)
    end(service(), response)
    return response


@blueprint.post("/language")
def language() -> BaseResponse:
    """Choose the language of the desk. It changes what is shown and nothing else."""
    choose_desk_language()
    require_same_origin(request, service().settings.url)
    chosen = request.form.get("language", "")
    if chosen not in DESK_LANGUAGES:
        raise ProblemError(Problem.MALFORMED)
    response = redirect(own_path(request.form.get("next", "")), code=303)
    response.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=service().settings.https,
    )
    return response


def _page(*, email: str, wrong: bool, status: int) -> Response:
    settings = service().settings
    html = render_template(
        "desk/sign_in.html",
        email=email,
        wrong=wrong,
        next=own_path(request.values.get("next", "")),
        provider=settings.provider,
        new_password=request.args.get("done") == "password",
        organisation=settings.organisation,
        language=g.language,
    )
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def _code_page(*, wrong: bool) -> str:
    return desk_page(
        "desk/sign_in_code.html", wrong=wrong, next=own_path(request.values.get("next", ""))
    )
