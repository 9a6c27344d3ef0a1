"""What is kept of questionnaires on paper: migration 4 of svarboks.db, and migrations 1 and 2 of paper.db.

svarboks.db holds what outlives a scan: the layouts, the piles, and of each batch who, which unit, how far, and totals once
it is accepted. paper.db holds what can be read: pages, sheets, marks and what persons decided of them. All of it goes when
its batch is due, by secure_delete and with the log emptied (store/paper_removal.py).
"""

from __future__ import annotations

from store.column_checks import day_check, instant_check

_ID = "length({0}) = 16 AND {0} NOT GLOB '*[^0-9a-f]*'"

MAIN = f"""
-- Where every box of a version in one language lies on paper, as it was printed. A layout never changes: its id is its hash.
CREATE TABLE paper_layout (
    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 8 AND id NOT GLOB '*[^0-9a-f]*'),
    version TEXT NOT NULL REFERENCES version (hash),
    language TEXT NOT NULL CHECK (language <> ''),
    layout TEXT NOT NULL CHECK (json_valid(layout))
) STRICT, WITHOUT ROWID;
CREATE INDEX paper_layout_by_version ON paper_layout (version, language);

-- Sheets that were printed together, to be handed out by one unit (NULL: by nobody in particular). Their numbers are not kept.
CREATE TABLE pile (
    id TEXT NOT NULL PRIMARY KEY CHECK ({_ID.format("id")}),
    round TEXT NOT NULL REFERENCES round (id),
    unit TEXT REFERENCES unit (id),
    layout TEXT NOT NULL REFERENCES paper_layout (id),
    sheets INTEGER NOT NULL CHECK (sheets >= 1),
    back_by TEXT {day_check("back_by")},
    account INTEGER REFERENCES account (id) ON DELETE SET NULL,
    printed_at TEXT NOT NULL {instant_check("printed_at")}
) STRICT, WITHOUT ROWID;
CREATE INDEX pile_by_round ON pile (round, unit);
CREATE INDEX pile_by_unit ON pile (unit);
CREATE INDEX pile_by_layout ON pile (layout);
CREATE INDEX pile_by_account ON pile (account);

-- What was scanned of a pile at one time. Numbers are those of the batch as a whole; of a sheet nothing is here.
CREATE TABLE batch (
    id TEXT NOT NULL PRIMARY KEY CHECK ({_ID.format("id")}),
    round TEXT NOT NULL REFERENCES round (id),
    pile TEXT REFERENCES pile (id),
    unit TEXT REFERENCES unit (id),
    -- The unit that was asked to look at the marks instead of the one that handed out.
    reviewed_by TEXT REFERENCES unit (id),
    state TEXT NOT NULL DEFAULT 'uploading' CHECK
        (state IN ('uploading', 'reading', 'review', 'accepting', 'accepted', 'void')),
    late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
    account INTEGER REFERENCES account (id) ON DELETE SET NULL,
    made_at TEXT NOT NULL {instant_check("made_at")},
    -- How many sheets should be here, as the pile or a person says; how many a person confirmed.
    expected INTEGER CHECK (expected >= 0),
    confirmed INTEGER CHECK (confirmed >= 0),
    ended_at TEXT {instant_check("ended_at")},
    -- When the scans go at the latest; NULL once they are gone.
    scans_until TEXT {instant_check("scans_until")},
    sheets INTEGER NOT NULL DEFAULT 0 CHECK (sheets >= 0),
    pages INTEGER NOT NULL DEFAULT 0 CHECK (pages >= 0),
    boxes INTEGER NOT NULL DEFAULT 0 CHECK (boxes >= 0),
    boxes_decided INTEGER NOT NULL DEFAULT 0 CHECK (boxes_decided >= 0),
    second_read INTEGER NOT NULL DEFAULT 0 CHECK (second_read >= 0),
    disagreed INTEGER NOT NULL DEFAULT 0 CHECK (disagreed >= 0 AND disagreed <= second_read),
    CHECK ((state IN ('accepted', 'void')) = (ended_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_by_round ON batch (round, state);
CREATE INDEX batch_by_pile ON batch (pile);
CREATE INDEX batch_by_unit ON batch (unit);
CREATE INDEX batch_by_reviewing_unit ON batch (reviewed_by);
CREATE INDEX batch_by_account ON batch (account);
CREATE INDEX batch_by_state ON batch (state);
CREATE INDEX batch_by_end_of_scans ON batch (scans_until);

-- How long scans may lie after they came, in days, and of how many sure readings in a hundred a second person reads again.
ALTER TABLE round ADD COLUMN scan_days INTEGER NOT NULL DEFAULT 30 CHECK (scan_days BETWEEN 1 AND 30);
ALTER TABLE round ADD COLUMN second_share INTEGER NOT NULL DEFAULT 5 CHECK (second_share BETWEEN 0 AND 100);
-- Whether sheets that are typed without a scanner are typed twice.
ALTER TABLE round ADD COLUMN typed_twice INTEGER NOT NULL DEFAULT 0 CHECK (typed_twice IN (0, 1));
"""

