-- Rules that change without a release: files, each with the day from which it holds, for a place or (without one) for
-- all. Never changed and never deleted; of two for the same day the one that was set last holds.
CREATE TABLE rule_files (
    id {uuid} PRIMARY KEY,
    kind TEXT NOT NULL,
    programme TEXT NOT NULL,
    jurisdiction_id {uuid},
    valid_from {date} NOT NULL,
    -- None: from that day on the place has no rule of its own, and that of the place above holds again.
    content TEXT,
    -- A planned rule that this row takes back before its day.
    withdraws {uuid} REFERENCES rule_files (id),
    why TEXT NOT NULL,
    -- None: the operator, by a command or a folder of files.
    set_by {uuid},
    set_at {timestamp} NOT NULL
) {strict};
CREATE INDEX rule_files_by_place ON rule_files (jurisdiction_id, kind, valid_from);

-- Questionnaires of rule files hold where and when their file does; those from before hold for all.
ALTER TABLE questionnaires ADD COLUMN for_all INTEGER NOT NULL DEFAULT 1;
