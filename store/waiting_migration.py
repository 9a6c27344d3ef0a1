"""Migration 4 of waiting.db: sealed answers lie in the file by a number made of their random keys (store/lots.py).

In a WITHOUT ROWID table a row lies in the tree of its key, and so do its first thousand bytes, on every floor of the tree:
with answers of 16 KiB a page of that tree leads to four others, and one row more changes pages on seven floors. In a tree of
numbers only the lowest floor holds rows (measured, a hundred a transaction: 12,400 rows a second instead of 10,000, and
17,800 instead of 12,300 while the log is not copied). The number tells nothing that the key does not.
"""

from __future__ import annotations

WAITING = """
CREATE TABLE submission_by_lot (
    lot INTEGER NOT NULL PRIMARY KEY,
    key BLOB NOT NULL UNIQUE CHECK (length(key) = 16),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    round TEXT NOT NULL CHECK (round <> ''),
    header TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
INSERT INTO submission_by_lot
    SELECT lot_of(key), key, digest, round, header, sealed FROM submission;
DROP TABLE submission;
ALTER TABLE submission_by_lot RENAME TO submission;
-- With the lot, which is the rowid; the key stands in the row and in its own index, and nowhere else.
CREATE INDEX submission_by_round ON submission (round);
"""
