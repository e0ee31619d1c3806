-- What is swept away is found by its end and taken in pieces: a walk through all sessions, or all messages of a month, keeps
-- whoever reports waiting.
CREATE INDEX account_sessions_by_end ON account_sessions (expires_at);
CREATE INDEX flows_by_end ON flows (expires_at);
CREATE INDEX recent_attempts_by_time ON recent_attempts (t1);
CREATE INDEX hourly_counts_by_time ON hourly_counts (began_at);

-- With each account that is purged its counts are looked for, by its address alone.
CREATE INDEX recent_attempts_by_subject ON recent_attempts (subject);
CREATE INDEX failures_in_a_row_by_subject ON failures_in_a_row (subject);

-- Of a center's own tasks without a case, those that are done.
CREATE INDEX tasks_caseless ON tasks (health_center_id, done_at) WHERE case_id IS NULL AND done_at IS NOT NULL;

-- Offers that were refused stand on the worklist of whoever offered.
CREATE INDEX transfers_refused ON transfers (from_center, answered_at) WHERE answer = 'refused';

-- Whose messages came back. Once marked, always marked: whether the last one did is looked up for those who are. On a bad day
-- of a mail provider the messages of all the nation fail, and each worklist walked through them.
ALTER TABLE monitoring ADD COLUMN undelivered INTEGER NOT NULL DEFAULT 0;
CREATE INDEX monitoring_undelivered ON monitoring (health_center_id, case_id) WHERE undelivered = 1 AND is_open = 1;
UPDATE monitoring SET undelivered = 1 WHERE case_id IN (
    SELECT o.case_id FROM outbox o WHERE o.gave_up_at IS NOT NULL AND o.withdrawn_at IS NULL AND o.case_id IS NOT NULL
    UNION SELECT c.id FROM outbox o JOIN cases c ON c.account_id = o.account_id
        WHERE o.gave_up_at IS NOT NULL AND o.withdrawn_at IS NULL);
