"""Questionnaires at the desk: the shelf, one published questionnaire with its versions, previews and comparisons."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request

from forms import library
from forms.document import write_document
from forms.problems import Problem, ProblemError
from forms.questionnaire import Questionnaire
from server.desk_session import current_account, desk_page
from server.languages import direction
from server.previews import preview
from server.questionnaire_shelf import (
    published,
    published_versions,
    question_count,
    ready_made,
)
from server.service import service
from server.version_comparison import compare_versions
from store import uploads, versions
from store.versions import ListedVersion

blueprint = Blueprint("questionnaires", __name__, url_prefix="/desk/questionnaires")

PAGE_SIZE = 50


@blueprint.get("")
def shelf() -> str:
    """What is ready-made, what has been published, and one's own documents that are on their way."""
    running = service()
    main = running.store.main
    mine = uploads.of_account(main, current_account().id, kind="questionnaire", now=running.clock())
    return desk_page(
        "desk/questionnaires.html",
        ready_made=ready_made(main),
        published=published(main),
        uploads=[(one, _called(one.content)) for one in mine],
        kept_days=uploads.KEPT_FOR.days,
        questions=question_count,
    )


@blueprint.get("/published/<questionnaire>")
def page(questionnaire: str) -> str:
    """One questionnaire: its versions, the newest first, and the rounds that use each."""
    running = service()
    listed = _versions(questionnaire)
    pages = max(1, -(-len(listed) // PAGE_SIZE))
    number = min(max(1, _number("page", 1)), pages)
    shown = listed[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return desk_page(
        "desk/questionnaire.html",
        questionnaire=questionnaire,
        versions=published_versions(running, shown, questionnaire),
        numbers=[one.number for one in listed],
        title=listed[0].title,
        in_library=questionnaire in library.names(),
        number=number,
        pages=pages,
        told=request.args.get("told", ""),
        questions=question_count,
        direction=direction,
    )


@blueprint.get("/published/<questionnaire>/compare")
def compare(questionnaire: str) -> str:
    """What became of each question between two versions, named by their numbers; the last two when none are named."""
    running = service()
    by_number = {one.number: one for one in _versions(questionnaire)}
    newest = max(by_number)
    numbers = _number("from", max(1, newest - 1)), _number("to", newest)
    if any(number not in by_number for number in numbers):
        raise ProblemError(Problem.NOT_FOUND)
    old, new = (running.questionnaire(by_number[number].hash) for number in numbers)
    return desk_page(
        "desk/questionnaire_compare.html",
        questionnaire=questionnaire,
        title=by_number[newest].title,
        numbers=sorted(by_number, reverse=True),
        before=numbers[0],
        after=numbers[1],
        compared=compare_versions(old, new),
        said_in=old.source_language,
    )


@blueprint.get("/versions/<version>/preview/<language>")
def preview_version(version: str, language: str) -> Response:
    """A published version as those who answer see it."""
    at = f"/desk/questionnaires/versions/{version}/preview"
    return preview_of(_published(version), language, at)


@blueprint.get("/versions/<version>/document.yaml")
def document(version: str) -> Response:
    """A published version as a document."""
    found = versions.read(service().store.main, version)
    text = write_document(_published(version))
    response = Response(text, content_type="application/yaml; charset=utf-8")
    name = f"{found.questionnaire}-{found.number}.yaml"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/library/<questionnaire>/preview/<language>")
def preview_library(questionnaire: str, language: str) -> Response:
    """A ready-made questionnaire as those who answer will see it."""
    at = f"/desk/questionnaires/library/{questionnaire}/preview"
    return preview_of(library.read(questionnaire), language, at)


def preview_of(questionnaire: Questionnaire, language: str, at: str) -> Response:
    """The preview in a language that the questionnaire has. Raises ProblemError(NOT_FOUND) for another."""
    if language not in {one.tag for one in questionnaire.languages}:
        raise ProblemError(Problem.NOT_FOUND)
    html = preview(service(), questionnaire, language, at)
    return Response(html, content_type="text/html; charset=utf-8")


def _called(document: str) -> str:
    """The id that a document gives itself, so that drafts can be told apart; '' where none is found."""
    found = re.search(r'^\s*"?questionnaire"?:\s*"?([a-z0-9-]{1,64})', document, re.MULTILINE)
    return found[1] if found else ""


def _published(version: str) -> Questionnaire:
    if versions.find(service().store.main, version) is None:
        raise ProblemError(Problem.NO_SUCH_VERSION)
    return service().questionnaire(version)


def _versions(questionnaire: str) -> list[ListedVersion]:
    listed = versions.listed(service().store.main, questionnaire)
    if not listed:
        raise ProblemError(Problem.NOT_FOUND)
    return listed


def _number(name: str, otherwise: int) -> int:
    text = request.args.get(name, "")
    return int(text) if re.fullmatch("[0-9]{1,6}", text) else otherwise
