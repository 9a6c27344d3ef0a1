"""Free text that was released after the newest edition of its round was made: a new edition would bring it.

Nothing tells when a text was released, so what is released is counted and held against what the edition has. The edition
itself is made by the rule in exports/released_texts.py; here it is only asked whether it is worth making.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from exports.released_texts import SMALLEST_FREE_TEXT, people_at_least
from store import pending
from store.database import Store

#: How long after its end a round is looked at: a text that lay unread for longer was left out on purpose.
LOOKED_AT = timedelta(days=365)


def rounds_with_texts_to_come(store: Store, now: datetime, *, account: int | None) -> list[str]:
    """The ids of the finished rounds, of one account's when given, whose next edition would have more free text. Two statements."""
    released: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for round_id, place, number in pending.released_by_place(
        store.main, since=now - LOOKED_AT, account=account
    ):
        parts = place.split("/")
        released[round_id][parts[-1]][place] = number
    enough = [
        round_id
        for round_id, questions in released.items()
        if any(sum(places.values()) >= SMALLEST_FREE_TEXT for places in questions.values())
    ]
    told = pending.texts_in_newest_edition(store.main, enough)
    return [
        round_id
        for round_id in enough
        if any(
            _brings_more(released[round_id][question], number)
            for question, number in told.get(round_id, {}).items()
            if question in released[round_id]
        )
    ]


def _brings_more(places: Mapping[str, int], told: int) -> bool:
    """Whether so many released texts, by place, advance on those that the edition tells."""
    if not told:
        people = people_at_least(place for place, number in places.items() for _ in range(number))
        return people >= SMALLEST_FREE_TEXT
    # In a repeated group one person may have written once in each repetition.
    return sum(places.values()) - told >= SMALLEST_FREE_TEXT * len(places)
