"""The interface of tablets: enrolment, what to take along, contact, and batches of sealed answers (docs/sync-protocol.md).

A tablet is known by a cookie that no page can read and that goes to /api/tablet alone. Nothing of a request but its body
and that cookie is looked at.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request
from marshmallow import Schema, ValidationError, fields, validate

from forms.problems import Problem, ProblemError
from server.intake_door import TYPE
from server.security import require_same_origin
from server.service import Service, service
from server.tablet_batches import (
    COOKIE,
    LARGEST_BATCH,
    receive_from_anybody,
    receive_from_tablet,
)
from server.tablet_manifest import enrolment_body, manifest_body, page_of
from store import devices as kept_devices
from store import settings
from sync import devices

blueprint = Blueprint("tablet_api", __name__, url_prefix="/api")

#: The longest that a browser keeps a cookie (RFC 6265bis, 5.5); each contact begins it anew.
COOKIE_LASTS = timedelta(days=400)
#: Where the cookie goes: no page lies there.
COOKIE_PATH = "/api/tablet"

#: The largest JSON that a tablet sends, in bytes.
LARGEST_WORD = 64 * 1024
_MOST_ROUNDS = 500

_NUMBER = validate.Range(min=0, max=10_000_000)
_ROUND = validate.Regexp(r"[a-z0-9-]{1,64}\Z")


class EnrolmentWord(Schema):
    """What is sent to enrol a tablet."""

    code = fields.String(required=True, validate=validate.Length(max=60))


class ContactWord(Schema):
    """What a tablet says of itself."""

    waiting = fields.Integer(required=True, strict=True, validate=_NUMBER)
    failed = fields.Integer(required=True, strict=True, validate=_NUMBER)
    app = fields.String(required=True, validate=validate.Length(max=100))
    versions = fields.Dict(
        keys=fields.String(validate=_ROUND),
        values=fields.String(validate=validate.Regexp(r"[0-9a-f]{64}\Z")),
        required=True,
        validate=validate.Length(max=_MOST_ROUNDS),
    )
    declined = fields.Dict(
        keys=fields.String(validate=_ROUND),
        values=fields.Integer(strict=True, validate=_NUMBER),
        required=True,
        validate=validate.Length(max=_MOST_ROUNDS),
    )


@blueprint.post("/tablet/enrolment")
def enrol() -> Response:
    """Make this browser a tablet, with a code from the desk."""
    running = service()
    require_same_origin(request, running.settings.url)
    word = _word(EnrolmentWord())
    running.wrong_enrolments.require("all")
    try:
        enrolled = devices.enrol(
            running.store, word["code"], now=running.clock(), rng=secrets.SystemRandom()
        )
    except ProblemError:
        running.wrong_enrolments.count("all")
        raise
    response = jsonify(enrolment_body(running, enrolled.device))
    response.status_code = HTTPStatus.CREATED
    _give_cookie(running, response, enrolled.token)
    return response


@blueprint.get("/tablet/manifest")
def manifest() -> Response:
    """Everything that the tablet takes along, by name and hash."""
    running = service()
    token, number = _tablet(running)
    response = jsonify(manifest_body(running, number))
    _give_cookie(running, response, token)
    return response


@blueprint.get("/tablet/pages/<round_id>/<version>/<language>")
def page(round_id: str, version: str, language: str) -> Response:
    """One page of the bundle: the bytes that the manifest names."""
    running = service()
    _token, number = _tablet(running)
    html, _digest = page_of(running, number, round_id, version, language)
    return Response(html, content_type="text/html; charset=utf-8")


@blueprint.post("/tablet/contact")
def contact() -> Response:
    """Keep what the tablet says of itself, with the day alone."""
    running = service()
    require_same_origin(request, running.settings.url)
    token, number = _tablet(running)
    word = _word(ContactWord())
    today = running.clock().date()
    with running.store.write() as db:
        kept_devices.note_contact(db, number, today, **word)
    response = jsonify(epoch=settings.restore_epoch(running.store.main))
    _give_cookie(running, response, token)
    return response


@blueprint.post("/tablet/batches")
def batch_of_tablet() -> Response:
    """Receive a tablet's batch. It is answered after the commit, mostly by the door already (intake_door.py)."""
    running = service()
    require_same_origin(request, running.settings.url)
    return _answer(receive_from_tablet(running, _batch(), request.cookies.get(COOKIE, "")))


@blueprint.post("/batches")
def batch_of_anybody() -> Response:
    """Receive a batch of the public link: what could not be sent at once."""
    return _answer(receive_from_anybody(service(), _batch()))


def _tablet(running: Service) -> tuple[str, int]:
    """Token and number of the tablet that asks. Raises ProblemError TABLET_UNKNOWN, TABLET_REVOKED."""
    token = request.cookies.get(COOKIE, "")
    return token, devices.require(running.store, token)


def _batch() -> bytes:
    if request.mimetype != TYPE:
        raise ProblemError(Problem.UNSUPPORTED_TYPE)
    request.max_content_length = LARGEST_BATCH
    return request.get_data(cache=False)


def _answer(body: bytes) -> Response:
    return Response(body, content_type="application/json")


def _word(schema: Schema) -> dict[str, Any]:
    """The JSON of the request, checked. Raises ProblemError UNSUPPORTED_TYPE, TOO_LARGE, MALFORMED."""
    if request.mimetype != "application/json":
        raise ProblemError(Problem.UNSUPPORTED_TYPE)
    request.max_content_length = LARGEST_WORD
    sent = request.get_json(cache=False, silent=True)
    if not isinstance(sent, dict):
        raise ProblemError(Problem.MALFORMED)
    try:
        loaded: dict[str, Any] = schema.load(sent)
    except ValidationError as error:
        raise ProblemError(Problem.MALFORMED) from error
    return loaded


def _give_cookie(running: Service, response: Response, token: str) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_LASTS,
        path=COOKIE_PATH,
        httponly=True,
        samesite="Strict",
        secure=running.settings.https,
    )
