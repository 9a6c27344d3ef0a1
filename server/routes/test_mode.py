"""The test of a planned round at the desk: simulated answers, its report, emptying it."""

from __future__ import annotations

import random
import re

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from exports.datasets.delimited import tables_csv
from forms.problems import Problem, ProblemError
from server import test_mode
from server.desk_session import actor, current_account, current_round, desk_page
from server.languages import DESK_LANGUAGES, current
from server.report_view import Places, chart_picture, report_page
from server.reports import rendered
from server.service import service
from store import audit, editions, mix_orders, submissions, test_rounds
from store.editions import KeptEdition
from store.rounds import Round, RoundState

blueprint = Blueprint("test_mode", __name__, url_prefix="/desk/rounds/<round_id>/test")

#: Seconds between looks at whether something is ready, and how often a page looks by itself.
LOOK_AGAIN = 2
MOST_LOOKS = 10


@blueprint.post("/fill")
def fill() -> BaseResponse:
    """Send simulated answers to the test, the way that real ones go."""
    running = service()
    test = _test()
    if test.state is not RoundState.OPEN:
        return _back("not-prepared")
    _asked("fill")
    now = running.clock()
    try:
        test_mode.fill(running.store, running.settings, test, now=now, rng=random.SystemRandom())
    except ProblemError as error:
        if error.problem is Problem.INVALID_INPUT:
            return _back("not-simulated")
        if error.problem in {Problem.ROUND_NOT_OPEN, Problem.NO_SUCH_ROUND}:
            return _back("not-now")
        raise
    with running.store.write() as db:
        audit.note(
            db,
            at=now,
            actor=actor(),
            action="test filled with simulated answers",
            subject=f"round:{current_round().id}",
            details={"answers": test_mode.SIMULATED},
        )
    return _back("filled")


@blueprint.get("/empty")
def ask_to_empty() -> str:
    """What emptying takes away."""
    test = _test()
    returned = test_mode.returned(service().store, test)
    return desk_page("desk/test_empty.html", round=current_round(), returned=returned)


@blueprint.post("/empty")
def empty() -> BaseResponse:
    """Delete all answers of the test."""
    running = service()
    test = _test()
    _asked("empty")
    now = running.clock()
    returned = test_mode.returned(running.store, test)
    with running.store.write() as db:
        test_rounds.empty(db, test.id, now=now)
        audit.note(
            db,
            at=now,
            actor=actor(),
            action="test emptied",
            subject=f"round:{current_round().id}",
            details={"answers": returned},
        )
    test_mode.finish_removals(running.store, None, now=now)
    return _back("emptied")


@blueprint.post("/report")
def make_report() -> BaseResponse:
    """Make the report of all answers in the test: now, or as soon as those that wait are mixed."""
    running = service()
    test = _test()
    _asked("report")
    if test.state is not RoundState.OPEN:
        return _back("not-prepared")
    now = running.clock()
    if submissions.waiting_count(running.store.waiting, test.id):
        with running.store.write() as db:
            mix_orders.place(db, test.id, account=current_account().id, now=now)
        return redirect(f"/desk/rounds/{current_round().id}/test/report", code=303)
    test_mode.make_test_edition(running.store, test.id, now=now, rng=random.SystemRandom())
    return _back("test-report")


@blueprint.get("/report")
def report() -> BaseResponse:
    """The page that waits for the report, and looks again by itself for a while; then the round's page."""
    test = _test()
    if mix_orders.find(service().store.main, test.id) is None:
        return _back("test-report")
    looks = looked()
    html = desk_page("desk/test_report.html", round=current_round(), gives_up=looks >= MOST_LOOKS)
    response = Response(html, content_type="text/html; charset=utf-8")
    if looks < MOST_LOOKS:
        at = f"/desk/rounds/{current_round().id}/test/report?look={looks + 1}"
        response.headers["Refresh"] = f"{LOOK_AGAIN}; url={at}"
    return response


@blueprint.get("/report/page")
def report_as_page() -> str:
    """The test's report as a web page, like that of an edition and marked as a test."""
    files = f"/desk/rounds/{current_round().id}/test"
    places = Places(
        page=f"{files}/report/page",
        pdf=f"{files}/report.pdf",
        tables=f"{files}/tables.csv",
        kind="csv",
        charts=f"{files}/charts",
    )
    return report_page(current_round(), _edition(), places, language=_language())


@blueprint.get("/charts/<int:chart>.svg")
def chart(chart: int) -> Response:
    """A chart of the test's report as a picture, with its mark across it."""
    edition, language = _edition(), _language()
    drawn = chart_picture(edition, chart, language=language)
    name = f"TEST-{edition.round}-{chart}-{language}.svg"
    return _download(drawn, "image/svg+xml; charset=utf-8", name)


@blueprint.get("/report.pdf")
def report_pdf() -> Response:
    """The test's report. It is rendered for whoever asks and kept nowhere."""
    edition = _edition()
    language = _language()
    pdf = rendered(service().store, edition, language=language)
    return _download(pdf, "application/pdf", f"TEST-{edition.round}-{language}.pdf")


@blueprint.get("/tables.csv")
def tables() -> Response:
    """Its tables, marked in every row."""
    edition = _edition()
    content = tables_csv(edition.figures).encode("utf-8-sig")
    return _download(content, "text/csv; charset=utf-8", f"TEST-{edition.round}.csv")


def looked() -> int:
    """How often this page has looked again by itself, from its address."""
    text = request.args.get("look", "")
    return int(text) if re.fullmatch("[0-9]{1,3}", text) else 0


def _test() -> Round:
    """The test of the round that the path names. Raises ProblemError(ROUND_NOT_OPEN) where it has none (any more)."""
    found = test_rounds.of_round(service().store.main, current_round().id)
    if found is None:
        raise ProblemError(Problem.ROUND_NOT_OPEN, "It is not in test mode.")
    return found


def _edition() -> KeptEdition:
    found = editions.latest(service().store.main, _test().id)
    if found is None:
        raise ProblemError(Problem.NO_EDITION)
    return found


def _language() -> str:
    """The language asked for, else the desk's."""
    language = request.args.get("language", current().language)
    if language not in DESK_LANGUAGES:
        raise ProblemError(Problem.NOT_FOUND)
    return language


def _asked(step: str) -> None:
    if request.form.get("do") != step:
        raise ProblemError(Problem.MALFORMED)


def _back(told: str) -> BaseResponse:
    return redirect(f"/desk/rounds/{current_round().id}?told={told}#test", code=303)


def _download(content: bytes, content_type: str, name: str) -> Response:
    response = Response(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
