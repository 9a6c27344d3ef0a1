"""Looking at the marks of a batch: what waits for a person, one after another, each decision kept at once. Works without JavaScript."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, json, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forms.paper.layout import WIDTH, Area
from forms.paper.layout import from_plain as layout_from_plain
from forms.problems import Problem, ProblemError
from server.desk_session import (
    actor,
    current_account,
    current_batch,
    current_round,
    desk_page,
    may_use,
)
from server.languages import current, direction
from server.page_words import fault_message
from server.paper.reviewing import (
    Decision,
    Outcome,
    Questionnaires,
    decide,
    leave_out,
    undo,
    with_translation,
    work_of,
)
from server.service import Service, service
from store import (
    paper_findings,
    paper_pages,
    paper_readings,
    paper_sheets,
    piles,
    round_units,
)
from store.paper_batches import Batch, BatchState
from store.paper_sheets import Sheet, SheetStanding
from sync.paper.answers import question_at
from sync.paper.crops import around, crop

blueprint = Blueprint("paper_review", __name__, url_prefix="/desk/batches/<batch>/review")

#: Millimetres above and below a question's boxes, so that its words are seen too.
AROUND = 14.0
#: The narrower border of a page that is not shown.
EDGE = 8.0


@blueprint.get("")
def page() -> str:
    """What waits for whoever asks; when nothing does, what there is to confirm."""
    running = service()
    found = current_batch()
    return _page(running, found)


@blueprint.post("")
def keep() -> BaseResponse:
    """Keep one decision, or take the last one back. A script asks for JSON."""
    running = service()
    found = current_batch()
    if not found.undecided:
        raise ProblemError(Problem.BATCH_DECIDED)
    account = current_account().id
    if request.form.get("do") == "undo":
        taken = undo(running.store, found, account)
        back = {"sheet": taken.sheet, "place": taken.place} if taken else None
        return _json({"undone": back}) if _by_script() else _back(found)
    sheets = _sheets(running, found)
    decision = _read(sheets)
    if request.form.get("do") == "out":
        leave_out(
            running.store,
            found,
            decision.sheet,
            rng=random.SystemRandom(),
            actor=actor(),
            now=running.clock(),
        )
        return _json({"state": "kept"}) if _by_script() else _back(found)
    sheet = sheets[decision.sheet]
    layout = piles.layout(running.store.main, sheet.layout)
    assert layout is not None
    questionnaire = running.questionnaire(layout.version)
    outcome = decide(
        running.store,
        found,
        decision,
        account=account,
        questionnaire=questionnaire,
        checker=running.checker(layout.version),
        units=round_units.ids(running.store.main, found.round),
    )
    said = _said(outcome, question_at(questionnaire, decision.place))
    if _by_script():
        status = 422 if outcome.state in {"wrong", "personal"} else 200
        return _json({"state": outcome.state, "said": said}, status)
    if outcome.state in {"wrong", "personal"}:
        html = _page(
            running, found, again=decision, said=said, personal=outcome.state == "personal"
        )
        return Response(html, status=422, content_type="text/html; charset=utf-8")
    return _back(found)


@blueprint.get("/image/<int:sheet>")
def image(sheet: int) -> Response:
    """The piece of a sheet that holds a question, or (`whole`) its page. Nobody keeps it: a browser neither."""
    running = service()
    found = current_batch()
    kept = _sheets(running, found).get(sheet)
    reading = paper_readings.find(running.store.paper, sheet, request.args.get("place", ""))
    picture = paper_pages.image(running.store.paper, reading.page) if kept and reading else None
    layout = piles.layout(running.store.main, kept.layout) if kept else None
    if not picture or layout is None or reading is None:
        raise ProblemError(Problem.NOT_FOUND)
    if "whole" not in request.args:
        page_read = paper_pages.find(running.store.paper, reading.page)
        # One that a person put into its sheet was never set straight: where its boxes are nobody knows.
        straight = page_read is not None and page_read.status == "sheet"
        number = page_read.page or 0 if page_read and straight else 0
        printed = layout_from_plain(layout.layout).page(number)
        areas = [box.area for box in printed.boxes if box.place == reading.place] if printed else []
        if areas:
            picture = crop(picture, _strip(areas), margin=0)
    return Response(
        picture, content_type="image/jpeg", headers={"Cache-Control": "no-store, private"}
    )


def _strip(areas: Sequence[Area]) -> Area:
    """The whole width of the page at the height of a question's boxes: the words of options stand beside them."""
    held = around(areas)
    top = max(0.0, held.y - AROUND)
    return Area(EDGE, top, WIDTH - 2 * EDGE, held.y + held.height + AROUND - top)


def _page(
    running: Service,
    found: Batch,
    *,
    again: Decision | None = None,
    said: Sequence[str] = (),
    personal: bool = False,
) -> str:
    store = running.store
    shown = current_round()
    sheets = _sheets(running, found)
    units = [(one.unit, one.name) for one in round_units.listed(store.main, shown.id)]
    work = work_of(
        store,
        found,
        current_account().id,
        sheets,
        _questionnaires(running, sheets),
        units,
        running.checker,
    )
    counted = sum(one.standing is SheetStanding.IN for one in sheets.values())
    return desk_page(
        "desk/paper_review.html",
        round=shown,
        batch=found,
        work=work,
        at=f"/desk/batches/{found.id}/review",
        sheets=counted,
        findings=paper_findings.open_number(store.paper, found.id),
        owns=may_use("batches.accept", shown, found.unit),
        reading=found.state in {BatchState.UPLOADING, BatchState.READING},
        again=again,
        said=said,
        personal=personal,
        direction=direction,
        test=shown.test_of is not None,
    )


def _read(sheets: dict[int, Sheet]) -> Decision:
    """The decision that a form holds. Raises ProblemError: MALFORMED, NOT_FOUND for a sheet that is not the batch's."""
    form = request.form
    if not re.fullmatch("[0-9]{1,12}", form.get("sheet", "")):
        raise ProblemError(Problem.MALFORMED)
    sheet = sheets.get(int(form["sheet"]))
    if sheet is None:
        raise ProblemError(Problem.NOT_FOUND)
    values = [value.strip() for value in form.getlist("value") if value.strip()]
    missing = [value for value in form.getlist("missing") if value.strip()]
    translation = form.get("translation", "")
    if values and translation.strip():
        values = [with_translation("\n".join(values), translation, "da")]
    return Decision(
        sheet=sheet.id,
        place=form.get("place", ""),
        needs=form.get("needs", ""),
        values=tuple(missing or values),
        seen="seen" in form,
    )


def _said(outcome: Outcome, question: Any) -> list[str]:
    """What is wrong, in the words of the desk."""
    return [
        fault_message(code, dict(params), question, current()) for code, params in outcome.codes
    ]


def _sheets(running: Service, found: Batch) -> dict[int, Sheet]:
    return {one.id: one for one in paper_sheets.of_batch(running.store.paper, found.id)}


def _questionnaires(running: Service, sheets: dict[int, Sheet]) -> Questionnaires:
    of_layout = {}
    for name in {one.layout for one in sheets.values()}:
        kept = piles.layout(running.store.main, name)
        if kept is not None:
            of_layout[name] = running.questionnaire(kept.version)
    return Questionnaires(of_layout)


def _by_script() -> bool:
    return request.headers.get("Accept", "") == "application/json"


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, content_type="application/json")


def _back(found: Batch) -> BaseResponse:
    return redirect(f"/desk/batches/{found.id}/review#next", code=303)
