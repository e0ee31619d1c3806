-- A notification that calls for somebody at once is told like an alert: how often it was passed on since it waits, and
-- when it is passed on next. Without a moment (as a release before leaves it) it is passed on at the next look.
ALTER TABLE notifications ADD COLUMN told_steps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN next_step_at {timestamp};
CREATE INDEX notifications_pressing ON notifications (next_step_at)
    WHERE state = 'waiting' AND is_pressing = 1;
CREATE INDEX notifications_sent_back ON notifications (health_center_id, entered_at)
    WHERE state = 'sent_back';
