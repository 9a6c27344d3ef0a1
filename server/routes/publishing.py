"""Publishing at the desk: a document is uploaded, corrected in place, held against the newest version and published."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from forms import library
from forms.document import write_document
from forms.problems import Problem, ProblemError
from forms.questionnaire import Questionnaire
from forms.versions import make_version
from server import document_review
from server.desk_session import actor, current_account, desk_page
from server.fault_words import fault_words
from server.languages import CLOCK, direction
from server.own_uploads import own_upload
from server.publishing import keep_version, note_published
from server.questionnaire_shelf import PURPOSES, Candidate, candidate, not_accepted, question_count
from server.routes.questionnaires import preview_of
from server.service import service
from server.uploaded_text import text_of
from store import uploads, versions
from store.uploads import Upload

blueprint = Blueprint("publishing", __name__, url_prefix="/desk/questionnaires")

UPLOADS = "/desk/questionnaires/uploads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was ticked on a page that is shown again: languages whose drafts are accepted, and those still missing."""

    accepted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


# --- from the library


@blueprint.get("/library/<questionnaire>")
def library_page(questionnaire: str) -> str:
    """A ready-made questionnaire: what it asks, what changed since it was published here, and the way to publish it."""
    return _library(questionnaire, Sent())


@blueprint.post("/library/<questionnaire>")
def publish_from_library(questionnaire: str) -> Response:
    """Publish it as it is."""
    return _publish(library.read(questionnaire), None) or Response(
        _library(questionnaire, _sent(candidate(service(), library.read(questionnaire)))),
        status=Problem.NOT_PUBLISHABLE.status,
        content_type="text/html; charset=utf-8",
    )


def _library(name: str, sent: Sent) -> str:
    questionnaire = library.read(name)
    return desk_page(
        "desk/questionnaire_library.html",
        at=f"/desk/questionnaires/library/{name}",
        name=name,
        purpose=PURPOSES.get(name, ""),
        **_shown(candidate(service(), questionnaire), sent),
    )


# --- from a document


@blueprint.get("/uploads")
def upload_form() -> str:
    """Where a document is chosen or pasted; with `from`, the newest version of a questionnaire to begin with."""
    newest = versions.latest(service().store.main, request.args.get("from", ""))
    text = write_document(service().questionnaire(newest.hash)) if newest else ""
    return desk_page(
        "desk/questionnaire_upload.html", fault=None, typed=text, fault_words=fault_words
    )


@blueprint.post("/uploads")
def upload() -> Response:
    """Keep the document for its review."""
    running = service()
    try:
        text = _sent_text()
    except ProblemError as error:
        html = desk_page(
            "desk/questionnaire_upload.html",
            fault=error.faults[0] if error.faults else None,
            typed=request.form.get("text", ""),
            fault_words=fault_words,
        )
        return Response(html, status=error.problem.status, content_type="text/html; charset=utf-8")
    identity = secrets.token_hex(8)
    with running.store.write() as db:
        uploads.add(
            db,
            identity,
            kind="questionnaire",
            content=text,
            account=current_account().id,
            now=running.clock(),
        )
    return redirect(f"{UPLOADS}/{identity}", code=303)


@blueprint.get("/uploads/<upload>")
def review(upload: str) -> str:
    """The document with its faults beside its lines, or what publishing it would mean."""
    return _review(own_upload(upload, "questionnaire"), Sent())


@blueprint.post("/uploads/<upload>")
def correct(upload: str) -> Response:
    """Keep the corrected text, and check it again."""
    running = service()
    found = own_upload(upload, "questionnaire")
    with running.store.write() as db:
        uploads.set_content(db, found.id, _pasted(), now=running.clock())
    return redirect(f"{UPLOADS}/{found.id}", code=303)


@blueprint.post("/uploads/<upload>/remove")
def remove(upload: str) -> Response:
    """Throw the document away."""
    found = own_upload(upload, "questionnaire")
    with service().store.write() as db:
        uploads.remove(db, found.id)
    return redirect("/desk/questionnaires", code=303)


@blueprint.get("/uploads/<upload>/preview/<language>")
def preview_upload(upload: str, language: str) -> Response:
    """The document as those who answer will see it."""
    found = own_upload(upload, "questionnaire")
    questionnaire = document_review.review(found.content).questionnaire
    if questionnaire is None:
        raise ProblemError(Problem.NOT_FOUND)
    return preview_of(questionnaire, language, f"{UPLOADS}/{found.id}/preview")


@blueprint.post("/uploads/<upload>/publish")
def publish(upload: str) -> Response:
    """Publish the document as it was last checked."""
    found = own_upload(upload, "questionnaire")
    questionnaire = document_review.review(found.content).questionnaire
    if questionnaire is None:
        return redirect(f"{UPLOADS}/{found.id}", code=303)
    return _publish(questionnaire, found) or Response(
        _review(found, _sent(candidate(service(), questionnaire))),
        status=Problem.NOT_PUBLISHABLE.status,
        content_type="text/html; charset=utf-8",
    )


def _review(found: Upload, sent: Sent) -> str:
    reviewed = document_review.review(found.content)
    values: dict[str, object] = {"of": None}
    if reviewed.questionnaire is not None:
        of = candidate(service(), reviewed.questionnaire)
        values = _shown(of, sent)
        if of.faults:
            faults = document_review.with_lines(found.content, of.faults)
            reviewed = document_review.beside_lines(found.content, faults, reviewed.questionnaire)
    return desk_page(
        "desk/questionnaire_review.html",
        at=f"{UPLOADS}/{found.id}",
        text_of_document=found.content,
        kept_until=found.changed_at + uploads.KEPT_FOR,
        review=reviewed,
        fault_words=fault_words,
        **values,
    )


# --- both


def _publish(questionnaire: Questionnaire, found: Upload | None) -> Response | None:
    """Publish and lead to the questionnaire's page; None when something is in the way."""
    running = service()
    now = running.clock()
    of = candidate(running, questionnaire)
    accepted = request.form.getlist("accept")
    if of.faults or not_accepted(of, accepted):
        return None
    accepted = [tag for tag in of.unreviewed if tag in accepted]
    version = make_version(questionnaire, accept_unreviewed=accepted)
    with running.store.write() as db:
        known = versions.find(db, version.hash)
        kept = known or keep_version(db, version, now.astimezone(CLOCK).date())
        if known is None:
            note_published(db, kept, at=now, actor=actor(), accepted=accepted)
        if found is not None:
            uploads.remove(db, found.id)
    at = f"/desk/questionnaires/published/{questionnaire.id}"
    return redirect(f"{at}?told={'known' if known else 'published'}#told", code=303)


def _sent(of: Candidate) -> Sent:
    accepted = tuple(request.form.getlist("accept"))
    return Sent(accepted=accepted, missing=not_accepted(of, accepted))


def _shown(of: Candidate, sent: Sent) -> dict[str, object]:
    return {"of": of, "sent": sent, "questions": question_count(of.questionnaire), "direction": direction}  # fmt: skip


def _sent_text() -> str:
    """The text of the file, else what was pasted. Raises ProblemError(INVALID_INPUT) for a file that is no text."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return text_of(file.read())
    return _pasted()


def _pasted() -> str:
    return request.form.get("text", "").replace("\r\n", "\n").replace("\r", "\n")
