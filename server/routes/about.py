"""Pages about the service itself: where to go first, accessibility, and what an error means."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from forms.problems import Problem, ProblemError
from server.languages import choose, set_language
from server.problems import PUBLIC_LANGUAGES
from server.service import service

blueprint = Blueprint("about", __name__)


@blueprint.get("/")
def start() -> Response:
    """Those who work here begin at the desk; those who answer have a link of their own."""
    return redirect("/desk")


@blueprint.get("/favicon.ico")
def icon() -> Response:
    """Browsers ask for it unasked."""
    return redirect("/static/icon.svg")


@blueprint.get("/accessibility")
def accessibility() -> str:
    """What stands where the statement belongs until its address is set."""
    set_language(choose(request.accept_languages, PUBLIC_LANGUAGES))
    return render_template("accessibility.html", organisation=service().settings.organisation)


@blueprint.get("/problems/<code>")
def problem(code: str) -> str:
    """What the `type` of a problem document points at."""
    for known in Problem:
        if known.code == code:
            set_language(choose(request.accept_languages, PUBLIC_LANGUAGES))
            return render_template("about_problem.html", problem=known)
    raise ProblemError(Problem.NOT_FOUND)


#: How long a security.txt may be believed; RFC 9116, 2.5.5 asks for less than a year. It is made anew at each request.
BELIEVED_FOR = timedelta(days=180)


@blueprint.get("/.well-known/security.txt")
def security_contact() -> Response:
    """Whom to write to about a fault in the security (RFC 9116), where the installation says so."""
    running = service()
    settings = running.settings
    if not settings.security_contact:
        raise ProblemError(Problem.NOT_FOUND)
    # The day alone: the service's clock is nobody's business.
    expires = (running.clock() + BELIEVED_FOR).strftime("%Y-%m-%dT00:00:00Z")
    lines = (
        f"Contact: {settings.security_contact}",
        f"Expires: {expires}",
        "Preferred-Languages: da, en",
        f"Canonical: {settings.url}/.well-known/security.txt",
    )
    return Response("".join(f"{line}\n" for line in lines), mimetype="text/plain")
