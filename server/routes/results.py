"""What a chair takes away: an edition as a PDF and as a table for a spreadsheet."""

from __future__ import annotations

from flask import Blueprint, Response, request

from exports.tables_csv import tables_csv
from forms.problems import Problem, ProblemError
from server.desk_session import current_round
from server.languages import DESK_LANGUAGES, current
from server.reports import report_of
from server.service import service
from store import editions
from store.editions import KeptEdition

blueprint = Blueprint(
    "results", __name__, url_prefix="/desk/rounds/<round_id>/editions/<int:number>"
)


@blueprint.get("/report.pdf")
def report(number: int) -> Response:
    """The report as a tagged PDF, in the language asked for, else in the desk's."""
    edition = _edition(number)
    language = request.args.get("language", current().language)
    if language not in DESK_LANGUAGES:
        raise ProblemError(Problem.NOT_FOUND)
    pdf = report_of(service().store, edition, language=language).read_bytes()
    return _download(pdf, "application/pdf", f"{edition.round}-{edition.number}-{language}.pdf")


@blueprint.get("/tables.csv")
def tables(number: int) -> Response:
    """The same figures as CSV, one row a cell. The byte order mark tells Excel that it is UTF-8."""
    edition = _edition(number)
    text = tables_csv(edition.figures)
    return _download(
        text.encode("utf-8-sig"), "text/csv; charset=utf-8", f"{edition.round}-{edition.number}.csv"
    )


def _edition(number: int) -> KeptEdition:
    shown = current_round()
    if shown.test_of is not None:
        # A test's report is the secretariat's (test_mode.py), and is kept nowhere.
        raise ProblemError(Problem.NO_EDITION)
    for edition in editions.listed(service().store.main, shown.id):
        if edition.number == number:
            return edition
    raise ProblemError(Problem.NO_EDITION)


def _download(content: bytes, content_type: str, name: str) -> Response:
    response = Response(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
