-- A notification that calls for somebody at once and was sent back with a question is told of, too, where nobody answers.
CREATE INDEX notifications_asked ON notifications (next_step_at)
    WHERE state = 'sent_back' AND is_pressing = 1;
-- Those that were sent back before stay silent: some were answered by telephone months ago.
UPDATE notifications SET next_step_at = NULL, told_steps = 0 WHERE state = 'sent_back' AND is_pressing = 1;
