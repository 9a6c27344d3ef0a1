"""`desk_full_vs_empty`: server time at p95 over all pages of the desk, of a full installation over one with one round.

Full: 400 units in 20 areas, 200 rounds in which all of them take part, 1,000,000 responses that are real rows in a real
file, 120 accounts, 2,000 entries in the audit log. One round: the 22 municipalities of the demonstration, 240 responses. Every
page that the table of rights names is asked for, by each role that may open it, of each of four rounds where it is about a round: a
finished one, an open one and a signed one with units that have not returned, and one in test mode, which both installations have; only
what both answer with a page (200) is timed. What is timed is the whole WSGI call, in this process, alternating between the two.
Reports are rendered before, as they are kept.
"""

from __future__ import annotations

import math
import random
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from exports.editions import make_edition
from forms import library
from forms.answers import compile_check
from forms.questionnaire import Review
from forms.report_plan import compile_plan
from forms.units import Area, Membership, Unit
from forms.versions import Version
from server.app import create_app
from server.passwords import hash_password
from server.publishing import publish
from server.reports import report_of
from server.rights import ROUTES, Kind
from server.round_opening import close_round, finish, give_key, open_due
from server.round_plan import RoundPlan, set_up_round
from server.settings import from_environment
from server.simulation import draw_answers
from server.unit_files import import_units
from store import (
    accounts,
    audit,
    counts,
    editions,
    responses,
    round_units,
    rounds,
    units,
    working_groups,
)
from store.accounts import GROUP_ROLES, UNIT_ROLES, Grant, Role
from store.counts import Tally
from store.database import Store, create_store
from store.round_units import RoundUnit
from sync.keys import KeyFolder

from .demo_notice import NOTICE
from .figure import Figure

BAR = 2.0
ROUNDS, UNITS, RESPONSES = 200, 400, 1_000_000
DRAWN = 250
REPEATS = 5
PASSWORD = "fire ord uden mening"

#: What the paths are filled in with beside the round and the unit.
ARGUMENTS = {
    "number": "1", "language": "da", "account": "1", "questionnaire": "iv-satisfaction", "area": "area-1", "group": "iv",
}  # fmt: skip


@dataclass(frozen=True)
class Installation:
    """One of the two: its app, what its paths are filled in with, and the rounds that pages are asked of, by what they are."""

    app: Flask
    arguments: dict[str, str]
    rounds: dict[str, str]


