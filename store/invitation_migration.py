"""Migration 2 of waiting.db: the codes of invited rounds.

They lie beside the sealed answers because a code is spent in the very transaction that keeps the answer it came with.
"""

from __future__ import annotations

WAITING = """
-- One code of an invited round. `letter` is the number that its letter bears; of a code that was used nothing is kept but
-- that: no time, and nothing of the answer.
CREATE TABLE invitation (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    round TEXT NOT NULL CHECK (round <> ''),
    letter INTEGER NOT NULL CHECK (letter >= 1),
    used INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1)),
    UNIQUE (round, letter)
) STRICT, WITHOUT ROWID;

-- What the codes of a round are made from, so that letters can be printed again; and how many were really sent, where
-- somebody has said so. Both of the round as a whole.
CREATE TABLE invitation_round (
    round TEXT NOT NULL PRIMARY KEY CHECK (round <> ''),
    seed BLOB NOT NULL CHECK (length(seed) = 32),
    sent INTEGER CHECK (sent >= 0)
) STRICT, WITHOUT ROWID;
"""
