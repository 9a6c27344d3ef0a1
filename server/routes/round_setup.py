"""The page on which the secretariat sets a round up, and sets it up anew while it is planned. Works without script."""

from __future__ import annotations

import random
from collections.abc import Mapping

from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from forms.problems import Fault, Problem, ProblemError
from forms.questionnaire import Questionnaire
from forms.units import folded
from server.desk_session import actor, current_round, desk_page
from server.languages import direction
from server.notice_file import notice_plain
from server.page_words import PRIVACY_HEADINGS
from server.round_form import (
    CHOSEN_CHANNELS,
    NEW_COLLECTION,
    Surroundings,
    Typed,
    agree_on_recipients,
    first_values,
    read_plan,
    values_of,
)
from server.round_plan import NOTICE_FIELDS, change_round, set_up_round
from server.round_words import faults_in_words
from server.service import service
from store import (
    round_collections,
    round_units,
    test_rounds,
    units,
    versions,
    working_groups,
)
from store.rounds import Round, RoundState
from store.versions import ListedVersion

blueprint = Blueprint("round_setup", __name__, url_prefix="/desk/rounds")

#: From so many units on the list has a field that narrows it.
LONG_LIST = 12


@blueprint.get("/new")
def new() -> str:
    """A new round, filled in with what fits most."""
    version = _version(request.args.get("version", ""))
    if version is None:
        return desk_page("desk/round_without_questionnaire.html")
    return _page(_first(version.hash), version.hash)


@blueprint.post("/new")
def create() -> BaseResponse:
    """Set it up, in test mode; or show the page again with another questionnaire, or fewer units, and all that was typed."""
    return _take(None)


@blueprint.get("/<round_id>/edit")
def edit() -> BaseResponse:
    """A planned round as it is set up."""
    running = service()
    kept = current_round()
    if kept.state is not RoundState.PLANNED or kept.test_of is not None:
        return redirect(f"/desk/rounds/{kept.test_of or kept.id}?told=not-now", code=303)
    chosen = sorted(round_units.ids(running.store.main, kept.id))
    typed = values_of(kept, chosen, running.questionnaire(kept.version), running.clock())
    return _answer(_page(typed, kept.version, kept), 200)


@blueprint.post("/<round_id>/edit")
def save() -> BaseResponse:
    """Keep what was changed."""
    return _take(current_round())


def _take(kept: Round | None) -> BaseResponse:
    running = service()
    typed: Typed = MultiDict(request.form)
    version = _version(typed.get("version", ""), kept)
    if version is None:
        raise ProblemError(Problem.MALFORMED)
    step = typed.get("do", "")
    if step == "change":
        other = _version(typed.get("questionnaire", ""), kept)
        if other is not None and other.hash != version.hash:
            typed, version = _carried_over(typed, version.hash, other.hash), other
    questionnaire = running.questionnaire(version.hash)
    follows = agree_on_recipients(
        typed, {given: _notice(questionnaire, single_answers=given) for given in (False, True)}
    )
    if step != "save":
        return _answer(_page(typed, version.hash, kept), 200)
    if follows:
        # Whoever sets the round up has said that they read other words than these.
        fault = Fault("notice_read", "notice-follows", "The notice follows.", "Read it.")
        page = _page(typed, version.hash, kept, faults_in_words([fault]))
        return _answer(page, Problem.INVALID_INPUT.status)
    now = running.clock()
    try:
        plan = read_plan(typed, _surroundings(questionnaire), now=now)
        full = versions.read(running.store.main, version.hash)
        rng = random.SystemRandom()
        if kept is None:
            made = set_up_round(
                running.store, full, plan, now=now, rng=rng, actor=actor(), test_mode=True
            )
        else:
            made = change_round(running.store, kept.id, full, plan, now=now, rng=rng, actor=actor())
    except ProblemError as error:
        if error.problem is Problem.ROUND_NOT_OPEN and kept is not None:
            return redirect(f"/desk/rounds/{kept.id}?told=not-now", code=303)
        if error.problem is not Problem.INVALID_INPUT:
            raise
        return _answer(
            _page(typed, version.hash, kept, faults_in_words(error.faults)), error.problem.status
        )
    told = "set-up" if kept is None else "changed"
    return redirect(f"/desk/rounds/{made.id}?told={told}", code=303)


