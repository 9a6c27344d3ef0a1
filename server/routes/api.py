"""The interface for programs: the way in of sealed answers, and its description."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from forms.problems import Problem, ProblemError
from server.intake_door import LARGEST_ENVELOPE, TYPE, receipt_body
from server.openapi import DESCRIPTION
from server.service import service

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.post("/submissions")
def submit() -> Response:
    """Receive one sealed answer (docs/sync-protocol.md). It is answered after the commit.

    What succeeds is mostly answered by IntakeDoor already; what comes here is what has to be refused, and says why.
    """
    if request.mimetype != TYPE:
        raise ProblemError(Problem.UNSUPPORTED_TYPE)
    request.max_content_length = LARGEST_ENVELOPE
    running = service()
    raw = request.get_data(cache=False)
    receipt = running.intake.receive(raw, now=running.clock(), from_anybody=True)
    return Response(
        receipt_body(receipt.digest, receipt.key), status=201, content_type="application/json"
    )


@blueprint.get("/openapi.json")
def description() -> Response:
    """The description of this interface."""
    return jsonify(DESCRIPTION)
