"""What a person decides about a round, checked as a whole, and kept: set up, and set up anew while it is planned.

The command line and the desk's page come here alike. A round that is set up in test mode waits for a person to approve
it, and has a test round beside it (test_mode.py).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, validate
from sqlite_utils import Database

from forms.problems import Fault, Problem, ProblemError
from store import audit, round_collections, round_units, rounds, working_groups
from store import units as kept_units
from store.database import Store
from store.instants import instant_text
from store.plain_json import json_text
from store.round_collections import Collection
from store.round_units import RoundUnit
from store.rounds import Interim, Round, RoundState
from store.versions import KeptVersion

from .publishing import kept_questionnaire
from .round_ids import draw_round_id
from .test_mode import add_test_round, follow

#: People's clock.
LOCAL_TIME = ZoneInfo("Europe/Copenhagen")

ANSWERING_TIME = timedelta(weeks=4)
#: *receive until* is three weeks after *answer until* unless set (design): paper is collected and scanned.
RECEIVING_AFTER = timedelta(weeks=3)

NOTICE_FIELDS = (
    "controller", "data_protection_officer", "purpose", "legal_basis", "recipients", "retention", "rights", "complaint",
)  # fmt: skip

CHANNELS = ("web", "tablet", "paper", "typed", "simulated")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlan:
    """What a person decides about a round; None, or nothing, stands for the default. `units` are ids or names;
    `collection_title` is that of a collection that is not there yet."""

    privacy_notice: Mapping[str, Mapping[str, str]]
    title: Mapping[str, str] = field(default_factory=dict)
    collection: str | None = None
    collection_title: Mapping[str, str] = field(default_factory=dict)
    opens_at: datetime | None = None
    answer_until: datetime | None = None
    receive_until: datetime | None = None
    languages: Sequence[str] = ()
    channels: Sequence[str] = CHANNELS
    units: Sequence[str] = ()
    smallest_group: int = 5
    survey: str = "total"
    population: int | None = None
    access: str = "public"
    working_group: str | None = None
    contact: Mapping[str, str] = field(default_factory=dict)
    ceiling: int = 100_000
    scan_days: int = 30
    turn_minutes: int = 30
    second_share: int = 5
    typed_twice: bool = False
    interim: Interim = Interim.NONE
    single_answers: bool = False


def read_local(text: str, *, where: str) -> datetime:
    """A person's "2026-12-31 12:00" or "2026-12-31" (end of that day, Europe/Copenhagen) as an instant.

    Raises ProblemError(INVALID_INPUT).
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        fault = Fault(
            where, "not-a-time", f"{text!r} is not a time.", 'Write it as "2026-12-31 12:00".'
        )
        raise ProblemError(Problem.INVALID_INPUT, faults=(fault,)) from None
    if len(text.strip()) == len("2026-12-31"):
        moment = datetime.combine(moment.date(), time(23, 59, 59))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=LOCAL_TIME)
    return moment.astimezone(UTC)


def read_notice(plain: object, languages: Sequence[str]) -> dict[str, dict[str, str]]:
    """The privacy notice of a round, {language: {field: text}}, whole in every language of the round.

    Raises ProblemError(INVALID_INPUT) naming each missing language, field or text.
    """
    one = Schema.from_dict(
        {
            name: fields.String(required=True, validate=validate.Length(min=1))
            for name in NOTICE_FIELDS
        }
    )
    faults = []
    notice: dict[str, dict[str, str]] = {}
    given = plain if isinstance(plain, Mapping) else {}
    for language in languages:
        remedy = "Write it; docs/privacy-notice-template.md has a text to begin from."
        if language not in given:
            faults.append(
                Fault(
                    f"privacy notice, {language}",
                    "missing-notice",
                    "There is no text in this language.",
                    remedy,
                )
            )
            continue
        try:
            notice[language] = one().load(given[language])
        except ValidationError as error:
            messages = (
                error.messages if isinstance(error.messages, Mapping) else {"": error.messages}
            )
            for name, message in messages.items():
                said = " ".join(message) if isinstance(message, list) else str(message)
                faults.append(Fault(f"privacy notice, {language}, {name}", "notice", said, remedy))
    if faults:
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(faults))
    return notice


