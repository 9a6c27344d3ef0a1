"""Typing sheets without a scanner: which unit and language, then one form after another. Works without JavaScript."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, json, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from server import typed_sheets
from server.answering_page import Typed, render_questions
from server.desk_session import current_account, current_round, desk_page
from server.languages import current, direction
from server.plain_form import KEY_FIELD, SEEN_FIELD
from server.round_facts import asset_addresses, facts_of
from server.service import Service, service
from server.typed_sheets import FIRST_FIELD, SETTLED_FIELD, Keyed, can_be_typed, read_keying
from store import round_units
from store.accounts import Role
from store.round_units import RoundUnit
from store.rounds import Round

blueprint = Blueprint("typed_sheets", __name__, url_prefix="/desk/rounds/<round_id>")

_KEY = re.compile(r"[0-9a-f]{32}")


@blueprint.get("/typing")
def choose() -> BaseResponse:
    """Which unit the pile came back to, and in which language its sheets are. On at once where there is nothing to choose."""
    running = service()
    found = current_round()
    mine = _units_of_account(running, found)
    unit, language = request.args.get("unit", ""), request.args.get("language", "")
    if len(mine) <= 1 and len(found.languages) == 1:
        unit, language = mine[0].unit if mine else "", found.languages[0]
    undivided = _undivided(running, found)
    if language in found.languages and (undivided or any(one.unit == unit for one in mine)):
        return redirect(f"{_at(found, None if undivided else unit)}/{language}", code=303)
    html = desk_page(
        "desk/typing_choose.html",
        round=found,
        units=mine,
        undivided=undivided,
        open=can_be_typed(running, found),
        chosen=unit,
    )
    return _answer(html, 200)


@blueprint.get("/typing/<language>")
def page_without_unit(language: str) -> BaseResponse:
    """The same in a round that is not divided by units."""
    return page(None, language)


@blueprint.post("/typing/<language>")
def keep_without_unit(language: str) -> BaseResponse:
    """The same in a round that is not divided by units."""
    return keep(None, language)


@blueprint.get("/units/<unit>/typing/<language>")
def page(unit: str | None, language: str) -> BaseResponse:
    """An empty form, ready for the first sheet."""
    running = service()
    found, taking_part = _place(running, unit, language)
    if not can_be_typed(running, found):
        return redirect(f"/desk/rounds/{found.id}/typing", code=303)
    kept = request.args.get("kept", "")
    return _form(
        running,
        found,
        taking_part,
        language,
        Keyed(answers={}, again=Typed()),
        kept=int(kept) if re.fullmatch("[0-9]{1,4}", kept) else 0,
    )


@blueprint.post("/units/<unit>/typing/<language>")
def keep(unit: str | None, language: str) -> BaseResponse:
    """Receive a sheet. A script asks for JSON: 201 {"kept": true}, or 422 with what has to be looked at again."""
    running = service()
    found, taking_part = _place(running, unit, language)
    by_script = request.headers.get("Accept", "") == "application/json"
    if not can_be_typed(running, found):
        raise ProblemError(Problem.ROUND_NOT_OPEN)
    key = request.form.get(KEY_FIELD, "")
    if not _KEY.fullmatch(key):
        raise ProblemError(Problem.FORGED)
    keyed = read_keying(
        running, found, request.form, words=current(), twice=found.typed_twice and not by_script
    )
    if keyed.again is not None:
        if by_script:
            return _faults(keyed.again)
        status = 422 if keyed.again.messages or keyed.again.cpr_places or keyed.differing else 200
        return _form(running, found, taking_part, language, keyed, status=status, key=key)
    typed_sheets.receive(running, found, keyed.answers, key=key, language=language, unit=unit)
    if by_script:
        return Response('{"kept": true}\n', status=201, content_type="application/json")
    kept = request.form.get("~kept", "")
    number = int(kept) + 1 if re.fullmatch("[0-9]{1,3}", kept) else 1
    return redirect(f"{_at(found, unit)}/{language}?kept={number}", code=303)


def _undivided(running: Service, found: Round) -> bool:
    """Whether the round is not divided by units: its sheets come from nobody in particular."""
    return not round_units.ids(running.store.main, found.id)


def _place(running: Service, unit: str | None, language: str) -> tuple[Round, RoundUnit | None]:
    """Raises ProblemError(NOT_FOUND) for a unit that does not take part, none where there are some, and a language that the
    round does not have."""
    found = current_round()
    taking_part = round_units.find(running.store.main, found.id, unit) if unit else None
    if taking_part is None and not (unit is None and _undivided(running, found)):
        raise ProblemError(Problem.NOT_FOUND)
    typed_sheets.sheet_language(found, language)
    return found, taking_part


def _units_of_account(running: Service, found: Round) -> Sequence[RoundUnit]:
    """The units of the round that whoever asks may type for."""
    account = current_account()
    everything = account.holds(Role.SECRETARIAT)
    own = account.units_as(Role.COORDINATOR)
    return [
        one
        for one in round_units.listed(running.store.main, found.id)
        if everything or one.unit in own
    ]


def _form(
    running: Service,
    found: Round,
    unit: RoundUnit | None,
    language: str,
    keyed: Keyed,
    *,
    status: int = 200,
    key: str = "",
    kept: int = 0,
) -> Response:
    typed = keyed.again or Typed()
    # The typist reads the questions in their own language where they can: the order on the sheet is the same in all of them.
    spoken = current().language
    shown_in = spoken if spoken in found.languages else language
    questions = render_questions(
        running.questionnaire(found.version),
        facts_of(running, found),
        shown_in,
        typed,
        assets=asset_addresses(),
    )
    html = desk_page(
        "desk/typing.html",
        round=found,
        unit=unit,
        at=f"{_at(found, unit.unit if unit else None)}/{language}",
        sheet_language=language,
        questions=questions,
        shown_in=shown_in,
        direction_shown=direction(shown_in),
        one_time_key=key or secrets.token_hex(16),
        key_field=KEY_FIELD,
        seen_field=SEEN_FIELD,
        first_field=FIRST_FIELD,
        settled_field=SETTLED_FIELD,
        first=keyed.first,
        differing=_said(keyed.differing),
        twice=found.typed_twice,
        kept=kept,
        test=found.test_of is not None,
    )
    return _answer(html, status)


def _said(differing: Mapping[str, Sequence[str]] | None) -> list[tuple[str, str]]:
    """(place, what the first keying said) of each difference; option ids as they are in the form."""
    return [(place, "; ".join(values)) for place, values in sorted((differing or {}).items())]


def _faults(again: Typed) -> Response:
    body = {
        "faults": [{"place": place, "message": said} for place, said in again.messages.items()],
        "personal": list(again.cpr_places),
    }
    return Response(json.dumps(body), status=422, content_type="application/json")


def _at(found: Round, unit: str | None) -> str:
    return f"/desk/rounds/{found.id}" + (f"/units/{unit}" if unit else "") + "/typing"


def _answer(html: str, status: int) -> Response:
    return Response(html, status=status, content_type="text/html; charset=utf-8")
