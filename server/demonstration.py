"""What a new data folder begins with when somebody tries Svarboks out: units, people, a finished round and an open one.

The finished round is simulated from end to end through the real parts: 240 drawn answers are sealed, received, mixed,
counted, and reported. Passwords are drawn for this installation and kept beside the data, so that `svarboks run` can say
them again; a real installation has no such file.
"""

from __future__ import annotations

import json
import os
import random
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from exports.editions import make_edition
from forms import library
from store import responses, round_units, rounds, units
from store.database import Store
from store.responses import Reading
from store.round_units import RoundUnit
from store.rounds import RoundState
from sync.keys import KeyFolder
from sync.mixing import mix

from .account_making import add_account
from .publishing import publish
from .reports import report_of
from .round_opening import close_due, finish, give_key, open_due
from .round_plan import LOCAL_TIME, RoundPlan, set_up_round
from .settings import Settings
from .simulated_answers import simulate_round
from .simulation import read_distribution
from .unit_files import import_units

NAME = "demonstration.json"
QUESTIONNAIRE = "iv-satisfaction"
RESPONSES = 240
#: The same comments and figures in every demonstration, so that documentation can speak of them.
SEED = 2022
GROUP = "iv=IV-arbejdsgruppen"
#: The municipalities whose people can sign in; they are among those of the returns.
UNITS = ("assens", "billund")
CONTACT = {
    "da": "Ring til sygeplejersken på 12 34 56 78 (opdigtet nummer)",
    "en": "Call the nurse on 12 34 56 78 (a made-up number)",
    "ar": "اتصل بالممرضة على الرقم 12345678 (رقم مختلَق)",
    "fa": "با پرستار به شمارهٔ ۱۲۳۴۵۶۷۸ تماس بگیرید (شمارهٔ ساختگی)",
}


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who can sign in to the demonstration."""

    who: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What was set up."""

    open_round: str
    finished_round: str
    people: tuple[SignIn, ...]


def set_up(
    store: Store, keys: KeyFolder, *, now: datetime, rng: random.Random, settings: Settings
) -> Demonstration:
    """Set all of it up in an empty store. Takes some seconds."""
    data = files("store").joinpath("data")
    import_units(
        store,
        [
            Path(str(data.joinpath(f"{what}-syddanmark.csv")))
            for what in ("units", "areas", "memberships")
        ],
        now=now,
    )
    people = tuple(_person(store, now, *who) for who in (
        ("chair of the IV working group", "chair@region.example", "chair", (GROUP,)),
        ("secretariat", "secretariat@region.example", "secretariat", ()),
        ("member of the IV working group", "member@region.example", "member", (GROUP,)),
        ("administrator", "administrator@region.example", "administrator", ()),
        ("coordinator of two municipalities", "coordinator@region.example", "coordinator", (), UNITS),
        ("respondent", "respondent@region.example", "respondent", (), UNITS[:1]),
        ("interviewer", "interviewer@region.example", "interviewer", (), UNITS[:1]),
    ))  # fmt: skip
    version = publish(
        store,
        library.read(QUESTIONNAIRE),
        accept_unreviewed=("ar", "fa"),
        today=now.astimezone(LOCAL_TIME).date(),
    )
    notice = yaml.safe_load(_demo_file("privacy-notice.yaml"))

    finished = set_up_round(
        store,
        version,
        RoundPlan(
            privacy_notice=notice,
            title={
                "da": "IV-behandling i hjemmet, vinterens måling",
                "en": "IV treatment at home, the winter survey",
            },
            opens_at=_noon(now, weeks=-13),
            answer_until=_noon(now, weeks=-5),
            receive_until=_noon(now, weeks=-2),
            working_group="iv",
            contact=CONTACT,
        ),
        now=now,
        rng=rng,
    )
    _handed_out(store, finished.id, rng)
    give_key(store, keys, finished.id)
    during = _noon(now, weeks=-9)
    open_due(store, keys, now=during)
    distribution = read_distribution(json.loads(_demo_file("iv-distribution.json")))
    simulate_round(
        store, settings, finished.id, responses=RESPONSES, distribution=distribution, now=during,
        rng=random.Random(SEED),  # noqa: S311 - drawn answers, no secret
    )  # fmt: skip
    close_due(store, now=now)
    mix(store, keys, finished.id, rng=rng, whole=True, now=now)
    with store.write() as db:
        finish(db, finished.id)
    _read_and_release(store, finished.id)
    edition = make_edition(store, finished.id, now=now, rng=rng)
    report_of(store, edition, language="da")

    open_round = set_up_round(
        store,
        version,
        RoundPlan(
            privacy_notice=notice,
            title={"da": "IV-behandling i hjemmet", "en": "IV treatment at home", "ar": "العلاج الوريدي في المنزل",
                   "fa": "درمان وریدی در خانه"},
            opens_at=now,
            answer_until=_noon(now, weeks=8),
            working_group="iv",
            units=_municipalities(store),
            contact=CONTACT,
        ),
        now=now,
        rng=rng,
    )  # fmt: skip
    give_key(store, keys, open_round.id)
    open_due(store, keys, now=now)
    assert rounds.read(store.main, open_round.id).state is RoundState.OPEN
    open_of = partial(_open_for_units, store, keys, notice, now=now, rng=rng)
    # What a respondent writes, and what an interviewer records.
    open_of(
        "sof-follow-up",
        {
            "da": "Opfølgning på IV-aftalen efter seks måneder",
            "en": "Follow-up on the IV agreement after six months",
        },
        (*UNITS, "esbjerg", "faaborg-midtfyn"),
    )
    open_of(
        "ptsd-interviews",
        {"da": "Interviews om vejen gennem hjælpen", "en": "Interviews on the way through help"},
        UNITS,
    )
    return Demonstration(open_round.id, finished.id, people)