def set_up_round(
    store: Store,
    version: KeptVersion,
    plan: RoundPlan,
    *,
    now: datetime,
    rng: random.Random,
    actor: str = audit.COMMAND_LINE,
    test_mode: bool = False,
) -> Round:
    """Keep a planned round; in `test_mode` it opens only once a person approves it, and its test round is kept with it.

    Raises ProblemError(INVALID_INPUT) naming every fault in the plan and in its notice.
    """
    draft, units = _draft(store, version, plan, now=now)
    with store.write() as db:
        _keep_collection(db, draft.collection, version, plan)
        new = replace(draft, id=draw_round_id(db, rng), approved=not test_mode)
        rounds.add(db, new)
        round_units.keep(db, new.id, _from_the_opening(new, units))
        if test_mode:
            add_test_round(db, new.id, now=now, rng=rng)
        audit.note(
            db,
            at=now,
            actor=actor,
            action="round set up",
            subject=f"round:{new.id}",
            details=_told(new, len(units)),
        )
    return rounds.read(store.main, new.id)


def change_round(
    store: Store,
    round_id: str,
    version: KeptVersion,
    plan: RoundPlan,
    *,
    now: datetime,
    rng: random.Random,
    actor: str,
) -> Round:
    """Set a planned round up anew; who approved it approves again. Its test round follows, emptied where what is asked,
    promised or divided by is another.

    Raises ProblemError: INVALID_INPUT as `set_up_round` does, ROUND_NOT_OPEN for a round that has opened meanwhile.
    """
    draft, units = _draft(store, version, plan, now=now)
    with store.write() as db:
        kept = rounds.read(db, round_id)
        if kept.state is not RoundState.PLANNED or kept.test_of is not None:
            raise ProblemError(Problem.ROUND_NOT_OPEN, "It has opened.")
        _keep_collection(db, draft.collection, version, plan)
        new = replace(draft, id=round_id)
        before = {one.unit: one for one in round_units.listed(db, round_id)}
        rounds.set_up_anew(db, new)
        if kept.approved and not new.approved:
            rounds.approve(db, round_id, approved=False)
        for gone in set(before) - set(units):
            round_units.remove(db, round_id, gone)
        round_units.keep(
            db, round_id, _from_the_opening(new, [unit for unit in units if unit not in before])
        )
        follow(db, kept, rounds.read(db, round_id), before.keys() != set(units), now=now, rng=rng)
        audit.note(
            db,
            at=now,
            actor=actor,
            action="round changed",
            subject=f"round:{round_id}",
            details=_changes(_told(kept, len(before)), _told(new, len(units))),
        )
    return rounds.read(store.main, round_id)


def _draft(
    store: Store, version: KeptVersion, plan: RoundPlan, *, now: datetime
) -> tuple[Round, list[str]]:
    """The round that a plan makes, without an id and not approved, and the ids of its units. Raises INVALID_INPUT."""
    questionnaire = kept_questionnaire(version)
    languages = tuple(plan.languages) or tuple(language.tag for language in questionnaire.languages)
    opens_at = plan.opens_at or now
    answer_until = plan.answer_until or opens_at + ANSWERING_TIME
    receive_until = plan.receive_until or answer_until + RECEIVING_AFTER

    faults = list(
        _faults(questionnaire.languages, languages, opens_at, answer_until, receive_until, plan)
    )
    units = [(name, kept_units.resolve(store.main, name)) for name in plan.units]
    faults += [
        Fault(
            "units",
            "unknown-unit",
            f"No unit is called {name!r}.",
            "Import it first with 'svarboks units import FILE'.",
        )
        for name, unit in units
        if unit is None
    ]
    if plan.working_group and working_groups.find(store.main, plan.working_group) is None:
        faults.append(
            Fault("working group", "unknown-group", f"There is no working group {plan.working_group!r}.",
                  "It comes into being with its first account: 'svarboks account add … --group'.")
        )  # fmt: skip
    notice: dict[str, dict[str, str]] = {}
    try:
        tags = {language.tag for language in questionnaire.languages}
        notice = read_notice(plan.privacy_notice, [tag for tag in languages if tag in tags])
    except ProblemError as error:
        faults += error.faults
    if faults:
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(faults))
    draft = Round(
        id="",
        collection=plan.collection or questionnaire.id,
        title=dict(plan.title) or dict(questionnaire.title),
        promise=str(questionnaire.promise),
        opens_at=opens_at.replace(microsecond=0),
        answer_until=answer_until.replace(microsecond=0),
        receive_until=receive_until.replace(microsecond=0),
        languages=languages,
        channels=tuple(plan.channels),
        versions=(version.hash,),
        privacy_notice=notice,
        smallest_group=plan.smallest_group,
        survey=plan.survey,
        population=plan.population,
        ceiling=plan.ceiling,
        access=plan.access,
        contact=dict(plan.contact),
        working_group=plan.working_group,
        scan_days=plan.scan_days,
        turn_minutes=plan.turn_minutes,
        second_share=plan.second_share,
        typed_twice=plan.typed_twice,
        interim=plan.interim,
        single_answers=plan.single_answers,
        approved=False,
    )
    return draft, list(dict.fromkeys(unit.id for _, unit in units if unit is not None))


