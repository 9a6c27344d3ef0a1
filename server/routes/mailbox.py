"""Pages that show mail which went to a folder, where Svarboks is tried out. They are not there anywhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, g, render_template

from forms.problems import Problem, ProblemError
from server.desk_session import choose_desk_language
from server.languages import current
from server.mailbox import letter, letters, pieces
from server.service import service

blueprint = Blueprint("mailbox", __name__, url_prefix="/mailbox")


@blueprint.get("")
def overview() -> str:
    """The newest messages."""
    folder = _folder()
    return _page("desk/mailbox.html", letters=letters(folder))


@blueprint.get("/<message>")
def message(message: str) -> str:
    """One message, its links to this service clickable."""
    found = letter(_folder(), message)
    if found is None:
        raise ProblemError(Problem.NOT_FOUND)
    url = service().settings.url
    return _page("desk/mailbox_message.html", letter=found, pieces=pieces(found.body, url))


def _folder() -> Path:
    settings = service().settings
    if not settings.mailbox_page or settings.mail.folder is None:
        raise ProblemError(Problem.NOT_FOUND)
    choose_desk_language()
    return settings.mail.folder


def _page(template: str, **values: Any) -> str:
    settings = service().settings
    return render_template(
        template,
        organisation=settings.organisation,
        language=g.language,
        words=current(),
        **values,
    )
