-- What was done to a staff member, who is then the subject of a line about no case.
CREATE INDEX audit_log_by_subject ON audit_log (subject_id, at) WHERE subject_id IS NOT NULL AND case_id IS NULL;
