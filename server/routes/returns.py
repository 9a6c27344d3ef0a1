"""A unit's signed return at the desk: written by several people, saved as drafts, sent once. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forms.form_fields import from_form, to_form
from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise, Questionnaire
from server.answering_page import Typed, render_questions
from server.desk_session import current_account, current_round, desk_page, may_use
from server.languages import current, direction, words
from server.plain_form import SEEN_FIELD, read_form
from server.reading_answers import AnswerReader, ReadAnswer
from server.returning import put_together, received, save, send
from server.round_facts import asset_addresses, facts_of
from server.service import Service, service
from store import returns, round_units
from store.returns import Revision
from store.round_units import RoundUnit
from store.rounds import Round

blueprint = Blueprint("returns", __name__, url_prefix="/desk/rounds/<round_id>/returns/<unit>")

#: Empty repetitions below those that are filled in: a municipality a row, and the page can be saved for more.
SPARE = 3
LANGUAGE_FIELD = "~language"
BASE_FIELD = "~based-on"


@blueprint.get("")
def page(unit: str) -> str:
    """The return: to be written on by its respondents until it is sent; to be read by the secretariat, and after that."""
    running = service()
    found = _unit(running, unit)
    shown = current_round()
    revision = returns.latest(running.store.main, shown.id, unit)
    writes = may_use("returns.keep", shown, unit) and shown.receiving(running.clock())
    if not writes or returns.sent(running.store.main, shown.id, unit) is not None:
        return _read_only(running, found)
    answers = dict(revision.answers) if revision else {}
    return _edit(
        running,
        found,
        values=to_form(running.questionnaire(shown.version), answers, decimal=_decimal()),
        based_on=revision.number if revision else 0,
        told="saved" if request.args.get("saved") else "",
    )


@blueprint.post("")
def keep(unit: str) -> BaseResponse:
    """Save a draft, or send. What somebody else saved meanwhile is put together with it and shown first."""
    running = service()
    found = _unit(running, unit)
    shown = current_round()
    main = running.store.main
    if returns.sent(main, shown.id, unit) is not None:
        send(running, shown, unit, revision=0, account=current_account().id)
        return redirect(_at(shown, unit), code=303)
    if not shown.receiving(running.clock()):
        return _answer(_read_only(running, found), Problem.ROUND_NOT_OPEN.status)
    questionnaire = running.questionnaire(shown.version)
    mine = from_form(questionnaire, request.form)
    based_on = _number(request.form.get(BASE_FIELD, ""))
    number = save(
        running.store,
        shown,
        unit,
        based_on=based_on,
        answers=mine,
        language=_language(shown),
        account=current_account().id,
        now=running.clock(),
    )
    if number is None:
        return _answer(_both(running, found, based_on, mine), 409)
    if request.form.get("~do") != "send":
        query = f"?language={_language(shown)}&saved=1"
        return redirect(f"{_at(shown, unit)}{query}", code=303)
    checked = read_form(
        questionnaire,
        running.checker(shown.version),
        request.form,
        units=round_units.ids(main, shown.id),
        words=words(_language(shown)),
    )
    if checked.again is not None:
        html = _edit(
            running,
            found,
            values=checked.again.values,
            based_on=number,
            messages=checked.again.messages,
            cpr_places=checked.again.cpr_places,
        )
        return _answer(html, 422)
    send(running, shown, unit, revision=number, account=current_account().id)
    return redirect(f"{_at(shown, unit)}?sent=1", code=303)


def _unit(running: Service, unit: str) -> RoundUnit:
    """Raises ProblemError NOT_FOUND for a unit that does not take part, and for a round without signed returns."""
    shown = current_round()
    found = round_units.find(running.store.main, shown.id, unit)
    if found is None or shown.promise != Promise.SIGNED:
        raise ProblemError(Problem.NOT_FOUND)
    return found


def _both(running: Service, unit: RoundUnit, based_on: int, mine: Mapping[str, Any]) -> str:
    """The page after somebody was faster: mine and theirs in one, with what the other changed."""
    shown = current_round()
    main = running.store.main
    base = returns.read(main, shown.id, unit.unit, based_on)
    theirs = returns.latest(main, shown.id, unit.unit)
    if theirs is None or returns.sent(main, shown.id, unit.unit) is not None:
        return _read_only(running, unit)
    together = put_together(base.answers if base else {}, theirs.answers, mine)
    return _edit(
        running,
        unit,
        values=to_form(running.questionnaire(shown.version), together.answers, decimal=_decimal()),
        based_on=theirs.number,
        told="both",
        theirs=theirs,
        changed=[
            (_reader(running, shown).answer(question, theirs.answers.get(question.id)), clash)
            for question in _outer(running.questionnaire(shown.version))
            if (clash := together.theirs.get(question.id)) is not None
        ],
    )


def _edit(
    running: Service,
    unit: RoundUnit,
    *,
    values: Mapping[str, Sequence[str]],
    based_on: int,
    messages: Mapping[str, str] | None = None,
    cpr_places: Sequence[str] = (),
    told: str = "",
    theirs: Revision | None = None,
    changed: Sequence[tuple[ReadAnswer, bool]] = (),
) -> str:
    shown = current_round()
    language = _language(shown)
    questionnaire = running.questionnaire(shown.version)
    questions = render_questions(
        questionnaire,
        facts_of(running, shown),
        language,
        Typed(values=values, messages=messages or {}, cpr_places=cpr_places, spare=SPARE),
        assets=asset_addresses(),
    )
    return desk_page(
        "desk/return.html",
        round=shown,
        unit=unit,
        questionnaire=questionnaire,
        questions=questions,
        answer_language=language,
        answer_direction=direction(language),
        based_on=based_on,
        told=told,
        theirs=theirs,
        changed=changed,
        revisions=returns.listed(running.store.main, shown.id, unit.unit),
        based_on_field=BASE_FIELD,
        language_field=LANGUAGE_FIELD,
        seen_field=SEEN_FIELD,
    )


def _read_only(running: Service, unit: RoundUnit) -> str:
    """The return as it was sent, or as it stands, to be read and printed."""
    shown = current_round()
    main = running.store.main
    sent = returns.sent(main, shown.id, unit.unit)
    revision = (
        returns.read(main, shown.id, unit.unit, sent.revision)
        if sent
        else returns.latest(main, shown.id, unit.unit)
    )
    reader = _reader(running, shown)
    answers = revision.answers if revision else {}
    return desk_page(
        "desk/return_read.html",
        round=shown,
        unit=unit,
        questionnaire=running.questionnaire(shown.version),
        sent=sent,
        just_sent=request.args.get("sent") == "1",
        arrived=sent is None or received(running, shown, unit.unit, sent.revision),
        writes=may_use("returns.keep", shown, unit.unit),
        still_open=shown.receiving(running.clock()),
        revision=revision,
        sections=reader.sections(answers) if revision else (),
        answer_language=_language(shown),
        answer_direction=direction(_language(shown)),
        revisions=returns.listed(main, shown.id, unit.unit),
    )


def _reader(running: Service, shown: Round) -> AnswerReader:
    units = {one.unit: one.name for one in round_units.listed(running.store.main, shown.id)}
    return AnswerReader(running.questionnaire(shown.version), words(_language(shown)), units)


def _outer(questionnaire: Questionnaire) -> list[Any]:
    return [question for section in questionnaire.sections for question in section.questions]


def _language(shown: Round) -> str:
    """The language of the questions: what the page or the form names, else the desk's, else the round's first."""
    asked = request.form.get(LANGUAGE_FIELD) or request.args.get("language", "")
    for tag in (asked, current().language):
        if tag in shown.languages:
            return tag
    return shown.languages[0]


def _decimal() -> str:
    return "," if current().language == "da" else "."


def _at(shown: Round, unit: str) -> str:
    return f"/desk/rounds/{shown.id}/returns/{unit}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 0


def _answer(html: str, status: int) -> Response:
    return Response(html, status=status, content_type="text/html; charset=utf-8")
