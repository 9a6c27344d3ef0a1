"""Reading free text: a person releases or withholds each text before it may reach a report. Works without JavaScript."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from exports.released_texts import SMALLEST_FREE_TEXT
from forms.problems import Problem, ProblemError
from server.desk_session import actor, current_round, desk_page
from server.languages import direction
from server.service import service
from server.text_reading import PAGE_SIZE, can_be_read, decide, next_unread, text_page
from store import editions, submissions
from store.responses import Reading

blueprint = Blueprint("texts", __name__, url_prefix="/desk/rounds/<round_id>/texts")

_KEY = re.compile(r"[0-9a-f]{32}")


@blueprint.get("")
def page() -> str:
    """The texts, fifty at a time; a calm sentence while the round still receives."""
    running = service()
    shown = current_round()
    readable = can_be_read(shown, running.clock())
    told = request.args.get("told", "")
    of = request.args.get("of", "")
    return desk_page(
        "desk/texts.html",
        round=shown,
        texts=text_page(running.store, shown, _number("page")) if readable else None,
        waiting=submissions.waiting_count(running.store.waiting, shown.id),
        edition=editions.latest(running.store.main, shown.id),
        asks=request.args.get("ask") == "release",
        told=told if told in set(Reading) else "",
        told_number=_number("number"),
        told_of=of if _KEY.fullmatch(of) else "",
        smallest=SMALLEST_FREE_TEXT,
        direction=direction,
    )


@blueprint.post("")
def decide_texts() -> Response:
    """Release, withhold or take back. One text, or all that were shown when the reader was asked."""
    running = service()
    shown = current_round()
    if not can_be_read(shown, running.clock()):
        raise ProblemError(Problem.STILL_RECEIVING)
    keys = request.form.getlist("key")
    state = request.form.get("state", "")
    if (
        state not in set(Reading)
        or not 0 < len(keys) <= PAGE_SIZE
        or not all(_KEY.fullmatch(key) for key in keys)
    ):
        raise ProblemError(Problem.MALFORMED)
    shown_together = request.form.get("shown") == "all"
    changed = decide(
        running.store,
        shown,
        keys,
        Reading(state),
        only_unread=shown_together,
        now=running.clock(),
        actor=actor(),
    )
    if changed is None:
        raise ProblemError(Problem.NOT_FOUND)
    query = {"page": str(_number("page")), "told": state, "number": str(changed)}
    goes_on = "told"
    if not shown_together and len(keys) == 1:
        query["of"] = keys[0]
        following = next_unread(running.store, shown, keys[0])
        if following and state != Reading.UNREAD:
            goes_on = f"t-{following}"
    return redirect(f"/desk/rounds/{shown.id}/texts?{urlencode(query)}#{goes_on}", code=303)


def _number(name: str) -> int:
    """A small whole number from the form or the address; 1 where it is none, since it only says where to go on."""
    text = request.values.get(name, "")
    return int(text) if re.fullmatch("[0-9]{1,6}", text) else 1
