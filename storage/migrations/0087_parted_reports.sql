-- Whose reports are that lie in a file outside, where a merge told it that was undone and went when one of the two records was purged:
-- the report stands in the file under the kept record, and is of the one that was merged. Ids alone. A release before writes none of it.
CREATE TABLE parted_reports (
    kept_id {uuid} NOT NULL,
    report_id {uuid} NOT NULL,
    merged_id {uuid} NOT NULL,
    PRIMARY KEY (kept_id, report_id)
) {clustered};
CREATE INDEX parted_reports_of_merged ON parted_reports (merged_id);
