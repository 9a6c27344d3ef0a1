"""Migration 5: deliveries to working groups, how often a round asks for interim ones, and mails whose end nobody noted."""

from __future__ import annotations

from store.column_checks import instant_check

MAIN = f"""
-- How often a round delivers while it receives. Chosen before it opens: interim editions are part of what people were told.
ALTER TABLE round ADD COLUMN interim TEXT NOT NULL DEFAULT 'none' CHECK (interim IN ('none', 'weekly', 'monthly'));
CREATE TRIGGER round_keeps_its_interim BEFORE UPDATE OF interim ON round
WHEN OLD.state <> 'planned' AND OLD.test_of IS NULL AND NEW.interim <> OLD.interim
BEGIN SELECT RAISE (ABORT, 'interim editions are chosen before a round opens'); END;

-- `trying`: an attempt was begun and its end has not been noted. `doubts`: attempts whose end will never be known, so that
-- the recipient may have the message once more.
ALTER TABLE message ADD COLUMN trying INTEGER NOT NULL DEFAULT 0 CHECK (trying IN (0, 1));
ALTER TABLE message ADD COLUMN doubts INTEGER NOT NULL DEFAULT 0 CHECK (doubts >= 0);

-- An edition on its way to the working group of its round. A period of a round is delivered once (store/deliveries.py).
CREATE TABLE delivery (
    id INTEGER NOT NULL PRIMARY KEY,
    round TEXT NOT NULL REFERENCES round (id),
    period TEXT NOT NULL CHECK (period <> ''),
    occasion TEXT NOT NULL CHECK (occasion IN ('end', 'weekly', 'monthly', 'again')),
    edition TEXT NOT NULL REFERENCES edition (id),
    made_at TEXT NOT NULL {instant_check("made_at")},
    delivered_at TEXT {instant_check("delivered_at")},
    folder TEXT NOT NULL DEFAULT '',
    UNIQUE (round, period)
) STRICT;
CREATE INDEX delivery_by_edition ON delivery (edition);

-- Whom a delivery was told by mail. The outbox forgets messages; `message` then names none that is there.
CREATE TABLE delivery_mail (
    delivery INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    message INTEGER NOT NULL,
    PRIMARY KEY (delivery, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_mail_by_account ON delivery_mail (account);

-- What ended before there were deliveries is not delivered now.
INSERT INTO run (name, period, state, started_at, finished_at, message)
    SELECT 'delivery', id || ' ' || receive_until, 'finished', receive_until, receive_until, 'before there were deliveries'
    FROM round WHERE state = 'finished' AND test_of IS NULL
    ON CONFLICT (name, period) DO NOTHING;
"""  # noqa: S608 - constants
