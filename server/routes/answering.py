"""The public pages: where people answer. No cookie is set here, and nothing about who asks is looked at.

The only exception is the browser's list of languages, which chooses the first page's language and is then forgotten.
"""

from __future__ import annotations

import io
import re
import secrets

import segno
from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise
from server import answering_page
from server.answering_page import Typed
from server.languages import choose, set_language, words
from server.page_words import SCRIPT_WORDS
from server.plain_form import CODE_FIELD, KEY_FIELD, Received, read_form
from server.round_facts import WEB, asset_addresses, facts_of
from server.service import Service, service
from store import round_units, rounds
from store.rounds import Round, RoundState
from sync import invitation_codes

blueprint = Blueprint("answering", __name__, url_prefix="/s")

#: What is said at the field of the code, so that a person can correct it.
CODE_PROBLEMS = {Problem.CODE_MISSING, Problem.CODE_UNKNOWN, Problem.CODE_USED}

_KEY = re.compile(r"[0-9a-f]{32}")


@blueprint.get("/<round_id>")
def choose_language(round_id: str) -> BaseResponse:
    """Send a person on to the language that the browser asks for, among those of the round."""
    found = _round(service(), round_id)
    language = choose(request.accept_languages, found.languages)
    response = redirect(f"/s/{found.id}/{language}", code=302)
    response.headers["Vary"] = "Accept-Language"
    return response


@blueprint.get("/<round_id>/qr.svg")
def qr_code(round_id: str) -> Response:
    """The round's link as a QR code, for posters and letters."""
    running = service()
    found = _round(running, round_id)
    picture = io.BytesIO()
    segno.make(running.settings.link(found.id), error="m", micro=False).save(
        picture, kind="svg", scale=8, border=4, xmldecl=False, svgclass=None, lineclass=None
    )
    return Response(picture.getvalue(), content_type="image/svg+xml")


@blueprint.get("/<round_id>/<language>")
def page(round_id: str, language: str) -> Response:
    """The page on which a person answers."""
    running = service()
    found = _round_in(running, round_id, language)
    if found.promise == Promise.SIGNED:
        return _signed(running, found, language, 200)
    if not found.answering(running.clock()):
        return _not_open(running, found, language)
    return _form(running, found, language, secrets.token_hex(16), None, 200)


@blueprint.post("/<round_id>/<language>")
def send(round_id: str, language: str) -> BaseResponse:
    """Receive an answer from a browser without a script: check it, seal it, forget the plain text.

    It is received until *receive until*, as everything is: who began in time may finish.
    """
    running = service()
    found = _round_in(running, round_id, language)
    if found.promise == Promise.SIGNED:
        return _signed(running, found, language, Problem.NOT_ALLOWED.status)
    if not found.receiving(running.clock()):
        return _not_open(running, found, language)
    key = request.form.get(KEY_FIELD, "")
    if not _KEY.fullmatch(key):
        raise ProblemError(Problem.FORGED)
    version = running.version(found.version)
    units = {unit.unit for unit in round_units.listed(running.store.main, found.id)}

    def read(code_fault: str = "") -> Received:
        return read_form(
            version.questionnaire,
            running.checker(found.version),
            request.form,
            units=units,
            words=words(language),
            code_fault=code_fault,
        )

    code = request.form.get(CODE_FIELD, "")
    received = read(_slip(found, code, language))
    if received.again is not None:
        return _form(running, found, language, key, received.again, 422)
    try:
        running.intake.receive_plain(
            received.answers,
            round_id=found.id,
            version=found.version,
            checker=running.checker(found.version),
            language=language,
            key=key,
            now=running.clock(),
            units=units,
            channel=WEB,
            code=code,
        )
    except ProblemError as error:
        if error.problem not in CODE_PROBLEMS:
            raise
        said = words(language).gettext(SCRIPT_WORDS[error.problem.code.replace("-", "_")])
        return _form(running, found, language, key, read(said).again, error.problem.status)
    return redirect(f"/s/{found.id}/{language}/thanks", code=303)


def _slip(found: Round, code: str, language: str) -> str:
    """What can be seen to be wrong with a code that was typed, in the page's language; '' for nothing."""
    if not found.by_invitation or invitation_codes.read(code):
        return ""
    return words(language).gettext(SCRIPT_WORDS["code_typo" if code.strip() else "code_missing"])


@blueprint.get("/<round_id>/<language>/thanks")
def thanks(round_id: str, language: str) -> Response:
    """What happens now. It says nothing about the answer, so that anyone may see it."""
    running = service()
    found = _round_in(running, round_id, language)
    html = answering_page.render_thanks(
        running.questionnaire(found.version),
        facts_of(running, found),
        language,
        assets=asset_addresses(),
    )
    return _page(html, 200)


def _round(running: Service, round_id: str) -> Round:
    found = rounds.find(running.store.main, round_id)
    if found is None or WEB not in found.channels or found.public_key is None:
        raise ProblemError(Problem.NO_SUCH_ROUND)
    return found


def _round_in(running: Service, round_id: str, language: str) -> Round:
    found = _round(running, round_id)
    if language not in found.languages:
        raise ProblemError(Problem.NOT_FOUND)
    set_language(language)
    return found


def _form(
    running: Service, found: Round, language: str, key: str, typed: Typed | None, status: int
) -> Response:
    html = answering_page.render(
        running.questionnaire(found.version),
        facts_of(running, found),
        language,
        one_time_key=key,
        assets=asset_addresses(),
        typed=typed,
    )
    return _page(html, status)


def _not_open(running: Service, found: Round, language: str) -> Response:
    """A calm page instead of the questions, before the round opens and after it has ended."""
    early = found.state is RoundState.PLANNED or running.clock() < found.opens_at
    html = answering_page.render_not_open(
        running.questionnaire(found.version),
        facts_of(running, found),
        language,
        opens_at=found.opens_at if early else None,
        assets=asset_addresses(),
    )
    return _page(html, Problem.ROUND_NOT_OPEN.status)


def _signed(running: Service, found: Round, language: str, status: int) -> Response:
    """A signed return is the unit's own: strangers with the link are told where to sign in."""
    html = answering_page.render_signed(
        running.questionnaire(found.version),
        facts_of(running, found),
        language,
        assets=asset_addresses(),
    )
    return _page(html, status)


def _page(html: str, status: int) -> Response:
    return Response(html, status=status, content_type="text/html; charset=utf-8")
