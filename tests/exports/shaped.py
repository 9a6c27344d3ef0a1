"""Rounds of the other shapes in a real store: units that send returns, responses kept as mixing keeps them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from exports.editions import make_edition
from forms.answers import compile_check
from forms.document import from_plain, to_plain
from forms.questionnaire import Questionnaire
from forms.report_plan import compile_plan
from forms.units import Unit
from forms.versions import Version, content_hash
from store import (
    accounts,
    counts,
    responses,
    returns,
    round_collections,
    round_units,
    rounds,
    units,
    versions,
)
from store.database import Store
from store.round_collections import Collection
from store.rounds import RoundState

SOFS = {
    "sof-odense": "SOF Odense",
    "sof-lillebaelt": "SOF Lillebælt",
    "sof-sydvest": "SOF Sydvestjylland",
    "sof-soenderjylland": "SOF Sønderjylland",
}


def version_of(questionnaire: Questionnaire) -> Version:
    return Version(content_hash(questionnaire), questionnaire, 65536)


def open_shaped_round(
    store: Store,
    questionnaire: Questionnaire,
    round_id: str,
    names: Mapping[str, str],
    *,
    collection: str = "c1",
    until: datetime = datetime(2022, 3, 23, 11, 0, tzinfo=UTC),
    **changes: Any,
) -> None:
    """An open round with these units; the questionnaire is published if it is not yet."""
    version = content_hash(questionnaire)
    with store.write() as db:
        if db.execute("SELECT 1 FROM version WHERE hash = ?", (version,)).fetchone() is None:
            versions.publish(
                db,
                version_hash=version,
                questionnaire=questionnaire.id,
                shape=str(questionnaire.shape),
                title=dict(questionnaire.title),
                document=to_plain(questionnaire),
                padded_size=65536,
                published_on=date(2022, 1, 2),
            )
        units.keep_units(
            db, [Unit(id=one, name=name, kind="municipality") for one, name in names.items()]
        )
        round_collections.keep(db, Collection(id=collection, title={"da": "En samling"}))
        values: dict[str, Any] = {
            "id": round_id,
            "collection": collection,
            "title": dict(questionnaire.title),
            "promise": str(questionnaire.promise),
            "opens_at": datetime(2022, 1, 3, 7, 0, tzinfo=UTC),
            "answer_until": until,
            "receive_until": until,
            "languages": ("da",),
            "channels": ("web",),
            "versions": (version,),
            "privacy_notice": {"controller": {"da": "Region Syddanmark"}},
            "access": "invited",
            **changes,
        }
        rounds.add(db, rounds.Round(**values))
        round_units.keep(db, round_id, [round_units.RoundUnit(unit=one) for one in names])
        rounds.set_key(db, round_id, "BA" * 43 + "A", "0" * 16)
        rounds.set_state(db, round_id, RoundState.OPEN)


def close(store: Store, round_id: str) -> None:
    with store.write() as db:
        rounds.set_state(db, round_id, RoundState.CLOSED)


def edition(store: Store, round_id: str, *, seed: int = 1) -> dict[str, Any]:
    """The figures of the next edition, as they are read again from the store."""
    made = make_edition(
        store,
        round_id,
        now=datetime(2023, 6, 1, 12, 0, tzinfo=UTC),
        rng=random.Random(f"{round_id} {seed}"),
    )
    return dict(made.figures)


def send_return(store: Store, round_id: str, unit: str, answers: Mapping[str, Any]) -> None:
    """A unit writes and sends its return; its counts and texts are kept as mixing keeps them."""
    now = datetime(2022, 3, 1, 9, 0, tzinfo=UTC)
    with store.write() as db:
        row = db.execute("SELECT id FROM account WHERE email = 'anne@example.org'").fetchone()
        account = row[0] if row else accounts.add(db, name="Anne", email="anne@example.org").id
        number = returns.save(
            db,
            round_id,
            unit,
            based_on=0,
            answers=answers,
            language="da",
            account=account,
            now=now,
        )
        assert number == 1
        assert returns.send(db, round_id, unit, revision=number, account=account, now=now)
    keep_responses(store, round_id, [(unit, answers)])


def keep_responses(
    store: Store, round_id: str, given: Sequence[tuple[str, Mapping[str, Any]]]
) -> None:
    """Keeps answers of units, their texts apart and their counts, as mixing does."""
    round_ = rounds.read(store.main, round_id)
    questionnaire = from_plain(dict(versions.read(store.main, round_.version).document))
    version = version_of(questionnaire)
    checker, plan = compile_check(version), compile_plan(version)
    ids = round_units.ids(store.main, round_id)
    tally = counts.Tally()
    kept, answers, texts = [], [], []
    returned: dict[tuple[str | None, str], int] = {}
    for unit, answer in given:
        checked = checker.check(dict(answer), units=ids)
        assert checked.faults == (), checked.faults
        key = random.randbytes(16)
        kept.append((key, round_id, version.hash, unit, "da", "web"))
        answers += [(key, row.place, row.state, row.value) for row in checked.rows]
        texts += [
            (random.randbytes(16), round_id, text.place, text.text, "da") for text in checked.texts
        ]
        tally.add(plan.count(checked, unit, "da", "web"))
        returned[unit, "web"] = returned.get((unit, "web"), 0) + 1
    with store.write() as db:
        responses.keep(db, kept, answers, texts)
        counts.add(db, round_id, tally)
        counts.add_returned(db, round_id, returned)
