"""The outbox as a page: what waits, what failed and why, what was sent lately. Its texts are shown to nobody."""

from __future__ import annotations

import re
from datetime import datetime

from flask import Blueprint, redirect, request
from sqlite_utils import Database
from werkzeug.wrappers import Response

from forms.problems import Problem, ProblemError
from server.desk_session import actor, desk_page
from server.mail_words import kind_in_words
from server.service import service
from store import audit, outbox
from store.outbox import GIVEN_UP, Message, MessageState

blueprint = Blueprint("mail", __name__, url_prefix="/desk/mail")

PAGE_SIZE = 50

#: What the page may be asked to say after an action.
DONE = frozenset({"again", "all-again", "given-up"})


@blueprint.get("", endpoint="outbox")
def outbox_page() -> str:
    """The outbox, fifty messages of each kind; what was sent can be gone back in."""
    running = service()
    main = running.store.main
    before = request.args.get("before", "")
    sent = outbox.listed(
        main,
        [MessageState.SENT],
        before=int(before) if re.fullmatch("[0-9]{1,18}", before) else None,
        limit=PAGE_SIZE + 1,
    )
    done = request.args.get("done", "")
    return desk_page(
        "desk/mail.html",
        numbers={state.value: number for state, number in outbox.numbers(main).items()},
        waiting=outbox.listed(main, [MessageState.WAITING], limit=PAGE_SIZE),
        failed=outbox.listed(main, [MessageState.FAILED], limit=PAGE_SIZE),
        sent=sent[:PAGE_SIZE],
        older=sent[PAGE_SIZE - 1].id if len(sent) > PAGE_SIZE else None,
        page_size=PAGE_SIZE,
        done=done if done in DONE else "",
        kind=kind_in_words,
        given_up=GIVEN_UP,
        route=running.settings.mail,
        mailbox=running.settings.mailbox_page and running.settings.mail.folder is not None,
    )


@blueprint.post("/try-again")
def try_all_again() -> Response:
    """Let everything that waits, and what failed and can be sent, be tried at the next tick."""
    running = service()
    now = running.clock()
    with running.store.write() as db:
        if outbox.try_all_again(db, now):
            audit.note(db, at=now, actor=actor(), action="all mail tried again")
    return redirect("/desk/mail?done=all-again", code=303)


@blueprint.post("/<int:message>/try-again")
def try_again(message: int) -> Response:
    """Let one message be tried at the next tick."""
    running = service()
    now = running.clock()
    with running.store.write() as db:
        found = _found(outbox.find(db, message))
        if outbox.try_again(db, message, now):
            _note(db, found, "message tried again", now)
    return redirect("/desk/mail?done=again", code=303)


@blueprint.get("/<int:message>/give-up")
def ask_to_give_up(message: int) -> str:
    """Ask, and name what is lost."""
    found = _found(outbox.find(service().store.main, message))
    if found.state is MessageState.SENT or not found.can_be_sent:
        raise ProblemError(Problem.NOT_FOUND)
    return desk_page("desk/mail_give_up.html", message=found, kind=kind_in_words)


@blueprint.post("/<int:message>/give-up")
def give_up(message: int) -> Response:
    """Never send it."""
    running = service()
    now = running.clock()
    with running.store.write() as db:
        found = _found(outbox.find(db, message))
        if outbox.give_up(db, message):
            _note(db, found, "message given up", now)
    return redirect("/desk/mail?done=given-up", code=303)


def _found(message: Message | None) -> Message:
    if message is None:
        raise ProblemError(Problem.NOT_FOUND)
    return message


def _note(db: Database, message: Message, action: str, now: datetime) -> None:
    """The kind is enough: the log is kept for ever, and the outbox forgets."""
    audit.note(
        db,
        at=now,
        actor=actor(),
        action=action,
        subject=f"message:{message.id}",
        details={"kind": message.kind},
    )
