"""An edition's report as a page of the desk, and its charts as pictures: for real editions and for tests alike."""

from __future__ import annotations

from dataclasses import dataclass

from exports.report_page import charts_of, contents_of, page_parts, picture
from forms.problems import Problem, ProblemError
from server.desk_session import desk_page
from server.reports import view_of
from server.service import service
from store.editions import KeptEdition
from store.rounds import Round


@dataclass(frozen=True, slots=True)
class Places:
    """Where the page stands, and what lies beside it. All are addresses without the language.

    `tables`: the tables as a file, and what kind of file it is ('xlsx' or 'csv').
    """

    page: str
    pdf: str
    tables: str
    kind: str
    charts: str


def report_page(shown: Round, edition: KeptEdition, places: Places, *, language: str) -> str:
    """The report in 'da' or 'en', in the frame of the desk."""
    report = view_of(service().store, edition, language=language)
    return desk_page(
        "desk/report.html",
        round=shown,
        report=report,
        places=places,
        parts=page_parts(report, lambda chart: f"{places.charts}/{chart}.svg?language={language}"),
        contents=contents_of(report),
    )


def chart_picture(edition: KeptEdition, number: int, *, language: str) -> bytes:
    """The chart with this number, from 1, as SVG: scalable, and its text stays text. Raises ProblemError(NOT_FOUND)."""
    report = view_of(service().store, edition, language=language)
    charts = charts_of(report)
    if not 1 <= number <= len(charts):
        raise ProblemError(Problem.NOT_FOUND)
    return picture(charts[number - 1], mark=report.test).encode()
