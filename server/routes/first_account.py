"""The page behind the link that `svarboks run` and `serve` print while there is no account: it makes the first one."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from forms.problems import Fault, Problem, ProblemError
from server.desk_session import choose_desk_language
from server.first_account import FirstAccountForm, make, works
from server.security import require_same_origin
from server.service import service

blueprint = Blueprint("first_account", __name__, url_prefix="/first")


@blueprint.get("/<token>")
def form(token: str) -> str:
    """Name, address and password of the first administrator."""
    choose_desk_language()
    if not works(service().store, token):
        raise ProblemError(Problem.NOT_FOUND)
    return _page({}, ())


@blueprint.post("/<token>")
def keep(token: str) -> Response:
    """Make the account and go on to signing in."""
    choose_desk_language()
    running = service()
    require_same_origin(request, running.settings.url)
    typed = {name: request.form.get(name, "") for name in FirstAccountForm().fields}
    try:
        loaded = FirstAccountForm().load(typed)
        make(running.store, token, **loaded, language=g.language, now=running.clock())
    except ValidationError as error:
        faults = tuple(Fault(name, "wrong", "", "") for name in error.messages_dict)
    except ProblemError as error:
        if error.problem is not Problem.INVALID_INPUT:
            raise
        faults = error.faults
    else:
        return redirect("/sign-in", code=303)
    return Response(_page(typed, faults), status=422, content_type="text/html; charset=utf-8")


def _page(typed: dict[str, str], faults: tuple[Fault, ...]) -> str:
    return render_template(
        "desk/first_account.html",
        typed=typed,
        faults={fault.place: fault for fault in faults},
        organisation=service().settings.organisation,
        language=g.language,
    )
