"""The one page on which a round is set up: what its fields hold at first, and the plan that was typed in them.

Fields are plain text, kept as they were typed until all of it can be taken. Names of fields by language end in its tag:
`title_da`, `contact_da`, `notice_da_purpose`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from forms.problems import Fault, Problem, ProblemError
from forms.questionnaire import Questionnaire
from store.rounds import Interim, Round

from .round_plan import (
    ANSWERING_TIME,
    CHANNELS,
    LOCAL_TIME,
    NOTICE_FIELDS,
    RECEIVING_AFTER,
    RoundPlan,
)
from .simulated_answers import CHANNEL as SIMULATED
from .whole_number import WholeNumber

Typed = MultiDict[str, str]

#: The channels that a person chooses among; simulated answers are of the test.
CHOSEN_CHANNELS = tuple(name for name in CHANNELS if name != SIMULATED)
#: What the list of collections says for one that is not there yet.
NEW_COLLECTION = "~new"
DEFAULT_HOUR = time(12, 0)
MOST_PEOPLE = 100_000_000

_ID = re.compile(r"[^a-z0-9]+")
_DANISH = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


class RulesForm(Schema):
    """The numbers that a round is held to. Messages are codes of faults."""

    class Meta:
        unknown = EXCLUDE

    smallest_group = WholeNumber(5, 1000, outside="too-small", load_default=None)
    ceiling = WholeNumber(1, MOST_PEOPLE, load_default=None)
    population = WholeNumber(1, MOST_PEOPLE, load_default=None)


class RoundForm(RulesForm):
    """The fields of a new round that are neither texts by language nor instants."""

    scan_days = WholeNumber(1, 30, load_default=30)
    turn_minutes = WholeNumber(5, 240, load_default=30)
    second_share = WholeNumber(0, 100, load_default=5)
    typed_twice = fields.Boolean(load_default=False, truthy={"yes"}, falsy={"no"}, error_messages={"invalid": "choose"})  # fmt: skip
    single_answers = fields.Boolean(load_default=False, truthy={"yes"}, falsy={"no"}, error_messages={"invalid": "choose"})  # fmt: skip

    opens = fields.String(
        load_default="hand", validate=validate.OneOf(("hand", "day"), error="choose")
    )
    units_by = fields.String(load_default="none", validate=validate.OneOf(("none", "areas", "chosen"), error="choose"))  # fmt: skip
    interim = fields.String(load_default="none", validate=validate.OneOf([one.value for one in Interim], error="choose"))  # fmt: skip
    survey = fields.String(load_default="total", validate=validate.OneOf(("total", "sample"), error="choose"))  # fmt: skip
    access = fields.String(load_default="public", validate=validate.OneOf(("public", "invited"), error="choose"))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a plan is held against: ids that may be chosen, and the units of an area on a day."""

    questionnaire: Questionnaire
    collections: Collection[str]
    working_groups: Collection[str]
    units: Collection[str]
    areas: Collection[str]
    units_in_area: Callable[[str, date], Iterable[str]]


@dataclass(slots=True)
class _Reading:
    """The faults that are found while a form is read; one for each field."""

    typed: Typed
    faults: dict[str, Fault] = field(default_factory=dict)

    def fault(self, place: str, code: str) -> None:
        self.faults.setdefault(place, Fault(place, code, code.replace("-", " "), ""))

    def text(self, name: str) -> str:
        text = self.typed.get(name, "")
        return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()

    def instant(self, name: str) -> datetime | None:
        """A day and an hour on people's clock; the hour is noon unless given."""
        try:
            day = date.fromisoformat(self.text(f"{name}_day"))
            hour = self.text(f"{name}_time")
            at = time.fromisoformat(hour) if hour else DEFAULT_HOUR
        except ValueError:
            self.fault(f"{name}_day", "not-a-time")
            return None
        return datetime.combine(day, at.replace(tzinfo=None), LOCAL_TIME)


def first_values(
    questionnaire: Questionnaire, notice: Mapping[str, Mapping[str, str]], now: datetime
) -> Typed:
    """What the page holds before anybody typed: sensible for most rounds."""
    today = now.astimezone(LOCAL_TIME).date()
    answer_until = today + ANSWERING_TIME
    typed: Typed = MultiDict(
        {
            "collection": "",
            "opens": "hand",
            "opens_day": (today + timedelta(weeks=1)).isoformat(),
            "opens_time": "12:00",
            "answer_day": answer_until.isoformat(),
            "answer_time": "12:00",
            "receive_day": (answer_until + RECEIVING_AFTER).isoformat(),
            "receive_time": "12:00",
            "units_by": "none",
            "smallest_group": "5",
            "survey": "total",
            "population": "",
            "access": "public",
            "interim": "none",
            "ceiling": "100000",
            "scan_days": "30",
            "turn_minutes": "30",
            "second_share": "5",
            "working_group": "",
        }
    )
    typed.setlist("languages", [language.tag for language in questionnaire.languages])
    typed.setlist("channels", list(CHOSEN_CHANNELS))
    for language in questionnaire.languages:
        typed[f"title_{language.tag}"] = questionnaire.title.get(language.tag, "")
    add_notice(typed, questionnaire, notice)
    return typed


