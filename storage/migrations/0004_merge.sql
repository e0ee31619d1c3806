-- Two records of one person's illness become one, and can become two again.

-- The case that keeps what was written of this one.
ALTER TABLE cases ADD COLUMN merged_into {uuid};
CREATE INDEX cases_merged ON cases (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE merges (
    id {uuid} PRIMARY KEY,
    kept_id {uuid} NOT NULL REFERENCES cases (id),
    merged_id {uuid} NOT NULL REFERENCES cases (id),
    at {timestamp} NOT NULL,
    by_staff {uuid} NOT NULL,
    reason_sealed {bytes} NOT NULL,
    -- What was moved, and how the case was followed, for putting it back.
    moved {json} NOT NULL,
    undone_at {timestamp},
    undone_by {uuid},
    undone_reason_sealed {bytes}
) {strict};
CREATE UNIQUE INDEX merges_once ON merges (merged_id) WHERE undone_at IS NULL;
CREATE INDEX merges_by_kept ON merges (kept_id, at);
