"""A small installation to send requests to: real files, real keys, a fixed cast of people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from forms import library
from forms.document import read_document
from forms.questionnaire import Questionnaire
from forms.units import Unit
from forms.versions import make_version
from server.app import create_app
from server.passwords import hash_password
from server.publishing import keep_version
from server.settings import Settings, from_environment
from store import (
    accounts,
    paper_batches,
    piles,
    round_collections,
    round_units,
    rounds,
    units,
    versions,
    working_groups,
)
from store.accounts import Grant, Role
from store.database import Store, create_store
from store.round_collections import Collection
from store.rounds import Round, RoundState
from store.working_groups import WorkingGroup
from sync.keys import KeyFolder, kid_of, public_text
from sync.sealing import seal_answers

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PASSWORD = "fire ord uden mening"
PASSWORD_HASH = hash_password(PASSWORD)

NOTICE = {
    tag: {
        "controller": f"{text} er dataansvarlig.",
        "purpose": "At gøre behandlingen bedre.",
        "complaint": "Datatilsynet.",
    }
    for tag, text in {"da": "Regionen", "en": "The region", "ar": "المنطقة", "fa": "منطقه"}.items()
}

#: Every kind of question once, with conditions, a missing state and a text that is not translated.
ALL_KINDS = """
format: 1
questionnaire: all-kinds
shape: survey
promise: anonymous
languages:
  da: {state: reviewed, by: Svarboks, on: 2026-11-22}
  en: {state: reviewed, by: Svarboks, on: 2026-11-22}
  ar: {state: reviewed, by: Svarboks, on: 2026-11-22}
title: {da: Alle slags spørgsmål, en: All kinds of questions, ar: كل أنواع الأسئلة}
intro: {da: "Tak, fordi du vil svare.", en: Thank you for answering., ar: شكرا لك.}
thanks: {da: Tak for dine svar., en: Thank you for your answers., ar: شكرا لك.}
scales:
  degree:
    - {id: "3", text: {da: I høj grad, en: To a high degree, ar: كثيرا}, score: 3, tone: favourable}
    - {id: "2", text: {da: I nogen grad, en: To some degree, ar: إلى حد ما}, score: 2, tone: neutral}
    - {id: "1", text: {da: Slet ikke, en: Not at all, ar: لا}, score: 1, tone: unfavourable}
sections:
  - id: choices
    title: {da: Valg, en: Choices, ar: خيارات}
    intro: {da: Her kan du vælge., en: Choose here., ar: اختر هنا.}
    questions:
      - {id: welcome, kind: information, text: {da: Læs dette først., en: Read this first., ar: اقرأ هذا أولا.}}
      - {id: may, kind: consent, text: {da: Vil du være med?, en: Will you take part?, ar: هل تشارك؟}}
      - id: place
        kind: one_of
        text: {da: Hvor var det?, en: Where was it?, ar: أين كان؟}
        options:
          - {id: home, text: {da: Hjemme, en: At home, ar: في البيت}}
          - {id: clinic, text: {da: På klinikken, en: At the clinic, ar: في العيادة}}
      - id: trust
        kind: scale
        required: true
        text: {da: Følte du dig tryg?, en: Did you feel safe?, ar: هل شعرت بالأمان؟}
        help: {da: Tænk på hele forløbet., en: Think of all of it., ar: فكر في كل شيء.}
        points: degree
        dont_know: true
        not_relevant: true
      - id: aids
        kind: several_of
        show_if: "place == 'home' and trust <= 2"
        text: {da: Hvad havde du?, en: What did you have?, ar: ماذا كان لديك؟}
        options:
          - {id: pump, text: {da: Pumpe, en: A pump, ar: مضخة}}
          - {id: stand, text: {da: Stativ, en: A stand, ar: حامل}}
          - {id: none, text: {da: Intet, en: Nothing, ar: لا شيء}, exclusive: true}
      - id: care
        kind: matrix
        text: {da: Hvad siger du til dette?, en: What do you say to this?, ar: ما رأيك؟}
        points: degree
        dont_know: true
        statements:
          - {id: met, text: {da: Jeg blev mødt, en: I was met, ar: تم استقبالي}}
          - {id: heard, text: {da: Jeg blev hørt, en: I was heard, ar: تم الاستماع إلي}}
  - id: figures
    title: {da: Tal og tider, en: Figures and times, ar: أرقام وأوقات}
    questions:
      - {id: minutes, kind: number, text: {da: Hvor længe?, en: How long?, ar: كم؟}, minimum: 0, maximum: 600, decimals: 1, unit_text: {da: minutter, en: minutes, ar: دقيقة}, dont_know: true}
      - {id: visits, kind: count, text: {da: Hvor mange besøg?, en: How many visits?, ar: كم زيارة؟}, maximum: 99}
      - {id: seen, kind: date, text: {da: Hvilken dag?, en: Which day?, ar: أي يوم؟}, earliest: "2026-01-01", latest: "2026-12-31"}
      - {id: began, kind: time, text: {da: Hvornår på dagen?, en: What time?, ar: أي وقت؟}}
      - {id: lasted, kind: duration, text: {da: Hvor længe varede det?, en: How long did it last?, ar: كم استغرق؟}, constraints: [{check: "lasted != 13", message: {da: Tretten kan det ikke være., en: It cannot be thirteen., ar: لا.}}]}
      - {id: total, kind: computed, text: {da: I alt, en: In all, ar: المجموع}, value: "minutes + lasted"}
      - {id: who, kind: unit, text: {da: Hvilken kommune?, en: Which municipality?, ar: أي بلدية؟}}
      - id: staff
        kind: table
        text: {da: Hvem var der?, en: Who was there?, ar: من كان هناك؟}
        rows:
          - {id: nurses, text: {da: Sygeplejersker, en: Nurses, ar: ممرضات}}
          - {id: doctors, text: {da: Læger, en: Doctors, ar: أطباء}}
        columns:
          - {id: total, kind: count, text: {da: Antal, en: Number, ar: عدد}}
          - {id: good, kind: one_of, text: {da: Var det nok?, en: Was it enough?, ar: هل كان كافيا؟}, options: [{id: "yes", text: {da: Ja, en: "Yes", ar: نعم}}, {id: "no", text: {da: Nej, en: "No", ar: لا}}]}
      - id: steps
        kind: group
        text: {da: Hvilke steder kom du forbi?, en: Which places did you pass?, ar: أي أماكن؟}
        maximum: 4
        questions:
          - {id: sector, kind: short_text, text: {da: Sted, en: Place, ar: مكان}, length: 40}
          - {id: waited, kind: count, text: {da: Dage, en: Days, ar: أيام}}
  - id: words
    title: {da: Med dine ord, en: In your words, ar: بكلماتك}
    show_if: "may == true"
    questions:
      - {id: suggestions, kind: long_text, text: {da: Har du forslag?, en: Any suggestions?, ar: هل لديك اقتراحات؟}, length: 300}
