"""What a person says to what was found out about a batch, and the pictures of its pages."""

from __future__ import annotations

import random
import re

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from server.desk_session import actor, current_account, current_batch, may_use
from server.paper import settling
from server.service import service
from store import paper_findings, paper_pages, rounds

blueprint = Blueprint("batch_findings", __name__, url_prefix="/desk/batches/<batch>")


@blueprint.post("/findings/<number>")
def settle(number: str) -> BaseResponse:
    """Say something to one finding, or take it back (do=undo). What another has settled meanwhile stays as it is."""
    try:
        return _settle(number)
    except ProblemError as error:
        if error.problem is not Problem.FINDING_SETTLED:
            raise
        return _back("gone")


def _settle(number: str) -> BaseResponse:
    running, batch = service(), current_batch()
    finding = paper_findings.find(running.store.paper, batch.id, _whole(number))
    said = request.form.get("do", "")
    rng = random.SystemRandom()
    if finding is None:
        return _back("gone")
    if said == "undo":
        settling.take_back(running.store, batch, finding, rng=rng)
    elif said == "exchanged":
        # From the sheet's own line: which page, and with which sheet.
        asked = re.fullmatch(
            r"([0-9]{1,12})/([0-9]{1,2})/([0-9]{1,12})", request.form.get("pages", "")
        )
        if asked is None:
            raise ProblemError(Problem.MALFORMED)
        one, at, other = (int(part) for part in asked.groups())
        settling.exchange(running.store, batch, finding, at=at, one=one, other=other, rng=rng)
        return _back("exchanged")
    elif said == "moved":
        theirs = rounds.read(running.store.main, finding.details.get("round", ""))
        if not may_use("batches.begin_of_round", theirs):
            raise ProblemError(Problem.NOT_ALLOWED)
        try:
            made = settling.move_elsewhere(
                running.store,
                batch,
                finding,
                rng=rng,
                account=current_account().id,
                actor=actor(),
                now=running.clock(),
            )
        except ProblemError as error:
            if error.problem is not Problem.INVALID_INPUT:
                raise
            return _back("not-in-round")
        return redirect(f"/desk/batches/{made.id}?told=from-elsewhere#told", code=303)
    else:
        place = re.fullmatch(r"([0-9]{1,12})/([0-9]{1,2})", request.form.get("to", ""))
        settling.settle(
            running.store,
            batch,
            [finding],
            said,
            rng=rng,
            to=(int(place[1]), int(place[2])) if place else None,
        )
    return _back("settled")


@blueprint.post("/findings")
def settle_all() -> BaseResponse:
    """Say the same to several findings of a kind: those that the page showed, and no other that came since."""
    running, batch = service(), current_batch()
    kind, said = request.form.get("kind", ""), request.form.get("do", "")
    shown = {_whole(one) for one in request.form.getlist("finding")}
    findings = [
        one
        for one in paper_findings.of_batch(running.store.paper, batch.id)
        if one.kind == kind and one.open and one.id in shown
    ]
    if said == "assigned":
        raise ProblemError(Problem.MALFORMED)
    if not findings:
        return _back("gone")
    try:
        settling.settle(running.store, batch, findings, said, rng=random.SystemRandom())
    except ProblemError as error:
        if error.problem is not Problem.FINDING_SETTLED:
            raise
        return _back("gone")
    return _back("settled")


@blueprint.get("/pages/<number>.jpg")
def picture(number: str) -> Response:
    """A page as it was scanned, set straight."""
    store, batch = service().store, current_batch()
    page = paper_pages.find(store.paper, _whole(number))
    image = paper_pages.image(store.paper, page.id) if page and page.batch == batch.id else None
    if not image:
        raise ProblemError(Problem.NOT_FOUND)
    return Response(image, content_type="image/jpeg")


def _whole(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,12}", text) else 0


def _back(told: str) -> BaseResponse:
    # What went as it should is seen on the list; what did not is said above it.
    where = "told" if told == "gone" else "findings"
    return redirect(f"/desk/batches/{current_batch().id}?told={told}#{where}", code=303)
