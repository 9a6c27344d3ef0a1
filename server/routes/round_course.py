"""What a person does to a round at the desk. Each step has a page that says what it will do; the form there does it.

A form names what it does in the field `do`, so that nothing happens by an empty one. Where the round's state no longer
allows a step (somebody was faster), its page is shown again and says so.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Fault, Problem, ProblemError
from server import round_course, test_mode
from server.delivery.ordering import delivers_later
from server.desk_session import actor, current_account, current_round, desk_page
from server.round_form import read_days, read_rules
from server.round_opening import close_round
from server.round_plan import LOCAL_TIME, RECEIVING_AFTER
from server.round_words import faults_in_words
from server.service import service
from server.text_reading import can_be_read, unread_count
from store import counts, editions, round_units, submissions, test_rounds, units
from store.rounds import Round, RoundState

blueprint = Blueprint("round_course", __name__, url_prefix="/desk/rounds/<round_id>")

_ENDED = (RoundState.CLOSED, RoundState.FINISHED)


@blueprint.get("/open")
def ask_to_open() -> BaseResponse:
    """What opening does, and whether the round opens now or on its day."""
    return _open_page(200)


@blueprint.post("/open")
def open_round() -> BaseResponse:
    """Open now (do=open), approve for its day (do=approve), or take the approval back (do=wait)."""
    running = service()
    found = current_round()
    step = _step("open", "approve", "wait")
    now = running.clock()
    try:
        if step == "wait":
            round_course.take_approval_back(running.store, found.id, now=now, actor=actor())
            return _done(found, "taken-back")
        after = round_course.approve(
            running.store, found.id, now=now, actor=actor(), at_once=step == "open"
        )
    except ProblemError as error:
        return _refused(error, found, _open_page)
    test_mode.finish_removals(running.store, None, now=now)
    if after.state is RoundState.OPEN:
        return _done(found, "opened")
    return _done(found, "approved" if after.opens_at > now else "opening")


def _open_page(status: int, faults: Mapping[str, str] | None = None) -> BaseResponse:
    found = current_round()
    if found.state is not RoundState.PLANNED or found.test_of is not None:
        return _done(found, "not-now")
    running = service()
    test = test_rounds.of_round(running.store.main, found.id)
    return _page(
        "desk/round_open.html",
        status,
        faults=faults,
        on_its_day=found.opens_at > running.clock(),
        tested=test_mode.returned(running.store, test) if test else None,
        units=len(round_units.ids(running.store.main, found.id)),
    )


@blueprint.get("/days")
def ask_for_days() -> BaseResponse:
    """Later days: to prolong, or to open again."""
    return _days_page(200)


@blueprint.post("/days")
def set_days() -> BaseResponse:
    """Keep them."""
    running = service()
    found = current_round()
    _step("days")
    try:
        answer_until, receive_until = read_days(request.form)
        round_course.set_days(
            running.store,
            found.id,
            answer_until=answer_until,
            receive_until=receive_until,
            now=running.clock(),
            actor=actor(),
        )
    except ProblemError as error:
        return _refused(error, found, _days_page)
    return _done(found, "prolonged")


def _days_page(status: int, faults: Mapping[str, str] | None = None) -> BaseResponse:
    found = current_round()
    if found.state is RoundState.PLANNED or found.test_of is not None:
        return _done(found, "not-now")
    now = service().clock()
    typed = MultiDict(request.form)
    if not typed:
        answer_until = found.answer_until
        receive_until = found.receive_until
        if not found.answering(now):
            # To open again: a week from now, and never earlier than people were told.
            answer_until = max(found.answer_until, now + RECEIVING_AFTER / 3)
            receive_until = max(found.receive_until, answer_until + RECEIVING_AFTER)
        for name, moment in (("answer", answer_until), ("receive", receive_until)):
            local = moment.astimezone(LOCAL_TIME)
            typed[f"{name}_day"], typed[f"{name}_time"] = local.date().isoformat(), f"{local:%H:%M}"
    return _page(
        "desk/round_days.html", status, faults=faults, typed=typed, again=not found.answering(now)
    )


@blueprint.get("/close")
def ask_to_close() -> BaseResponse:
    """What ending the answering or closing does, and what is lost."""
    return _close_page(200)


@blueprint.post("/close")
def close() -> BaseResponse:
    """End the answering (do=answering), or close wholly (do=close)."""
    running = service()
    found = current_round()
    step = _step("answering", "close")
    try:
        close_round(
            running.store,
            found.id,
            now=running.clock(),
            keep_receiving=step == "answering",
            actor=actor(),
        )
    except ProblemError as error:
        return _refused(error, found, _close_page)
    return _done(found, "answering-ended" if step == "answering" else "closed")


def _close_page(status: int, faults: Mapping[str, str] | None = None) -> BaseResponse:
    found = current_round()
    if found.state is not RoundState.OPEN or found.test_of is not None:
        return _done(found, "not-now")
    running = service()
    return _page(
        "desk/round_close.html",
        status,
        faults=faults,
        answering=found.answering(running.clock()),
        returned=_returned(found),
    )


@blueprint.get("/rules")
def ask_for_rules() -> BaseResponse:
    """Smallest group, ceiling, population."""
    return _rules_page(200)


@blueprint.post("/rules")
def set_rules() -> BaseResponse:
    """Keep them."""
    running = service()
    found = current_round()
    _step("rules")
    try:
        rules = read_rules(request.form)
        round_course.set_rules(
            running.store,
            found.id,
            smallest_group=rules["smallest_group"] or 0,
            ceiling=rules["ceiling"] or 0,
            population=rules["population"],
            now=running.clock(),
            actor=actor(),
        )
    except ProblemError as error:
        return _refused(error, found, _rules_page)
    return _done(found, "rules")


def _rules_page(status: int, faults: Mapping[str, str] | None = None) -> BaseResponse:
    found = current_round()
    if found.state is RoundState.PLANNED or found.test_of is not None:
        return _done(found, "not-now")
    typed = MultiDict(request.form) or MultiDict(
        {
            "smallest_group": str(found.smallest_group),
            "ceiling": str(found.ceiling),
            "population": "" if found.population is None else str(found.population),
        }
    )
    return _page("desk/round_rules.html", status, faults=faults, typed=typed)


@blueprint.get("/late-unit")
def ask_for_unit() -> BaseResponse:
    """A unit that joins an open round from a day on."""
    return _unit_page(200)


@blueprint.post("/late-unit")
def add_unit() -> BaseResponse:
    """Let it join."""
    running = service()
    found = current_round()
    _step("add")
    try:
        try:
            from_day = date.fromisoformat(request.form.get("from_day", "").strip())
        except ValueError:
            fault = Fault("from_day", "not-a-time", "This is no day.", "Give a day.")
            raise ProblemError(Problem.INVALID_INPUT, faults=(fault,)) from None
        round_course.add_unit(
            running.store,
            found.id,
            request.form.get("unit", ""),
            from_day=from_day,
            now=running.clock(),
            actor=actor(),
        )
    except ProblemError as error:
        return _refused(error, found, _unit_page)
    return _done(found, "unit-added")


def _unit_page(status: int, faults: Mapping[str, str] | None = None) -> BaseResponse:
    found = current_round()
    if found.state is not RoundState.OPEN or found.test_of is not None:
        return _done(found, "not-now")
    running = service()
    today = running.clock().astimezone(LOCAL_TIME).date().isoformat()
    takes_part = round_units.ids(running.store.main, found.id)
    others = [one for one in units.listed(running.store.main) if one.id not in takes_part]
    typed = MultiDict(request.form) or MultiDict({"unit": "", "from_day": today})
    return _page("desk/round_late_unit.html", status, faults=faults, typed=typed, others=others)


@blueprint.get("/cancel")
def ask_to_cancel() -> BaseResponse:
    """What giving a planned round up takes away."""
    return _cancel_page(200)


@blueprint.post("/cancel")
def cancel() -> BaseResponse:
    """Give it up, with its test."""
    running = service()
    found = current_round()
    _step("cancel")
    try:
        round_course.cancel(running.store, found.id, now=running.clock(), actor=actor())
    except ProblemError as error:
        return _refused(error, found, _cancel_page)
    test_mode.finish_removals(running.store, None, now=running.clock())
    return redirect("/desk", code=303)


def _cancel_page(status: int, faults: Mapping[str, str] | None = None) -> BaseResponse:
    found = current_round()
    if found.state is not RoundState.PLANNED or found.test_of is not None:
        return _done(found, "not-now")
    running = service()
    test = test_rounds.of_round(running.store.main, found.id)
    tested = test_mode.returned(running.store, test) if test else 0
    return _page("desk/round_cancel.html", status, faults=faults, tested=tested)


@blueprint.get("/late-answers")
def ask_for_late_mix() -> BaseResponse:
    """What came in after the round was finished, and what mixing it means."""
    return _late_page(200)


@blueprint.post("/late-answers")
def order_late_mix() -> BaseResponse:
    """Order the mix; the process that keeps the keys carries it out."""
    running = service()
    found = current_round()
    _step("mix")
    try:
        waiting = round_course.order_late_mix(
            running.store,
            found.id,
            account=current_account().id,
            now=running.clock(),
            actor=actor(),
        )
    except ProblemError as error:
        return _refused(error, found, _late_page)
    return _done(found, "late-ordered" if waiting else "nothing-late")


def _late_page(status: int, faults: Mapping[str, str] | None = None) -> BaseResponse:
    found = current_round()
    if found.state is not RoundState.FINISHED:
        return _done(found, "not-now")
    waiting = submissions.waiting_count(service().store.waiting, found.id)
    return _page("desk/round_late_answers.html", status, faults=faults, waiting=waiting)


@blueprint.get("/edition")
def ask_for_edition() -> BaseResponse:
    """What an edition is, and what stands in its way."""
    return _edition_page(200)


@blueprint.post("/edition")
def make_edition() -> BaseResponse:
    """Make it."""
    running = service()
    found = current_round()
    _step("edition")
    before = editions.latest(running.store.main, found.id)
    try:
        made = round_course.make_audited_edition(
            running.store,
            found.id,
            now=running.clock(),
            rng=random.SystemRandom(),
            actor=actor(),
        )
    except ProblemError as error:
        if error.problem is Problem.STILL_RECEIVING:
            return _done(found, "still-waiting" if found.state in _ENDED else "not-now")
        return _refused(error, found, _edition_page)
    same = before is not None and before.id == made.id
    return _done(found, "same-edition" if same else "edition", "editions")


def _edition_page(status: int, faults: Mapping[str, str] | None = None) -> BaseResponse:
    found = current_round()
    if found.state is RoundState.PLANNED or found.test_of is not None:
        return _done(found, "not-now")
    running = service()
    now = running.clock()
    waiting = submissions.waiting_count(running.store.waiting, found.id)
    receiving = found.receiving(now)
    return _page(
        "desk/round_edition.html",
        status,
        faults=faults,
        receiving=receiving,
        waiting=waiting,
        mixed_wholly=not waiting or found.state is RoundState.FINISHED,
        returned=counts.returned_total(running.store.main, found.id),
        unread=unread_count(running.store, found, now) if can_be_read(found, now) else 0,
        latest=editions.latest(running.store.main, found.id),
        delivered_too=delivers_later(running.store, found),
    )


def _returned(found: Round) -> int:
    store = service().store
    return counts.returned_total(store.main, found.id) + submissions.waiting_count(
        store.waiting, found.id
    )


def _step(*steps: str) -> str:
    """What the form says that it does. Raises ProblemError(MALFORMED) for a form that says nothing of the kind."""
    step = request.form.get("do", "")
    if step not in steps:
        raise ProblemError(Problem.MALFORMED)
    return step


def _refused(
    error: ProblemError, found: Round, page: Callable[[int, Mapping[str, str]], BaseResponse]
) -> BaseResponse:
    """The step's page again with its faults; the round's page where its state does not allow the step."""
    if error.problem is Problem.ROUND_NOT_OPEN:
        return _done(found, "not-now")
    if error.problem is not Problem.INVALID_INPUT:
        raise error
    return page(error.problem.status, faults_in_words(error.faults))


def _done(found: Round, told: str, at: str = "told") -> BaseResponse:
    return redirect(f"/desk/rounds/{found.test_of or found.id}?told={told}#{at}", code=303)


def _page(
    template: str, status: int, faults: Mapping[str, str] | None = None, **values: Any
) -> Response:
    html = desk_page(template, round=current_round(), faults=faults or {}, **values)
    return Response(html, status=status, content_type="text/html; charset=utf-8")
