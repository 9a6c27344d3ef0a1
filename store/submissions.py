"""Sealed answers on their way, in waiting.db, and how many of each round wait there.

Intake writes nothing but this. Nothing here has a time or an order: submissions lie in the file by a number made of their random
keys and leave in its order, which says nothing of their arrival.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from sqlite_utils import Database

from store import invitations
from store.bulk import found_by_key, portions, rows_of_marks
from store.invitations import CodeState
from store.lots import lot_of


class Outcome(StrEnum):
    """What became of one submission that was put."""

    #: Kept now.
    NEW = "new"
    #: The same bytes are known already: the same receipt, and nothing changed.
    REPEATED = "repeated"
    #: Other bytes are known under this key: nothing changed.
    CONFLICT = "conflict"
    #: The round holds as many as it may: nothing changed.
    FULL = "full"
    #: The round is an invited one, and no code came, or one that is not of the round, or a used one: nothing changed.
    NO_CODE = "no-code"
    CODE_UNKNOWN = "code-unknown"
    CODE_USED = "code-used"


class Submission(NamedTuple):
    """One sealed answer. `key` 16 bytes, `digest` 32 bytes (SHA-256 of the envelope), `header` the envelope's JSON."""

    key: bytes
    digest: bytes
    round: str
    header: str
    sealed: bytes


class Ticket(NamedTuple):
    """What a submission to an invited round came with: the hash of its code (32 bytes), None where it had none."""

    code: bytes | None


def put(
    db: Database,
    items: Sequence[Submission],
    *,
    known: Mapping[bytes, bytes],
    ceilings: Mapping[str, int],
    tickets: Sequence[Ticket | None] | None = None,
) -> list[Outcome]:
    """Keep what is new; one outcome for each item, in the same order. Call it in a write transaction on waiting.db.

    `known` holds the digests of those keys that have a receipt in the main file, read after this transaction began
    (mixing commits its receipts before it removes what waited, so a key is always seen in at least one place).
    `ceilings` says how many submissions a round may receive in all; a round that is not in it has no limit. A repeat
    is never `FULL`. `tickets`, where given, says for each item whether it needs a code: one that is new is kept only when
    its code was unused, and uses it; a repeat needs none.
    """
    digests = {**digest_of(db, [item.key for item in items]), **known}
    outcomes: list[Outcome] = []
    new: list[Submission] = []
    by_round: dict[str, int] = {}
    spent: dict[bytes, bytes] = {}
    for at, item in enumerate(items):
        digest = digests.get(item.key)
        if digest is None:
            ticket = tickets[at] if tickets else None
            if ticket is not None:
                refused_code = _use(db, item.round, ticket)
                if refused_code is not None:
                    outcomes.append(refused_code)
                    continue
                assert ticket.code is not None
                spent[item.key] = ticket.code
            digests[item.key] = item.digest
            by_round[item.round] = by_round.get(item.round, 0) + 1
            new.append(item)
            outcomes.append(Outcome.NEW)
        else:
            outcomes.append(Outcome.REPEATED if digest == item.digest else Outcome.CONFLICT)
    for round_id, number in by_round.items():
        over = _receive(db, round_id, number) - ceilings.get(round_id, sys.maxsize)
        if over > 0:
            _give_back(db, round_id, min(over, number))
            refused = {item.key for item in [i for i in new if i.round == round_id][-over:]}
            new = [item for item in new if item.key not in refused]
            invitations.give_back(db, [code for key, code in spent.items() if key in refused])
            # A repeat within the same batch of one that is refused is refused too.
            outcomes = [
                Outcome.FULL if item.key in refused else outcome
                for item, outcome in zip(items, outcomes, strict=True)
            ]
    for some in portions(new):
        db.conn.execute(
            "INSERT INTO submission (lot, key, digest, round, header, sealed) VALUES "  # noqa: S608 - question marks only
            + rows_of_marks(len(some), 6),
            list(chain.from_iterable((lot_of(one.key), *one) for one in some)),
        )
    return outcomes


def _use(db: Database, round_id: str, ticket: Ticket) -> Outcome | None:
    """Spend a code; None when it was good."""
    if ticket.code is None:
        return Outcome.NO_CODE
    was = invitations.spend(db, round_id, ticket.code)
    if was is CodeState.UNUSED:
        return None
    return Outcome.CODE_USED if was is CodeState.USED else Outcome.CODE_UNKNOWN