def add_notice(
    typed: Typed, questionnaire: Questionnaire, notice: Mapping[str, Mapping[str, str]]
) -> None:
    """Offer texts of the notice where nothing has been typed yet."""
    for language in questionnaire.languages:
        for name in NOTICE_FIELDS:
            at = f"notice_{language.tag}_{name}"
            if at not in typed:
                typed[at] = notice.get(language.tag, {}).get(name, "")


def agree_on_recipients(
    typed: Typed, notices: Mapping[bool, Mapping[str, Mapping[str, str]]]
) -> bool:
    """Let the template's words on who sees the answers follow whether analysts may have them one by one; whether any changed.

    `notices` are the templates without and with it. What a person wrote is theirs, and left as it is.
    """
    wanted = typed.get("single_answers") == "yes"
    changed = False
    for language, texts in notices[wanted].items():
        at, other = f"notice_{language}_recipients", notices[not wanted].get(language, {})
        if texts.get("recipients") != other.get("recipients") and _same(typed.get(at), other):
            typed[at] = texts["recipients"]
            changed = True
    if changed:
        typed.setlist("notice_read", [])
    return changed


def _same(text: str | None, notice: Mapping[str, str]) -> bool:
    """Whether a field holds the template's words on the recipients, however a browser breaks its lines."""
    return " ".join((text or "").split()) == " ".join(notice.get("recipients", "~").split())


def values_of(
    round_: Round, units: Iterable[str], questionnaire: Questionnaire, now: datetime
) -> Typed:
    """The same of a planned round, as it is kept."""
    typed = first_values(questionnaire, round_.privacy_notice, now)
    typed["collection"] = round_.collection
    typed["working_group"] = round_.working_group or ""
    typed["opens"] = "day" if round_.opens_at > now else "hand"
    for name, moment in (
        *((("opens", round_.opens_at),) if round_.opens_at > now else ()),
        ("answer", round_.answer_until),
        ("receive", round_.receive_until),
    ):
        local = moment.astimezone(LOCAL_TIME)
        typed[f"{name}_day"], typed[f"{name}_time"] = local.date().isoformat(), f"{local:%H:%M}"
    chosen = list(units)
    typed["units_by"] = "chosen" if chosen else "none"
    typed.setlist("units", chosen)
    typed.setlist("languages", list(round_.languages))
    typed.setlist("channels", [name for name in round_.channels if name != SIMULATED])
    for name in ("smallest_group", "survey", "access", "ceiling", "scan_days", "second_share", "turn_minutes", "interim"):  # fmt: skip
        typed[name] = str(getattr(round_, name))
    typed["typed_twice"] = "yes" if round_.typed_twice else ""
    typed["single_answers"] = "yes" if round_.single_answers else ""
    typed["population"] = "" if round_.population is None else str(round_.population)
    for tag in (language.tag for language in questionnaire.languages):
        typed[f"title_{tag}"] = round_.title.get(tag, "")
        typed[f"contact_{tag}"] = round_.contact.get(tag, "")
    return typed


def read_plan(typed: Typed, around: Surroundings, *, now: datetime) -> RoundPlan:
    """The plan that was typed. Raises ProblemError(INVALID_INPUT) with a fault for each field that is wrong."""
    reading = _Reading(typed)
    try:
        loaded = RoundForm().load({name: typed[name] for name in typed})
    except ValidationError as error:
        for name, codes in error.messages_dict.items():
            reading.fault(name, codes[0])
        loaded = error.valid_data if isinstance(error.valid_data, dict) else {}
    questionnaire = around.questionnaire
    tags = [language.tag for language in questionnaire.languages]
    languages = [tag for tag in tags if tag in typed.getlist("languages")]
    if not languages:
        reading.fault("languages", "choose")
    title = {tag: text for tag in tags if (text := reading.text(f"title_{tag}"))}
    first = languages[0] if languages else tags[0]
    if first not in title:
        reading.fault(f"title_{first}", "missing")
    invited = loaded.get("access") == "invited"
    channels = [name for name in CHOSEN_CHANNELS if name in typed.getlist("channels")]
    if not channels and not invited:
        reading.fault("channels", "choose")
    if loaded.get("survey") == "sample" and loaded.get("population", 0) is None:
        reading.fault("population", "missing")
    for name in ("smallest_group", "ceiling", "scan_days", "second_share", "turn_minutes"):
        if loaded.get(name, 0) is None:
            reading.fault(name, "missing")
    group = reading.text("working_group")
    if group and group not in around.working_groups:
        reading.fault("working_group", "choose")
    collection, collection_title = _collection(reading, around, first)
    opens_at, answer_until, receive_until = _instants(reading, loaded.get("opens") == "day", now)
    units = _units(reading, around, str(loaded.get("units_by")), opens_at or now)
    notice = _notice(reading, languages)
    if typed.get("notice_read") != "yes":
        reading.fault("notice_read", "notice-unread")
    if reading.faults:
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(reading.faults.values()))
    return RoundPlan(
        privacy_notice=notice,
        title=title,
        collection=collection,
        collection_title=collection_title,
        opens_at=opens_at,
        answer_until=answer_until,
        receive_until=receive_until,
        languages=languages,
        # Codes are spent on the web.
        channels=["web"] if invited else channels,
        units=units,
        smallest_group=loaded["smallest_group"],
        survey=loaded["survey"],
        population=loaded["population"],
        access=loaded["access"],
        working_group=group or None,
        contact={tag: text for tag in tags if (text := reading.text(f"contact_{tag}"))},
        ceiling=loaded["ceiling"],
        scan_days=loaded["scan_days"],
        turn_minutes=loaded["turn_minutes"],
        second_share=loaded["second_share"],
        typed_twice=loaded["typed_twice"],
        interim=Interim(loaded["interim"]),
        single_answers=loaded["single_answers"],
    )


