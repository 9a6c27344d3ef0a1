"""Units at the desk: the register with search, one unit with its areas over time, the areas on a day, small corrections."""

from __future__ import annotations

import re
from datetime import date

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from forms.problems import Fault, Problem, ProblemError
from forms.units import (
    AREA_KINDS,
    UNIT_KINDS,
    write_areas,
    write_memberships,
    write_units,
)
from server import unit_forms
from server.desk_session import actor, desk_page
from server.fault_words import fault_words
from server.languages import CLOCK
from server.service import service
from server.unit_files import kept_tables
from server.unit_register import areas_on, unit_list, unit_record
from store import units

blueprint = Blueprint("units", __name__, url_prefix="/desk/units")

#: What a page says after a change.
TOLD = ("imported", "added", "changed", "membership", "ended")


@blueprint.get("")
def overview() -> str:
    """The units, fifty at a time, by any of their spellings, their kind, region or area."""
    main = service().store.main
    asked = {name: request.args.get(name, "")[:200] for name in ("q", "kind", "region", "area")}
    return desk_page(
        "desk/units.html",
        found=unit_list(
            main,
            query=asked["q"],
            kind=asked["kind"],
            region=asked["region"],
            area=asked["area"],
            number=_number("page"),
            today=_today(),
        ),
        asked=asked,
        areas=units.areas(main),
        kinds=UNIT_KINDS,
        told=_told(),
    )


@blueprint.get("/unit/<unit>")
def page(unit: str) -> str:
    """One unit."""
    return _page(unit)


def _page(unit: str, **values: object) -> str:
    main = service().store.main
    record = unit_record(main, unit, _today())
    if record is None:
        raise ProblemError(Problem.NOT_FOUND)
    shown: dict[str, object] = {"form": {}, "faults": (), "told": _told(), **values}
    return desk_page(
        "desk/unit.html",
        record=record,
        areas=units.areas(main),
        fault_of=_by_field,
        fault_words=fault_words,
        **shown,
    )


@blueprint.get("/new")
def new() -> str:
    """The form of a unit that is not there yet."""
    return _form(None, {}, ())


@blueprint.post("/new")
def add() -> Response:
    """Add it."""
    return _keep(None, "added")


@blueprint.get("/unit/<unit>/edit")
def edit(unit: str) -> str:
    """The form of a unit, as it is."""
    record = unit_record(service().store.main, unit, _today())
    if record is None:
        raise ProblemError(Problem.NOT_FOUND)
    now = {
        "id": unit,
        "name": record.unit.name,
        "kind": record.unit.kind,
        "region": record.unit.region or "",
        "alternative_names": "\n".join(record.spellings),
    }
    return _form(unit, now, ())


@blueprint.post("/unit/<unit>/edit")
def change(unit: str) -> Response:
    """Correct it."""
    return _keep(unit, "changed")


def _keep(unit: str | None, told: str) -> Response:
    running = service()
    try:
        kept = unit_forms.keep_unit(
            running.store, request.form.to_dict(), of=unit, actor=actor(), now=running.clock()
        )
    except ProblemError as error:
        if error.problem is not Problem.INVALID_INPUT:
            raise
        html = _form(unit, request.form.to_dict(), error.faults)
        return Response(html, status=error.problem.status, content_type="text/html; charset=utf-8")
    return redirect(f"/desk/units/unit/{kept}?told={told}#told", code=303)


def _form(unit: str | None, form: dict[str, str], faults: tuple[Fault, ...]) -> str:
    return desk_page(
        "desk/unit_form.html",
        unit=unit,
        form=form,
        faults=faults,
        fault_of=_by_field,
        fault_words=fault_words,
        kinds=UNIT_KINDS,
        regions=units.regions(service().store.main),
    )


@blueprint.post("/unit/<unit>/memberships")
def add_membership(unit: str) -> Response:
    """Let the unit belong to an area from a day."""
    running = service()
    _require(unit)
    try:
        unit_forms.add_membership(
            running.store, unit, request.form.to_dict(), actor=actor(), now=running.clock()
        )
    except ProblemError as error:
        return _again(unit, error, "add")
    return redirect(f"/desk/units/unit/{unit}?told=membership#told", code=303)


@blueprint.post("/unit/<unit>/memberships/end")
def end_membership(unit: str) -> Response:
    """Set the last day of a membership."""
    running = service()
    _require(unit)
    try:
        unit_forms.end_membership(
            running.store, unit, request.form.to_dict(), actor=actor(), now=running.clock()
        )
    except ProblemError as error:
        return _again(unit, error, "end")
    return redirect(f"/desk/units/unit/{unit}?told=ended#told", code=303)


def _again(unit: str, error: ProblemError, which: str) -> Response:
    if error.problem is not Problem.INVALID_INPUT:
        raise error
    html = _page(unit, form={**request.form.to_dict(), "which": which}, faults=error.faults)
    return Response(html, status=error.problem.status, content_type="text/html; charset=utf-8")


@blueprint.get("/areas")
def areas() -> str:
    """The areas with their units on a chosen day, today when none is chosen."""
    typed = request.args.get("day", "")
    day, wrong = _today(), False
    if typed:
        try:
            day = date.fromisoformat(typed)
        except ValueError:
            wrong = True
    return desk_page(
        "desk/units_areas.html",
        found=areas_on(service().store.main, day),
        day=day,
        typed=typed if wrong else day.isoformat(),
        wrong=wrong,
        kinds=AREA_KINDS,
    )


@blueprint.get("/units.csv")
def units_csv() -> Response:
    """The units as the import reads them."""
    return _csv("units", write_units(kept_tables(service().store.main).units))


@blueprint.get("/areas.csv")
def areas_csv() -> Response:
    """The areas as the import reads them."""
    return _csv("areas", write_areas(kept_tables(service().store.main).areas))


@blueprint.get("/memberships.csv")
def memberships_csv() -> Response:
    """The memberships as the import reads them."""
    return _csv("memberships", write_memberships(kept_tables(service().store.main).memberships))


def _csv(name: str, text: str) -> Response:
    # With a byte order mark, without which Excel takes UTF-8 for Windows-1252.
    response = Response(("\ufeff" + text).encode(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _require(unit: str) -> None:
    if units.find(service().store.main, unit) is None:
        raise ProblemError(Problem.NOT_FOUND)


def _by_field(faults: tuple[Fault, ...], field: str) -> Fault | None:
    return next((fault for fault in faults if fault.place == field), None)


def _told() -> str:
    told = request.args.get("told", "")
    return told if told in TOLD else ""


def _today() -> date:
    return service().clock().astimezone(CLOCK).date()


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if re.fullmatch("[0-9]{1,6}", text) else 1
