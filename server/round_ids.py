"""Ids of rounds: short, random, and read aloud or typed from paper without mistakes."""

from __future__ import annotations

import random

from sqlite_utils import Database

from store import rounds

#: No vowels (no words come about), nothing that is taken for another sign when read aloud or on paper.
ID_ALPHABET = "23456789bcdfghjkmnpqrstvwxz"
ID_LENGTH = 6


def draw_round_id(db: Database, rng: random.Random) -> str:
    """An id that no round has, drawn in the write transaction that keeps the round."""
    while True:
        drawn = "".join(rng.choice(ID_ALPHABET) for _ in range(ID_LENGTH))
        if rounds.find(db, drawn) is None:
            return drawn