def _receive(db: Database, round_id: str, number: int) -> int:
    """Add to what a round has received; how many that makes in all."""
    row = db.conn.execute(
        "INSERT INTO round_load (round, waiting, received) VALUES (:round, :number, :number)"
        " ON CONFLICT (round) DO UPDATE SET waiting = round_load.waiting + :number,"
        " received = round_load.received + :number RETURNING received",
        {"round": round_id, "number": number},
    ).fetchone()
    return int(row[0])


def _give_back(db: Database, round_id: str, number: int) -> None:
    """Take back what `_receive` added. An INSERT of a negative number would break the table's rule before its UPDATE."""
    db.conn.execute(
        "UPDATE round_load SET waiting = waiting - :number, received = received - :number"
        " WHERE round = :round",
        {"round": round_id, "number": number},
    )


def digest_of(db: Database, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """The digests of those of the keys that wait here."""
    return found_by_key(db, "SELECT key, digest FROM submission WHERE key IN", keys)


def take(
    db: Database, round_id: str, limit: int, *, after: bytes | None = None
) -> list[Submission]:
    """Up to `limit` submissions of a round in the order of their lots, those after that of the key `after` when given. Takes
    nothing away: that is `remove`, after the commit that keeps the answers."""
    return [
        Submission(*row)
        for row in db.conn.execute(
            "SELECT key, digest, round, header, sealed FROM submission"
            " WHERE round = ? AND lot > ? ORDER BY lot LIMIT ?",
            (round_id, _before(after), limit),
        )
    ]


def waiting_digests(
    db: Database, round_id: str, limit: int, *, after: bytes | None = None
) -> list[tuple[bytes, bytes]]:
    """Key and digest of what `take` would give, without reading what is sealed."""
    return db.conn.execute(
        "SELECT key, digest FROM submission WHERE round = ? AND lot > ? ORDER BY lot LIMIT ?",
        (round_id, _before(after), limit),
    ).fetchall()


def _before(after: bytes | None) -> int:
    return -1 if after is None else lot_of(after)


def waiting_count(db: Database, round_id: str) -> int:
    """How many submissions of the round wait."""
    row = db.conn.execute("SELECT waiting FROM round_load WHERE round = ?", (round_id,)).fetchone()
    return 0 if row is None else int(row[0])


def received_count(db: Database, round_id: str) -> int:
    """How many submissions of the round were ever received: what its ceiling is held against."""
    row = db.conn.execute("SELECT received FROM round_load WHERE round = ?", (round_id,)).fetchone()
    return 0 if row is None else int(row[0])


def waiting_counts(db: Database) -> dict[str, int]:
    """How many submissions wait, by round; rounds where none waits are left out."""
    return dict(
        db.conn.execute("SELECT round, waiting FROM round_load WHERE waiting > 0 ORDER BY round")
    )


def waiting_by_unit(db: Database, round_id: str) -> dict[str, int]:
    """How many submissions of the round wait, by the unit that their header names; '' for none. Reads all headers: only
    for promises that name the unit, where few wait between two mixes."""
    numbers: dict[str, int] = {}
    for (header,) in db.conn.execute("SELECT header FROM submission WHERE round = ?", (round_id,)):
        unit = json.loads(header).get("unit") or ""
        numbers[unit] = numbers.get(unit, 0) + 1
    return numbers


def waiting_places(db: Database, round_ids: Collection[str]) -> set[tuple[str, str]]:
    """(round, unit) of what waits in these rounds, by their headers; '' for the unit where one names none. One statement; see
    `waiting_by_unit` for its cost."""
    return {
        (round_id, unit)
        for round_id, unit in db.conn.execute(
            "SELECT DISTINCT round, coalesce(header ->> '$.unit', '') FROM submission"
            " WHERE round IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(round_ids)),),
        )
    }


def remove(db: Database, round_id: str, keys: Iterable[bytes]) -> int:
    """Remove sealed copies of a round; how many there were. Keys that are gone already do no harm: it may be repeated.

    Call it in a write transaction on waiting.db, after the main file's transaction with their receipts has committed.
    """
    cursor = db.conn.cursor()
    cursor.executemany(
        "DELETE FROM submission WHERE key = ? AND round = ?", ((key, round_id) for key in keys)
    )
    removed = max(cursor.rowcount, 0)
    if removed:
        cursor.execute(
            "UPDATE round_load SET waiting = waiting - ? WHERE round = ?", (removed, round_id)
        )
    return removed
