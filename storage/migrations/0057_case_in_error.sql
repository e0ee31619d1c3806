-- A case that is none stays, with who said so, when and why, and what stood before: where the person was, and the alert that
-- ended with it. So it can be a case again.
ALTER TABLE cases ADD COLUMN in_error_at {timestamp};
ALTER TABLE cases ADD COLUMN in_error_by {uuid};
ALTER TABLE cases ADD COLUMN in_error_why TEXT;
ALTER TABLE cases ADD COLUMN in_error_words_sealed {bytes};
ALTER TABLE cases ADD COLUMN in_error_status TEXT;
ALTER TABLE cases ADD COLUMN in_error_alert {uuid};
-- The few of them are taken off what is counted along other indices.
CREATE INDEX cases_in_error ON cases (in_error_at) WHERE in_error_at IS NOT NULL;
-- How a contact was followed who became a case, so that this can be taken back: the day of the last contact, the day of
-- registration, and where the person was.
ALTER TABLE cases ADD COLUMN contact_met_on {date};
ALTER TABLE cases ADD COLUMN contact_registered_on {date};
ALTER TABLE cases ADD COLUMN contact_status TEXT;
