"""The interface for programs: the way in of sealed answers, and its description."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from forms.problems import Problem, ProblemError
from server.intake_door import CODE_HEADER, LARGEST_ENVELOPE, TYPE, receipt_body
from server.openapi import DESCRIPTION
from server.service import service

#: A round's id and a code, as JSON.
LARGEST_CODE = 1000

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
    receipt = running.intake.receive(
        raw,
        now=running.clock(),
        from_anybody=True,
        code=request.headers.get(CODE_HEADER, ""),
    )
    return Response(
        receipt_body(receipt.digest, receipt.key), status=201, content_type="application/json"
    )


@blueprint.post("/codes")
def look_at_code() -> Response:
    """Say whether a code of an invited round can be used, without using it: 204, or why not."""
    request.max_content_length = LARGEST_CODE
    if request.mimetype != "application/json":
        raise ProblemError(Problem.UNSUPPORTED_TYPE)
    asked = request.get_json(cache=False, silent=True)
    if (
        not isinstance(asked, dict)
        or asked.keys() != {"round", "code"}
        or not all(isinstance(value, str) for value in asked.values())
    ):
        raise ProblemError(Problem.MALFORMED)
    running = service()
    running.intake.look_at_code(asked["round"], asked["code"], now=running.clock())
    return Response(status=204)


@blueprint.get("/openapi.json")
def description() -> Response:
    """The description of this interface."""
    return jsonify(DESCRIPTION)
