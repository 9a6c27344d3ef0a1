"""Interviews and registrations at the desk: the answering page with the unit in the sealed header.

The answer goes the way of all answers. What is kept of it is its unit; who of the desk was at the page is not.
"""

from __future__ import annotations

import re
import secrets

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise, Shape
from server import answering_page
from server.answering_page import Facts, ForUnit, Typed
from server.desk_session import current_round
from server.languages import choose, set_language, words
from server.plain_form import KEY_FIELD, read_form
from server.round_facts import WEB, asset_addresses, facts_for_unit
from server.service import Service, service
from store import round_units
from store.rounds import Round, RoundState

blueprint = Blueprint(
    "unit_answering", __name__, url_prefix="/desk/rounds/<round_id>/units/<unit>/answer"
)

_KEY = re.compile(r"[0-9a-f]{32}")

#: What somebody answers for a unit: one answer a case. Returns are the unit's own words (routes/returns.py).
SHAPES = frozenset({Shape.INTERVIEW, Shape.REGISTRATION, Shape.AUDIT})


@blueprint.get("")
def choose_language(unit: str) -> BaseResponse:
    """On to the language that the browser asks for, among those of the round."""
    found = _round(service(), unit)
    language = choose(request.accept_languages, found.languages)
    return redirect(f"{_at(found, unit)}/{language}", code=302)


@blueprint.get("/<language>")
def page(unit: str, language: str) -> Response:
    """The page on which one case is answered."""
    running = service()
    found = _round_in(running, unit, language)
    if not found.answering(running.clock()):
        return _not_open(running, found, unit, language)
    return _form(running, found, unit, language, secrets.token_hex(16), None, 200)


@blueprint.post("/<language>")
def send(unit: str, language: str) -> BaseResponse:
    """Receive it from a browser without a script. With one it is sealed in the browser and goes to /api/submissions."""
    running = service()
    found = _round_in(running, unit, language)
    if not found.receiving(running.clock()):
        return _not_open(running, found, unit, language)
    key = request.form.get(KEY_FIELD, "")
    if not _KEY.fullmatch(key):
        raise ProblemError(Problem.FORGED)
    units = round_units.ids(running.store.main, found.id)
    received = read_form(
        running.questionnaire(found.version),
        running.checker(found.version),
        request.form,
        units=units,
        words=words(language),
    )
    if received.again is not None:
        return _form(running, found, unit, language, key, received.again, 422)
    running.intake.receive_plain(
        received.answers,
        round_id=found.id,
        version=found.version,
        checker=running.checker(found.version),
        language=language,
        key=key,
        now=running.clock(),
        unit=unit,
        units=units,
        channel=WEB,
    )
    return redirect(f"{_at(found, unit)}/{language}/thanks", code=303)


@blueprint.get("/<language>/thanks")
def thanks(unit: str, language: str) -> Response:
    """It was received; the next case can begin."""
    running = service()
    found = _round_in(running, unit, language)
    html = answering_page.render_thanks(
        running.questionnaire(found.version),
        _facts(running, found, unit),
        language,
        assets=asset_addresses(),
    )
    return _page(html, 200)


def answered_for_units(running: Service, found: Round) -> bool:
    """Whether a round is one of interviews, registrations or audits: confidential, case by case, for units."""
    shape = running.questionnaire(found.version).shape
    return found.promise == Promise.CONFIDENTIAL and shape in SHAPES


def _round(running: Service, unit: str) -> Round:
    """Raises ProblemError NOT_FOUND for a unit that does not take part and for a round that is no such one."""
    found = current_round()
    if (
        round_units.find(running.store.main, found.id, unit) is None
        or WEB not in found.channels
        or found.public_key is None
        or not answered_for_units(running, found)
    ):
        raise ProblemError(Problem.NOT_FOUND)
    return found


def _round_in(running: Service, unit: str, language: str) -> Round:
    found = _round(running, unit)
    if language not in found.languages:
        raise ProblemError(Problem.NOT_FOUND)
    set_language(language)
    return found


def _at(found: Round, unit: str) -> str:
    return f"/desk/rounds/{found.id}/units/{unit}/answer"


def _facts(running: Service, found: Round, unit: str) -> Facts:
    kept = round_units.find(running.store.main, found.id, unit)
    assert kept is not None  # _round has asked
    for_unit = ForUnit(unit=unit, name=kept.name, form_token=g.form_token, back_at="/desk")
    return facts_for_unit(running, found, _at(found, unit), for_unit)


def _form(
    running: Service,
    found: Round,
    unit: str,
    language: str,
    key: str,
    typed: Typed | None,
    status: int,
) -> Response:
    html = answering_page.render(
        running.questionnaire(found.version),
        _facts(running, found, unit),
        language,
        one_time_key=key,
        assets=asset_addresses(),
        typed=typed,
    )
    return _page(html, status)


def _not_open(running: Service, found: Round, unit: str, language: str) -> Response:
    early = found.state is RoundState.PLANNED or running.clock() < found.opens_at
    html = answering_page.render_not_open(
        running.questionnaire(found.version),
        _facts(running, found, unit),
        language,
        opens_at=found.opens_at if early else None,
        assets=asset_addresses(),
    )
    return _page(html, Problem.ROUND_NOT_OPEN.status)


def _page(html: str, status: int) -> Response:
    return Response(html, status=status, content_type="text/html; charset=utf-8")
