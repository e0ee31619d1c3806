-- Why a notification says that somebody is needed at once, of an alert that is about one, too: no report that turns out
-- calm ends it then. Reasons as those of reports, which stand beside it.
ALTER TABLE alerts ADD COLUMN notified {json};