def read_days(form: Mapping[str, str]) -> tuple[datetime, datetime]:
    """(answer until, receive until) of a form that gives them. Raises ProblemError(INVALID_INPUT)."""
    reading = _Reading(MultiDict(form))
    found = (reading.instant("answer"), reading.instant("receive"))
    if reading.faults or found[0] is None or found[1] is None:
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(reading.faults.values()))
    return found[0], found[1]


def read_rules(form: Mapping[str, str]) -> dict[str, int | None]:
    """Smallest group, ceiling and population of a form that gives them. Raises ProblemError(INVALID_INPUT)."""
    reading = _Reading(MultiDict(form))
    try:
        loaded: dict[str, int | None] = RulesForm().load(dict(form))
    except ValidationError as error:
        for name, codes in error.messages_dict.items():
            reading.fault(name, codes[0])
        loaded = error.valid_data if isinstance(error.valid_data, dict) else {}
    for name in ("smallest_group", "ceiling"):
        if loaded.get(name, 0) is None:
            reading.fault(name, "missing")
    if reading.faults:
        raise ProblemError(Problem.INVALID_INPUT, faults=tuple(reading.faults.values()))
    return loaded


def _collection(
    reading: _Reading, around: Surroundings, language: str
) -> tuple[str | None, dict[str, str]]:
    """(id, title where it is new) of the collection; (None, {}) for the questionnaire's own."""
    chosen = reading.text("collection")
    if chosen != NEW_COLLECTION:
        if chosen and chosen not in around.collections:
            reading.fault("collection", "choose")
        return chosen or None, {}
    title = reading.text("new_collection")
    if not title:
        reading.fault("new_collection", "missing")
        return None, {}
    plain = unicodedata.normalize("NFKD", title.casefold().translate(_DANISH))
    base = _ID.sub("-", plain.encode("ascii", "ignore").decode()).strip("-")[:60] or "collection"
    drawn, number = base, 2
    while drawn in around.collections:
        drawn, number = f"{base}-{number}", number + 1
    return drawn, {language: title}


def _instants(
    reading: _Reading, on_a_day: bool, now: datetime
) -> tuple[datetime | None, datetime | None, datetime | None]:
    opens_at = reading.instant("opens") if on_a_day else None
    answer_until, receive_until = reading.instant("answer"), reading.instant("receive")
    if opens_at is not None and opens_at <= now:
        reading.fault("opens_day", "past")
    if answer_until is not None:
        if answer_until <= now:
            reading.fault("answer_day", "past")
        elif opens_at is not None and answer_until <= opens_at:
            reading.fault("answer_day", "before-opening")
        if receive_until is not None and receive_until < answer_until:
            reading.fault("receive_day", "before-answering")
    return opens_at, answer_until, receive_until


def _units(
    reading: _Reading, around: Surroundings, units_by: str, opens_at: datetime
) -> tuple[str, ...]:
    """The ids of the units that take part, each once."""
    if units_by == "chosen":
        units = [unit for unit in reading.typed.getlist("units") if unit in around.units]
        if not units:
            reading.fault("units", "choose-units")
    elif units_by == "areas":
        areas = [area for area in reading.typed.getlist("areas") if area in around.areas]
        day = opens_at.astimezone(LOCAL_TIME).date()
        units = [unit for area in areas for unit in around.units_in_area(area, day)]
        if not areas:
            reading.fault("areas", "choose-areas")
        elif not units:
            reading.fault("areas", "empty-areas")
    else:
        units = []
    return tuple(dict.fromkeys(units))


def _notice(reading: _Reading, languages: Iterable[str]) -> dict[str, dict[str, str]]:
    notice = {}
    for tag in languages:
        notice[tag] = {name: reading.text(f"notice_{tag}_{name}") for name in NOTICE_FIELDS}
        for name, text in notice[tag].items():
            if not text:
                reading.fault(f"notice_{tag}_{name}", "missing")
    return notice
