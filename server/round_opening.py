"""Sets a round up and opens it: checks all that has to be there first, and gives it its key.

The command line calls this, and so will the desk's pages. Only a caller that can reach the keys folder opens at once;
otherwise the round waits, planned, until the scheduler has made its key.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, validate
from sqlite_utils import Database

from forms.problems import Fault, Problem, ProblemError
from store import round_units, rounds, working_groups
from store import units as kept_units
from store.database import Store
from store.round_units import RoundUnit
from store.rounds import Collection, Round, RoundState
from store.versions import KeptVersion
from sync.keys import KeyFolder, kid_of, public_text

from .publishing import kept_questionnaire

log = logging.getLogger("svarboks.rounds")

#: People's clock.
LOCAL_TIME = ZoneInfo("Europe/Copenhagen")

#: No vowels (no words come about), nothing that is taken for another sign when read aloud or on paper.
ID_ALPHABET = "23456789bcdfghjkmnpqrstvwxz"
ID_LENGTH = 6

ANSWERING_TIME = timedelta(weeks=4)
#: *receive until* is three weeks after *answer until* unless set (design): paper is collected and scanned.
RECEIVING_AFTER = timedelta(weeks=3)

NOTICE_FIELDS = (
    "controller", "data_protection_officer", "purpose", "legal_basis", "recipients", "retention", "rights", "complaint",
)  # fmt: skip

CHANNELS = ("web", "tablet", "paper", "typed", "simulated")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlan:
    """What a person decides about a new round; None stands for the default."""

    privacy_notice: Mapping[str, Mapping[str, str]]
    title: Mapping[str, str] = field(default_factory=dict)
    collection: str | None = None
    opens_at: datetime | None = None
    answer_until: datetime | None = None
    receive_until: datetime | None = None
    languages: Sequence[str] = ()
    units: Sequence[str] = ()
    smallest_group: int = 5
    survey: str = "total"
    population: int | None = None
    working_group: str | None = None
    contact: Mapping[str, str] = field(default_factory=dict)
    ceiling: int = 100_000


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
    store: Store, version: KeptVersion, plan: RoundPlan, *, now: datetime, rng: random.Random
) -> Round:
    """Keep a planned round. Raises ProblemError(INVALID_INPUT) naming every fault in the plan and in its notice."""
    questionnaire = kept_questionnaire(version)
    languages = tuple(plan.languages) or tuple(language.tag for language in questionnaire.languages)
    opens_at = plan.opens_at or now
    answer_until = plan.answer_until or opens_at + ANSWERING_TIME
    receive_until = plan.receive_until or answer_until + RECEIVING_AFTER

    faults = list(
        _faults(questionnaire.languages, languages, opens_at, answer_until, receive_until, plan)
    )
    units = [kept_units.resolve(store.main, name) for name in plan.units]
    faults += [
        Fault(
            "units",
            "unknown-unit",
            f"No unit is called {name!r}.",
            "Import it first with 'svarboks units import FILE'.",
        )
        for name, unit in zip(plan.units, units, strict=True)
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

    local_day = opens_at.astimezone(LOCAL_TIME).date()
    new = Round(
        id="".join(rng.choice(ID_ALPHABET) for _ in range(ID_LENGTH)),
        collection=plan.collection or questionnaire.id,
        title=dict(plan.title) or dict(questionnaire.title),
        promise=str(questionnaire.promise),
        opens_at=opens_at.replace(microsecond=0),
        answer_until=answer_until.replace(microsecond=0),
        receive_until=receive_until.replace(microsecond=0),
        languages=languages,
        channels=CHANNELS,
        versions=(version.hash,),
        privacy_notice=notice,
        smallest_group=plan.smallest_group,
        survey=plan.survey,
        population=plan.population,
        ceiling=plan.ceiling,
        contact=dict(plan.contact),
        working_group=plan.working_group,
    )
    with store.write() as db:
        if new.collection not in {kept.id for kept in rounds.collections(db)}:
            rounds.keep_collection(
                db, Collection(id=new.collection, title=dict(questionnaire.title))
            )
        while rounds.find(db, new.id) is not None:
            new = _renamed(new, "".join(rng.choice(ID_ALPHABET) for _ in range(ID_LENGTH)))
        rounds.add(db, new)
        round_units.keep(
            db,
            new.id,
            [RoundUnit(unit=unit.id, from_day=local_day) for unit in units if unit is not None],
        )
    return rounds.read(store.main, new.id)


def give_key(store: Store, keys: KeyFolder, round_id: str) -> None:
    """Make the round's key, the private half in the keys folder first, so that no round is ever without it."""
    public_key = keys.private(round_id).public_key() if keys.has(round_id) else keys.make(round_id)
    with store.write() as db:
        rounds.set_key(db, round_id, public_text(public_key), kid_of(public_key))


def open_due(store: Store, keys: KeyFolder, *, now: datetime) -> list[str]:
    """Give keys to the rounds that lack one and open those whose time has come. Returns the ids of those opened."""
    for waiting in rounds.without_key(store.main):
        try:
            give_key(store, keys, waiting.id)
        except (ProblemError, OSError) as error:
            # One round without a key stays planned, and holds up no other.
            log.error("round %s got no key: %s", waiting.id, type(error).__name__)
    opened = []
    for due in rounds.due_to_open(store.main, now):
        with store.write() as db:
            rounds.set_state(db, due.id, RoundState.OPEN)
        opened.append(due.id)
    return opened


def close_round(
    store: Store, round_id: str, *, now: datetime, keep_receiving: bool = False
) -> Round:
    """End the answering now; and the receiving too, unless sheets and tablets are still to come in."""
    with store.write() as db:
        found = rounds.read(db, round_id)
        if found.state is not RoundState.OPEN:
            raise ProblemError(Problem.ROUND_NOT_OPEN, f"It is {found.state}.")
        # A round that is closed in the very second it was opened still begins before it ends.
        moment = max(now.replace(microsecond=0), found.opens_at)
        rounds.set_instants(
            db,
            round_id,
            opens_at=found.opens_at,
            answer_until=min(found.answer_until, moment),
            receive_until=found.receive_until
            if keep_receiving
            else min(found.receive_until, moment),
        )
        if not keep_receiving:
            rounds.set_state(db, round_id, RoundState.CLOSED)
    return rounds.read(store.main, round_id)


def finish(db: Database, round_id: str) -> None:
    """Note that a closed round has been mixed wholly; what comes later waits for a mix that a person orders.

    In a write transaction. Nothing changes for a round that is open or finished already.
    """
    if rounds.read(db, round_id).state is RoundState.CLOSED:
        rounds.set_state(db, round_id, RoundState.FINISHED)


def close_due(store: Store, *, now: datetime) -> list[str]:
    """Close the rounds whose *receive until* has passed. Returns their ids."""
    closed = []
    for due in rounds.due_to_close(store.main, now):
        with store.write() as db:
            rounds.set_state(db, due.id, RoundState.CLOSED)
        closed.append(due.id)
    return closed


def _renamed(new: Round, identity: str) -> Round:
    values: dict[str, Any] = {name: getattr(new, name) for name in Round.__dataclass_fields__}
    return Round(**{**values, "id": identity})


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
    return faults
