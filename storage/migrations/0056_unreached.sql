-- Who has no account is only heard of when somebody calls. In the list of them stand first whom nobody has reached, of these
-- those at risk; who that is, the look at silences writes, which knows the rules.
ALTER TABLE monitoring ADD COLUMN call_first INTEGER NOT NULL DEFAULT 0;
DROP INDEX monitoring_not_signed_up;
CREATE INDEX monitoring_unreached ON monitoring (health_center_id, heard_since, call_first DESC, heard_on, case_id)
    WHERE is_open = 1 AND has_account = 0;
