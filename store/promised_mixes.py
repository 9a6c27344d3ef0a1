"""Instants by which people who answered were told that everything is mixed: an open round's *receive until*, and each that it had
before."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from store.instants import instant_text, read_instant


def add(db: Database, round_id: str) -> None:
    """Keep the instant by which people who answer now are told that everything is mixed."""
    db.execute(
        "INSERT INTO promised_mix (round, at) SELECT id, receive_until FROM round"
        " WHERE id = ? AND state = 'open' AND test_of IS NULL ON CONFLICT (round, at) DO NOTHING",
        (round_id,),
    )


def of_round(db: Database, round_id: str) -> list[datetime]:
    """The instants by which people were told that everything is mixed, the first first."""
    return [
        read_instant(row[0])
        for row in db.execute(
            "SELECT at FROM promised_mix WHERE round = ? ORDER BY at", (round_id,)
        )
    ]


def due(db: Database, now: datetime, *, job: str) -> list[tuple[str, datetime]]:
    """(round, instant) of what was promised for an instant that has passed and not been kept yet, in open rounds.

    A promise is kept by a finished run of `job` whose period is '<round> <instant>'.
    """
    return [
        (round_id, read_instant(at))
        for round_id, at in db.execute(
            "SELECT p.round, p.at FROM promised_mix p JOIN round r ON r.id = p.round"
            " WHERE r.state = 'open' AND p.at <= :now AND NOT EXISTS (SELECT 1 FROM run"
            " WHERE run.name = :job AND run.period = p.round || ' ' || p.at AND run.state = 'finished')"
            " ORDER BY p.at, p.round",
            {"now": instant_text(now), "job": job},
        )
    ]
