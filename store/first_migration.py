"""The form of the two files as first released: migration 1. Never edited; what changes is a new migration."""

from __future__ import annotations

from store.column_checks import day_check, instant_check

MAIN = f"""
CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- units

CREATE TABLE region (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> '' AND id NOT GLOB '*[^a-z0-9-]*'),
    name TEXT NOT NULL CHECK (name <> '')
) STRICT, WITHOUT ROWID;

CREATE TABLE unit (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> '' AND id NOT GLOB '*[^a-z0-9-]*'),
    name TEXT NOT NULL CHECK (name <> ''),
    kind TEXT NOT NULL CHECK (kind <> ''),
    region TEXT REFERENCES region (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX unit_by_region ON unit (region);

-- Every spelling a unit is known by, folded for comparison; one spelling means one unit.
CREATE TABLE unit_name (
    folded TEXT NOT NULL PRIMARY KEY CHECK (folded <> ''),
    unit TEXT NOT NULL REFERENCES unit (id) ON DELETE CASCADE,
    spelling TEXT NOT NULL CHECK (spelling <> '')
) STRICT, WITHOUT ROWID;
CREATE INDEX unit_name_by_unit ON unit_name (unit);

CREATE TABLE area (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> '' AND id NOT GLOB '*[^a-z0-9-]*'),
    name TEXT NOT NULL CHECK (name <> ''),
    kind TEXT NOT NULL CHECK (kind <> ''),
    region TEXT REFERENCES region (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX area_by_region ON area (region);

-- A unit may be in several areas at once. 0001-01-01 = since ever; until_day is the last day in it, NULL = until further notice.
CREATE TABLE membership (
    unit TEXT NOT NULL REFERENCES unit (id) ON DELETE CASCADE,
    area TEXT NOT NULL REFERENCES area (id) ON DELETE CASCADE,
    from_day TEXT NOT NULL {day_check("from_day")},
    until_day TEXT {day_check("until_day")},
    PRIMARY KEY (unit, area, from_day),
    CHECK (until_day IS NULL OR until_day >= from_day)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_by_area ON membership (area);

-- ---------------------------------------------------------------- who may see and do what

CREATE TABLE working_group (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> '' AND id NOT GLOB '*[^a-z0-9-]*'),
    name TEXT NOT NULL CHECK (name <> ''),
    parent TEXT REFERENCES working_group (id) CHECK (parent IS NULL OR parent <> id)
) STRICT, WITHOUT ROWID;
CREATE INDEX working_group_by_parent ON working_group (parent);

CREATE TABLE account (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    email TEXT NOT NULL UNIQUE CHECK (email LIKE '%_@_%' AND email = lower(email)),
    password_hash TEXT NOT NULL CHECK (password_hash LIKE '$argon2%'),
    role TEXT NOT NULL CHECK (role IN ('administrator', 'secretariat', 'chair', 'member')),
    active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE working_group_member (
    working_group TEXT NOT NULL REFERENCES working_group (id) ON DELETE CASCADE,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    PRIMARY KEY (working_group, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX working_group_member_by_account ON working_group_member (account);

CREATE TABLE session (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL {instant_check("created_at")},
    last_seen_at TEXT NOT NULL {instant_check("last_seen_at")},
    expires_at TEXT NOT NULL {instant_check("expires_at")}
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_account ON session (account);

-- ---------------------------------------------------------------- what is asked

CREATE TABLE questionnaire (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> '' AND id NOT GLOB '*[^a-z0-9-]*'),
    shape TEXT NOT NULL CHECK (shape IN ('survey', 'return', 'registration', 'interview', 'audit')),
    title TEXT NOT NULL CHECK (json_valid(title))
) STRICT, WITHOUT ROWID;

CREATE TABLE version (
    hash TEXT NOT NULL PRIMARY KEY CHECK (length(hash) = 64 AND hash NOT GLOB '*[^0-9a-f]*'),
    questionnaire TEXT NOT NULL REFERENCES questionnaire (id),
    number INTEGER NOT NULL CHECK (number >= 1),
    document TEXT NOT NULL CHECK (json_valid(document)),
    padded_size INTEGER NOT NULL CHECK (padded_size IN (4096, 16384, 65536)),
    published_on TEXT NOT NULL {day_check("published_on")},
    UNIQUE (questionnaire, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER version_never_changes BEFORE UPDATE ON version
BEGIN SELECT RAISE (ABORT, 'a published version never changes'); END;
CREATE TRIGGER version_is_never_removed BEFORE DELETE ON version
BEGIN SELECT RAISE (ABORT, 'a published version is never removed'); END;

CREATE TABLE collection (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> '' AND id NOT GLOB '*[^a-z0-9-]*'),
    title TEXT NOT NULL CHECK (json_valid(title))
) STRICT, WITHOUT ROWID;

CREATE TABLE round (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> '' AND id NOT GLOB '*[^a-z0-9-]*'),
    collection TEXT NOT NULL REFERENCES collection (id),
    title TEXT NOT NULL CHECK (json_valid(title)),
    promise TEXT NOT NULL CHECK (promise IN ('anonymous', 'confidential', 'signed')),
    state TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'open', 'closed', 'finished')),
    opens_at TEXT NOT NULL {instant_check("opens_at")},
    answer_until TEXT NOT NULL {instant_check("answer_until")},
    receive_until TEXT NOT NULL {instant_check("receive_until")},
    languages TEXT NOT NULL CHECK (json_array_length(languages) >= 1),
    channels TEXT NOT NULL CHECK (json_array_length(channels) >= 1),
    smallest_group INTEGER NOT NULL CHECK (smallest_group >= 5),
    survey TEXT NOT NULL CHECK (survey IN ('total', 'sample')),
    population INTEGER CHECK (population >= 0),
    ceiling INTEGER NOT NULL CHECK (ceiling >= 1),
    access TEXT NOT NULL CHECK (access IN ('public', 'invited')),
    contact TEXT NOT NULL CHECK (json_valid(contact)),
    privacy_notice TEXT NOT NULL CHECK (json_valid(privacy_notice)),
    working_group TEXT REFERENCES working_group (id),
    public_key TEXT CHECK (public_key <> ''),
    kid TEXT CHECK (length(kid) = 16 AND kid NOT GLOB '*[^0-9a-f]*'),
    CHECK (opens_at <= answer_until AND answer_until <= receive_until),
    CHECK ((public_key IS NULL) = (kid IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX round_by_collection ON round (collection);
CREATE INDEX round_by_working_group ON round (working_group);

CREATE TRIGGER round_keeps_its_promise BEFORE UPDATE OF promise ON round
WHEN OLD.state <> 'planned' AND NEW.promise <> OLD.promise
BEGIN SELECT RAISE (ABORT, 'the promise of a round that has opened never changes'); END;
CREATE TRIGGER round_never_lowers_its_smallest_group BEFORE UPDATE OF smallest_group ON round
WHEN OLD.state <> 'planned' AND NEW.smallest_group < OLD.smallest_group
BEGIN SELECT RAISE (ABORT, 'the smallest group is never lowered after opening'); END;
CREATE TRIGGER round_keeps_its_key BEFORE UPDATE OF public_key, kid ON round
WHEN OLD.public_key IS NOT NULL AND (NEW.public_key IS NOT OLD.public_key OR NEW.kid IS NOT OLD.kid)
BEGIN SELECT RAISE (ABORT, 'the key of a round never changes'); END;
CREATE TRIGGER round_opens_with_a_key BEFORE UPDATE OF state ON round
WHEN NEW.state = 'open' AND NEW.public_key IS NULL
BEGIN SELECT RAISE (ABORT, 'a round cannot open without its key'); END;
CREATE TRIGGER round_never_goes_back BEFORE UPDATE OF state ON round
WHEN (OLD.state <> 'planned' AND NEW.state = 'planned') OR (OLD.state = 'finished' AND NEW.state <> 'finished')
BEGIN SELECT RAISE (ABORT, 'a round never goes back to an earlier state'); END;

CREATE TABLE round_version (
    round TEXT NOT NULL REFERENCES round (id),
    version TEXT NOT NULL REFERENCES version (hash),
    PRIMARY KEY (round, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX round_version_by_version ON round_version (version);

CREATE TABLE round_unit (
    round TEXT NOT NULL REFERENCES round (id),
    unit TEXT NOT NULL REFERENCES unit (id),
    from_day TEXT {day_check("from_day")},
    eligible INTEGER CHECK (eligible >= 0),
    offered INTEGER CHECK (offered >= 0),
    declined INTEGER CHECK (declined >= 0),
    unable INTEGER CHECK (unable >= 0),
    PRIMARY KEY (round, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX round_unit_by_unit ON round_unit (unit);

-- ---------------------------------------------------------------- anonymous tables: what was answered

CREATE TABLE response (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 16),
    round TEXT NOT NULL,
    version TEXT NOT NULL,
    unit TEXT REFERENCES unit (id),
    language TEXT NOT NULL,
    channel TEXT NOT NULL,
    FOREIGN KEY (round, version) REFERENCES round_version (round, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX response_by_round ON response (round, version);
CREATE INDEX response_by_unit ON response (unit) WHERE unit IS NOT NULL;

CREATE TABLE answer (
    response BLOB NOT NULL REFERENCES response (key) ON DELETE CASCADE,
    place TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('answered', 'dont_know', 'not_relevant', 'not_shown', 'unanswered')),
    value ANY CHECK (typeof(value) <> 'blob'),
    PRIMARY KEY (response, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE free_text (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 16),
    round TEXT NOT NULL REFERENCES round (id),
    place TEXT NOT NULL,
    text TEXT NOT NULL CHECK (text <> ''),
    language TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'unread' CHECK (state IN ('unread', 'released', 'withheld'))
) STRICT, WITHOUT ROWID;
CREATE INDEX free_text_by_round ON free_text (round, place, state);

-- The sum of squares is squares_high * 10^15 + squares: one amount of money squared may exceed 64 bits.
CREATE TABLE count (
    round TEXT NOT NULL REFERENCES round (id),
    tab TEXT NOT NULL,
    grp TEXT NOT NULL,
    cell TEXT NOT NULL,
    n INTEGER NOT NULL CHECK (n >= 0),
    total INTEGER NOT NULL,
    squares INTEGER NOT NULL CHECK (squares >= 0 AND squares < 1000000000000000),
    squares_high INTEGER NOT NULL CHECK (squares_high >= 0),
    PRIMARY KEY (round, tab, grp, cell)
) STRICT, WITHOUT ROWID;

-- What came back, by the unit that returned it; '' = no unit (a key cannot hold NULL).
CREATE TABLE returned (
    round TEXT NOT NULL REFERENCES round (id),
    unit TEXT NOT NULL,
    channel TEXT NOT NULL,
    n INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (round, unit, channel)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 16),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    state TEXT NOT NULL CHECK (state IN ('mixed', 'quarantined'))
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- what goes out

CREATE TABLE edition (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    round TEXT NOT NULL REFERENCES round (id),
    number INTEGER NOT NULL CHECK (number >= 1),
    made_at TEXT NOT NULL {instant_check("made_at")},
    figures TEXT NOT NULL CHECK (json_valid(figures)),
    digest TEXT NOT NULL CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
    UNIQUE (round, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER edition_never_changes BEFORE UPDATE ON edition
BEGIN SELECT RAISE (ABORT, 'an edition never changes'); END;

CREATE TABLE edition_file (
    edition TEXT NOT NULL REFERENCES edition (id),
    kind TEXT NOT NULL CHECK (kind <> ''),
    language TEXT NOT NULL,
    digest TEXT NOT NULL CHECK (length(digest) = 64 AND digest NOT GLOB '*[^0-9a-f]*'),
    path TEXT NOT NULL CHECK (path <> '' AND path NOT GLOB '/*' AND path NOT GLOB '*..*'),
    PRIMARY KEY (edition, kind, language)
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- the scheduler

CREATE TABLE run (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    period TEXT NOT NULL CHECK (period <> ''),
    state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'failed')),
    started_at TEXT NOT NULL {instant_check("started_at")},
    finished_at TEXT {instant_check("finished_at")},
    attempts INTEGER NOT NULL DEFAULT 1 CHECK (attempts >= 1),
    message TEXT NOT NULL DEFAULT '',
    UNIQUE (name, period),
    CHECK ((state = 'running') = (finished_at IS NULL))
) STRICT;

CREATE TABLE lease (
    name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
    holder TEXT NOT NULL CHECK (holder <> ''),
    until TEXT NOT NULL {instant_check("until")}
) STRICT, WITHOUT ROWID;
"""

WAITING = """
CREATE TABLE submission (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 16),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    round TEXT NOT NULL CHECK (round <> ''),
    header TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX submission_by_round ON submission (round);

-- `received` never falls: it is what the ceiling of a round is held against, in the transaction that receives.
CREATE TABLE round_load (
    round TEXT NOT NULL PRIMARY KEY CHECK (round <> ''),
    waiting INTEGER NOT NULL CHECK (waiting >= 0),
    received INTEGER NOT NULL CHECK (received >= waiting)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantined (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 16),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    round TEXT NOT NULL CHECK (round <> ''),
    codes TEXT NOT NULL CHECK (json_valid(codes)),
    header TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantined_by_round ON quarantined (round);
"""
