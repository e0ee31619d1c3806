-- What stands is kept where it lies: each old table becomes the partition of everything before the next half-year. It is
-- read once, to see that nothing in it lies beyond that bound, and not written anew. {bound_id} is the smallest UUIDv7 of
-- that moment, {bound_at} the moment.

ALTER TABLE status_reports RENAME TO status_reports_first;
ALTER INDEX status_reports_pkey RENAME TO status_reports_first_pkey;
CREATE TABLE status_reports (LIKE status_reports_first INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)
    PARTITION BY RANGE (id);
ALTER TABLE status_reports ADD FOREIGN KEY (case_id) REFERENCES cases (id);
ALTER TABLE status_reports ADD FOREIGN KEY (questionnaire_id) REFERENCES questionnaires (id);
CREATE TABLE status_reports_default PARTITION OF status_reports DEFAULT;
-- Keys that no form of ours has made; there are none where nobody has forged one.
INSERT INTO status_reports_default SELECT * FROM status_reports_first WHERE id >= '{bound_id}';
DELETE FROM status_reports_first WHERE id >= '{bound_id}';
ALTER TABLE status_reports ATTACH PARTITION status_reports_first FOR VALUES FROM (MINVALUE) TO ('{bound_id}');

-- A key of a partitioned table must hold the column by which it is cut. That there is one line of a number in a chain
-- is held by the head of the chain, which is counted up under a lock before a line is written, and by the check, which
-- wants each number exactly once.
ALTER TABLE audit_log RENAME TO audit_log_first;
ALTER TABLE audit_log_first DROP CONSTRAINT audit_log_pkey;
ALTER TABLE audit_log_first ADD CONSTRAINT audit_log_first_pkey PRIMARY KEY (chain, seq, at);
ALTER INDEX audit_log_by_case RENAME TO audit_log_first_by_case;
ALTER INDEX audit_log_by_actor RENAME TO audit_log_first_by_actor;
CREATE TABLE audit_log (LIKE audit_log_first INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)
    PARTITION BY RANGE (at);
CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;
INSERT INTO audit_log_default SELECT * FROM audit_log_first WHERE at >= '{bound_at}';
DELETE FROM audit_log_first WHERE at >= '{bound_at}';
ALTER TABLE audit_log ATTACH PARTITION audit_log_first FOR VALUES FROM (MINVALUE) TO ('{bound_at}');
