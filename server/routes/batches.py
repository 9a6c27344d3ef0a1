"""Batches of paper at the desk: the page that a pile's cover leads to, uploading, how far it is, and what a person decides.

A file comes as the body of a request of its own (with a script, which tries again by itself) or in a form (without). What its
name was on the way is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, g, json, redirect, request
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from forms.questionnaire import Promise
from server.desk_session import (
    actor,
    current_account,
    current_batch,
    current_pile,
    current_round,
    desk_page,
    may_use,
)
from server.languages import current
from server.paper import batch_course
from server.paper.batch_view import BatchView, batch_view
from server.paper.batch_words import file_words, obstacle_words, outcome_words, sentence, told_words
from server.paper.uploading import LARGEST_FILE, Taken, take_file
from server.rights import ROUTES
from server.service import service
from store import paper_batches, paper_files, piles, round_units, rounds, test_rounds, units
from store.accounts import Role
from store.paper_batches import Batch, BatchState
from store.paper_files import FileState
from store.piles import Pile
from store.round_units import RoundUnit
from store.rounds import Round, RoundState
from sync.paper.handing_in import faults_of_batch

blueprint = Blueprint("batches", __name__, url_prefix="/desk")

#: What a script sends a file as.
RAW = "application/octet-stream"
#: Where sheets are looked at (another module's; no link before it is there).
REVIEW = "paper_review.page"


@blueprint.app_context_processor
def _for_templates() -> dict[str, object]:
    """What the round's page asks, so that it need not know of batches."""
    return {"paper_numbers_of": paper_numbers_of}


@dataclass(frozen=True, slots=True)
class PaperNumbers:
    """Of a round's paper, as far as whoever asks may see: sheets printed, sheets that count, batches that wait."""

    printed: int
    accepted: int
    waiting: int


def paper_numbers_of(shown: Round) -> PaperNumbers:
    """What the round's page says of paper; of its test while it is in test mode."""
    store = service().store
    about = _of_paper(shown)
    batches = _mine(paper_batches.of_round(store.main, about.id))
    return PaperNumbers(
        printed=sum(one.sheets for one in _piles(about)),
        accepted=sum(one.totals.sheets for one in batches if one.state is BatchState.ACCEPTED),
        waiting=sum(one.undecided for one in batches),
    )


@blueprint.get("/rounds/<round_id>/batches")
def of_round() -> BaseResponse:
    """All piles and batches of a round, and where scans are uploaded without a cover page at hand."""
    return _round_page(200)


@blueprint.post("/rounds/<round_id>/batches")
def begin_of_round() -> BaseResponse:
    """Begin a batch for a unit, with the files of the form, if any."""
    shown = _takes_paper(_of_paper(current_round()))
    unit = request.form.get("unit") or None
    own = {one.unit for one in _own_units(shown)}
    if unit is not None and unit not in own:
        raise ProblemError(Problem.NOT_ALLOWED)
    try:
        batch = batch_course.begin(
            service().store,
            shown,
            pile=None,
            unit=unit,
            account=current_account().id,
            actor=actor(),
            now=service().clock(),
        )
    except ProblemError as error:
        if error.problem is not Problem.INVALID_INPUT:
            raise
        if _by_script():
            return _json(
                {"said": gettext("Choose the unit that handed out the sheets first.")}, 422
            )
        return _round_page(422, faulty=True)
    return _begun(batch)


@blueprint.get("/piles/<pile>")
def pile_page() -> str:
    """A pile: what it is, what came back of it, and where its scans are uploaded."""
    found = current_pile()
    store = service().store
    listed = paper_batches.of_pile(store.main, found.id)
    return desk_page(
        "desk/pile.html",
        round=current_round(),
        pile=found,
        batches=[batch_view(store, one) for one in listed],
        sentence=sentence,
        largest=LARGEST_FILE,
        open=_is_taken(current_round()),
        late=_is_late(current_round()),
        begin_at=f"/desk/piles/{found.id}/batches",
    )


@blueprint.post("/piles/<pile>/batches")
def begin() -> BaseResponse:
    """Begin a batch of a pile, with the files of the form, if any."""
    shown = _takes_paper(current_round())
    batch = batch_course.begin(
        service().store,
        shown,
        pile=current_pile(),
        unit=None,
        account=current_account().id,
        actor=actor(),
        now=service().clock(),
    )
    return _begun(batch)


@blueprint.get("/batches/<batch>")
def page() -> Response:
    """A batch: its files, what was found, what needs a person, and what can be done to it."""
    return _page(200)


@blueprint.get("/batches/<batch>/state")
def state() -> Response:
    """How far a batch is, for the script of its page."""
    view = batch_view(service().store, current_batch())
    return _json(
        {
            "state": view.batch.state.value,
            "reading": view.reading,
            "sentence": sentence(view),
            "files": [{"turn": one.turn, "said": file_words(one)} for one in view.files],
        },
        200,
    )