report:
  tables:
    - {id: trust, question: trust, measures: [distribution, favourable, mean]}
"""


@dataclass
class World:
    """An installation with its app. `now` may be moved."""

    app: Flask
    store: Store
    settings: Settings
    keys: KeyFolder
    rounds: dict[str, Round] = field(default_factory=dict)
    now: datetime = NOW
    elapsed: float = 0.0

    def client(self) -> FlaskClient:
        """A browser without cookies."""
        return self.app.test_client()

    def signed_in(self, who: str) -> FlaskClient:
        """The browser of one of the cast."""
        client = self.client()
        response = client.post(
            "/sign-in", data={"email": f"{who}@region.example", "password": PASSWORD}
        )
        assert response.status_code == 303, response.status_code
        return client

    def waiting(self) -> int:
        """How many sealed answers wait, over all rounds."""
        return int(self.store.waiting.execute("SELECT count(*) FROM submission").fetchone()[0])


def build(folder: Path, **environment: str) -> World:
    """Rounds: 'open' (IV, the chair's group), 'kinds' (all kinds, the chair's), 'other' (another group's and unit's), 'planned'."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = from_environment(
        {
            "SVARBOKS_DATA": str(folder / "data"),
            "SVARBOKS_ORGANISATION": "Region Eksempel",
            "SVARBOKS_ACCESSIBILITY_URL": "https://was.example/region",
            "SVARBOKS_SECOND_FACTOR": "offered",
            **environment,
        }
    )
    create_store(settings.data).close()
    holder: list[World] = []
    app = create_app(settings, clock=lambda: holder[0].now, seconds=lambda: holder[0].elapsed)
    store: Store = app.extensions["svarboks"].store
    world = World(app, store, settings, KeyFolder(settings.keys))
    holder.append(world)
    _add_people(store)
    iv = publish(store, library.read("iv-satisfaction"))
    kinds = publish(store, read_document(ALL_KINDS))
    for name, version, questionnaire, changes in (
        ("open", iv, library.read("iv-satisfaction"), {}),
        ("kinds", kinds, read_document(ALL_KINDS), {}),
        (
            "other",
            iv,
            library.read("iv-satisfaction"),
            {"working_group": "maternity", "units": ("nyborg",)},
        ),
        ("planned", iv, library.read("iv-satisfaction"), {"opens_at": NOW + timedelta(days=3)}),
    ):
        world.rounds[name] = open_round(world, name, version, questionnaire, **changes)
    return world


