"""Every error that leaves the service, in one shape: RFC 9457 for programs, a plain calm page for people.

What went wrong inside is logged by its kind and its place in the code, never by its words: an exception's message can
quote what a person typed.
"""

from __future__ import annotations

import json
import logging
import traceback
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from server.languages import DESK_LANGUAGES, choose, set_language, words

LOG = logging.getLogger("svarboks")

#: Languages that a page about an error can speak before it is known which round it belongs to.
PUBLIC_LANGUAGES = ("da", "en", "ar", "fa")

#: What werkzeug and Flask raise themselves, by status.
_OF_STATUS = {
    400: Problem.MALFORMED,
    404: Problem.NOT_FOUND,
    405: Problem.METHOD,
    413: Problem.TOO_LARGE,
    415: Problem.UNSUPPORTED_TYPE,
    429: Problem.SLOW_DOWN,
    503: Problem.BUSY,
}

#: Seconds after which a sender is asked to try again, where the error does not say.
_RETRY_AFTER = {Problem.SLOW_DOWN: 5, Problem.BUSY: 2, Problem.ROUND_FULL: 3600}


def install(app: Flask) -> None:
    """Register the handlers: for our own errors, for those of Flask and werkzeug, and for everything else."""
    app.register_error_handler(ProblemError, _answer)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _unexpected)


def problem_body(error: ProblemError) -> dict[str, Any]:
    """The members of an RFC 9457 problem document."""
    problem = error.problem
    body: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": error.detail,
        "remedy": problem.remedy,
        "code": problem.code,
        "faults": [
            {
                "place": fault.place,
                "code": fault.code,
                "message": fault.message,
                "remedy": fault.remedy,
                **({"file": fault.file} if fault.file else {}),
                **({"line": fault.line} if fault.line else {}),
            }
            for fault in error.faults
        ],
    }
    return body | {key: value for key, value in error.extra.items() if key not in body}


def _answer(error: ProblemError) -> BaseResponse:
    response = _as_json(error) if request.path.startswith("/api/") else _as_page(error)
    wait = error.extra.get("retry_after", _RETRY_AFTER.get(error.problem))
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def _as_json(error: ProblemError) -> BaseResponse:
    return Response(
        json.dumps(problem_body(error), ensure_ascii=False),
        status=error.problem.status,
        content_type="application/problem+json",
    )


def _as_page(error: ProblemError) -> BaseResponse:
    language = _language_of_page()
    set_language(language)
    said = words(language)
    html = render_template(
        "problem.html",
        title=said.gettext(error.problem.title),
        remedy=said.gettext(error.problem.remedy),
        language=language,
        direction=said.direction,
        at_the_desk=request.path.startswith(("/desk", "/account")),
    )
    return Response(html, status=error.problem.status, content_type="text/html; charset=utf-8")


def _language_of_page() -> str:
    chosen = g.get("language")
    if chosen:
        return str(chosen)
    parts = request.path.split("/")
    if len(parts) > 3 and parts[1] == "s" and parts[3] in PUBLIC_LANGUAGES:
        return parts[3]
    public = len(parts) > 1 and parts[1] == "s"
    return choose(request.accept_languages, PUBLIC_LANGUAGES if public else DESK_LANGUAGES)


def _from_http(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    if status < 400:  # a redirect that werkzeug raises
        return error.get_response()
    problem = _OF_STATUS.get(status)
    if problem is None:
        problem = Problem.MALFORMED if status < 500 else Problem.UNEXPECTED
    response = _answer(ProblemError(problem))
    allowed = getattr(error, "valid_methods", None)
    if status == 405 and allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unexpected(error: Exception) -> BaseResponse:
    places = " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(error.__traceback__)[-6:])
    )
    LOG.error("unexpected %s at %s", type(error).__name__, places)
    return _answer(ProblemError(Problem.UNEXPECTED))
