-- When the center last looked at a report that the person had called wrong, and left it as it was: the person is told that it was not
-- corrected.
ALTER TABLE status_reports ADD COLUMN upheld_at {timestamp};
