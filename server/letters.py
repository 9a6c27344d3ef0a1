"""Letters of an invited round as PDF: one page each, with the code in clear and as a QR code of the link.

The place of the address in a window envelope is left blank (Danish C5 and M65 windows: 20 to 110 mm from the left, 45 to
85 mm from the top): the secretariat prints addresses itself. Nothing is fetched but what the page holds (data: only), and
nothing is kept: the file exists in the answer to one request.
"""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import segno
from markupsafe import Markup
from sqlite_utils import Database
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from exports.report import data_only, font_faces
from forms.questionnaire import text_in
from server.assets import BUILT
from server.invitations import Letter
from server.languages import Words, direction, words
from store import settings
from store.rounds import Round

FOLDER = Path(__file__).parent
#: Letters in one file: about eight seconds of one processor (docs/invited-rounds.md has the figures).
MOST_IN_A_FILE = 200
LONGEST_TEXT = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    """What a letter says above its code. Paragraphs are divided by empty lines."""

    subject: str
    text: str


def default_text(found: Round, organisation: str, language: str) -> LetterText:
    """The text that is offered, in the language of the letter; in English where we have no words."""
    said = words(language)
    promise = {
        "anonymous": said.gettext("Your answers are anonymous. They are mixed with those of others, and nobody can see what you answered."),
        "confidential": said.gettext("Your answers are treated in confidence. No report names a person."),
    }.get(str(found.promise), "")  # fmt: skip
    paragraphs = [
        said.gettext("%(organisation)s invites you to take part in the survey “%(title)s”.", organisation=organisation, title=text_in(found.title, language, found.languages[0])),
        said.gettext("Scan the square below with your telephone, or go to the address and write the code. You can answer until %(deadline)s.", deadline=said.instant(found.answer_until)),
        promise,
        said.gettext("The code works once. It tells us that a letter has been answered, so that we do not remind you; we do not keep which code gave which answer. Taking part is voluntary."),
    ]  # fmt: skip
    return LetterText(
        subject=said.gettext("Will you tell us what you think?"),
        text="\n\n".join(part for part in paragraphs if part),
    )


def read_text(db: Database, found: Round, organisation: str, language: str) -> LetterText:
    """The text of the round's letters in a language: the one that was written, else the one that is offered."""
    kept = settings.read(db, _name(found.id, language))
    if kept is None:
        return default_text(found, organisation, language)
    plain = json.loads(kept)
    return LetterText(subject=plain["subject"], text=plain["text"])


def keep_text(db: Database, found: Round, language: str, new: LetterText) -> None:
    """Keep the text of the round's letters in a language."""
    plain = {"subject": new.subject, "text": new.text}
    settings.write(db, _name(found.id, language), json.dumps(plain, ensure_ascii=False))


def _name(round_id: str, language: str) -> str:
    return f"letter:{round_id}:{language}"


def render_letters(
    letters: Sequence[Letter],
    text: LetterText,
    found: Round,
    *,
    organisation: str,
    address: str,
    language: str,
) -> bytes:
    """A PDF with one page for each letter (at most MOST_IN_A_FILE). `address` is the round's link without a code."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    faces = FontConfiguration()
    fetcher = data_only()
    said = words(language)
    html = _template().render(
        letters=[(letter, Markup(_qr(letter.link))) for letter in letters],  # noqa: S704 - an <img> of ours
        subject=text.subject,
        paragraphs=[part.split("\n") for part in _paragraphs(text.text)],
        organisation=organisation,
        address=address,
        contact=[
            part.split("\n") for part in _paragraphs(_contact(found.contact, language, found))
        ],
        language=language,
        direction=direction(language),
        say=_labels(said),
    )
    sheets = [
        CSS(string=sheet, font_config=faces, url_fetcher=fetcher)
        for sheet in (
            font_faces(BUILT / "fonts"),
            (FOLDER / "letter_page" / "letter.css").read_text(encoding="utf-8"),
        )
        if sheet
    ]
    pdf: bytes = HTML(string=html, url_fetcher=fetcher).write_pdf(
        stylesheets=sheets, font_config=faces
    )
    return pdf


def _labels(said: Words) -> Mapping[str, str]:
    return {
        "code": said.gettext("Your code"),
        "address": said.gettext("Address"),
        "letter": said.gettext("Letter"),
        "contact": said.gettext("Do you need help or someone to talk to?"),
    }


def _contact(contact: Mapping[str, str], language: str, found: Round) -> str:
    return text_in(contact, language, found.languages[0]) if contact else ""


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]


def _qr(link: str) -> str:
    """The link as an image inside the page; error correction M, as on posters."""
    picture = io.BytesIO()
    segno.make(link, error="m", micro=False).save(picture, kind="png", scale=6, border=4)
    encoded = base64.b64encode(picture.getvalue()).decode()
    return f'<img class="qr" alt="" src="data:image/png;base64,{encoded}">'


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "letter_page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("letter.html")
