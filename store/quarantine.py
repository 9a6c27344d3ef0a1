"""What could not be mixed: kept sealed, with codes that say why, never lost and never shown as text. In waiting.db."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlite_utils import Database

from store.bulk import found_by_key, marks, portions
from store.plain_json import json_text, read_json
from store.submissions import Outcome, Submission


class Quarantined(NamedTuple):
    """One submission that did not check. `codes` are fault codes such as 'wrong-type', never anything answered."""

    key: bytes
    digest: bytes
    round: str
    codes: tuple[str, ...]
    header: str
    sealed: bytes


def move(db: Database, round_id: str, codes: Mapping[bytes, Sequence[str]]) -> int:
    """Copy submissions of the round, by key with their codes, into quarantine; how many were new there.

    `submissions.remove` takes the sealed copies away afterwards, as for mixed ones. Safe to repeat: what is quarantined
    already stays as it is. Call it in a write transaction on waiting.db.
    """
    cursor = db.conn.cursor()
    cursor.executemany(
        "INSERT INTO quarantined (key, digest, round, codes, header, sealed)"
        " SELECT key, digest, round, ?, header, sealed FROM submission WHERE key = ? AND round = ?"
        " ON CONFLICT (key) DO NOTHING",
        ((json_text(sorted(set(words))), key, round_id) for key, words in codes.items()),
    )
    return max(cursor.rowcount, 0)


def put(
    db: Database,
    items: Sequence[tuple[Submission, str]],
    *,
    known: Mapping[bytes, bytes],
    most: Mapping[str, int],
) -> list[Outcome]:
    """Keep submissions that no mix could take, each with its one code, as they arrive: one outcome for each, in order.

    `known` holds the digests of those keys that have a receipt or wait: nothing is kept of these. `most` says of a code how
    many may lie here in all; what comes above is `FULL`. Call it in a write transaction on waiting.db.
    """
    keys = [item.key for item, _code in items]
    digests = {
        **found_by_key(db, "SELECT key, digest FROM quarantined WHERE key IN", keys),
        **known,
    }
    left = {
        code: most[code] - _number(db, code) for code in {code for _, code in items} if code in most
    }
    outcomes: list[Outcome] = []
    for item, code in items:
        digest = digests.get(item.key)
        if digest is not None:
            outcomes.append(Outcome.REPEATED if digest == item.digest else Outcome.CONFLICT)
            continue
        if code in left:
            if left[code] <= 0:
                outcomes.append(Outcome.FULL)
                continue
            left[code] -= 1
        digests[item.key] = item.digest
        db.conn.execute(
            "INSERT INTO quarantined (key, digest, round, codes, header, sealed) VALUES (?, ?, ?, ?, ?, ?)",
            (item.key, item.digest, item.round, json_text([code]), item.header, item.sealed),
        )
        outcomes.append(Outcome.NEW)
    return outcomes


def _number(db: Database, code: str) -> int:
    row = db.conn.execute(
        "SELECT count(*) FROM quarantined WHERE codes = ?", (json_text([code]),)
    ).fetchone()
    return int(row[0])


def remove_received(db: Database, items: Sequence[Submission]) -> None:
    """Remove the copies of what has been received the ordinary way after all, in the transaction that receives it."""
    if db.conn.execute("SELECT 1 FROM quarantined LIMIT 1").fetchone() is None:
        return
    digests = {item.key: item.digest for item in items}
    for some in portions(list(digests)):
        copies = found_by_key(db, "SELECT key, digest FROM quarantined WHERE key IN", some)
        same = [key for key, digest in copies.items() if digests[key] == digest]
        if same:
            db.conn.execute(f"DELETE FROM quarantined WHERE key IN {marks(len(same))}", same)  # noqa: S608 - question marks only


def remove(db: Database, copies: Iterable[tuple[bytes, bytes]]) -> int:
    """Remove copies, by key and digest, of submissions that were mixed after all; how many there were.

    A mix that was killed before its commit may leave a copy here of what a later mix can read (a version was added to
    the round meanwhile). Other bytes under the key of a mixed submission have another digest and stay. Call it with
    `submissions.remove`, in the same write transaction on waiting.db.
    """
    cursor = db.conn.cursor()
    cursor.executemany("DELETE FROM quarantined WHERE key = ? AND digest = ?", copies)
    return max(cursor.rowcount, 0)


def count(db: Database, round_id: str) -> int:
    """How many of the round are in quarantine."""
    row = db.conn.execute(
        "SELECT count(*) FROM quarantined WHERE round = ?", (round_id,)
    ).fetchone()
    return int(row[0])


def counts(db: Database) -> dict[str, int]:
    """How many are in quarantine, by round; rounds with none are left out."""
    return dict(
        db.conn.execute(
            "SELECT round, count(*) FROM quarantined GROUP BY round ORDER BY round"
        ).fetchall()
    )


def codes(db: Database, round_id: str) -> dict[str, int]:
    """How often each code occurs among the quarantined of a round: what the desk is told."""
    numbers: dict[str, int] = {}
    for (text,) in db.conn.execute("SELECT codes FROM quarantined WHERE round = ?", (round_id,)):
        for code in read_json(text):
            numbers[code] = numbers.get(code, 0) + 1
    return dict(sorted(numbers.items()))


def kinds(db: Database) -> list[tuple[str, tuple[str, ...], int]]:
    """(round, codes, how many) of all that lies here, by round: what the desk is told. The round may be one that is not there."""
    return [
        (round_id, tuple(read_json(text)), number)
        for round_id, text, number in db.conn.execute(
            "SELECT round, codes, count(*) FROM quarantined GROUP BY round, codes ORDER BY round, codes"
        )
    ]


def of_kind(db: Database, round_id: str, codes: Sequence[str]) -> list[Quarantined]:
    """The quarantined of a round with exactly these codes, in key order."""
    return [
        Quarantined(key, digest, round_id, tuple(sorted(codes)), header, sealed)
        for key, digest, header, sealed in db.conn.execute(
            "SELECT key, digest, header, sealed FROM quarantined WHERE round = ? AND codes = ? ORDER BY key",
            (round_id, json_text(sorted(codes))),
        )
    ]


def listed(db: Database, round_id: str) -> list[Quarantined]:
    """The quarantined of a round in key order, for trying them again after a fault was mended."""
    return [
        Quarantined(key, digest, round_, tuple(read_json(text)), header, sealed)
        for key, digest, round_, text, header, sealed in db.conn.execute(
            "SELECT key, digest, round, codes, header, sealed FROM quarantined"
            " WHERE round = ? ORDER BY key",
            (round_id,),
        )
    ]
