"""Reminding units that have not returned or not typed their numbers: choose them, change the text, look at the mail, send it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, redirect, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.wrappers import Response as BaseResponse

from server.desk_session import current_account, current_round, desk_page
from server.languages import current
from server.reminding import Missing, can_be_reminded, default_text, letters, send, to_remind
from server.service import service

blueprint = Blueprint("reminders", __name__, url_prefix="/desk/rounds/<round_id>/reminders")


class ReminderForm(Schema):
    """What is sent: subject and text. The units are read beside it, since a form names them once each."""

    class Meta:
        unknown = EXCLUDE

    subject = fields.String(
        required=True, validate=validate.And(validate.Length(max=150), validate.Regexp(r"\s*\S"))
    )
    text = fields.String(
        required=True, validate=validate.And(validate.Length(max=5000), validate.Regexp(r"\s*\S"))
    )


@blueprint.get("")
def page() -> str:
    """The units that have not returned, with the people who will get a mail, and the text."""
    running = service()
    shown = current_round()
    subject, text = default_text(shown, running.settings.organisation, current())
    return _page(
        typed={"subject": subject, "text": text},
        chosen=None,
        told=[_small(request.args.get(name, "")) for name in ("sent", "mails")],
    )


@blueprint.post("")
def send_reminders() -> BaseResponse:
    """Show the mail first; send it when it has been seen. Who was reminded within a day only when that is confirmed."""
    running = service()
    shown = current_round()
    now = running.clock()
    typed = {name: request.form.get(name, "") for name in ("subject", "text")}
    chosen = set(request.form.getlist("unit"))
    faults: set[str] = set()
    try:
        loaded = ReminderForm().load(typed)
    except ValidationError as error:
        faults.update(error.messages_dict)
    waiting = [one for one in to_remind(running.store, shown, now) if one.people]
    picked = [one for one in waiting if one.row.reported.unit in chosen]
    again = any(one.just_reminded for one in picked)
    if not picked:
        faults.add("unit")
    if again and request.form.get("again") != "yes":
        faults.add("again")
    if not can_be_reminded(shown, now):
        return _answer(_page(typed=typed, chosen=chosen), 409)
    if faults:
        return _answer(_page(typed=typed, chosen=chosen, faults=faults), 422)
    if request.form.get("step") != "send":
        return _answer(_page(typed=typed, chosen=chosen, preview=picked, again=again), 200)
    sent = send(
        running.store,
        shown,
        set(request.form.getlist("mark")),
        chosen,
        subject=loaded["subject"],
        text=loaded["text"].replace("\r\n", "\n"),
        url=running.settings.url,
        by=current_account().id,
        now=now,
    )
    if sent is None:
        return _answer(_page(typed=typed, chosen=None, faults={"meanwhile"}), 409)
    units, mails = sent
    return redirect(f"/desk/rounds/{shown.id}/reminders?sent={units}&mails={mails}", code=303)


def _page(
    *,
    typed: Mapping[str, str],
    chosen: set[str] | None,
    faults: set[str] | None = None,
    preview: Sequence[Missing] = (),
    again: bool = False,
    told: Sequence[int] = (0, 0),
) -> str:
    """`chosen` is None before anybody has chosen: then all that were not reminded within a day."""
    running = service()
    shown = current_round()
    waiting = to_remind(running.store, shown, running.clock())
    reachable = [one for one in waiting if one.people]
    values: dict[str, Any] = {
        "round": shown,
        "open": can_be_reminded(shown, running.clock()),
        "reachable": reachable,
        "groups": [
            [one for one in reachable if one.only_numbers is only] for only in (False, True)
        ],
        "nobody": [one for one in waiting if not one.people],
        "chosen": chosen
        if chosen is not None
        else {one.row.reported.unit for one in reachable if not one.just_reminded and not one.only_numbers},
        "typed": typed,
        "faults": faults or set(),
        "preview": letters(preview, shown, typed["text"].replace("\r\n", "\n"), running.settings.url),
        "previewed": [one.row.reported for one in preview],
        "marks": [one.mark for one in preview],
        "again": again,
        "told_units": told[0],
        "told_mails": told[1],
    }  # fmt: skip
    return desk_page("desk/reminders.html", **values)


def _small(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def _answer(html: str, status: int) -> Response:
    return Response(html, status=status, content_type="text/html; charset=utf-8")
