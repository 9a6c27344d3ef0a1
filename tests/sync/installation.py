"""A small installation to receive and mix in: a data folder, a keys folder, one open round of a small survey.

Real parts throughout: SQLite files, keys, sealed bytes. Used by the tests of sync, of crashes and of anonymity.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from forms.document import read_document, to_plain
from forms.units import Unit
from forms.versions import Version, make_version
from store import round_collections, round_units, rounds, units, versions
from store.database import Store, create_store
from store.joined_commits import JoinedWriter
from store.round_collections import Collection
from store.round_units import RoundUnit
from store.rounds import Round, RoundState
from sync.intake import Intake
from sync.keys import KeyFolder, kid_of, public_from_text, public_text
from sync.sealing import seal_answers

ROUND = "k7m2pq4t"
OPENS = datetime(2022, 1, 3, 7, 0, tzinfo=UTC)
NOW = datetime(2022, 2, 1, 12, 0, tzinfo=UTC)
RECEIVE_UNTIL = datetime(2022, 3, 21, 11, 0, tzinfo=UTC)
LATER = datetime(2022, 4, 1, 12, 0, tzinfo=UTC)
UNITS = ("ouh-odense", "sygehus-lillebaelt")

DOCUMENT = """
format: 1
questionnaire: small
shape: survey
languages: {da: {state: reviewed, by: Svarboks, on: 2022-01-01}}
title: {da: Lille spørgeskema}
sections:
  - id: all
    title: {da: Det hele}
    questions:
      - id: trust
        kind: scale
        text: {da: Hvor trygt var det?}
        points:
          - {id: "1", text: {da: Slet ikke}, score: 1, tone: unfavourable}
          - {id: "2", text: {da: Nogenlunde}, score: 2, tone: neutral}
          - {id: "3", text: {da: Meget}, score: 3, tone: favourable}
        dont_know: true
      - {id: minutes, kind: number, text: {da: Hvor længe?}, minimum: 0, maximum: 600}
      - id: aids
        kind: several_of
        text: {da: Hvilke hjælpemidler?}
        options: [{id: pump, text: {da: Pumpe}}, {id: drip, text: {da: Drop}}]
      - {id: suggestions, kind: long_text, text: {da: Forslag?}, length: 500}
report:
  tables:
    - {id: trust, question: trust, measures: [distribution, favourable, mean]}
    - {id: minutes, question: minutes, measures: [mean, median]}
    - {id: aids, question: aids}
    - {id: minutes_by_trust, question: minutes, by: [trust], measures: [mean]}
  free_text: [suggestions]
"""
BY_UNIT = DOCUMENT.replace(
    "    - {id: aids, question: aids}", "    - {id: aids, question: aids, by: [unit]}"
)


@dataclass(frozen=True, slots=True)
class Installation:
    """Where it lies and what is in it."""

    folder: Path
    store: Store
    keys: KeyFolder
    version: Version

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def round(self) -> Round:
        """The round as it is now."""
        return rounds.read(self.store.main, ROUND)

    def seal(
        self,
        answers: Mapping[str, Any],
        *,
        key: str | None = None,
        unit: str | None = None,
        channel: str = "web",
        language: str = "da",
        version: Version | None = None,
    ) -> bytes:
        """One sealed answer to the round, under a new random key unless one is given."""
        public_key = self.round().public_key
        assert public_key is not None
        used = version or self.version
        return seal_answers(
            answers,
            language=language,
            round_id=ROUND,
            version=used.hash,
            padded_size=used.padded_size,
            public_key=public_from_text(public_key),
            key=key or secrets.token_hex(16),
            channel=channel,
            unit=unit,
        )

    def receive(self, *raws: bytes, now: datetime = NOW) -> None:
        """Receive sealed answers through the real intake."""
        with JoinedWriter(self.data) as writer:
            intake = Intake(writer, self.store)
            for raw in raws:
                intake.receive(raw, now=now)

    def close_round(self) -> None:
        """End the receiving of the round."""
        with self.store.write() as db:
            rounds.set_state(db, ROUND, RoundState.CLOSED)


def publish(store: Store, document: str = DOCUMENT) -> Version:
    """Publish a document; gives its version."""
    version = make_version(read_document(document))
    with store.write() as db:
        versions.publish(
            db,
            version_hash=version.hash,
            questionnaire=version.questionnaire.id,
            shape=str(version.questionnaire.shape),
            title=version.questionnaire.title,
            document=to_plain(version.questionnaire),
            padded_size=version.padded_size,
            published_on=date(2022, 1, 2),
        )
    return version


def install(folder: Path, document: str = DOCUMENT, **changes: Any) -> Installation:
    """A new installation under `folder` with an open round; `changes` are fields of the round."""
    store = create_store(folder / "data")
    keys = KeyFolder(folder / "keys", data_folder=folder / "data")
    version = publish(store, document)
    public_key = keys.make(ROUND)
    values: dict[str, Any] = {
        "id": ROUND,
        "collection": "small",
        "title": {"da": "Lille"},
        "promise": "anonymous",
        "opens_at": OPENS,
        "answer_until": datetime(2022, 2, 28, 11, 0, tzinfo=UTC),
        "receive_until": RECEIVE_UNTIL,
        "languages": ("da",),
        "channels": ("web", "tablet"),
        "versions": (version.hash,),
        "privacy_notice": {"da": {}},
        "public_key": public_text(public_key),
        "kid": kid_of(public_key),
        **changes,
    }
    with store.write() as db:
        units.keep_units(db, [Unit(id=one, name=one, kind="hospital") for one in UNITS])
        round_collections.keep(db, Collection(id="small", title={"da": "Lille"}))
        rounds.add(db, Round(**values))
        round_units.keep(db, ROUND, [RoundUnit(unit=UNITS[0])])
        if values.get("state", RoundState.OPEN) is RoundState.OPEN:
            rounds.set_state(db, ROUND, RoundState.OPEN)
    return Installation(folder, store, keys, version)


def draw(rng: random.Random) -> dict[str, Any]:
    """One person's answers to the small survey."""
    answers: dict[str, Any] = {}
    if rng.random() < 0.9:
        answers["trust"] = rng.choice(["1", "2", "3", {"missing": "dont_know"}])
    if rng.random() < 0.9:
        answers["minutes"] = rng.randint(0, 600)
    if rng.random() < 0.7:
        answers["aids"] = rng.choice([["pump"], ["drip"], ["pump", "drip"]])
    if rng.random() < 0.3:
        answers["suggestions"] = f"Forslag {rng.getrandbits(60):x}"
    return answers
