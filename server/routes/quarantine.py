"""What lies in quarantine, over all rounds: numbers and codes, never an answer; let in after all, or deleted by its name."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Problem, ProblemError
from server.desk_session import actor, desk_page
from server.service import service
from store import quarantine, rounds
from store.rounds import Round
from sync import release

blueprint = Blueprint("quarantine", __name__, url_prefix="/desk/quarantine")


@dataclass(frozen=True, slots=True)
class Line:
    """Submissions of one round with the same codes. `round` is None where there is no such round (any more)."""

    round_id: str
    round: Round | None
    codes: tuple[str, ...]
    number: int

    @property
    def may_be_let_in(self) -> bool:
        """Whether letting it in could help."""
        return self.round is not None and set(self.codes) <= release.MAY_BE_LET_IN


@blueprint.get("")
def overview() -> str:
    """What there is."""
    told = request.args.get("told", "")
    return desk_page(
        "desk/quarantine.html",
        lines=_lines(),
        told=told,
        done=request.args.get("done", 0, int),
        left=request.args.get("left", 0, int),
    )


@blueprint.post("/let-in")
def let_in() -> BaseResponse:
    """Let wait again what a mix could take now."""
    line = _line()
    running = service()
    done, left = release.let_in(
        running.store, line.round_id, line.codes, actor=actor(), now=running.clock()
    )
    return redirect(f"/desk/quarantine?told=let-in&done={done}&left={left}", code=303)


@blueprint.get("/delete")
def ask_to_delete() -> str:
    """Say what would be lost."""
    return desk_page("desk/quarantine_delete.html", line=_line(), wrong=False)


@blueprint.post("/delete")
def delete() -> BaseResponse:
    """Delete it, once its number has been typed."""
    line = _line()
    if request.form.get("number", "").strip() != str(line.number):
        html = desk_page("desk/quarantine_delete.html", line=line, wrong=True)
        return Response(html, status=422, content_type="text/html; charset=utf-8")
    running = service()
    done = release.delete(
        running.store, line.round_id, line.codes, actor=actor(), now=running.clock()
    )
    return redirect(f"/desk/quarantine?told=deleted&done={done}", code=303)


def _lines() -> list[Line]:
    running = service()
    return [
        Line(round_id, rounds.find(running.store.main, round_id), codes, number)
        for round_id, codes, number in quarantine.kinds(running.store.waiting)
    ]


def _line() -> Line:
    """The line that a form or a link names. Raises ProblemError(NOT_FOUND) when nothing of it is left."""
    round_id = request.values.get("round", "")
    codes = tuple(sorted(request.values.get("codes", "").split(",")))
    for one in _lines():
        if (one.round_id, one.codes) == (round_id, codes):
            return one
    raise ProblemError(Problem.NOT_FOUND)
