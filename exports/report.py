"""The report as PDF/UA-1, or PDF/A-2a for the archive, A4, by WeasyPrint: render_report(figures, questionnaire, language, fonts) -> bytes."""

from __future__ import annotations

import base64
import logging
from functools import lru_cache
from pathlib import Path

import jinja2
from markupsafe import Markup
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from exports.assemble import Report, assemble
from exports.copied_cells import copied
from exports.figures import Figures
from exports.report_tags import complete_tags
from forms.questionnaire import Questionnaire

FOLDER = Path(__file__).parent
#: What a PDF is made for, as WeasyPrint names it.
FOR_READERS, FOR_THE_ARCHIVE = "pdf/ua-1", "pdf/a-2a"
#: (family, weight, style, how the file's name begins)
FACES = (
    ("IBM Plex Sans", 400, "normal", "plex-sans-400-{subset}."),
    ("IBM Plex Sans", 600, "normal", "plex-sans-600-{subset}."),
    ("IBM Plex Sans Arabic", 400, "normal", "plex-sans-arabic-400."),
    ("IBM Plex Sans Arabic", 600, "normal", "plex-sans-arabic-600."),
)


def data_only() -> URLFetcher:
    """Fetches data: addresses and nothing else: not the network, not a file of this machine."""
    return URLFetcher(allowed_protocols=("data",), allow_redirects=False)


@lru_cache(maxsize=4)
def font_faces(fonts: Path) -> str:
    """@font-face rules with the files of a folder inside; '' where it has none, and the system's fonts serve."""
    rules = []
    for family, weight, style, name in FACES:
        sources = []
        for subset in ("latin", "latin-ext") if "{subset}" in name else ("",):
            start = name.format(subset=subset)
            file = next(iter(sorted(fonts.glob(f"{start}*.woff2"))), None)
            if file is not None:
                sources.append(file)
        for file in sources:
            encoded = base64.b64encode(file.read_bytes()).decode()
            rules.append(
                f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};'
                f"src:url(data:font/woff2;base64,{encoded}) format('woff2')}}"
            )
    return "\n".join(rules)


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """Where the report's templates are: for paper and for the web page (report_page.py)."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["svg"] = Markup
    made.filters["copied"] = copied
    return made


def report_html(figures: Figures, questionnaire: Questionnaire, language: str) -> str:
    """The report as the HTML that is printed; all its texts are escaped but the SVG that charts.py made."""
    return _html(assemble(figures, questionnaire, language))


def _html(report: Report) -> str:
    template = environment().get_template("report.html")
    return template.render(report=report, t=report.words, web=False, pictures={})


def render_report(
    figures: Figures,
    questionnaire: Questionnaire,
    language: str,
    fonts: Path,
    *,
    variant: str = FOR_READERS,
) -> bytes:
    """The PDF of an edition in 'da' or 'en'. `fonts` is the folder with IBM Plex as woff2 files.

    `variant` is FOR_READERS (PDF/UA-1) or FOR_THE_ARCHIVE (PDF/A-2a: tagged too, and nothing outside the file is needed).

    The bytes depend on nothing but the arguments: the same edition gives the same file.
    """
    report = assemble(figures, questionnaire, language)
    identifier = figures["hash"].encode()[:16] if figures.get("hash") else None
    return render_html(
        _html(report), fonts, test=bool(report.test), variant=variant, identifier=identifier
    )


def render_html(
    html: str,
    fonts: Path,
    *,
    test: bool = False,
    variant: str = FOR_READERS,
    identifier: bytes | None = None,
) -> bytes:
    """The PDF of a report's HTML. `test`: it is that of a test round; `identifier`: 16 bytes for the file's id."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    faces = FontConfiguration()
    fetcher = data_only()
    sheets = [
        CSS(string=text, font_config=faces, url_fetcher=fetcher)
        for text in (
            font_faces(fonts),
            (FOLDER / "static" / "report.css").read_text(encoding="utf-8"),
            (FOLDER / "static" / "test.css").read_text(encoding="utf-8") if test else "",
        )
        if text
    ]
    pdf: bytes = HTML(string=html, url_fetcher=fetcher).write_pdf(
        stylesheets=sheets,
        font_config=faces,
        pdf_variant=variant,
        pdf_identifier=identifier,
        finisher=complete_tags,
    )
    return pdf
