"""Tablets at the desk: which there are, enrolling one, its rounds, withdrawing it, and the queue that one saved to a file.

The secretariat sees all, a unit's coordinator those of the unit. Nobody sees which answer came from which tablet: nothing
that is kept could tell.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import closing

import segno
from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Fault, Problem, ProblemError
from server import tablet_keeping as keeping
from server.desk_session import actor, current_account, desk_page
from server.languages import CLOCK, current
from server.round_words import faults_in_words
from server.service import Service, service
from store import devices, rounds, units
from store.accounts import Role
from store.devices import Device
from store.rounds import Round
from sync import devices as enrolling

blueprint = Blueprint("tablets", __name__, url_prefix="/desk/tablets")


@blueprint.get("")
def overview() -> str:
    """All tablets that are this account's to look after."""
    return _overview()


@blueprint.get("/new")
def choose_unit() -> BaseResponse:
    """On to the page on which a tablet of the chosen unit is set up."""
    unit = request.args.get("unit", "")
    if unit not in {one for one, _name in _own_units(service())}:
        return redirect("/desk/tablets", code=303)
    return redirect(f"/desk/tablets/{unit}/new", code=303)


@blueprint.get("/<unit>/new")
def new_form(unit: str) -> Response:
    """The page on which a tablet is set up."""
    running = service()
    number = len(devices.listed(running.store.main, units=[unit])) + 1
    possible = keeping.rounds_for(running.store, unit)
    typed = MultiDict([("name", f"{_unit_name(running, unit)} {number}")])
    if len(possible) == 1:
        typed.add("rounds", possible[0].id)
    return _form(running, unit, None, typed, (), 200, possible)


@blueprint.post("/<unit>/new")
def add(unit: str) -> Response:
    """Set up a tablet and show the code that enrols it, once."""
    running = service()
    typed = MultiDict(request.form)
    _unit_name(running, unit)
    faults = _faults(running, unit, typed, None)
    if faults:
        return _form(running, unit, None, typed, faults, 422)
    rng = secrets.SystemRandom()
    number, code = enrolling.prepare(
        running.store,
        name=typed["name"].strip(),
        unit=unit,
        rounds=set(typed.getlist("rounds")),
        pin=enrolling.make_pin(keeping.check_pin(typed["pin"]), rng),
        actor=actor(),
        now=running.clock(),
        rng=rng,
    )
    return _code_page(running, _device(running, unit, number), code)


@blueprint.get("/<unit>/<int:number>")
def page(unit: str, number: int) -> Response:
    """One tablet: what it last said, and what can be changed."""
    running = service()
    device = _device(running, unit, number)
    return _form(running, unit, device, _values(device), (), 200)


@blueprint.post("/<unit>/<int:number>")
def change(unit: str, number: int) -> BaseResponse:
    """Keep another name, other rounds, another PIN."""
    running = service()
    device = _device(running, unit, number)
    typed = MultiDict(request.form)
    faults = _faults(running, unit, typed, device)
    if faults:
        return _form(running, unit, device, typed, faults, 422)
    pin = typed.get("pin", "").strip()
    # What cannot be offered here any more (a finished round) stays chosen, unseen, and harms nobody.
    shown = {one.id for one in keeping.rounds_for(running.store, unit)}
    keeping.change(
        running.store,
        device,
        name=typed["name"].strip(),
        rounds=set(typed.getlist("rounds")) | (set(device.rounds) - shown),
        pin=enrolling.make_pin(keeping.check_pin(pin), secrets.SystemRandom()) if pin else None,
        actor=actor(),
        now=running.clock(),
    )
    return redirect(f"/desk/tablets/{unit}/{number}?told=changed", code=303)


@blueprint.post("/<unit>/<int:number>/code")
def make_code(unit: str, number: int) -> Response:
    """Show a new code for a tablet that is there, once."""
    running = service()
    device = _device(running, unit, number)
    code = enrolling.offer_again(
        running.store, number, actor=actor(), now=running.clock(), rng=secrets.SystemRandom()
    )
    return _code_page(running, device, code)


@blueprint.get("/<unit>/<int:number>/withdraw")
def ask_to_withdraw(unit: str, number: int) -> str:
    """Say what withdrawing means, before it is done."""
    return desk_page("desk/tablet_withdraw.html", tablet=_device(service(), unit, number))


@blueprint.post("/<unit>/<int:number>/withdraw")
def withdraw(unit: str, number: int) -> BaseResponse:
    """Refuse the tablet from its next request on."""
    running = service()
    device = _device(running, unit, number)
    enrolling.revoke(running.store, device.number, actor=actor(), now=running.clock())
    return redirect(f"/desk/tablets/{unit}/{number}?told=withdrawn", code=303)


