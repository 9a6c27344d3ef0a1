"""Migration 7: wrong passwords and codes, counted for all processes together and over a restart."""

from __future__ import annotations

from store.column_checks import instant_check

MAIN = f"""
-- `name` is a keyed hash of what was typed as an address, or of an account; rows go when the wait is over.
CREATE TABLE sign_in_failure (
    name BLOB NOT NULL PRIMARY KEY CHECK (length(name) = 32),
    count INTEGER NOT NULL CHECK (count > 0),
    since TEXT NOT NULL {instant_check("since")}
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_failure_by_since ON sign_in_failure (since);
"""