def _open_for_units(
    store: Store,
    keys: KeyFolder,
    notice: Any,
    name: str,
    title: dict[str, str],
    taking_part: tuple[str, ...],
    *,
    now: datetime,
    rng: random.Random,
) -> None:
    """A round of a ready-made questionnaire, open for some units."""
    version = publish(
        store,
        library.read(name),
        accept_unreviewed=("ar", "fa"),
        today=now.astimezone(LOCAL_TIME).date(),
    )
    made = set_up_round(
        store,
        version,
        RoundPlan(
            privacy_notice=notice,
            title=title,
            opens_at=now,
            answer_until=_noon(now, weeks=3),
            working_group="iv",
            units=taking_part,
            contact=CONTACT,
        ),
        now=now,
        rng=rng,
    )
    give_key(store, keys, made.id)
    open_due(store, keys, now=now)


def remember(data: Path, made: Demonstration) -> None:
    """Keep what was set up beside the data, readable by its owner only."""
    path = data / NAME
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(made), file, indent=2)


def remembered(data: Path) -> Demonstration | None:
    """What was set up in this data folder, or None where it began empty."""
    path = data / NAME
    if not path.exists():
        return None
    plain: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    people = tuple(SignIn(**one) for one in plain["people"])
    return Demonstration(plain["open_round"], plain["finished_round"], people)


def what_to_open(settings: Settings, told: Demonstration | None, first_link: str | None) -> str:
    """What `svarboks run` prints when the port is open; `first_link` makes the first account, while there is none."""
    lines = ["", f"Svarboks is ready: {settings.url}", ""]
    if first_link is not None:
        lines += [
            "The data folder is empty. Make the administrator's account at",
            f"  {first_link}",
        ]
    elif told is None:
        lines += [f"Sign in to the desk:       {settings.url}/sign-in"]
    else:
        lines += [
            f"Answer the open IV round:  {settings.link(told.open_round)}",
            f"  in Danish, Arabic:       {settings.link(told.open_round)}/da   {settings.link(told.open_round)}/ar",
            f"Sign in to the desk:       {settings.url}/sign-in",
            *(f"  {one.who}: {one.email}   password {one.password}" for one in told.people),
            f"The finished round:        {settings.url}/desk/rounds/{told.finished_round}   ({RESPONSES} simulated answers)",
        ]
    if settings.mailbox_page:
        lines.append(f"Everybody's e-mail:        {settings.url}/mailbox")
    return "\n".join([*lines, "", "Ctrl+C stops it."])


def _person(
    store: Store,
    now: datetime,
    who: str,
    email: str,
    role: str,
    groups: tuple[str, ...],
    units_of: tuple[str, ...] = (),
) -> SignIn:
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    add_account(
        store,
        name=who[:1].upper() + who[1:],
        email=email,
        role=role,
        password=password,
        groups=groups,
        units=units_of,
        now=now,
    )
    return SignIn(who, email, password)


def _noon(now: datetime, *, weeks: int) -> datetime:
    day = (now.astimezone(LOCAL_TIME) + timedelta(weeks=weeks)).date()
    return datetime.combine(day, time(12, 0), LOCAL_TIME)


def _municipalities(store: Store) -> tuple[str, ...]:
    """The sixteen of Region Syddanmark that take part."""
    return tuple(
        unit.id
        for unit in units.listed(store.main, kind="municipality")
        if unit.region == "syddanmark"
    )[:16]


def _handed_out(store: Store, round_id: str, rng: random.Random) -> None:
    """The municipalities that took part, with the numbers that they reported."""
    rows = []
    for unit in _municipalities(store):
        eligible = rng.randint(14, 34)
        declined, unable = rng.randint(0, 3), rng.randint(0, 2)
        rows.append(
            RoundUnit(
                unit=unit,
                eligible=eligible,
                offered=eligible - rng.randint(1, 5),
                declined=declined,
                unable=unable,
            )
        )
    with store.write() as db:
        round_units.keep(db, round_id, rows)


def _read_and_release(store: Store, round_id: str) -> None:
    """In the demonstration every comment counts as read; they are all ours. Each is released once, repeats are not."""
    released: set[tuple[str, str]] = set()
    with store.write() as db:
        for text in responses.texts(db, round_id):
            new = (text.place, text.text) not in released
            responses.decide_text(db, text.key, Reading.RELEASED if new else Reading.WITHHELD)
            released.add((text.place, text.text))


def _demo_file(name: str) -> str:
    return files("server").joinpath("demo", name).read_text(encoding="utf-8")