@blueprint.post("/file")
def receive_file() -> BaseResponse:
    """Receive a queue that a tablet saved to a file."""
    running = service()
    sent = request.files.get("file")
    raw = b""
    if sent is not None:
        with closing(sent):
            raw = sent.read()
    if not raw:
        return Response(
            _overview(fault="empty"), status=422, content_type="text/html; charset=utf-8"
        )
    try:
        tally = keeping.receive_file(running.intake, raw, now=running.clock())
    except ProblemError as error:
        if error.problem is not Problem.BAD_BATCH:
            raise
        return Response(
            _overview(fault="none"), status=422, content_type="text/html; charset=utf-8"
        )
    return Response(_overview(tally=tally), content_type="text/html; charset=utf-8")


def _overview(*, fault: str = "", tally: keeping.Tally | None = None) -> str:
    running = service()
    account = current_account()
    own = None if account.holds(Role.SECRETARIAT) else account.units_as(Role.COORDINATOR)
    today = running.clock().date()
    found = devices.listed(running.store.main, units=own)
    return desk_page(
        "desk/tablets.html",
        tablets=found,
        silent={one.number for one in found if keeping.is_silent(one, today)},
        days=keeping.SILENT_AFTER.days,
        units=_own_units(running),
        fault=fault,
        tally=tally,
        reads_quarantine=account.holds(Role.SECRETARIAT),
    )


def _own_units(running: Service) -> list[tuple[str, str]]:
    """(id, name) of the units whose tablets this account may set up."""
    account = current_account()
    everything = account.holds(Role.SECRETARIAT)
    own = account.units_as(Role.COORDINATOR)
    return [
        (one.id, one.name)
        for one in units.listed(running.store.main)
        if everything or one.id in own
    ]


def _unit_name(running: Service, unit: str) -> str:
    found = units.find(running.store.main, unit)
    if found is None:
        raise ProblemError(Problem.NOT_FOUND)
    return found.name


def _device(running: Service, unit: str, number: int) -> Device:
    """Raises ProblemError(NOT_FOUND) for a tablet that is not this unit's: the right was asked for the unit."""
    found = devices.find(running.store.main, number)
    if found is None or found.unit != unit:
        raise ProblemError(Problem.NOT_FOUND)
    return found


def _values(device: Device) -> MultiDict[str, str]:
    return MultiDict([("name", device.name), *(("rounds", one) for one in device.rounds)])


def _faults(
    running: Service, unit: str, typed: MultiDict[str, str], device: Device | None
) -> tuple[Fault, ...]:
    found = [
        keeping.name_fault(
            running.store, unit, typed.get("name", ""), but=device.number if device else None
        )
    ]
    if device is None or typed.get("pin", "").strip():
        found.append(keeping.pin_fault(typed.get("pin", "")))
    possible = {one.id for one in keeping.rounds_for(running.store, unit)}
    if not set(typed.getlist("rounds")) <= possible:
        raise ProblemError(Problem.MALFORMED)
    return tuple(one for one in found if one is not None)


def _form(
    running: Service,
    unit: str,
    device: Device | None,
    typed: MultiDict[str, str],
    faults: tuple[Fault, ...],
    status: int,
    possible: Sequence[Round] | None = None,
) -> Response:
    """The page. `possible` are the rounds that can be offered, where they have been read already."""
    # Only the tablet's own: with hundreds of rounds all of them would be read for a page about none.
    held = rounds.of_ids(running.store.main, device.versions) if device is not None else []
    html = desk_page(
        "desk/tablet.html",
        tablet=device,
        unit=unit,
        unit_name=_unit_name(running, unit),
        rounds=possible if possible is not None else keeping.rounds_for(running.store, unit),
        newest={one.id: one.version for one in held},
        titles={one.id: one.title for one in held},
        silent=device is not None and keeping.is_silent(device, running.clock().date()),
        typed=typed,
        faults=faults_in_words(faults),
        told=request.args.get("told", ""),
    )
    return Response(html, status=status, content_type="text/html; charset=utf-8")


def _code_page(running: Service, device: Device, code: str) -> Response:
    address = f"{running.settings.url}/tablet"
    until = (running.clock() + enrolling.CODE_LASTS).astimezone(CLOCK)
    html = desk_page(
        "desk/tablet_code.html",
        tablet=device,
        code=enrolling.grouped(code),
        address=address,
        picture=segno.make(f"{address}#enrol={code}", error="m", micro=False).svg_data_uri(
            scale=8, border=4
        ),
        until=current().clock(f"{until:%H:%M}"),
    )
    return Response(html, content_type="text/html; charset=utf-8")
