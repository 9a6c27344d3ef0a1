"""Responses one by one, for datasets of single answers: one ordered scan, a response at a time, whatever their number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

from forms.problems import Problem, ProblemError

#: One response: its unit (None where it is not kept), and place -> its value, or '~' and its state where it has none. Places
#: that were left unanswered are absent. A plain tuple, for speed.
ResponseAnswers = tuple[str | None, dict[str, Any]]


def scan(db: Database, round_id: str) -> Iterator[ResponseAnswers]:
    """All responses of a round by version and key, which is random; a million need no more memory than one.

    Neither key, version, language nor channel comes along. Each response's answers are gathered where they lie together
    (they are stored by response), in the database itself: a row a response crosses over and not a row an answer, which makes
    it as fast as the database's own command line. Finish or drop the iterator before a write on the same connection.
    """
    # json_group_object is json_object_agg in PostgreSQL.
    rows = db.conn.execute(
        "SELECT r.unit, (SELECT json_group_object(a.place, coalesce(a.value, '~' || a.state))"
        " FROM answer a WHERE a.response = r.key)"
        " FROM response r WHERE r.round = ? ORDER BY r.version, r.key",
        (round_id,),
    )
    # What SQLite writes is one object without blanks about it, so the decoder's own step is enough.
    decode = json.JSONDecoder().raw_decode
    for unit, answers in rows:
        yield unit, decode(answers)[0]


def require(db: Database, round_id: str, number: int) -> None:
    """Raise ProblemError(ROWS_MOVED_ON) unless exactly `number` responses of the round are kept: those that an edition counted."""
    row = db.conn.execute("SELECT count(*) FROM response WHERE round = ?", (round_id,)).fetchone()
    if row[0] != number:
        raise ProblemError(Problem.ROWS_MOVED_ON)
