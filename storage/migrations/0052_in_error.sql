-- What staff took back as entered in error: when, by whom, the word of the reason, and sealed words on it. It stays
-- readable and counts nowhere.
ALTER TABLE status_reports ADD COLUMN in_error_at {timestamp};
ALTER TABLE status_reports ADD COLUMN in_error_by {uuid};
ALTER TABLE status_reports ADD COLUMN in_error_why TEXT;
ALTER TABLE status_reports ADD COLUMN in_error_words_sealed {bytes};
ALTER TABLE contacts_made ADD COLUMN in_error_at {timestamp};
ALTER TABLE contacts_made ADD COLUMN in_error_by {uuid};
ALTER TABLE contacts_made ADD COLUMN in_error_why TEXT;
ALTER TABLE contacts_made ADD COLUMN in_error_words_sealed {bytes};
-- What a line changed of how the person is followed, so that it can be taken back: whether it set the next call, which
-- call stood before and after, and when something was heard of the person before, in seconds. Nothing of lines that were
-- written before this stood.
ALTER TABLE contacts_made ADD COLUMN sets_next INTEGER;
ALTER TABLE contacts_made ADD COLUMN next_before {timestamp};
ALTER TABLE contacts_made ADD COLUMN next_set {timestamp};
ALTER TABLE contacts_made ADD COLUMN heard_before {bigint};