@blueprint.post("/batches/<batch>/files")
def add_files() -> BaseResponse:
    """Take one file (by script), or those of a form."""
    store, batch = service().store, current_batch()
    if request.mimetype == RAW:
        try:
            taken = take_file(store, batch, request.stream, length=request.content_length)
        except ProblemError as error:
            said = f"{gettext(error.problem.title)} {gettext(error.problem.remedy)}"
            return _json({"code": error.problem.code, "said": said}, error.problem.status)
        return _json(
            {"outcome": taken.outcome, "said": outcome_words(taken)},
            201 if taken.outcome == "new" else 200,
        )
    return redirect(f"/desk/batches/{batch.id}?told={_take_form(batch)}#told", code=303)


@blueprint.post("/batches/<batch>/files/<number>/remove")
def remove_file(number: str) -> BaseResponse:
    """Forget a file that could not be read."""
    store, batch = service().store, current_batch()
    for one in paper_files.of_batch(store.paper, batch.id):
        if str(one.turn) == number and one.state is FileState.FAILED and batch.undecided:
            with store.write_paper() as db:
                paper_files.remove(db, one)
    return _back("file-removed")


@blueprint.post("/batches/<batch>/sent")
def all_sent() -> BaseResponse:
    """All files are there."""
    running = service()
    try:
        batch_course.all_sent(running.store, current_batch(), actor=actor(), now=running.clock())
    except ProblemError as error:
        if error.problem is not Problem.INVALID_INPUT:
            return _refused(error)
        return _back("no-files")
    return _back("sent")


@blueprint.get("/batches/<batch>/void")
def ask_to_void() -> BaseResponse:
    """What voiding takes away."""
    if not current_batch().undecided:
        return _back("decided")
    view = batch_view(service().store, current_batch())
    return _html(desk_page("desk/batch_void.html", view=view, round=current_round()), 200)


@blueprint.post("/batches/<batch>/void")
def void() -> BaseResponse:
    """Void it."""
    running = service()
    _step("void")
    try:
        batch_course.void(running.store, current_batch(), actor=actor(), now=running.clock())
    except ProblemError as error:
        return _refused(error)
    return _back("voided")


@blueprint.post("/batches/<batch>/unit")
def move() -> BaseResponse:
    """Another unit handed these sheets out."""
    running, shown = service(), current_round()
    unit = request.form.get("unit") or None
    if unit is not None and unit not in {one.unit for one in _own_units(shown)}:
        raise ProblemError(Problem.NOT_ALLOWED)
    try:
        batch_course.move(
            running.store, shown, current_batch(), unit, actor=actor(), now=running.clock()
        )
    except ProblemError as error:
        return _refused(error)
    return _back("moved")


@blueprint.post("/batches/<batch>/review-unit")
def give_review() -> BaseResponse:
    """Another unit looks at the marks, or the one that handed out again."""
    running = service()
    try:
        batch_course.give_review(
            running.store,
            current_batch(),
            request.form.get("unit") or None,
            actor=actor(),
            now=running.clock(),
        )
    except ProblemError as error:
        return _refused(error)
    return _back("review-given")


@blueprint.post("/batches/<batch>/accept")
def accept() -> BaseResponse:
    """Confirm unit and number: the sheets are handed in, and count."""
    running, batch = service(), current_batch()
    _step("accept")
    _takes_paper(current_round())
    shown = request.form.get("sheets", "")
    if faults_of_batch(running.store, batch, running.checker):
        return _page(409, told="faults")
    try:
        batch_course.confirm(
            running.store,
            batch,
            sheets=int(shown) if re.fullmatch("[0-9]{1,6}", shown) else -1,
            actor=actor(),
            now=running.clock(),
        )
    except ProblemError as error:
        if error.problem is Problem.INVALID_INPUT:
            return _page(409, told="changed")
        return _refused(error)
    return _back("accepting")


def _begun(batch: Batch) -> BaseResponse:
    at = f"/desk/batches/{batch.id}"
    if _by_script():
        return _json({"at": at}, 201)
    told = _take_form(batch)
    return redirect(f"{at}?told={told}#told" if told != "nothing" else at, code=303)


def _take_form(batch: Batch) -> str:
    """Take the files of a form; the word for what became of them all."""
    outcomes: list[Taken] = []
    for file in request.files.getlist("file"):
        if (
            file.filename
        ):  # an empty field sends a part without a name; what the name says is not looked at
            outcomes.append(take_file(service().store, batch, file.stream, length=None))
    kinds = {one.outcome for one in outcomes}
    if not kinds:
        return "nothing"
    return next(name for name in ("elsewhere", "empty", "new", "same") if name in kinds)


