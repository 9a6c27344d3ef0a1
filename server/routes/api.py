"""The interface for programs: the way in of sealed answers, and its description."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from forms.problems import Problem, ProblemError
from server.openapi import DESCRIPTION
from server.service import service

blueprint = Blueprint("api", __name__, url_prefix="/api")

#: No sealed answer is larger: 6 bytes and a header of at most 1,024, the key's 65, 64 KiB and the tag's 16, and a little.
LARGEST_ENVELOPE = 70_000


@blueprint.post("/submissions")
def submit() -> Response:
    """Receive one sealed answer (docs/sync-protocol.md). It is answered after the commit."""
    if request.mimetype != "application/octet-stream":
        raise ProblemError(Problem.UNSUPPORTED_TYPE)
    request.max_content_length = LARGEST_ENVELOPE
    running = service()
    raw = request.get_data(cache=False)
    receipt = running.intake.receive(raw, now=running.clock())
    # Hex digits need no escaping: written by hand, because this is the hottest line of the service.
    body = f'{{"digest": "{receipt.digest}", "key": "{receipt.key}"}}\n'
    return Response(body, status=201, content_type="application/json")


@blueprint.get("/openapi.json")
def description() -> Response:
    """The description of this interface."""
    return jsonify(DESCRIPTION)
