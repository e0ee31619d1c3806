-- Whoever has no account and was reached by phone is silent, too, once nothing was heard for long enough: by the day of that
-- call. What figures count of the same index is read in it and not in the rows.
DROP INDEX monitoring_silent;
CREATE INDEX monitoring_silent ON monitoring (health_center_id, heard_on, case_id, has_account, reports)
    WHERE expects_reports = 1 AND (has_account = 1 OR reports > 0 OR heard_since > 0);
-- Since when a person is reached under the number that is registered: a call that found a wrong number before says nothing
-- about it. Empty: since they were registered.
ALTER TABLE persons ADD COLUMN phone_since {timestamp};
