"""The numbers of sheets: drawn at random, kept nowhere, so that they tie to nobody."""

from __future__ import annotations

import random

from forms.paper.page_code import ALPHABET, NUMBER_LENGTH


def draw_numbers(count: int, rng: random.Random) -> list[str]:
    """So many different numbers. `rng` is the machine's source of chance, or a seeded one in tests."""
    drawn: dict[str, None] = {}
    while len(drawn) < count:
        drawn["".join(rng.choices(ALPHABET, k=NUMBER_LENGTH))] = None
    return list(drawn)