def _published() -> list[ListedVersion]:
    """The newest version of each questionnaire, the one published last first."""
    newest: dict[str, ListedVersion] = {}
    for listed in versions.listed(service().store.main):
        newest.setdefault(listed.questionnaire, listed)
    return sorted(newest.values(), key=lambda one: (one.published_on, one.hash), reverse=True)


def _version(version_hash: str, kept: Round | None = None) -> ListedVersion | None:
    """The version that is meant: one that may be chosen, that of the round, or without a word the one published last."""
    published = _published()
    if not version_hash:
        return published[0] if published else None
    own = kept.version if kept is not None else ""
    everything = published if version_hash != own else versions.listed(service().store.main)
    return next((one for one in everything if one.hash == version_hash), None)


def _first(version_hash: str) -> Typed:
    running = service()
    questionnaire = running.questionnaire(version_hash)
    return first_values(questionnaire, _notice(questionnaire), running.clock())


def _notice(
    questionnaire: Questionnaire, *, single_answers: bool = False
) -> Mapping[str, Mapping[str, str]]:
    plain = notice_plain(
        service().settings, str(questionnaire.promise), None, single_answers=single_answers
    )
    return plain if isinstance(plain, Mapping) else {}


def _carried_over(typed: Typed, before: str, after: str) -> Typed:
    """What was typed, with what the other questionnaire offers where the field was as the first one had offered it."""
    offered, other = _first(before), _first(after)
    carried: Typed = MultiDict(typed)
    for name in other:
        if name not in carried or carried.getlist(name) == offered.getlist(name):
            carried.setlist(name, other.getlist(name))
    carried.setlist("languages", other.getlist("languages"))
    return carried


def _surroundings(questionnaire: Questionnaire) -> Surroundings:
    main = service().store.main
    return Surroundings(
        questionnaire=questionnaire,
        collections=[one.id for one in round_collections.listed(main)],
        working_groups=[one.id for one in working_groups.listed(main)],
        units={one.id for one in units.listed(main)},
        areas={one.id for one in units.areas(main)},
        units_in_area=lambda area, day: units.units_in_area(main, area, day),
    )


def _page(
    typed: Typed,
    version_hash: str,
    kept: Round | None = None,
    faults: Mapping[str, str] | None = None,
) -> str:
    running = service()
    main = running.store.main
    questionnaire = running.questionnaire(version_hash)
    every_unit = units.listed(main)
    wanted = folded(typed.get("unit_filter", ""))
    chosen = set(typed.getlist("units"))
    published = _published()
    return desk_page(
        "desk/round_setup.html",
        kept=kept,
        at=f"/desk/rounds/{kept.id}/edit" if kept else "/desk/rounds/new",
        typed=typed,
        faults=faults or {},
        version=version_hash,
        published=published,
        questionnaire=questionnaire,
        collections=[one for one in round_collections.listed(main) if one.id != questionnaire.id],
        new_collection=NEW_COLLECTION,
        groups=working_groups.listed(main),
        areas=units.areas(main),
        units=[
            unit
            for unit in every_unit
            if unit.id in chosen or any(wanted in folded(name) for name in (unit.name, *unit.names))
        ],
        number_of_units=len(every_unit),
        long_list=len(every_unit) > LONG_LIST,
        channels=CHOSEN_CHANNELS,
        notice_headings=[(name, PRIVACY_HEADINGS[name]) for name in NOTICE_FIELDS],
        test=test_rounds.of_round(main, kept.id) if kept else None,
        direction=direction,
    )


def _answer(html: str, status: int) -> Response:
    return Response(html, status=status, content_type="text/html; charset=utf-8")