def _from_the_opening(new: Round, units: Sequence[str]) -> list[RoundUnit]:
    day = new.opens_at.astimezone(LOCAL_TIME).date()
    return [RoundUnit(unit=unit, from_day=day) for unit in units]


def _keep_collection(db: Database, collection: str, version: KeptVersion, plan: RoundPlan) -> None:
    """A collection that is not there yet is made, called as the plan says, else as the questionnaire."""
    if collection not in {kept.id for kept in round_collections.listed(db)}:
        title = dict(plan.collection_title) or dict(kept_questionnaire(version).title)
        round_collections.keep(db, Collection(id=collection, title=title))


def _told(round_: Round, units: int) -> dict[str, Any]:
    """What the audit log says of a round that is set up. The long notice is told by its digest: the round keeps it."""
    return {
        "title": dict(round_.title),
        "versions": list(round_.versions),
        "collection": round_.collection,
        "working_group": round_.working_group,
        "opens_at": instant_text(round_.opens_at),
        "answer_until": instant_text(round_.answer_until),
        "receive_until": instant_text(round_.receive_until),
        "languages": list(round_.languages),
        "channels": list(round_.channels),
        "units": units,
        "smallest_group": round_.smallest_group,
        "survey": round_.survey,
        "population": round_.population,
        "access": round_.access,
        "ceiling": round_.ceiling,
        "scan_days": round_.scan_days,
        "turn_minutes": round_.turn_minutes,
        "second_share": round_.second_share,
        "typed_twice": round_.typed_twice,
        "interim": round_.interim.value,
        "single_answers": round_.single_answers,
        "contact": dict(round_.contact),
        "privacy_notice": hashlib.sha256(json_text(round_.privacy_notice).encode()).hexdigest(),
        "approved": round_.approved,
    }


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """{what: [old, new]} of what differs."""
    return {name: [old[name], new[name]] for name in old if old[name] != new[name]}


def _faults(
    known: Sequence[Any],
    languages: Sequence[str],
    opens_at: datetime,
    answer_until: datetime,
    receive_until: datetime,
    plan: RoundPlan,
) -> list[Fault]:
    tags = [language.tag for language in known]
    faults = [
        Fault(
            "languages",
            "unknown-language",
            f"The questionnaire is not in {tag!r}.",
            f"It is in {', '.join(tags)}.",
        )
        for tag in languages
        if tag not in tags
    ]
    if not opens_at <= answer_until <= receive_until:
        faults.append(
            Fault("until", "order", "A round opens first, is answered until then, and received until after that.",
                  "Give times in this order.")
        )  # fmt: skip
    if plan.smallest_group < 5:
        faults.append(
            Fault(
                "smallest group",
                "too-small",
                "The smallest group is at least 5.",
                "Leave it out, or give 5 or more.",
            )
        )
    if plan.survey == "sample" and not plan.population:
        faults.append(
            Fault(
                "population",
                "missing",
                "A sample needs the number of people it was drawn from.",
                "Give --population.",
            )
        )
    if plan.access == "invited" and tuple(plan.channels) != ("web",):
        faults.append(
            Fault("channels", "invited", "An invited round is answered on the web.", "Choose the web only.")
        )  # fmt: skip
    return faults