PAPER = f"""
-- An uploaded file, known by its content. Its name is never kept; the file itself lies in the folder of scans under `lies_at`
-- until it has been read.
CREATE TABLE scan_file (
    batch TEXT NOT NULL CHECK ({_ID.format("batch")}),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    turn INTEGER NOT NULL CHECK (turn >= 1),
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'read', 'failed')),
    lies_at TEXT CHECK (lies_at NOT GLOB '*[^0-9a-f]*'),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    pages INTEGER NOT NULL DEFAULT 0 CHECK (pages >= 0),
    said TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (batch, digest),
    UNIQUE (batch, turn)
) STRICT, WITHOUT ROWID;
CREATE INDEX scan_file_by_digest ON scan_file (digest);
CREATE INDEX scan_file_by_state ON scan_file (state);

-- A sheet as it came back. `copy` counts sheets that bear one number, which photocopies do. `key` is what its answer is handed
-- in under, drawn beforehand, so that handing in repeats safely; it goes as soon as the batch is accepted.
CREATE TABLE sheet (
    id INTEGER NOT NULL PRIMARY KEY,
    batch TEXT NOT NULL CHECK ({_ID.format("batch")}),
    number TEXT NOT NULL CHECK (number <> ''),
    copy INTEGER NOT NULL DEFAULT 1 CHECK (copy >= 1),
    layout TEXT NOT NULL,
    language TEXT NOT NULL,
    standing TEXT NOT NULL DEFAULT 'in' CHECK (standing IN ('in', 'out')),
    handed_in INTEGER NOT NULL DEFAULT 0 CHECK (handed_in IN (0, 1)),
    key BLOB CHECK (length(key) = 16),
    UNIQUE (batch, number, copy)
) STRICT;
CREATE INDEX sheet_by_number ON sheet (number);

CREATE TABLE page (
    id INTEGER NOT NULL PRIMARY KEY,
    batch TEXT NOT NULL CHECK ({_ID.format("batch")}),
    file BLOB NOT NULL,
    turn INTEGER NOT NULL CHECK (turn >= 0),
    status TEXT NOT NULL CHECK (status IN ('sheet', 'blank', 'foreign', 'unreadable')),
    -- What its QR code says; NULL where there is none.
    round TEXT,
    language TEXT,
    layout TEXT,
    number TEXT,
    page INTEGER,
    sheet INTEGER REFERENCES sheet (id) ON DELETE SET NULL,
    -- 'in' its sheet, 'aside' for a person to say, or 'discarded' by one.
    standing TEXT NOT NULL DEFAULT 'aside' CHECK (standing IN ('in', 'aside', 'discarded')),
    turned INTEGER NOT NULL DEFAULT 0,
    one_bit INTEGER NOT NULL DEFAULT 0 CHECK (one_bit IN (0, 1)),
    dpi INTEGER,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    warnings TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(warnings)),
    CHECK (standing <> 'in' OR sheet IS NOT NULL),
    UNIQUE (batch, file, turn)
) STRICT;
CREATE INDEX page_by_sheet ON page (sheet);
CREATE INDEX page_by_number ON page (number, page);
CREATE INDEX page_by_digest ON page (digest);

-- The page set straight, for crops; apart from the row, so that lists do not read through pictures.
CREATE TABLE page_image (
    page INTEGER NOT NULL PRIMARY KEY REFERENCES page (id) ON DELETE CASCADE,
    image BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- What was measured of each box of a page; `option` is '' for frames and combs, "column" the cell of a comb, else -1.
CREATE TABLE box (
    page INTEGER NOT NULL REFERENCES page (id) ON DELETE CASCADE,
    place TEXT NOT NULL,
    option TEXT NOT NULL DEFAULT '',
    "column" INTEGER NOT NULL DEFAULT -1,
    kind TEXT NOT NULL CHECK (kind IN ('box', 'comb', 'frame')),
    fill REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('blank', 'marked', 'cancelled', 'doubtful')),
    PRIMARY KEY (page, place, option, "column")
) STRICT, WITHOUT ROWID;

-- One answer of one sheet: what was read, what a person decided, what a second one did, and what was settled between them.
-- The four are JSON: the values of the place's field in a form, [] for unanswered; NULL where there is none (yet).
CREATE TABLE reading (
    sheet INTEGER NOT NULL REFERENCES sheet (id) ON DELETE CASCADE,
    place TEXT NOT NULL,
    page INTEGER NOT NULL REFERENCES page (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('sure', 'doubtful', 'type')),
    said TEXT CHECK (said IS NULL OR json_valid(said)),
    decided TEXT CHECK (decided IS NULL OR json_valid(decided)),
    decided_by INTEGER,
    second_wanted INTEGER NOT NULL DEFAULT 0 CHECK (second_wanted IN (0, 1)),
    second TEXT CHECK (second IS NULL OR json_valid(second)),
    second_by INTEGER,
    settled TEXT CHECK (settled IS NULL OR json_valid(settled)),
    settled_by INTEGER,
    -- Counts decisions of the batch, so that the last one can be undone.
    turn INTEGER,
    PRIMARY KEY (sheet, place),
    CHECK ((state = 'sure') = (said IS NOT NULL)),
    CHECK ((decided IS NULL) = (decided_by IS NULL)),
    CHECK ((second IS NULL) = (second_by IS NULL)),
    CHECK ((settled IS NULL) = (settled_by IS NULL)),
    CHECK (second_by IS NULL OR decided_by IS NULL OR second_by <> decided_by),
    CHECK (settled IS NULL OR second IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX reading_by_page ON reading (page);

-- What a person has to say about a batch before it can be accepted, or is told: a page that is missing, sheets that look alike …
CREATE TABLE finding (
    id INTEGER NOT NULL PRIMARY KEY,
    batch TEXT NOT NULL CHECK ({_ID.format("batch")}),
    kind TEXT NOT NULL CHECK (kind <> ''),
    sheet INTEGER REFERENCES sheet (id) ON DELETE CASCADE,
    page INTEGER REFERENCES page (id) ON DELETE CASCADE,
    details TEXT NOT NULL DEFAULT '{{}}' CHECK (json_valid(details)),
    binding INTEGER NOT NULL CHECK (binding IN (0, 1)),
    settled TEXT
) STRICT;
CREATE INDEX finding_by_batch ON finding (batch);
CREATE INDEX finding_by_sheet ON finding (sheet);
CREATE INDEX finding_by_page ON finding (page);
"""