def publish(store: Store, questionnaire: Questionnaire) -> str:
    """Publish a questionnaire as it is; the hash of its version."""
    version = make_version(
        questionnaire, accept_unreviewed=[language.tag for language in questionnaire.languages]
    )
    with store.write() as db:
        keep_version(db, version, date(2026, 11, 1))
    return version.hash


def open_round(
    world: World, name: str, version: str, questionnaire: Questionnaire, **changes: Any
) -> Round:
    """A round with its key; open if its opening has come."""
    values: dict[str, Any] = {
        "id": f"{name}1",
        "collection": "tests",
        "title": {"da": f"Runde {name}", "en": f"Round {name}"},
        "promise": str(questionnaire.promise),
        "opens_at": NOW - timedelta(days=10),
        "answer_until": NOW + timedelta(days=10),
        "receive_until": NOW + timedelta(days=31),
        "languages": tuple(language.tag for language in questionnaire.languages),
        "channels": ("web", "tablet", "paper", "typed", "simulated"),
        "versions": (version,),
        "privacy_notice": NOTICE,
        "contact": {"da": "Ring til 12 34 56 78.", "en": "Call 12 34 56 78."},
        "working_group": "iv",
        **changes,
    }
    units = values.pop("units", ("assens", "billund"))
    public_key = world.keys.make(values["id"])
    with world.store.write() as db:
        round_collections.keep(db, Collection(id="tests", title={"da": "Prøver"}))
        rounds.add(db, Round(**values))
        rounds.set_key(db, values["id"], public_text(public_key), kid_of(public_key))
        round_units.keep(
            db,
            values["id"],
            [round_units.RoundUnit(unit=unit) for unit in units],
        )
        if values["opens_at"] <= NOW:
            rounds.set_state(db, values["id"], RoundState.OPEN)
    return rounds.read(world.store.main, values["id"])


def envelope(world: World, name: str, answers: dict[str, Any], key: str, **changes: Any) -> bytes:
    """A sealed answer to one of the rounds, as a tablet would send it."""
    shown = world.rounds[name]
    values: dict[str, Any] = {
        "language": "da",
        "round_id": shown.id,
        "version": shown.version,
        "padded_size": versions.read(world.store.main, shown.version).padded_size,
        "public_key": world.keys.private(shown.id).public_key(),
        "key": key,
        "channel": "web",
        "unit": None,
        **changes,
    }
    return seal_answers(answers, **values)


def _add_people(store: Store) -> None:
    with store.write() as db:
        add_units(db)
        working_groups.keep(db, WorkingGroup(id="iv", name="IV-arbejdsgruppen"))
        working_groups.keep(db, WorkingGroup(id="maternity", name="Fødeplansudvalget"))
        for who, grant in (
            ("chair", Grant(Role.CHAIR, working_group="iv")),
            ("otherchair", Grant(Role.CHAIR, working_group="maternity")),
            ("member", Grant(Role.MEMBER, working_group="iv")),
            ("analyst", Grant(Role.ANALYST, working_group="iv")),
            ("secretariat", Grant(Role.SECRETARIAT)),
            ("administrator", Grant(Role.ADMINISTRATOR)),
            ("coordinator", Grant(Role.COORDINATOR, unit="assens")),
            ("othercoordinator", Grant(Role.COORDINATOR, unit="nyborg")),
            ("respondent", Grant(Role.RESPONDENT, unit="assens")),
            ("interviewer", Grant(Role.INTERVIEWER, unit="assens")),
        ):
            accounts.add(
                db,
                name=who.capitalize(),
                email=f"{who}@region.example",
                password_hash=PASSWORD_HASH,
                grants=[grant],
            )


def add_paper(world: World, shown: Round, unit: str, pile: str, batch: str) -> None:
    """A pile of ten sheets that a unit handed out, and a batch of it that nothing has been uploaded to."""
    with world.store.write() as db:
        layout = f"{shown.version[:7]}0"
        piles.keep_layout(
            db, piles.KeptLayout(id=layout, version=shown.version, language="da", layout={})
        )
        piles.add(
            db,
            piles.Pile(
                id=pile, round=shown.id, unit=unit, layout=layout, sheets=10, printed_at=world.now
            ),
        )
        paper_batches.make(
            db,
            paper_batches.Batch(
                id=batch,
                round=shown.id,
                pile=pile,
                unit=unit,
                expected=10,
                made_at=world.now,
                scans_until=world.now + timedelta(days=30),
            ),
        )


def add_units(db: Any) -> None:
    """Three municipalities; the rounds here are of the first two."""
    units.keep_units(
        db,
        [
            Unit(id="assens", name="Assens", kind="municipality"),
            Unit(id="billund", name="Billund", kind="municipality"),
            Unit(id="nyborg", name="Nyborg", kind="municipality"),
        ],
    )
