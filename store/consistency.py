"""Checks that the files are whole and that every number kept equals what it counts (`svarboks check`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from store import counts, quarantine, responses
from store.counts import CountRow, Increment, Tally
from store.database import MAIN_FILE, PAPER_FILE, WAITING_FILE, Store
from store.responses import StoredResponse

#: Given the hash of a version, how to count one of its responses; usually forms.report_plan.count_rows with the plan
#: compiled once.
Recount = Callable[[str], Callable[[StoredResponse], Iterable[Increment]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is not as it should be: where, what is kept, and what was found. No answer is ever told."""

    place: str
    kept: str
    found: str

    def __str__(self) -> str:
        return f"{self.place}: kept {self.kept}, found {self.found}"


def check(store: Store, recount: Recount) -> list[Difference]:
    """All differences; an empty list means that both files are whole and every number is right.

    Reads every response once, one at a time (a million need no more memory than one), in one read transaction, so that
    mixing may go on meanwhile.
    """
    differences = [
        *_file_is_whole(MAIN_FILE, store.main),
        *_file_is_whole(WAITING_FILE, store.waiting),
        *_file_is_whole(PAPER_FILE, store.paper),
    ]
    if differences:
        # What a damaged file says of its numbers is worth nothing, and reading it may fail.
        return differences
    with store.reading() as main:
        for (round_id,) in main.execute("SELECT id FROM round ORDER BY id").fetchall():
            differences += _counts_differ(main, round_id, recount)
            differences += _returned_differs(main, store.waiting, round_id)
    return [*differences, *_loads_differ(store.waiting)]


def _file_is_whole(name: str, db: Database) -> Iterator[Difference]:
    try:
        findings = [row[0] for row in db.execute("PRAGMA integrity_check").fetchall()]
    except sqlite3.DatabaseError as error:
        findings = [str(error)]
    yield from (
        Difference(place=name, kept="a whole file", found=said) for said in findings if said != "ok"
    )
    if findings != ["ok"]:
        return
    for table, _rowid, parent, _number in db.execute("PRAGMA foreign_key_check").fetchall():
        yield Difference(place=f"{name}, {table}", kept=f"a row of {parent}", found="no such row")


def _counts_differ(db: Database, round_id: str, recount: Recount) -> Iterator[Difference]:
    tally = Tally()
    version, count_one = "", None
    for response in responses.read(db, round_id):
        if count_one is None or response.version != version:
            version, count_one = response.version, recount(response.version)
        tally.add(count_one(response))

    kept = {row[:3]: row for row in counts.read(db, round_id)}
    found = {row[:3]: row for row in tally.rows()}
    nothing = (0, 0, 0)
    for cell in sorted(kept.keys() | found.keys()):
        one, other = kept.get(cell), found.get(cell)
        if (one[3:] if one else nothing) != (other[3:] if other else nothing):
            table, group, name = cell
            yield Difference(
                place=f"round {round_id}, table {table}, group {group}, cell {name}",
                kept=_numbers(one),
                found=_numbers(other),
            )


def _returned_differs(main: Database, waiting: Database, round_id: str) -> Iterator[Difference]:
    """What came back is the responses and what went to quarantine. What is being quarantined at this moment may stand
    there already and not be counted yet, so the one bound is looser."""
    returned = counts.returned_total(main, round_id)
    kept = responses.count(main, round_id)
    aside = quarantine.count(waiting, round_id)
    if not kept <= returned <= kept + aside:
        yield Difference(
            place=f"round {round_id}, returned",
            kept=str(returned),
            found=f"{kept} responses and {aside} in quarantine",
        )


def _numbers(row: CountRow | None) -> str:
    if row is None:
        return "nothing"
    return f"n {row.n}, sum {row.total}, sum of squares {row.total_sq}"


def _loads_differ(db: Database) -> Iterator[Difference]:
    for round_id, kept, found in db.execute(
        "SELECT l.round, l.waiting, (SELECT count(*) FROM submission s WHERE s.round = l.round)"
        " FROM round_load l ORDER BY l.round"
    ).fetchall():
        if kept != found:
            yield Difference(
                place=f"round {round_id}, waiting", kept=str(kept), found=f"{found} submissions"
            )
    for round_id, found in db.execute(
        "SELECT round, count(*) FROM submission WHERE round NOT IN (SELECT round FROM round_load)"
        " GROUP BY round ORDER BY round"
    ).fetchall():
        yield Difference(
            place=f"round {round_id}, waiting", kept="nothing", found=f"{found} submissions"
        )