FINDINGS = """
-- The same table anew, so that the id of a finding that is gone never comes to mean another one: pages of the desk that were
-- opened before carry it.
CREATE TABLE finding_2 (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    batch TEXT NOT NULL CHECK (length(batch) = 16 AND batch NOT GLOB '*[^0-9a-f]*'),
    kind TEXT NOT NULL CHECK (kind <> ''),
    sheet INTEGER REFERENCES sheet (id) ON DELETE CASCADE,
    page INTEGER REFERENCES page (id) ON DELETE CASCADE,
    details TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(details)),
    binding INTEGER NOT NULL CHECK (binding IN (0, 1)),
    settled TEXT
) STRICT;
INSERT INTO finding_2 (id, batch, kind, sheet, page, details, binding, settled)
    SELECT id, batch, kind, sheet, page, details, binding, settled FROM finding;
DROP TABLE finding;
ALTER TABLE finding_2 RENAME TO finding;
CREATE INDEX finding_by_batch ON finding (batch);
CREATE INDEX finding_by_sheet ON finding (sheet);
CREATE INDEX finding_by_page ON finding (page);
-- Findings about pages of another round name these pages from now on: those that are there hold for all of them.
UPDATE finding SET details = json_object('pages', (SELECT json_group_array(page.id) FROM page WHERE page.batch = finding.batch
    AND page.status = 'sheet' AND page.round = json_extract(finding.details, '$.round')),
    'round', json_extract(details, '$.round')) WHERE kind = 'elsewhere';
"""
