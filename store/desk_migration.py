"""Migration 2 of svarboks.db: roles by unit and working group, second factor, mail, audit, test rounds, returns."""

from __future__ import annotations

from store.column_checks import instant_check

MAIN = f"""
-- ---------------------------------------------------------------- accounts: several roles, each for its unit or group

-- The table is made anew because SQLite cannot take a CHECK away. Sessions of before end: they lack what follows.
CREATE TABLE account_2 (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    email TEXT NOT NULL UNIQUE CHECK (email LIKE '%_@_%' AND email = lower(email)),
    -- NULL: not chosen yet, or the person signs in with an identity provider.
    password_hash TEXT CHECK (password_hash LIKE '$argon2%'),
    active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    language TEXT NOT NULL DEFAULT 'da' CHECK (language IN ('da', 'en')),
    -- The secret of the second factor, sealed with the service's own; the last time step that was used (RFC 6238, 5.2).
    totp_secret BLOB,
    totp_last_step INTEGER
) STRICT;
INSERT INTO account_2 (id, name, email, password_hash, active)
    SELECT id, name, email, password_hash, active FROM account;

CREATE TABLE account_role (
    account INTEGER NOT NULL REFERENCES account_2 (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN
        ('administrator', 'secretariat', 'coordinator', 'respondent', 'interviewer', 'chair', 'member')),
    scope TEXT NOT NULL DEFAULT '',
    unit TEXT REFERENCES unit (id) ON DELETE CASCADE,
    working_group TEXT REFERENCES working_group (id) ON DELETE CASCADE,
    PRIMARY KEY (account, role, scope),
    CHECK (scope = coalesce(unit, working_group, '')),
    CHECK ((unit IS NOT NULL) = (role IN ('coordinator', 'respondent', 'interviewer'))),
    CHECK ((working_group IS NOT NULL) = (role IN ('chair', 'member')))
) STRICT, WITHOUT ROWID;
INSERT INTO account_role (account, role)
    SELECT id, role FROM account WHERE role IN ('administrator', 'secretariat');
INSERT INTO account_role (account, role, scope, working_group)
    SELECT m.account, a.role, m.working_group, m.working_group
    FROM working_group_member m JOIN account a ON a.id = m.account WHERE a.role IN ('chair', 'member');
DROP TABLE session;
DROP TABLE working_group_member;
DROP TABLE account;
ALTER TABLE account_2 RENAME TO account;
CREATE INDEX account_role_by_unit ON account_role (unit);
CREATE INDEX account_role_by_working_group ON account_role (working_group);

-- Who keeps accounts sees no results: that role stands alone.
CREATE TRIGGER administrator_stands_alone BEFORE INSERT ON account_role
WHEN EXISTS (SELECT 1 FROM account_role WHERE account = NEW.account
    AND (role = 'administrator') <> (NEW.role = 'administrator'))
BEGIN SELECT RAISE (ABORT, 'an administrator has no other role'); END;

CREATE TABLE session (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    -- What its owner ends it by; it opens nothing.
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 16 AND id NOT GLOB '*[^0-9a-f]*'),
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    -- 'second-factor': the password was right; 'set-up': a second factor has to be set up first.
    stage TEXT NOT NULL CHECK (stage IN ('second-factor', 'set-up', 'full')),
    browser TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL {instant_check("created_at")},
    last_seen_at TEXT NOT NULL {instant_check("last_seen_at")},
    expires_at TEXT NOT NULL {instant_check("expires_at")},
    ends_at TEXT NOT NULL {instant_check("ends_at")},
    CHECK (expires_at <= ends_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_account ON session (account);

CREATE TABLE recovery_code (
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    code_hash BLOB NOT NULL CHECK (length(code_hash) = 32),
    PRIMARY KEY (account, code_hash)
) STRICT, WITHOUT ROWID;

-- A link that was mailed: for a new account, or for a new password.
CREATE TABLE account_link (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('invitation', 'password')),
    expires_at TEXT NOT NULL {instant_check("expires_at")}
) STRICT, WITHOUT ROWID;
CREATE INDEX account_link_by_account ON account_link (account);

-- Who an account is at an identity provider (OpenID Connect Core 2: issuer and subject together).
CREATE TABLE account_identity (
    issuer TEXT NOT NULL CHECK (issuer <> ''),
    subject TEXT NOT NULL CHECK (subject <> ''),
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_identity_by_account ON account_identity (account);

-- ---------------------------------------------------------------- mail on its way, and what was done

-- The text goes when the message has been sent: it may hold a link that signs in.
CREATE TABLE message (
    id INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind <> ''),
    recipient TEXT NOT NULL CHECK (recipient LIKE '%_@_%'),
    subject TEXT NOT NULL CHECK (subject <> ''),
    body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    written_at TEXT NOT NULL {instant_check("written_at")},
    next_at TEXT NOT NULL {instant_check("next_at")},
    sent_at TEXT {instant_check("sent_at")},
    error TEXT NOT NULL DEFAULT '',
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CHECK (state <> 'sent' OR body = '')
) STRICT;
CREATE INDEX message_by_state ON message (state, next_at);

-- What people of the desk did; never anything of those who answer. `account` has no foreign key: an entry outlives it.
CREATE TABLE audit (
    number INTEGER NOT NULL PRIMARY KEY,
    at TEXT NOT NULL {instant_check("at")},
    actor TEXT NOT NULL CHECK (actor <> ''),
    action TEXT NOT NULL CHECK (action <> ''),
    subject TEXT NOT NULL,
    details TEXT NOT NULL CHECK (json_valid(details)),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject);
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit
BEGIN SELECT RAISE (ABORT, 'the audit log is only added to'); END;

-- ---------------------------------------------------------------- rounds: test mode, opening, what was promised

-- A planned round opens by itself only once a person has said so.
ALTER TABLE round ADD COLUMN approved INTEGER NOT NULL DEFAULT 1 CHECK (approved IN (0, 1));
-- A test round belongs to the planned round that it tries out; its answers live under its own id and go with it.
ALTER TABLE round ADD COLUMN test_of TEXT REFERENCES round (id);
CREATE UNIQUE INDEX round_by_test_of ON round (test_of) WHERE test_of IS NOT NULL;

-- The instants by which people were told that everything is mixed; prolonging a round adds one and removes none.
CREATE TABLE promised_mix (
    round TEXT NOT NULL REFERENCES round (id),
    at TEXT NOT NULL {instant_check("at")},
    PRIMARY KEY (round, at)
) STRICT, WITHOUT ROWID;
INSERT INTO promised_mix (round, at) SELECT id, receive_until FROM round;

-- A mix that a person ordered from the process that keeps keys: of what came late, or in test mode.
CREATE TABLE mix_order (
    round TEXT NOT NULL PRIMARY KEY REFERENCES round (id),
    account INTEGER REFERENCES account (id) ON DELETE SET NULL,
    at TEXT NOT NULL {instant_check("at")}
) STRICT, WITHOUT ROWID;
CREATE INDEX mix_order_by_account ON mix_order (account);

-- What nobody has read yet, over all rounds, without reading what was.
CREATE INDEX free_text_unread ON free_text (round) WHERE state = 'unread';

CREATE TABLE reminder (
    round TEXT NOT NULL REFERENCES round (id),
    unit TEXT NOT NULL REFERENCES unit (id),
    at TEXT NOT NULL {instant_check("at")},
    account INTEGER REFERENCES account (id) ON DELETE SET NULL,
    recipients INTEGER NOT NULL CHECK (recipients >= 1),
    PRIMARY KEY (round, unit, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX reminder_by_unit ON reminder (unit);
CREATE INDEX reminder_by_account ON reminder (account);

-- ---------------------------------------------------------------- signed returns, edited together until sent

CREATE TABLE return_revision (
    round TEXT NOT NULL,
    unit TEXT NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
    answers TEXT NOT NULL CHECK (json_valid(answers)),
    language TEXT NOT NULL,
    account INTEGER REFERENCES account (id) ON DELETE SET NULL,
    saved_at TEXT NOT NULL {instant_check("saved_at")},
    PRIMARY KEY (round, unit, revision),
    FOREIGN KEY (round, unit) REFERENCES round_unit (round, unit)
) STRICT, WITHOUT ROWID;
CREATE INDEX return_revision_by_account ON return_revision (account);

CREATE TABLE return_sent (
    round TEXT NOT NULL,
    unit TEXT NOT NULL,
    revision INTEGER NOT NULL,
    account INTEGER REFERENCES account (id) ON DELETE SET NULL,
    sent_at TEXT NOT NULL {instant_check("sent_at")},
    PRIMARY KEY (round, unit),
    FOREIGN KEY (round, unit, revision) REFERENCES return_revision (round, unit, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX return_sent_by_revision ON return_sent (round, unit, revision);
CREATE INDEX return_sent_by_account ON return_sent (account);

-- ---------------------------------------------------------------- what a person uploaded and has not decided on yet

CREATE TABLE upload (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 16 AND id NOT GLOB '*[^0-9a-f]*'),
    kind TEXT NOT NULL CHECK (kind IN ('units', 'questionnaire')),
    content TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    changed_at TEXT NOT NULL {instant_check("changed_at")}
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_by_account ON upload (account);
"""  # noqa: S608 - constants
