"""Migration 6: rounds that give single answers, and the role of those who may have them."""

from __future__ import annotations

MAIN = """
-- Whether analysts may have the answers one by one. Chosen before the round opens: it is part of what people are told.
ALTER TABLE round ADD COLUMN single_answers INTEGER NOT NULL DEFAULT 0 CHECK (single_answers IN (0, 1));
CREATE TRIGGER round_keeps_its_single_answers BEFORE UPDATE OF single_answers ON round
WHEN OLD.state <> 'planned' AND OLD.test_of IS NULL AND NEW.single_answers <> OLD.single_answers
BEGIN SELECT RAISE (ABORT, 'single answers are chosen before a round opens'); END;

-- One role more, which a CHECK cannot be told: the same table anew.
CREATE TABLE account_role_2 (
    account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN
        ('administrator', 'secretariat', 'coordinator', 'respondent', 'interviewer', 'chair', 'member', 'analyst')),
    scope TEXT NOT NULL DEFAULT '',
    unit TEXT REFERENCES unit (id) ON DELETE CASCADE,
    working_group TEXT REFERENCES working_group (id) ON DELETE CASCADE,
    PRIMARY KEY (account, role, scope),
    CHECK (scope = coalesce(unit, working_group, '')),
    CHECK ((unit IS NOT NULL) = (role IN ('coordinator', 'respondent', 'interviewer'))),
    CHECK ((working_group IS NOT NULL) = (role IN ('chair', 'member', 'analyst')))
) STRICT, WITHOUT ROWID;
INSERT INTO account_role_2 (account, role, scope, unit, working_group)
    SELECT account, role, scope, unit, working_group FROM account_role;
DROP TABLE account_role;
ALTER TABLE account_role_2 RENAME TO account_role;
CREATE INDEX account_role_by_unit ON account_role (unit);
CREATE INDEX account_role_by_working_group ON account_role (working_group);
CREATE TRIGGER administrator_stands_alone BEFORE INSERT ON account_role
WHEN EXISTS (SELECT 1 FROM account_role WHERE account = NEW.account
    AND (role = 'administrator') <> (NEW.role = 'administrator'))
BEGIN SELECT RAISE (ABORT, 'an administrator has no other role'); END;
"""
