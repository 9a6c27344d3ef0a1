"""What a chair reads and takes away: an edition as a web page, as a PDF and as a table for a spreadsheet."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, request, send_file

from exports.assemble import assemble
from exports.datasets.dataset import MEDIA_TYPES, Format
from exports.datasets.delimited import tables_csv
from exports.datasets.rows import RowFormat
from exports.method_words import MethodSection, method_section
from forms.problems import Problem, ProblemError
from server.datasets import dataset_of, file_name
from server.desk_session import actor, current_round, desk_page
from server.languages import DESK_LANGUAGES, current
from server.report_view import Places, chart_picture, report_page
from server.reports import archive_of, questionnaire_of_edition, report_of
from server.service import service
from server.single_answers import row_file_name, take
from store import editions
from store.editions import KeptEdition

blueprint = Blueprint(
    "results", __name__, url_prefix="/desk/rounds/<round_id>/editions/<int:number>"
)


@blueprint.get("/report")
def page(number: int) -> str:
    """The report as a web page, in the language asked for, else in the desk's."""
    edition = _edition(number)
    files = f"/desk/rounds/{edition.round}/editions/{number}"
    places = Places(
        page=f"{files}/report",
        pdf=f"{files}/report.pdf",
        tables=f"{files}/files/xlsx",
        kind="xlsx",
        charts=f"{files}/charts",
    )
    return report_page(current_round(), edition, places, language=_language())


@blueprint.get("/charts/<int:chart>.svg")
def chart(number: int, chart: int) -> Response:
    """A chart of the report as a picture: scalable, and its text stays text."""
    edition = _edition(number)
    language = _language()
    name = f"{edition.round}-{edition.number}-{chart}-{language}.svg"
    drawn = chart_picture(edition, chart, language=language)
    return _download(drawn, "image/svg+xml; charset=utf-8", name)


@blueprint.get("/archive.pdf")
def archive(number: int) -> Response:
    """The report for the archive: PDF/A-2a."""
    edition = _edition(number)
    language = _language()
    path = archive_of(service().store, edition, language=language)
    name = f"{edition.round}-{edition.number}-archive-{language}.pdf"
    return _sent(path, "application/pdf", name, in_parts=False)


@blueprint.get("/report.pdf")
def report(number: int) -> Response:
    """The report as a tagged PDF, in the language asked for, else in the desk's."""
    edition = _edition(number)
    language = _language()
    path = report_of(service().store, edition, language=language)
    name = f"{edition.round}-{edition.number}-{language}.pdf"
    return _sent(path, "application/pdf", name, in_parts=False)


@blueprint.get("/tables.csv")
def tables(number: int) -> Response:
    """The same figures as CSV, one row a cell. The byte order mark tells Excel that it is UTF-8."""
    edition = _edition(number)
    text = tables_csv(edition.figures)
    return _download(
        text.encode("utf-8-sig"), "text/csv; charset=utf-8", f"{edition.round}-{edition.number}.csv"
    )


@blueprint.get("/files/<kind>")
def dataset(number: int, kind: str) -> Response:
    """The same figures as a file for an analyst: Excel, CSV, SPSS, SQLite, the codebook, released free text."""
    edition = _edition(number)
    try:
        wanted = Format(kind)
    except ValueError:
        raise ProblemError(Problem.NOT_FOUND) from None
    language = _language()
    path = dataset_of(service().store, edition, wanted, language=language)
    return _sent(path, wanted.media_type, file_name(edition, wanted, language))


@blueprint.get("/method")
def method(number: int) -> str:
    """The Danish method section of an edition's report, ready to be copied."""
    section = _method(_edition(number))
    shown = current_round()
    return desk_page("desk/edition_method.html", round=shown, number=number, section=section)


@blueprint.get("/method.txt")
def method_file(number: int) -> Response:
    """The same as a file of plain text."""
    edition = _edition(number)
    text = _method(edition).text
    return _download(
        text.encode(), "text/plain; charset=utf-8", f"{edition.round}-{edition.number}-metode.txt"
    )


def _method(edition: KeptEdition) -> MethodSection:
    figures = dict(edition.figures)
    questionnaire = questionnaire_of_edition(service().store, edition)
    return method_section(assemble(figures, questionnaire, "da"), figures, questionnaire)


@blueprint.post("/answers/<kind>")
def single_answers(number: int, kind: str) -> Response:
    """The answers one by one as a file, where the round gives them; each time is noted in the audit log."""
    edition = _edition(number)
    try:
        wanted = RowFormat(f"rows-{kind}")
    except ValueError:
        raise ProblemError(Problem.NOT_FOUND) from None
    language = _language()
    running = service()
    path = take(
        running.store, edition, wanted, language=language, actor=actor(), now=running.clock()
    )
    return _sent(path, MEDIA_TYPES[wanted.ending], row_file_name(edition, wanted, language))


def _language() -> str:
    """The language asked for, else the desk's."""
    language = request.args.get("language", current().language)
    if language not in DESK_LANGUAGES:
        raise ProblemError(Problem.NOT_FOUND)
    return language


def _edition(number: int) -> KeptEdition:
    shown = current_round()
    if shown.test_of is not None:
        # A test's report is the secretariat's (test_mode.py), and is kept nowhere.
        raise ProblemError(Problem.NO_EDITION)
    edition = editions.of_number(service().store.main, shown.id, number)
    if edition is not None:
        return edition
    raise ProblemError(Problem.NO_EDITION)


def _sent(path: Path, media_type: str, name: str, *, in_parts: bool = True) -> Response:
    """A kept file, sent from the disk: it is never whole in memory. `in_parts`: whoever lost the line may ask for the rest."""
    return send_file(
        path,
        mimetype=media_type,
        as_attachment=True,
        download_name=name,
        etag=False,
        conditional=in_parts,
    )


def _download(content: bytes, content_type: str, name: str) -> Response:
    response = Response(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
