"""Which units of a round have not returned: one definition, for the board, for reminders and for the desk's front page.

A signed return is returned when it was sent. Elsewhere a unit has not returned when nothing is known to have come back from
it, and it has not said how many it offered it to, or offered it to somebody; where answers have come that carry no unit, nobody can
say of a unit that offered it that nothing came back. A unit with answers that has not typed its numbers has returned: it is
asked for its numbers, apart.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlite_utils import Database

from store.plain_json import json_text

#: (round, unit) of sealed answers that wait, which lie in another file; '' for the unit where they name none.
WAITS = "WITH waits (round, unit) AS (SELECT value ->> 0, value ->> 1 FROM json_each(:waiting))"
#: Whether the unit `ru` of the round `r` has not returned; in a statement that begins with WAITS.
NOT_RETURNED = (
    "CASE WHEN r.promise = 'signed'"
    " THEN NOT EXISTS (SELECT 1 FROM return_sent s WHERE s.round = ru.round AND s.unit = ru.unit)"
    " ELSE NOT EXISTS (SELECT 1 FROM returned b WHERE b.round = ru.round AND b.unit = ru.unit AND b.n > 0)"
    " AND (ru.round, ru.unit) NOT IN (SELECT round, unit FROM waits)"
    " AND (ru.offered IS NULL OR ru.offered > 0"
    " AND NOT EXISTS (SELECT 1 FROM returned b WHERE b.round = r.id AND b.unit = '' AND b.n > 0)"
    " AND (r.id, '') NOT IN (SELECT round, unit FROM waits)) END"
)


def waiting_text(waiting: Collection[tuple[str, str]]) -> str:
    """The value of `:waiting` in a statement that begins with WAITS."""
    return json_text(sorted(list(place) for place in waiting))


def units(db: Database, round_id: str, *, waiting: Collection[tuple[str, str]]) -> set[str]:
    """The units of a round that have not returned. `waiting` has the (round, unit) of what waits to be mixed, '' for no unit."""
    return {
        row[0]
        for row in db.execute(
            f"{WAITS} SELECT ru.unit FROM round r JOIN round_unit ru ON ru.round = r.id"  # noqa: S608 - constants
            f" WHERE r.id = :round AND {NOT_RETURNED}",
            {"round": round_id, "waiting": waiting_text(waiting)},
        )
    }