def _page(status: int, told: str = "") -> Response:
    store, batch, shown = service().store, current_batch(), current_round()
    view = batch_view(store, batch)
    told = told or request.args.get("told", "")
    html = desk_page(
        "desk/batch.html",
        view=view,
        round=shown,
        sentence=sentence(view),
        told=told_words(told),
        file_words=file_words,
        obstacles=obstacle_words(view),
        faults=len(faults_of_batch(store, batch, service().checker)) if told == "faults" else 0,
        largest=LARGEST_FILE,
        brings_in=_brings_in(batch),
        review_at=f"/desk/batches/{batch.id}/review" if REVIEW in ROUTES else "",
        over=_is_late(shown),
        receive_until=None if shown.test_of else shown.receive_until,
        own_units=_own_units(shown),
        all_units=units.listed(store.main),
        rounds_of_others=_rounds_of_others(view),
    )
    return _html(html, status)


def _rounds_of_others(view: BatchView) -> dict[str, Round]:
    """The rounds that pages of other rounds belong to, as far as this account may bring paper in there."""
    found = {}
    for one in view.findings:
        if one.finding.kind == "elsewhere":
            other = rounds.find(service().store.main, one.finding.details["round"])
            if other is not None and may_use("batches.begin_of_round", other):
                found[other.id] = other
    return found


def _round_page(status: int, *, faulty: bool = False) -> Response:
    store, shown = service().store, _of_paper(current_round())
    html = desk_page(
        "desk/batches.html",
        round=shown,
        batches=[
            batch_view(store, one) for one in _mine(paper_batches.of_round(store.main, shown.id))
        ],
        piles=_piles(shown),
        own_units=_own_units(shown),
        divided=bool(round_units.ids(store.main, shown.test_of or shown.id)),
        sentence=sentence,
        faulty=faulty,
        open=_is_taken(shown),
        late=_is_late(shown),
        largest=LARGEST_FILE,
        begin_at=f"/desk/rounds/{shown.id}/batches",
    )
    return _html(html, status)


def _of_paper(shown: Round) -> Round:
    """The round that paper comes in for: its test while it is in test mode."""
    test = test_rounds.of_round(service().store.main, shown.id)
    return test if test is not None and shown.state is RoundState.PLANNED else shown


def _piles(shown: Round) -> list[Pile]:
    account = current_account()
    own = {one.unit for one in _own_units(shown)}
    return [
        one
        for one in piles.of_round(service().store.main, shown.id)
        if account.holds(Role.SECRETARIAT) or one.unit is None or one.unit in own
    ]


def _mine(listed: Sequence[Batch]) -> list[Batch]:
    account = current_account()
    if account.holds(Role.SECRETARIAT):
        return list(listed)
    own = set(account.units_as(Role.COORDINATOR))
    return [one for one in listed if one.unit is None or one.unit in own or one.reviewed_by in own]


def _own_units(shown: Round) -> list[RoundUnit]:
    """The units of a round that this account may bring paper in for."""
    account = current_account()
    listed = round_units.listed(service().store.main, shown.test_of or shown.id)
    own = account.units_as(Role.COORDINATOR)
    return [one for one in listed if account.holds(Role.SECRETARIAT) or one.unit in own]


def _brings_in(batch: Batch) -> bool:
    """Whether this account may do more than look at the marks."""
    return may_use("batches.accept", current_round(), batch.unit)


def _is_taken(shown: Round) -> bool:
    """Whether scans of a round are taken in: one that has opened, and is no unit's own return."""
    return shown.state is not RoundState.PLANNED and shown.promise != Promise.SIGNED


def _is_late(shown: Round) -> bool:
    return shown.test_of is None and service().clock() >= shown.receive_until


def _takes_paper(shown: Round) -> Round:
    if not _is_taken(shown):
        raise ProblemError(Problem.ROUND_NOT_OPEN)
    return shown


def _step(step: str) -> None:
    """Raises ProblemError(MALFORMED) for a form that does not say what it does."""
    if request.form.get("do") != step:
        raise ProblemError(Problem.MALFORMED)


def _refused(error: ProblemError) -> BaseResponse:
    told = {
        Problem.BATCH_DECIDED: "decided",
        Problem.BATCH_NOT_READY: "not-ready",
        Problem.INVALID_INPUT: "choose-unit",
    }.get(error.problem)
    if told is None:
        raise error
    return _back(told)


def _back(told: str) -> BaseResponse:
    return redirect(f"/desk/batches/{current_batch().id}?told={told}#told", code=303)


def _by_script() -> bool:
    return request.headers.get("Accept") == "application/json"


def _json(body: dict[str, object], status: int) -> Response:
    g.language = current().language
    return Response(json.dumps(body), status=status, content_type="application/json")


def _html(html: str, status: int) -> Response:
    return Response(html, status=status, content_type="text/html; charset=utf-8")
