-- A large file is imported some rows at a time, so that others write between. What became of each row is written with it:
-- nothing is imported twice, and what was cut short goes on where it stopped. A row without a case was not imported, for
-- the reason beside it: a column's name and the key of a sentence.
CREATE TABLE import_rows (
    draft_id {uuid} NOT NULL,
    line {bigint} NOT NULL,
    case_id {uuid},
    field TEXT,
    problem TEXT,
    PRIMARY KEY (draft_id, line)
) {clustered};

-- The file itself, sealed in parts: a row of many megabytes would be written anew with every change of its draft, and
-- keep whoever writes waiting. A release before, which looks for it in the draft, finds none and imports nothing.
CREATE TABLE import_files (
    draft_id {uuid} NOT NULL,
    part INTEGER NOT NULL,
    sealed {bytes} NOT NULL,
    PRIMARY KEY (draft_id, part)
) {strict};

-- When a large import was taken on, and when rows of it were written last: where that is long ago, it has stopped.
ALTER TABLE import_drafts ADD COLUMN begun_at {timestamp};
ALTER TABLE import_drafts ADD COLUMN worked_at {timestamp};
-- The lines that somebody left out, and how many rows are to be imported.
ALTER TABLE import_drafts ADD COLUMN left_out {json};
ALTER TABLE import_drafts ADD COLUMN row_count {bigint};
