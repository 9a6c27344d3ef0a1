"""Pages about the service itself: where to go first, accessibility, and what an error means."""

from __future__ import annotations

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
