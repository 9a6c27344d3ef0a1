"""Printing sheets of a round: a pile with its cover, or one sheet to photocopy. For the secretariat, and for coordinators of
the units that take part."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validate
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from server.desk_session import actor, current_account, current_round, desk_page
from server.languages import current
from server.paper.piles import (
    LONGEST_ADDRESS,
    MOST_IN_A_PILE,
    Order,
    for_working_on,
    print_pile,
    return_address,
    round_to_print,
)
from server.rights import ROUTES
from server.service import service
from store import piles, round_units
from store.accounts import Role
from store.round_units import RoundUnit
from store.rounds import Round

blueprint = Blueprint("sheets", __name__, url_prefix="/desk/rounds/<round_id>/sheets")

PILE, MASTER = "pile", "master"


class OrderForm(Schema):
    """What is to be printed, as it is typed."""

    class Meta:
        unknown = EXCLUDE

    what = fields.String(load_default=PILE, validate=validate.OneOf([PILE, MASTER]))
    language = fields.String(required=True)
    unit = fields.String(load_default="")
    count = fields.Integer(load_default=0)
    return_to = fields.String(load_default="", validate=validate.Length(max=LONGEST_ADDRESS))

    @pre_load
    def _empty_is_left_out(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value.strip()}

    @post_load
    def _pile_has_a_size(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data["what"] == PILE and not 1 <= data["count"] <= MOST_IN_A_PILE:
            raise ValidationError("from one to a pile", "count")
        lines = (line.strip() for line in data["return_to"].replace("\r\n", "\n").split("\n"))
        return {**data, "return_to": "\n".join(line for line in lines if line)}


@blueprint.get("")
def page() -> str:
    """What can be printed, and what has been."""
    unit = request.args.get("unit", "")
    return _page({"unit": unit} if unit else {})


@blueprint.post("")
def print_sheets() -> BaseResponse:
    """A file with the sheets."""
    running = service()
    found = current_round()
    typed = request.form.to_dict()
    shown = round_to_print(running.store, found)
    if shown is None:
        raise ProblemError(Problem.ROUND_NOT_OPEN)
    if for_working_on(found):
        typed["what"] = MASTER
    try:
        asked = OrderForm().load(typed)
    except ValidationError as error:
        return _again(typed, next(iter(error.messages_dict)))
    if asked["language"] not in found.languages:
        return _again(typed, "language")
    if asked["unit"] not in [unit for unit, _ in _choice_of_units(shown)]:
        return _again(typed, "unit")
    is_pile = asked["what"] == PILE
    printed = print_pile(
        running.store,
        running.settings,
        shown,
        running.version(shown.version),
        Order(
            language=asked["language"],
            count=asked["count"] if is_pile else 1,
            unit=asked["unit"] or None,
            return_to=asked["return_to"],
            cover=is_pile,
            reader=current().language,
        ),
        account=current_account().id,
        actor=actor(),
        now=running.clock(),
        rng=secrets.SystemRandom(),
    )
    response = Response(printed.pdf, content_type="application/pdf")
    kind = f"{asked['count']}-ark" if is_pile else "til-kopiering"
    name = f"{shown.id}-{asked['language']}-{kind}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _choice_of_units(shown: Round) -> list[tuple[str, str]]:
    """(id, name) of the units that whoever asks may print for; ('', '') stands for none in particular.

    The secretariat may always print for nobody in particular, a coordinator only where the round has no units.
    """
    account = current_account()
    everything = account.holds(Role.SECRETARIAT)
    own = account.units_as(Role.COORDINATOR)
    units: Sequence[RoundUnit] = round_units.listed(service().store.main, shown.id)
    mine = [(one.unit, one.name) for one in units if everything or one.unit in own]
    return [("", ""), *mine] if everything or not units else mine


def _again(typed: Mapping[str, str], field: str) -> Response:
    """The page again, with what was typed and a message beside the field."""
    return Response(_page(typed, field), status=422, content_type="text/html; charset=utf-8")


def _page(typed: Mapping[str, str], wrong: str = "") -> str:
    running = service()
    found = current_round()
    shown = round_to_print(running.store, found)
    units = _choice_of_units(shown) if shown else []
    first = units[0][0] if units else ""
    unit = typed.get("unit", first)
    mine = {one for one, _ in units}
    kept = piles.of_round(running.store.main, shown.id) if shown else []
    return desk_page(
        "desk/sheets.html",
        round=found,
        shown=shown,
        working=for_working_on(found),
        units=units,
        typed={
            "language": found.languages[0],
            "unit": unit,
            "count": "",
            "what": PILE,
            "return_to": return_address(running.store, found, unit or None),
            **typed,
        },
        wrong=wrong,
        most=MOST_IN_A_PILE,
        longest_address=LONGEST_ADDRESS,
        routes=ROUTES,
        piles=[pile for pile in kept if (pile.unit or "") in mine],
    )
