-- Silence makes urgent. Moments in seconds since 1970; 0 is long ago.
-- Something else than a report was heard of the person: they were reached, signed up, or are followed anew.
ALTER TABLE monitoring ADD COLUMN heard_since {bigint} NOT NULL DEFAULT 0;
-- When to look whether nothing was heard for too long; whatever an older release wrote is looked at first.
ALTER TABLE monitoring ADD COLUMN silence_look_at {bigint} NOT NULL DEFAULT 0;
-- When a silence became an alert last.
ALTER TABLE monitoring ADD COLUMN silence_told_at {bigint} NOT NULL DEFAULT 0;
CREATE INDEX monitoring_silence ON monitoring (silence_look_at, case_id)
    WHERE expects_reports = 1 AND (has_account = 1 OR reports > 0);
