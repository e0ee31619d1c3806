-- Somebody without an account who reports by phone falls silent like anybody else.
DROP INDEX monitoring_silent;
CREATE INDEX monitoring_silent ON monitoring (health_center_id, heard_on, case_id)
    WHERE expects_reports = 1 AND (has_account = 1 OR reports > 0);
-- Who has no account is sorted by when they were last heard of.
CREATE INDEX monitoring_not_signed_up ON monitoring (health_center_id, heard_on, case_id)
    WHERE is_open = 1 AND has_account = 0;
-- How many people the last telling of an alert reached.
ALTER TABLE alerts ADD COLUMN told INTEGER;
-- An alert that somebody took and said nothing about is told again, too; from now on its steps count from the taking.
UPDATE alerts SET steps = 0, next_step_at = taken_at WHERE done_at IS NULL AND taken_by IS NOT NULL;
-- The latest call or visit of a case, and how many have reached nobody since the last one that did.
ALTER TABLE monitoring ADD COLUMN called_at {timestamp};
ALTER TABLE monitoring ADD COLUMN call_outcome TEXT;
ALTER TABLE monitoring ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0;
UPDATE monitoring SET
    called_at = (SELECT max(k.at) FROM contacts_made k WHERE k.case_id = monitoring.case_id AND k.outcome <> 'note'),
    call_outcome = (SELECT k.outcome FROM contacts_made k
        WHERE k.case_id = monitoring.case_id AND k.outcome <> 'note' ORDER BY k.at DESC, k.id DESC LIMIT 1),
    unanswered = (SELECT count(*) FROM contacts_made k
        WHERE k.case_id = monitoring.case_id AND k.outcome IN ('no_answer', 'message_left', 'wrong_number')
            AND NOT EXISTS (SELECT 1 FROM contacts_made l WHERE l.case_id = k.case_id AND l.at > k.at
                AND l.outcome IN ('reached', 'reached_other', 'visited', 'ambulance')))
    WHERE case_id IN (SELECT case_id FROM contacts_made);
