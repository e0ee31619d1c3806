-- Through whose hands a report went, where another center follows the person since. Empty: through those of the center that follows
-- them, or it was opened by a release before this one. The center that received it:
ALTER TABLE status_reports ADD COLUMN received_by {uuid};
-- The center for which it was opened first.
ALTER TABLE status_reports ADD COLUMN opened_for {uuid};
-- When it was opened first at the center that follows the person, where it had been opened at another one before.
ALTER TABLE status_reports ADD COLUMN opened_again_at {timestamp};
