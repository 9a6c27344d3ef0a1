"""The working groups: making one and giving it another name. Who sits in it is a role of the account."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Fault, Problem, ProblemError
from server.account_form import LONGEST_NAME, slug
from server.desk_session import actor, desk_page
from server.page_words import N_
from server.service import service
from store import account_lists, audit, working_groups
from store.working_groups import WorkingGroup

blueprint = Blueprint("working_groups", __name__, url_prefix="/desk/accounts/working-groups")


@blueprint.get("")
def overview() -> str:
    """The working groups with their numbers of chairs and members, and a field for a new one."""
    return _page("", {})


@blueprint.post("")
def add() -> BaseResponse:
    """Make a working group."""
    running = service()
    name = " ".join(request.form.get("name", "").split())
    with running.store.write() as db:
        there = working_groups.listed(db)
        fault = _fault(name, there)
        if fault is None:
            made = WorkingGroup(id=slug(name, (group.id for group in there)), name=name)
            working_groups.keep(db, made)
            audit.note(
                db,
                at=running.clock(),
                actor=actor(),
                action="working group added",
                subject=f"group:{made.id}",
                details={"name": name},
            )
    if fault is not None:
        return Response(_page(name, {"name": fault}), status=422)
    return redirect("/desk/accounts/working-groups?done=added", code=303)


@blueprint.post("/<group>")
def rename(group: str) -> BaseResponse:
    """Give a working group another name; its id stays."""
    running = service()
    name = " ".join(request.form.get("name", "").split())
    with running.store.write() as db:
        found = working_groups.find(db, group)
        if found is None:
            raise ProblemError(Problem.NOT_FOUND)
        fault = _fault(name, [one for one in working_groups.listed(db) if one.id != group])
        if fault is None and name != found.name:
            working_groups.keep(db, WorkingGroup(id=group, name=name, parent=found.parent))
            audit.note(
                db,
                at=running.clock(),
                actor=actor(),
                action="working group renamed",
                subject=f"group:{group}",
                details={"from": found.name, "to": name},
            )
    if fault is not None:
        return Response(_page("", {f"name-{group}": fault}, {group: name}), status=422)
    return redirect("/desk/accounts/working-groups?done=renamed", code=303)


def _fault(name: str, others: list[WorkingGroup]) -> Fault | None:
    if not name or len(name) > LONGEST_NAME:
        return Fault("name", "missing", N_("The name is missing, or it is too long."), N_("Write the working group's name."))  # fmt: skip
    if name.casefold() in {group.name.casefold() for group in others}:
        return Fault("name", "taken", N_("There is a working group of this name already."), N_("Write another name."))  # fmt: skip
    return None


def _page(name: str, faults: dict[str, Fault], names: dict[str, str] | None = None) -> str:
    main = service().store.main
    done = request.args.get("done", "")
    return desk_page(
        "desk/working_groups.html",
        groups=working_groups.listed(main),
        seats=account_lists.seats(main),
        name=name,
        names=names or {},
        faults=faults,
        longest_name=LONGEST_NAME,
        done=done if done in {"added", "renamed"} else "",
    )
