"""Responses: checked answers after mixing, one row per answer, and free text apart from them.

Nothing here is written one answer at a time in the order of arrival: mixing shuffles and hands over whole batches.
All functions work on the main file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlite_utils import Database

#: (key 16 bytes, round, version hash, unit or None, language, channel)
ResponseRow = tuple[bytes, str, str, str | None, str, str]
#: (response key, place, state, value): value None, bool, int, float or str
AnswerRow = tuple[bytes, str, str, "str | int | float | None"]
#: (own random key 16 bytes, round, place, text, language); never the response's key
TextRow = tuple[bytes, str, str, str, str]


class Reading(StrEnum):
    """Whether a person has read a free text, and what was decided."""

    UNREAD = "unread"
    RELEASED = "released"
    WITHHELD = "withheld"


class StoredAnswer(NamedTuple):
    """One answer as it is kept; the names are those of forms.answers.AnswerRow. A bool comes back as 1 or 0."""

    place: str
    state: str
    value: Any


class StoredResponse(NamedTuple):
    """One response as it is kept, its answers sorted by place."""

    key: bytes
    version: str
    unit: str | None
    language: str
    channel: str
    rows: list[StoredAnswer]


class StoredText(NamedTuple):
    """One free text as it is kept; it belongs to no response any more."""

    key: bytes
    place: str
    text: str
    language: str
    state: str


def keep(
    db: Database,
    responses: Iterable[ResponseRow],
    answers: Iterable[AnswerRow],
    texts: Iterable[TextRow] = (),
) -> None:
    """Keep a batch, in the transaction that also keeps its counts and receipts. Plain tuples, for speed.

    Sort responses and answers by key and free texts by theirs: the keys are random, so sorting both hides the order of
    arrival and writes fastest. The answers' responses must be among `responses` (or kept already).
    Raises sqlite3.IntegrityError when the version is not one of the round's, or a key is there already.
    """
    connection = db.conn
    connection.executemany(
        "INSERT INTO response (key, round, version, unit, language, channel)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        responses,
    )
    connection.executemany(
        "INSERT INTO answer (response, place, state, value) VALUES (?, ?, ?, ?)", answers
    )
    connection.executemany(
        "INSERT INTO free_text (key, round, place, text, language) VALUES (?, ?, ?, ?, ?)", texts
    )


def read(db: Database, round_id: str) -> Iterator[StoredResponse]:
    """All responses of a round, by version and then key, one at a time: a million need no more memory than one.

    Finish or drop the iterator before a write on the same connection.
    """
    rows = db.conn.execute(
        "SELECT r.key, r.version, r.unit, r.language, r.channel, a.place, a.state, a.value"
        " FROM response r LEFT JOIN answer a ON a.response = r.key"
        " WHERE r.round = ? ORDER BY r.version, r.key",
        (round_id,),
    )
    for (key, version, unit, language, channel), group in groupby(
        rows, key=itemgetter(0, 1, 2, 3, 4)
    ):
        # A response without any answer has one row here, and no place in it.
        answers = [StoredAnswer(*row[5:]) for row in group if row[5] is not None]
        # Here and not in the statement, where it would cost a sorting tree of its own for each response.
        answers.sort(key=itemgetter(0))
        yield StoredResponse(key, version, unit, language, channel, answers)


def count(db: Database, round_id: str) -> int:
    """How many responses of the round are kept. Reads them all: for checks, not for pages (see counts.returned)."""
    row = db.conn.execute("SELECT count(*) FROM response WHERE round = ?", (round_id,)).fetchone()
    return int(row[0])


def texts(
    db: Database, round_id: str, place: str | None = None, state: Reading | None = None
) -> list[StoredText]:
    """Free texts of a round by place and key (which is random), of one place or state when given."""
    return [
        StoredText(*row)
        for row in db.conn.execute(
            "SELECT key, place, text, language, state FROM free_text WHERE round = :round"
            " AND (:place IS NULL OR place = :place) AND (:state IS NULL OR state = :state)"
            " ORDER BY place, key",
            {"round": round_id, "place": place, "state": state.value if state else None},
        )
    ]


def has_unread(db: Database, round_id: str) -> bool:
    """Whether a round has a text that nobody has decided about."""
    row = db.conn.execute(
        "SELECT EXISTS (SELECT 1 FROM free_text WHERE round = ? AND state = 'unread')", (round_id,)
    ).fetchone()
    return bool(row[0])


def decide_text(db: Database, key: bytes, state: Reading) -> bool:
    """Note what a person decided about a free text; False when there is no such text."""
    cursor = db.conn.execute("UPDATE free_text SET state = ? WHERE key = ?", (state.value, key))
    return cursor.rowcount == 1
