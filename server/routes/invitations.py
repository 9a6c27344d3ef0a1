"""Letters of an invited round: make codes, say how many were sent, get them for mail merge and for printing.

What gives codes out is posted and not linked, so that no browser fetches it by itself, and each time is in the audit log.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from server import invitations as making
from server import letters as printing
from server.desk_session import actor, current_round, desk_page
from server.letters import LetterText
from server.service import service
from store import audit, invitations

blueprint = Blueprint("invitations", __name__, url_prefix="/desk/rounds/<round_id>/invitations")


class _Form(Schema):
    class Meta:
        unknown = EXCLUDE


class NumberForm(_Form):
    """How many letters to make, and how many there were on the page."""

    seen = fields.Integer(required=True, validate=validate.Range(min=0, max=making.MOST_LETTERS))
    number = fields.Integer(required=True, validate=validate.Range(min=1, max=making.MOST_LETTERS))


class SentForm(_Form):
    """How many letters were sent; empty: all."""

    sent = fields.Integer(load_default=None, validate=validate.Range(min=1))

    @pre_load
    def _empty_is_none(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value.strip()}


class TextForm(_Form):
    """What the letters say."""

    subject = fields.String(
        required=True, validate=validate.And(validate.Length(max=150), validate.Regexp(r"\s*\S"))
    )
    text = fields.String(
        required=True,
        validate=validate.And(
            validate.Length(max=printing.LONGEST_TEXT), validate.Regexp(r"\s*\S")
        ),
    )


class PortionForm(_Form):
    """Which letters: from a number on, all or unused ones."""

    first = fields.Integer(load_default=1, validate=validate.Range(min=1, max=making.MOST_LETTERS))
    which = fields.String(load_default="all", validate=validate.OneOf(["all", "unused"]))


@blueprint.get("")
def page() -> str:
    """Numbers, and what can be done."""
    return _page()


@blueprint.post("")
def make() -> BaseResponse:
    """Make letters."""
    running = service()
    typed = request.form.to_dict()
    try:
        loaded = NumberForm().load(typed)
        making.make_letters(
            running.store,
            current_round(),
            loaded["number"],
            now=running.clock(),
            actor=actor(),
            randbytes=secrets.token_bytes,
            seen=loaded["seen"],
        )
    except ProblemError as error:
        meanwhile = any(fault.place == "seen" for fault in error.faults)
        return _again(error, {} if meanwhile else typed, "seen" if meanwhile else "number")
    except ValidationError as error:
        return _again(error, typed, "number")
    return _back(f"made={loaded['number']}")


@blueprint.post("/sent")
def keep_sent() -> BaseResponse:
    """Say how many letters were really sent."""
    running = service()
    typed = request.form.to_dict()
    try:
        loaded = SentForm().load(typed)
        making.set_sent(
            running.store, current_round(), loaded["sent"], now=running.clock(), actor=actor()
        )
    except (ValidationError, ProblemError) as error:
        return _again(error, typed, "sent")
    return _back("told=sent")


@blueprint.post("/text")
def keep_text() -> BaseResponse:
    """Keep what the letters say in one language."""
    running = service()
    found = current_round()
    language = _language()
    typed = request.form.to_dict()
    try:
        loaded = TextForm().load(typed)
    except ValidationError as error:
        return _again(error, typed, next(iter(error.messages_dict)))
    with running.store.write() as db:
        printing.keep_text(
            db, found, language, LetterText(subject=loaded["subject"].strip(), text=loaded["text"].replace("\r\n", "\n"))
        )  # fmt: skip
        audit.note(
            db, at=running.clock(), actor=actor(), action="text of the letters changed",
            subject=f"round:{found.id}", details={"language": language},
        )  # fmt: skip
    return _back(f"told=text&language={language}")


@blueprint.post("/codes.csv")
def merge_file() -> Response:
    """All letters, or the unused ones, for mail merge."""
    found = current_round()
    letters = _given_out("codes given out for mail merge", making.MOST_LETTERS)
    return _file(making.merge_file(letters), "text/csv; charset=utf-8", f"{found.id}-breve.csv")


@blueprint.post("/letters.pdf")
def letters_file() -> Response:
    """A portion of the letters for printing."""
    running = service()
    found = current_round()
    language = _language()
    letters = _given_out("letters given out for printing", printing.MOST_IN_A_FILE)
    pdf = printing.render_letters(
        letters,
        printing.read_text(running.store.main, found, running.settings.organisation, language),
        found,
        organisation=running.settings.organisation,
        address=running.settings.link(found.id),
        language=language,
    )
    name = f"{found.id}-breve-{letters[0].number}-{letters[-1].number}.pdf"
    return _file(pdf, "application/pdf", name)


def _given_out(what: str, limit: int) -> list[making.Letter]:
    """The letters that were asked for. Raises ProblemError(NOT_FOUND) when there are none."""
    running = service()
    found = current_round()
    try:
        asked = PortionForm().load(request.form.to_dict())
    except ValidationError:
        raise ProblemError(Problem.MALFORMED) from None
    letters = making.give_out(
        running.store,
        found,
        running.settings.link(found.id),
        what=what,
        now=running.clock(),
        actor=actor(),
        first=asked["first"],
        limit=limit,
        only_unused=asked["which"] == "unused",
    )
    if not letters:
        raise ProblemError(Problem.NOT_FOUND, "There are no such letters.")
    return letters


def _language() -> str:
    found = current_round()
    language = request.values.get("language", "")
    return language if language in found.languages else found.languages[0]


def _back(query: str) -> BaseResponse:
    return redirect(f"/desk/rounds/{current_round().id}/invitations?{query}", code=303)


def _again(error: Exception, typed: Mapping[str, str], field: str) -> Response:
    """The page again, with what was typed and a message beside the field."""
    if isinstance(error, ProblemError) and error.problem is not Problem.INVALID_INPUT:
        raise error
    return Response(
        _page(typed=typed, wrong=field), status=422, content_type="text/html; charset=utf-8"
    )


def _page(*, typed: Mapping[str, str] | None = None, wrong: str = "") -> str:
    running = service()
    found = current_round()
    language = _language()
    numbers = invitations.numbers(running.store.waiting, found.id)
    every = invitations.letters(running.store.waiting, found.id)
    unused = invitations.letters(running.store.waiting, found.id, only_unused=True)
    made = request.args.get("made", "")
    return desk_page(
        "desk/invitations.html",
        round=found,
        numbers=numbers,
        may_make=making.may_make(found),
        most=making.MOST_LETTERS - numbers.made,
        portions=_portions(every),
        unused_portions=_portions(unused),
        letter_language=language,
        letter_text=printing.read_text(
            running.store.main, found, running.settings.organisation, language
        ),
        typed=typed or {},
        wrong=wrong,
        made=int(made) if made.isascii() and made.isdecimal() and len(made) < 6 else 0,
        told=request.args.get("told", ""),
    )


def _portions(letters: list[int]) -> list[tuple[int, int, int]]:
    """(first, last, how many) of each file that the letters take."""
    size = printing.MOST_IN_A_FILE
    parts = [letters[start : start + size] for start in range(0, len(letters), size)]
    return [(part[0], part[-1], len(part)) for part in parts]


def _file(content: bytes, kind: str, name: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
