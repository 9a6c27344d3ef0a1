"""Signing in and out, and the language of the desk."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from server.accounts import decoy_hash, password_fits
from server.desk_session import (
    LANGUAGE_COOKIE,
    begin,
    choose_desk_language,
    end,
    signed_in_account,
)
from server.languages import DESK_LANGUAGES
from server.security import require_same_origin
from server.service import service
from store import accounts

blueprint = Blueprint("sign_in", __name__)

#: Longer than anyone types; hashing is costly on purpose.
LONGEST_FIELD = 1000


@blueprint.get("/sign-in")
def form() -> BaseResponse:
    """The page with the two fields."""
    choose_desk_language()
    if signed_in_account() is not None:
        return redirect("/desk")
    return _page(email="", wrong=False, status=200)


@blueprint.post("/sign-in")
def sign_in() -> BaseResponse:
    """Check the name and the password. Which of the two was wrong is not said."""
    choose_desk_language()
    running = service()
    require_same_origin(request, running.settings.url)
    email = request.form.get("email", "")[:LONGEST_FIELD]
    password = request.form.get("password", "")[:LONGEST_FIELD]
    running.brake.check(email)
    account = accounts.by_email(running.store.main, email)
    kept = (
        account.password_hash if account is not None and account.active else None
    ) or decoy_hash()
    fits = password_fits(kept, password)
    if account is None or not account.active or not fits:
        running.brake.failed(email)
        return _page(email=email, wrong=True, status=Problem.WRONG_SIGN_IN.status)
    running.brake.succeeded(email)
    response = redirect(_own_path(request.form.get("next", "")), code=303)
    begin(running, account, response)
    return response


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
    response = redirect(_own_path(request.form.get("next", "")), code=303)
    response.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=service().settings.https,
    )
    return response


def _own_path(path: str) -> str:
    """A path of this service to go on to, never another site."""
    allowed = path.startswith(("/desk", "/sign-in")) and not set(path) & set("\\\r\n\t?#")
    return path if allowed and "//" not in path else "/desk"


def _page(*, email: str, wrong: bool, status: int) -> Response:
    html = render_template(
        "desk/sign_in.html",
        email=email,
        wrong=wrong,
        next=_own_path(request.values.get("next", "")),
        organisation=service().settings.organisation,
        language=g.language,
    )
    return Response(html, status=status, content_type="text/html; charset=utf-8")
