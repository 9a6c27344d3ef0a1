"""Migration 3: tablets, how they are enrolled, and what they last said of themselves.

A tablet is called a device in the code, and it belongs to the desk: nothing of those who answer is in its tables, and no
table of answers knows one. What it says of itself (how much waits, which versions it has) is kept with the day alone.
"""

from __future__ import annotations

from store.column_checks import day_check, instant_check

MAIN = f"""
-- `token_hash` stays when a tablet is revoked, so that it can be told why it is refused; a new enrolment replaces it.
-- The staff PIN as the tablet checks it without a network: PBKDF2-SHA256.
CREATE TABLE device (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    unit TEXT NOT NULL REFERENCES unit (id),
    pin_salt BLOB NOT NULL CHECK (length(pin_salt) = 16),
    pin_iterations INTEGER NOT NULL CHECK (pin_iterations >= 1),
    pin_hash BLOB NOT NULL CHECK (length(pin_hash) = 32),
    token_hash BLOB UNIQUE CHECK (length(token_hash) = 32),
    enrolled_on TEXT {day_check("enrolled_on")},
    revoked_on TEXT {day_check("revoked_on")},
    contact_on TEXT {day_check("contact_on")},
    waiting INTEGER NOT NULL DEFAULT 0 CHECK (waiting >= 0),
    failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
    app TEXT NOT NULL DEFAULT '',
    versions TEXT NOT NULL DEFAULT '{{}}' CHECK (json_valid(versions))
) STRICT;
CREATE INDEX device_by_unit ON device (unit);

-- The rounds that a tablet offers.
CREATE TABLE device_round (
    device INTEGER NOT NULL REFERENCES device (number) ON DELETE CASCADE,
    round TEXT NOT NULL REFERENCES round (id),
    PRIMARY KEY (device, round)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_round_by_round ON device_round (round);

-- The code that enrols a tablet: once, and for ten minutes. One at a time for each tablet.
CREATE TABLE device_code (
    device INTEGER NOT NULL PRIMARY KEY REFERENCES device (number) ON DELETE CASCADE,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    expires_at TEXT NOT NULL {instant_check("expires_at")}
) STRICT, WITHOUT ROWID;

-- How many said no on a tablet, in all. Of a round and its unit: the desk shows the sum.
CREATE TABLE device_declined (
    device INTEGER NOT NULL REFERENCES device (number) ON DELETE CASCADE,
    round TEXT NOT NULL REFERENCES round (id),
    n INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (device, round)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_declined_by_round ON device_declined (round);

-- How long one turn on a tablet may rest before it is wiped, in minutes.
ALTER TABLE round ADD COLUMN turn_minutes INTEGER NOT NULL DEFAULT 30 CHECK (turn_minutes >= 5 AND turn_minutes <= 240);

-- The restore epoch is a random word: it says that something was restored, and not how often.
INSERT INTO setting (name, value) VALUES ('restore_epoch', lower(hex(randomblob(8))))
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;
"""  # noqa: S608 - constants

WAITING = """
-- How much of each kind lies in quarantine is asked at every batch that adds to it.
CREATE INDEX quarantined_by_codes ON quarantined (codes, round);
"""
