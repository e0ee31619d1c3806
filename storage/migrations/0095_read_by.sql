-- Through whose hands a report went, where another center follows the person since. Empty: through those of the center that follows
-- them, or it was opened by a release before this one. The center that received it:
ALTER TABLE status_reports ADD COLUMN received_by {uuid};
-- The center for which it was opened first.
ALTER TABLE status_reports ADD COLUMN opened_for {uuid};
-- When it was opened first at the center that follows the person, where it had been opened at another one before.
ALTER TABLE status_reports ADD COLUMN opened_again_at {timestamp};
-- Of those who were handed over before and are followed still: who gave them away first after the report came, or was opened, had
-- them then.
UPDATE status_reports SET
    received_by = (SELECT t.from_center FROM transfers t WHERE t.case_id = status_reports.case_id AND t.answer = 'accepted'
        AND t.answered_at > status_reports.received_at ORDER BY t.answered_at LIMIT 1),
    opened_for = (SELECT t.from_center FROM transfers t WHERE t.case_id = status_reports.case_id AND t.answer = 'accepted'
        AND t.answered_at > status_reports.opened_at ORDER BY t.answered_at LIMIT 1)
WHERE case_id IN (SELECT t.case_id FROM transfers t JOIN monitoring m ON m.case_id = t.case_id
    WHERE t.answer = 'accepted' AND m.is_open = 1);
