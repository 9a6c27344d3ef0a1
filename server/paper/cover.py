"""The page on top of a pile: what it is, how many, until when, how to hand out and how to scan; its code opens the upload."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import segno
from markupsafe import Markup
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from exports.report import data_only, font_faces
from forms.questionnaire import text_in
from server.answering_page import environment
from server.assets import BUILT
from server.languages import name_of, words
from store.rounds import Round

STYLES = Path(__file__).parent.parent / "templates" / "pile_cover" / "cover.css"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What the page says. `language` is the coordinator's, `sheet_language` that of the sheets; `address` opens the upload."""

    found: Round
    unit_name: str
    count: int
    pages: int
    language: str
    sheet_language: str
    address: str
    organisation: str


def render_cover(cover: Cover) -> bytes:
    """The page as PDF."""
    said = words(cover.language)
    html = (
        environment()
        .get_template("pile_cover/cover.html")
        .render(
            cover=cover,
            words=said,
            title=text_in(cover.found.title, cover.language, cover.found.languages[0]),
            sheet_language=name_of(cover.sheet_language),
            code=Markup(_code(cover.address)),  # noqa: S704 - an <img> of ours
            leaves=(cover.pages + 1) // 2,
            _=said.gettext,
            gettext=said.gettext,
            ngettext=said.ngettext,
        )
    )
    faces = FontConfiguration()
    fetcher = data_only()
    sheets = [
        CSS(string=text, font_config=faces, url_fetcher=fetcher)
        for text in (font_faces(BUILT / "fonts"), STYLES.read_text(encoding="utf-8"))
        if text
    ]
    pdf: bytes = HTML(string=html, url_fetcher=fetcher).write_pdf(
        stylesheets=sheets, font_config=faces
    )
    return pdf


def _code(address: str) -> str:
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="png", scale=8, border=4)
    encoded = base64.b64encode(picture.getvalue()).decode()
    return f'<img class="code" alt="" src="data:image/png;base64,{encoded}">'