def measure() -> Figure:
    """The ratio of the two p95; the slowest pages of both are in the detail, in milliseconds."""
    with (
        tempfile.TemporaryDirectory(prefix="svarboks-bench-") as folder,
        installation(Path(folder, "full"), ROUNDS, UNITS, RESPONSES) as full,
        installation(Path(folder, "one"), 1, 0, 240) as one,
    ):
        times: dict[str, tuple[list[float], list[float]]] = {}
        for role in Role:
            clients = [signed_in(place, role) for place in (full, one)]
            pages = list(paths(full, role))
            for path, kind in pages:
                filled = [fill(path, place, kind) for place in (full, one)]
                # What is compiled and cached is made now; what is no page in one of the two is not compared.
                first = [ask(client, at) for client, at in zip(clients, filled, strict=True)]
                if any(status != 200 for _seconds, status in first):
                    continue
                for _ in range(REPEATS):
                    for place in (0, 1):
                        seconds, _status = ask(clients[place], filled[place])
                        times.setdefault(f"{role} {path} {kind}".strip(), ([], []))[place].append(
                            seconds
                        )
    of_full, of_one = ([t for pair in times.values() for t in pair[place]] for place in (0, 1))
    slowest = sorted(times, key=lambda page: -sorted(times[page][0])[REPEATS // 2])[:8]
    return Figure(
        "desk_full_vs_empty", p95(of_full) / p95(of_one), BAR, "lower",
        {"pages": len(times), "p95_ms_full": round(p95(of_full) * 1e3, 1), "p95_ms_one": round(p95(of_one) * 1e3, 1),
         "slowest_ms": {page: [round(sorted(all_)[REPEATS // 2] * 1e3, 1) for all_ in times[page]] for page in slowest}},
    )  # fmt: skip


def p95(values: list[float]) -> float:
    """The 95th percentile by nearest rank."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def paths(place: Installation, role: Role) -> Iterator[tuple[str, str]]:
    """The pages that a role may open, with their arguments open, and of which round each is asked ('' for none); those that need
    what is not there are left out."""
    for rule in sorted(place.app.url_map.iter_rules(), key=lambda rule: rule.rule):
        access = ROUTES[rule.endpoint]
        if "GET" not in (rule.methods or set()) or access.kind is Kind.PUBLIC:
            continue
        if access.kind is Kind.ROLES and role not in access.roles:
            continue
        if rule.arguments <= {*ARGUMENTS, *place.arguments}:
            for kind in place.rounds if "round_id" in rule.arguments else ("",):
                yield rule.rule, kind


def fill(path: str, place: Installation, kind: str) -> str:
    """A path with its arguments filled in, of the round of this kind."""
    values = {**ARGUMENTS, **place.arguments, "round_id": place.rounds.get(kind, "")}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], path)


def ask(client: FlaskClient, path: str) -> tuple[float, int]:
    """Seconds and status of one request; anything but a page that is there, or one that says why not, stops the bench."""
    began = time.perf_counter()
    response = client.get(path)
    response.get_data()
    seconds = time.perf_counter() - began
    if response.status_code not in {200, 302, 303, 404, 409}:
        raise RuntimeError(f"{path} answered {response.status_code}")
    return seconds, response.status_code


def signed_in(place: Installation, role: Role) -> FlaskClient:
    """A browser of one of the people."""
    client = place.app.test_client()
    data = {"email": f"{role.value}@region.example", "password": PASSWORD}
    response = client.post("/sign-in", data=data)
    if response.status_code != 303:
        raise RuntimeError(f"{role} could not sign in: {response.status_code}")
    return client


@contextmanager
def installation(
    folder: Path, many_rounds: int, many_units: int, many: int
) -> Iterator[Installation]:
    """An installation with so many rounds, units (0: those of the demonstration) and responses in all."""
    folder.mkdir()
    settings = from_environment(
        {"SVARBOKS_DATA": str(folder / "data"), "SVARBOKS_SECOND_FACTOR": "offered"}
    )
    store = create_store(settings.data)
    now = datetime.now(UTC)
    _add_units(store, many_units, now)
    _add_people(store, now, 120 if many_units else 8)
    round_ids = _add_rounds(store, KeyFolder(settings.keys), many_rounds, many // many_rounds, now)
    others = _add_others(store, KeyFolder(settings.keys), now)
    # The first has its edition: the pages of results are about it.
    edition = make_edition(
        store, round_ids[0], now=now + timedelta(minutes=1), rng=random.Random(1)
    )
    for language in ("da", "en"):
        report_of(store, edition, language=language)
    rng = random.Random(2)
    for round_id in round_ids[1 : many_rounds // 2]:
        make_edition(store, round_id, now=now + timedelta(minutes=1), rng=rng)
    if editions.latest(store.main, round_ids[0]) is None:
        raise RuntimeError("no edition")
    store.close()
    app = create_app(settings)
    unit = "assens" if not many_units else "unit-1"
    try:
        yield Installation(
            app, {"round_id": round_ids[0], "unit": unit}, {"finished": round_ids[0], **others}
        )
    finally:
        app.extensions["svarboks"].close()


def _add_units(store: Store, many: int, now: datetime) -> None:
    if not many:
        data = files("store").joinpath("data")
        names = ("units", "areas", "memberships")
        import_units(
            store, [Path(str(data.joinpath(f"{name}-syddanmark.csv"))) for name in names], now=now
        )
        with store.write() as db:
            units.keep_areas(db, [Area(id="area-1", name="Et område", kind="sof")])
        return
    with store.write() as db:
        units.keep_units(
            db,
            [Unit(id=f"unit-{n}", name=f"Kommune {n}", kind="municipality") for n in range(many)],
        )
        units.keep_areas(
            db, [Area(id=f"area-{n}", name=f"Område {n}", kind="sof") for n in range(20)]
        )
        units.keep_memberships(
            db, [Membership(unit=f"unit-{n}", area=f"area-{n % 20}") for n in range(many)]
        )


def _add_people(store: Store, now: datetime, many: int) -> None:
    unit = next(one.id for one in units.listed(store.main) if one.id in {"assens", "unit-1"})
    hashed = hash_password(PASSWORD)
    with store.write() as db:
        working_groups.keep(db, working_groups.WorkingGroup(id="iv", name="IV-arbejdsgruppen"))
        for number in range(many):
            role = list(Role)[number % len(Role)]
            name = role.value if number < len(Role) else f"{role.value}{number}"
            grant = Grant(
                role,
                unit=unit if role in UNIT_ROLES else None,
                working_group="iv" if role in GROUP_ROLES else None,
            )
            accounts.add(
                db, name=name, email=f"{name}@region.example", password_hash=hashed, grants=[grant]
            )
        for number in range(2000 if many > 20 else 20):
            audit.note(
                db, at=now, actor="account:1", action="signed in", subject=f"account:{number}"
            )


def _add_rounds(store: Store, keys: KeyFolder, many: int, each: int, now: datetime) -> list[str]:
    rng = random.Random(11)
    questionnaire = library.read("iv-satisfaction")
    kept = publish(store, questionnaire, accept_unreviewed=("ar", "fa"), today=now.date())
    version = Version(kept.hash, questionnaire, kept.padded_size)
    checker, plan = compile_check(version), compile_plan(version)
    drawn = [checker.check(draw_answers(questionnaire, rng)) for _ in range(DRAWN)]
    taking_part = [one.id for one in units.listed(store.main) if one.kind == "municipality"]
    made_ids = []
    for number in range(many):
        made = set_up_round(
            store, kept,
            RoundPlan(privacy_notice=NOTICE, languages=("da",), working_group="iv", units=taking_part,
                      title={"da": f"Runde {number}"}),
            now=now, rng=rng,
        )  # fmt: skip
        give_key(store, keys, made.id)
        made_ids.append(made.id)
        for begin in range(0, each, DRAWN):
            keyed = sorted((rng.randbytes(16), one) for one in drawn[: min(DRAWN, each - begin)])
            tally = Tally()
            for _key, checked in keyed:
                tally.add(plan.count(checked, None, "da", "web"))
            with store.write() as db:
                responses.keep(
                    db,
                    [(key, made.id, kept.hash, None, "da", "web") for key, _ in keyed],
                    [(key, row.place, str(row.state), row.value) for key, one in keyed for row in one.rows],
                    [(rng.randbytes(16), made.id, text.place, text.text, "da")
                     for _, one in keyed[:5] for text in one.texts],
                )  # fmt: skip
                counts.add(db, made.id, tally)
                counts.add_returned(db, made.id, {(None, "web"): len(keyed)})
    open_due(store, keys, now=now)
    with store.write() as db:
        for made_id in made_ids:
            round_units.keep(
                db, made_id,
                [RoundUnit(unit=unit, eligible=20, offered=18, declined=1, unable=1) for unit in taking_part],
            )  # fmt: skip
    for made_id in made_ids[: max(1, many // 2)]:
        close_round(store, made_id, now=now + timedelta(seconds=1))
        with store.write() as db:
            finish(db, made_id)
    if not rounds.listed(store.main):
        raise RuntimeError("no rounds")
    return made_ids


def _add_others(store: Store, keys: KeyFolder, now: datetime) -> dict[str, str]:
    """An open and a signed round in which every third unit has reported nothing, and one in test mode; their ids."""
    rng = random.Random(12)
    taking_part = [one.id for one in units.listed(store.main) if one.kind == "municipality"]
    made = {}
    for kind, name in (("open", "iv-satisfaction"), ("signed", "sof-follow-up"), ("planned", "iv-satisfaction")):  # fmt: skip
        questionnaire = library.read(name)
        drafts = tuple(one.tag for one in questionnaire.languages if one.review is Review.DRAFT)
        kept = publish(store, questionnaire, accept_unreviewed=drafts, today=now.date())
        plan = RoundPlan(
            privacy_notice=NOTICE, languages=("da",), working_group="iv", units=taking_part,
            title={"da": f"Runde {kind}"}, opens_at=now + timedelta(days=3) if kind == "planned" else now,
            answer_until=now + timedelta(days=6), receive_until=now + timedelta(days=20),
        )  # fmt: skip
        made[kind] = set_up_round(
            store, kept, plan, now=now, rng=rng, test_mode=kind == "planned"
        ).id
    open_due(store, keys, now=now)
    with store.write() as db:
        round_units.keep(
            db, made["open"],
            [RoundUnit(unit=unit, eligible=20, offered=18, declined=1, unable=1) for number, unit in enumerate(taking_part) if number % 3],
        )  # fmt: skip
    return made
