"""The form of the three files, as migrations that only go forward.

Each runs once, in a transaction of its own, at start; the file's PRAGMA user_version holds the number of the last one. A
migration that has been released is never edited: a change is a new one at the end.

They are written as SQL because sqlite-utils cannot create WITHOUT ROWID tables and its transform() drops that property.
Table definitions are SQLite's own; queries elsewhere keep to what SQLite and PostgreSQL both understand.

**Anonymous tables** (answers, free text, counts, receipts, submissions, quarantine) are WITHOUT ROWID, keyed by random
16 bytes or by what they count: an ordinary table keeps the order of arrival in its hidden rowid for ever (rank
correlation 1.00, and VACUUM does not help). The one exception, `submission`, has a rowid made of its random key. None has a column for a time, an order, an address or a device, and none may
get one: tests/store/test_schema.py inspects every table that is not on its list of the desk's own tables.

Scans of paper are readable until they are accepted, and have order and numbers; they have a file of their own, paper.db.
"""

from __future__ import annotations

from dataclasses import dataclass

from store import (
    delivery_migration,
    desk_migration,
    first_migration,
    invitation_migration,
    paper_migration,
    rows_migration,
    sign_in_migration,
    tablet_migration,
    waiting_migration,
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its number (1, 2, 3 …) and its statements."""

    number: int
    sql: str


#: The steps of svarboks.db, of waiting.db and of paper.db, in order.
MAIN: tuple[Migration, ...] = (
    Migration(1, first_migration.MAIN),
    Migration(2, desk_migration.MAIN),
    Migration(3, tablet_migration.MAIN),
    Migration(4, paper_migration.MAIN),
    Migration(5, delivery_migration.MAIN),
    Migration(6, rows_migration.MAIN),
    Migration(7, sign_in_migration.MAIN),
)
WAITING: tuple[Migration, ...] = (
    Migration(1, first_migration.WAITING),
    Migration(2, invitation_migration.WAITING),
    Migration(3, tablet_migration.WAITING),
    Migration(4, waiting_migration.WAITING),
)
PAPER: tuple[Migration, ...] = (
    Migration(1, paper_migration.PAPER),
    Migration(2, paper_migration.FINDINGS),
)
