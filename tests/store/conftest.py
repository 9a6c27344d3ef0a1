"""What the tests of the store share: a real data folder, and a round to keep things in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from store import round_collections, rounds, versions
from store.database import Store, create_store
from store.round_collections import Collection

VERSION = "a" * 64
ROUND = "k7m2pq4t"
NOW = datetime(2022, 3, 21, 11, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with create_store(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def round_id(store: Store) -> str:
    keep_round(store, ROUND)
    return ROUND


def planned_round(round_id: str = ROUND, **changes: object) -> rounds.Round:
    values: dict[str, object] = {
        "id": round_id,
        "collection": "iv",
        "title": {"da": "Tilfredshed med IV-behandling i hjemmet"},
        "promise": "anonymous",
        "opens_at": datetime(2022, 1, 3, 7, 0, tzinfo=UTC),
        "answer_until": datetime(2022, 2, 28, 11, 0, tzinfo=UTC),
        "receive_until": datetime(2022, 3, 21, 11, 0, tzinfo=UTC),
        "languages": ("da", "en", "ar"),
        "channels": ("web", "tablet"),
        "versions": (VERSION,),
        "privacy_notice": {"controller": {"da": "Region Syddanmark"}},
        **changes,
    }
    return rounds.Round(**values)  # type: ignore[arg-type]


def keep_round(store: Store, round_id: str, **changes: object) -> rounds.Round:
    new = planned_round(round_id, **changes)
    with store.write() as db:
        for version_hash in new.versions:
            versions.publish(
                db,
                version_hash=version_hash,
                questionnaire="iv-satisfaction",
                shape="survey",
                title={"da": "Tilfredshed"},
                document={"format": 1, "hash": version_hash},
                padded_size=4096,
                published_on=date(2022, 1, 2),
            )
        round_collections.keep(db, Collection(id="iv", title={"da": "IV"}))
        rounds.add(db, new)
    return new
