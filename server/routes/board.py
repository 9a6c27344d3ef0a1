"""The board's own pages: the numbers of a unit, typed on a phone in a minute; and what the round's page shows of the board."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Fault, Problem, ProblemError
from forms.questionnaire import Promise
from server.desk_session import actor, current_account, current_round, desk_page, may_use
from server.service import service
from server.unit_board import UnitBoard, unit_board
from server.unit_numbers import can_be_typed, keep, numbers_of, read_numbers, unlikely
from store import round_units
from store.accounts import Role
from store.round_units import NUMBERS, RoundUnit
from store.rounds import Round

blueprint = Blueprint("board", __name__, url_prefix="/desk/rounds/<round_id>/units")


@blueprint.app_context_processor
def _for_templates() -> dict[str, Callable[..., Any]]:
    """What desk/_board.html asks: the round's page need not know of it."""
    return {
        "unit_board_of": board_of,
        "types_numbers_of": types_numbers_of,
        "reads_return_of": reads_return_of,
    }


def board_of(shown: Round) -> UnitBoard | None:
    """The board of a round for whoever asks, in the order and at the page that the address names."""
    running = service()
    page = request.args.get("units", "")
    return unit_board(
        running.store,
        shown,
        current_account(),
        running.clock(),
        order=request.args.get("by", ""),
        page=int(page) if re.fullmatch("[0-9]{1,4}", page) else 1,
    )


def types_numbers_of(unit: str) -> bool:
    """Whether whoever asks may type numbers of a unit that the board shows them: the board shows units of the round only."""
    account = current_account()
    return account.holds(Role.SECRETARIAT) or unit in account.units_as(Role.COORDINATOR)


def reads_return_of(unit: str) -> bool:
    """The same for a unit's signed return."""
    account = current_account()
    return account.holds(Role.SECRETARIAT) or unit in account.units_as(Role.RESPONDENT)


@blueprint.get("/<unit>")
def numbers(unit: str) -> str:
    """The four numbers of a unit in this round."""
    found = _unit(unit)
    return _page(found, typed=_as_text(numbers_of(found)), saved=request.args.get("saved") == "1")


@blueprint.post("/<unit>")
def keep_numbers(unit: str) -> BaseResponse:
    """Keep them, and go on to the next unit of one's own."""
    running = service()
    shown = current_round()
    found = _unit(unit)
    try:
        was, typed = read_numbers(request.form)
        kept = keep(
            running.store, shown, found, was=was, typed=typed, actor=actor(), now=running.clock()
        )
    except ProblemError as error:
        if error.problem is Problem.EDITION_MADE:
            return _answer(_page(found, typed=_as_text(numbers_of(found)), refused=True), 409)
        if error.problem is not Problem.INVALID_INPUT:
            raise
        faults = {fault.place: fault for fault in error.faults}
        return _answer(_page(found, typed=dict(request.form), faults=faults), 422)
    if not kept:
        return _answer(_page(found, typed=dict(request.form), conflict=True), 409)
    return redirect(f"/desk/rounds/{shown.id}/units/{unit}?saved=1", code=303)


def _unit(unit: str) -> RoundUnit:
    """Raises ProblemError NOT_FOUND for a unit that does not take part, and for a round whose units report no numbers."""
    shown = current_round()
    found = round_units.find(service().store.main, shown.id, unit)
    if found is None or shown.promise == Promise.SIGNED:
        raise ProblemError(Problem.NOT_FOUND)
    return found


def _page(
    unit: RoundUnit,
    *,
    typed: Mapping[str, str],
    faults: Mapping[str, Fault] | None = None,
    saved: bool = False,
    conflict: bool = False,
    refused: bool = False,
) -> str:
    shown = current_round()
    return desk_page(
        "desk/unit_numbers.html",
        round=shown,
        unit=unit,
        typed=typed,
        now_kept=numbers_of(unit),
        was=_as_text(numbers_of(unit)),
        faults=faults or {},
        saved=saved,
        conflict=conflict,
        refused=refused,
        open=can_be_typed(service().store, shown),
        unlikely=unlikely(unit),
        following=_next_of_own(shown, unit),
        sees_round=may_use("desk.round_page", shown),
    )


def _next_of_own(shown: Round, unit: RoundUnit) -> RoundUnit | None:
    """The next unit whose numbers are not all reported: of one's own, for the secretariat of all; round again at the end."""
    account = current_account()
    listed = round_units.listed(service().store.main, shown.id)
    if not account.holds(Role.SECRETARIAT):
        own = set(account.units_as(Role.COORDINATOR))
        listed = [one for one in listed if one.unit in own]
    here = next((n for n, one in enumerate(listed) if one.unit == unit.unit), 0)
    return next(
        (
            one
            for one in (*listed[here + 1 :], *listed[:here])
            if any(getattr(one, name) is None for name in NUMBERS)
        ),
        None,
    )


def _as_text(numbers: Mapping[str, int | None]) -> dict[str, str]:
    return {name: "" if number is None else str(number) for name, number in numbers.items()}


def _answer(html: str, status: int) -> Response:
    return Response(html, status=status, content_type="text/html; charset=utf-8")
